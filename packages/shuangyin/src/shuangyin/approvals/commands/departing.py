"""What becomes of the parts a person has in running approvals when he leaves or hands them over.

All his parts are looked at together, because there may be thousands: who waits for an answer must not wait for them one
by one. A part he took for somebody absent goes back to that person; his own goes to the successor named for it, or as
the sweep would put it, to his superior.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select, update

from evidencelog.entry import JsonValue
from shuangyin.approvals.commands.advancing import NO_APPROVER
from shuangyin.approvals.commands.ending import end_route
from shuangyin.approvals.commands.telling import TOPIC, tell
from shuangyin.approvals.directory import OrganizationDirectory
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalConsultation,
    ApprovalRoute,
    ApprovalStep,
    DefinitionStatus,
    RouteDefinition,
    RouteStatus,
    RouteVersion,
    StepStatus,
)
from shuangyin.approvals.reading import definition_of
from shuangyin.approvals.rules import AssignmentStatus
from shuangyin.approvals.rules.planning import replacement_for
from shuangyin.core.actor import Actor
from shuangyin.core.live import tell_live
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import Fact, digest_of, record_many

_ASKED = (AssignmentStatus.WAITING, AssignmentStatus.OPEN, AssignmentStatus.DELEGATED)
_TAKEN = frozenset(AssignmentStatus) - {AssignmentStatus.REMOVED}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the person in a running approval and to whom it would go; None when nobody can take it."""

    assignment: ApprovalAssignment
    step: ApprovalStep
    route: ApprovalRoute
    to: str | None
    others: Mapping[str, ApprovalAssignment]

    @property
    def goes_back(self) -> bool:
        """Whether he was asked for somebody absent, to whom it returns."""
        return self.assignment.source == "delegate"


def parts_of(work: UnitOfWork, organization_id: str, person_id: str, successor_id: str | None) -> list[Part]:
    """The person's undecided parts in running approvals, in order, each with who would be asked instead."""
    rows = list(
        work.session.execute(
            select(ApprovalAssignment, ApprovalStep, ApprovalRoute)
            .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
            .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
            .where(
                ApprovalAssignment.person_id == person_id,
                ApprovalAssignment.organization_id == organization_id,
                ApprovalAssignment.status.in_(sorted(_ASKED)),
                ApprovalStep.status.in_([StepStatus.OPEN.value, StepStatus.WAITING.value]),
                ApprovalRoute.status == RouteStatus.RUNNING,
            )
            .order_by(ApprovalAssignment.id)
        ).tuples()
    )
    asked = _assignments(work, [step.id for _, step, _ in rows])
    directory = OrganizationDirectory(work, organization_id)
    named = successor_id if successor_id and directory.may_decide(successor_id) else None
    superiors = directory.superiors_of(person_id)
    return [
        Part(
            assignment,
            step,
            route,
            _instead(assignment, step, route, asked.get(step.id, {}), named, superiors),
            asked.get(step.id, {}),
        )
        for assignment, step, route in rows
    ]


def put_others(work: UnitOfWork, actor: Actor, parts: Sequence[Part]) -> None:
    """Ask others in the place of the person in all of these parts; mark the routes that ask nobody then."""
    entries = record_many(
        work,
        actor,
        (
            Fact(
                "approvals.reassigned",
                one.route.subject_type,
                one.route.subject_id,
                {
                    "route": one.route.id,
                    "step": one.step.id,
                    "person": one.assignment.person_id,
                    "to": one.to,
                },
            )
            for one in parts
        ),
    )
    for part, entry_id in zip(parts, entries, strict=True):
        _put(work, part, entry_id)
    work.session.flush()
    _count_changes(work, [one.step.id for one in parts])
    _mark_stuck(work, actor, parts)
    told = {one.to for one in parts if one.to} | {one.route.started_by for one in parts}
    if told:
        tell_live(work, actor.organization_id, told, TOPIC)


def end_started(work: UnitOfWork, actor: Actor, route: ApprovalRoute, *, reason: str) -> None:
    """End a running route because the person who started it is gone; nothing of it is approved."""
    end_route(work, route, RouteStatus.WITHDRAWN)
    tell(work, actor, route, "approvals.withdrawn", {"reason": dict(digest_of(reason))})


def questions_to(work: UnitOfWork, organization_id: str, person_id: str) -> list[ApprovalConsultation]:
    """The opinions a person was asked for in running approvals and has not given."""
    query = (
        select(ApprovalConsultation)
        .join(ApprovalStep, ApprovalStep.id == ApprovalConsultation.step_id)
        .join(ApprovalRoute, ApprovalRoute.id == ApprovalStep.route_id)
        .where(
            ApprovalConsultation.organization_id == organization_id,
            ApprovalConsultation.person_id == person_id,
            ApprovalConsultation.answered_at.is_(None),
            ApprovalRoute.status == RouteStatus.RUNNING,
        )
    )
    return list(work.session.scalars(query.order_by(ApprovalConsultation.id)))


def ask_other(work: UnitOfWork, actor: Actor, asked: ApprovalConsultation, to_person_id: str) -> None:
    """Ask somebody else for the opinion that was asked of the person."""
    route = work.session.get_one(ApprovalRoute, work.session.get_one(ApprovalStep, asked.step_id).route_id)
    facts: dict[str, JsonValue] = {
        "step": asked.step_id,
        "consultation": asked.id,
        "from": asked.person_id,
        "to": to_person_id,
    }
    asked.person_id = to_person_id
    work.session.flush()
    tell(work, actor, route, "approvals.consultation_handed_over", facts)


def _instead(
    assignment: ApprovalAssignment,
    step: ApprovalStep,
    route: ApprovalRoute,
    asked: Mapping[str, ApprovalAssignment],
    named: str | None,
    superiors: Sequence[str],
) -> str | None:
    if assignment.source == "delegate":
        return assignment.on_behalf_of
    mine = assignment.person_id
    stands_in = {one.person_id for one in asked.values() if _stands_in(one, mine)}
    taken = {
        key for key, one in asked.items() if AssignmentStatus(one.status) in _TAKEN and key not in stands_in
    }
    excluded = {step.barred_person_id, route.started_by, mine, *taken}
    if named is not None and named not in excluded:
        return named
    return replacement_for(definition_of(step.definition), superiors, excluded=excluded)


def _put(work: UnitOfWork, part: Part, entry_id: str) -> None:
    """`advancing.ask_instead` for a part that may also be waiting for its turn, without a flush of its own."""
    before = AssignmentStatus(part.assignment.status)
    now_asked = AssignmentStatus.WAITING if before is AssignmentStatus.WAITING else AssignmentStatus.OPEN
    mine = part.assignment.person_id
    part.assignment.status = AssignmentStatus.REMOVED
    for one in part.others.values():
        if _stands_in(one, mine):
            one.status = AssignmentStatus.REMOVED
    if part.to is None:
        return
    row = part.others.get(part.to)
    if row is None:
        row = ApprovalAssignment(
            id=work.new_id(),
            organization_id=part.step.organization_id,
            step_id=part.step.id,
            person_id=part.to,
        )
        work.session.add(row)
    elif part.goes_back:
        row.status = now_asked
        return
    row.position = part.assignment.position
    row.status = now_asked
    row.source = "superior"
    row.on_behalf_of = None
    row.transferred_from = mine
    row.entry_id = entry_id
    row.note = None


def _count_changes(work: UnitOfWork, step_ids: Sequence[str]) -> None:
    """Count the change of each step, which a person is asked in once, and raise its version.

    The mapper would write them one by one to see that nobody else changed them. The transaction itself sees to that.
    """
    for chunk in _chunks(step_ids):
        work.session.execute(
            update(ApprovalStep)
            .where(ApprovalStep.id.in_(chunk))
            .values(changes=ApprovalStep.changes + 1, version=ApprovalStep.version + 1)
            .execution_options(synchronize_session="evaluate")
        )


def _stands_in(one: ApprovalAssignment, person_id: str) -> bool:
    """Whether somebody is asked for this absent person and has not answered."""
    return (
        one.source == "delegate"
        and one.on_behalf_of == person_id
        and one.status in (AssignmentStatus.OPEN, AssignmentStatus.WAITING)
    )


def _mark_stuck(work: UnitOfWork, actor: Actor, parts: Sequence[Part]) -> None:
    """Mark the routes whose open step asks nobody any more, as `advancing.note_whether_stuck` does for one."""
    open_steps = {one.step.id: one for one in parts if one.step.status == StepStatus.OPEN}
    asked = _assignments(work, list(open_steps))
    stuck = []
    for step_id, part in open_steps.items():
        rows = asked.get(step_id, {}).values()
        if any(row.status == AssignmentStatus.OPEN for row in rows) or part.route.stuck_since is not None:
            continue
        part.route.stuck_since = work.now
        part.route.stuck_reason = NO_APPROVER
        stuck.append(
            Fact(
                "approvals.stuck",
                part.route.subject_type,
                part.route.subject_id,
                {"route": part.route.id, "step": step_id},
            )
        )
    record_many(work, actor, stuck)
    work.session.flush()


def _assignments(work: UnitOfWork, step_ids: Sequence[str]) -> dict[str, dict[str, ApprovalAssignment]]:
    """Everybody's parts in these steps, by step and person."""
    found: dict[str, dict[str, ApprovalAssignment]] = {}
    for chunk in _chunks(dict.fromkeys(step_ids)):
        query = select(ApprovalAssignment).where(ApprovalAssignment.step_id.in_(chunk))
        for one in work.session.scalars(query):
            found.setdefault(one.step_id, {})[one.person_id] = one
    return found


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while chunk := list(islice(rest, _AT_ONCE)):
        yield chunk


def routes_naming(work: UnitOfWork, organization_id: str, person_id: str) -> list[RouteDefinition]:
    """The named routes in use whose present version asks a person by name."""
    query = (
        select(RouteDefinition)
        .join(RouteVersion, RouteVersion.definition_id == RouteDefinition.id)
        .where(
            RouteDefinition.organization_id == organization_id,
            RouteDefinition.status == DefinitionStatus.ACTIVE,
            RouteVersion.number == RouteDefinition.current_number,
            # An id is 32 hexadecimal digits and stands in the steps as itself.
            RouteVersion.steps.contains(person_id, autoescape=True),
        )
        .order_by(RouteDefinition.code)
    )
    return list(work.session.scalars(query))
