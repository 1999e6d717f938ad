"""The words of the public pages in both languages, from a data file."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from shuangyin.core.text import Text


@cache
def texts() -> dict[str, Text]:
    """All words by key."""
    raw = json.loads(resources.files("shuangyin.verification").joinpath("texts.json").read_text("utf-8"))
    return {key: Text(zh, en) for key, (zh, en) in raw.items()}


def text_of(key: str) -> Text:
    """The words of a key; a code that the file does not know shows as itself."""
    return texts().get(key, Text(key, key))
