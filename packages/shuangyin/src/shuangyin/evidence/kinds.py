"""The sentence of every kind of entry, from a data file."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from shuangyin.core.text import Text


@cache
def kinds() -> dict[str, Text]:
    """All kinds of entries that the platform records, each with its sentence."""
    raw = json.loads(resources.files("shuangyin.evidence").joinpath("kinds.json").read_text(encoding="utf-8"))
    return {kind: Text(zh, en) for kind, (zh, en) in raw.items()}


def sentence_of(kind: str) -> Text:
    """What an entry of this kind says; an old kind that is no longer recorded is named by its code."""
    return kinds().get(kind, Text(kind, kind))
