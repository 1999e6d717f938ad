"""What the checks of a receipt say, in Chinese and English."""

import json
from enum import StrEnum
from functools import cache
from importlib import resources


class AnchorCheckCode(StrEnum):
    """What was checked of a receipt; the codes are stable."""

    HEAD = "anchor.head"
    IMPRINT = "anchor.imprint"
    TRANSACTION_ID = "anchor.transaction_id"
    CALL = "anchor.call"
    SENDER = "anchor.sender"
    BLOCK = "anchor.block"
    TOKEN = "anchor.token"  # noqa: S105 - a code, not a password
    AUTHORITY = "anchor.authority"


@cache
def sentences() -> dict[str, dict[str, tuple[str, str]]]:
    """Chinese and English by code and result, with places for facts; the web page has the same file."""
    raw = json.loads(resources.files("evidencelog.anchors").joinpath("sentences.json").read_text("utf-8"))
    return {
        code: {result: (zh, en) for result, (zh, en) in by_result.items()} for code, by_result in raw.items()
    }
