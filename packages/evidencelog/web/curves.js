// Verification of Ed25519 (RFC 8032 section 5.1.7) and SM2 (GB/T 32918.2 section 7) signatures, and arithmetic on curves
// in short Weierstrass form. No secrets are here, so nothing needs to run in constant time.
import { concat, encodeUtf8, fromHex, fromNumber, sameBytes, toNumber } from "./bytes.js";
import { sha512, sm3 } from "./hashes.js";

export function modulo(value, modulus) {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

export function power(base, exponent, modulus) {
  let result = 1n;
  for (base = modulo(base, modulus); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

// ---- Ed25519

const ED_P = (1n << 255n) - 19n;
const ED_L = (1n << 252n) + 27742317777372353535851937790883648493n;
const ED_D = modulo(-121665n * power(121666n, ED_P - 2n, ED_P), ED_P);
const ED_ROOT = power(2n, (ED_P - 1n) / 4n, ED_P);
const ED_BASE = edwardsPoint(modulo(4n * power(5n, ED_P - 2n, ED_P), ED_P), 0n);
const ED_SMALL_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/** The point with this y and this lowest bit of x, in extended coordinates; null when there is none. */
function edwardsPoint(y, sign) {
  const u = modulo(y * y - 1n, ED_P);
  const v = modulo(ED_D * y * y + 1n, ED_P);
  let x = (u * power(v, 3n, ED_P) * power(u * power(v, 7n, ED_P), (ED_P - 5n) / 8n, ED_P)) % ED_P;
  const square = (v * x * x) % ED_P;
  if (square === modulo(-u, ED_P) && u !== 0n) x = (x * ED_ROOT) % ED_P;
  else if (square !== u) return null;
  if ((x & 1n) !== sign) x = modulo(-x, ED_P);
  return [x, y, 1n, (x * y) % ED_P];
}

function edwardsAdd([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = modulo((y1 - x1) * (y2 - x2), ED_P);
  const b = ((y1 + x1) * (y2 + x2)) % ED_P;
  const c = (2n * t1 * t2 * ED_D) % ED_P;
  const d = (2n * z1 * z2) % ED_P;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [modulo(e * f, ED_P), modulo(g * h, ED_P), modulo(f * g, ED_P), modulo(e * h, ED_P)];
}

/** left·one + right·other, bit by bit for both at once. */
export function doubleMultiply(left, one, right, other, neutral, add) {
  const both = add(one, other);
  let result = neutral;
  const bits = Math.max(left.toString(2).length, right.toString(2).length);
  for (let bit = BigInt(bits); bit >= 0n; bit -= 1n) {
    result = add(result, result);
    const which = (((left >> bit) & 1n) << 1n) | ((right >> bit) & 1n);
    if (which === 1n) result = add(result, other);
    else if (which === 2n) result = add(result, one);
    else if (which === 3n) result = add(result, both);
  }
  return result;
}

function littleEndian(data) {
  return toNumber(Uint8Array.from(data).reverse());
}

/** Whether 32 bytes are a public key that is used here: points of small order are not. */
export function isEd25519Key(key) {
  const y = littleEndian(key) & ((1n << 255n) - 1n);
  const small = [0n, 1n, ED_P - 1n, ED_SMALL_Y, ED_P - ED_SMALL_Y];
  return key.length === 32 && y < ED_P && !small.includes(y);
}

export function verifyEd25519(key, message, signature) {
  if (signature.length !== 64) return false;
  const encoded = littleEndian(key);
  const point = edwardsPoint(encoded & ((1n << 255n) - 1n), encoded >> 255n);
  const s = littleEndian(signature.subarray(32));
  if (point === null || s >= ED_L) return false;
  const h = littleEndian(sha512(concat(signature.subarray(0, 32), key, message))) % ED_L;
  const neutral = [0n, 1n, 1n, 0n];
  const minus = [modulo(-point[0], ED_P), point[1], 1n, modulo(-point[3], ED_P)];
  const [x, y, z] = doubleMultiply(s, ED_BASE, h, minus, neutral, edwardsAdd);
  const inverse = power(z, ED_P - 2n, ED_P);
  const shown = ((y * inverse) % ED_P) | ((((x * inverse) % ED_P) & 1n) << 255n);
  return sameBytes(fromNumber(shown, 32).reverse(), signature.subarray(0, 32));
}

// ---- SM2

const SM2_P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const SM2_A = SM2_P - 3n;
const SM2_B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
const SM2_N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const SM2_G = [
  0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
  1n,
];
const SM2_ID = encodeUtf8("1234567812345678");

/** Addition in Jacobian coordinates on y² = x³ + ax + b over p; z = 0 is the point at infinity. */
export function pointAdder(p, a) {
  const double = ([x, y, z]) => {
    if (y === 0n || z === 0n) return [1n, 1n, 0n];
    const yy = (y * y) % p;
    const s = (4n * x * yy) % p;
    const zz = (z * z) % p;
    const m = modulo(3n * x * x + a * zz * zz, p);
    const x3 = modulo(m * m - 2n * s, p);
    return [x3, modulo(m * (s - x3) - 8n * yy * yy, p), (2n * y * z) % p];
  };
  return (one, other) => {
    if (one[2] === 0n) return other;
    if (other[2] === 0n) return one;
    const z1 = (one[2] * one[2]) % p;
    const z2 = (other[2] * other[2]) % p;
    const u1 = (one[0] * z2) % p;
    const u2 = (other[0] * z1) % p;
    const s1 = (one[1] * z2 * other[2]) % p;
    const s2 = (other[1] * z1 * one[2]) % p;
    if (u1 === u2) return s1 === s2 ? double(one) : [1n, 1n, 0n];
    const h = u2 - u1;
    const r = s2 - s1;
    const hh = (h * h) % p;
    const hhh = (h * hh) % p;
    const v = (u1 * hh) % p;
    const x = modulo(r * r - hhh - 2n * v, p);
    return [x, modulo(r * (v - x) - s1 * hhh, p), modulo(h * one[2] * other[2], p)];
  };
}

/** x and y of a point in Jacobian coordinates; null at infinity. */
export function affine([x, y, z], p) {
  if (z === 0n) return null;
  const inverse = power(z, p - 2n, p);
  const square = (inverse * inverse) % p;
  return [(x * square) % p, (y * square * inverse) % p];
}

const sm2Add = pointAdder(SM2_P, SM2_A);

/** Whether 65 bytes are an uncompressed point of the curve. */
export function isSm2Key(point) {
  if (point.length !== 65 || point[0] !== 4) return false;
  const x = toNumber(point.subarray(1, 33));
  const y = toNumber(point.subarray(33));
  return x < SM2_P && y < SM2_P && modulo(y * y - (x * x * x + SM2_A * x + SM2_B), SM2_P) === 0n;
}

/** r and s of a signature in DER with no spelling but the shortest; null for anything else. */
export function signatureNumbers(signature) {
  if (signature.length < 8 || signature[0] !== 0x30 || signature[1] !== signature.length - 2) return null;
  const numbers = [];
  let at = 2;
  while (numbers.length < 2) {
    const size = signature[at + 1];
    const content = signature.subarray(at + 2, at + 2 + size);
    if (signature[at] !== 2 || size === 0 || size > 67 || content.length !== size) return null;
    if (content[0] >= 0x80 || (content[0] === 0 && size > 1 && content[1] < 0x80)) return null;
    numbers.push(toNumber(content));
    at += 2 + size;
  }
  return at === signature.length ? numbers : null;
}

/** The digest Z of the default user id and the key (GB/T 32918.2 section 5.5). */
function sm2Identity(point) {
  const curve = [SM2_A, SM2_B, SM2_G[0], SM2_G[1]].map((value) => fromNumber(value, 32));
  return sm3(fromHex("0080"), SM2_ID, ...curve, point.subarray(1));
}

export function verifySm2(point, message, signature) {
  const numbers = signatureNumbers(signature);
  return numbers !== null && verifySm2Numbers(point, message, numbers);
}

export function verifySm2Numbers(point, message, [r, s]) {
  if (r < 1n || r >= SM2_N || s < 1n || s >= SM2_N) return false;
  const t = (r + s) % SM2_N;
  if (t === 0n) return false;
  const e = toNumber(sm3(sm2Identity(point), message));
  const key = [toNumber(point.subarray(1, 33)), toNumber(point.subarray(33)), 1n];
  const sum = affine(doubleMultiply(s, SM2_G, t, key, [1n, 1n, 0n], sm2Add), SM2_P);
  return sum !== null && (e + sum[0]) % SM2_N === r;
}
