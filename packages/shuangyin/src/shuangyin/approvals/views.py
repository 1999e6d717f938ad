"""How approvals are shown: rows joined with persons and subjects into API shapes."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.approvals import queries
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.ports import subjects
from shuangyin.approvals.rules import AssignmentStatus, DecisionKind, SecondFactorRule, StepMode
from shuangyin.approvals.schemas import (
    ApprovalDecisionOut,
    ApprovalItem,
    ApprovalRouteOut,
    ApprovalStepDetail,
    ApprovalStepOut,
    AssignmentOut,
)
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef

People = dict[str, PersonRef]


def items(work: UnitOfWork, rows: Sequence[queries.InboxRow]) -> dict[str, ApprovalItem]:
    """The lines of a list by their key, with one look-up per kind of subject and one for all persons."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row.route.subject_type, set()).add(row.route.subject_id)
    cards = {
        (kind, subject_id): card
        for kind, ids in wanted.items()
        for subject_id, card in subjects(work).handler(kind).cards(work, ids).items()
    }
    people = display(work, {card.applicant_id for card in cards.values()})
    shown = {}
    for row in rows:
        card = cards[(row.route.subject_type, row.route.subject_id)]
        shown[row.key] = ApprovalItem(
            step_id=row.step.id,
            route_id=row.route.id,
            subject_type=row.route.subject_type,
            subject_id=row.route.subject_id,
            title=row.route.title,
            number=card.number,
            applicant=_person(people, card.applicant_id),
            step_name_zh=row.step.name_zh,
            step_name_en=row.step.name_en,
            since=row.step.opened_at or row.route.started_at,
            due=row.step.due_at,
            urged_at=row.route.urged_at,
            document_kind=card.document_kind,
            amount_minor=card.amount_minor,
            currency=card.currency,
            medium=card.medium,
            seal_names=list(card.seal_names),
            counterparty_name=card.counterparty_name,
            high_risk=card.high_risk,
            second_factor=SecondFactorRule(row.step.second_factor),
            binding=row.route.binding,
            status=StepStatus(row.step.status),
            subject_status=card.status,
            decision=DecisionKind(row.decision.decision) if row.decision else None,
            decided_at=row.decision.decided_at if row.decision else None,
            version=row.step.version,
        )
    return shown


def route_out(work: UnitOfWork, route: ApprovalRoute) -> ApprovalRouteOut:
    """A route with its steps, persons and decisions."""
    steps = queries.steps_of(work, route.id)
    ids = [step.id for step in steps]
    assignments = queries.assignments_of(work, ids)
    decisions = queries.decisions_of(work, ids)
    people = display(work, _persons_in(assignments, decisions))
    return ApprovalRouteOut(
        route_id=route.id,
        subject_type=route.subject_type,
        subject_id=route.subject_id,
        title=route.title,
        status=RouteStatus(route.status),
        binding=route.binding,
        started_at=route.started_at,
        ended_at=route.ended_at,
        urged_at=route.urged_at,
        steps=[
            _step_out(
                step,
                [one for one in assignments if one.step_id == step.id],
                [one for one in decisions if one.step_id == step.id],
                people,
            )
            for step in steps
        ],
        version=route.version,
    )


def step_detail(work: UnitOfWork, actor: Actor, step: ApprovalStep) -> ApprovalStepDetail:
    """A step with its route."""
    shown = route_out(work, queries.route(work, step.route_id))
    mine = next(one for one in shown.steps if one.id == step.id)
    return ApprovalStepDetail(
        step=mine, route=shown, may_decide=may_decide(actor, mine, step.barred_person_id)
    )


def may_decide(actor: Actor, step: ApprovalStepOut, barred_person_id: str | None = None) -> bool:
    """Whether a step waits for this person and nothing bars him."""
    return (
        step.status is StepStatus.OPEN
        and actor.may("approvals.decide")
        and actor.person_id != barred_person_id
        and any(
            one.person.id == actor.person_id and one.status is AssignmentStatus.OPEN
            for one in step.assignments
        )
    )


def _step_out(
    step: ApprovalStep,
    assignments: Sequence[ApprovalAssignment],
    decisions: Sequence[ApprovalDecision],
    people: People,
) -> ApprovalStepOut:
    return ApprovalStepOut(
        id=step.id,
        position=step.position,
        name_zh=step.name_zh,
        name_en=step.name_en,
        mode=StepMode(step.mode),
        second_factor=SecondFactorRule(step.second_factor),
        status=StepStatus(step.status),
        opened_at=step.opened_at,
        due_at=step.due_at,
        ended_at=step.ended_at,
        assignments=[
            AssignmentOut(
                person=_person(people, one.person_id),
                on_behalf_of=_person(people, one.on_behalf_of) if one.on_behalf_of else None,
                transferred_from=_person(people, one.transferred_from) if one.transferred_from else None,
                status=AssignmentStatus(one.status),
            )
            for one in assignments
        ],
        decisions=[
            ApprovalDecisionOut(
                person=_person(people, one.person_id),
                decision=DecisionKind(one.decision),
                comment=one.comment,
                decided_at=one.decided_at,
                entry_id=one.entry_id,
            )
            for one in decisions
        ],
        version=step.version,
    )


def _persons_in(assignments: Sequence[ApprovalAssignment], decisions: Sequence[ApprovalDecision]) -> set[str]:
    ids = {one.person_id for one in decisions}
    for one in assignments:
        ids |= {one.person_id, *filter(None, (one.on_behalf_of, one.transferred_from))}
    return ids


def _person(people: People, person_id: str) -> PersonRef:
    return people.get(person_id) or PersonRef(id=person_id, name="—")
