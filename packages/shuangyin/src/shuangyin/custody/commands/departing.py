"""Safes and openings of a person who leaves or hands over."""

from __future__ import annotations

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Loan, LoanStatus, Opening, OpeningStatus, Safe
from shuangyin.evidence.commands import record


def safes_of(work: UnitOfWork, organization_id: str, person_id: str) -> list[Safe]:
    """The safes whose designated custodian a person is."""
    query = select(Safe).where(Safe.organization_id == organization_id, Safe.custodian_id == person_id)
    return list(work.session.scalars(query.order_by(Safe.name)))


def openings_of(work: UnitOfWork, organization_id: str, person_id: str) -> list[Opening]:
    """Openings under way in which a person is custodian or reviewer."""
    query = select(Opening).where(
        Opening.organization_id == organization_id,
        Opening.safe_slot.is_not(None),
        or_(Opening.custodian_id == person_id, Opening.reviewer_id == person_id),
    )
    return list(work.session.scalars(query.order_by(Opening.id)))


def loans_of(work: UnitOfWork, organization_id: str, person_id: str) -> list[Loan]:
    """Loans that are agreed or out, which a person gave out or escorts."""
    query = select(Loan).where(
        Loan.organization_id == organization_id,
        Loan.status.in_((LoanStatus.PENDING, LoanStatus.OUT)),
        or_(Loan.custodian_id == person_id, Loan.escort_id == person_id),
    )
    return list(work.session.scalars(query.order_by(Loan.id)))


def name_custodian(work: UnitOfWork, actor: Actor, safe: Safe, to_person_id: str) -> None:
    """Name another custodian of a safe, whose lock code is then due for change. Whoever calls has decided that the actor may."""
    before, safe.custodian_id = safe.custodian_id, to_person_id
    safe.keeper_changed_at = work.now
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.safe_handed_over",
        subject_type="safe",
        subject_id=safe.id,
        facts={"from": before, "to": to_person_id},
    )


def call_off(work: UnitOfWork, actor: Actor, opening: Opening) -> None:
    """End an opening that waits for a confirmation which cannot come any more."""
    opening.status = OpeningStatus.EXPIRED
    opening.safe_slot = None
    work.session.flush()
    record(
        work, actor, kind="custody.opening_expired", subject_type="opening", subject_id=opening.id, facts={}
    )


def call_off_loan(work: UnitOfWork, actor: Actor, loan: Loan) -> None:
    """Call off a loan that was agreed and cannot begin without the person who leaves."""
    loan.status = LoanStatus.CANCELLED
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.loan_cancelled",
        subject_type="loan",
        subject_id=loan.id,
        facts={"number": loan.number},
    )
