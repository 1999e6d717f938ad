// What a signed transaction says: Ethereum (RLP, legacy with EIP-155 and EIP-1559; the call of CheckpointAnchor) and
// ChainMaker (Protocol Buffers; the contract fact). The forms are those of anchors/ethereum.py and chainmaker.py.
import { Malformed, concat, decodeUtf8, encodeUtf8, fromNumber, sameBytes, toHex, toNumber } from "./bytes.js";
import { isPem, readCertificate, readKey, verifiesBy } from "./certificates.js";
import { affine, doubleMultiply, modulo, pointAdder, power } from "./curves.js";
import { Unsupported, parseDer, pemBlocks } from "./der.js";
import { keccak256, sha256, sm3 } from "./hashes.js";

const K1_P = 2n ** 256n - 2n ** 32n - 977n;
const K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const K1_G = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  1n,
];
const SELECTOR = keccak256(encodeUtf8("anchor(string,uint64,bytes32)")).subarray(0, 4);
const MAX_DEPTH = 8;
const MAX_FIELDS = 200;
const IMPRINTS = { sm3, sha256 };

function refuse(reason) {
  throw new Malformed("anchor.malformed", `this is not a signed transaction: ${reason}`);
}

// ---- Ethereum

function rlpDecode(data, depth = 0) {
  if (data.length === 0 || depth > MAX_DEPTH) refuse("it ends too early, or is nested too deep");
  const first = data[0];
  if (first < 0x80) return [data.subarray(0, 1), data.subarray(1)];
  const [long, short] = first < 0xc0 ? [0xb7, 0x80] : [0xf7, 0xc0];
  const start = 1 + Math.max(0, first - long);
  const length = first <= long ? first - short : Number(toNumber(data.subarray(1, start)));
  let body = data.subarray(start, start + length);
  if (body.length !== length) refuse("it ends too early");
  const rest = data.subarray(start + length);
  if (first < 0xc0) return [body, rest];
  const items = [];
  while (body.length > 0) {
    const [item, left] = rlpDecode(body, depth + 1);
    items.push(item);
    body = left;
  }
  return [items, rest];
}

function bigEndian(number) {
  return number === 0n ? new Uint8Array() : fromNumber(number, Math.ceil(number.toString(16).length / 2));
}

function rlpEncode(item) {
  if (!Array.isArray(item) && item.length === 1 && item[0] < 0x80) return item;
  const [body, base] = Array.isArray(item) ? [concat(...item.map(rlpEncode)), 0xc0] : [item, 0x80];
  if (body.length < 56) return concat(Uint8Array.of(base + body.length), body);
  const length = bigEndian(BigInt(body.length));
  return concat(Uint8Array.of(base + 55 + length.length), length, body);
}

function fieldsOf(data, count) {
  const [item, rest] = rlpDecode(data);
  if (rest.length > 0 || !Array.isArray(item) || item.length !== count || !sameBytes(rlpEncode(item), data)) {
    refuse("its form is not the canonical one");
  }
  return item;
}

function numberOf(item) {
  if (Array.isArray(item) || item.length > 32 || item[0] === 0) refuse("a number is not in its shortest form");
  return toNumber(item);
}

function readTransaction(raw) {
  const modern = raw[0] === 2;
  const fields = modern ? fieldsOf(raw.subarray(1), 12) : fieldsOf(raw, 9);
  const v = numberOf(fields[modern ? 9 : 6]);
  const chainId = modern ? numberOf(fields[0]) : (v - 35n) / 2n;
  if (!modern && (v < 37n || chainId < 1n)) refuse("it names no chain (EIP-155)");
  const odd = modern ? v : (v - 35n) % 2n;
  const signed = modern
    ? concat(raw.subarray(0, 1), rlpEncode(fields.slice(0, 9)))
    : rlpEncode([...fields.slice(0, 6), bigEndian(chainId), new Uint8Array(), new Uint8Array()]);
  [fields[modern ? 1 : 0], fields[modern ? 3 : 1]].forEach(numberOf);
  const [to, data] = modern ? [fields[5], fields[7]] : [fields[3], fields[5]];
  if (Array.isArray(to) || to.length !== 20 || Array.isArray(data)) refuse("it does not call a contract");
  const [r, s] = fields.slice(-2).map(numberOf);
  const key = recoverKey(toNumber(keccak256(signed)), odd, r, s);
  return { chainId: String(chainId), to: `0x${toHex(to)}`, data, sender: `0x${toHex(keccak256(key).subarray(12))}` };
}

/** The public key that made the signature (SEC 1, 4.1.6), s in its lower half (EIP-2). */
function recoverKey(digest, odd, r, s) {
  if (odd > 1n || r < 1n || r >= K1_N || s < 1n || s > K1_N / 2n) refuse("the signature is out of range");
  const square = modulo(r * r * r + 7n, K1_P);
  let y = power(square, (K1_P + 1n) / 4n, K1_P);
  if ((y * y) % K1_P !== square) refuse("the signature belongs to no point of the curve");
  if ((y & 1n) !== odd) y = K1_P - y;
  const inverse = power(r, K1_N - 2n, K1_N);
  const left = modulo(-digest * inverse, K1_N);
  const right = (s * inverse) % K1_N;
  const key = affine(doubleMultiply(left, K1_G, right, [r, y, 1n], [1n, 1n, 0n], pointAdder(K1_P, 0n)), K1_P);
  if (key === null) refuse("the signature belongs to no key");
  return concat(fromNumber(key[0], 32), fromNumber(key[1], 32));
}

function callOf({ origin, size, root }) {
  const text = encodeUtf8(origin);
  const words = [96n, BigInt(size)].map((number) => fromNumber(number, 32));
  const padding = new Uint8Array((32 - (text.length % 32)) % 32);
  return concat(SELECTOR, ...words, root, fromNumber(BigInt(text.length), 32), text, padding);
}

/** Whether the call has the one spelling that encoders write, whatever head it names. */
function isCall(data) {
  const words = data.subarray(4);
  if (data.length < 4 + 5 * 32 || !sameBytes(data.subarray(0, 4), SELECTOR)) return false;
  const size = toNumber(words.subarray(32, 64));
  const length = toNumber(words.subarray(96, 128));
  if (size >= 2n ** 64n || length > BigInt(words.length - 128)) return false;
  try {
    const origin = decodeUtf8(words.subarray(128, 128 + Number(length)), "anchor.malformed", "the origin");
    return sameBytes(callOf({ origin, size, root: words.subarray(64, 96) }), data);
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

/** The checks of a receipt as [code, result, facts]. */
export function ethereumChecks({ transaction: stated, chain, head, block }) {
  const checks = [decided("anchor.transaction_id", `0x${toHex(keccak256(stated.raw))}` === stated.id)];
  let found;
  try {
    found = readTransaction(stated.raw);
    if (!isCall(found.data)) refuse("it does not call anchor");
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return [...checks, ["anchor.call", "fail", { reason: "unreadable" }], blockCheck(chain, block)];
  }
  const differing = [
    ["chain", found.chainId === chain.id],
    ["contract", found.to === chain.contract],
    ["head", head.root.length === 32 && sameBytes(found.data, callOf(head))],
  ].filter(([, good]) => !good).map(([name]) => name);
  return [
    ...checks, decided("anchor.call", differing.length === 0, { reason: differing.join(", ") }),
    decided("anchor.sender", found.sender === stated.sender), blockCheck(chain, block),
  ];
}

function decided(code, good, facts = {}) {
  return [code, good ? "pass" : "fail", facts];
}

function blockCheck(chain, block) {
  return ["anchor.block", "not_checked", { chain: `${chain.name} ${chain.id}`, number: block.number, hash: block.hash }];
}

// ---- ChainMaker

function protoFields(data) {
  const found = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= data.length) refuse("it ends too early");
      const byte = data[at];
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return refuse("a number is too long");
  };
  for (let count = 1; at < data.length; count += 1) {
    const tag = varint();
    const kind = tag & 7n;
    if (kind === 2n) {
      const length = varint();
      if (length > BigInt(data.length - at)) refuse("it ends too early");
      const number = String(tag >> 3n);
      found.set(number, [...(found.get(number) ?? []), data.subarray(at, at + Number(length))]);
      at += Number(length);
    } else if (kind === 0n) varint();
    else refuse("a field is of a kind that does not belong here");
    if (count > MAX_FIELDS) refuse("it has too many fields");
  }
  return found;
}

function single(message, number) {
  const values = message.get(String(number)) ?? [new Uint8Array()];
  if (values.length !== 1) refuse("a field occurs twice");
  return values[0];
}

function readRequest(raw) {
  const text = (value) => decodeUtf8(value, "anchor.malformed", "a text");
  const request = protoFields(raw);
  const payloadBytes = single(request, 1);
  const [payload, sender] = [protoFields(payloadBytes), protoFields(single(request, 2))];
  const signer = protoFields(single(sender, 1));
  const parameters = new Map();
  for (const field of payload.get("8") ?? []) {
    const pair = protoFields(field);
    const key = text(single(pair, 1));
    if (parameters.has(key)) refuse("a parameter occurs twice");
    parameters.set(key, single(pair, 2));
  }
  const [chainId, id, contract, method] = [1, 3, 6, 7].map((number) => text(single(payload, number)));
  text(single(signer, 1));
  return {
    chainId, id, contract, method, parameters, payload: payloadBytes, member: single(signer, 3),
    signature: single(sender, 2),
  };
}

/** The checks of a receipt against the text of its head as [code, result, facts]. */
export function chainmakerChecks({ transaction: stated, chain, head, block }, message) {
  const known = Object.hasOwn(IMPRINTS, head.imprintAlgorithm);
  const imprinted = known && sameBytes(IMPRINTS[head.imprintAlgorithm](message), head.imprint);
  const checks = [decided("anchor.imprint", imprinted)];
  let request;
  try {
    request = readRequest(stated.raw);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return [...checks, ["anchor.call", "fail", { reason: "unreadable" }], blockCheck(chain, block)];
  }
  const saved = request.parameters.get("file_hash") ?? new Uint8Array();
  const differing = [
    ["chain", request.chainId === chain.id],
    ["contract", request.contract === chain.contract && request.method === "save"],
    ["digest", sameBytes(saved, encodeUtf8(toHex(head.imprint)))],
  ].filter(([, good]) => !good).map(([name]) => name);
  return [
    ...checks, decided("anchor.transaction_id", request.id === stated.id),
    decided("anchor.call", differing.length === 0, { reason: differing.join(", ") }),
    ["anchor.sender", memberResult(request), {}], blockCheck(chain, block),
  ];
}

/** The signature by the certificate or key (PEM) inside the request; a digest of a certificate says nothing. */
function memberResult({ member, signature, payload }) {
  if (!isPem(member, "")) return "not_checked";
  try {
    const text = decodeUtf8(member, "anchor.malformed", "the member");
    const [certificate] = pemBlocks(text, "CERTIFICATE");
    const [publicKey] = pemBlocks(text, "PUBLIC KEY");
    if (certificate === undefined && publicKey === undefined) return "fail";
    const key = certificate === undefined ? readKey(parseDer(publicKey)) : readCertificate(certificate).key;
    const algorithm = key.kind === "sm2" ? "1.2.156.10197.1.501" : "1.2.840.10045.4.3.2";
    return verifiesBy(key, algorithm, signature, payload) ? "pass" : "fail";
  } catch (error) {
    if (error instanceof Unsupported) return "not_checked";
    if (error instanceof Malformed) return "fail";
    throw error;
  }
}
