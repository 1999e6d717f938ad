"""What alarms there are, from a data file: how grave each is, whether it locks its device, and after how long."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from shuangyin.core.text import Text

TOPIC = "alarms"
"""What open pages are told by when an alarm is not what it was."""


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """One kind of alarm. `after_ms` is the default time that has to pass first, 0 for what is told at once."""

    code: str
    severity: str
    locks: bool
    after_ms: int
    text: Text


@cache
def alarm_kinds() -> dict[str, AlarmKind]:
    """All kinds by their code."""
    raw = json.loads(resources.files("shuangyin.alarms").joinpath("kinds.json").read_text(encoding="utf-8"))
    return {
        code: AlarmKind(
            code,
            one["severity"],
            one["locks"],
            one.get("after_minutes", 0) * 60_000,
            Text(one["zh"], one["en"]),
        )
        for code, one in raw.items()
    }
