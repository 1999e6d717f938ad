// The page: a bundle dropped or chosen is verified here; nothing leaves the machine. Texts are put in as text, never as
// markup, since everything in a bundle is a stranger's.
import { Malformed } from "./bytes.js";
import { LIMITS } from "./zip.js";
import { VOCABULARIES } from "./vocabulary.js";
import { parseTrusted, verifyBundle } from "./verify.js";

const WORDS = {
  title: ["证据包离线核验", "Offline check of an evidence bundle"],
  lead: [
    "选择或拖入证据包（ZIP）。核验全部在本机浏览器内完成，不联网，不上传。",
    "Choose or drop an evidence bundle (ZIP). Everything is checked inside this browser; nothing is sent anywhere.",
  ],
  choose: ["选择证据包", "Choose a bundle"],
  drop: ["或将文件拖到此处", "or drop the file here"],
  trusted: [
    "您信任的日志公钥或见证人策略，及时间戳服务的根证书 PEM（可选）",
    "Keys of the log, or a policy of witnesses, and roots of time-stamp authorities in PEM, that you trust (optional)",
  ],
  trustedHint: [
    "请从证据包以外的渠道取得，例如平台网址的 /log/vkeys、合同附件、见证单位。留空时只能得出「无法断定」。",
    "Get them from elsewhere than the bundle: /log/vkeys of the platform, a contract, a witness. Without them nothing is called valid.",
  ],
  limits: [
    "本页不联网，因此不核对：交易是否确在所称的区块中（须向该链查询）；证书是否已被吊销；证书链中的名称与策略约束。"
      + "RSA-PSS、P-256、P-384 以外曲线的时间戳签名，本页标为「未核对」。这些项均标「!」或「?」，不计入结论。",
    "This page asks nobody, so it does not check: whether a transaction stands in the block it names (ask that chain); "
      + "whether a certificate was revoked; name and policy constraints of certificates. Signatures of time stamps by "
      + "RSA-PSS or on curves other than P-256, P-384 and SM2 are marked as not checked. None of these counts in the outcome.",
  ],
  again: ["重新核验", "Check again"],
  print: ["打印", "Print"],
  other: ["English", "中文"],
  reading: ["正在核验", "Checking"],
  checks: ["逐项检查", "Check by check"],
  log: ["日志", "Log"],
  made: ["证据包生成时间", "Bundle made at"],
  checked: ["核验时间", "Checked at"],
  file: ["文件", "File"],
  statement: ["依条目得出的陈述", "What the entries say"],
  derived: [
    "以下名目与释义由本页给出，不取自证据包；凡日志不证明的，均在右栏注明。",
    "Labels and wordings are this page's own and not taken from the bundle; what the log does not prove is marked on the right.",
  ],
  older: ["旧版证据包自带的陈述（名目与释义由其制作者书写，未经证明）", "The statement that this older bundle brings (in its maker's words, not proven)"],
  claims: ["证据包自称（未经证明）", "The bundle says of itself (not proven)"],
  entry: ["条目", "Entry"],
  index: ["日志序号", "index in the log"],
  masked: ["对外版本：不含经办人、审批人、保管人姓名。", "Public version: without names of persons."],
  basis: ["依据", "Basis"],
  badTrust: ["填写的公钥或策略无法识别。", "The keys or the policy that you gave cannot be read."],
  unreadable: ["无法读取", "Unreadable"],
  unreadableLead: ["这不是可核验的证据包。", "This is not a bundle that can be checked."],
};
const VOIDED = [
  "!", "用印已作废", "The seal use was voided",
  "证据成立与用印有效是两回事：日志记载本次用印已作废，请勿据此采用文件。",
  "That the evidence is sound does not make the use stand: the log records that it was voided. Do not rely on the file.",
];
const VERDICTS = {
  valid: ["✓", "有效", "Valid", "所查内容均成立。", "Everything that was checked holds."],
  invalid: ["✗", "无效", "Not valid", "见标有 ✗ 的各项，请勿采用。", "See the lines marked ✗; do not rely on it."],
  indeterminate: [
    "?", "无法断定", "Indeterminate",
    "未发现问题，但没有您所信任的公钥为其作证。", "Nothing is wrong, but no key that you trust vouches for it.",
  ],
};
const MARKS = {
  pass: ["✓", "通过", "pass"],
  warn: ["!", "提示", "note"],
  fail: ["✗", "不通过", "fail"],
  not_checked: ["?", "未核对", "not checked"],
};
const FOUND = {
  "statement.proven": ["✓", "日志所记", "recorded in the log"],
  "statement.worded": ["✓", "日志记其代码，文字由平台给出", "its code is recorded, the words are the platform's"],
  "statement.stated": ["–", "平台陈述", "stated by the platform"],
  "statement.contradicted": ["✗", "与日志不符", "not what the log records"],
  "statement.not_proven": ["✗", "条目未证实", "its entry is not proven"],
  "statement.digest_not_recorded": ["✗", "摘要无记载", "the digest is not recorded"],
};

const state = { language: "zh", file: null, outcome: null };

function pick([zh, en]) {
  return state.language === "zh" ? zh : en;
}

function say(key) {
  return pick(WORDS[key]);
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function time(milliseconds) {
  const moment = new Date(milliseconds + 8 * 3_600_000);
  return Number.isNaN(moment.getTime()) ? "–" : `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC+8`;
}

function mark([sign, zh, en], kind) {
  return element("span", { class: `mark ${kind}`, title: pick([zh, en]) }, sign, element("span", { class: "heard" }, pick([zh, en])));
}

function checkItem(check) {
  const line = [mark(MARKS[check.result], check.result), " ", check[state.language], " ", element("code", {}, check.code)];
  if (check.children.length === 0) return element("li", {}, ...line);
  const attributes = check.result === "pass" || check.result === "warn" ? {} : { open: "" };
  const children = element("ul", {}, ...check.children.map(checkItem));
  return element("li", {}, element("details", attributes, element("summary", {}, ...line), children));
}

function facts(pairs) {
  return element("dl", {}, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

const GROUNDS = {
  recorded: "pass", text: "pass", withheld: "pass", named: "warn", receipt: "warn", stated: "warn", contradicted: "fail",
};

/** The statement that this page derived; see deriving.js. */
function derivedPart(statement) {
  const { language } = state;
  const { words } = VOCABULARIES[statement.vocabulary];
  const said = ([zh, en]) => pick([zh, en]);
  const rows = ({ label, shown, ground, code }) => element(
    "tr", {}, element("th", { scope: "row" }, label[language]),
    element("td", code ? { class: "code" } : {}, shown[language]),
    element("td", {}, mark([MARKS[GROUNDS[ground]][0], ...words[ground]], GROUNDS[ground]), " ", said(words[ground])),
  );
  const parts = statement.sections.flatMap((section) => [
    element("h3", {}, section.title[language]),
    ...(section.entry === null ? [] : [
      element("p", { class: "note" }, `${say("entry")} ${section.entry} · ${say("index")} ${section.index}`),
    ]),
    ...(section.related ? [] : [element("p", { class: "note" }, `! ${said(words.unrelated)}`)]),
    element("table", {}, element("tbody", {}, ...section.rows.map(rows))),
  ]);
  const note = statement.masked ? [element("p", { class: "note" }, say("masked"))] : [];
  return element(
    "section", {}, element("h2", {}, `${say("statement")}：${statement.title[language]}`),
    element("p", { class: "note" }, say("derived")), ...note, ...parts,
  );
}

function olderPart(statement) {
  const language = state.language;
  const rows = ({ label, shown, isCode, found, basis }) => {
    const [sign, zh, en] = FOUND[found];
    const kind = sign === "✗" ? "fail" : sign === "✓" ? "pass" : "warn";
    const where = basis === null ? "" : ` #${basis.entry}`;
    return element(
      "tr", {}, element("th", { scope: "row" }, label[language]),
      element("td", isCode ? { class: "code" } : {}, shown[language]),
      element("td", {}, mark([sign, zh, en], kind), " ", pick([zh, en]), where),
    );
  };
  const tables = statement.sections.flatMap((section) => [
    element("h3", {}, section.title[language]),
    element("table", {}, element("tbody", {}, ...section.rows.map(rows))),
  ]);
  const note = statement.masked ? [element("p", { class: "note" }, say("masked"))] : [];
  return element(
    "details", {}, element("summary", {}, say("older")),
    element("p", {}, statement.lead[language]), ...note, ...tables,
  );
}

function verdictPart(level, [sign, zh, en, zhLead, enLead]) {
  return element(
    "div", { class: `verdict ${level}`, role: "status" }, element("span", { "aria-hidden": "true", class: "sign" }, sign),
    element("h1", { tabindex: "-1" }, pick([zh, en])), element("p", {}, pick([zhLead, enLead])),
  );
}

function outcomePart({ report, older, error, name, at }) {
  if (error) {
    const [zh, en] = WORDS.unreadable;
    const lead = error.trust ? WORDS.badTrust : WORDS.unreadableLead;
    return [verdictPart("invalid", ["✗", zh, en, ...lead]), element("p", {}, element("code", {}, error.code), ` ${error.message}`)];
  }
  return [
    verdictPart(report.verdict, VERDICTS[report.verdict]),
    ...(report.statement?.voided ? [verdictPart("indeterminate", VOIDED)] : []),
    facts([
      [say("file"), name], [say("log"), report.origin], [say("made"), time(report.created_at_ms)],
      [say("checked"), time(at)],
      ...Object.entries(report.about).map(([key, text]) => [`${say("claims")} ${key}`, text]),
    ]),
    element("section", {}, element("h2", {}, say("checks")), element("ul", { class: "checks" }, ...report.checks.map(checkItem))),
    ...(report.statement ? [derivedPart(report.statement)] : []),
    ...(older ? [olderPart(older)] : []),
  ];
}

function show() {
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = say(place.dataset.say);
  const outcome = document.getElementById("outcome");
  outcome.replaceChildren(...(state.outcome === null ? [] : outcomePart(state.outcome)));
}

async function run() {
  if (state.file === null) return;
  const name = state.file.name;
  document.getElementById("outcome").replaceChildren(element("p", { role: "status" }, say("reading")));
  await new Promise((resolve) => { setTimeout(resolve); });
  let trust = true;
  try {
    const trusted = parseTrusted(document.getElementById("trusted").value);
    trust = false;
    if (state.file.size > LIMITS.archiveBytes) throw new Malformed("bundle.limit", "the file is too large");
    const data = new Uint8Array(await state.file.arrayBuffer());
    state.outcome = { ...verifyBundle(data, trusted), name, at: Date.now() };
  } catch (error) {
    const code = error instanceof Malformed ? error.code : "bundle.malformed";
    state.outcome = { error: { code, message: String(error.message ?? error), trust }, name };
  }
  show();
  document.querySelector("#outcome h1").focus();
}

function take(files) {
  if (files.length === 0) return;
  [state.file] = files;
  run();
}

function begin() {
  const input = document.getElementById("file");
  const zone = document.getElementById("zone");
  input.addEventListener("change", () => take(input.files));
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer.files);
  });
  document.getElementById("again").addEventListener("click", run);
  document.getElementById("print").addEventListener("click", () => window.print());
  document.getElementById("language").addEventListener("click", () => {
    state.language = state.language === "zh" ? "en" : "zh";
    show();
  });
  show();
}

if (typeof document === "undefined") globalThis.evidencelogVerifier = { parseTrusted, verifyBundle };
else begin();
