"""What the home page reads."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.jobs import Job, JobState
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.loan_rules import state_of
from shuangyin.custody.models import Loan, LoanStatus, Opening, OpeningStatus, Safe
from shuangyin.evidence.problems import open_problems
from shuangyin.organization.models import Department, Post
from shuangyin.people.models import PostHolding
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.scenarios import acknowledgements
from shuangyin.scenarios.models import ScenarioList
from shuangyin.scenarios.queries import may_read_drafts
from shuangyin.seals.models import Seal, SealDiscrepancy, SealFiling, SealStatus, SealTask
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

    def count(table: type[Department | Safe | Seal], *conditions: ColumnElement[bool]) -> int:
        mine = table.organization_id == actor.organization_id
        return work.session.scalar(select(func.count()).select_from(table).where(mine, *conditions)) or 0

    held = (
        select(Post.kind)
        .join(PostHolding, PostHolding.post_id == Post.id)
        .where(Post.organization_id == actor.organization_id, PostHolding.until_at.is_(None))
    )
    return SetupFact(
        departments=count(Department),
        kinds_held=frozenset(work.session.scalars(held)),
        seals_in_force=count(Seal, Seal.status == SealStatus.IN_FORCE),
        safes=count(Safe),
        has_list=has_list,
    )


def seals(work: UnitOfWork, actor: Actor) -> list[SealFact]:
    """The organization's seals."""
    query = select(Seal).where(Seal.organization_id == actor.organization_id)
    return [
        SealFact(seal.id, seal.name, seal.medium, seal.status, seal.whereabouts, seal.valid_until)
        for seal in work.session.scalars(query)
    ]
