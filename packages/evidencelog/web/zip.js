// Reading ZIP files that a stranger sent. Sizes and ratios are counted while inflating; a file that two readers could
// understand differently (data in front, comments, double names, ZIP64) is refused.
import { Malformed, concat, sameBytes } from "./bytes.js";
import { inflate } from "./inflate.js";
import { MANIFEST, STATEMENT, checkPath } from "./manifest.js";

export const LIMITS = {
  archiveBytes: 2 ** 30,
  members: 10_000,
  memberBytes: 2 ** 29,
  totalBytes: 2 ** 30,
  ratio: 200,
  textBytes: 64 * 2 ** 20,
};
const RATIO_FREE_BYTES = 2 ** 20;
const END_SIZE = 22;

const CRC = Int32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(data) {
  let value = -1;
  for (const byte of data) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ -1) >>> 0;
}

function malformed(reason) {
  return new Malformed("bundle.malformed", `this is not an evidence bundle: ${reason}`);
}

export function limitExceeded(what) {
  return new Malformed("bundle.limit", `the bundle exceeds a limit: ${what}`);
}

/** An open ZIP whose members have safe, single names. */
export class Archive {
  constructor(data, limits) {
    if (data.length > limits.archiveBytes) throw limitExceeded("the file is too large");
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.limits = limits;
    this.inflated = 0;
    this.members = this.directory();
  }

  names() {
    return Array.from(this.members.keys());
  }

  directory() {
    const { data, view } = this;
    if (data.length < END_SIZE || view.getUint32(0) !== 0x504b0304) {
      throw malformed("it does not begin as a ZIP file");
    }
    const end = data.length - END_SIZE;
    if (view.getUint32(end) !== 0x504b0506 || view.getUint16(end + 20) !== 0) {
      throw malformed("it does not end as a ZIP file without a comment");
    }
    const count = view.getUint16(end + 10, true);
    if (count > this.limits.members) throw limitExceeded(`it has more than ${this.limits.members} members`);
    let at = view.getUint32(end + 16, true);
    if (at + view.getUint32(end + 12, true) !== end) throw malformed("its directory lies elsewhere");
    const members = new Map();
    const folded = new Set();
    for (; at < end; at = members.last) {
      if (end - at < 46 || view.getUint32(at) !== 0x504b0102) throw malformed("its directory cannot be read");
      const info = this.member(at);
      folded.add(info.name.toUpperCase().toLowerCase());
      members.set(info.name, info);
      members.last = info.next;
      if (folded.size !== members.size || info.next > end) throw malformed("two members have one name");
    }
    if (members.size !== count) throw malformed("two members have one name, or a member is missing");
    return members;
  }

  member(at) {
    const { data, view } = this;
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const raw = data.subarray(at + 46, at + 46 + nameSize);
    const flags = view.getUint16(at + 8, true);
    const info = {
      raw,
      name: nameOf(raw, flags),
      flags,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      stored: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
      next: at + 46 + nameSize + extraSize + commentSize,
    };
    if (info.name !== MANIFEST && info.name !== STATEMENT) checkPath(info.name);
    const kind = (view.getUint32(at + 38, true) >>> 16) & 0o170000;
    if ((kind !== 0 && kind !== 0o100000) || view.getUint16(at + 6, true) > 63) {
      throw malformed("a member is not a regular file");
    }
    // Encrypted, patched and strongly encrypted members, and all methods but storing and deflating.
    if (info.flags & 0x61 || (info.method !== 0 && info.method !== 8)) {
      throw malformed("a member is encrypted or compressed in an unusual way");
    }
    return info;
  }

  read(name, limit) {
    const info = this.members.get(name);
    if (info === undefined) throw malformed(`${name} is missing`);
    const packed = this.packed(info);
    const most = Math.min(limit, this.limits.memberBytes, this.limits.totalBytes - this.inflated);
    const reasonable = Math.max(RATIO_FREE_BYTES, this.limits.ratio * Math.max(info.stored, 1));
    const data = info.method === 0 ? packed : inflate(packed, Math.min(most, reasonable) + 1, malformed);
    if (data.length > most) throw limitExceeded(`${name}, or all together, has too many bytes`);
    if (data.length > reasonable) throw limitExceeded("a member is compressed beyond reason");
    if (data.length !== info.size || crc32(data) !== info.crc) throw malformed(`${name} cannot be read`);
    this.inflated += data.length;
    return data;
  }

  packed(info) {
    const { data, view } = this;
    const at = info.offset;
    if (at + 30 > data.length || view.getUint32(at) !== 0x504b0304) throw malformed("a member is not where it should be");
    const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    const name = data.subarray(at + 30, at + 30 + view.getUint16(at + 26, true));
    if (!sameBytes(name, info.raw) || start + info.stored > data.length) throw malformed("a member is not where it should be");
    return data.subarray(start, start + info.stored);
  }
}

function nameOf(raw, flags) {
  // Names that are not ASCII must say that they are UTF-8.
  if (raw.includes(0) || (!(flags & 0x800) && raw.some((byte) => byte > 127))) {
    throw malformed("a name cannot be read");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(concat(raw));
  } catch {
    throw malformed("a name is not UTF-8");
  }
}
