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
class Starter:
    """A starter list: for whom, as of which day, and what it says."""

    code: StarterCode
    title: Text
    summary: Text
    as_of: date
    regulation_text: str
    rules: tuple[RuleBody, ...]


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
    )


def starters() -> tuple[Starter, ...]:
    """All starter lists."""
    return tuple(starter(code) for code in get_args(StarterCode))
