"""Notice loans of originals past their time: borrower and custodian are told at once, the managers a day later."""

from __future__ import annotations

from sqlalchemy import or_, select

from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import system_actor
from shuangyin.core.live import tell_live
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.commands.original_loans import TOPIC
from shuangyin.custody.loan_rules import ESCALATION_MS, to_tell
from shuangyin.custody.original_models import OriginalLoan, OriginalLoanStatus
from shuangyin.custody.original_queries import SUBJECT_TYPE, custodian_of
from shuangyin.evidence.commands import record
from shuangyin.people.queries import persons_permitted

AT_ONCE = 200
"""Loans that one round looks at."""
_KINDS = {"overdue": "custody.original_loan_overdue", "escalated": "custody.original_loan_escalated"}


def notice_overdue_originals(platform: Platform) -> int:
    """Write down once that a loan is overdue, and once that it was escalated; returns how many were told."""
    return platform.transact(_notice)


def _notice(work: UnitOfWork) -> int:
    query = (
        select(OriginalLoan)
        .where(
            OriginalLoan.status == OriginalLoanStatus.OUT,
            or_(
                (OriginalLoan.due_at <= work.now) & OriginalLoan.overdue_at.is_(None),
                (OriginalLoan.due_at <= work.now - ESCALATION_MS) & OriginalLoan.escalated_at.is_(None),
            ),
        )
        .order_by(OriginalLoan.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    told = 0
    for loan in list(work.session.scalars(query)):
        for step in to_tell(
            work.now, due_at=loan.due_at, overdue_at=loan.overdue_at, escalated_at=loan.escalated_at
        ):
            _tell(work, loan, step)
            told += 1
    work.session.flush()
    return told


def _tell(work: UnitOfWork, loan: OriginalLoan, step: str) -> None:
    persons = {loan.borrower_id, custodian_of(work, loan, "out")}
    if step == "overdue":
        loan.overdue_at = work.now
    else:
        loan.escalated_at = work.now
        for right in ("seals.manage", "custody.read"):
            persons |= {one.id for one in persons_permitted(work, loan.organization_id, right)}
    actor = system_actor(loan.organization_id)
    record(
        work,
        actor,
        kind=_KINDS[step],
        subject_type=SUBJECT_TYPE,
        subject_id=loan.id,
        facts={"due_at": loan.due_at},
    )
    if step == "overdue":
        raise_alarm(
            work,
            actor,
            "original_overdue",
            subject_type=SUBJECT_TYPE,
            subject_id=loan.id,
            custodian_ids=persons,
            occurred_at=loan.due_at,
        )
    tell_live(work, loan.organization_id, persons, TOPIC, loan.id)
