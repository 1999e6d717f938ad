"""The separation of duties, and who may review what was done without it. Pure.

For a high-risk use applicant, final approver and presser are three persons. A registered small unit makes do with
two. An override lets one named person do two duties of one request; what it rests on is reviewed afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from shuangyin.authority.rules.grants import Objection
from shuangyin.core.text import Text

SMALL_UNIT_MOST = 10
"""A unit of more persons has enough of them to keep its duties apart."""
REVIEW_WORKING_DAYS = 5
"""Within so many working days an override, merged duties or an emergency is reviewed."""

Verdict = Literal["separate", "override", "small_unit", "mixed"]


@dataclass(frozen=True, slots=True)
class Duties:
    """Who did or would do what of one request."""

    applicant_id: str
    final_approver_ids: frozenset[str]
    presser_id: str

    @property
    def merged(self) -> bool:
        """Whether the presser applied, or approved last."""
        return self.presser_id == self.applicant_id or self.presser_id in self.final_approver_ids

    @property
    def persons(self) -> frozenset[str]:
        return self.final_approver_ids | {self.applicant_id, self.presser_id}


def verdict_on(duties: Duties, *, overridden: bool, small_unit: bool) -> Verdict:
    """Whether these duties may meet in one person, and on what that rests. `mixed` is refused."""
    if not duties.merged:
        return "separate"
    if overridden:
        return "override"
    return "small_unit" if small_unit and len(duties.persons) > 1 else "mixed"


def objection_to_override(
    *, giver_id: str, person_id: str, applicant_id: str, approver_ids: Collection[str]
) -> Objection | None:
    """Why an override cannot be given: nobody gives it to himself, and one person alone is no second pair of eyes."""
    if giver_id == person_id:
        return _SENTENCES["OVERRIDE_SELF"]
    if person_id not in {applicant_id, *approver_ids}:
        return _SENTENCES["OVERRIDE_NEEDLESS"]
    return None


def objection_to_small_unit(*, headcount: int, reviewer_id: str, registered_by: str) -> Objection | None:
    """Why a unit cannot be registered as a small one."""
    if headcount > SMALL_UNIT_MOST:
        return _SENTENCES["UNIT_NOT_SMALL"]
    if headcount < 2:  # two persons are what the duties are merged into
        return _SENTENCES["UNIT_OF_ONE"]
    return None if reviewer_id != registered_by else _SENTENCES["REVIEW_OWN"]


def objection_to_reviewer(
    reviewer_id: str, *, named_id: str | None, barred_ids: Collection[str]
) -> Objection | None:
    """Why a person cannot review: he took part, or somebody else was named."""
    if reviewer_id in barred_ids:
        return _SENTENCES["REVIEW_OWN"]
    if named_id is not None and reviewer_id != named_id:
        return _SENTENCES["REVIEW_OTHERS"]
    return None


_SENTENCES: Mapping[str, Objection] = {
    code: Objection(code, Text(zh, en))
    for code, (zh, en) in {
        "OVERRIDE_SELF": ("不能为自己放行职责分离。", "Nobody lifts the separation of duties for himself."),
        "OVERRIDE_NEEDLESS": (
            "该人员既非申请人也非终审人，无需放行。",
            "This person neither applied nor approved last; there is nothing to lift.",
        ),
        "UNIT_NOT_SMALL": (
            f"在岗人员超过 {SMALL_UNIT_MOST} 人，不能登记为小型单位。",
            f"The unit has more than {SMALL_UNIT_MOST} persons and is no small unit.",
        ),
        "UNIT_OF_ONE": (
            "职责至少由两人分担，请先登记另一名人员。",
            "Two persons share the duties at least; add another person first.",
        ),
        "REVIEW_OWN": (
            "参与办理的人不能做事后复核，请由其他人复核。",
            "Who took part cannot review it; somebody else has to.",
        ),
        "REVIEW_OTHERS": ("该复核指定由他人办理。", "This review is somebody else's."),
    }.items()
}
