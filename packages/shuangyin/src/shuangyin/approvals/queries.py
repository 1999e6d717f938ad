"""Reads of approvals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select, union_all

from shuangyin.approvals import errors
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
from shuangyin.approvals.ports import subjects
from shuangyin.approvals.reading import differences_of
from shuangyin.approvals.rules import AssignmentStatus, DecisionKind
from shuangyin.approvals.rules.changes import Difference
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody said with an act: the words that the evidence entry holds only a digest of."""

    kind: str
    step_name_zh: str
    step_name_en: str
    comment: str


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


def route_of_step(work: UnitOfWork, step_id: str) -> ApprovalRoute:
    """The route of a step that another row refers to."""
    return route(work, work.session.get_one(ApprovalStep, step_id).route_id)


def readable_route(work: UnitOfWork, actor: Actor, route_id: str) -> ApprovalRoute:
    """A route whose subject the actor may see. Raises NotFound."""
    found = work.session.scalar(
        select(ApprovalRoute).where(
            ApprovalRoute.id == route_id, ApprovalRoute.organization_id == actor.organization_id
        )
    )
    if found is None or not subjects(work).handler(found.subject_type).may_read(
        work, actor, found.subject_id
    ):
        raise errors.no_such_route()
    return found


def running_for_change(work: UnitOfWork, actor: Actor, route_id: str) -> ApprovalRoute:
    """A running route whose subject the actor may see, locked. Raises NotFound, Conflict (ROUTE_ENDED)."""
    found = readable_route(work, actor, route_id)
    work.session.refresh(found, with_for_update=True)
    if found.status != RouteStatus.RUNNING:
        raise errors.not_running()
    return found


def asked_for_change(
    work: UnitOfWork, actor: Actor, step_id: str
) -> tuple[ApprovalStep, ApprovalRoute, ApprovalAssignment]:
    """A step that asks the actor, locked, with its route and his part in it. Raises NotFound."""
    # The row lock makes two deciders on PostgreSQL take turns; on SQLite every writer does.
    found = work.session.scalar(
        select(ApprovalStep)
        .where(ApprovalStep.id == step_id, ApprovalStep.organization_id == actor.organization_id)
        .with_for_update()
    )
    if found is None:
        raise errors.no_such_step()
    assignment = work.session.scalar(
        select(ApprovalAssignment).where(
            ApprovalAssignment.step_id == found.id, ApprovalAssignment.person_id == actor.person_id
        )
    )
    if assignment is None:
        raise errors.no_such_step()
    return found, route(work, found.route_id), assignment


def require_open(
    work: UnitOfWork, at: ApprovalStep, of: ApprovalRoute, assignment: ApprovalAssignment
) -> None:
    """Raises Conflict (STEP_DECIDED with who was first, STEP_NOT_OPEN) unless the step waits for this person."""
    is_open = (of.status, at.status) == (RouteStatus.RUNNING, StepStatus.OPEN)
    if is_open and assignment.status == AssignmentStatus.OPEN:
        return
    last = work.session.scalar(
        select(ApprovalDecision)
        .where(ApprovalDecision.step_id == at.id, ApprovalDecision.superseded_at.is_(None))
        .order_by(ApprovalDecision.id.desc())
        .limit(1)
    )
    if last is None or (is_open and assignment.status != AssignmentStatus.DECIDED):
        raise errors.not_open()
    who = display(work, [last.person_id]).get(last.person_id)
    raise errors.already_decided(who.name if who else "—", last.person_id, last.decision, last.decided_at)


def open_step_of(work: UnitOfWork, route_id: str) -> ApprovalStep | None:
    """The step of a route that is open."""
    return work.session.scalar(
        select(ApprovalStep).where(ApprovalStep.route_id == route_id, ApprovalStep.status == StepStatus.OPEN)
    )


def second_factors_of(work: UnitOfWork, step_ids: Collection[str]) -> dict[str, str]:
    """Which second factor these steps ask for."""
    query = select(ApprovalStep.id, ApprovalStep.second_factor).where(ApprovalStep.id.in_(set(step_ids)))
    return dict(work.session.execute(query).tuples().all())


def has_persons(work: UnitOfWork, step_id: str) -> bool:
    """Whether a step asks anybody at all; one that was left out or counted for does not."""
    return bool(assignments_of(work, [step_id]))


def persons_asked(work: UnitOfWork, route_id: str) -> set[str]:
    """Everybody whom a route asks or has asked."""
    query = (
        select(ApprovalAssignment.person_id)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .where(ApprovalStep.route_id == route_id)
    )
    return set(work.session.scalars(query))


def consultations_of(work: UnitOfWork, step_ids: Collection[str]) -> list[ApprovalConsultation]:
    """The opinions that were asked for at these steps, in order of time."""
    query = select(ApprovalConsultation).where(ApprovalConsultation.step_id.in_(set(step_ids)))
    return list(work.session.scalars(query.order_by(ApprovalConsultation.id)))


def copies_of(work: UnitOfWork, route_id: str) -> list[ApprovalCopy]:
    """Who was sent a copy of a route, in order of time."""
    query = select(ApprovalCopy).where(ApprovalCopy.route_id == route_id)
    return list(work.session.scalars(query.order_by(ApprovalCopy.id)))


def revisions_of(work: UnitOfWork, route_id: str) -> list[ApprovalRevision]:
    """What was replaced of a route's subject, in order."""
    query = select(ApprovalRevision).where(ApprovalRevision.route_id == route_id)
    return list(work.session.scalars(query.order_by(ApprovalRevision.number)))


def differences_since(work: UnitOfWork, of: ApprovalRoute, binding: str) -> list[Difference]:
    """What was replaced since somebody was shown a binding of this route; empty when it never was that."""
    since = revisions_of(work, of.id)
    for index, one in enumerate(since):
        if one.from_binding == binding:
            return [found for later in since[index:] for found in differences_of(later.differences)]
    return []


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


def approvals_of(work: UnitOfWork, route_id: str | None) -> list[ApprovalDecision]:
    """The approving decisions of a route that count, in order of time."""
    if route_id is None:
        return []
    return _approving(work, [one.id for one in steps_of(work, route_id)])


def approvers_of(work: UnitOfWork, route_id: str | None) -> list[str]:
    """The ids of those who approved, in order of time, each once."""
    return _approved_by(work, route_id, last_step_only=False)


def final_approvers(work: UnitOfWork, route_id: str | None) -> list[str]:
    """The ids of those who approved the last step; empty before that."""
    return _approved_by(work, route_id, last_step_only=True)


def subjects_asked(person_id: str, subject_type: str) -> Select[tuple[str]]:
    """The ids of the subjects that a person is or was asked or consulted about, or has a copy of, as a subquery."""
    asked = (
        select(ApprovalStep.route_id)
        .join(ApprovalAssignment, ApprovalAssignment.step_id == ApprovalStep.id)
        .where(ApprovalAssignment.person_id == person_id)
    )
    consulted = (
        select(ApprovalStep.route_id)
        .join(ApprovalConsultation, ApprovalConsultation.step_id == ApprovalStep.id)
        .where(ApprovalConsultation.person_id == person_id)
    )
    copied = select(ApprovalCopy.route_id).where(ApprovalCopy.person_id == person_id)
    routes = union_all(asked, consulted, copied).subquery()
    return select(ApprovalRoute.subject_id).where(
        ApprovalRoute.id.in_(select(routes.c.route_id)), ApprovalRoute.subject_type == subject_type
    )


def subjects_with_open_form(subject_type: str, organization_id: str) -> Select[tuple[str]]:
    """The ids of the subjects whose issue form waits to be checked, as a subquery."""
    return select(IssueForm.subject_id).where(
        IssueForm.organization_id == organization_id,
        IssueForm.subject_type == subject_type,
        IssueForm.checked_at.is_(None),
    )


def subjects_with_scan(
    subject_type: str, organization_id: str, version_ids: Select[tuple[str]]
) -> Select[tuple[str]]:
    """The ids of the subjects of whose issue forms one of these document versions is the scan, as a subquery."""
    return select(IssueForm.subject_id).where(
        IssueForm.organization_id == organization_id,
        IssueForm.subject_type == subject_type,
        IssueForm.document_version_id.in_(version_ids),
    )


def issue_forms(
    work: UnitOfWork, subject_type: str, subject_id: str, organization_id: str
) -> list[IssueForm]:
    """The issue forms of a subject, in order of registration."""
    query = select(IssueForm).where(
        IssueForm.organization_id == organization_id,
        IssueForm.subject_type == subject_type,
        IssueForm.subject_id == subject_id,
    )
    return list(work.session.scalars(query.order_by(IssueForm.id)))


def open_issue_forms(
    work: UnitOfWork, organization_id: str, *, after: str | None, limit: int
) -> list[IssueForm]:
    """The issue forms that wait to be checked, the oldest first."""
    query = select(IssueForm).where(
        IssueForm.organization_id == organization_id, IssueForm.checked_at.is_(None)
    )
    if after is not None:
        query = query.where(IssueForm.id > after)
    return list(work.session.scalars(query.order_by(IssueForm.id).limit(limit)))


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
        if assignment.entry_id is not None and assignment.source == "transfer":
            notes[assignment.entry_id] = Note("transfer", at.name_zh, at.name_en, assignment.note or "")
    return notes | _opinions(work, of_subject)


def _opinions(work: UnitOfWork, of_subject: Sequence[ColumnElement[bool]]) -> dict[str, Note]:
    rows = work.session.execute(
        select(ApprovalConsultation, ApprovalStep)
        .join(ApprovalStep, ApprovalStep.id == ApprovalConsultation.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(*of_subject)
    ).tuples()
    notes: dict[str, Note] = {}
    for asked, at in rows:
        notes[asked.entry_id] = Note("consult", at.name_zh, at.name_en, asked.question)
        if asked.answer_entry_id is not None:
            notes[asked.answer_entry_id] = Note("answer", at.name_zh, at.name_en, asked.answer or "")
    return notes


def _approved_by(work: UnitOfWork, route_id: str | None, *, last_step_only: bool) -> list[str]:
    if route_id is None:
        return []
    steps = steps_of(work, route_id)
    if last_step_only:
        steps = [one for one in steps if one.status != StepStatus.SKIPPED][-1:]
        steps = [one for one in steps if one.status == StepStatus.APPROVED]
    return list(dict.fromkeys(one.person_id for one in _approving(work, [one.id for one in steps])))


def _approving(work: UnitOfWork, step_ids: Collection[str]) -> list[ApprovalDecision]:
    return [
        one
        for one in decisions_of(work, step_ids)
        if one.decision == DecisionKind.APPROVE and one.superseded_at is None
    ]
