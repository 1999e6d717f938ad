"""The starter lists: dated data that a draft can begin as."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import get_args

from shuangyin.core.text import Text
from shuangyin.scenarios.list_schemas import StarterCode
from shuangyin.scenarios.schemas import RuleBody


@dataclass(frozen=True, slots=True)
class Switch:
    """A rule, by its Chinese name, that goes over to electronic sealing so many months after the draft."""

    rule: str
    months: int


@dataclass(frozen=True, slots=True)
class Starter:
    """A starter list: for whom, as of which day, and what it says."""

    code: StarterCode
    title: Text
    summary: Text
    as_of: date
    regulation_text: str
    rules: tuple[RuleBody, ...]
    switches: tuple[Switch, ...]

    def regulation_on(self, day: date) -> str:
        """The regulation's text with the day of each switch, counted from the day of the draft."""
        planned = [
            f"「{one.rule}」自 {months_after(day, one.months).isoformat()} 起切换为电子印章。"
            for one in self.switches
        ]
        return "\n".join((self.regulation_text, *planned))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day that month has up to the 28th."""
    year, month = divmod(day.month - 1 + months, 12)
    return date(day.year + year, month + 1, min(day.day, 28))


@cache
def starter(code: StarterCode) -> Starter:
    """The starter list of this code."""
    source = resources.files("shuangyin.scenarios").joinpath(f"starter_{code}.json")
    raw = json.loads(source.read_text(encoding="utf-8"))
    return Starter(
        code=code,
        title=Text(*raw["title"]),
        summary=Text(*raw["summary"]),
        as_of=date.fromisoformat(raw["as_of"]),
        regulation_text=raw["regulation_text"],
        rules=tuple(RuleBody.model_validate(one) for one in raw["rules"]),
        switches=tuple(Switch(**one) for one in raw.get("switches", [])),
    )


def starters() -> tuple[Starter, ...]:
    """All starter lists."""
    return tuple(starter(code) for code in get_args(StarterCode))
