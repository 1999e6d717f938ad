"""Submit a draft to the root office, take it back, and what becomes of it."""

from __future__ import annotations

from shuangyin.approvals.commands import start
from shuangyin.approvals.commands import withdraw as withdraw_route
from shuangyin.approvals.ports import Subject
from shuangyin.approvals.queries import route as route_of
from shuangyin.approvals.rules import SecondFactorRule, StepMode, StepPlan
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.jobs import enqueue
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of
from shuangyin.organization.queries import posts
from shuangyin.people.commands import require_second_factor
from shuangyin.people.queries import display, holders, holds_permission
from shuangyin.scenarios import errors, queries
from shuangyin.scenarios.commands.drafting import SUBJECT_TYPE, record_list, require_draft
from shuangyin.scenarios.commands.terms_of_lists import SETTLE_JOB, apply_terms, settle
from shuangyin.scenarios.models import ListStatus, ScenarioList
from shuangyin.scenarios.terms import with_new, without

RECALL_ACT = "scenarios.recall"


def submit(work: UnitOfWork, actor: Actor, list_id: str, expected: int | None) -> ScenarioList:
    """Submit a draft for approval by the root office, bound to the digest of its rules and header.

    Raises Invalid (RULES_FAULTY) with all faults, Refused (NO_APPROVER) when nobody holds the root office.
    """
    actor.require("scenarios.manage")
    row = queries.get(work, actor.organization_id, list_id)
    require_draft(row, expected)
    queries.require_faultless(work, row)
    row.status = ListStatus.IN_APPROVAL
    row.submitted_by = actor.person_id
    row.submitted_at = work.now
    work.session.flush()
    record_list(work, actor, row, "scenarios.submitted")
    route = start(
        work,
        actor,
        subject=Subject(SUBJECT_TYPE, row.id, row.title),
        steps=[_root_step(work, actor)],
        binding=queries.binding(work, row),
    )
    row.route_id = route.id
    work.session.flush()
    return row


def withdraw(
    work: UnitOfWork, actor: Actor, list_id: str, *, reason: str, expected: int | None
) -> ScenarioList:
    """Take a list back while it is in approval; it is a draft again. Raises Conflict, Stale."""
    actor.require("scenarios.manage")
    row = queries.get(work, actor.organization_id, list_id)
    if expected is not None and expected != row.version:
        raise stale_version()
    if row.status != ListStatus.IN_APPROVAL or row.route_id is None:
        raise errors.not_in_approval()
    starter = route_of(work, row.route_id).started_by
    if starter != actor.person_id:
        named = display(work, [starter]).get(starter)
        raise errors.not_submitter(named.name if named else "—")
    withdraw_route(work, actor, row.route_id, reason=reason)
    _back_to_draft(work, row)
    record_list(work, actor, row, "scenarios.withdrawn", {"reason": digest_of(reason)})
    return row


def recall(
    work: UnitOfWork, actor: Actor, list_id: str, *, reason: str, proof: str | None, expected: int | None
) -> ScenarioList:
    """Take back a list that is approved and not yet in force; what it would have superseded goes on.

    By whoever may approve lists, with a second factor each time. Raises Conflict (LIST_NOT_SCHEDULED), Stale.
    """
    actor.require("scenarios.approve")
    settle(work, actor.organization_id)
    row = queries.get(work, actor.organization_id, list_id)
    if expected is not None and expected != row.version:
        raise stale_version()
    if row.status != ListStatus.APPROVED:
        raise errors.not_scheduled()
    require_second_factor(work, actor, act=RECALL_ACT, subject=row.id, proof=proof, strength="each")
    apply_terms(work, actor.organization_id, without(queries.terms(work, actor.organization_id), row.id))
    row.valid_from = row.valid_until = row.approved_at = row.approved_by = None
    _back_to_draft(work, row)
    record_list(work, actor, row, "scenarios.recalled", {"reason": digest_of(reason)})
    return row


def approved(work: UnitOfWork, actor: Actor, list_id: str) -> None:
    """The root office approved: in force at once, or scheduled for the instant that the header names.

    The faults are looked for again: a citation may have ended while the list waited.
    """
    row = queries.get(work, actor.organization_id, list_id)
    _require_in_approval(row)
    queries.require_faultless(work, row)
    settle(work, actor.organization_id)
    start_at = max(row.effective_from or work.now, work.now)
    row.status = ListStatus.APPROVED
    row.approved_by = actor.person_id
    row.approved_at = work.now
    spans = with_new(queries.terms(work, actor.organization_id), row.id, start_at)
    apply_terms(work, actor.organization_id, spans)
    record_list(work, actor, row, "scenarios.approved", {"valid_from": start_at})
    settle(work, actor.organization_id)
    if start_at > work.now:
        enqueue(
            work,
            SETTLE_JOB,
            {"list_id": row.id},
            organization_id=actor.organization_id,
            slot=f"{SETTLE_JOB}:{row.id}",
            delay_ms=start_at - work.now,
        )


def came_back(work: UnitOfWork, actor: Actor, list_id: str, *, rejected: bool) -> None:
    """The root office rejected the list or sent it back: it is a draft again."""
    row = queries.get(work, actor.organization_id, list_id)
    _require_in_approval(row)
    _back_to_draft(work, row)
    if rejected:
        record_list(work, actor, row, "scenarios.rejected")
    else:
        record_list(work, actor, row, "scenarios.sent_back")


def _root_step(work: UnitOfWork, actor: Actor) -> StepPlan:
    organization_id = actor.organization_id
    office = [post.id for post in posts(work, organization_id) if post.is_office]
    persons = tuple(
        one.id
        for one in holders(work, organization_id, office, work.now)
        if holds_permission(work, organization_id, one.id, "approvals.decide")
        and holds_permission(work, organization_id, one.id, "scenarios.approve")
    )
    return StepPlan(
        name_zh="批准用印场景清单",
        name_en="Approve the scenario list",
        mode=StepMode.ANY,
        second_factor=SecondFactorRule.EACH,
        person_ids=persons,
    )


def _require_in_approval(row: ScenarioList) -> None:
    if row.status != ListStatus.IN_APPROVAL:
        raise errors.not_in_approval()


def _back_to_draft(work: UnitOfWork, row: ScenarioList) -> None:
    row.status = ListStatus.DRAFT
    row.submitted_at = row.submitted_by = None
    work.session.flush()
