// The readable report as one HTML page, byte for byte as rendering.py makes it.
import { encodeUtf8 } from "./bytes.js";
import { REPORT_PAGE, VOCABULARIES } from "./vocabulary.js";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

function sectionHtml({ title, entry, index, related, rows }, words, language) {
  const at = language === "zh" ? 0 : 1;
  const lines = ["<section>", `<h2>${escaped(title[language])}</h2>`];
  if (entry !== null) lines.push(`<p>${words.entry[at]} ${entry} · ${words.index[at]} ${index}</p>`);
  if (!related) lines.push(`<p>! ${escaped(words.unrelated[at])}</p>`);
  lines.push("<table><tbody>");
  for (const { label, shown, ground, code } of rows) {
    const value = code ? `<code>${escaped(shown[language])}</code>` : escaped(shown[language]);
    lines.push(
      `<tr><th scope="row">${escaped(label[language])}</th><td>${value}</td><td>${escaped(words[ground][at])}</td></tr>`,
    );
  }
  return [...lines, "</tbody></table>", "</section>"].join("\n");
}

export function renderReport(statement, origin, language) {
  const { words } = VOCABULARIES[statement.vocabulary];
  const leads = [words.lead, ...(statement.masked ? [words.lead_masked] : [])];
  const title = escaped(statement.title[language]);
  const body = [
    `<h1>${title}</h1>`,
    ...leads.map((lead) => `<p>${escaped(lead[language === "zh" ? 0 : 1])}</p>`),
    ...statement.sections.map((section) => sectionHtml(section, words, language)),
    `<footer>${escaped(origin)}</footer>`,
  ].join("\n");
  const parts = { lang: language === "zh" ? "zh-CN" : "en", title, body };
  return encodeUtf8(REPORT_PAGE.map((piece, at) => (at % 2 === 1 ? parts[piece] : piece)).join(""));
}
