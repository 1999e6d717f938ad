// The manifest of a bundle, versions 1 to 4: a table of contents, believed in nothing.
import { Malformed, isClean, lengthOf } from "./bytes.js";
import { Shape, strictJson } from "./json.js";

export const MANIFEST = "manifest.json";
export const STATEMENT = "statement.json";
const POLICY = "keys/policy.txt";
const FOLDERS = ["entries", "proofs", "keys", "files", "twin", "receipts"];
const MAX_PATH = 200;
const MAX_TEXT = 2000;
const NEWEST_VERSION = 4;
export const FIRST_DERIVED = 4;
const ROLES = [
  "sealed_document", "original_document", "photo", "device_event", "register_sheet", "seal", "certificate", "report", "printout",
  "verifier", "other",
];
export const COVERED_ROLES = ["sealed_document", "original_document", "photo", "device_event"];
const ROLES_SINCE_DERIVED = ["printout", "device_event"];
const shape = new Shape("bundle.malformed", "the manifest of the bundle");

/** `path` when it is a safe member name: relative, plain, below one of the known folders. */
export function checkPath(path, folder) {
  if (typeof path !== "string" || path === "" || lengthOf(path) > MAX_PATH || !isClean(path)) {
    shape.fail("a path is not a plain text of a sensible length");
  }
  const parts = path.split("/");
  const known = folder === undefined ? FOLDERS.includes(parts[0]) : parts[0] === folder;
  const plain = parts.every((part) => part !== "" && part === part.trim() && !part.endsWith("."));
  if (parts.length < 2 || !known || !plain || /[\\:*?"<>|\x7f]/.test(path)) {
    shape.fail("a path does not lie below the folder where it belongs");
  }
  return path;
}

function matching(value, pattern) {
  if (typeof value !== "string" || !pattern.test(value)) shape.fail("a value does not have the right form");
  return value;
}

function fileOf(value, version) {
  const item = shape.object(value, ["file", "role", "media_type", "size", "sha256", "sm3"]);
  if (!ROLES.includes(item.get("role")) || (ROLES_SINCE_DERIVED.includes(item.get("role")) && version < FIRST_DERIVED)) {
    shape.fail("a file has an unknown role");
  }
  return {
    file: checkPath(item.get("file"), "files"),
    role: item.get("role"),
    mediaType: matching(item.get("media_type"), /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/),
    size: shape.integer(item.get("size")),
    sha256: matching(item.get("sha256"), /^[0-9a-f]{64}$/),
    sm3: matching(item.get("sm3"), /^[0-9a-f]{64}$/),
  };
}

function entryOf(value) {
  const item = shape.object(value, ["file", "proof"]);
  return { file: checkPath(item.get("file"), "entries"), proof: checkPath(item.get("proof"), "proofs") };
}

function aboutOf(value) {
  if (!(value instanceof Map)) shape.fail("about is not an object");
  return Array.from(value, ([key, text]) => [shape.text(key, MAX_TEXT), shape.text(text, MAX_TEXT)]);
}

function fixed(value, path) {
  if (value !== undefined && value !== null && value !== path) shape.fail(`${path} lies elsewhere`);
  return value === path ? path : null;
}

function twinOf(value) {
  if (value === undefined || value === null) return null;
  const twin = shape.object(value, ["origin", "proofs"]);
  const proofs = shape.list(twin.get("proofs")).map((item) => shape.object(item, ["entry", "proof"]));
  return {
    origin: shape.text(twin.get("origin"), MAX_TEXT),
    proofs: proofs.map((item) => ({
      entry: shape.integer(item.get("entry")),
      proof: checkPath(item.get("proof"), "twin"),
    })),
  };
}

function receiptOf(value, version) {
  if (version === 2) return { file: checkPath(value, "receipts"), consistency: null };
  const item = shape.object(value, ["file", "consistency"]);
  const consistency = item.get("consistency");
  return {
    file: checkPath(item.get("file"), "receipts"),
    consistency: consistency === null ? null : checkPath(consistency, "receipts"),
  };
}

export function parseManifest(data) {
  const content = strictJson(data, "bundle.malformed", "the manifest");
  if (!(content instanceof Map) || content.get("format") !== "evidencelog-bundle") {
    shape.fail("it does not belong to an evidence bundle");
  }
  const version = shape.integer(content.get("version"));
  if (version < 1 || version > NEWEST_VERSION) {
    throw new Malformed("bundle.unknown_version", `the bundle is of version ${version}, which needs another verifier`);
  }
  const keys = ["format", "version", "created_at_ms", "log", "about", "entries", "keys", "files"];
  shape.object(content, version > 1 ? [...keys, "statement", "policy", "twin", "receipts"] : keys);
  const log = shape.object(content.get("log"), ["origin", "hash"]);
  if (!["sha-256", "sm3"].includes(log.get("hash"))) shape.fail("the hash of the tree is not known here");
  const manifest = {
    version,
    createdAtMs: shape.integer(content.get("created_at_ms")),
    origin: shape.text(log.get("origin"), MAX_TEXT),
    hash: log.get("hash"),
    entries: shape.list(content.get("entries")).map(entryOf),
    keys: shape.list(content.get("keys")).map((path) => checkPath(path, "keys")),
    files: shape.list(content.get("files")).map((item) => fileOf(item, version)),
    about: aboutOf(content.get("about")),
    statement: fixed(content.get("statement"), STATEMENT),
    policy: fixed(content.get("policy"), POLICY),
    twin: twinOf(content.get("twin")),
    receipts: shape.list(content.get("receipts") ?? []).map((item) => receiptOf(item, version)),
  };
  checkWhole(manifest);
  return manifest;
}

/** The paths of all members that the manifest names, itself excluded. */
export function membersOf(manifest) {
  return [
    ...manifest.entries.flatMap(({ file, proof }) => [file, proof]),
    ...manifest.keys,
    ...manifest.files.map(({ file }) => file),
    ...[manifest.statement, manifest.policy].filter((path) => path !== null),
    ...(manifest.twin?.proofs ?? []).map(({ proof }) => proof),
    ...manifest.receipts.flatMap(({ file, consistency }) => (consistency === null ? [file] : [file, consistency])),
  ];
}

function checkWhole(manifest) {
  const members = membersOf(manifest);
  if (new Set(members.map((path) => path.toUpperCase().toLowerCase())).size !== members.length) {
    shape.fail("one member is named twice");
  }
  if (manifest.entries.length === 0 || manifest.origin === "") {
    shape.fail("a bundle holds at least one entry, and names the log");
  }
  const numbers = (manifest.twin?.proofs ?? []).map(({ entry }) => entry);
  const there = numbers.every((number) => number >= 1 && number <= manifest.entries.length);
  if (!there || new Set(numbers).size !== numbers.length) shape.fail("the SM3 tree names an entry that is not there");
}
