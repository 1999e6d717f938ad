"""Refusals about who keeps a safe and about its lock code."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused
from shuangyin.custody.keeping_rules import LockDue

_WHY = {
    "interval": ("锁码已到更换期限", "its lock code is due for change"),
    "keeper_changed": ("保管人已变动，锁码尚未更换", "a keeper has changed and the lock code has not"),
}


def lock_code_due(name: str, why: LockDue) -> Refused:
    """No opening while a change of the lock code is due."""
    zh, en = _WHY[why]
    return Refused(
        "LOCK_CODE_DUE",
        f"「{name}」{zh}，暂不能开柜取章。请更换锁码，并在“保险柜”中登记。",
        f"“{name}” cannot be opened for seals: {en}. Change the code and record that under Safes.",
    )


def not_keeper_of_safe(name: str) -> Forbidden:
    """The person is neither the safe's custodian nor one of its deputies now."""
    return Forbidden(
        "NOT_KEEPER_OF_SAFE",
        f"您不是「{name}」的保管人或在任副保管人。请由保管人开柜，或由印章管理员指定您为副保管人。",
        f"You are neither the custodian of “{name}” nor a deputy in his term. Let the custodian open it, or have who "
        "manages seals name you a deputy.",
    )


def witness_needed() -> Refused:
    """A change of the lock code needs a second person who reviews or manages seals."""
    return Refused(
        "LOCK_WITNESS",
        "更换锁码须由另一名复核人或印章管理员当场验证身份。",
        "A change of the lock code needs another person who reviews or manages seals, identified on the spot.",
    )


def term_backwards() -> Invalid:
    """A term that ends before it begins."""
    return Invalid(
        "TERM_BACKWARDS",
        "任期结束须晚于开始，且晚于现在。",
        "A term ends after it begins, and after now.",
    )


def deputy_already(name: str) -> Conflict:
    """The person is custodian or deputy of the safe already."""
    return Conflict(
        "DEPUTY_ALREADY",
        f"{name}已是该保险柜的保管人或副保管人。",
        f"{name} is custodian or deputy of this safe already.",
    )


def deputy_ended() -> Conflict:
    """The term is over."""
    return Conflict(
        "DEPUTY_ENDED",
        "该副保管人的任期已结束。",
        "The term of this deputy is over.",
    )
