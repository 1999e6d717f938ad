// Keys, signed notes, checkpoints, proofs and policies (C2SP signed-note, tlog-checkpoint, tlog-proof,
// tlog-cosignature; SM2 beside Ed25519).
import {
  Malformed, Refused, concat, decodeBase64, decodeDecimal, decodeText, encodeUtf8, fromHex, isClean, lengthOf,
  startsWith, toHex, toNumber,
} from "./bytes.js";
import { isEd25519Key, isSm2Key, verifyEd25519, verifySm2 } from "./curves.js";
import { sha256 } from "./hashes.js";

const MAX_NOTE_BYTES = 1_000_000;
export const MAX_PROOF_BYTES = MAX_NOTE_BYTES + 200_000;
export const MAX_POLICY_BYTES = 100_000;
const MAX_SIGNATURES = 100;
const MAX_NAME = 255;
const SM2_TYPE = fromHex("ff06082a811ccf55018375");
const SM2_COSIGNATURE = concat(SM2_TYPE, Uint8Array.of(4), encodeUtf8("cosignature/v1"));
const TYPES = [
  { prefix: SM2_COSIGNATURE, algorithm: "sm2", cosigner: true },
  { prefix: Uint8Array.of(4), algorithm: "ed25519", cosigner: true },
  { prefix: Uint8Array.of(1), algorithm: "ed25519", cosigner: false },
  { prefix: SM2_TYPE, algorithm: "sm2", cosigner: false },
];

function isName(name) {
  return name !== "" && lengthOf(name) <= MAX_NAME && isClean(name) && !/[+\s\u0085]/u.test(name);
}

/** The text form `name+id+base64` of a public key. */
export function parseVkey(source) {
  const text = source.trim();
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  if (first < 0 || second < 0) throw new Malformed("key.malformed", "a key has the form name+id+base64");
  const name = text.slice(0, first);
  const data = decodeBase64(text.slice(second + 1), "key.malformed");
  const type = TYPES.find(({ prefix }) => startsWith(data, prefix));
  if (type === undefined) throw new Malformed("key.unsupported", "the key is of a type that is not supported");
  const key = data.subarray(type.prefix.length);
  if (!isName(name) || !(type.algorithm === "sm2" ? isSm2Key(key) : isEd25519Key(key))) {
    throw new Malformed("key.malformed", "this is not a usable public key");
  }
  const id = toHex(sha256(encodeUtf8(`${name}\n`), data).subarray(0, 4));
  if (text.slice(first + 1, second) !== id) {
    throw new Malformed("key.malformed", "the id of the key does not belong to it");
  }
  return { name, id, key, algorithm: type.algorithm, cosigner: type.cosigner, vkey: text };
}

function verifies(key, message, signature) {
  if (!key.cosigner) return plainVerifies(key, message, signature);
  const time = toNumber(signature.subarray(0, 8));
  if (signature.length <= 8 || time >= 1n << 63n) return false;
  const header = encodeUtf8(`cosignature/v1\ntime ${time}\n`);
  return plainVerifies(key, concat(header, message), signature.subarray(8));
}

function plainVerifies({ key, algorithm }, message, signature) {
  return algorithm === "sm2" ? verifySm2(key, message, signature) : verifyEd25519(key, message, signature);
}

function parseNote(data) {
  const fail = (reason) => {
    throw new Malformed("note.malformed", `this is not a signed note: ${reason}`);
  };
  const note = decodeText(data, "note.malformed", MAX_NOTE_BYTES, "the note");
  const at = note.lastIndexOf("\n\n");
  if (at < 0) fail("no empty line parts text and signatures");
  const tail = note.slice(at + 2);
  if (!tail.endsWith("\n")) fail("the last line does not end");
  const lines = tail.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) fail("it has too many signatures");
  const signatures = lines.map((line) => {
    const space = line.indexOf(" ", 2);
    if (!line.startsWith("— ") || space < 0 || !isName(line.slice(2, space))) fail("a signature line is malformed");
    const value = decodeBase64(line.slice(space + 1), "note.malformed");
    if (value.length <= 4) fail("a signature is empty");
    return { name: line.slice(2, space), id: toHex(value.subarray(0, 4)), signature: value.subarray(4) };
  });
  return { text: note.slice(0, at + 1), signatures };
}

function parseCheckpoint(text) {
  const code = "checkpoint.malformed";
  const lines = text.slice(0, -1).split("\n");
  if (lines.length < 3 || lines.includes("")) throw new Malformed(code, "a checkpoint has three lines at least");
  const root = decodeBase64(lines[2], code);
  const size = decodeDecimal(lines[1], code);
  if (root.length !== 32) throw new Malformed(code, "a root has 32 bytes");
  return { origin: lines[0], size, root };
}

/** A proof file, not verified; `checkpoint` are the bytes of the note in it, `head` what that says. */
export function parseProof(data) {
  const code = "proof.malformed";
  const text = decodeText(data, code, MAX_PROOF_BYTES, "the proof");
  const at = text.indexOf("\n\n");
  if (at < 0) throw new Malformed(code, "no empty line parts proof and checkpoint");
  const lines = text.slice(0, at).split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") throw new Malformed(code, "the first line is another one");
  if (lines[0]?.startsWith("extra ")) decodeBase64(lines.shift().slice(6), code);
  if (!lines[0]?.startsWith("index ")) throw new Malformed(code, "the line with the index is missing");
  const index = decodeDecimal(lines.shift().slice(6), code);
  if (lines.length > 63) throw new Malformed(code, "the path is too long");
  const hashes = lines.map((line) => decodeBase64(line, code));
  if (hashes.some((hash) => hash.length !== 32)) throw new Malformed(code, "a hash does not have 32 bytes");
  const note = text.slice(at + 2);
  const checkpoint = encodeUtf8(note);
  return { index, hashes, note, checkpoint, head: parseCheckpoint(parseNote(checkpoint).text) };
}

/** A policy of keys alone: any key of the log, and witnesses for what they add. */
export function believing(keys) {
  const policy = { logKeys: [], witnesses: new Map(), groups: new Map(), quorum: "none" };
  for (const key of keys) {
    if (!key.cosigner) policy.logKeys.push(key);
    else policy.witnesses.set(key.name, [...(policy.witnesses.get(key.name) ?? []), key]);
  }
  return policy;
}

/** The text form of a policy, see policy.py of the Python package. */
export function parsePolicy(data) {
  const policy = { ...believing([]), quorum: null };
  const grouped = new Set();
  const text = decodeText(data, "policy.malformed", MAX_POLICY_BYTES, "the policy");
  const fail = () => {
    throw new Malformed("policy.malformed", "this is not a policy");
  };
  const known = (name) => policy.witnesses.has(name) || policy.groups.has(name);
  const fresh = (name) => (name === "none" || known(name) ? fail() : name);
  const statements = {
    log(words) {
      const key = parseVkey(words[0]);
      if (key.cosigner || words.length !== 1) fail();
      policy.logKeys.push(key);
    },
    witness([name, ...texts]) {
      const keys = texts.map(parseVkey);
      const taken = new Set(Array.from(policy.witnesses.values()).flat().map(({ vkey }) => vkey));
      if (keys.length === 0 || keys.some((key) => !key.cosigner || taken.has(key.vkey))) fail();
      policy.witnesses.set(fresh(name), keys);
    },
    group([name, count, ...members]) {
      for (const member of members) {
        if (!known(member) || grouped.has(member)) fail();
        grouped.add(member);
      }
      const asked = { all: String(members.length), any: "1" }[count] ?? count;
      if (members.length === 0 || !/^[0-9]+$/.test(asked)) fail();
      const threshold = Number(asked.slice(0, 9));
      if (threshold < 1 || threshold > members.length) fail();
      policy.groups.set(fresh(name), { threshold, members });
    },
    quorum(words) {
      if (policy.quorum !== null || words.length !== 1 || !(words[0] === "none" || known(words[0]))) fail();
      [policy.quorum] = words;
    },
  };
  for (const line of text.split("\n")) {
    const words = line.split("#", 1)[0].split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) continue;
    if (!Object.hasOwn(statements, words[0]) || words.length < 2) fail();
    statements[words[0]](words.slice(1));
  }
  if (policy.logKeys.length === 0 || policy.quorum === null) fail();
  return policy;
}

export function keysOf(policy) {
  return [...policy.logKeys, ...Array.from(policy.witnesses.values()).flat()];
}

function satisfied(policy, name, present) {
  if (name === "none" || present.has(name)) return true;
  const group = policy.groups.get(name);
  if (group === undefined) return false;
  return group.members.filter((member) => satisfied(policy, member, present)).length >= group.threshold;
}

/** Verify a checkpoint under a policy; the steps are those of `WitnessPolicy.open` in Python. */
export function openHead(policy, data) {
  const known = new Map();
  for (const key of keysOf(policy)) {
    const place = `${key.name}\n${key.id}`;
    if (known.has(place) && known.get(place).vkey !== key.vkey) {
      throw new Malformed("key.malformed", "two different keys share one name and one id");
    }
    known.set(place, key);
  }
  const note = parseNote(data);
  const message = encodeUtf8(note.text);
  const good = new Map();
  for (const line of note.signatures) {
    const key = known.get(`${line.name}\n${line.id}`);
    if (key === undefined) continue;
    if (!verifies(key, message, line.signature)) throw new Refused("note.signature_invalid", "a signature is bad");
    const time = key.cosigner ? toNumber(line.signature.subarray(0, 8)) : 0n;
    if (!good.has(key.vkey) || time < good.get(key.vkey)) good.set(key.vkey, time);
  }
  const signedBy = policy.logKeys.filter(({ vkey }) => good.has(vkey));
  if (signedBy.length === 0) throw new Refused("note.not_signed", "no known key of the log signed it");
  const head = parseCheckpoint(note.text);
  const witnesses = new Map();
  for (const [name, keys] of policy.witnesses) {
    const times = keys.filter(({ vkey }) => good.has(vkey)).map(({ vkey }) => good.get(vkey));
    if (times.length > 0) witnesses.set(name, times.reduce((least, time) => (time < least ? time : least)));
  }
  if (!satisfied(policy, policy.quorum, new Set(witnesses.keys()))) {
    throw Object.assign(new Refused("policy.quorum", "too few witnesses"), { count: witnesses.size });
  }
  return { ...head, signedBy, witnesses };
}
