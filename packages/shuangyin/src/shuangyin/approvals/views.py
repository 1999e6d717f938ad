"""How approvals are shown: rows joined with persons and subjects into API shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from shuangyin.approvals import inbox, queries
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalConsultation,
    ApprovalCopy,
    ApprovalDecision,
    ApprovalRevision,
    ApprovalRoute,
    ApprovalStep,
    IssueForm,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.ports import SubjectCard, subjects
from shuangyin.approvals.reading import differences_of
from shuangyin.approvals.rules import AssignmentStatus, DecisionKind, SecondFactorRule, StepMode
from shuangyin.approvals.schemas import (
    ApprovalDecisionOut,
    ApprovalItem,
    ApprovalRouteOut,
    ApprovalStepDetail,
    ApprovalStepOut,
    AssignmentOut,
    ConsultationItem,
    ConsultationOut,
    CopyOut,
    DifferenceOut,
    IssueFormOut,
    RevisionOut,
    RouteItem,
)
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef

People = dict[str, PersonRef]
Cards = Mapping[tuple[str, str], SubjectCard]


class _Line(TypedDict):
    route_id: str
    subject_type: str
    subject_id: str
    title: str
    number: str
    applicant: PersonRef
    document_kind: str
    amount_minor: int | None
    currency: str
    medium: str
    seal_names: list[str]
    counterparty_name: str
    high_risk: bool
    subject_status: str


def items(work: UnitOfWork, rows: Sequence[inbox.InboxRow]) -> dict[str, ApprovalItem]:
    """The lines of a list by their key, with one look-up per kind of subject and one for all persons."""
    cards = _cards(work, [row.route for row in rows])
    behalf = {row.on_behalf_of for row in rows if row.on_behalf_of}
    people = display(work, {card.applicant_id for card in cards.values()} | behalf)
    return {row.key: _item(row, cards, people) for row in rows}


def route_items(work: UnitOfWork, rows: Sequence[inbox.RouteRow]) -> dict[str, RouteItem]:
    """The lines of a list of routes by their key."""
    cards = _cards(work, [row.route for row in rows])
    waiting = queries.waiting_by_route(work, [row.route.id for row in rows if row.step is not None])
    persons = {card.applicant_id for card in cards.values()}
    persons |= {one for asked in waiting.values() for one in asked}
    persons |= {row.copied.copied_by for row in rows if row.copied is not None}
    people = display(work, persons)
    return {row.key: _route_item(row, cards, waiting, people) for row in rows}


def consultation_items(work: UnitOfWork, rows: Sequence[inbox.ConsultedRow]) -> dict[str, ConsultationItem]:
    """The lines of 征询我的 by their key."""
    cards = _cards(work, [row.route for row in rows])
    persons = {card.applicant_id for card in cards.values()} | {row.asked.asked_by for row in rows}
    people = display(work, persons)
    return {
        row.key: ConsultationItem(
            **_line(row.route, cards, people),
            id=row.asked.id,
            step_name_zh=row.step.name_zh,
            step_name_en=row.step.name_en,
            asked_by=_person(people, row.asked.asked_by),
            question=row.asked.question,
            asked_at=row.asked.asked_at,
            answer=row.asked.answer,
            answered_at=row.asked.answered_at,
        )
        for row in rows
    }


def route_out(work: UnitOfWork, route: ApprovalRoute) -> ApprovalRouteOut:
    """A route with its steps, persons, decisions, opinions, replacements and copies."""
    steps = queries.steps_of(work, route.id)
    ids = [step.id for step in steps]
    assignments = queries.assignments_of(work, ids)
    decisions = queries.decisions_of(work, ids)
    consultations = queries.consultations_of(work, ids)
    revisions = queries.revisions_of(work, route.id)
    copies = queries.copies_of(work, route.id)
    people = display(
        work, _persons_in([*steps, *assignments, *decisions, *consultations, *revisions, *copies])
    )
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
        stuck_since=route.stuck_since,
        replaceable=route.replaceable_by is not None,
        steps=[
            _step_out(
                step,
                [one for one in assignments if one.step_id == step.id],
                [one for one in decisions if one.step_id == step.id],
                [one for one in consultations if one.step_id == step.id],
                people,
            )
            for step in steps
        ],
        revisions=[_revision_out(one, people) for one in revisions],
        copies=[_copy_out(one, people) for one in copies],
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


def issue_forms_out(work: UnitOfWork, forms: Sequence[IssueForm]) -> list[IssueFormOut]:
    """Issue forms with who registered and checked them."""
    persons = {one.registered_by for one in forms} | {one.checked_by for one in forms if one.checked_by}
    people = display(work, persons)
    return [
        IssueFormOut(
            id=one.id,
            subject_type=one.subject_type,
            subject_id=one.subject_id,
            number=one.number,
            source=one.source,
            document_version_id=one.document_version_id,
            form_sm3=one.form_sm3,
            covers=json.loads(one.covers),
            signed_by=one.signed_by,
            signed_post=one.signed_post,
            signed_on=one.signed_on,
            opinion=one.opinion,
            registered_by=_person(people, one.registered_by),
            registered_at=one.registered_at,
            checked_by=_person(people, one.checked_by) if one.checked_by else None,
            checked_at=one.checked_at,
        )
        for one in forms
    ]


def _cards(work: UnitOfWork, routes: Iterable[ApprovalRoute]) -> Cards:
    wanted: dict[str, set[str]] = {}
    for route in routes:
        wanted.setdefault(route.subject_type, set()).add(route.subject_id)
    return {
        (kind, subject_id): card
        for kind, ids in wanted.items()
        for subject_id, card in subjects(work).handler(kind).cards(work, ids).items()
    }


def _line(route: ApprovalRoute, cards: Cards, people: People) -> _Line:
    card = cards[(route.subject_type, route.subject_id)]
    return {
        "route_id": route.id,
        "subject_type": route.subject_type,
        "subject_id": route.subject_id,
        "title": route.title,
        "number": card.number,
        "applicant": _person(people, card.applicant_id),
        "document_kind": card.document_kind,
        "amount_minor": card.amount_minor,
        "currency": card.currency,
        "medium": card.medium,
        "seal_names": list(card.seal_names),
        "counterparty_name": card.counterparty_name,
        "high_risk": card.high_risk,
        "subject_status": card.status,
    }


def _item(row: inbox.InboxRow, cards: Cards, people: People) -> ApprovalItem:
    decision = row.decision
    return ApprovalItem(
        **_line(row.route, cards, people),
        step_id=row.step.id,
        step_name_zh=row.step.name_zh,
        step_name_en=row.step.name_en,
        since=row.step.opened_at or row.route.started_at,
        due=row.step.due_at,
        urged_at=row.route.urged_at,
        second_factor=SecondFactorRule(row.step.second_factor),
        binding=row.route.binding,
        status=StepStatus(row.step.status),
        decision=DecisionKind(decision.decision) if decision else None,
        decided_at=decision.decided_at if decision else None,
        on_behalf_of=_person(people, row.on_behalf_of) if row.on_behalf_of else None,
        version=row.step.version,
    )


def _route_item(
    row: inbox.RouteRow, cards: Cards, waiting: Mapping[str, Sequence[str]], people: People
) -> RouteItem:
    route, step, copied = row.route, row.step, row.copied
    return RouteItem(
        **_line(route, cards, people),
        status=RouteStatus(route.status),
        step_name_zh=step.name_zh if step else None,
        step_name_en=step.name_en if step else None,
        due=step.due_at if step else None,
        waiting_for=[_person(people, one) for one in waiting.get(route.id, ())],
        started_at=route.started_at,
        ended_at=route.ended_at,
        copied_at=copied.copied_at if copied else None,
        copied_by=_person(people, copied.copied_by) if copied else None,
        read_at=copied.read_at if copied else None,
        stuck_since=route.stuck_since,
        stuck_reason=route.stuck_reason,
    )


def _step_out(
    step: ApprovalStep,
    assignments: Sequence[ApprovalAssignment],
    decisions: Sequence[ApprovalDecision],
    consultations: Sequence[ApprovalConsultation],
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
        ended_as=step.ended_as,
        added_by=_optional(people, step.added_by),
        note=step.note,
        returns_to=step.returns_to,
        turn=step.turn,
        assignments=[_assignment_out(one, people) for one in assignments],
        decisions=[_decision_out(one, people) for one in decisions],
        consultations=[_consultation_out(one, people) for one in consultations],
        version=step.version,
    )


def _assignment_out(one: ApprovalAssignment, people: People) -> AssignmentOut:
    return AssignmentOut(
        person=_person(people, one.person_id),
        on_behalf_of=_optional(people, one.on_behalf_of),
        transferred_from=_optional(people, one.transferred_from),
        status=AssignmentStatus(one.status),
        source=one.source,
    )


def _decision_out(one: ApprovalDecision, people: People) -> ApprovalDecisionOut:
    return ApprovalDecisionOut(
        person=_person(people, one.person_id),
        on_behalf_of=_optional(people, one.on_behalf_of),
        decision=DecisionKind(one.decision),
        comment=one.comment,
        decided_at=one.decided_at,
        entry_id=one.entry_id,
        superseded=one.superseded_at is not None,
        carried=one.carried_from is not None,
    )


def _consultation_out(one: ApprovalConsultation, people: People) -> ConsultationOut:
    return ConsultationOut(
        id=one.id,
        person=_person(people, one.person_id),
        asked_by=_person(people, one.asked_by),
        question=one.question,
        asked_at=one.asked_at,
        answer=one.answer,
        answered_at=one.answered_at,
    )


def _revision_out(one: ApprovalRevision, people: People) -> RevisionOut:
    return RevisionOut(
        number=one.number,
        made_by=_person(people, one.made_by),
        made_at=one.made_at,
        from_binding=one.from_binding,
        to_binding=one.to_binding,
        asked_again=one.asked_again,
        differences=[DifferenceOut.model_validate(found) for found in differences_of(one.differences)],
        entry_id=one.entry_id,
    )


def _copy_out(one: ApprovalCopy, people: People) -> CopyOut:
    return CopyOut(
        person=_person(people, one.person_id),
        copied_by=_person(people, one.copied_by),
        copied_at=one.copied_at,
        read_at=one.read_at,
    )


_PERSON_COLUMNS = (
    "person_id",
    "on_behalf_of",
    "transferred_from",
    "added_by",
    "asked_by",
    "made_by",
    "copied_by",
)


def _persons_in(rows: Iterable[object]) -> set[str]:
    found = {getattr(row, column, None) for row in rows for column in _PERSON_COLUMNS}
    return {one for one in found if one is not None}


def _optional(people: People, person_id: str | None) -> PersonRef | None:
    return _person(people, person_id) if person_id else None


def _person(people: People, person_id: str) -> PersonRef:
    return people.get(person_id) or PersonRef(id=person_id, name="—")
