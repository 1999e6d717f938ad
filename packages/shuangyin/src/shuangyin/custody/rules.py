"""Pure decisions of custody: who may open, whether an opening stands, and whether the presses add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shuangyin.core.text import Text

SPARE_SPOILED = 1
"""The least spare of a permit for spoiled presses; beyond the spare a new approval is needed."""
LARGE_RUN = 20
"""From so many approved presses on, the spare is a tenth of them."""


def spare_for(approved: int) -> int:
    """The declared spare of an approval of so many good presses: one, or a tenth of a large run, rounded down."""
    return approved // 10 if approved >= LARGE_RUN else SPARE_SPOILED


@dataclass(frozen=True, slots=True)
class Presses:
    """Counts of one registered use: good ones on pages, seams and covers, and spoiled ones."""

    normal: int
    seam: int
    cover: int
    spoiled: int

    @property
    def good(self) -> int:
        return self.normal + self.seam + self.cover

    @property
    def total(self) -> int:
        return self.good + self.spoiled

    def plus(self, other: Presses) -> Presses:
        return Presses(
            self.normal + other.normal,
            self.seam + other.seam,
            self.cover + other.cover,
            self.spoiled + other.spoiled,
        )


def total_of(uses: Iterable[Presses]) -> Presses:
    """The sum of several registered uses."""
    total = Presses(0, 0, 0, 0)
    for presses in uses:
        total = total.plus(presses)
    return total


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an act is refused, with a stable code."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Permitted:
    """What an approval allows for one seal: presses on pages and over seams, both without spare."""

    normal: int
    seam: int

    @property
    def total(self) -> int:
        return self.normal + self.seam


def object_to_presses(permitted: Permitted, before: Presses, now: Presses) -> Objection | None:
    """None when the presses registered so far and now stay within the approval.

    Covers count against the presses on pages, since an approval speaks of pages and seams. Spoiled presses have the
    declared spare, which nothing else may use (invariant 6: permitted, spare included, ≥ good + spoiled). More of them
    are registered all the same, since they were made (`beyond_spare` counts them), but after that no good press is:
    it needs a new approval.
    """
    after = before.plus(now)
    if now.total == 0:
        return Objection(
            "NO_PRESSES", Text("盖章次数不能全部为零。", "At least one press must be registered.")
        )
    if after.normal + after.cover > permitted.normal:
        left = permitted.normal - before.normal - before.cover
        return Objection(
            "COUNT_EXCEEDED",
            Text(
                f"超出核准次数：页面用印尚可 {left} 次。多盖须另行申请。",
                f"More than approved: {left} presses on pages are left. More need a new request.",
            ),
        )
    if after.seam > permitted.seam:
        left = permitted.seam - before.seam
        return Objection(
            "SEAM_COUNT_EXCEEDED",
            Text(
                f"超出核准的骑缝次数：尚可 {left} 次。",
                f"More seam presses than approved: {left} are left.",
            ),
        )
    if now.good and beyond_spare(permitted, before):
        spare = spare_for(permitted.total)
        return Objection(
            "SPARE_EXCEEDED",
            Text(
                f"废印已超过备用的 {spare} 次，须重新报批后再盖。",
                f"More than the {spare} spare presses were spoiled; a new approval is needed before the next press.",
            ),
        )
    return None


def beyond_spare(permitted: Permitted, registered: Presses) -> int:
    """How many spoiled presses there are beyond the declared spare."""
    return max(0, registered.spoiled - spare_for(permitted.total))


_MERGED_DUTIES = Text(
    "没有其他保管人的，请本单位负责人在“授权”页的“放行与复核”中放行；十人以下单位可在该处登记为小型单位。",
    "With no other keeper, the head of the organization may release it on the page of grants under overrides; "
    "a unit of up to ten people may be registered there as a small one.",
)


def object_to_persons(
    *, custodian_id: str, reviewer_id: str, applicant_ids: Iterable[str], final_approver_ids: Iterable[str]
) -> Objection | None:
    """None when the duties are separate: custodian and reviewer are two persons, and the presser (the custodian)
    neither applied nor gave the final approval (invariant 4)."""
    if custodian_id == reviewer_id:
        return Objection(
            "SAME_PERSON",
            Text("保管人与复核人必须是两个人。", "Custodian and reviewer must be two persons."),
        )
    if custodian_id in set(applicant_ids):
        return Objection(
            "PRESSER_APPLIED",
            Text(
                f"盖章人不能是本申请的申请人，请由其他保管人开柜。{_MERGED_DUTIES.zh}",
                f"The presser must not be the applicant. {_MERGED_DUTIES.en}",
            ),
        )
    if custodian_id in set(final_approver_ids):
        return Objection(
            "PRESSER_APPROVED",
            Text(
                f"盖章人不能是本申请的终审人，请由其他保管人开柜。{_MERGED_DUTIES.zh}",
                f"The presser must not be the final approver. {_MERGED_DUTIES.en}",
            ),
        )
    return None


def is_past(now: int, *, status: str, confirm_by: int, closes_by: int | None) -> bool:
    """Whether an opening's time is over: not confirmed in time, or open beyond its session."""
    if status == "pending":
        return now > confirm_by
    return status == "open" and closes_by is not None and now > closes_by
