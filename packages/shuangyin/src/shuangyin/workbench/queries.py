"""What the home page reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, or_, select

from shuangyin.audit import commands as audits
from shuangyin.audit.months import end_of
from shuangyin.audit.queries import is_open, latest, stand_of, unsettled
from shuangyin.audit.rules import FindingStatus, waits_for_settling
from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.jobs import Job, JobState
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.loan_rules import state_of
from shuangyin.custody.models import (
    Handover,
    HandoverStatus,
    Loan,
    LoanStatus,
    Opening,
    OpeningStatus,
    Safe,
    SafeSlot,
)
from shuangyin.custody.original_models import OriginalLoan, OriginalLoanStatus
from shuangyin.custody.queries import confirmations
from shuangyin.custody.stocktake_models import Stocktake, StocktakeStatus
from shuangyin.evidence.problems import open_problems
from shuangyin.organization.models import Department, Post
from shuangyin.people.models import Person, PersonStatus, PostHolding
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.scenarios import acknowledgements
from shuangyin.scenarios.models import ScenarioList
from shuangyin.scenarios.queries import may_read_drafts
from shuangyin.seals.models import Seal, SealDiscrepancy, SealFiling, SealStatus, SealTask
from shuangyin.workbench.confirm_alerts import ConfirmFact
from shuangyin.workbench.finding_alerts import FindingsFact
from shuangyin.workbench.rules import (
    ListFact,
    LoanFact,
    OpeningFact,
    ProblemFact,
    SealFact,
    SealLifeFact,
    SetupFact,
    WaitingFact,
)

CUSTODY_RIGHTS = ("custody.read", "custody.open", "custody.review")


def sees_custody(actor: Actor) -> bool:
    """Whether the state of safes concerns this person."""
    return any(actor.may(right) for right in CUSTODY_RIGHTS)


def waiting(work: UnitOfWork, actor: Actor) -> list[WaitingFact]:
    """Approved requests that wait for a physical seal."""
    query = select(UseRequest.id, UseRequest.number, UseRequest.approved_at).where(
        UseRequest.organization_id == actor.organization_id,
        UseRequest.medium == "physical",
        UseRequest.status == RequestStatus.APPROVED,
    )
    return [
        WaitingFact(request_id, number, approved_at or work.now)
        for request_id, number, approved_at in work.session.execute(query).tuples()
    ]


def openings(work: UnitOfWork, actor: Actor) -> list[OpeningFact]:
    """Openings that are pending or open."""
    query = select(Opening).where(
        Opening.organization_id == actor.organization_id,
        Opening.status.in_((OpeningStatus.PENDING, OpeningStatus.OPEN)),
    )
    return [
        OpeningFact(opening.id, opening.number, opening.status, opening.closes_by)
        for opening in work.session.scalars(query)
    ]


def loans(work: UnitOfWork, actor: Actor) -> list[LoanFact]:
    """Loans that are to begin or out: one's own, and all for those who may read custody."""
    query = select(Loan).where(
        Loan.organization_id == actor.organization_id,
        Loan.status.in_((LoanStatus.PENDING, LoanStatus.OUT)),
    )
    found = []
    for loan in work.session.scalars(query.order_by(Loan.due_at)):
        mine = actor.person_id in (loan.custodian_id, loan.escort_id)
        state = state_of(work.now, status=loan.status, due_at=loan.due_at)
        if mine or sees_custody(actor) or actor.may("seals.manage"):
            found.append(LoanFact(loan.id, loan.number, state, loan.place, mine))
    return found


def original_loans(work: UnitOfWork, actor: Actor) -> list[LoanFact]:
    """Loans of originals that may be taken out, are out or overdue: one's own, and all for those who keep safes."""
    query = select(OriginalLoan).where(
        OriginalLoan.organization_id == actor.organization_id,
        OriginalLoan.status.in_((OriginalLoanStatus.APPROVED, OriginalLoanStatus.OUT)),
    )
    found = []
    for loan in work.session.scalars(query.order_by(OriginalLoan.due_at)):
        mine = actor.person_id == loan.borrower_id
        state = state_of(
            work.now,
            status="pending" if loan.status == OriginalLoanStatus.APPROVED else "out",
            due_at=loan.due_at,
        )
        if mine or sees_custody(actor) or actor.may("seals.manage"):
            found.append(LoanFact(loan.id, loan.number, state, loan.place, mine, originals=True))
    return found


def to_confirm(work: UnitOfWork, actor: Actor) -> list[ConfirmFact]:
    """Openings, hand-overs and stocktakes in which the actor has a part that he has not confirmed yet."""
    me, found = actor.person_id, _openings_to_confirm(work, actor)
    sheets = select(Handover).where(
        Handover.organization_id == actor.organization_id,
        Handover.status == HandoverStatus.PENDING,
        or_(Handover.giver_id == me, Handover.receiver_id == me, Handover.witness_id == me),
    )
    for sheet in work.session.scalars(sheets.order_by(Handover.id)):
        roles = {"giver": sheet.giver_id, "receiver": sheet.receiver_id, "witness": sheet.witness_id}
        found += _unconfirmed(work, me, "handover", (sheet.id, sheet.number), roles)
    counts = select(Stocktake).where(
        Stocktake.organization_id == actor.organization_id,
        Stocktake.status == StocktakeStatus.PENDING,
        Stocktake.ends_at > work.now,
        or_(Stocktake.counter_id == me, Stocktake.witness_id == me),
    )
    for taken in work.session.scalars(counts.order_by(Stocktake.id)):
        roles = {"counter": taken.counter_id, "witness": taken.witness_id}
        found += _unconfirmed(work, me, "stocktake", (taken.id, taken.number), roles)
    return found


def _openings_to_confirm(work: UnitOfWork, actor: Actor) -> list[ConfirmFact]:
    me = actor.person_id
    asked = select(Opening).where(
        Opening.organization_id == actor.organization_id,
        Opening.status == OpeningStatus.PENDING,
        Opening.confirm_by > work.now,
        or_(Opening.custodian_id == me, Opening.reviewer_id == me),
    )
    found = []
    for one in work.session.scalars(asked.order_by(Opening.id)):
        if one.custodian_id == me and one.custodian_confirmed_at is None:
            found.append(ConfirmFact("opening", one.id, one.number, "custodian", one.confirm_by))
        if one.reviewer_id == me and one.reviewer_confirmed_at is None:
            found.append(ConfirmFact("opening", one.id, one.number, "reviewer", one.confirm_by))
    return found


def findings(work: UnitOfWork, actor: Actor) -> FindingsFact | None:
    """What audits want of the actor; None for who has nothing to do with them, and before the first one."""
    answers, conducts = actor.may(audits.ANSWER), actor.may(audits.CONDUCT)
    audit = latest(work, actor.organization_id) if answers or conducts else None
    if audit is None:
        return None
    today = beijing_time(work.now).date()
    stands = [stand_of(one) for one in unsettled(work, actor.organization_id)]
    return FindingsFact(
        audit_id=audit.id,
        month=audit.month,
        to_answer=sum(one.status is FindingStatus.OPEN for one in stands) if answers else 0,
        overdue=sum(one.overdue(today) for one in stands),
        to_settle=sum(waits_for_settling(one, actor.person_id) for one in stands) if conducts else 0,
        over=conducts and is_open(audit) and work.now >= end_of(audit.month),
    )


def _unconfirmed(
    work: UnitOfWork,
    me: str,
    what: Literal["handover", "stocktake"],
    of: tuple[str, str],
    roles: Mapping[str, str],
) -> list[ConfirmFact]:
    there = confirmations(work, of[0], what)
    return [
        ConfirmFact(what, *of, role) for role, person in roles.items() if person == me and role not in there
    ]


def failed_jobs(work: UnitOfWork, actor: Actor) -> int:
    """How much of the organization's background work has given up."""
    query = select(func.count()).where(
        Job.organization_id == actor.organization_id, Job.state == JobState.FAILED
    )
    return work.session.scalar(query) or 0


def seal_life(work: UnitOfWork, actor: Actor) -> SealLifeFact:
    """What waits about the life of seals, for who manages them; nothing for everybody else."""
    if not actor.may("seals.manage"):
        return SealLifeFact(0, 0, 0)

    def count(table: type[SealTask | SealFiling | SealDiscrepancy], *conditions: ColumnElement[bool]) -> int:
        mine = table.organization_id == actor.organization_id
        return work.session.scalar(select(func.count()).select_from(table).where(mine, *conditions)) or 0

    late = and_(SealFiling.status == "waiting", SealFiling.due_at < work.now)
    return SealLifeFact(
        tasks=count(SealTask, SealTask.done_at.is_(None)),
        overdue=count(SealFiling, or_(late, SealFiling.status.in_(("refused", "mismatch")))),
        out_of_step=count(SealDiscrepancy, SealDiscrepancy.ended_at.is_(None)),
    )


def log_problems(work: UnitOfWork, actor: Actor) -> list[ProblemFact]:
    """What is wrong with the evidence log, for those who watch it."""
    if not actor.may("evidence.watch"):
        return []
    return [
        ProblemFact(one.subject, one.zh.rstrip("。"), one.en.rstrip("."), bool(one.blocking))
        for one in open_problems(work)
    ]


def list_fact(work: UnitOfWork, actor: Actor, row: ScenarioList | None) -> ListFact | None:
    """The list in force as it concerns this person; None for whoever may not read it, or without one."""
    if row is None or not actor.may("scenarios.read"):
        return None
    review = None
    if row.review_on is not None:
        review = (date.fromisoformat(row.review_on) - beijing_time(work.now).date()).days
    return ListFact(
        id=row.id,
        version_number=row.version_number,
        read_by_me=row.id in acknowledgements.own(work, actor, [row.id]),
        reminded=row.reminded_at is not None,
        review_in_days=review,
        keeps_it=may_read_drafts(actor),
    )


def setup(work: UnitOfWork, actor: Actor, *, has_list: bool) -> SetupFact:
    """What of the organization is there already."""

    def count(table: type[Department | Person | Safe | Seal], *conditions: ColumnElement[bool]) -> int:
        mine = table.organization_id == actor.organization_id
        return work.session.scalar(select(func.count()).select_from(table).where(mine, *conditions)) or 0

    held = (
        select(Post.kind)
        .join(PostHolding, PostHolding.post_id == Post.id)
        .where(Post.organization_id == actor.organization_id, PostHolding.until_at.is_(None))
    )
    physical = (Seal.status == SealStatus.IN_FORCE, Seal.medium == "physical")
    return SetupFact(
        departments=count(Department),
        kinds_held=frozenset(work.session.scalars(held)),
        staff=count(Person, Person.status == PersonStatus.ACTIVE),
        seals_in_force=count(Seal, Seal.status == SealStatus.IN_FORCE),
        safes=count(Safe),
        all_outside=count(Seal, *physical) > 0
        and count(Seal, *physical, Seal.id.in_(select(SafeSlot.seal_id))) == 0,
        has_list=has_list,
    )


def seals(work: UnitOfWork, actor: Actor) -> list[SealFact]:
    """The organization's seals."""
    query = select(Seal).where(Seal.organization_id == actor.organization_id)
    return [
        SealFact(seal.id, seal.name, seal.medium, seal.status, seal.whereabouts, seal.valid_until)
        for seal in work.session.scalars(query)
    ]
