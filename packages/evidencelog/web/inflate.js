// Inflating raw deflate data (RFC 1951), stopping at a limit.

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_BITS = 15;

/** Canonical Huffman code (section 3.2.2): how many codes of each length, and the symbols in their order. */
function codeOf(lengths, fail) {
  const count = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) count[length] += 1;
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length += 1) {
    left = left * 2 - count[length];
    if (left < 0) fail("a Huffman code is over-subscribed");
  }
  const used = lengths.length - count[0];
  // Only a code of a single symbol may be incomplete.
  if (left > 0 && used > 1) fail("a Huffman code is incomplete");
  const offset = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length += 1) offset[length + 1] = offset[length] + count[length];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length > 0) {
      symbols[offset[length]] = symbol;
      offset[length] += 1;
    }
  });
  return { count, symbols };
}

class Inflater {
  constructor(data, limit, fail) {
    this.data = data;
    this.at = 0;
    this.held = 0;
    this.bits = 0;
    this.limit = limit;
    this.fail = fail;
    this.out = new Uint8Array(Math.min(limit, Math.max(1024, data.length * 4)));
    this.size = 0;
  }

  take(count) {
    while (this.bits < count) {
      if (this.at >= this.data.length) this.fail("the data ends too early");
      this.held |= this.data[this.at] << this.bits;
      this.at += 1;
      this.bits += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.bits -= count;
    return value;
  }

  symbol({ count, symbols }) {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length += 1) {
      code |= this.take(1);
      if (code - count[length] < first) return symbols[index + code - first];
      index += count[length];
      first = (first + count[length]) << 1;
      code <<= 1;
    }
    return this.fail("a code stands for nothing");
  }

  /** Makes room for more bytes; false when the limit is reached. */
  room(more) {
    const wanted = this.size + more;
    if (wanted > this.limit) return false;
    if (wanted > this.out.length) {
      const larger = new Uint8Array(Math.min(this.limit, Math.max(wanted, this.out.length * 2)));
      larger.set(this.out.subarray(0, this.size));
      this.out = larger;
    }
    return true;
  }

  run() {
    let last = 0;
    while (!last) {
      last = this.take(1);
      const kind = this.take(2);
      let more;
      if (kind === 0) more = this.storedBlock();
      else if (kind === 1) more = this.codedBlock(...fixedCodes(this.fail));
      else if (kind === 2) more = this.codedBlock(...this.dynamicCodes());
      else this.fail("a block is of an unknown kind");
      if (!more) return this.overflow();
    }
    return this.out.subarray(0, this.size);
  }

  /** One byte more than the limit allows, for the caller to see. */
  overflow() {
    return new Uint8Array(this.limit);
  }

  storedBlock() {
    this.held = 0;
    this.bits = 0;
    const [low, high, notLow, notHigh] = this.data.subarray(this.at, this.at + 4);
    const size = low | (high << 8);
    if (!(size >= 0) || size !== (~(notLow | (notHigh << 8)) & 0xffff)) this.fail("a stored block is damaged");
    this.at += 4;
    if (this.at + size > this.data.length) this.fail("the data ends too early");
    if (!this.room(size)) return false;
    this.out.set(this.data.subarray(this.at, this.at + size), this.size);
    this.at += size;
    this.size += size;
    return true;
  }

  codedBlock(literals, distances) {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol === 256) return true;
      if (symbol < 256) {
        if (!this.room(1)) return false;
        this.out[this.size] = symbol;
        this.size += 1;
      } else if (!this.copy(symbol - 257, distances)) return false;
    }
  }

  copy(code, distances) {
    if (code >= LENGTH_BASE.length) this.fail("a length is out of range");
    const length = LENGTH_BASE[code] + this.take(LENGTH_EXTRA[code]);
    const far = this.symbol(distances);
    if (far >= DISTANCE_BASE.length) this.fail("a distance is out of range");
    const distance = DISTANCE_BASE[far] + this.take(DISTANCE_EXTRA[far]);
    if (distance > this.size) this.fail("a distance leads before the beginning");
    if (!this.room(length)) return false;
    for (let done = 0; done < length; done += 1) {
      this.out[this.size] = this.out[this.size - distance];
      this.size += 1;
    }
    return true;
  }

  dynamicCodes() {
    const literalCount = this.take(5) + 257;
    const distanceCount = this.take(5) + 1;
    const codeCount = this.take(4) + 4;
    if (literalCount > 286 || distanceCount > 30) this.fail("a block has too many codes");
    const order = new Array(19).fill(0);
    for (let at = 0; at < codeCount; at += 1) order[CODE_ORDER[at]] = this.take(3);
    const codes = codeOf(order, this.fail);
    const lengths = [];
    while (lengths.length < literalCount + distanceCount) {
      const symbol = this.symbol(codes);
      if (symbol < 16) lengths.push(symbol);
      else this.repeat(lengths, symbol);
    }
    if (lengths.length > literalCount + distanceCount || lengths[256] === 0) this.fail("a block's codes are damaged");
    return [codeOf(lengths.slice(0, literalCount), this.fail), codeOf(lengths.slice(literalCount), this.fail)];
  }

  repeat(lengths, symbol) {
    if (symbol === 16 && lengths.length === 0) this.fail("there is nothing to repeat");
    const value = symbol === 16 ? lengths.at(-1) : 0;
    const [bits, base] = { 16: [2, 3], 17: [3, 3], 18: [7, 11] }[symbol];
    const times = base + this.take(bits);
    for (let done = 0; done < times; done += 1) lengths.push(value);
  }
}

function fixedCodes(fail) {
  const literals = Array.from({ length: 288 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8));
  return [codeOf(literals, fail), codeOf(new Array(32).fill(5), fail)];
}

/** The inflated bytes, `limit` many when there would be at least as many; `malformed` makes the error. */
export function inflate(data, limit, malformed) {
  const fail = (reason) => {
    throw malformed(reason);
  };
  return new Inflater(data, limit, fail).run();
}
