"""What people read of a bundle: HTML in each language, one PDF with both, and how to check it with public tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evidencelog.bundle import BasisKind, Row, Statement, shown_time
from shuangyin.core.errors import Unavailable
from shuangyin.core.text import Language
from shuangyin.verification.bundles.checking_steps import Step
from shuangyin.verification.texts import text_of

LANGUAGES: tuple[Language, Language] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Report:
    """A statement with the log it rests on and when it was made (UTC milliseconds)."""

    statement: Statement
    origin: str
    made_at: int

    def in_language(self, language: Language) -> dict[str, Any]:
        """The report in plain values for a template."""

        def pick(text: Any) -> str:
            return str(getattr(text, language))

        return {
            "lang": language,
            "title": pick(self.statement.title),
            "lead": pick(self.statement.lead),
            "sections": [
                {
                    "title": pick(section.title),
                    "rows": [
                        {
                            "label": pick(row.label),
                            "shown": pick(row.shown),
                            "code": row.is_code,
                            "basis": _basis(row, language),
                        }
                        for row in section.rows
                    ],
                }
                for section in self.statement.sections
            ],
        }


def html_of(report: Report, language: Language) -> bytes:
    """The report as a page that stands by itself."""
    values = report.in_language(language)
    return _page(
        "bundle_report.html", language, **values, origin=report.origin, made=shown_time(report.made_at)
    )


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
    template = Path(str(resources.files("shuangyin.verification"))) / "templates" / "bundle_report.typ"
    data = {
        "languages": [report.in_language(language) for language in LANGUAGES],
        "origin": report.origin,
        "made": shown_time(report.made_at),
    }
    fonts = Path(pylopdf_fonts_zh_cn.__file__).parent
    try:
        content: bytes = typst.compile(
            template,
            format="pdf",
            font_paths=sorted({font.parent for font in fonts.rglob("*.[ot]tf")}),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise Unavailable(
            "REPORT_NOT_TYPESET",
            "证据报告暂时无法排版，请稍后重试。",
            "The report could not be typeset; try again later.",
        ) from error
    return content


def _basis(row: Row, language: Language) -> str:
    if row.basis is None:
        return text_of("bundle.basis.stated").in_language(language)
    kind = BasisKind(row.basis.kind).value
    entry = text_of("bundle.entry").in_language(language)
    return f"{text_of(f'bundle.basis.{kind}').in_language(language)} ({entry} {row.basis.entry})"


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
