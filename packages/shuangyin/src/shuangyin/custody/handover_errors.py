"""Refusals of hand-overs."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Refused


def nothing_kept(name: str) -> Refused:
    """The giver keeps neither a physical seal nor a safe."""
    return Refused(
        "NOTHING_KEPT",
        f"{name}名下没有实体印章或保险柜，无须交接。",
        f"{name} keeps no physical seal and no safe; there is nothing to hand over.",
    )


def not_a_keeper(name: str) -> Refused:
    """The receiver could not keep what he receives."""
    return Refused(
        "NOT_A_KEEPER",
        f"{name}没有印章保管岗位，不能接收。请先为其任岗。",
        f"{name} holds no custodian's post and cannot receive seals. Appoint him first.",
    )


def under_way(number: str) -> Conflict:
    """The giver has another sheet that is not finished."""
    return Conflict(
        "HANDOVER_UNDER_WAY",
        f"移交人已有未完成的交接 {number}，请先完成或取消。",
        f"The giver has another hand-over under way: {number}. Finish it or call it off first.",
    )


def not_pending() -> Conflict:
    """The sheet is finished or was called off."""
    return Conflict(
        "HANDOVER_NOT_PENDING",
        "该交接已完成或已取消，请刷新查看。",
        "This hand-over is done or was called off. Reload to see where it stands.",
    )


def confirmed_already() -> Conflict:
    """What somebody confirmed does not change any more."""
    return Conflict(
        "HANDOVER_CONFIRMED",
        "已有人确认本交接单，清点结果不能再改。如须更正，请取消后重新办理。",
        "Somebody has confirmed this sheet; what was found does not change any more. To correct it, call it off and "
        "draw up another.",
    )


def seal_out(name: str) -> Refused:
    """A seal that is out of its safe cannot be said to be there."""
    return Refused(
        "SEAL_NOT_FREE",
        f"「{name}」正在使用或已外带，不能清点为在库。请待其归位，或记为缺失并写明差异。",
        f"“{name}” is in use or out on a loan. Wait until it is back, or enter it as missing and say why.",
    )


def keeper_moved(name: str) -> Conflict:
    """Somebody else has become the keeper since the sheet was drawn up."""
    return Conflict(
        "KEEPER_MOVED",
        f"「{name}」的保管人在制单后已变更，请取消后重新办理。",
        f"The keeper of “{name}” has changed since the sheet was drawn up. Call it off and draw up another.",
    )
