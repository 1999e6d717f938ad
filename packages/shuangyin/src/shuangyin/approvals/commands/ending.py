"""How steps and routes end, and how a step comes to be decided again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import update

from shuangyin.approvals import queries
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.rules import AssignmentStatus
from shuangyin.core.unit_of_work import UnitOfWork

_LIVE = (AssignmentStatus.OPEN, AssignmentStatus.WAITING)
_AGAIN = (*_LIVE, AssignmentStatus.DECIDED, AssignmentStatus.CLOSED)


def end_step(
    work: UnitOfWork, step: ApprovalStep, status: StepStatus, *, ended_as: str | None = None
) -> None:
    """End a step; whoever was still asked is asked no more."""
    step.status = status
    step.ended_at = work.now
    step.ended_as = ended_as
    close(queries.assignments_of(work, [step.id]))
    work.session.flush()


def end_route(work: UnitOfWork, route: ApprovalRoute, status: RouteStatus) -> None:
    """End a route with whatever of it is not decided."""
    route.status = status
    route.ended_at = work.now
    route.running_slot = None
    route.stuck_since = route.stuck_reason = None
    route.replaceable_by = None
    steps = queries.steps_of(work, route.id)
    close(queries.assignments_of(work, [step.id for step in steps]))
    for step in steps:
        if step.status in (StepStatus.OPEN, StepStatus.WAITING):
            step.status = StepStatus.CANCELLED
            step.ended_at = work.now
    work.session.flush()


def close(assignments: Sequence[ApprovalAssignment]) -> None:
    """Ask these persons no more, unless they have answered."""
    for one in assignments:
        if one.status in _LIVE:
            one.status = AssignmentStatus.CLOSED


def reset_step(work: UnitOfWork, step: ApprovalStep) -> list[str]:
    """Let a whole step be decided again, in a further turn; returns the decisions that no longer count.

    Stand-ins go: who is absent is asked about when the step opens. Who handed his part on stays out.
    """
    undone = supersede(work, step, None)
    step.status = StepStatus.WAITING
    step.turn += 1
    step.ended_at = step.ended_as = step.opened_at = None
    for one in queries.assignments_of(work, [step.id]):
        if one.on_behalf_of is not None and one.source == "delegate":
            one.status = AssignmentStatus.REMOVED
        elif one.status in _AGAIN or one.status == AssignmentStatus.DELEGATED:
            one.status = AssignmentStatus.WAITING
    work.session.flush()
    return undone


def pause_step(work: UnitOfWork, step: ApprovalStep) -> None:
    """Let an open step wait until it is its turn again; what was said in it stands."""
    step.status = StepStatus.WAITING
    step.turn += 1
    step.opened_at = None
    for one in queries.assignments_of(work, [step.id]):
        if one.status == AssignmentStatus.OPEN:
            one.status = AssignmentStatus.WAITING
    work.session.flush()


def supersede(work: UnitOfWork, step: ApprovalStep, person_ids: Collection[str] | None) -> list[str]:
    """Let decisions of a step count no longer (of these persons, or all); returns their ids, which are to be recorded."""
    query = update(ApprovalDecision).where(
        ApprovalDecision.step_id == step.id, ApprovalDecision.superseded_at.is_(None)
    )
    if person_ids is not None:
        query = query.where(ApprovalDecision.person_id.in_(list(person_ids)))
    done = work.session.execute(query.values(superseded_at=work.now).returning(ApprovalDecision.id))
    return sorted(done.scalars())
