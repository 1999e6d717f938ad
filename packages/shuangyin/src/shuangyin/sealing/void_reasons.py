"""Why a use may be voided: codes with their words, from a data file. The code is public, so it names no person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from shuangyin.core.text import Text


@cache
def void_reasons() -> Mapping[str, Text]:
    """The codes with their words, in the order in which they are offered."""
    raw = json.loads(resources.files("shuangyin.sealing").joinpath("void_reasons.json").read_text("utf-8"))
    return {code: Text(zh, en) for code, (zh, en) in raw.items()}


def void_words(code: str) -> Text:
    """What a code means; one of another release is shown as it is."""
    return void_reasons().get(code) or Text(code, code)
