// The statement of a bundle: what happened, row by row, and what each row rests on; see statement.py.
import { Malformed, encodeUtf8, fromHex, toHex } from "./bytes.js";
import { sm3 } from "./hashes.js";
import { Shape, strictJson } from "./json.js";

export const MAX_STATEMENT_BYTES = 4 * 2 ** 20;
const MAX_ROWS = 2000;
const MAX_STATEMENT_TEXT = 4000;
const MAX_TIME_MS = 253_402_214_400_000;
const KINDS = ["same", "time", "text", "worded"];
const DIGEST = /(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])/g;
const statementShape = new Shape("bundle.malformed", "the statement of the bundle");

function text(value) {
  return statementShape.text(value, MAX_STATEMENT_TEXT, { lines: true });
}

function bilingual(value) {
  const item = statementShape.object(value, ["zh", "en"]);
  return { zh: text(item.get("zh")), en: text(item.get("en")) };
}

function basisOf(value) {
  if (value === null) return null;
  const item = statementShape.object(value, ["entry", "path", "as", "says"]);
  const [entry, kind, says] = [item.get("entry"), item.get("as"), item.get("says")];
  if (typeof entry !== "number" || entry < 1 || entry >= 2 ** 31) statementShape.fail("a basis names no entry");
  if (!KINDS.includes(kind)) statementShape.fail("a basis is of an unknown kind");
  if (typeof says === "string") text(says);
  else if (says !== null && !["number", "boolean"].includes(typeof says)) statementShape.fail("a value is of an unknown kind");
  return { entry, kind, says, path: statementShape.list(item.get("path"), 8).map(text) };
}

function rowOf(value) {
  const item = statementShape.object(value, ["label", "shown", "code", "basis"]);
  return {
    label: bilingual(item.get("label")),
    shown: bilingual(item.get("shown")),
    isCode: statementShape.flag(item.get("code")),
    basis: basisOf(item.get("basis")),
  };
}

export function parseStatement(data) {
  const content = strictJson(data, "bundle.malformed", "the statement");
  if (!(content instanceof Map) || content.get("format") !== "evidencelog-statement") statementShape.fail("it is not one");
  if (content.get("version") !== 1) {
    throw new Malformed("bundle.unknown_version", "the statement is of a version that is not known here");
  }
  statementShape.object(content, ["format", "version", "title", "lead", "masked", "sections"]);
  return {
    title: bilingual(content.get("title")),
    lead: bilingual(content.get("lead")),
    masked: statementShape.flag(content.get("masked")),
    sections: statementShape.list(content.get("sections"), MAX_ROWS).map((one) => {
      const section = statementShape.object(one, ["title", "rows"]);
      return { title: bilingual(section.get("title")), rows: statementShape.list(section.get("rows"), MAX_ROWS).map(rowOf) };
    }),
  };
}

export function shownTime(milliseconds) {
  if (milliseconds < 0 || milliseconds >= MAX_TIME_MS) return String(milliseconds);
  const moment = new Date(Math.floor(milliseconds / 1000) * 1000 + 8 * 3_600_000).toISOString();
  return `${moment.slice(0, 10)} ${moment.slice(11, 19)} UTC+8`;
}

function valueAt(content, path) {
  let value = content;
  for (const part of path) {
    if (value instanceof Map && value.has(part)) value = value.get(part);
    else if (Array.isArray(value) && /^(?:0|[1-9][0-9]{0,5})$/.test(part) && Number(part) < value.length) {
      value = value[Number(part)];
    } else return undefined;
  }
  return value;
}

function isShown({ shown }, words) {
  return shown.zh === words && shown.en === words;
}

export function isTextOf(value, words) {
  if (!(value instanceof Map)) return false;
  const salt = value.get("salt");
  if (typeof salt !== "string" || !/^(?:[0-9a-f]{2}){1,64}$/.test(salt)) return false;
  return toHex(sm3(fromHex(salt), encodeUtf8(words))) === value.get("sm3");
}

function holds(row, value) {
  const { kind, says } = row.basis;
  if (kind === "text") return typeof says === "string" && isShown(row, says) && isTextOf(value, says);
  if (value !== says) return false;
  if (kind === "same") return ["string", "number"].includes(typeof says) && isShown(row, String(says));
  if (kind === "time") return typeof says === "number" && isShown(row, shownTime(says));
  return true;
}

/** Whether every digest in words stands in a proven entry. */
export function digestsAreRecorded({ zh, en }, recorded) {
  return [...zh.matchAll(DIGEST), ...en.matchAll(DIGEST)].every(([digest]) => recorded.has(digest));
}

/** The code of what was found about a row: proven, worded, stated, or why it fails. */
export function judgeRow(row, proven, recorded) {
  if (row.basis !== null) {
    const entry = proven.get(row.basis.entry);
    if (entry === undefined) return "statement.not_proven";
    if (!holds(row, valueAt(entry.content, row.basis.path))) return "statement.contradicted";
    if (row.basis.kind === "text") return "statement.proven";
  }
  if (!digestsAreRecorded(row.shown, recorded)) return "statement.digest_not_recorded";
  if (row.basis === null) return "statement.stated";
  return row.basis.kind === "worded" ? "statement.worded" : "statement.proven";
}
