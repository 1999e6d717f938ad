"""The register of loans of originals as a printable form (原件借阅登记表)."""

from __future__ import annotations

from typing import Any

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import original_queries as queries
from shuangyin.custody.original_rules import KINDS
from shuangyin.custody.original_schemas import OriginalLoanItemOut, OriginalLoanOut
from shuangyin.custody.typesetting import named, time_of, typeset_form
from shuangyin.organization.queries import get as organization_of

MAX_LINES = 1000
_STATES = {
    "asked": "审批中",
    "approved": "待取出",
    "rejected": "未批准",
    "sent_back": "已退回",
    "out": "待归还",
    "overdue": "逾期",
    "returned": "已归还",
    "cancelled": "已取消",
}


def original_loan_sheet(work: UnitOfWork, actor: Actor, *, state: str | None) -> dict[str, Any]:
    """What the form shows, oldest line first, at most 1,000 lines."""
    actor.require("custody.read")
    rows = queries.loans(work, actor, state=state, before=None, limit=MAX_LINES)
    return {
        "organization": organization_of(work, actor.organization_id).name,
        "printed_at": time_of(work.now),
        "rows": [_row(queries.loan_out(work, actor, row, listed=True)) for row in reversed(rows)],
    }


def typeset_original_loans(data: dict[str, Any]) -> bytes:
    """The form as PDF, A4 landscape. Raises Unavailable when typesetting fails."""
    return typeset_form("original_loans.typ", data)


def _row(loan: OriginalLoanOut) -> dict[str, Any]:
    return {
        "number": loan.number,
        "state": _STATES[loan.state],
        "originals": [f"{one.name}（{KINDS[one.kind].zh}，{one.number}）" for one in loan.items],
        "place": loan.place,
        "purpose": loan.purpose,
        "from_at": time_of(loan.from_at),
        "due_at": time_of(loan.due_at),
        "out_at": time_of(loan.out_at),
        "back_at": time_of(loan.back_at),
        "borrower": named(loan.borrower),
        "custodian": named(loan.custodian),
        "approvers": "、".join(named(one) for one in loan.approvers),
        "found": [_found(one) for one in loan.items if one.intact is not None],
    }


def _found(item: OriginalLoanItemOut) -> str:
    return f"{item.name}：完好" if item.intact else f"{item.name}：不完好，{item.note or ''}"
