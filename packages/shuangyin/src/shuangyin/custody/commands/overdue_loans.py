"""Notice loans that are past their time: custodian and escort are told at once, the managers of seals a day later."""

from __future__ import annotations

from sqlalchemy import or_, select

from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import system_actor
from shuangyin.core.live import tell_live
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.commands.loans import TOPIC
from shuangyin.custody.loan_rules import ESCALATION_MS, to_tell
from shuangyin.custody.models import Loan, LoanStatus
from shuangyin.evidence.commands import record
from shuangyin.people.queries import persons_permitted

AT_ONCE = 200
"""Loans that one round looks at."""
_KINDS = {"overdue": "custody.loan_overdue", "escalated": "custody.loan_escalated"}


def notice_overdue_loans(platform: Platform) -> int:
    """Write down once that a loan is overdue, and once that it was escalated; returns how many were told."""
    return platform.transact(_notice)


def _notice(work: UnitOfWork) -> int:
    query = (
        select(Loan)
        .where(
            Loan.status == LoanStatus.OUT,
            or_(
                (Loan.due_at <= work.now) & Loan.overdue_at.is_(None),
                (Loan.due_at <= work.now - ESCALATION_MS) & Loan.escalated_at.is_(None),
            ),
        )
        .order_by(Loan.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    told = 0
    for loan in list(work.session.scalars(query)):
        steps = to_tell(
            work.now, due_at=loan.due_at, overdue_at=loan.overdue_at, escalated_at=loan.escalated_at
        )
        for step in steps:
            _tell(work, loan, step)
            told += 1
    work.session.flush()
    return told


def _tell(work: UnitOfWork, loan: Loan, step: str) -> None:
    persons = {loan.custodian_id, loan.escort_id}
    if step == "overdue":
        loan.overdue_at = work.now
    else:
        loan.escalated_at = work.now
        managers = persons_permitted(work, loan.organization_id, "seals.manage")
        readers = persons_permitted(work, loan.organization_id, "custody.read")
        persons |= {one.id for one in (*managers, *readers)}
    actor = system_actor(loan.organization_id)
    record(
        work,
        actor,
        kind=_KINDS[step],
        subject_type="loan",
        subject_id=loan.id,
        facts={"due_at": loan.due_at},
    )
    if step == "overdue":
        raise_alarm(
            work,
            actor,
            "loan_overdue",
            subject_type="loan",
            subject_id=loan.id,
            custodian_ids=persons,
            occurred_at=loan.due_at,
        )
    tell_live(work, loan.organization_id, persons, TOPIC, loan.id)
