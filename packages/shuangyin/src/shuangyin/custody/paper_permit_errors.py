"""Refusals of paper permits."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused


def forged() -> Invalid:
    """The code is unreadable, or its signature is not ours."""
    return Invalid(
        "PERMIT_FORGED",
        "该备用许可的二维码不是本单位签发的，或已被改动。请核对原件；如为伪造，请报告印章管理员。",
        "The code is not one that this organization signed, or it was changed. Look at the original; if it is forged, "
        "report it to who manages seals.",
    )


def used_already(number: str) -> Conflict:
    """The permit is entered or was handed back."""
    return Conflict(
        "PERMIT_USED",
        f"备用许可 {number} 已登记使用或已交回，不能再次使用。",
        f"Paper permit {number} is entered or was handed back; it serves once.",
    )


def outside_term(number: str) -> Refused:
    """The seal was pressed before or after the permit's term."""
    return Refused(
        "PERMIT_EXPIRED",
        f"盖章时间不在备用许可 {number} 的有效期内。请核对时间；确在期外盖章的，请报告印章管理员处理。",
        f"The time of pressing is outside the term of paper permit {number}. Check the time; if it was pressed outside "
        "the term, report it to who manages seals.",
    )


def presser_enters(number: str) -> Refused:
    """The list asks for a face or two factors, and somebody else than the presser enters what was pressed."""
    return Refused(
        "PRESSER_ENTERS",
        f"申请 {number} 按清单须核验盖章人（人脸或两种第二因子），应急盖章当时无法核验，须由盖章人本人登记并补做核验。",
        f"The list asks that who presses for application {number} shows a face or two factors. Nobody could look at that "
        "in the emergency, so the presser enters the press and shows it now.",
    )


def too_many(number: str, most: int) -> Refused:
    """More presses than the permit allows."""
    return Refused(
        "PERMIT_COUNT_EXCEEDED",
        f"备用许可 {number} 最多可盖 {most} 次（含废印）。",
        f"Paper permit {number} allows {most} presses at most, spoiled ones included.",
    )


def approved_later(number: str) -> Refused:
    """The request was approved after the press."""
    return Refused(
        "APPROVED_LATER",
        f"{number} 的批准晚于盖章时间，不能作为本次用印的依据。",
        f"{number} was approved after the seal was pressed; it cannot be what the press rests on.",
    )


def not_a_keeper(name: str) -> Refused:
    """Who pressed or watched may not do so."""
    return Refused(
        "NOT_A_KEEPER",
        f"{name}不是该保险柜的保管人、在任副保管人或用印复核人。",
        f"{name} is neither custodian nor deputy of this safe, or does not review uses.",
    )


def wrong_seal() -> Refused:
    """The seal is not in the safe."""
    return Refused(
        "SEAL_NOT_HERE",
        "该印章不在所选保险柜内，或未处于启用状态。",
        "The seal does not lie in this safe or is not in force.",
    )


def not_yours() -> Forbidden:
    """Neither a keeper of the safe nor one who manages seals."""
    return Forbidden(
        "NOT_PERMITTED",
        "请由该保险柜的保管人、副保管人或印章管理员办理。",
        "A keeper of this safe or who manages seals does this.",
    )
