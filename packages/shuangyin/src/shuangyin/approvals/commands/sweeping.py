"""No request ever hangs: what ran out of time, lost its approver or lies still is found and moved on by rule.

Every finding is a transaction of its own and looks again before it acts, so that a sweep can be interrupted, repeated
and run by several processes at once. What no rule can move is marked for the page of stuck requests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import exists, or_, select

from evidencelog.entry import JsonValue
from shuangyin.approvals import queries
from shuangyin.approvals.commands.advancing import ask_instead, go_on, note_whether_stuck, stand_in
from shuangyin.approvals.commands.ending import end_route, end_step
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.directory import OrganizationDirectory
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.ports import delegates_of, subjects
from shuangyin.approvals.reading import definition_of
from shuangyin.approvals.rules import AssignmentStatus, SecondFactorRule
from shuangyin.approvals.rules.deadlines import on_timeout
from shuangyin.approvals.rules.definitions import OnTimeout
from shuangyin.approvals.rules.planning import replacement_for
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)

AT_ONCE = 500
TIMED_OUT = "timed_out"
LOST = "no_open_step"
REMIND_AGAIN_MS = 24 * 3_600_000
"""How long after a reminder the next one goes out."""


def sweep(platform: Platform) -> int:
    """Look after everything that runs; returns how much was moved or marked."""
    moved = 0
    for found, act in (
        (_persons_gone, _replace_person),
        (_absences_over, _give_back),
        (_absences_begun, _delegate),
        (_steps_due, _run_out),
        (_steps_without_persons, _mark),
        (_routes_without_step, _push),
    ):
        for one in platform.view(found):
            moved += _in_its_own(platform, act, one)
    return moved


def _in_its_own(platform: Platform, act: Callable[[UnitOfWork, str], bool], one: str) -> int:
    try:
        return int(platform.transact(lambda work: act(work, one)))
    except ShuangyinError as error:
        # One that cannot be moved must not keep the others waiting; the next sweep looks at it again.
        _log.warning("approvals.sweep_failed", id=one, error_code=error.code)
        return 0


def _persons_gone(work: UnitOfWork) -> list[str]:
    """Open parts of persons who have left or lost the right to approve."""
    directories: dict[str, OrganizationDirectory] = {}
    gone = []
    for organization_id, person_id in _persons_asked(work):
        directory = directories.setdefault(organization_id, OrganizationDirectory(work, organization_id))
        if not directory.may_decide(person_id):
            gone.append(person_id)
    return _open_parts_of(work, gone)


def _replace_person(work: UnitOfWork, assignment_id: str) -> bool:
    found = _open_part(work, assignment_id)
    if found is None:
        return False
    assignment, step, route = found
    directory = OrganizationDirectory(work, step.organization_id)
    if directory.may_decide(assignment.person_id):
        return False
    there = {one.person_id: one for one in queries.assignments_of(work, [step.id])}
    taken = {key for key, row in there.items() if row.status != AssignmentStatus.REMOVED}
    chosen = replacement_for(
        definition_of(step.definition),
        directory.superiors_of(assignment.person_id),
        excluded={step.barred_person_id, route.started_by, *taken},
    )
    assignment.status = AssignmentStatus.REMOVED
    facts: dict[str, JsonValue] = {"step": step.id, "person": assignment.person_id, "to": chosen}
    entry_id = tell(work, _system(route), route, "approvals.reassigned", facts)
    if chosen is not None:
        ask_instead(work, step, assignment, chosen, source="superior", entry_id=entry_id, there=there)
    step.changes += 1
    work.session.flush()
    note_whether_stuck(work, route, step)
    return True


def _absences_over(work: UnitOfWork) -> list[str]:
    """Parts that somebody else is asked for although the absent person is back."""
    rows = work.session.scalars(
        select(ApprovalAssignment)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .where(
            ApprovalAssignment.status == AssignmentStatus.DELEGATED, ApprovalStep.status == StepStatus.OPEN
        )
        .limit(AT_ONCE)
    )
    return [one.id for one in rows if not delegates_of(work, one.person_id, work.now)]


def _give_back(work: UnitOfWork, assignment_id: str) -> bool:
    assignment = work.session.get_one(ApprovalAssignment, assignment_id)
    step = _locked_step(work, assignment.step_id)
    if step.status != StepStatus.OPEN or assignment.status != AssignmentStatus.DELEGATED:
        return False
    if delegates_of(work, assignment.person_id, work.now):
        return False
    route = queries.route(work, step.route_id)
    for one in queries.assignments_of(work, [step.id]):
        if one.on_behalf_of == assignment.person_id and one.source == "delegate":
            if one.status != AssignmentStatus.OPEN:
                return False
            one.status = AssignmentStatus.REMOVED
    assignment.status = AssignmentStatus.OPEN
    tell(work, _system(route), route, "approvals.given_back", {"step": step.id, "to": assignment.person_id})
    step.changes += 1
    work.session.flush()
    note_whether_stuck(work, route, step)
    return True


def _absences_begun(work: UnitOfWork) -> list[str]:
    """Open parts of persons who have become absent since they were asked."""
    absent = [one for _, one in _persons_asked(work) if delegates_of(work, one, work.now)]
    return _open_parts_of(work, absent)


def _delegate(work: UnitOfWork, assignment_id: str) -> bool:
    found = _open_part(work, assignment_id)
    if found is None:
        return False
    assignment, step, route = found
    return stand_in(work, route, step, assignment)


def _steps_due(work: UnitOfWork) -> list[str]:
    """Open steps past their time that nothing was done about, or that are to be reminded of again."""
    query = select(ApprovalStep.id).where(
        ApprovalStep.status == StepStatus.OPEN,
        ApprovalStep.due_at <= work.now,
        or_(ApprovalStep.acted_at.is_(None), ApprovalStep.acted_at <= work.now - REMIND_AGAIN_MS),
    )
    return list(work.session.scalars(query.limit(AT_ONCE)))


def _run_out(work: UnitOfWork, step_id: str) -> bool:
    step = _locked_step(work, step_id)
    if step.status != StepStatus.OPEN or step.due_at is None or step.due_at > work.now:
        return False
    route = queries.route(work, step.route_id)
    definition = definition_of(step.definition)
    timeout = definition.timeout if definition is not None else None
    each = SecondFactorRule(step.second_factor).each_time
    then = on_timeout(timeout, high_risk=route.high_risk, asks_each_time=each)
    if step.acted_at is not None:
        then = OnTimeout.REMIND
    step.acted_at = work.now
    actor = _system(route)
    waiting: list[JsonValue] = list(queries.waiting_for(work, route.id))
    facts: dict[str, JsonValue] = {"step": step.id, "then": then.value, "persons": waiting}
    tell(work, actor, route, "approvals.timed_out", facts)
    if then is OnTimeout.TRANSFER:
        _to_superiors(work, route, step)
    elif then is OnTimeout.PASS:
        end_step(work, step, StepStatus.APPROVED, ended_as=TIMED_OUT)
        go_on(work, actor, route)
    elif then is OnTimeout.REFUSE:
        end_step(work, step, StepStatus.REJECTED, ended_as=TIMED_OUT)
        end_route(work, route, RouteStatus.REJECTED)
        subjects(work).handler(route.subject_type).rejected(work, actor, route.subject_id)
    else:
        step.changes += 1
    work.session.flush()
    return True


def _to_superiors(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep) -> None:
    """Ask the superior of each who has not answered; who has none above him stays asked."""
    directory = OrganizationDirectory(work, step.organization_id)
    for one in queries.assignments_of(work, [step.id]):
        if one.status != AssignmentStatus.OPEN:
            continue
        there = {row.person_id: row for row in queries.assignments_of(work, [step.id])}
        taken = {key for key, row in there.items() if row.status != AssignmentStatus.REMOVED}
        excluded = {step.barred_person_id, route.started_by, *taken}
        chosen = next((up for up in directory.superiors_of(one.person_id) if up not in excluded), None)
        if chosen is None:
            continue
        one.status = AssignmentStatus.TRANSFERRED
        facts: dict[str, JsonValue] = {"step": step.id, "person": one.person_id, "to": chosen}
        entry_id = tell(work, _system(route), route, "approvals.reassigned", facts)
        ask_instead(work, step, one, chosen, source="superior", entry_id=entry_id, there=there)


def _steps_without_persons(work: UnitOfWork) -> list[str]:
    """Open steps of running routes that ask nobody and are not marked yet."""
    asked = exists().where(
        ApprovalAssignment.step_id == ApprovalStep.id, ApprovalAssignment.status == AssignmentStatus.OPEN
    )
    query = (
        select(ApprovalStep.id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(
            ApprovalStep.status == StepStatus.OPEN,
            ApprovalRoute.stuck_since.is_(None),
            ApprovalRoute.status == RouteStatus.RUNNING,
            ~asked,
        )
    )
    return list(work.session.scalars(query.limit(AT_ONCE)))


def _mark(work: UnitOfWork, step_id: str) -> bool:
    step = _locked_step(work, step_id)
    route = queries.route(work, step.route_id)
    if step.status != StepStatus.OPEN or route.stuck_since is not None:
        return False
    note_whether_stuck(work, route, step)
    return True


def _routes_without_step(work: UnitOfWork) -> list[str]:
    """Running routes in which no step is open; only a fault can leave one, and it is moved on all the same."""
    has_open = exists().where(
        ApprovalStep.route_id == ApprovalRoute.id, ApprovalStep.status == StepStatus.OPEN
    )
    query = select(ApprovalRoute.id).where(
        ApprovalRoute.running_slot.is_not(None), ApprovalRoute.stuck_since.is_(None), ~has_open
    )
    return list(work.session.scalars(query.limit(AT_ONCE)))


def _push(work: UnitOfWork, route_id: str) -> bool:
    route = work.session.get_one(ApprovalRoute, route_id, with_for_update=True)
    if route.status != RouteStatus.RUNNING or queries.open_step_of(work, route.id) is not None:
        return False
    if any(one.status == StepStatus.WAITING for one in queries.steps_of(work, route.id)):
        go_on(work, _system(route), route)
        return True
    # Every step has ended and nobody said so: a person has to look at that, not a rule.
    route.stuck_since = work.now
    route.stuck_reason = LOST
    tell(work, _system(route), route, "approvals.stuck", {"step": None})
    return True


def _persons_asked(work: UnitOfWork) -> list[tuple[str, str]]:
    """Organization and person of everybody who is asked now; few, however much they are asked."""
    query = (
        select(ApprovalAssignment.organization_id, ApprovalAssignment.person_id)
        .where(ApprovalAssignment.status == AssignmentStatus.OPEN)
        .distinct()
    )
    return [(one, other) for one, other in work.session.execute(query).tuples()]


def _open_parts_of(work: UnitOfWork, person_ids: Sequence[str]) -> list[str]:
    if not person_ids:
        return []
    query = select(ApprovalAssignment.id).where(
        ApprovalAssignment.person_id.in_(person_ids),
        ApprovalAssignment.status == AssignmentStatus.OPEN,
        ApprovalAssignment.source != "delegate",
    )
    return list(work.session.scalars(query.limit(AT_ONCE)))


def _open_part(
    work: UnitOfWork, assignment_id: str
) -> tuple[ApprovalAssignment, ApprovalStep, ApprovalRoute] | None:
    assignment = work.session.get_one(ApprovalAssignment, assignment_id)
    step = _locked_step(work, assignment.step_id)
    work.session.refresh(assignment)
    if step.status != StepStatus.OPEN or assignment.status != AssignmentStatus.OPEN:
        return None
    return assignment, step, queries.route(work, step.route_id)


def _locked_step(work: UnitOfWork, step_id: str) -> ApprovalStep:
    return work.session.get_one(ApprovalStep, step_id, with_for_update=True, populate_existing=True)


def _system(route: ApprovalRoute) -> Actor:
    return system_actor(route.organization_id)
