"""What people read of a bundle: the report that verifiers compare, a printout of it, and how to check it.

The HTML pages are those that a verifier derives itself. The PDF has the same rows and is proved by nothing; it says so
on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evidencelog.bundle import Bilingual, DerivedSection, DerivedStatement, render_report, shown_time
from evidencelog.bundle.vocabulary import vocabulary
from shuangyin.core.errors import Unavailable
from shuangyin.core.text import Language
from shuangyin.core.typesetting import typeset_template
from shuangyin.verification.bundles.checking_steps import Step
from shuangyin.verification.texts import text_of

LANGUAGES: tuple[Language, Language] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Report:
    """A derived statement with the log it rests on and when it was made (UTC milliseconds)."""

    statement: DerivedStatement
    origin: str
    made_at: int

    def in_language(self, language: Language) -> dict[str, Any]:
        """The report in plain values for a template."""
        known = vocabulary(self.statement.vocabulary)

        def pick(text: Bilingual) -> str:
            return text.zh if language == "zh" else text.en

        def place(section: DerivedSection) -> str:
            if section.entry is None:
                return ""
            own = "" if section.related else f" · {pick(known.words('unrelated'))}"
            entry, index = pick(known.words("entry")), pick(known.words("index"))
            return f"{entry} {section.entry} · {index} {section.index}{own}"

        return {
            "lang": language,
            "title": pick(self.statement.title),
            "lead": text_of("bundle.printout").in_language(language),
            "sections": [
                {
                    "title": pick(section.title),
                    "place": place(section),
                    "rows": [
                        {
                            "label": pick(row.label),
                            "shown": pick(row.shown),
                            "code": row.is_code,
                            "basis": pick(known.words(row.ground.value)),
                        }
                        for row in section.rows
                    ],
                }
                for section in self.statement.sections
            ],
        }


def html_of(report: Report, language: Language) -> bytes:
    """The report as a page that stands by itself; a verifier makes the same bytes."""
    return render_report(report.statement, report.origin, language)


def check_page(steps: Sequence[Step], language: Language) -> bytes:
    """The page that says how to check each statement."""
    title = text_of("bundle.check_title").in_language(language)
    shown = [
        {
            "title": step.title.in_language(language),
            "text": step.text.in_language(language),
            "commands": step.commands,
        }
        for step in steps
    ]
    return _page("bundle_check.html", language, title=title, steps=shown)


def pdf_of(report: Report) -> bytes:
    """The report in both languages as PDF. Raises Unavailable when typesetting fails."""
    data = {
        "languages": [report.in_language(language) for language in LANGUAGES],
        "origin": report.origin,
        "made": shown_time(report.made_at),
        "not_proven": " ".join(text_of("bundle.not_proven").in_language(one) for one in LANGUAGES),
    }
    failure = Unavailable(
        "REPORT_NOT_TYPESET",
        "证据报告暂时无法排版，请稍后重试。",
        "The report could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.verification", "bundle_report.typ", data, failure)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("shuangyin.verification"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(template: str, language: Language, **values: Any) -> bytes:
    style = resources.files("shuangyin.verification").joinpath("templates/style.css").read_text("utf-8")
    page = _environment().get_template(template)
    return page.render(language=language, style=Markup(style), **values).encode()  # noqa: S704  # our own file
