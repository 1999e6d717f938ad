"""Reads of approvals."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from shuangyin.approvals import errors
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    StepStatus,
)
from shuangyin.approvals.ports import subjects
from shuangyin.approvals.rules import AssignmentStatus, DecisionKind
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One line of 待办 or 已办; `key` is what the list is ordered by."""

    key: str
    step: ApprovalStep
    route: ApprovalRoute
    decision: ApprovalDecision | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody said with an act: the words that the evidence entry holds only a digest of."""

    kind: str
    step_name_zh: str
    step_name_en: str
    comment: str


def todo(work: UnitOfWork, actor: Actor, *, after: str | None, limit: int) -> list[InboxRow]:
    """Steps that wait for the actor, the longest waiting first."""
    query = (
        select(ApprovalAssignment.id, ApprovalStep, ApprovalRoute)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(
            ApprovalAssignment.person_id == actor.person_id,
            ApprovalAssignment.status == AssignmentStatus.OPEN,
            ApprovalAssignment.organization_id == actor.organization_id,
        )
        .order_by(ApprovalAssignment.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(ApprovalAssignment.id > after)
    return [InboxRow(key, step, route, None) for key, step, route in work.session.execute(query).tuples()]


def done(work: UnitOfWork, actor: Actor, *, before: str | None, limit: int) -> list[InboxRow]:
    """What the actor has decided, newest first."""
    query = (
        select(ApprovalDecision, ApprovalStep, ApprovalRoute)
        .join(ApprovalStep, ApprovalStep.id == ApprovalDecision.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(
            ApprovalDecision.person_id == actor.person_id,
            ApprovalDecision.organization_id == actor.organization_id,
        )
        .order_by(ApprovalDecision.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ApprovalDecision.id < before)
    rows = work.session.execute(query).tuples()
    return [InboxRow(decision.id, step, route, decision) for decision, step, route in rows]


def todo_count(work: UnitOfWork, actor: Actor) -> int:
    """How many steps wait for the actor."""
    query = (
        select(func.count())
        .select_from(ApprovalAssignment)
        .where(
            ApprovalAssignment.person_id == actor.person_id,
            ApprovalAssignment.status == AssignmentStatus.OPEN,
            ApprovalAssignment.organization_id == actor.organization_id,
        )
    )
    return work.session.scalar(query) or 0


def step(work: UnitOfWork, actor: Actor, step_id: str) -> ApprovalStep:
    """One step, for those it asks and those who may read its subject. Raises NotFound."""
    found = work.session.scalar(
        select(ApprovalStep).where(
            ApprovalStep.id == step_id, ApprovalStep.organization_id == actor.organization_id
        )
    )
    if found is None:
        raise errors.no_such_step()
    route_of_step = route(work, found.route_id)
    if not subjects(work).handler(route_of_step.subject_type).may_read(work, actor, route_of_step.subject_id):
        raise errors.no_such_step()
    return found


def route(work: UnitOfWork, route_id: str) -> ApprovalRoute:
    """A route that another row refers to."""
    return work.session.get_one(ApprovalRoute, route_id)


def steps_of(work: UnitOfWork, route_id: str) -> list[ApprovalStep]:
    """The steps of a route, in order."""
    query = select(ApprovalStep).where(ApprovalStep.route_id == route_id)
    return list(work.session.scalars(query.order_by(ApprovalStep.position)))


def assignments_of(work: UnitOfWork, step_ids: Collection[str]) -> list[ApprovalAssignment]:
    """Who is asked at these steps, in order."""
    query = select(ApprovalAssignment).where(ApprovalAssignment.step_id.in_(set(step_ids)))
    return list(work.session.scalars(query.order_by(ApprovalAssignment.position, ApprovalAssignment.id)))


def decisions_of(work: UnitOfWork, step_ids: Collection[str]) -> list[ApprovalDecision]:
    """What was decided at these steps, in order of time."""
    query = select(ApprovalDecision).where(ApprovalDecision.step_id.in_(set(step_ids)))
    return list(work.session.scalars(query.order_by(ApprovalDecision.id)))


def waiting_for(work: UnitOfWork, route_id: str) -> list[str]:
    """The ids of the persons whose decision a route waits for."""
    return waiting_by_route(work, [route_id]).get(route_id, [])


def waiting_by_route(work: UnitOfWork, route_ids: Collection[str]) -> dict[str, list[str]]:
    """The ids of the persons whose decision each route waits for."""
    rows = work.session.execute(
        select(ApprovalStep.route_id, ApprovalAssignment.person_id)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .where(ApprovalStep.route_id.in_(set(route_ids)), ApprovalAssignment.status == AssignmentStatus.OPEN)
        .order_by(ApprovalAssignment.id)
    ).tuples()
    waiting: dict[str, list[str]] = {}
    for route_id, person_id in rows:
        waiting.setdefault(route_id, []).append(person_id)
    return waiting


def approvers_of(work: UnitOfWork, route_id: str | None) -> list[str]:
    """The ids of those who approved, in order of time, each once."""
    return _approved_by(work, route_id, last_step_only=False)


def final_approvers(work: UnitOfWork, route_id: str | None) -> list[str]:
    """The ids of those who approved the last step; empty before that."""
    return _approved_by(work, route_id, last_step_only=True)


def subjects_asked(person_id: str, subject_type: str) -> Select[tuple[str]]:
    """The ids of the subjects that a person is or was asked about, as a subquery."""
    return (
        select(ApprovalRoute.subject_id)
        .join(ApprovalStep, ApprovalStep.route_id == ApprovalRoute.id)
        .join(ApprovalAssignment, ApprovalAssignment.step_id == ApprovalStep.id)
        .where(ApprovalAssignment.person_id == person_id, ApprovalRoute.subject_type == subject_type)
    )


def timeline(work: UnitOfWork, organization_id: str, subject_type: str, subject_id: str) -> dict[str, Note]:
    """What was said in the approvals of a subject, by the evidence entry that records the act."""
    of_subject = (
        ApprovalRoute.organization_id == organization_id,
        ApprovalRoute.subject_type == subject_type,
        ApprovalRoute.subject_id == subject_id,
    )
    decided = work.session.execute(
        select(ApprovalDecision, ApprovalStep)
        .join(ApprovalStep, ApprovalStep.id == ApprovalDecision.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(*of_subject)
    ).tuples()
    notes = {
        decision.entry_id: Note(decision.decision, at.name_zh, at.name_en, decision.comment)
        for decision, at in decided
    }
    transferred = work.session.execute(
        select(ApprovalAssignment, ApprovalStep)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(*of_subject, ApprovalAssignment.entry_id.is_not(None))
    ).tuples()
    for assignment, at in transferred:
        if assignment.entry_id is not None:
            notes[assignment.entry_id] = Note("transfer", at.name_zh, at.name_en, assignment.note or "")
    return notes


def _approved_by(work: UnitOfWork, route_id: str | None, *, last_step_only: bool) -> list[str]:
    if route_id is None:
        return []
    steps = steps_of(work, route_id)
    if last_step_only:
        steps = [one for one in steps[-1:] if one.status == StepStatus.APPROVED]
    decided = decisions_of(work, [one.id for one in steps])
    return list(dict.fromkeys(one.person_id for one in decided if one.decision == DecisionKind.APPROVE))
