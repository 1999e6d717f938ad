// Verifying a bundle. Codes, results, sentences and their order are those of `evidencelog verify --json`.
import { Malformed, Refused, decodeText, decodeUtf8, encodeUtf8, toHex } from "./bytes.js";
import { Sha256, Sm3 } from "./hashes.js";
import { decodeEntry } from "./json.js";
import { derive, roleName, rolesRecorded } from "./deriving.js";
import { COVERED_ROLES, FIRST_DERIVED, MANIFEST, membersOf, parseManifest } from "./manifest.js";
import {
  MAX_POLICY_BYTES, MAX_PROOF_BYTES, believing, keysOf, openHead, parsePolicy, parseProof, parseVkey,
} from "./notes.js";
import { readCertificate } from "./certificates.js";
import { Unsupported, pemBlocks } from "./der.js";
import { MAX_CONSISTENCY_BYTES, MAX_RECEIPT_BYTES, parseConsistency, receiptChecks } from "./receipts.js";
import { renderReport } from "./rendering.js";
import { ANCHOR_SENTENCES, SENTENCES } from "./sentences.js";
import { MAX_STATEMENT_BYTES, digestsAreRecorded, judgeRow, parseStatement } from "./statement.js";
import { parseSupplement } from "./supplement.js";
import { isIncluded } from "./tree.js";
import { Archive, LIMITS, limitExceeded } from "./zip.js";

const MAX_ENTRY_BYTES = 65_535;
const MAX_KEY_BYTES = 16_384;
const MAX_MANIFEST_BYTES = 16 * 2 ** 20;
const MAX_SHOWN_TIME = 253_402_300_800n;
const WORST_FIRST = ["fail", "not_checked", "warn"];

function fill(template, facts) {
  return template.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));
}

function check(code, result, facts = {}, children = []) {
  const [zh, en] = SENTENCES[code];
  return { code, result, zh: fill(zh, facts), en: fill(en, facts), children };
}

function worst(checks) {
  return WORST_FIRST.find((result) => checks.some((item) => item.result === result)) ?? "pass";
}

/** A check of which some facts are words, in each language their own. */
function checkInBoth(code, result, facts) {
  const [zh, en] = SENTENCES[code];
  const chosen = (language) => Object.fromEntries(
    Object.entries(facts).map(([key, fact]) => [key, typeof fact === "object" ? fact[language] : fact]),
  );
  return { ...check(code, result), zh: fill(zh, chosen("zh")), en: fill(en, chosen("en")) };
}

function group(code, children, facts) {
  return check(code, worst(children), facts, children);
}

// ---- Reading

function readBundle(data, limits) {
  const archive = new Archive(data, limits);
  let left = limits.textBytes;
  const read = (name, limit) => {
    const found = archive.read(name, limit);
    left -= found.length;
    if (left < 0) throw limitExceeded("entries, proofs and keys together are too large");
    return found;
  };
  const manifest = parseManifest(read(MANIFEST, MAX_MANIFEST_BYTES));
  const entries = manifest.entries.map(({ file, proof }) => ({
    path: file,
    data: read(file, MAX_ENTRY_BYTES),
    proof: parseProof(read(proof, MAX_PROOF_BYTES)),
  }));
  const vkeys = manifest.keys.map((path) =>
    decodeUtf8(read(path, MAX_KEY_BYTES), "bundle.malformed", "a key in the bundle").trim(),
  );
  const derived = manifest.version >= FIRST_DERIVED;
  const said = manifest.statement && read(manifest.statement, MAX_STATEMENT_BYTES);
  const statement = said && !derived ? parseStatement(said) : null;
  const supplement = said && derived ? parseSupplement(said) : null;
  const policy = manifest.policy && read(manifest.policy, MAX_POLICY_BYTES);
  const twin = (manifest.twin?.proofs ?? []).map(({ entry, proof }) => ({
    entry,
    proof: parseProof(read(proof, MAX_PROOF_BYTES)),
  }));
  const receipts = manifest.receipts.map(({ file, consistency }) => ({
    path: file,
    data: read(file, MAX_RECEIPT_BYTES),
    consistency: consistency === null ? null : parseConsistency(read(consistency, MAX_CONSISTENCY_BYTES)),
  }));
  const files = manifest.files.map((declared) => measure(archive, declared));
  const named = new Set([MANIFEST, ...membersOf(manifest)]);
  const unlisted = archive.names().filter((name) => !named.has(name)).sort();
  return { manifest, entries, vkeys, statement, supplement, policy, twin, receipts, files, unlisted };
}

function measure(archive, declared) {
  const content = archive.read(declared.file, Infinity);
  return {
    declared,
    content,
    sha256: toHex(new Sha256().update(content).digest()),
    sm3: toHex(new Sm3().update(content).digest()),
  };
}

// ---- Whom to believe

function keysInside(vkeys) {
  const keys = new Map();
  const checks = [];
  for (const text of vkeys) {
    try {
      const key = parseVkey(text);
      keys.set(key.vkey, key);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      const name = Array.from(text).slice(0, 80).join("");
      checks.push(check("keys.unsupported", "warn", { name }));
    }
  }
  return { inside: Array.from(keys.values()), checks };
}

function believed(bundle, trusted) {
  const { inside, checks } = keysInside(bundle.vkeys);
  const extra = (known) => {
    const vkeys = new Set(known.map(({ vkey }) => vkey));
    const count = inside.filter(({ vkey }) => !vkeys.has(vkey)).length;
    return count > 0 ? [check("keys.untrusted_extra", "warn", { count })] : [];
  };
  if (trusted.policy !== null) {
    const { policy } = trusted;
    const facts = { keys: policy.logKeys.length, witnesses: policy.witnesses.size };
    return { policy, checks: [check("policy.trusted", "pass", facts), ...extra(keysOf(policy)), ...checks] };
  }
  if (trusted.keys.length > 0) {
    const first = check("keys.trusted", "pass", { count: trusted.keys.length });
    return { policy: believing(trusted.keys), checks: [first, ...extra(trusted.keys), ...checks] };
  }
  if (bundle.policy) {
    return { policy: parsePolicy(bundle.policy), checks: [check("keys.from_bundle", "not_checked"), ...checks] };
  }
  const code = inside.length > 0 ? "keys.from_bundle" : "keys.none";
  return { policy: believing(inside), checks: [check(code, "not_checked"), ...checks] };
}

/** What the reader trusts: a policy, or keys one a line, or nothing; and roots of time-stamp authorities in PEM. */
export function parseTrusted(source) {
  const roots = rootsOf(source);
  const text = source.replace(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g, "").trim();
  return { ...parseVouching(text), roots };
}

function rootsOf(source) {
  try {
    return pemBlocks(source, "CERTIFICATE").map(readCertificate);
  } catch (error) {
    if (error instanceof Unsupported) throw new Malformed("key.malformed", "a certificate is not in DER");
    if (error instanceof Malformed) throw new Malformed("key.malformed", "a certificate cannot be read");
    throw error;
  }
}

function parseVouching(text) {
  if (text === "") return { policy: null, keys: [] };
  const data = encodeUtf8(`${text.replaceAll("\r", "")}\n`);
  if (/^\s*(?:log|witness|group|quorum)\s/m.test(text)) return { policy: parsePolicy(data), keys: [] };
  const lines = decodeText(data, "key.malformed", MAX_POLICY_BYTES, "the key").split("\n");
  const texts = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  return { policy: null, keys: texts.map(parseVkey) };
}

// ---- Entries

class EntryChecks {
  constructor(bundle, policy) {
    this.bundle = bundle;
    this.policy = policy;
    this.heads = new Map();
    this.recorded = new Map();
    this.proven = new Map();
    this.roles = new Map();
    this.places = [];
    this.unsigned = 0;
  }

  check(entry, at) {
    const { note, checkpoint, index } = entry.proof;
    if (!this.heads.has(note)) this.heads.set(note, this.head(checkpoint));
    const { checks, head } = this.heads.get(note);
    const included = head === null ? [] : this.inclusion(entry, at + 1, head);
    return group("entry", [...checks, ...included], { name: entry.path, index });
  }

  head(data) {
    let head;
    try {
      head = openHead(this.policy, data);
    } catch (error) {
      return { checks: [this.refused(error)], head: null };
    }
    if (head.origin !== this.bundle.manifest.origin) {
      return { checks: [check("head.other_origin", "fail", { origin: head.origin })], head: null };
    }
    const signers = head.signedBy.map(({ name, algorithm }) => `${name} (${algorithm})`).join(", ");
    return { checks: [check("head.signed", "pass", { size: head.size, signers }), ...this.cosigned(head)], head };
  }

  refused(error) {
    if (error instanceof Malformed) return check("head.not_signed", "fail");
    if (!(error instanceof Refused)) throw error;
    if (error.code === "note.signature_invalid") return check("head.signature_invalid", "fail");
    if (error.code === "policy.quorum") return check("policy.quorum", "fail", { count: error.count });
    this.unsigned += 1;
    return check("head.not_signed", "not_checked");
  }

  cosigned(head) {
    const asked = this.policy.quorum !== "none";
    if (head.witnesses.size === 0 && !asked) return [];
    const witnesses = Array.from(head.witnesses, ([name, time]) => {
      if (time >= MAX_SHOWN_TIME) return `${name} (${time})`;
      return `${name} (${new Date(Number(time) * 1000).toISOString().slice(0, 19)}Z)`;
    }).join("; ");
    return [check(asked ? "policy.met" : "head.cosigned", "pass", { witnesses })];
  }

  inclusion(entry, number, head) {
    const { index, hashes } = entry.proof;
    if (!isIncluded(this.bundle.manifest.hash, entry.data, index, head.size, hashes, head.root)) {
      return [check("entry.not_included", "fail")];
    }
    this.places.push({ index, head });
    const included = check("entry.included", "pass", { index });
    const content = decodeEntry(entry.data);
    if (content === null) return [included, check("entry.unknown_form", "not_checked")];
    this.proven.set(number, { index: Number(index), content });
    for (const { digest, role } of rolesRecorded({ content })) {
      this.roles.set(digest, [...(this.roles.get(digest) ?? []), role]);
    }
    for (const text of textsOf(content)) if (!this.recorded.has(text)) this.recorded.set(text, index);
    return [included];
  }

  headsAgree() {
    const roots = new Map();
    for (const { head } of this.heads.values()) {
      if (head === null) continue;
      const root = toHex(head.root);
      if ((roots.get(head.size) ?? root) !== root) return check("heads.split", "fail", { size: head.size });
      roots.set(head.size, root);
    }
    return check("heads.agree", "pass");
  }

  twin({ entry, proof }) {
    const { origin } = this.bundle.manifest.twin;
    const { head } = proof;
    const bound = Array.from(this.proven.values()).some(({ content }) => {
      const facts = content.get("facts");
      return facts instanceof Map && facts.size === 3 && facts.get("origin") === origin
        && facts.get("size") === Number(head.size) && facts.get("sm3_root") === toHex(head.root);
    });
    if (head.origin !== origin || !bound) return check("twin.not_bound", "fail");
    const { data, proof: { index } } = this.bundle.entries[entry - 1];
    if (proof.index !== index || !isIncluded("sm3", data, index, head.size, proof.hashes, head.root)) {
      return check("twin.not_included", "fail", { index });
    }
    return check("twin.included", "pass", { index, size: head.size });
  }
}

function* textsOf(value) {
  if (typeof value === "string") yield value;
  else if (value instanceof Map || Array.isArray(value)) for (const item of value.values()) yield* textsOf(item);
}

// ---- Receipts

/** Checks of a receipt that only the chain, or a root not given, could decide are said and do not count. */
function anchorCheck([code, result, facts]) {
  if (code.startsWith("receipt.")) return check(code, result, facts);
  const [zh, en] = ANCHOR_SENTENCES[code][result];
  const counted = result === "not_checked" || result === "unsupported" ? "warn" : result;
  return { code, result: counted, zh: fill(zh, facts), en: fill(en, facts), children: [] };
}

function receiptCheck(receipt, entries, { manifest }, roots) {
  const { origin, hash } = manifest;
  const log = { origin, hash, places: entries.places, total: manifest.entries.length };
  const found = receiptChecks(receipt, log, roots);
  const name = receipt.path;
  if (found === null) return check("receipt.not_checked", "not_checked", { name });
  return group(found.code, found.checks.map(anchorCheck), { name, ...found.facts });
}

// ---- Statement and files

function statementCheck(statement, entries) {
  const counts = { "statement.proven": 0, "statement.worded": 0, "statement.stated": 0 };
  const failures = [];
  for (const row of statement.sections.flatMap(({ rows }) => rows)) {
    const code = judgeRow(row, entries.proven, entries.recorded);
    if (code in counts) counts[code] += 1;
    else {
      failures.push(checkInBoth(code, "fail", { label: row.label }));
    }
  }
  const counted = Object.entries(counts).filter(([, count]) => count > 0).map(([code, count]) =>
    check(code, code === "statement.proven" ? "pass" : "warn", { count }),
  );
  return titled(statement.title, [...counted, check("statement.labels", "warn"), ...failures]);
}

function titled(title, children) {
  return { ...group("statement", children, { title: title.zh }), en: fill(SENTENCES.statement[1], { title: title.en }) };
}

/** What the maker of a bundle added to the entries; the steps are those of check_derived in comparing.py. */
function derivedCheck({ statement, hasMain }, supplement, entries) {
  const rows = statement.sections.flatMap((section) => section.rows);
  const failures = hasMain ? [] : [check("statement.no_main", "fail")]; // 1
  for (const { label, shown, ground } of rows) {
    if (ground === "contradicted") failures.push(checkInBoth("statement.contradicted", "fail", { label })); // 2
    else if (["named", "stated"].includes(ground) && !digestsAreRecorded(shown, entries.recorded)) { // 3
      failures.push(checkInBoth("statement.digest_not_recorded", "fail", { label }));
    }
  }
  if (supplement.masked && supplement.texts.length > 0) failures.push(check("statement.not_masked", "fail")); // 4
  const count = (...grounds) => rows.filter(({ ground }) => grounds.includes(ground)).length; // 5
  const counted = [
    ["statement.derived", "pass", count("recorded", "text")],
    ["statement.named", "warn", count("named")],
    ["statement.stated", "warn", count("stated")],
    ["statement.unrelated", "warn", statement.sections.filter(({ related }) => !related).length],
  ];
  const children = counted.filter(([, , found]) => found > 0).map(([code, result, found]) => check(code, result, { count: found }));
  if (statement.voided) children.push(check("statement.voided", "warn"));
  return titled(statement.title, [...children, ...failures]);
}

function fileCheck({ declared, content, sha256, sm3 }, entries, reports) {
  const intact = content.length === declared.size && sha256 === declared.sha256 && sm3 === declared.sm3;
  const first = intact ? check("file.intact", "pass") : check("file.damaged", "fail");
  return group("file", [first, contentsCheck(declared.role, { sha256, sm3 }, entries, reports)], { name: declared.file });
}

function contentsCheck(role, { sha256, sm3 }, entries, reports) {
  if (role === "report" && reports !== null) {
    return reports.includes(sha256) ? check("file.report_derived", "pass") : check("file.report_differs", "fail");
  }
  const [algorithm, digest] = entries.recorded.has(sha256) ? ["SHA-256", sha256] : ["SM3", sm3];
  if (entries.recorded.has(digest)) {
    const found = entries.roles.get(digest) ?? [];
    const other = [...found].sort()[0];
    if (COVERED_ROLES.includes(role) && found.length > 0 && !found.includes(role)) {
      return checkInBoth("file.other_role", "fail", { declared: roleName(role), found: roleName(other) });
    }
    const place = { algorithm, index: entries.recorded.get(digest) };
    if (found.length === 0) return check("file.covered", "pass", place);
    return checkInBoth("file.covered_as", "pass", { ...place, found: roleName(found.includes(role) ? role : other) });
  }
  if (COVERED_ROLES.includes(role)) return check("file.not_covered", "fail");
  return check(role === "printout" ? "file.printout" : "file.unprotected", "warn");
}

/** The digests of the reports that follow from the entries; null for a bundle of before reports were derived. */
function reportDigests({ manifest }, { statement }) {
  if (manifest.version < FIRST_DERIVED) return null;
  const pages = ["zh", "en"].map((language) => renderReport(statement, manifest.origin, language));
  return pages.map((page) => toHex(new Sha256().update(page).digest()));
}

const REST_ON_ENTRIES = [
  "twin.not_bound", "statement.no_main", "statement.not_proven", "statement.digest_not_recorded", "file.not_covered",
  "file.report_differs",
];

/** The check where no entry is proven for want of a believed key: what rests on entries is open, not refuted. */
function withoutEntries(found) {
  if (REST_ON_ENTRIES.includes(found.code)) return check("entries.none_proven", "not_checked");
  if (found.children.length === 0) return found;
  const children = found.children.map(withoutEntries);
  return { ...found, children, result: worst(children) };
}

/** Verify the bytes of a bundle; `trusted` is what parseTrusted gives. Throws Malformed for what is no bundle. */
export function verifyBundle(data, trusted, limits = LIMITS) {
  const bundle = readBundle(data, limits);
  const { policy, checks } = believed(bundle, trusted);
  const entries = new EntryChecks(bundle, policy);
  const entryChecks = bundle.entries.map((entry, at) => entries.check(entry, at));
  checks.push(group("entries", [...entryChecks, entries.headsAgree()], { count: bundle.entries.length }));
  if (bundle.twin.length > 0) {
    checks.push(group("twin", bundle.twin.map((one) => entries.twin(one)), { origin: bundle.manifest.twin.origin }));
  }
  const derived = derive(entries.proven, bundle.receipts, bundle.supplement);
  if (bundle.supplement !== null) checks.push(derivedCheck(derived, bundle.supplement, entries));
  else if (bundle.statement !== null) checks.push(statementCheck(bundle.statement, entries));
  if (bundle.receipts.length > 0) {
    const receipts = bundle.receipts.map((receipt) => receiptCheck(receipt, entries, bundle, trusted.roots));
    checks.push(group("receipts", receipts, { count: receipts.length }));
  }
  if (bundle.files.length > 0) {
    const reports = reportDigests(bundle, derived);
    const files = bundle.files.map((file) => fileCheck(file, entries, reports));
    checks.push(group("files", files, { count: files.length }));
  }
  for (const name of bundle.unlisted) checks.push(check("bundle.unlisted_member", "fail", { name }));
  if (entries.unsigned === entries.heads.size) checks.splice(0, checks.length, ...checks.map(withoutEntries));
  const result = worst(checks);
  const report = {
    kind: "bundle",
    verdict: { fail: "invalid", not_checked: "indeterminate" }[result] ?? "valid",
    origin: bundle.manifest.origin,
    created_at_ms: bundle.manifest.createdAtMs,
    about: Object.fromEntries(bundle.manifest.about),
    checks,
    statement: entries.proven.size > 0 ? derived.statement : null,
  };
  const rows = (bundle.statement?.sections ?? []).map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({ ...row, found: judgeRow(row, entries.proven, entries.recorded) })),
  }));
  return { report, older: bundle.statement && { ...bundle.statement, sections: rows } };
}
