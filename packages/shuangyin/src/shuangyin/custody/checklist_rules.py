"""Pure decisions about the check of a paper before it is pressed (用印前核对)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.custody.rules import Objection

POINTS = ("text_matches", "date_filled", "no_blank", "signature_line")
_WRONG = {
    "text_matches": ("文件内容与批准版本不一致", "the text is not the approved version"),
    "date_filled": ("日期未填写", "the date is not filled in"),
    "no_blank": ("存在空白纸张或空白栏", "there is blank paper or a blank passage"),
    "signature_line": ("落款单位与印章不符", "the signature line is not that of the seal's owner"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The latest check of a request's paper on an occasion: the points that hold, and who supervised, if anybody."""

    holds: frozenset[str]
    supervised: bool


def object_to_press(number: str, check: Checked | None, *, asks_supervisor: bool) -> Objection | None:
    """None when the paper was checked, every point holds, and a supervisor watched where the list asks for one."""
    if check is None:
        return Objection(
            "PRESS_UNCHECKED",
            Text(
                f"{number} 尚未完成用印前核对。请先逐项核对再盖章。",
                f"The paper of {number} has not been checked. Check it point by point, then press.",
            ),
        )
    for point in POINTS:
        if point not in check.holds:
            zh, en = _WRONG[point]
            return Objection(
                "PRESS_CHECK_FAILED",
                Text(
                    f"{number} {zh}，不能盖章。请更正后重新核对，内容有变的须重新报批。",
                    f"{number} cannot be stamped: {en}. Correct it and check again; a changed text needs a new approval.",
                ),
            )
    if asks_supervisor and not check.supervised:
        return Objection(
            "SUPERVISOR_MISSING",
            Text(
                f"{number} 须有监印人在场，请监印人验证身份后再盖章。",
                f"{number} asks for a supervisor. Let him identify himself, then press.",
            ),
        )
    return None


def object_to_supervisor(person_id: str, present: Collection[str], applicant_id: str) -> Objection | None:
    """None when the supervisor is a person of his own: none of the two at the seal, and not the applicant."""
    if person_id not in present and person_id != applicant_id:
        return None
    return Objection(
        "SUPERVISOR_NOT_APART",
        Text(
            "监印人须是保管人、复核人、随行人和申请人以外的人员。",
            "The supervisor is none of those at the seal and not the applicant.",
        ),
    )
