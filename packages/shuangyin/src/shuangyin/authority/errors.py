"""Refusals of authority."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.authority.rules.grants import Objection
from shuangyin.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused, not_found
from shuangyin.core.text import Text

OTHER_ROOT = Objection(
    "GRANT_ROOT",
    Text(
        "印章须属于同一个授权源头（行政、党组织、工会、团组织各自授权）。",
        "The seals must belong to the root office that grants: the unit's, the Party's, the union's or the League's.",
    ),
)
OVER_ALREADY = Objection(
    "GRANT_VALIDITY", Text("授权的截止时间已过。", "The grant would be over already: its end has passed.")
)
PARENT_LAPSED = Objection(
    "PARENT_ENDED",
    Text(
        "上级授权在负责人变更后未重新确认，已失效。",
        "The parent grant lapsed: the root office changed and nobody reconfirmed it.",
    ),
)


def no_such_grant() -> NotFound:
    """Absent, or of another organization."""
    return not_found("这项授权", "grant")


def no_such_delegation() -> NotFound:
    """Absent, or of another organization."""
    return not_found("这项委托", "delegation")


def no_such_review() -> NotFound:
    """Absent, or of another organization."""
    return not_found("这项复核", "review")


def no_such_seal() -> NotFound:
    """A seal that is named is absent, or of another organization."""
    return not_found("这枚印章", "seal")


def refused(objections: Sequence[Objection]) -> Refused:
    """The grant contradicts itself or exceeds its parent."""
    return _with_all(objections, "不能授权：", "This cannot be granted. ")


def delegation_refused(objections: Sequence[Objection]) -> Refused:
    """The delegation contradicts itself, is too wide, or leads round in a circle."""
    return _with_all(objections, "不能委托：", "This cannot be delegated. ")


def duty_refused(objection: Objection) -> Refused:
    """What the separation of duties does not allow."""
    return Refused(objection.code, objection.text.zh, objection.text.en)


def holder_missing() -> Invalid:
    """A grant of an act by persons needs exactly one holder."""
    return Invalid(
        "GRANT_HOLDER",
        "请指定一位被授权人或一个被授权岗位（自动用印授权不填）。",
        "Name one person or one post as holder; a grant of automatic sealing has none.",
    )


def holder_left() -> Conflict:
    """Nothing is granted or delegated to somebody who has left."""
    return Conflict(
        "PERSON_LEFT",
        "该人员已离职，不能被授权或受托。",
        "This person has left the organization and can hold no grant or delegation.",
    )


def already_ended() -> Conflict:
    """The grant has ended."""
    return Conflict(
        "GRANT_ENDED", "该授权已结束，请刷新查看。", "This grant has ended already. Reload to see it."
    )


def already_answered(status: str) -> Conflict:
    """It was accepted or declined before, or has ended."""
    if status == "ended":
        return already_ended()
    return Conflict(
        "GRANT_ANSWERED",
        "该授权已被接受或谢绝，请刷新查看。",
        "This grant was accepted or declined already. Reload to see it.",
    )


def delegation_ended() -> Conflict:
    """The delegation is over."""
    return Conflict("DELEGATION_ENDED", "该委托已结束，请刷新查看。", "This delegation has ended already.")


def review_done() -> Conflict:
    """Somebody reviewed it already."""
    return Conflict(
        "REVIEW_DONE", "该事项已复核，请刷新查看。", "This was reviewed already. Reload to see it."
    )


def override_given() -> Conflict:
    """The same person has an override for the same request."""
    return Conflict(
        "OVERRIDE_GIVEN", "该申请已为此人放行。", "For this request this person has an override already."
    )


def small_unit_registered() -> Conflict:
    """The unit is registered already."""
    return Conflict(
        "SMALL_UNIT_REGISTERED", "本单位已登记为小型单位。", "The unit is registered as a small one already."
    )


def small_unit_absent() -> Conflict:
    """The unit is not registered as a small one."""
    return Conflict(
        "SMALL_UNIT_ABSENT", "本单位未登记为小型单位。", "The unit is not registered as a small one."
    )


def not_the_holder() -> Forbidden:
    """Only its holder takes a grant on, or gives out of it."""
    return Forbidden(
        "NOT_THE_HOLDER",
        "只有被授权人可以办理，请由其本人或任该岗位的人员操作。",
        "Only the holder of the grant can do this, himself or by the post it was given to.",
    )


def not_yours() -> Forbidden:
    """Neither giver, nor holder, nor above it."""
    return Forbidden(
        "NOT_YOUR_GRANT",
        "您不是授权人、上级被授权人或被授权人，不能终止此项。",
        "You neither gave this, nor hold it, nor hold what it was given out of.",
    )


def not_the_office() -> Forbidden:
    """Only the holder of the root office can stand by its grants."""
    return Forbidden(
        "NOT_THE_OFFICE",
        "只有该负责人岗位的现任人员可以办理。",
        "Only the present holder of that root office can do this.",
    )


def no_root_office() -> Refused:
    """There is no post that the authority could come from."""
    return Refused(
        "NO_ROOT_OFFICE",
        "本单位尚未设立相应的负责人岗位，请先在组织管理中设立。",
        "The organization has no such root office yet. Add the post first.",
    )


def used_up(objections: Sequence[Objection]) -> Refused:
    """No count is left, or the grant does not hold now."""
    text = objections[0].text
    return Refused(objections[0].code, text.zh, text.en)


def _with_all(objections: Sequence[Objection], zh: str, en: str) -> Refused:
    return Refused(
        objections[0].code,
        zh + "".join(one.text.zh for one in objections),
        en + " ".join(one.text.en for one in objections),
        details={"objections": [one.code for one in objections]},
    )
