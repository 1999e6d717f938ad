"""Write down what the dates already say: which version came into force, and which one it superseded."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from shuangyin.core.actor import system_actor
from shuangyin.core.jobs import ClaimedJob
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.scenarios.commands.drafting import record_list
from shuangyin.scenarios.models import ListStatus, ScenarioList
from shuangyin.scenarios.terms import Term

SETTLE_JOB = "scenarios.settle"


def settle(work: UnitOfWork, organization_id: str) -> int:
    """Bring the rows in line with their dates; returns how many changed. Doing it twice changes nothing more."""
    rows = work.session.scalars(
        select(ScenarioList)
        .where(
            ScenarioList.organization_id == organization_id,
            ScenarioList.status.in_((ListStatus.APPROVED, ListStatus.IN_FORCE)),
        )
        .order_by(ScenarioList.valid_from, ScenarioList.approved_at)
    ).all()
    changed = 0
    for row in rows:
        if row.valid_until is not None and row.valid_until <= work.now and row.status == ListStatus.IN_FORCE:
            _supersede(work, row)
            changed += 1
    for row in rows:
        if row.status != ListStatus.APPROVED or row.valid_from is None or row.valid_from > work.now:
            continue
        ended = row.valid_until is not None and row.valid_until <= work.now
        if row.valid_until != row.valid_from:
            _enforce(work, row, slot=not ended)
        if ended:
            _supersede(work, row)
        changed += 1
    return changed


def apply_terms(work: UnitOfWork, organization_id: str, terms: Sequence[Term]) -> None:
    """Store the spans of the versions they name."""
    rows = {
        row.id: row
        for row in work.session.scalars(
            select(ScenarioList).where(
                ScenarioList.organization_id == organization_id,
                ScenarioList.id.in_([term.list_id for term in terms]),
            )
        )
    }
    for term in terms:
        row = rows[term.list_id]
        row.valid_from, row.valid_until = term.start, term.end
        if term.end == term.start and row.status == ListStatus.APPROVED:
            _supersede(work, row)
    work.session.flush()


def run_settling(platform: Platform, job: ClaimedJob) -> None:
    """The job at the instant a scheduled version comes into force."""
    organization_id = job.organization_id
    if organization_id is not None:
        platform.transact(lambda work: settle(work, organization_id))


def _enforce(work: UnitOfWork, row: ScenarioList, *, slot: bool) -> None:
    row.status = ListStatus.IN_FORCE
    row.in_force_slot = row.organization_id if slot else None
    work.session.flush()
    record_list(
        work,
        system_actor(row.organization_id),
        row,
        "scenarios.enforced",
        {"valid_from": row.valid_from, "valid_until": row.valid_until, "approved_by": row.approved_by},
    )


def _supersede(work: UnitOfWork, row: ScenarioList) -> None:
    row.status = ListStatus.SUPERSEDED
    row.in_force_slot = None
    work.session.flush()
    record_list(
        work,
        system_actor(row.organization_id),
        row,
        "scenarios.superseded",
        {"valid_until": row.valid_until},
    )
