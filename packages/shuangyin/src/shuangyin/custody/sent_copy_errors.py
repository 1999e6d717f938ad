"""Refusals of copies that went out."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Invalid, Refused


def sent_time() -> Invalid:
    """A sending in the future, or one that is due before it went out."""
    return Invalid(
        "SENT_TIME",
        "寄送时间不能晚于现在，应返回时间须晚于寄送时间，请改正。",
        "It cannot have been sent later than now, and is due back after it was sent. Correct it.",
    )


def courier_fields() -> Invalid:
    """A parcel without courier and number, or a copy handed over with them."""
    return Invalid(
        "COURIER_FIELDS",
        "快递须填快递公司和运单号；当面交付的不填。请改正。",
        "A parcel has a courier and a number; what is handed over has neither. Correct it.",
    )


def sending_void() -> Conflict:
    """A sending that was struck out, or of which something came back already."""
    return Conflict(
        "SENDING_OVER",
        "该次寄送已撤销或已有返回，不能再改。",
        "This sending was struck out, or copies of it came back already; it does not change any more.",
    )


def counterseal_missing() -> Refused:
    """Only copies with the counterparty's seal are checked off."""
    return Refused(
        "COUNTERSEAL_MISSING",
        "未加盖对方印章的不能核销，请退对方补盖后再登记。",
        "Copies without the counterparty's seal are not checked off. Send them back to be sealed first.",
    )
