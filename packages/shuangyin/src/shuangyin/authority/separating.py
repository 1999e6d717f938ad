"""On what the separation of duties of a request rests: nothing merged, an override, a small unit; or it is refused."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.authority.models import DutyOverride, SmallUnit
from shuangyin.authority.rules.duties import Duties, Verdict, verdict_on
from shuangyin.core.unit_of_work import UnitOfWork


def verdict(work: UnitOfWork, organization_id: str, subject_id: str, duties: Duties) -> Verdict:
    """Whether these duties of a request may meet in one person now, and on what that rests."""
    if not duties.merged:
        return "separate"
    override = override_of(work, subject_id, duties.presser_id)
    return verdict_on(
        duties,
        overridden=override is not None and override.basis == "override",
        small_unit=small_unit_of(work, organization_id) is not None,
    )


def override_of(work: UnitOfWork, subject_id: str, person_id: str) -> DutyOverride | None:
    """The override that a person has for a request."""
    return work.session.scalar(
        select(DutyOverride).where(DutyOverride.subject_id == subject_id, DutyOverride.person_id == person_id)
    )


def small_unit_of(work: UnitOfWork, organization_id: str) -> SmallUnit | None:
    """The registration of the organization as a small unit that holds now."""
    return work.session.scalar(select(SmallUnit).where(SmallUnit.open_slot == organization_id))
