"""The register of loans as a printable form (印章外带登记表)."""

from __future__ import annotations

from typing import Any

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries
from shuangyin.custody.loan_schemas import LoanOut
from shuangyin.custody.loan_views import loan_out
from shuangyin.custody.typesetting import named, time_of, typeset_form
from shuangyin.organization.queries import get as organization_of

MAX_LINES = 1000
_STATES = {
    "pending": "待取出",
    "out": "待归还",
    "overdue": "逾期",
    "returned": "已归还",
    "cancelled": "已取消",
}


def loan_sheet(work: UnitOfWork, actor: Actor, *, state: str | None) -> dict[str, Any]:
    """What the form shows, oldest line first, at most 1,000 lines."""
    actor.require("custody.read")
    rows = queries.loans(work, actor, state=state, before=None, limit=MAX_LINES)
    return {
        "organization": organization_of(work, actor.organization_id).name,
        "printed_at": time_of(work.now),
        "rows": [_row(loan_out(work, row)) for row in reversed(rows)],
    }


def typeset_loans(data: dict[str, Any]) -> bytes:
    """The form as PDF, A4 landscape. Raises Unavailable when typesetting fails."""
    return typeset_form("loans.typ", data)


def _row(loan: LoanOut) -> dict[str, Any]:
    return {
        "number": loan.number,
        "state": _STATES[loan.state],
        "seals": [one.name for one in loan.seals],
        "request": loan.request_number,
        "title": loan.request_title,
        "place": loan.place,
        "purpose": loan.purpose,
        "from_at": time_of(loan.from_at),
        "due_at": time_of(loan.due_at),
        "out_at": time_of(loan.out_at),
        "back_at": time_of(loan.back_at),
        "custodian": named(loan.custodian),
        "escort": named(loan.escort),
        "good": str(sum(use.normal + use.seam + use.cover for use in loan.uses)),
        "spoiled": str(sum(use.spoiled for use in loan.uses)),
    }
