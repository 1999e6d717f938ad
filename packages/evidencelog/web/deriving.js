// The statement of a bundle as this verifier derives it from the proven entries, in words of its own; see deriving.py.
import { decodeEntry } from "./json.js";
import { isTextOf, shownTime } from "./statement.js";
import { VOCABULARIES } from "./vocabulary.js";

const CODE_VALUE = /^(?:0x)?[0-9a-f]{32,}$/;
const SHOWN_ID_END = 8;
const LAST_TIME_MS = 253_402_214_400_000;
const FRAME = ["v", "id", "kind", "organization", "subject"];
export const NEWEST_VOCABULARY = Math.max(...Object.keys(VOCABULARIES).map(Number));

function alike(text) {
  return { zh: text, en: text };
}

function both([zh, en]) {
  return { zh, en };
}

function fieldOf([path, zh, en, form]) {
  return { path: path.split("."), label: { zh, en }, form };
}

function own(object, key) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The words of a kind of entry; one that is not known is called by its code. */
function kindOf(words, { content }) {
  const kind = typeof content.get("kind") === "string" ? content.get("kind") : "";
  const found = own(words.kinds, kind) ?? { title: [kind, kind] };
  return {
    title: both(found.title),
    main: found.main ?? false,
    technical: found.technical ?? false,
    voids: found.voids ?? false,
    fields: (found.fields ?? []).map(fieldOf),
    of: (found.of ?? ["subject.id"]).map((path) => path.split(".")),
    adds: (found.adds ?? []).map((path) => path.split(".")),
    roles: Object.entries(found.roles ?? {}).map(([path, role]) => [path.split("."), role]),
  };
}

function codeWords(words, table, value) {
  const found = own(own(words.codes, table) ?? {}, value);
  return found === undefined ? null : both(found);
}

function* valuesAt(value, path) {
  if (path.length === 0) yield value;
  else if (path[0] === "*" && Array.isArray(value)) for (const item of value) yield* valuesAt(item, path.slice(1));
  else if (value instanceof Map && value.has(path[0])) yield* valuesAt(value.get(path[0]), path.slice(1));
}

function textsUnder({ content }, paths) {
  const found = paths.flatMap((path) => Array.from(valuesAt(content, path)));
  return found.filter((value) => typeof value === "string" && value !== "");
}

function isSalted(value) {
  return value instanceof Map && value.size === 2 && value.has("salt") && value.has("sm3");
}

/** Every value with its path; a salted digest is one value. */
function* leavesOf(value, path = []) {
  if (value instanceof Map && !isSalted(value)) {
    for (const [key, item] of value) yield* leavesOf(item, [...path, key]);
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* leavesOf(item, [...path, String(at)]);
  } else if (value !== null) yield { path, value };
}

function matches(path, pattern) {
  return path.length === pattern.length && pattern.every((wanted, at) => wanted === "*" || wanted === path[at]);
}

function plainRow(words, { label, form }, value, ground) {
  const row = (shown, code = false) => ({ label, shown, ground, code });
  if (typeof value === "boolean") return row(codeWords(words, "yes_no", String(value)) ?? alike(String(value)));
  if (typeof value === "number") return row(alike(form === "time" ? shownTime(value) : String(value)));
  const coded = form.startsWith("code:") ? codeWords(words, form.slice("code:".length), value) : null;
  return row(coded ?? alike(value), coded === null && CODE_VALUE.test(value));
}

function statedRow(words, { key, shown }) {
  const label = own(words.stated, key);
  return { label: label === undefined ? alike(key) : both(label), shown, ground: "stated", code: false };
}

function entryRow(words, added, number, field, { path, value }) {
  const { label } = field;
  if (value instanceof Map) {
    const given = added.texts.findLast((one) => one.entry === number && one.path.join("\0") === path.join("\0"));
    if (given === undefined) return { label, shown: both(words.words.withheld), ground: "withheld", code: false };
    const ground = isTextOf(value, given.text) ? "text" : "contradicted";
    return { label, shown: alike(given.text), ground, code: false };
  }
  if (["id", "person"].includes(field.form) && typeof value === "string") {
    const end = Array.from(value).slice(-SHOWN_ID_END).join("");
    const ended = ({ zh, en }) => ({ zh: `${zh} #${end}`, en: `${en} #${end}` });
    if (added.names.has(value)) return { label, shown: ended(added.names.get(value)), ground: "named", code: false };
    const known = field.form === "person" ? codeWords(words, "person", value) : null;
    if (known) return { label, shown: known, ground: "recorded", code: false };
    if (field.form === "person" && added.masked && CODE_VALUE.test(value)) {
      return { label, shown: ended(both(words.words.masked_person)), ground: "recorded", code: false };
    }
  }
  return plainRow(words, field, value, "recorded");
}

function entrySection(words, added, number, entry, related) {
  const kind = kindOf(words, entry);
  let left = Array.from(leavesOf(entry.content));
  const rows = [];
  for (const field of [...kind.fields, ...[...words.common, ...words.any].map(fieldOf)]) {
    rows.push(...left.filter(({ path }) => matches(path, field.path)).map((leaf) => entryRow(words, added, number, field, leaf)));
    left = left.filter(({ path }) => !matches(path, field.path));
  }
  for (const leaf of left) {
    if (FRAME.includes(leaf.path[0])) continue;
    const field = { path: leaf.path, label: alike(leaf.path.join(".")), form: "same" };
    rows.push(entryRow(words, added, number, field, leaf));
  }
  rows.push(...added.stated.filter((one) => one.entry === number).map((one) => statedRow(words, one)));
  return { title: kind.title, entry: number, index: entry.index, related, rows };
}

/** The numbers of entries that belong to the main one; technical ones always do, all do where there is no main. */
function relatedTo(main, entries, words) {
  if (main === 0) return new Set(entries.keys());
  const known = new Set();
  const waiting = new Set(Array.from(entries.keys()).filter((n) => !kindOf(words, entries.get(n)).technical));
  const found = new Set(Array.from(entries.keys()).filter((n) => !waiting.has(n)));
  let fresh = [main];
  while (fresh.length > 0) {
    for (const n of fresh) {
      for (const text of textsUnder(entries.get(n), kindOf(words, entries.get(n)).adds)) known.add(text);
      found.add(n);
      waiting.delete(n);
    }
    fresh = Array.from(waiting).filter((n) =>
      textsUnder(entries.get(n), kindOf(words, entries.get(n)).of).some((text) => known.has(text)),
    );
  }
  return found;
}

function receiptSection(words, data) {
  const content = decodeEntry(data);
  const rows = [];
  for (const field of content === null ? [] : words.receipt.map(fieldOf)) {
    const [value] = valuesAt(content, field.path);
    if (field.form === "block_time" && typeof value === "number") {
      const [unit] = valuesAt(content, ["block", "time_unit"]);
      const time = unit === "ms" ? value : value * 1000;
      const shown = alike(time < LAST_TIME_MS ? shownTime(time) : String(value));
      rows.push({ label: field.label, shown, ground: "receipt", code: false });
    } else if (["number", "boolean"].includes(typeof value) || (typeof value === "string" && value !== "")) {
      rows.push(plainRow(words, field, value, "receipt"));
    }
  }
  return { title: both(words.words.receipt_section), entry: null, index: null, related: true, rows };
}

/** The statement of proven entries by their number, with receipts and what the maker adds; steps as in deriving.py. */
export function derive(entries, receipts, supplement) {
  const words = VOCABULARIES[supplement?.vocabulary ?? NEWEST_VOCABULARY];
  const numbers = Array.from(entries.keys()).sort((one, other) => one - other);
  const isMain = (n) => kindOf(words, entries.get(n)).main;
  const added = supplement ?? { main: numbers.find(isMain) ?? 1, masked: false, names: new Map(), texts: [], stated: [] };
  const hasMain = entries.has(added.main) && isMain(added.main); // 1
  const related = relatedTo(hasMain ? added.main : 0, entries, words); // 2
  const voiding = new Set(hasMain ? numbers.filter((n) => related.has(n) && kindOf(words, entries.get(n)).voids) : []);
  const rank = (n) =>
    (n === added.main ? 0 : 4) + (voiding.has(n) ? 0 : 2) + (kindOf(words, entries.get(n)).technical ? 1 : 0);
  const order = numbers.sort((one, other) => rank(one) - rank(other) || one - other); // 3
  const sections = order.map((n) => entrySection(words, added, n, entries.get(n), related.has(n)));
  sections.push(...receipts.map(({ data }) => receiptSection(words, data))); // 4
  const loose = added.stated.filter(({ entry }) => !entries.has(entry)).map((one) => statedRow(words, one));
  sections.push({ title: both(words.words.stated_section), entry: null, index: null, related: true, rows: loose });
  const [number] = hasMain ? valuesAt(entries.get(added.main).content, ["facts", "number"]) : [];
  const shown = typeof number === "string" && number !== "" ? [number] : [];
  const title = (at) => [words.title[at], ...shown, ...(voiding.size > 0 ? [words.words.voided[at]] : [])].join(" ");
  const statement = {
    title: { zh: title(0), en: title(1) },
    masked: added.masked,
    vocabulary: words.version,
    voided: voiding.size > 0,
    sections: sections.filter(({ rows }) => rows.length > 0),
  };
  return { statement, hasMain };
}

/** Each digest of a file that an entry records, with the role of that file as the vocabulary has it. */
export function rolesRecorded(entry) {
  const { roles } = kindOf(VOCABULARIES[NEWEST_VOCABULARY], entry);
  return roles.flatMap(([path, role]) => textsUnder(entry, [path]).map((digest) => ({ digest, role })));
}

/** What the role of a file is called. */
export function roleName(role) {
  return codeWords(VOCABULARIES[NEWEST_VOCABULARY], "file_role", role) ?? alike(role);
}
