// JSON as the evidence formats use it: no floats, no double keys; entries in exactly one spelling.
import { Malformed, decodeUtf8, encodeUtf8, isClean, lengthOf, sameBytes } from "./bytes.js";

const MAX_NESTING = 500;
const MAX_ENTRY_DEPTH = 16;
const NUMBER = /-?(?:0|[1-9][0-9]*)/y;
const FLOAT_TAIL = /[.eE]/;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

class Reader {
  constructor(text, fail) {
    this.text = text;
    this.at = 0;
    this.fail = fail;
  }

  whole() {
    const value = this.value(0);
    this.space();
    if (this.at !== this.text.length) this.fail();
    return value;
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) this.fail();
    this.at = pattern.lastIndex;
    return found[0];
  }

  value(depth) {
    if (depth > MAX_NESTING) this.fail();
    this.space();
    const first = this.text[this.at];
    if (first === "{") return this.object(depth);
    if (first === "[") return this.list(depth);
    if (first === '"') return JSON.parse(this.match(STRING));
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const digits = this.match(NUMBER);
    if (FLOAT_TAIL.test(this.text[this.at] ?? "")) this.fail();
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : BigInt(digits);
  }

  object(depth) {
    const result = new Map();
    this.at += 1;
    this.space();
    if (this.text[this.at] === "}") {
      this.at += 1;
      return result;
    }
    for (;;) {
      this.space();
      const key = JSON.parse(this.match(STRING));
      this.space();
      if (this.text[this.at] !== ":" || result.has(key)) this.fail();
      this.at += 1;
      result.set(key, this.value(depth + 1));
      if (this.ends("}")) return result;
    }
  }

  list(depth) {
    const result = [];
    this.at += 1;
    this.space();
    if (this.text[this.at] === "]") {
      this.at += 1;
      return result;
    }
    for (;;) {
      result.push(this.value(depth + 1));
      if (this.ends("]")) return result;
    }
  }

  ends(closing) {
    this.space();
    const character = this.text[this.at];
    if (character !== closing && character !== ",") this.fail();
    this.at += 1;
    return character === closing;
  }
}

/** JSON in UTF-8; objects become maps, so that no key of theirs means anything to this language. */
export function strictJson(data, code, what) {
  const fail = () => {
    throw new Malformed(code, `${what} is not JSON in UTF-8 without floats and double keys`);
  };
  return new Reader(decodeUtf8(data, code, what), fail).whole();
}

/** The contents of an entry, null when it is not in its canonical spelling or of another version. */
export function decodeEntry(data) {
  try {
    const content = strictJson(data, "entry.malformed", "the entry");
    if (!(content instanceof Map) || content.get("v") !== 1) return null;
    return sameBytes(encodeUtf8(canonical(content, 0)), data) ? content : null;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function canonical(value, depth) {
  const refuse = () => {
    throw new Malformed("entry.not_canonical", "the entry has no canonical form");
  };
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return String(value);
  if (typeof value === "string") {
    if (!isClean(value.replace(/[\u0000-\u001f]/g, ""))) refuse();
    return JSON.stringify(value);
  }
  if (typeof value === "bigint" || depth >= MAX_ENTRY_DEPTH) refuse();
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  const keys = Array.from(value.keys());
  if (!keys.every((key) => /^[!-~]{1,64}$/.test(key))) refuse();
  keys.sort((left, right) => (left < right ? -1 : 1));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value.get(key), depth + 1)}`).join(",")}}`;
}

// ---- Reading values of a known shape

/** Readers that all throw the same error; `code` and `what` name it. */
export class Shape {
  constructor(code, what) {
    this.code = code;
    this.what = what;
  }

  fail(reason) {
    throw new Malformed(this.code, `${this.what} is malformed: ${reason}`);
  }

  object(value, keys) {
    if (!(value instanceof Map) || value.size !== keys.length || !keys.every((key) => value.has(key))) {
      this.fail(`an object does not have exactly the keys ${keys.join(", ")}`);
    }
    return value;
  }

  list(value, limit = Infinity) {
    if (!Array.isArray(value) || value.length > limit) this.fail("a list is missing or too long");
    return value;
  }

  integer(value) {
    if (typeof value !== "number" || value < 0) this.fail("a number is not from 0 to 2**53 - 1");
    return value;
  }

  text(value, limit, { lines = false } = {}) {
    if (typeof value !== "string" || lengthOf(value) > limit) this.fail("a text is missing or too long");
    if (!isClean(lines ? value.replaceAll("\n", "") : value)) this.fail("a text holds a control character");
    return value;
  }

  flag(value) {
    if (typeof value !== "boolean") this.fail("a flag is neither true nor false");
    return value;
  }
}
