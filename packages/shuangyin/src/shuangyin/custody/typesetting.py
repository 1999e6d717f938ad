"""Typeset a form of custody from its template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Unavailable
from shuangyin.people.schemas import PersonRef


def typeset_form(template: str, data: Mapping[str, Any]) -> bytes:
    """The form as PDF; the template reads `data` as JSON. Raises Unavailable when typesetting fails."""
    path = Path(str(resources.files("shuangyin.custody"))) / "templates" / template
    fonts = Path(pylopdf_fonts_zh_cn.__file__).parent
    folders = sorted({font.parent for font in fonts.rglob("*.[ot]tf")})
    try:
        content: bytes = typst.compile(
            path,
            format="pdf",
            font_paths=folders,
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise Unavailable(
            "SHEET_NOT_TYPESET",
            "登记表暂时无法排版，请稍后重试。",
            "The sheet could not be typeset; try again later.",
        ) from error
    return content


def named(person: PersonRef) -> str:
    """A person with his post, as printed forms name him."""
    return f"{person.name}({person.post})" if person.post else person.name


def time_of(milliseconds: int | None) -> str:
    """A time of Beijing for paper, to the minute; empty for none."""
    return "" if milliseconds is None else beijing_time(milliseconds).strftime("%Y-%m-%d %H:%M")
