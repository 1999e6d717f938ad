"""Refusals of loans and of what several parties confirm."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused


def seal_not_free(name: str) -> Refused:
    """A seal that is in use or already out cannot be taken along."""
    return Refused(
        "SEAL_NOT_FREE",
        f"「{name}」正在使用或已外带，请待其归位后再办。",
        f"“{name}” is in use or out already. Wait until it is back in its place.",
    )


def seal_not_kept(name: str) -> Refused:
    """A seal that is not in force or lies in no safe."""
    return Refused(
        "SEAL_NOT_HERE",
        f"印章「{name}」未处于启用状态或不在保险柜内，不能外带。",
        f"The seal “{name}” is not in force or lies in no safe; it cannot be lent.",
    )


def seal_not_asked(name: str) -> Refused:
    """A seal that the approval does not name."""
    return Refused(
        "SEAL_NOT_APPROVED",
        f"申请没有批准使用「{name}」，不能随该申请外带。",
        f"The application was not approved for “{name}”; it cannot go out for it.",
    )


def not_ready(number: str) -> Refused:
    """The request is not approved for physical sealing."""
    return Refused(
        "REQUEST_NOT_READY",
        f"{number} 未获批准或不是实体用印，不能办理外带。",
        f"{number} is not approved, or is not for a physical seal; no seal goes out for it.",
    )


def not_pending() -> Conflict:
    """Only a loan that has not begun can be called off."""
    return Conflict(
        "LOAN_NOT_PENDING",
        "该外带已取出、已归还或已取消，请刷新查看。",
        "This loan has begun, is over or was called off. Reload to see where it stands.",
    )


def not_out() -> Conflict:
    """The seal is not out on this loan."""
    return Conflict(
        "LOAN_NOT_OUT",
        "该外带的印章未在外或已归还，请刷新查看。",
        "The seal is not out on this loan, or is back. Reload to see where it stands.",
    )


def ended() -> Conflict:
    """Nothing is to be confirmed any more."""
    return Conflict(
        "NOTHING_TO_CONFIRM",
        "该事项已办结或已取消，无须确认。",
        "This is over or was called off; there is nothing to confirm.",
    )


def not_a_party() -> Forbidden:
    """The person has no role here."""
    return Forbidden(
        "NOT_A_PARTY",
        "您不是该事项的当事人，请由单上列明的人员办理。",
        "You are none of the persons named here. One of them must do this.",
    )


def other_request() -> Invalid:
    """A press for another request than the loan was made for."""
    return Invalid(
        "OTHER_REQUEST",
        "本次外带只能用于其对应的申请。",
        "This loan serves only the application that it was made for.",
    )
