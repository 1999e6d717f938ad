"""What waits for the holder of an office moves to his successor, at the instant the office does."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.approvals import queries
from shuangyin.approvals.commands.advancing import ask_instead
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.rules import AssignmentStatus
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork

_WAITS = (AssignmentStatus.OPEN, AssignmentStatus.WAITING)


@dataclass(frozen=True, slots=True)
class Moved:
    """Routes of which a part moved, and those of which none could: the successor applied or is barred there."""

    moved: tuple[str, ...]
    stayed: tuple[str, ...]


def move_to_successor(work: UnitOfWork, actor: Actor, from_id: str, to_id: str) -> Moved:
    """Ask the successor in the place of the predecessor wherever he is asked now or would be later."""
    query = (
        select(ApprovalAssignment, ApprovalStep, ApprovalRoute)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(
            ApprovalAssignment.organization_id == actor.organization_id,
            ApprovalAssignment.person_id == from_id,
            ApprovalAssignment.status.in_(_WAITS),
            ApprovalStep.status.in_((StepStatus.OPEN, StepStatus.WAITING)),
            ApprovalRoute.status == RouteStatus.RUNNING,
        )
        .order_by(ApprovalAssignment.id)
    )
    moved, stayed = [], []
    for part, step, route in list(work.session.execute(query).tuples()):
        there = {one.person_id: one for one in queries.assignments_of(work, [step.id])}
        if to_id in (step.barred_person_id, route.started_by) or to_id in there:
            stayed.append(route.title)
            continue
        facts: dict[str, JsonValue] = {"step": step.id, "person": from_id, "to": to_id}
        entry_id = tell(work, actor, route, "approvals.reassigned", facts)
        status, part.status = part.status, AssignmentStatus.REMOVED
        ask_instead(work, step, part, to_id, source="transfer", entry_id=entry_id, there=there)
        if status == AssignmentStatus.WAITING:
            # A part that was not asked yet is not asked yet of the successor either.
            work.session.flush()
            asked = {one.person_id: one for one in queries.assignments_of(work, [step.id])}
            asked[to_id].status = AssignmentStatus.WAITING
        step.changes += 1
        moved.append(route.title)
    work.session.flush()
    return Moved(tuple(moved), tuple(stayed))
