"""Refusals of stocktakes."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Refused


def under_way(number: str) -> Conflict:
    """The safe is being counted; it stays shut until that is over."""
    return Conflict(
        "STOCKTAKE_UNDER_WAY",
        f"该保险柜正在盘点（{number}），请先完成或取消盘点。",
        f"This safe is being counted ({number}). Finish that stocktake or call it off first.",
    )


def nothing_kept(name: str) -> Refused:
    """No seal has a slot in the safe."""
    return Refused(
        "NOTHING_KEPT",
        f"「{name}」内没有登记印章，无须盘点。",
        f"No seal is registered in “{name}”; there is nothing to count.",
    )


def not_pending() -> Conflict:
    """The stocktake is done or was called off."""
    return Conflict(
        "STOCKTAKE_NOT_PENDING",
        "该盘点已完成或已取消，请刷新查看。",
        "This stocktake is done or was called off. Reload to see where it stands.",
    )


def over() -> Conflict:
    """The time of the stocktake is over: seals may have moved since."""
    return Conflict(
        "STOCKTAKE_OVER",
        "盘点超过时限，期间印章可能已被取用。请取消后重新盘点。",
        "The time of this stocktake is over, and seals may have been taken out since. Call it off and count anew.",
    )


def not_counting() -> Forbidden:
    """The person neither counts nor watches."""
    return Forbidden(
        "NOT_A_PARTY",
        "您不是本次盘点的盘点人或监盘人。",
        "You neither count nor watch at this stocktake.",
    )


def confirmed_already() -> Conflict:
    """What somebody confirmed does not change any more."""
    return Conflict(
        "STOCKTAKE_CONFIRMED",
        "已有人确认本次盘点，清点结果不能再改。如须更正，请取消后重新盘点。",
        "Somebody has confirmed this stocktake; what was found does not change any more. To correct it, call it off and "
        "count anew.",
    )


def moved(name: str) -> Conflict:
    """A seal came back or went out after it was counted."""
    return Conflict(
        "SEAL_MOVED",
        f"「{name}」清点后已移动，请重新清点该印章。",
        f"“{name}” was moved after it was counted. Count it again.",
    )
