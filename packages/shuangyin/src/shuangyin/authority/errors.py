"""Refusals of authority."""

from __future__ import annotations

from shuangyin.authority.rules import Objection
from shuangyin.core.errors import Conflict, Invalid, NotFound, Refused, not_found


def no_such_grant() -> NotFound:
    """Absent, or of another organization."""
    return not_found("这项授权", "grant")


def refused(objections: list[Objection]) -> Refused:
    """The grant contradicts itself or exceeds its parent."""
    zh = "".join(one.text.zh for one in objections)
    en = " ".join(one.text.en for one in objections)
    return Refused(
        objections[0].code,
        f"不能授权：{zh}",
        f"This cannot be granted. {en}",
        details={"objections": [one.code for one in objections]},
    )


def holder_missing() -> Invalid:
    """A grant of an act by persons needs exactly one holder."""
    return Invalid(
        "GRANT_HOLDER",
        "请指定一位被授权人或一个被授权岗位（自动用印授权不填）。",
        "Name one person or one post as holder; a grant of automatic sealing has none.",
    )


def already_ended() -> Conflict:
    """The grant has ended."""
    return Conflict(
        "GRANT_ENDED", "该授权已结束，请刷新查看。", "This grant has ended already. Reload to see it."
    )


def used_up(objections: list[Objection]) -> Refused:
    """No count is left, or the grant does not hold now."""
    text = objections[0].text
    return Refused(objections[0].code, text.zh, text.en)
