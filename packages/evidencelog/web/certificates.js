// Certificates (RFC 5280), signatures by their keys (SM2, ECDSA on P-256 and P-384, RSA PKCS #1 v1.5), and the way to a
// root. Not checked here: revocation, name and policy constraints; a certificate with a critical extension other than
// those below is said to be uncheckable.
import { Malformed, fromHex, sameBytes, startsWith, toHex, toNumber } from "./bytes.js";
import {
  affine, doubleMultiply, isSm2Key, modulo, pointAdder, power, signatureNumbers, verifySm2, verifySm2Numbers,
} from "./curves.js";
import { TAG, Unsupported, parseDer } from "./der.js";
import { sha256, sha384, sha512, sm3 } from "./hashes.js";

const DIGESTS = {
  "2.16.840.1.101.3.4.2.1": sha256,
  "2.16.840.1.101.3.4.2.2": sha384,
  "2.16.840.1.101.3.4.2.3": sha512,
  "1.2.156.10197.1.401": sm3,
  "1.2.156.10197.1.401.1": sm3,
};
const SM2_SIGNATURES = ["1.2.156.10197.1.501", "1.2.156.10197.1.301.1", "1.2.156.10197.1.301"];
const RSA_SIGNATURES = {
  "1.2.840.113549.1.1.1": null,
  "1.2.840.113549.1.1.11": sha256,
  "1.2.840.113549.1.1.12": sha384,
  "1.2.840.113549.1.1.13": sha512,
};
const ECDSA_SIGNATURES = {
  "1.2.840.10045.2.1": null,
  "1.2.840.10045.4.3.2": sha256,
  "1.2.840.10045.4.3.3": sha384,
  "1.2.840.10045.4.3.4": sha512,
};
/** What stands before the digest in a signature of PKCS #1 v1.5 (RFC 8017, 9.2). */
const DIGEST_INFO = new Map([
  [sha256, fromHex("3031300d060960864801650304020105000420")],
  [sha384, fromHex("3041300d060960864801650304020205000430")],
  [sha512, fromHex("3051300d060960864801650304020305000440")],
]);
const RSA_KEY = "1.2.840.113549.1.1.1";
const EC_KEY = "1.2.840.10045.2.1";
const SM2_CURVE = "1.2.156.10197.1.301";
const STAMPING = "1.3.6.1.5.5.7.3.8";
const ID = { keyUsage: "2.5.29.15", basic: "2.5.29.19", purposes: "2.5.29.37", keyIdentifier: "2.5.29.14" };
/** Critical extensions that are either read here or bear on nothing that is. */
const UNDERSTOOD = [ID.keyUsage, ID.basic, ID.purposes, "2.5.29.17", "2.5.29.31", "2.5.29.32"];
const MAX_CHAIN = 8;

const P256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const P384 = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn;
/** SEC 2: prime, a, b, order, base point. */
const CURVES = {
  "1.2.840.10045.3.1.7": {
    p: P256,
    a: P256 - 3n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    g: [
      0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    ],
  },
  "1.3.132.0.34": {
    p: P384,
    a: P384 - 3n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    g: [
      0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    ],
  },
};

export function digestBy(oid, data) {
  if (!Object.hasOwn(DIGESTS, oid)) throw new Unsupported(`digest ${oid}`);
  return DIGESTS[oid](data);
}

// ---- Keys and signatures

/** A SubjectPublicKeyInfo; a kind of key that is not used here has the kind null. */
export function readKey(element) {
  const [algorithm, bits] = element.fields(2, 2);
  const [kind, parameters] = algorithm.fields(1, 2);
  const key = bits.bits();
  if (kind.oid() === RSA_KEY) {
    const [modulus, exponent] = parseDer(key).fields(2, 2).map((part) => part.number());
    return { kind: "rsa", modulus, exponent };
  }
  if (kind.oid() !== EC_KEY || parameters?.tag !== TAG.oid) return { kind: null };
  const curve = parameters.oid();
  if (curve === SM2_CURVE) return { kind: isSm2Key(key) ? "sm2" : "no point of its curve", point: key };
  return Object.hasOwn(CURVES, curve) ? { kind: "ec", curve: CURVES[curve], point: key } : { kind: null };
}

/** Whether the key made the signature. Throws Unsupported for what cannot be told here. */
export function verifiesBy(key, algorithm, signature, message, digestOid = null) {
  const stated = digestOid === null ? null : DIGESTS[digestOid];
  if (stated === undefined) throw new Unsupported(`digest ${digestOid}`);
  if (SM2_SIGNATURES.includes(algorithm)) {
    if (stated !== null && stated !== sm3) return false;
    return key.kind === "sm2" && sm2By(key.point, signature, message);
  }
  const rsa = Object.hasOwn(RSA_SIGNATURES, algorithm);
  if (!rsa && !Object.hasOwn(ECDSA_SIGNATURES, algorithm)) throw new Unsupported(`signature ${algorithm}`);
  const named = rsa ? RSA_SIGNATURES[algorithm] : ECDSA_SIGNATURES[algorithm];
  const hash = named ?? stated;
  if ((named !== null && stated !== null && named !== stated) || !DIGEST_INFO.has(hash)) return false;
  if (key.kind === null) throw new Unsupported("the kind of key");
  if (rsa) return key.kind === "rsa" && rsaBy(key, signature, message, hash);
  return key.kind === "ec" && ecdsaBy(key, signature, message, hash);
}

function sm2By(point, signature, message) {
  // Some products write the two numbers alone.
  if (signature.length !== 64) return verifySm2(point, message, signature);
  return verifySm2Numbers(point, message, [toNumber(signature.subarray(0, 32)), toNumber(signature.subarray(32))]);
}

function rsaBy({ modulus, exponent }, signature, message, hash) {
  const bits = modulus.toString(2).length;
  if (bits < 1024 || bits > 8192 || exponent < 3n || exponent >= 1n << 33n) throw new Unsupported("the size of the key");
  const size = Math.ceil(bits / 8);
  const value = toNumber(signature);
  if (signature.length !== size || value >= modulus) return false;
  const info = DIGEST_INFO.get(hash);
  const digest = hash(message);
  const padding = "ff".repeat(size - 3 - info.length - digest.length);
  return power(value, exponent, modulus) === BigInt(`0x0001${padding}00${toHex(info)}${toHex(digest)}`);
}

function ecdsaBy({ curve, point }, signature, message, hash) {
  const { p, a, b, n, g } = curve;
  const size = Math.ceil(p.toString(2).length / 8);
  const numbers = signatureNumbers(signature);
  if (numbers === null || point.length !== 2 * size + 1 || point[0] !== 4) return false;
  const [x, y] = [toNumber(point.subarray(1, size + 1)), toNumber(point.subarray(size + 1))];
  const [r, s] = numbers;
  if (x >= p || y >= p || modulo(y * y - (x * x * x + a * x + b), p) !== 0n) return false;
  if (r < 1n || r >= n || s < 1n || s >= n) return false;
  const digest = hash(message);
  const extra = BigInt(Math.max(0, 8 * digest.length - n.toString(2).length));
  const inverse = power(s, n - 2n, n);
  const left = ((toNumber(digest) >> extra) * inverse) % n;
  const right = (r * inverse) % n;
  const sum = affine(doubleMultiply(left, [...g, 1n], right, [x, y, 1n], [1n, 1n, 0n], pointAdder(p, a)), p);
  return sum !== null && sum[0] % n === r;
}

// ---- Certificates

export function readCertificate(data) {
  const [tbs, algorithm, signature] = parseDer(data).fields(3, 3);
  const parts = tbs.expect(TAG.sequence).children();
  if (parts[0]?.tag === 0xa0) parts.shift();
  if (parts.length < 6) throw new Malformed("anchor.malformed", "a certificate lacks fields");
  const [serial, inner, issuer, validity, subject, key, ...rest] = parts;
  if (!sameBytes(inner.raw, algorithm.raw)) throw new Malformed("anchor.malformed", "two algorithms are named");
  const [from, until] = validity.fields(2, 2).map((part) => part.time());
  return {
    raw: data,
    tbs: tbs.raw,
    serial: toHex(serial.expect(TAG.integer).content),
    issuer: toHex(issuer.raw),
    subject: toHex(subject.raw),
    from,
    until,
    key: readKey(key),
    algorithm: algorithm.fields(1, 2)[0].oid(),
    signature: signature.bits(),
    ...readExtensions(rest.find(({ tag }) => tag === 0xa3)),
  };
}

function readExtensions(wrapper) {
  const values = new Map();
  const critical = [];
  for (const item of wrapper === undefined ? [] : parseDer(wrapper.content).expect(TAG.sequence).children()) {
    const fields = item.fields(2, 3);
    const id = fields[0].oid();
    if (values.has(id)) throw new Malformed("anchor.malformed", "an extension occurs twice");
    if (fields.length === 3 && fields[1].expect(TAG.boolean).content[0] === 0xff) critical.push(id);
    values.set(id, parseDer(fields.at(-1).expect(TAG.octets).content));
  }
  const basic = values.get(ID.basic)?.fields(0, 2) ?? [];
  const purposes = values.get(ID.purposes)?.expect(TAG.sequence).children() ?? [];
  return {
    critical,
    usage: values.get(ID.keyUsage)?.bits() ?? null,
    purposes: purposes.map((part) => part.oid()),
    authority: basic[0]?.tag === TAG.boolean && basic[0].content[0] === 0xff,
    below: basic.find(({ tag }) => tag === TAG.integer)?.number() ?? null,
    keyIdentifier: values.get(ID.keyIdentifier)?.expect(TAG.octets).content ?? null,
  };
}

/** Whether the key may stamp time and nothing else, marked critical (RFC 3161, 2.3). */
export function mayStamp({ purposes, critical, usage }) {
  const alone = purposes.length === 1 && purposes[0] === STAMPING && critical.includes(ID.purposes);
  return alone && (usage === null || (usage[0] & 0xc0) !== 0);
}

function maySignCertificates({ authority, usage }) {
  return authority && (usage === null || (usage[0] & 0x04) !== 0);
}

/** Whether the certificate leads to one of the roots at that time. Throws Unsupported for what cannot be told. */
export function leadsToRoot(certificate, others, roots, at) {
  const inForce = ({ from, until }) => from <= at && at <= until;
  const unknown = ({ critical }) => critical.some((id) => !UNDERSTOOD.includes(id));
  const isRoot = ({ raw }) => roots.some((root) => sameBytes(root.raw, raw));
  const walk = (leaf, depth) => {
    if (unknown(leaf)) throw new Unsupported("a critical extension");
    if (!inForce(leaf)) return false;
    if (isRoot(leaf)) return leaf.subject === leaf.issuer;
    if (depth >= MAX_CHAIN) return false;
    return [...roots, ...others].some((issuer) =>
      issuer.subject === leaf.issuer && !sameBytes(issuer.raw, leaf.raw) && maySignCertificates(issuer)
        && (issuer.below === null || issuer.below >= BigInt(depth))
        && verifiesBy(issuer.key, leaf.algorithm, leaf.signature, leaf.tbs) && walk(issuer, depth + 1));
  };
  return walk(certificate, 0);
}

export function isPem(data, label) {
  return startsWith(data, new TextEncoder().encode(`-----BEGIN ${label}`));
}
