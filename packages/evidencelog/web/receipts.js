// Receipts of anchors: what an outsider remembers of the log that the entries are in. The steps are those of
// bundle/receipts.py.
import {
  Malformed, decodeBase64, decodeDecimal, decodeText, encodeBase64, encodeUtf8, fromHex, toHex,
} from "./bytes.js";
import { chainmakerChecks, ethereumChecks } from "./chains.js";
import { Shape, decodeEntry } from "./json.js";
import { stampChecks } from "./timestamps.js";
import { isConsistent } from "./tree.js";

export const MAX_RECEIPT_BYTES = 65_535;
export const MAX_CONSISTENCY_BYTES = 10_000;
const MAX_RECEIPT_TEXT = 300;
const RECEIPT_KINDS = ["ethereum", "chainmaker", "rfc3161"];
const KEYS = [
  "v", "format", "kind", "anchor", "head", "chain", "transaction", "block", "token", "verified_at_ms", "result",
];
const receiptShape = new Shape("anchor.malformed", "the receipt of an anchor");

function line(value, least = 1, limit = MAX_RECEIPT_TEXT) {
  if (receiptShape.text(value, limit).length < least) receiptShape.fail("a text is empty");
  return value;
}

function hex(value) {
  const text = line(value, 0, MAX_RECEIPT_BYTES);
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) receiptShape.fail("a value is not lower-case hex");
  return fromHex(text);
}

function part(value, keys, read) {
  return value === null ? null : read(receiptShape.object(value, keys));
}

/** A receipt, not verified; throws Malformed. */
function parseReceipt(data) {
  const content = decodeEntry(data);
  if (content === null || content.get("format") !== "evidencelog-anchor") receiptShape.fail("it is something else");
  const item = receiptShape.object(content, KEYS);
  if (!RECEIPT_KINDS.includes(item.get("kind"))) receiptShape.fail("its kind is unknown");
  const receipt = {
    kind: item.get("kind"),
    anchor: line(item.get("anchor")),
    head: part(item.get("head"), ["origin", "size", "root", "tree_hash", "imprint_algorithm", "imprint"], (head) => ({
      origin: line(head.get("origin")),
      size: receiptShape.integer(head.get("size")),
      root: hex(head.get("root")),
      treeHash: line(head.get("tree_hash")),
      imprintAlgorithm: line(head.get("imprint_algorithm"), 0),
      imprint: hex(head.get("imprint")),
    })) ?? receiptShape.fail("it names no head"),
    chain: part(item.get("chain"), ["name", "id", "genesis", "contract"], (chain) => ({
      name: line(chain.get("name"), 0),
      id: line(chain.get("id"), 0),
      genesis: line(chain.get("genesis"), 0),
      contract: line(chain.get("contract"), 0),
    })),
    transaction: part(item.get("transaction"), ["id", "raw", "sender"], (one) => ({
      id: line(one.get("id")), raw: hex(one.get("raw")), sender: line(one.get("sender"), 0),
    })),
    block: part(item.get("block"), ["number", "hash", "time", "time_unit", "confirmations"], (block) => {
      ["time", "confirmations"].forEach((key) => receiptShape.integer(block.get(key)));
      if (!["s", "ms"].includes(block.get("time_unit"))) receiptShape.fail("the unit of the block's time is unknown");
      return { number: receiptShape.integer(block.get("number")), hash: line(block.get("hash")) };
    }),
    token: decodeBase64(line(item.get("token"), 0, MAX_RECEIPT_BYTES), "anchor.malformed"),
  };
  receiptShape.integer(item.get("verified_at_ms"));
  line(item.get("result"));
  const parts = [receipt.chain, receipt.transaction, receipt.block];
  const stamp = receipt.kind === "rfc3161";
  if (!parts.every((one) => (one === null) === stamp) || (receipt.token.length > 0) !== stamp) {
    receiptShape.fail("a chain has a transaction in a block, an authority a token");
  }
  return receipt;
}

/** A consistency proof of a bundle, not verified; throws Malformed. */
export function parseConsistency(data) {
  const code = "proof.malformed";
  const lines = decodeText(data, code, MAX_CONSISTENCY_BYTES, "the proof").split("\n");
  const [first, old, fresh, ...rest] = lines;
  if (lines.length < 4 || first !== "evidencelog.consistency@v1" || rest.pop() !== "") {
    throw new Malformed(code, "this is not a consistency proof");
  }
  if (!old.startsWith("old ") || !fresh.startsWith("new ") || rest.length > 64) {
    throw new Malformed(code, "a size is missing, or the path is too long");
  }
  const [oldSize, newSize] = [old, fresh].map((text) => decodeDecimal(text.slice(4), code));
  const path = rest.map((text) => decodeBase64(text, code));
  if (oldSize > newSize || path.some((hash) => hash.length !== 32)) {
    throw new Malformed(code, "the sizes are in the wrong order, or a hash has the wrong length");
  }
  return { oldSize, newSize, path };
}

function connects({ oldSize, newSize, path }, one, other, hashName) {
  const [old, fresh] = one.size <= other.size ? [one, other] : [other, one];
  if (old.size !== oldSize || fresh.size !== newSize) return false;
  return isConsistent(hashName, oldSize, newSize, old.root, fresh.root, path);
}

/** How the anchored head belongs to those of the proofs, as [code, result, facts]. */
function connection(consistency, anchored, { origin, hash, places, total }) {
  if (anchored.origin !== origin || anchored.treeHash !== hash) {
    return ["receipt.other_log", "fail", { origin: anchored.origin }];
  }
  const head = { size: BigInt(anchored.size), root: anchored.root };
  const ofSize = places.filter((place) => place.head.size === head.size);
  if (ofSize.some((place) => toHex(place.head.root) !== toHex(head.root))) {
    return ["receipt.split", "fail", { size: anchored.size }];
  }
  const held = new Set(ofSize.map((place) => toHex(place.head.root)));
  if (consistency !== null) {
    const ends = new Map([[consistency.oldSize, consistency.newSize], [consistency.newSize, consistency.oldSize]]);
    const size = ends.get(head.size);
    const others = places.filter((place) => place.head.size === size);
    if (size === undefined || !others.every((place) => connects(consistency, head, place.head, hash))) {
      return ["receipt.inconsistent", "fail", {}];
    }
    for (const place of others) held.add(toHex(place.head.root));
  }
  if (held.size === 0) return ["receipt.not_connected", "not_checked", {}];
  const count = places.filter(({ index, head: own }) => index < head.size && held.has(toHex(own.root))).length;
  if (count === 0) return ["receipt.covers_nothing", "warn", {}];
  return ["receipt.covers", "pass", { count, total }];
}

/** The checks of one receipt: {code, facts, checks}, or null for one of a form or kind that is not known here. */
export function receiptChecks({ data, consistency }, log, roots) {
  let receipt;
  try {
    receipt = parseReceipt(data);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
  const { head } = receipt;
  const message = encodeUtf8(`${head.origin}\n${head.size}\n${encodeBase64(head.root)}\n`);
  const inside = {
    ethereum: () => ethereumChecks(receipt),
    chainmaker: () => chainmakerChecks(receipt, message),
    rfc3161: () => stampChecks(receipt.token, message, roots),
  }[receipt.kind]();
  const { anchor, kind, transaction } = receipt;
  return {
    code: transaction === null ? "receipt.timestamp" : "receipt.chain",
    facts: { anchor, kind, size: head.size, transaction: transaction?.id },
    checks: [connection(consistency, head, log), ...inside],
  };
}
