"""The readable report of a bundle: one HTML page in one language, of which equal statements give equal bytes.

A verifier renders it again and compares, so a report in a bundle cannot say what the entries do not.
"""

import re
from functools import cache
from importlib import resources
from typing import Literal

from evidencelog.bundle.bilingual import Bilingual
from evidencelog.bundle.deriving import DerivedRow, DerivedSection, DerivedStatement
from evidencelog.bundle.vocabulary import Vocabulary, vocabulary

ReportLanguage = Literal["zh", "en"]


def render_report(statement: DerivedStatement, origin: str, language: ReportLanguage) -> bytes:
    """The page; ``origin`` is the log that the proofs are of."""
    words = vocabulary(statement.vocabulary)
    title = _pick(statement.title, language)
    leads = [words.words("lead"), *([words.words("lead_masked")] if statement.masked else [])]
    body = [f"<h1>{_escaped(title)}</h1>"]
    body += [f"<p>{_escaped(_pick(lead, language))}</p>" for lead in leads]
    body += [_section(section, words, language) for section in statement.sections]
    body.append(f"<footer>{_escaped(origin)}</footer>")
    parts = {
        "lang": "zh-CN" if language == "zh" else "en",
        "title": _escaped(title),
        "body": "\n".join(body),
    }
    # Every second piece is the name of a place; what is put in is never looked at for places again.
    pieces = _skeleton()
    return "".join(parts[piece] if at % 2 else piece for at, piece in enumerate(pieces)).encode()


@cache
def _skeleton() -> list[str]:
    page = resources.files("evidencelog.bundle").joinpath("report-1.html").read_text("utf-8")
    return re.split(r"\{\{(\w+)\}\}", page)


def _section(section: DerivedSection, words: Vocabulary, language: ReportLanguage) -> str:
    lines = ["<section>", f"<h2>{_escaped(_pick(section.title, language))}</h2>"]
    if section.entry is not None:
        entry, index = (_pick(words.words(key), language) for key in ("entry", "index"))
        lines.append(f"<p>{entry} {section.entry} · {index} {section.index}</p>")
    if not section.related:
        lines.append(f"<p>! {_escaped(_pick(words.words('unrelated'), language))}</p>")
    lines.append("<table><tbody>")
    lines += [_row(row, words, language) for row in section.rows]
    lines += ["</tbody></table>", "</section>"]
    return "\n".join(lines)


def _row(row: DerivedRow, words: Vocabulary, language: ReportLanguage) -> str:
    label, shown = (_escaped(_pick(text, language)) for text in (row.label, row.shown))
    ground = _escaped(_pick(words.words(row.ground.value), language))
    value = f"<code>{shown}</code>" if row.is_code else shown
    return f'<tr><th scope="row">{label}</th><td>{value}</td><td>{ground}</td></tr>'


def _pick(text: Bilingual, language: ReportLanguage) -> str:
    return text.zh if language == "zh" else text.en


def _escaped(text: str) -> str:
    """The text as HTML; the same five characters as in the web page's renderer."""
    for character, entity in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        text = text.replace(character, f"&{entity};")
    return text
