"""The purposes for which a person is asked for separate consent, with the notice he is shown (个人信息保护法 13–17, 29, 30).

The notices are dated data: a changed one has a new version, and who agreed to an earlier one is asked again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from shuangyin.core.text import Text

FACE: Final = "face"
PHONE: Final = "phone"
LICENCE: Final = "licence"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: what is processed, why, with what effect, for how long, and what does the same without it."""

    code: str
    version: str
    sensitive: bool
    title: Text
    what: Text
    why: Text
    impact: Text
    kept: Text
    otherwise: Text


@cache
def purposes() -> MappingProxyType[str, Purpose]:
    """All purposes by code, in the order in which they are shown."""
    content = resources.files("shuangyin.people").joinpath("purposes.json").read_text(encoding="utf-8")
    found = {}
    for one in json.loads(content):
        texts = {name: Text(**value) for name, value in one.items() if isinstance(value, dict)}
        found[one["code"]] = Purpose(one["code"], one["version"], one["sensitive"], **texts)
    return MappingProxyType(found)
