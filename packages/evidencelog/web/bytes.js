// Strict forms that all formats share: each accepts exactly one spelling of a value.

/** The input does not have the form its format demands. `code` is that of the Python package. */
export class Malformed extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Well formed, but a proof or signature does not hold. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** One line without ASCII control characters that can be written as UTF-8. */
export function isClean(text) {
  // eslint-disable-next-line no-control-regex
  return !/[\x00-\x1f]/.test(text) && !LONE_SURROGATE.test(text);
}

export function lengthOf(text) {
  return Array.from(text).length;
}

export function encodeUtf8(text) {
  return new TextEncoder().encode(text);
}

export function decodeUtf8(data, code, what) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new Malformed(code, `${what} is not text in UTF-8`);
  }
}

/** UTF-8 text whose only control character is the newline. */
export function decodeText(data, code, limit, what) {
  if (data.length > limit) throw new Malformed(code, `${what} has more than ${limit} bytes`);
  const text = decodeUtf8(data, code, what);
  if (!isClean(text.replaceAll("\n", ""))) throw new Malformed(code, `${what} holds a control character`);
  return text;
}

export function encodeBase64(data) {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function decodeBase64(text, code) {
  if (!BASE64.test(text)) throw new Malformed(code, "a value is not valid base64");
  const data = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (encodeBase64(data) !== text) throw new Malformed(code, "a value is not canonical base64");
  return data;
}

/** A decimal number from 0 to 2**63 - 1 without sign or leading zeros, as a BigInt. */
export function decodeDecimal(text, code) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) >= 1n << 63n) {
    throw new Malformed(code, "a number is not a plain decimal from 0 to 2**63 - 1");
  }
  return BigInt(text);
}

export function toHex(data) {
  let text = "";
  for (const byte of data) text += byte.toString(16).padStart(2, "0");
  return text;
}

export function fromHex(text) {
  const data = new Uint8Array(text.length / 2);
  for (let at = 0; at < data.length; at += 1) data[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return data;
}

export function concat(...parts) {
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}

export function sameBytes(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export function startsWith(data, prefix) {
  return data.length >= prefix.length && sameBytes(data.subarray(0, prefix.length), prefix);
}

export function toNumber(data) {
  return data.length === 0 ? 0n : BigInt(`0x${toHex(data)}`);
}

export function fromNumber(value, size) {
  return fromHex(value.toString(16).padStart(2 * size, "0"));
}
