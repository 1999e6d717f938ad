"""Pure decisions about loans: whose duties must be apart, whether the time is one, whether loans overlap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shuangyin.core.text import Text
from shuangyin.custody.rules import Objection

LONGEST_MS = 30 * 24 * 3600 * 1000
"""A seal that is away for longer than thirty days is no longer kept by its custodian."""
ESCALATION_MS = 24 * 3600 * 1000
"""So long after its time a loan is told to those who manage the seals too."""

State = Literal["pending", "out", "overdue", "returned", "cancelled"]


@dataclass(frozen=True, slots=True)
class Span:
    """The time of one loan of a seal. One that is out lasts until the seal is back, whatever was agreed."""

    number: str
    from_at: int
    due_at: int
    out: bool

    def meets(self, from_at: int, due_at: int, now: int) -> bool:
        """Whether it shares an instant with the half-open time [from_at, due_at)."""
        end = max(self.due_at, now + 1) if self.out else self.due_at
        return self.from_at < due_at and from_at < end


def object_to_time(now: int, from_at: int, due_at: int) -> Objection | None:
    """None when the loan ends after it begins, in the future, within thirty days."""
    if due_at <= from_at or due_at <= now:
        return Objection(
            "LOAN_TIME",
            Text(
                "归还时间须晚于外带开始时间和现在，请改正。",
                "The time of return must be after the beginning and after now. Correct it.",
            ),
        )
    if due_at - from_at > LONGEST_MS:
        return Objection(
            "LOAN_TOO_LONG",
            Text(
                "一次外带最长 30 天，请缩短，或改办印章交接。",
                "A loan lasts 30 days at most. Shorten it, or hand the seal over instead.",
            ),
        )
    return None


def object_to_overlap(
    seal_name: str, spans: Iterable[Span], *, from_at: int, due_at: int, now: int
) -> Objection | None:
    """None when no other loan of the seal is in the same time."""
    for span in spans:
        if span.meets(from_at, due_at, now):
            return Objection(
                "LOAN_OVERLAPS",
                Text(
                    f"「{seal_name}」在这段时间已有外带 {span.number}，请改时间，或待其归还或取消后再办。",
                    f"“{seal_name}” is on loan {span.number} in that time. Choose another time, or wait until that "
                    "loan is returned or called off.",
                ),
            )
    return None


def object_to_escort(
    *, custodian_id: str, escort_id: str, applicant_ids: Iterable[str], final_approver_ids: Iterable[str]
) -> Objection | None:
    """None when the duties are apart: the escort, who presses, is not the custodian, the applicant or the final approver
    (invariant 4: on a loan the escort is the third)."""
    if custodian_id == escort_id:
        return Objection(
            "SAME_PERSON",
            Text(
                "保管人与随行人必须是两个人，请另选随行人。",
                "Custodian and escort must be two persons. Choose another escort.",
            ),
        )
    if escort_id in set(applicant_ids):
        return Objection(
            "ESCORT_APPLIED",
            Text(
                "随行人不能是本申请的申请人，请另选随行人。",
                "The escort must not be the applicant. Choose another escort.",
            ),
        )
    if escort_id in set(final_approver_ids):
        return Objection(
            "ESCORT_APPROVED",
            Text(
                "随行人不能是本申请的终审人，请另选随行人。",
                "The escort must not be the final approver. Choose another escort.",
            ),
        )
    return None


def object_to_take_out(now: int, *, from_at: int, due_at: int) -> Objection | None:
    """None when the seal may go out now: not before the agreed beginning, not after the end."""
    if now < from_at:
        return Objection(
            "LOAN_NOT_BEGUN",
            Text(
                "未到外带开始时间，不能取出印章。",
                "The loan has not begun yet; the seal cannot be taken out.",
            ),
        )
    if now >= due_at:
        return Objection(
            "LOAN_PAST",
            Text(
                "已过外带归还时间，请取消后重新登记外带。",
                "The time of this loan is over. Call it off and register another.",
            ),
        )
    return None


def state_of(now: int, *, status: str, due_at: int) -> State:
    """How a loan is shown: 待归还 becomes 逾期 at the instant it is due."""
    if status == "out":
        return "overdue" if now >= due_at else "out"
    return "pending" if status == "pending" else "returned" if status == "returned" else "cancelled"


def to_tell(
    now: int, *, due_at: int, overdue_at: int | None, escalated_at: int | None
) -> tuple[Literal["overdue", "escalated"], ...]:
    """What is to be told of a loan that is out: once when it is overdue, once more a day later."""
    due: list[Literal["overdue", "escalated"]] = []
    if now >= due_at and overdue_at is None:
        due.append("overdue")
    if now >= due_at + ESCALATION_MS and escalated_at is None:
        due.append("escalated")
    return tuple(due)
