"""Start the approval of a subject; a resubmission keeps the decisions whose facts are what they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.commands.advancing import carry, go_on, is_settled
from shuangyin.approvals.commands.ending import end_step
from shuangyin.approvals.commands.revising import note_revision
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.ports import Subject
from shuangyin.approvals.reading import definition_json, definition_of, facts_json, parts_json, parts_of
from shuangyin.approvals.rules import (
    AssignmentStatus,
    DecisionKind,
    SecondFactorRule,
    StepPlan,
    factor_suffices,
)
from shuangyin.approvals.rules.changes import Difference, Part, concerns, differences
from shuangyin.approvals.rules.definitions import RouteFacts, WhenNobody
from shuangyin.approvals.rules.planning import SKIPPED
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork

CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class RouteOrigin:
    """Where a route comes from and what it is kept by while it runs.

    `parts` are what the binding covers; `facts` what the steps were planned by; `version_id` the version of a named
    route; `previous_id` the route that was sent back and is now submitted again.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    facts: RouteFacts | None = None
    high_risk: bool = False
    version_id: str | None = None
    previous_id: str | None = None


def start(
    work: UnitOfWork,
    actor: Actor,
    *,
    subject: Subject,
    steps: Sequence[StepPlan],
    binding: str,
    origin: RouteOrigin | None = None,
) -> ApprovalRoute:
    """Start the approval of a subject and open its first step.

    Raises Refused (NO_APPROVER) when a step has nobody to decide it and does not leave that to the administrator, or
    when the special cases leave no step at all.
    """
    origin = origin or RouteOrigin()
    _require_approvers(steps)
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
        high_risk=origin.high_risk,
        parts=parts_json(origin.parts) if origin.parts else None,
        facts=facts_json(origin.facts),
        definition_version_id=origin.version_id,
    )
    work.session.add(route)
    work.session.flush()
    for position, plan in enumerate(steps, start=1):
        _add_step(work, route, position, plan)
    facts: dict[str, JsonValue] = {"binding": binding, "steps": [_plan_facts(plan) for plan in steps]}
    if origin.version_id is not None:
        facts["route_version"] = origin.version_id
    tell(work, actor, route, "approvals.started", facts)
    if origin.previous_id is not None:
        _keep_decisions(work, actor, route, queries.route(work, origin.previous_id))
    go_on(work, actor, route)
    return route


def add_step(work: UnitOfWork, route: ApprovalRoute, position: int, plan: StepPlan) -> ApprovalStep:
    """Write one step with the persons it asks."""
    return _add_step(work, route, position, plan)


def _require_approvers(steps: Sequence[StepPlan]) -> None:
    for plan in steps:
        if plan.ended_as is not None:
            continue
        left_open = plan.definition is not None and plan.definition.special.nobody is WhenNobody.ADMINISTRATOR
        if not left_open and not [one for one in plan.person_ids if one != plan.barred_person_id]:
            raise errors.no_approver(plan.name_zh, plan.name_en)
    if all(plan.ended_as == SKIPPED for plan in steps):
        raise errors.no_step_left()


def _add_step(work: UnitOfWork, route: ApprovalRoute, position: int, plan: StepPlan) -> ApprovalStep:
    ended = StepStatus.SKIPPED if plan.ended_as == SKIPPED else StepStatus.APPROVED
    step = ApprovalStep(
        id=work.new_id(),
        organization_id=route.organization_id,
        route_id=route.id,
        position=position,
        name_zh=plan.name_zh,
        name_en=plan.name_en,
        mode=plan.mode,
        second_factor=plan.second_factor,
        status=StepStatus.WAITING if plan.ended_as is None else ended,
        ended_at=None if plan.ended_as is None else work.now,
        ended_as=plan.ended_as,
        due_at=plan.due_at,
        barred_person_id=plan.barred_person_id,
        changes=0,
        turn=1,
        definition=definition_json(plan.definition),
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
            source="route",
        )
        for order, person_id in enumerate(persons, start=1)
    )
    work.session.flush()
    return step


def _keep_decisions(work: UnitOfWork, actor: Actor, route: ApprovalRoute, previous: ApprovalRoute) -> None:
    """Let the approvals of the route before count, as far as nothing they look at has changed.

    The step that sent it back decides anew, and so does everything after it: there was no approval yet.
    """
    before, after = parts_of(previous.parts), parts_of(route.parts)
    changed = differences(before, after)
    kept = 0
    if before and after:
        kept = _carry_over(work, actor, route, previous, changed)
    if changed:
        note_revision(
            work,
            actor,
            route,
            from_binding=previous.binding,
            changed=changed,
            asked_again=_said(work, previous) - kept,
        )


def _carry_over(
    work: UnitOfWork,
    actor: Actor,
    route: ApprovalRoute,
    previous: ApprovalRoute,
    changed: Sequence[Difference],
) -> int:
    old_steps = [one for one in queries.steps_of(work, previous.id) if one.status == StepStatus.APPROVED]
    kept = 0
    for step in queries.steps_of(work, route.id):
        if step.status != StepStatus.WAITING:
            continue
        old = next((one for one in old_steps if _same_step(one, step)), None)
        if old is None:
            break
        definition = definition_of(step.definition)
        if concerns(definition.looks_at if definition else (), changed):
            continue
        kept += _carry_step(work, actor, route, step, old)
    return kept


def _carry_step(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, step: ApprovalStep, old: ApprovalStep
) -> int:
    said = {one.person_id: one for one in _approvals_of(work, old)}
    kept = 0
    for one in queries.assignments_of(work, [step.id]):
        decision = said.get(one.person_id)
        if decision is not None and factor_suffices(
            decision.second_factor, SecondFactorRule(step.second_factor)
        ):
            carry(work, actor, route, step, decision)
            one.status = AssignmentStatus.DECIDED
            kept += 1
    work.session.flush()
    if is_settled(work, step):
        end_step(work, step, StepStatus.APPROVED, ended_as=CARRIED)
    return kept


def _approvals_of(work: UnitOfWork, step: ApprovalStep) -> list[ApprovalDecision]:
    return [
        one
        for one in queries.decisions_of(work, [step.id])
        if one.decision == DecisionKind.APPROVE and one.superseded_at is None
    ]


def _said(work: UnitOfWork, route: ApprovalRoute) -> int:
    return sum(len(_approvals_of(work, one)) for one in queries.steps_of(work, route.id))


def _same_step(old: ApprovalStep, step: ApprovalStep) -> bool:
    before, after = definition_of(old.definition), definition_of(step.definition)
    if before is None or after is None:
        return False
    return before.key == after.key


def _plan_facts(plan: StepPlan) -> JsonValue:
    facts: dict[str, JsonValue] = {
        "mode": plan.mode.value,
        "second_factor": plan.second_factor.value,
        "persons": list(plan.person_ids),
    }
    if plan.ended_as is not None:
        facts["ended_as"] = plan.ended_as
    return facts
