"""How a route moves: steps open, stand-ins are asked, the next step opens, the route is approved.

These are the inner moves that the commands share; none of them asks who the actor is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from shuangyin.approvals import queries
from shuangyin.approvals.commands.ending import end_route, end_step
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.directory import OrganizationDirectory
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.ports import delegates_of, subjects
from shuangyin.approvals.reading import definition_of
from shuangyin.approvals.rules import (
    Asked,
    AssignmentStatus,
    DecisionKind,
    SecondFactorRule,
    StepMode,
    decision_slot,
    factor_suffices,
    first_asked,
    settled,
)
from shuangyin.approvals.rules.deadlines import due_after
from shuangyin.approvals.rules.definitions import SpecialCases, WhenRepeated
from shuangyin.approvals.rules.planning import stand_in_for
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.calendar import calendar_of

REPEATED = "repeated"
NO_APPROVER = "no_approver"


def go_on(work: UnitOfWork, actor: Actor, route: ApprovalRoute) -> None:
    """Open the next step that has something to be decided; without one the route is approved."""
    while (step := _first_waiting(work, route)) is not None:
        if open_step(work, route, step):
            return
    end_route(work, route, RouteStatus.APPROVED)
    subjects(work).handler(route.subject_type).approved(work, actor, route.subject_id)


def open_step(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep, *, afresh: bool = False) -> bool:
    """Open a step and ask its persons; False when what they said before settles it already.

    `afresh`: somebody asks for it expressly, by adding it or by sending back to it, so nothing said before counts.
    """
    step.status = StepStatus.OPEN
    step.opened_at = work.now
    step.returns_to = None
    step.acted_at = None
    definition = definition_of(step.definition)
    if definition is not None and definition.timeout is not None:
        step.due_at = due_after(definition.timeout, work.now, calendar_of(work, route.organization_id))
    work.session.flush()
    if not afresh:
        _count_earlier(work, route, step)
    if is_settled(work, step):
        end_step(work, step, StepStatus.APPROVED, ended_as=REPEATED)
        return False
    ask_next(work, route, step)
    return True


def ask_next(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep) -> None:
    """Ask those of an open step whose turn it is, a stand-in for whoever is absent; note when there is nobody."""
    assignments = queries.assignments_of(work, [step.id])
    waiting = [one for one in assignments if one.status == AssignmentStatus.WAITING]
    mode = StepMode(step.mode)
    if mode is StepMode.IN_TURN and any(one.status == AssignmentStatus.OPEN for one in assignments):
        waiting = []
    opened = first_asked(mode, [one.person_id for one in waiting])
    for one in waiting:
        if one.person_id in opened:
            one.status = AssignmentStatus.OPEN
            stand_in(work, route, step, one)
    step.changes += 1
    work.session.flush()
    note_whether_stuck(work, route, step)


def stand_in(
    work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep, assignment: ApprovalAssignment
) -> bool:
    """Ask the delegate of an absent person in his place; both names are kept. False when nobody stands in."""
    if assignment.source == "delegate":
        return False
    delegates = delegates_of(work, assignment.person_id, work.now)
    if not delegates:
        return False
    directory = OrganizationDirectory(work, step.organization_id)
    there = {one.person_id: one for one in queries.assignments_of(work, [step.id])}

    def fitting(person_ids: Sequence[str]) -> list[str]:
        return [
            one
            for one in person_ids
            if directory.may_decide(one) and one != route.started_by and _may_take(there.get(one))
        ]

    chosen = stand_in_for(
        definition_of(step.definition),
        fitting(delegates),
        fitting(directory.superiors_of(assignment.person_id)),
        barred=step.barred_person_id,
    )
    if chosen is None:
        return False
    assignment.status = AssignmentStatus.DELEGATED
    facts = {"step": step.id, "for": assignment.person_id, "to": chosen}
    entry_id = tell(work, system_actor(step.organization_id), route, "approvals.delegated", facts)
    ask_instead(work, step, assignment, chosen, source="delegate", entry_id=entry_id, there=there)
    return True


def ask_instead(
    work: UnitOfWork,
    step: ApprovalStep,
    assignment: ApprovalAssignment,
    person_id: str,
    *,
    source: str,
    entry_id: str,
    there: Mapping[str, ApprovalAssignment],
    note: str | None = None,
) -> None:
    """Put another person in the place of one who is asked, at his position. `delegate`: for him, in his name too."""
    row = there.get(person_id)
    if row is None:
        row = ApprovalAssignment(
            id=work.new_id(),
            organization_id=step.organization_id,
            step_id=step.id,
            person_id=person_id,
        )
        work.session.add(row)
    row.position = assignment.position
    row.status = AssignmentStatus.OPEN
    row.source = source
    row.on_behalf_of = assignment.person_id if source == "delegate" else assignment.on_behalf_of
    row.transferred_from = None if source == "delegate" else assignment.person_id
    row.entry_id = entry_id
    row.note = note
    step.changes += 1
    work.session.flush()


def note_whether_stuck(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep) -> None:
    """Mark a route whose open step asks nobody, so that an administrator sees it; unmark it when it does."""
    asked = queries.assignments_of(work, [step.id])
    if any(one.status == AssignmentStatus.OPEN for one in asked):
        route.stuck_since = route.stuck_reason = None
    elif route.stuck_since is None:
        route.stuck_since = work.now
        route.stuck_reason = NO_APPROVER
        tell(work, system_actor(route.organization_id), route, "approvals.stuck", {"step": step.id})
    work.session.flush()


def is_settled(work: UnitOfWork, step: ApprovalStep) -> bool:
    """Whether what was said in a step is enough to approve it."""
    rows = queries.assignments_of(work, [step.id])
    return settled(
        StepMode(step.mode),
        [Asked(one.person_id, one.position, AssignmentStatus(one.status)) for one in rows],
    )


def carry(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, step: ApprovalStep, decision: ApprovalDecision
) -> None:
    """Let an earlier decision of the same person count at this step as well."""
    facts = {"step": step.id, "decision": decision.carried_from or decision.id, "person": decision.person_id}
    entry_id = tell(work, actor, route, "approvals.carried", facts)
    work.session.add(
        ApprovalDecision(
            id=work.new_id(),
            organization_id=step.organization_id,
            step_id=step.id,
            person_id=decision.person_id,
            decision=decision.decision,
            comment=decision.comment,
            decided_at=decision.decided_at,
            # What it was made on stays what it was: only that can count anywhere else.
            binding=decision.binding,
            second_factor=decision.second_factor,
            entry_id=entry_id,
            slot=decision_slot(StepMode(step.mode), step.id, decision.person_id, step.turn),
            on_behalf_of=decision.on_behalf_of,
            seen=decision.seen,
            carried_from=decision.carried_from or decision.id,
        )
    )
    work.session.flush()


def _count_earlier(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep) -> None:
    """Who approved before in this route is not asked again, where the step says so and the factor was as strong."""
    definition = definition_of(step.definition)
    rule = (definition.special if definition else SpecialCases()).repeated
    if rule is WhenRepeated.NO:
        return
    earlier = [
        one
        for one in queries.steps_of(work, route.id)
        if one.position < step.position and one.status == StepStatus.APPROVED
    ]
    if rule is WhenRepeated.ADJACENT:
        earlier = earlier[-1:]
    said = {
        one.person_id: one
        for one in queries.decisions_of(work, [one.id for one in earlier])
        if one.decision == DecisionKind.APPROVE
        and one.superseded_at is None
        and one.on_behalf_of is None
        and one.binding == route.binding
    }
    asked = SecondFactorRule(step.second_factor)
    for one in queries.assignments_of(work, [step.id]):
        decision = said.get(one.person_id)
        if one.status != AssignmentStatus.WAITING or decision is None:
            continue
        if not factor_suffices(decision.second_factor, asked):
            continue
        carry(work, system_actor(route.organization_id), route, step, decision)
        one.status = AssignmentStatus.DECIDED
        if step.mode == StepMode.ANY:
            return


def _may_take(row: ApprovalAssignment | None) -> bool:
    """Whether somebody can be put in another's place: he is not in the step, or was taken out of it."""
    return row is None or row.status in (AssignmentStatus.REMOVED, AssignmentStatus.CLOSED)


def _first_waiting(work: UnitOfWork, route: ApprovalRoute) -> ApprovalStep | None:
    return work.session.scalar(
        select(ApprovalStep)
        .where(ApprovalStep.route_id == route.id, ApprovalStep.status == StepStatus.WAITING)
        .order_by(ApprovalStep.position)
        .limit(1)
    )
