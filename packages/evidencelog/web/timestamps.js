// Time stamps (RFC 3161): signed data (RFC 5652) around a statement of time; the steps are those of `_token_fault` in
// anchors/verifying.py.
import { Malformed, sameBytes, toHex } from "./bytes.js";
import { digestBy, leadsToRoot, mayStamp, readCertificate, verifiesBy } from "./certificates.js";
import { TAG, Unsupported, asSet, parseDer } from "./der.js";
import { sha1, sha256 } from "./hashes.js";

const SIGNED_DATA = ["1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2"];
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const ATTRIBUTE = {
  type: "1.2.840.113549.1.9.3",
  digest: "1.2.840.113549.1.9.4",
  certificate: "1.2.840.113549.1.9.16.2.12",
  certificateV2: "1.2.840.113549.1.9.16.2.47",
};
const MAX_CERTIFICATES = 64;

function notStamp(reason) {
  throw new Malformed("anchor.malformed", `this is not a time stamp: ${reason}`);
}

function readToken(data) {
  const [kind, wrapper] = parseDer(data, { padded: true }).fields(2, 2);
  if (!SIGNED_DATA.includes(kind.oid())) notStamp("it is not signed data");
  const parts = parseDer(wrapper.expect(0xa0).content).fields(4, 6);
  const [type, content] = parts[2].fields(2, 2);
  if (type.oid() !== TST_INFO) notStamp("it holds no statement of time");
  const signers = parts.at(-1).expect(TAG.set).children();
  const inside = parts.find(({ tag }) => tag === 0xa0)?.children() ?? [];
  if (signers.length !== 1 || inside.length > MAX_CERTIFICATES) notStamp("it has exactly one signer");
  const statement = parseDer(content.expect(0xa0).content).expect(TAG.octets).content;
  const certificates = inside.filter(({ tag }) => tag === TAG.sequence).map(({ raw }) => raw);
  return { statement, ...readStatement(statement), certificates, signer: readSigner(signers[0]) };
}

function readStatement(data) {
  const [version, , imprint, , time] = parseDer(data).fields(5, 10);
  if (version.number() !== 1n) notStamp("it is of another version");
  const [algorithm, value] = imprint.fields(2, 2);
  const found = { algorithm: algorithm.fields(1, 2)[0].oid(), value: value.expect(TAG.octets).content };
  return { imprint: found, time: time.expect(TAG.time).time() };
}

function readSigner(element) {
  const [, identifier, digest, attributes, algorithm, signature] = element.fields(6, 7);
  const named = new Map();
  for (const item of attributes.expect(0xa0).children()) {
    const [id, values] = item.fields(2, 2);
    const found = values.expect(TAG.set).children();
    if (named.has(id.oid()) || found.length === 0) notStamp("an attribute occurs twice");
    named.set(id.oid(), found);
  }
  const single = (id) => (named.get(id)?.length === 1 ? named.get(id)[0] : null);
  if (single(ATTRIBUTE.type)?.oid() !== TST_INFO) notStamp("it does not sign the type of its content");
  return {
    identifier,
    digest: digest.fields(1, 2)[0].oid(),
    signed: asSet(attributes),
    messageDigest: single(ATTRIBUTE.digest)?.expect(TAG.octets).content ?? null,
    bound: boundCertificate(single(ATTRIBUTE.certificateV2), single(ATTRIBUTE.certificate)),
    algorithm: algorithm.fields(1, 2)[0].oid(),
    signature: signature.expect(TAG.octets).content,
  };
}

/** The function and value of the digest that names the signer's certificate (RFC 5035), null where there is none. */
function boundCertificate(second, first) {
  const one = (second ?? first)?.fields(1, 2)[0].expect(TAG.sequence).children()[0];
  if (one === undefined) return null;
  const fields = one.fields(1, 3);
  if (second === null) return { hash: sha1, value: fields[0].expect(TAG.octets).content };
  if (fields[0].tag === TAG.octets) return { hash: sha256, value: fields[0].content };
  const oid = fields[0].fields(1, 2)[0].oid();
  return { hash: (data) => digestBy(oid, data), value: fields[1].expect(TAG.octets).content };
}

function signerOf({ certificates, signer: { identifier } }) {
  const read = certificates.map((raw) => {
    try {
      return readCertificate(raw);
    } catch (error) {
      if (error instanceof Malformed || error instanceof Unsupported) return null;
      throw error;
    }
  }).filter((found) => found !== null);
  if (identifier.tag === 0x80) {
    return read.find((one) => one.keyIdentifier !== null && sameBytes(one.keyIdentifier, identifier.content));
  }
  const [issuer, serial] = identifier.fields(2, 2);
  return read.find((one) => one.issuer === toHex(issuer.raw) && one.serial === toHex(serial.content));
}

/** Why the token says nothing about the message, its signature apart; empty when it does. */
function tokenFault(token, certificate, message) {
  const { imprint, signer } = token;
  let stamped;
  try {
    stamped = sameBytes(digestBy(imprint.algorithm, message), imprint.value);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    stamped = false;
  }
  if (!stamped) return "it is over other data";
  if (certificate === undefined || signer.bound === null || !sameBytes(signer.bound.hash(certificate.raw), signer.bound.value)) {
    return "it does not bind the certificate of its authority";
  }
  if (!mayStamp(certificate)) return "its certificate is not one of a time-stamp authority";
  const digest = digestBy(signer.digest, token.statement);
  if (signer.messageDigest === null || !sameBytes(digest, signer.messageDigest)) return "its content was altered";
  return "";
}

function stampTime(milliseconds) {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** The checks of a token over a message as [code, result, facts]. */
export function stampChecks(data, message, roots) {
  let token;
  let certificate;
  try {
    token = readToken(data);
    certificate = signerOf(token);
    const fault = tokenFault(token, certificate, message);
    if (fault !== "") return [["anchor.token", "fail", { reason: fault }]];
    const { signer } = token;
    if (!verifiesBy(certificate.key, signer.algorithm, signer.signature, signer.signed, signer.digest)) {
      return [["anchor.token", "fail", { reason: "its signature is bad" }]];
    }
  } catch (error) {
    if (error instanceof Unsupported) return [["anchor.token", "not_checked", {}]];
    if (error instanceof Malformed) return [["anchor.token", "fail", { reason: "unreadable" }]];
    throw error;
  }
  const stamped = ["anchor.token", "pass", { time: stampTime(token.time) }];
  return [stamped, ["anchor.authority", authorityResult(token, certificate, roots), {}]];
}

function authorityResult({ certificates, time }, certificate, roots) {
  if (roots.length === 0) return "not_checked";
  try {
    return leadsToRoot(certificate, certificates.map(readCertificate), roots, time) ? "pass" : "fail";
  } catch (error) {
    if (error instanceof Unsupported) return "unsupported";
    if (error instanceof Malformed) return "fail";
    throw error;
  }
}
