"""Refusals of the register of originals and of their loans."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused


def not_here(name: str) -> Refused:
    """An original that is lent, missing or given up."""
    return Refused(
        "ORIGINAL_NOT_HERE",
        f"「{name}」不在库，请待其归还或找到后再办。",
        f"“{name}” is not in its safe. Wait until it is back or found.",
    )


def several_safes() -> Invalid:
    """A loan is taken out of one safe, before the eyes of its custodian."""
    return Invalid(
        "ORIGINALS_OF_SEVERAL_SAFES",
        "一次借阅的原件须在同一保险柜，请分别申请。",
        "The originals of one loan lie in one safe. Ask for those of another one separately.",
    )


def unknown_route(code: str) -> Invalid:
    """An original names a route that does not exist or is retired."""
    return Invalid(
        "ROUTE_UNKNOWN",
        f"没有启用中的审批流程「{code}」，请先在审批流程中定义。",
        f"There is no route “{code}” in use. Define it among the routes of approval first.",
    )


def unphotographed() -> Refused:
    """Originals count as back once they were photographed in their slot."""
    return Refused(
        "PHOTO_RETURNED_MISSING",
        "还没有原件归还的照片。请保管人拍下已放回格口的原件后再确认归还。",
        "There is no photo of the return. The custodian photographs the originals in their slot first.",
    )


def not_lent() -> Conflict:
    """The originals are not out on this loan."""
    return Conflict(
        "LOAN_NOT_OUT",
        "该借阅的原件未借出或已归还，请刷新查看。",
        "The originals are not out on this loan, or are back. Reload to see where it stands.",
    )


def confirmed_already() -> Conflict:
    """What somebody confirmed does not change any more."""
    return Conflict(
        "RETURN_CONFIRMED",
        "已有人确认归还，查验结果不能再改。",
        "Somebody has confirmed the return; what was found does not change any more.",
    )


def lent_out(name: str) -> Refused:
    """An original that is lent cannot be said to be in its slot."""
    return Refused(
        "ORIGINAL_NOT_FREE",
        f"「{name}」已借出，不能清点为在库。请待其归还，或记为缺失并写明差异。",
        f"“{name}” is lent. Wait until it is back, or enter it as missing and say why.",
    )


def not_to_cancel() -> Conflict:
    """Only a loan that has not begun can be called off."""
    return Conflict(
        "LOAN_NOT_PENDING",
        "该借阅已取出、已归还或已结束，请刷新查看。",
        "This loan has begun, is over or was called off. Reload to see where it stands.",
    )


def not_missing(name: str) -> Conflict:
    """Only what was not found can be found again."""
    return Conflict(
        "ORIGINAL_NOT_MISSING",
        f"「{name}」没有登记为缺失。",
        f"“{name}” is not registered as missing.",
    )


def only_keepers() -> Forbidden:
    """What concerns the custody of an original is for the keepers of its safe and those who manage seals."""
    return Forbidden(
        "NOT_KEEPER_OF_SAFE",
        "请由该保险柜的保管人或印章管理员办理。",
        "A keeper of this safe, or who manages seals, has to do this.",
    )
