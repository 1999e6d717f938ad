"""Refusals of custody."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused
from shuangyin.custody.rules import Objection


def refused(objection: Objection) -> Refused:
    """A rule of custody says no."""
    return Refused(objection.code, objection.text.zh, objection.text.en)


def safe_busy() -> Conflict:
    """The safe already has an opening that is pending or open."""
    return Conflict(
        "SAFE_BUSY",
        "该保险柜已有一次开柜正在进行，请先完成或关闭。",
        "This safe already has an opening under way. Finish or close it first.",
    )


def not_open() -> Conflict:
    """The opening is not open (any more)."""
    return Conflict(
        "OPENING_NOT_OPEN",
        "开柜未生效或已结束，不能登记用印。请重新开柜。",
        "The opening is not in effect or has ended; a use cannot be registered. Open the safe again.",
    )


def not_pending() -> Conflict:
    """The opening no longer waits for confirmation."""
    return Conflict(
        "OPENING_NOT_PENDING",
        "该次开柜已不在待确认状态，请刷新查看。",
        "This opening no longer waits for confirmation. Reload to see where it stands.",
    )


def not_yours() -> Forbidden:
    """The person is neither the custodian nor the reviewer of this opening."""
    return Forbidden(
        "NOT_YOUR_OPENING",
        "您不是本次开柜的保管人或复核人。",
        "You are neither the custodian nor the reviewer of this opening.",
    )


def not_ready(number: str) -> Refused:
    """The request is not approved for physical sealing."""
    return Refused(
        "REQUEST_NOT_READY",
        f"{number} 未获批准或不是实体用印，不能开柜。",
        f"{number} is not approved, or is not for a physical seal; the safe cannot be opened for it.",
    )


def seal_elsewhere(name: str) -> Refused:
    """A seal of the request does not lie in this safe or is not in force."""
    return Refused(
        "SEAL_NOT_HERE",
        f"印章「{name}」不在该保险柜或未处于启用状态。",
        f"The seal “{name}” is not in this safe or not in force.",
    )


def photo_missing(number: str) -> Refused:
    """A registered use has no photo of the stamped document."""
    return Refused(
        "PHOTO_MISSING",
        f"登记 {number} 还没有盖章后的文件照片，请补拍后再关柜。",
        f"Use {number} has no photo of the stamped document. Take it before closing.",
    )


def seal_not_returned(names: str) -> Refused:
    """A seal that was taken out is not back."""
    return Refused(
        "SEAL_NOT_RETURNED",
        f"以下印章未确认归位：{names}。请清点后再关柜。",
        f"These seals are not confirmed as returned: {names}. Count them before closing.",
    )


def outside_opening() -> Invalid:
    """The time of pressing lies outside the opening."""
    return Invalid(
        "PRESSED_OUTSIDE_OPENING",
        "盖章时间须在本次开柜期间内。",
        "The time of pressing must lie within this opening.",
    )


def not_a_photo() -> Invalid:
    """The uploaded file is not an image that can be read."""
    return Invalid(
        "NOT_A_PHOTO",
        "请上传 JPEG、PNG 或 WebP 照片。",
        "Upload a photo as JPEG, PNG or WebP.",
    )
