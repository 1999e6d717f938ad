"""What an approver can do with his part besides deciding: transfer, add somebody, consult somebody, send copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import select, update

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.commands.advancing import ask_instead, open_step
from shuangyin.approvals.commands.ending import pause_step
from shuangyin.approvals.commands.starting import add_step
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalConsultation,
    ApprovalCopy,
    ApprovalRoute,
    ApprovalStep,
)
from shuangyin.approvals.rules import AssignmentStatus, SecondFactorRule, StepMode, StepPlan
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of
from shuangyin.people.models import PersonStatus
from shuangyin.people.queries import holds_permission, person

MOST_STEPS = 30
"""A route that grew longer than this by adding would be a circle of people who do not want to decide."""
MOST_COPIES = 100


def transfer(
    work: UnitOfWork, actor: Actor, step_id: str, *, to_person_id: str, reason: str, expected: int | None
) -> ApprovalStep:
    """Hand one's part of an open step to another person with the right to approve (转交).

    Raises Refused (CANNOT_TRANSFER, SEPARATION_OF_DUTIES).
    """
    step, route, assignment = _mine(work, actor, step_id, expected)
    there = {one.person_id: one for one in queries.assignments_of(work, [step.id])}
    if to_person_id in there and there[to_person_id].status != AssignmentStatus.REMOVED:
        raise errors.cannot_transfer()
    _require_approver(work, route, step, to_person_id)
    assignment.status = AssignmentStatus.TRANSFERRED
    facts: dict[str, JsonValue] = {"step": step.id, "to": to_person_id, "reason": _digest(reason)}
    entry_id = tell(work, actor, route, "approvals.transferred", facts)
    ask_instead(
        work, step, assignment, to_person_id, source="transfer", entry_id=entry_id, there=there, note=reason
    )
    return step


def add(
    work: UnitOfWork,
    actor: Actor,
    step_id: str,
    *,
    person_ids: Sequence[str],
    when: Literal["before", "after"],
    mode: StepMode,
    reason: str,
    expected: int | None,
) -> ApprovalStep:
    """Ask further persons in a step of their own, before or after one's own decision (加签).

    Before: one's own step waits until they have approved. After: they are asked once this step is approved. Raises
    Refused (CANNOT_ADD, SEPARATION_OF_DUTIES, ROUTE_TOO_LONG).
    """
    step, route, _ = _mine(work, actor, step_id, expected)
    wanted = list(dict.fromkeys(person_ids))
    if actor.person_id in wanted or not wanted:
        raise errors.cannot_add()
    for one in wanted:
        _require_approver(work, route, step, one)
    if len(queries.steps_of(work, route.id)) >= MOST_STEPS:
        raise errors.route_too_long(MOST_STEPS)
    position = step.position if when == "before" else step.position + 1
    _make_room(work, route, position)
    plan = StepPlan(
        name_zh=f"{step.name_zh}·加签"[:100],
        name_en=f"{step.name_en}, added"[:100],
        mode=mode,
        second_factor=SecondFactorRule(step.second_factor),
        person_ids=tuple(wanted),
        barred_person_id=step.barred_person_id,
    )
    added = add_step(work, route, position, plan)
    added.added_by = actor.person_id
    added.note = reason
    facts: dict[str, JsonValue] = {
        "step": step.id,
        "added": added.id,
        "when": when,
        "persons": [*wanted],
        "reason": _digest(reason),
    }
    tell(work, actor, route, "approvals.added", facts)
    if when == "before":
        pause_step(work, step)
        open_step(work, route, added, afresh=True)
    step.changes += 1
    work.session.flush()
    return step


def consult(
    work: UnitOfWork, actor: Actor, step_id: str, *, person_ids: Sequence[str], question: str
) -> list[ApprovalConsultation]:
    """Ask for opinions that decide nothing (征询); the asked may read the subject. Raises Refused (CANNOT_CONSULT)."""
    step, route, _ = _mine(work, actor, step_id, None)
    wanted = list(dict.fromkeys(person_ids))
    waiting = {one.person_id for one in queries.consultations_of(work, [step.id]) if one.answered_at is None}
    asked = []
    for one in wanted:
        active = person(work, actor.organization_id, one).status == PersonStatus.ACTIVE
        if one == actor.person_id or one in waiting or not active:
            raise errors.cannot_consult()
        facts: dict[str, JsonValue] = {"step": step.id, "person": one, "question": _digest(question)}
        asked.append(
            ApprovalConsultation(
                id=work.new_id(),
                organization_id=step.organization_id,
                step_id=step.id,
                person_id=one,
                asked_by=actor.person_id,
                question=question,
                asked_at=work.now,
                entry_id=tell(work, actor, route, "approvals.consulted", facts),
            )
        )
    work.session.add_all(asked)
    work.session.flush()
    return asked


def answer(work: UnitOfWork, actor: Actor, consultation_id: str, *, opinion: str) -> ApprovalConsultation:
    """Give the opinion that was asked for. Raises NotFound, Conflict (CONSULTATION_ANSWERED)."""
    asked = work.session.scalar(
        select(ApprovalConsultation)
        .where(
            ApprovalConsultation.id == consultation_id,
            ApprovalConsultation.organization_id == actor.organization_id,
            ApprovalConsultation.person_id == actor.person_id,
        )
        .with_for_update()
    )
    if asked is None:
        raise errors.no_such_consultation()
    if asked.answered_at is not None:
        raise errors.consultation_answered()
    route = queries.route_of_step(work, asked.step_id)
    facts: dict[str, JsonValue] = {
        "step": asked.step_id,
        "consultation": asked.id,
        "answer": _digest(opinion),
    }
    asked.answer = opinion
    asked.answered_at = work.now
    asked.answer_entry_id = tell(work, actor, route, "approvals.answered", facts)
    work.session.flush()
    return asked


def send_copies(work: UnitOfWork, actor: Actor, route_id: str, *, person_ids: Sequence[str]) -> ApprovalRoute:
    """Send copies of a route (抄送); who has one may read the subject. For its starter and those it asks.

    Who has a copy already is left as he is. Raises NotFound, Refused (TOO_MANY_COPIES_SENT).
    """
    route = queries.readable_route(work, actor, route_id)
    if actor.person_id not in {route.started_by, *queries.persons_asked(work, route.id)}:
        raise errors.no_such_route()
    there = {one.person_id for one in queries.copies_of(work, route.id)}
    wanted = [one for one in dict.fromkeys(person_ids) if one not in there and one != actor.person_id]
    if len(there) + len(wanted) > MOST_COPIES:
        raise errors.too_many_copies(MOST_COPIES)
    for one in wanted:
        person(work, actor.organization_id, one)
        work.session.add(
            ApprovalCopy(
                id=work.new_id(),
                organization_id=route.organization_id,
                route_id=route.id,
                person_id=one,
                copied_by=actor.person_id,
                copied_at=work.now,
            )
        )
    if wanted:
        tell(work, actor, route, "approvals.copied", {"persons": [*wanted]})
    work.session.flush()
    return route


def mark_read(work: UnitOfWork, actor: Actor, route_id: str) -> None:
    """Note that the actor has seen the copy he was sent; nothing when he has none."""
    work.session.execute(
        update(ApprovalCopy)
        .where(
            ApprovalCopy.route_id == route_id,
            ApprovalCopy.person_id == actor.person_id,
            ApprovalCopy.read_at.is_(None),
        )
        .values(read_at=work.now)
    )


def _mine(
    work: UnitOfWork, actor: Actor, step_id: str, expected: int | None
) -> tuple[ApprovalStep, ApprovalRoute, ApprovalAssignment]:
    actor.require("approvals.decide")
    step, route, assignment = queries.asked_for_change(work, actor, step_id)
    queries.require_open(work, step, route, assignment)
    if expected is not None and expected != step.version:
        raise stale_version()
    return step, route, assignment


def _require_approver(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep, person_id: str) -> None:
    """Nobody puts a step to who is barred from it, to who may not approve, or to the applicant."""
    if person_id == step.barred_person_id:
        raise errors.separation()
    if not holds_permission(work, step.organization_id, person_id, "approvals.decide"):
        raise errors.cannot_transfer()
    if person_id == route.started_by:
        raise errors.separation()


def _make_room(work: UnitOfWork, route: ApprovalRoute, position: int) -> None:
    """Move the steps from a position on by one, the last first: positions are unique at every moment."""
    steps = [one for one in queries.steps_of(work, route.id) if one.position >= position]
    for one in reversed(steps):
        one.position += 1
        work.session.flush()


def _digest(text: str) -> JsonValue:
    return dict(digest_of(text))
