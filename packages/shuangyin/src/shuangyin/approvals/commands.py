"""Start a route, decide its steps, and what else can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.ports import Subject, subjects
from shuangyin.approvals.rules import (
    Asked,
    AssignmentStatus,
    DecisionKind,
    SecondFactorRule,
    StepMode,
    StepPlan,
    StepResult,
    decision_slot,
    first_asked,
    outcome_of,
)
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands import require_second_factor
from shuangyin.people.queries import display, holds_permission

ACT = "approvals.decide"
URGE_AGAIN_MS = 30 * 60_000
"""How long the starter waits before urging again, so that urging stays worth reading."""


def start(
    work: UnitOfWork, actor: Actor, *, subject: Subject, steps: Sequence[StepPlan], binding: str
) -> ApprovalRoute:
    """Start the approval of a subject and open its first step. Raises Refused when a step has nobody to decide it."""
    for plan in steps:
        if not [person for person in plan.person_ids if person != plan.barred_person_id]:
            raise errors.no_approver(plan.name_zh, plan.name_en)
    route = ApprovalRoute(
        id=work.new_id(),
        organization_id=actor.organization_id,
        subject_type=subject.type,
        subject_id=subject.id,
        title=subject.title,
        status=RouteStatus.RUNNING,
        binding=binding,
        started_by=actor.person_id,
        started_at=work.now,
        running_slot=f"{subject.type}:{subject.id}"[:65],
    )
    work.session.add(route)
    work.session.flush()
    for position, plan in enumerate(steps, start=1):
        _add_step(work, route, position, plan)
    facts: dict[str, JsonValue] = {"binding": binding, "steps": [_plan_facts(plan) for plan in steps]}
    _record(work, actor, route, "approvals.started", facts)
    _open_next(work, route)
    return route


def decide(
    work: UnitOfWork,
    actor: Actor,
    step_id: str,
    *,
    decision: DecisionKind,
    comment: str,
    binding: str,
    proof: str | None,
    expected: int | None = None,
) -> ApprovalStep:
    """Decide a step for oneself.

    The decision is bound to what was shown: `binding` must be the route's, and the subject must still be that. Of
    two persons who decide a 或签 step at the same moment one wins and the other gets Conflict (STEP_DECIDED) that
    names him. Raises Forbidden (STEP_UP_REQUIRED) without the second factor that the step asks for.
    """
    actor.require("approvals.decide")
    step, route, assignment = _mine(work, actor, step_id)
    _require_open(work, step, route, assignment)
    if expected is not None and expected != step.version:
        raise stale_version()
    if step.barred_person_id == actor.person_id:
        raise errors.separation()
    handler = subjects(work).handler(route.subject_type)
    if binding != route.binding or handler.current_binding(work, route.subject_id) != route.binding:
        raise errors.binding_changed()
    comment = comment.strip()
    if decision is not DecisionKind.APPROVE and not comment:
        raise errors.comment_required()
    used = require_second_factor(
        work,
        actor,
        act=ACT,
        subject=f"{step.id}:{binding}",
        proof=proof,
        strength=SecondFactorRule(step.second_factor).value,
    )
    _write_decision(work, actor, route, step, decision=decision, comment=comment, factor=used.kind)
    assignment.status = AssignmentStatus.DECIDED
    _advance(work, actor, route, step, decision)
    work.session.flush()
    return step


def withdraw(work: UnitOfWork, actor: Actor, route_id: str, *, reason: str) -> ApprovalRoute:
    """End a running route because its starter takes the subject back. Raises Conflict when it has ended."""
    route = _running(work, actor, route_id)
    if route.started_by != actor.person_id:
        raise errors.no_such_route()
    _end(work, route, RouteStatus.WITHDRAWN)
    _record(work, actor, route, "approvals.withdrawn", {"reason": digest_of(reason)})
    return route


def urge(work: UnitOfWork, actor: Actor, route_id: str) -> ApprovalRoute:
    """Remind those who are asked. Raises Conflict (URGED_LATELY) within half an hour of the last time."""
    route = _running(work, actor, route_id)
    if route.started_by != actor.person_id:
        raise errors.no_such_route()
    if route.urged_at is not None and work.now < route.urged_at + URGE_AGAIN_MS:
        left = route.urged_at + URGE_AGAIN_MS - work.now
        raise errors.urged_lately(-(-left // 60_000))
    route.urged_at = work.now
    waiting: list[JsonValue] = list(queries.waiting_for(work, route.id))
    _record(work, actor, route, "approvals.urged", {"persons": waiting})
    return route


def transfer(
    work: UnitOfWork, actor: Actor, step_id: str, *, to_person_id: str, reason: str, expected: int | None
) -> ApprovalStep:
    """Hand one's part of an open step to another person with the right to approve (转交).

    Raises Refused (CANNOT_TRANSFER, SEPARATION_OF_DUTIES).
    """
    actor.require("approvals.decide")
    step, route, assignment = _mine(work, actor, step_id)
    _require_open(work, step, route, assignment)
    if expected is not None and expected != step.version:
        raise stale_version()
    if step.barred_person_id == to_person_id:
        raise errors.separation()
    there = {one.person_id for one in queries.assignments_of(work, [step.id])}
    if to_person_id in there or not holds_permission(
        work, actor.organization_id, to_person_id, "approvals.decide"
    ):
        raise errors.cannot_transfer()
    assignment.status = AssignmentStatus.TRANSFERRED
    entry_id = _record(
        work,
        actor,
        route,
        "approvals.transferred",
        {"step": step.id, "to": to_person_id, "reason": digest_of(reason)},
    )
    work.session.add(
        ApprovalAssignment(
            id=work.new_id(),
            organization_id=step.organization_id,
            step_id=step.id,
            person_id=to_person_id,
            position=assignment.position,
            transferred_from=actor.person_id,
            note=reason,
            entry_id=entry_id,
            status=AssignmentStatus.OPEN,
        )
    )
    # The step itself is touched so that its version rises: who read the old list of persons is told.
    step.changes += 1
    work.session.flush()
    return step


def _add_step(work: UnitOfWork, route: ApprovalRoute, position: int, plan: StepPlan) -> None:
    step = ApprovalStep(
        id=work.new_id(),
        organization_id=route.organization_id,
        route_id=route.id,
        position=position,
        name_zh=plan.name_zh,
        name_en=plan.name_en,
        mode=plan.mode,
        second_factor=plan.second_factor,
        status=StepStatus.WAITING,
        due_at=plan.due_at,
        barred_person_id=plan.barred_person_id,
        changes=0,
    )
    work.session.add(step)
    work.session.flush()
    persons = dict.fromkeys(person for person in plan.person_ids if person != plan.barred_person_id)
    work.session.add_all(
        ApprovalAssignment(
            id=work.new_id(),
            organization_id=route.organization_id,
            step_id=step.id,
            person_id=person_id,
            position=order,
            status=AssignmentStatus.WAITING,
        )
        for order, person_id in enumerate(persons, start=1)
    )
    work.session.flush()


def _open_next(work: UnitOfWork, route: ApprovalRoute) -> bool:
    """Open the first waiting step; False when there is none left."""
    step = work.session.scalar(
        select(ApprovalStep)
        .where(ApprovalStep.route_id == route.id, ApprovalStep.status == StepStatus.WAITING)
        .order_by(ApprovalStep.position)
        .limit(1)
    )
    if step is None:
        return False
    step.status = StepStatus.OPEN
    step.opened_at = work.now
    asked = queries.assignments_of(work, [step.id])
    opened = first_asked(StepMode(step.mode), [one.person_id for one in asked])
    for one in asked:
        if one.person_id in opened:
            one.status = AssignmentStatus.OPEN
    work.session.flush()
    return True


def _mine(
    work: UnitOfWork, actor: Actor, step_id: str
) -> tuple[ApprovalStep, ApprovalRoute, ApprovalAssignment]:
    # The row lock makes two deciders on PostgreSQL take turns; on SQLite every writer does.
    step = work.session.scalar(
        select(ApprovalStep)
        .where(ApprovalStep.id == step_id, ApprovalStep.organization_id == actor.organization_id)
        .with_for_update()
    )
    if step is None:
        raise errors.no_such_step()
    assignment = work.session.scalar(
        select(ApprovalAssignment).where(
            ApprovalAssignment.step_id == step.id, ApprovalAssignment.person_id == actor.person_id
        )
    )
    if assignment is None:
        raise errors.no_such_step()
    return step, work.session.get_one(ApprovalRoute, step.route_id), assignment


def _require_open(
    work: UnitOfWork, step: ApprovalStep, route: ApprovalRoute, assignment: ApprovalAssignment
) -> None:
    is_open = (route.status, step.status) == (RouteStatus.RUNNING, StepStatus.OPEN)
    if is_open and assignment.status == AssignmentStatus.OPEN:
        return
    last = work.session.scalar(
        select(ApprovalDecision)
        .where(ApprovalDecision.step_id == step.id)
        .order_by(ApprovalDecision.id.desc())
        .limit(1)
    )
    if last is None or (is_open and assignment.status != AssignmentStatus.DECIDED):
        raise errors.not_open()
    who = display(work, [last.person_id]).get(last.person_id)
    raise errors.already_decided(who.name if who else "—", last.person_id, last.decision, last.decided_at)


def _write_decision(
    work: UnitOfWork,
    actor: Actor,
    route: ApprovalRoute,
    step: ApprovalStep,
    *,
    decision: DecisionKind,
    comment: str,
    factor: str,
) -> None:
    decision_id = work.new_id()
    facts: dict[str, JsonValue] = {
        "decision_id": decision_id,
        "step": step.id,
        "position": step.position,
        "decision": decision.value,
        "binding": route.binding,
        "second_factor": factor,
        "comment": digest_of(comment) if comment else None,
    }
    entry_id = _record(work, actor, route, "approvals.decided", facts)
    work.session.add(
        ApprovalDecision(
            id=decision_id,
            organization_id=step.organization_id,
            step_id=step.id,
            person_id=actor.person_id,
            decision=decision,
            comment=comment,
            decided_at=work.now,
            binding=route.binding,
            second_factor=factor,
            entry_id=entry_id,
            slot=decision_slot(StepMode(step.mode), step.id, actor.person_id),
        )
    )
    work.session.flush()


def _advance(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, step: ApprovalStep, decision: DecisionKind
) -> None:
    assignments = queries.assignments_of(work, [step.id])
    asked = [Asked(one.person_id, one.position, AssignmentStatus(one.status)) for one in assignments]
    outcome = outcome_of(StepMode(step.mode), asked, actor.person_id, decision)
    handler = subjects(work).handler(route.subject_type)
    if outcome.result is StepResult.CONTINUES:
        for one in assignments:
            if one.person_id == outcome.next_person_id:
                one.status = AssignmentStatus.OPEN
        step.changes += 1
        return
    step.status = StepStatus(outcome.result.value)
    step.ended_at = work.now
    _close_assignments(assignments)
    work.session.flush()
    if outcome.result is StepResult.REJECTED:
        _end(work, route, RouteStatus.REJECTED)
        handler.rejected(work, actor, route.subject_id)
    elif outcome.result is StepResult.SENT_BACK:
        _end(work, route, RouteStatus.SENT_BACK)
        handler.sent_back(work, actor, route.subject_id)
    elif not _open_next(work, route):
        _end(work, route, RouteStatus.APPROVED)
        handler.approved(work, actor, route.subject_id)


def _close_assignments(assignments: Sequence[ApprovalAssignment]) -> None:
    for one in assignments:
        if one.status in (AssignmentStatus.OPEN, AssignmentStatus.WAITING):
            one.status = AssignmentStatus.CLOSED


def _running(work: UnitOfWork, actor: Actor, route_id: str) -> ApprovalRoute:
    route = work.session.scalar(
        select(ApprovalRoute)
        .where(ApprovalRoute.id == route_id, ApprovalRoute.organization_id == actor.organization_id)
        .with_for_update()
    )
    if route is None or not subjects(work).handler(route.subject_type).may_read(
        work, actor, route.subject_id
    ):
        raise errors.no_such_route()
    if route.status != RouteStatus.RUNNING:
        raise errors.not_running()
    return route


def _end(work: UnitOfWork, route: ApprovalRoute, status: RouteStatus) -> None:
    route.status = status
    route.ended_at = work.now
    route.running_slot = None
    steps = queries.steps_of(work, route.id)
    _close_assignments(queries.assignments_of(work, [step.id for step in steps]))
    for step in steps:
        if step.status in (StepStatus.OPEN, StepStatus.WAITING):
            step.status = StepStatus.CANCELLED
            step.ended_at = work.now
    work.session.flush()


def _plan_facts(plan: StepPlan) -> JsonValue:
    return {
        "mode": plan.mode.value,
        "second_factor": plan.second_factor.value,
        "persons": list(plan.person_ids),
    }


def _record(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, kind: str, facts: Mapping[str, JsonValue]
) -> str:
    entry = record(
        work,
        actor,
        kind=kind,
        subject_type=route.subject_type,
        subject_id=route.subject_id,
        facts={"route": route.id, **facts},
    )
    return entry.id
