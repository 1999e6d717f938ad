"""Typeset a form of custody from its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template
from shuangyin.people.schemas import PersonRef


def typeset_form(template: str, data: Mapping[str, Any]) -> bytes:
    """The form as PDF; the template reads `data` as JSON. Raises Unavailable when typesetting fails."""
    failure = Unavailable(
        "SHEET_NOT_TYPESET",
        "登记表暂时无法排版，请稍后重试。",
        "The sheet could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.custody", template, data, failure)


def named(person: PersonRef) -> str:
    """A person with his post, as printed forms name him."""
    return f"{person.name}({person.post})" if person.post else person.name


def time_of(milliseconds: int | None) -> str:
    """A time of Beijing for paper, to the minute; empty for none."""
    return "" if milliseconds is None else beijing_time(milliseconds).strftime("%Y-%m-%d %H:%M")
