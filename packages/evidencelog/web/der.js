// DER (ITU-T X.690), as far as certificates and time stamps need it.
import { Malformed, concat, toHex } from "./bytes.js";

/** In a form or with an algorithm that cannot be checked here, though it may be good. */
export class Unsupported extends Error {}

export const TAG = { boolean: 1, integer: 2, bits: 3, octets: 4, oid: 6, utcTime: 0x17, time: 0x18, sequence: 0x30, set: 0x31 };

function notDer(reason) {
  throw new Malformed("anchor.malformed", `this is not DER: ${reason}`);
}

/** One element; `raw` are all its bytes, `content` those behind its head. */
class DerElement {
  constructor(data, start) {
    this.tag = data[start];
    let at = start + 2;
    let size = data[start + 1];
    if (size === undefined || (this.tag & 31) === 31) notDer("it ends too early, or has a long tag");
    if (size === 0x80) throw new Unsupported("indefinite length");
    if (size > 0x80) {
      const digits = size - 0x80;
      if (digits > 4 || at + digits > data.length) notDer("a length is too long");
      size = 0;
      for (let digit = 0; digit < digits; digit += 1, at += 1) size = size * 256 + data[at];
      if (size < 128 || size < 256 ** (digits - 1)) notDer("a length is not in its shortest form");
    }
    if (at + size > data.length) notDer("it ends too early");
    this.end = at + size;
    this.content = data.subarray(at, this.end);
    this.raw = data.subarray(start, this.end);
  }

  expect(tag) {
    if (this.tag !== tag) notDer(`tag ${tag} belongs here`);
    return this;
  }

  children() {
    if (!(this.tag & 0x20)) notDer("it has no parts");
    const found = [];
    for (let at = 0; at < this.content.length; at = found.at(-1).offset) {
      const child = new DerElement(this.content, at);
      child.offset = child.end;
      found.push(child);
    }
    return found;
  }

  fields(least, most, tag = TAG.sequence) {
    const found = this.expect(tag).children();
    if (found.length < least || found.length > most) notDer("a field is missing, or one too many");
    return found;
  }

  oid() {
    const data = this.expect(TAG.oid).content;
    const arcs = [];
    let arc = 0n;
    for (const byte of data) {
      arc = (arc << 7n) | BigInt(byte & 0x7f);
      if (byte < 0x80) {
        arcs.push(arc);
        arc = 0n;
      }
    }
    if (data.length === 0 || data.at(-1) >= 0x80) notDer("an identifier ends too early");
    const first = arcs[0] < 80n ? arcs[0] / 40n : 2n;
    return [first, arcs[0] - 40n * first, ...arcs.slice(1)].join(".");
  }

  /** The bytes of a BIT STRING without unused bits. */
  bits() {
    const data = this.expect(TAG.bits).content;
    if (data.length === 0 || data[0] > 7) notDer("a bit string is malformed");
    return data.subarray(1);
  }

  /** Milliseconds since 1970 of a UTCTime or GeneralizedTime in UTC. */
  time() {
    const text = String.fromCharCode(...this.content);
    const short = this.tag === TAG.utcTime;
    if (!short) this.expect(TAG.time);
    const found = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,20}))?Z$/.exec(text);
    if (found === null || (found[1].length === 2) !== short) notDer("a time is not in UTC");
    const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
    const full = short ? year + (year < 50 ? 2000 : 1900) : year;
    const fraction = Number((found[7] ?? "").padEnd(3, "0").slice(0, 3));
    return Date.UTC(full, month - 1, day, hour, minute, second, fraction);
  }

  number() {
    const data = this.expect(TAG.integer).content;
    if (data.length === 0 || data[0] >= 0x80) notDer("a number is negative");
    return BigInt(`0x${toHex(data)}`);
  }
}

/** The one element that `data` holds; zeros behind it are padding of its container when `padded`. */
export function parseDer(data, { padded = false } = {}) {
  const element = new DerElement(data, 0);
  const rest = data.subarray(element.end);
  if (padded ? rest.some((byte) => byte !== 0) : rest.length > 0) notDer("something stands behind the end");
  return element;
}

/** The DER of PEM blocks with this label. */
export function pemBlocks(text, label) {
  const pattern = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, "g");
  return Array.from(text.matchAll(pattern), ([, body]) => {
    try {
      return Uint8Array.from(atob(body.replace(/\s/g, "")), (character) => character.charCodeAt(0));
    } catch {
      return notDer("a PEM block is not base64");
    }
  });
}

export function asSet(element) {
  return concat(Uint8Array.of(TAG.set), element.raw.subarray(1));
}
