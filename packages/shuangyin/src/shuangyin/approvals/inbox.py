"""The lists of an approver: what waits for him, what he decided, what he was sent, what he started.

Each is one walk along an index, a page at a time (keyset paging), whatever the size of the tables: a page costs a fixed
number of queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalConsultation,
    ApprovalCopy,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.rules import AssignmentStatus
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One line of 待办 or 已办; `key` is what the list is ordered by."""

    key: str
    step: ApprovalStep
    route: ApprovalRoute
    decision: ApprovalDecision | None
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One line of 抄送给我 or 我发起: a route with the step that is open, and the copy."""

    key: str
    route: ApprovalRoute
    step: ApprovalStep | None
    copied: ApprovalCopy | None = None


@dataclass(frozen=True, slots=True)
class ConsultedRow:
    """One line of 征询我的."""

    key: str
    asked: ApprovalConsultation
    step: ApprovalStep
    route: ApprovalRoute


def todo(work: UnitOfWork, actor: Actor, *, after: str | None, limit: int) -> list[InboxRow]:
    """Steps that wait for the actor, the longest waiting first."""
    query = (
        select(ApprovalAssignment.id, ApprovalStep, ApprovalRoute, ApprovalAssignment.on_behalf_of)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(
            ApprovalAssignment.person_id == actor.person_id,
            ApprovalAssignment.status == AssignmentStatus.OPEN,
        )
        .order_by(ApprovalAssignment.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(ApprovalAssignment.id > after)
    rows = work.session.execute(query).tuples()
    return [InboxRow(key, step, route, None, behalf) for key, step, route, behalf in rows]


def done(work: UnitOfWork, actor: Actor, *, before: str | None, limit: int) -> list[InboxRow]:
    """What the actor has decided, newest first."""
    query = (
        select(ApprovalDecision, ApprovalStep, ApprovalRoute)
        .join(ApprovalStep, ApprovalStep.id == ApprovalDecision.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(ApprovalDecision.person_id == actor.person_id, ApprovalDecision.carried_from.is_(None))
        .order_by(ApprovalDecision.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ApprovalDecision.id < before)
    rows = work.session.execute(query).tuples()
    return [InboxRow(one.id, step, route, one, one.on_behalf_of) for one, step, route in rows]


def copied(work: UnitOfWork, actor: Actor, *, before: str | None, limit: int) -> list[RouteRow]:
    """What the actor was sent a copy of (抄送给我), newest first."""
    query = (
        select(ApprovalCopy, ApprovalRoute)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalCopy.route_id)
        .where(ApprovalCopy.person_id == actor.person_id)
        .order_by(ApprovalCopy.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ApprovalCopy.id < before)
    rows = list(work.session.execute(query).tuples())
    steps = _open_steps(work, [route for _, route in rows])
    return [RouteRow(copy.id, route, steps.get(route.id), copy) for copy, route in rows]


def started(work: UnitOfWork, actor: Actor, *, before: str | None, limit: int) -> list[RouteRow]:
    """The routes that the actor started (我发起), newest first."""
    query = select(ApprovalRoute).where(ApprovalRoute.started_by == actor.person_id)
    if before is not None:
        query = query.where(ApprovalRoute.id < before)
    rows = list(work.session.scalars(query.order_by(ApprovalRoute.id.desc()).limit(limit)))
    steps = _open_steps(work, rows)
    return [RouteRow(route.id, route, steps.get(route.id)) for route in rows]


def consulted(
    work: UnitOfWork, actor: Actor, *, before: str | None, limit: int, answered: bool
) -> list[ConsultedRow]:
    """The opinions that the actor was asked for (征询我的), newest first."""
    is_answered = ApprovalConsultation.answered_at.is_not(None)
    query = (
        select(ApprovalConsultation, ApprovalStep, ApprovalRoute)
        .join(ApprovalStep, ApprovalStep.id == ApprovalConsultation.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(
            ApprovalConsultation.person_id == actor.person_id,
            is_answered if answered else ApprovalConsultation.answered_at.is_(None),
        )
        .order_by(ApprovalConsultation.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ApprovalConsultation.id < before)
    rows = work.session.execute(query).tuples()
    return [ConsultedRow(asked.id, asked, step, route) for asked, step, route in rows]


def consulted_row(work: UnitOfWork, asked: ApprovalConsultation) -> ConsultedRow:
    """One opinion as a line of the list."""
    step = work.session.get_one(ApprovalStep, asked.step_id)
    return ConsultedRow(asked.id, asked, step, work.session.get_one(ApprovalRoute, step.route_id))


def stuck(work: UnitOfWork, organization_id: str, *, after: str | None, limit: int) -> list[RouteRow]:
    """Running routes that nobody can decide now, the oldest first."""
    query = select(ApprovalRoute).where(
        ApprovalRoute.stuck_since.is_not(None), ApprovalRoute.organization_id == organization_id
    )
    if after is not None:
        query = query.where(ApprovalRoute.id > after)
    rows = list(work.session.scalars(query.order_by(ApprovalRoute.id).limit(limit)))
    steps = _open_steps(work, rows)
    return [RouteRow(route.id, route, steps.get(route.id)) for route in rows]


def todo_count(work: UnitOfWork, actor: Actor) -> int:
    """How many steps wait for the actor."""
    query = (
        select(func.count())
        .select_from(ApprovalAssignment)
        .where(
            ApprovalAssignment.person_id == actor.person_id,
            ApprovalAssignment.status == AssignmentStatus.OPEN,
        )
    )
    return work.session.scalar(query) or 0


def consulted_count(work: UnitOfWork, actor: Actor) -> int:
    """How many opinions are awaited from the actor."""
    query = (
        select(func.count())
        .select_from(ApprovalConsultation)
        .where(ApprovalConsultation.person_id == actor.person_id, ApprovalConsultation.answered_at.is_(None))
    )
    return work.session.scalar(query) or 0


def stuck_count(work: UnitOfWork, organization_id: str) -> int:
    """How many running routes of the organization nobody can decide now."""
    query = (
        select(func.count())
        .select_from(ApprovalRoute)
        .where(ApprovalRoute.stuck_since.is_not(None), ApprovalRoute.organization_id == organization_id)
    )
    return work.session.scalar(query) or 0


def _open_steps(work: UnitOfWork, routes: Sequence[ApprovalRoute]) -> dict[str, ApprovalStep]:
    running = [one.id for one in routes if one.status == RouteStatus.RUNNING]
    if not running:
        return {}
    query = select(ApprovalStep).where(
        ApprovalStep.route_id.in_(running), ApprovalStep.status == StepStatus.OPEN
    )
    return {one.route_id: one for one in work.session.scalars(query)}
