// SHA-256, SHA-384 and SHA-512 (FIPS 180-4), SM3 (GB/T 32905-2016), Keccak-256 as Ethereum pads it, and SHA-1, which
// old time stamps use to name a certificate and nothing else.
import { concat, fromHex } from "./bytes.js";

const PRIMES = [];
for (let number = 2; PRIMES.length < 80; number += 1) {
  if (PRIMES.every((prime) => number % prime !== 0)) PRIMES.push(number);
}

/** The first `bits` bits behind the point of the square or cube root of a prime, by integer search. */
function rootFraction(prime, power, bits) {
  const wanted = BigInt(prime) << BigInt(bits * power);
  let low = 0n;
  let high = 1n << BigInt(bits + 5);
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(power) <= wanted) low = middle;
    else high = middle;
  }
  return low & ((1n << BigInt(bits)) - 1n);
}

const SHA256_K = Int32Array.from(PRIMES.slice(0, 64), (prime) => Number(rootFraction(prime, 3, 32)) | 0);
const SHA256_IV = Int32Array.from(PRIMES.slice(0, 8), (prime) => Number(rootFraction(prime, 2, 32)) | 0);
const SHA512_K = PRIMES.map((prime) => rootFraction(prime, 3, 64));
const SHA512_IV = PRIMES.slice(0, 8).map((prime) => rootFraction(prime, 2, 64));
const SHA384_IV = PRIMES.slice(8, 16).map((prime) => rootFraction(prime, 2, 64));
const SM3_IV = Int32Array.from(
  [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e],
  (word) => word | 0,
);
const SM3_T = Int32Array.from({ length: 64 }, (_, at) => rotate(at < 16 ? 0x79cc4519 : 0x7a879d8a, at % 32));

function rotate(word, by) {
  return (word << by) | (word >>> (32 - by));
}

/** A hash of 64-byte blocks that is fed piece by piece. */
class BlockHash {
  constructor(iv) {
    this.state = Int32Array.from(iv);
    this.words = new Int32Array(68);
    this.buffer = new Uint8Array(64);
    this.filled = 0;
    this.size = 0;
  }

  update(data) {
    this.size += data.length;
    let at = 0;
    if (this.filled > 0) {
      at = Math.min(64 - this.filled, data.length);
      this.buffer.set(data.subarray(0, at), this.filled);
      this.filled += at;
      if (this.filled < 64) return this;
      this.block(this.buffer, 0);
      this.filled = 0;
    }
    for (; at + 64 <= data.length; at += 64) this.block(data, at);
    this.buffer.set(data.subarray(at), 0);
    this.filled = data.length - at;
    return this;
  }

  digest() {
    const size = this.size;
    const padding = new Uint8Array(((this.filled < 56 ? 56 : 120) - this.filled) + 8);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(size / 0x20000000));
    view.setUint32(padding.length - 4, (size * 8) >>> 0);
    this.update(padding);
    const result = new Uint8Array(32);
    const out = new DataView(result.buffer);
    this.state.forEach((word, at) => out.setInt32(4 * at, word));
    return result;
  }

  load(data, at) {
    for (let word = 0; word < 16; word += 1, at += 4) {
      this.words[word] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
    }
  }
}

export class Sha256 extends BlockHash {
  constructor() {
    super(SHA256_IV);
  }

  block(data, start) {
    this.load(data, start);
    const w = this.words;
    for (let at = 16; at < 64; at += 1) {
      const x = w[at - 15];
      const y = w[at - 2];
      const s0 = rotate(x, 25) ^ rotate(x, 14) ^ (x >>> 3);
      const s1 = rotate(y, 15) ^ rotate(y, 13) ^ (y >>> 10);
      w[at] = (w[at - 16] + s0 + w[at - 7] + s1) | 0;
    }
    const state = this.state;
    let [a, b, c, d, e, f, g, h] = state;
    for (let at = 0; at < 64; at += 1) {
      const s1 = rotate(e, 26) ^ rotate(e, 21) ^ rotate(e, 7);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + SHA256_K[at] + w[at]) | 0;
      const s0 = rotate(a, 30) ^ rotate(a, 19) ^ rotate(a, 10);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => { state[at] = (state[at] + word) | 0; });
  }
}

export class Sm3 extends BlockHash {
  constructor() {
    super(SM3_IV);
  }

  block(data, start) {
    this.load(data, start);
    const w = this.words;
    for (let at = 16; at < 68; at += 1) {
      const x = w[at - 16] ^ w[at - 9] ^ rotate(w[at - 3], 15);
      w[at] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[at - 13], 7) ^ w[at - 6];
    }
    const state = this.state;
    let [a, b, c, d, e, f, g, h] = state;
    for (let at = 0; at < 64; at += 1) {
      const a12 = rotate(a, 12);
      const ss1 = rotate((a12 + e + SM3_T[at]) | 0, 7);
      const ff = at < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = at < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const tt1 = (ff + d + (ss1 ^ a12) + (w[at] ^ w[at + 4])) | 0;
      const tt2 = (gg + h + ss1 + w[at]) | 0;
      d = c; c = rotate(b, 9); b = a; a = tt1;
      h = g; g = rotate(f, 19); f = e; e = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17);
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => { state[at] ^= word; });
  }
}

export function sha256(...parts) {
  return new Sha256().update(concat(...parts)).digest();
}

export function sm3(...parts) {
  return new Sm3().update(concat(...parts)).digest();
}

const WORD64 = (1n << 64n) - 1n;

/** SHA-512 of short texts; Ed25519 needs it. */
export function sha512(data) {
  return wideHash(data, SHA512_IV);
}

export function sha384(data) {
  return wideHash(data, SHA384_IV).subarray(0, 48);
}

function wideHash(data, iv) {
  const padded = new Uint8Array(Math.ceil((data.length + 17) / 128) * 128);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const turn = (word, by) => ((word >> by) | (word << (64n - by))) & WORD64;
  let state = iv;
  for (let start = 0; start < padded.length; start += 128) {
    const w = Array.from({ length: 16 }, (_, at) => view.getBigUint64(start + 8 * at));
    for (let at = 16; at < 80; at += 1) {
      const s0 = turn(w[at - 15], 1n) ^ turn(w[at - 15], 8n) ^ (w[at - 15] >> 7n);
      const s1 = turn(w[at - 2], 19n) ^ turn(w[at - 2], 61n) ^ (w[at - 2] >> 6n);
      w.push((w[at - 16] + s0 + w[at - 7] + s1) & WORD64);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let at = 0; at < 80; at += 1) {
      const s1 = turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n);
      const t1 = h + s1 + ((e & f) ^ (~e & WORD64 & g)) + SHA512_K[at] + w[at];
      const s0 = turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = (d + t1) & WORD64;
      d = c; c = b; b = a; a = (t1 + t2) & WORD64;
    }
    state = [a, b, c, d, e, f, g, h].map((word, at) => (word + state[at]) & WORD64);
  }
  return fromHex(state.map((word) => word.toString(16).padStart(16, "0")).join(""));
}

export function sha1(data) {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let start = 0; start < padded.length; start += 64) {
    const w = Array.from({ length: 16 }, (_, at) => view.getInt32(start + 4 * at));
    for (let at = 16; at < 80; at += 1) w.push(rotate(w[at - 3] ^ w[at - 8] ^ w[at - 14] ^ w[at - 16], 1));
    let [a, b, c, d, e] = state;
    for (let at = 0; at < 80; at += 1) {
      const mixed = [(b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d][Math.floor(at / 20)];
      const constant = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][Math.floor(at / 20)];
      [a, b, c, d, e] = [(rotate(a, 5) + mixed + e + constant + w[at]) | 0, a, rotate(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((word, at) => { state[at] = (state[at] + word) | 0; });
  }
  return fromHex(state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(""));
}

const KECCAK_RATE = 136;

/** The constants of step iota, by the shift register x^8 + x^6 + x^5 + x^4 + 1. */
const KECCAK_CONSTANTS = (() => {
  let register = 1;
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let power = 0n; power < 7n; power += 1n) {
      if (register & 1) constant |= 1n << ((1n << power) - 1n);
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    }
    return constant;
  });
})();

/** Where each lane goes in steps rho and pi, and how far it is rotated. */
const KECCAK_STEPS = (() => {
  let [x, y] = [1, 0];
  return Array.from({ length: 24 }, (_, step) => {
    [x, y] = [y, (2 * x + 3 * y) % 5];
    return [x + 5 * y, BigInt((((step + 1) * (step + 2)) / 2) % 64)];
  });
})();

export function keccak256(data) {
  const turn = (word, by) => ((word << by) | (word >> (64n - by))) & WORD64;
  const padded = new Uint8Array((Math.floor(data.length / KECCAK_RATE) + 1) * KECCAK_RATE);
  padded.set(data);
  padded[data.length] = 0x01;
  padded[padded.length - 1] |= 0x80;
  const view = new DataView(padded.buffer);
  const lanes = Array(25).fill(0n);
  for (let start = 0; start < padded.length; start += KECCAK_RATE) {
    for (let lane = 0; lane < 17; lane += 1) lanes[lane] ^= view.getBigUint64(start + 8 * lane, true);
    for (const constant of KECCAK_CONSTANTS) {
      const columns = [0, 1, 2, 3, 4].map((x) => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
      const mixed = columns.map((_, x) => columns[(x + 4) % 5] ^ turn(columns[(x + 1) % 5], 1n));
      for (let at = 0; at < 25; at += 1) lanes[at] ^= mixed[at % 5];
      let carried = lanes[1];
      for (const [target, distance] of KECCAK_STEPS) {
        [lanes[target], carried] = [turn(carried, distance), lanes[target]];
      }
      for (let row = 0; row < 25; row += 5) {
        const kept = lanes.slice(row, row + 5);
        for (let x = 0; x < 5; x += 1) {
          lanes[row + x] = kept[x] ^ (~kept[(x + 1) % 5] & kept[(x + 2) % 5] & WORD64);
        }
      }
      lanes[0] ^= constant;
    }
  }
  const out = new DataView(new ArrayBuffer(32));
  lanes.slice(0, 4).forEach((lane, at) => out.setBigUint64(8 * at, lane, true));
  return new Uint8Array(out.buffer);
}
