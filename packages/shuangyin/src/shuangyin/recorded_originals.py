"""What the register of originals and their loans say now about facts that entries recorded."""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.original_models import Original, OriginalLoan, OriginalLoanItem
from shuangyin.custody.stocktake_models import StocktakeOriginal
from shuangyin.recorded_comparing import (
    Content,
    Facts,
    RecordedArea,
    brings,
    differs,
    past_of,
    row_of,
    states,
    subject_of,
    text_differs,
)
from shuangyin.recorded_custody import confirmation_differs, confirmation_key

_STATES = {
    "custody.original_registered": "kept",
    "custody.original_out": "lent",
    "custody.original_back": "kept",
    "custody.original_missing": "missing",
    "custody.original_found": "kept",
    "custody.original_withdrawn": "withdrawn",
}
"""What an entry about an original makes of it; the latest counts."""
_STATUSES = {
    "custody.original_loan_requested": "asked",
    "custody.original_loan_out": "out",
    "custody.original_loan_returned": "returned",
    "custody.original_loan_cancelled": "cancelled",
}


def _registered(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Original, subject_of(content))
    columns = {"number": "number", "original_kind": "kind", "route": "route_code"}
    stated = {"registered_by": content.get("actor"), "registered_at": content.get("at")}
    said = differs(row, facts, columns) or states(row, stated)
    if said is not None:
        return said
    past = past_of(work, "original", row.id)
    placed = [
        one.facts for one in past if one.kind in ("custody.original_registered", "custody.original_placed")
    ]
    state = [_STATES[one.kind] for one in past if one.kind in _STATES]
    return (
        text_differs(row.name, facts.get("name"), "Original.name")
        or text_differs(row.reference, facts.get("reference"), "Original.reference")
        or differs(row, placed[-1], {"safe": "safe_id", "slot": "slot"})
        or states(row, {"state": state[-1]})
    )


def _asked(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, OriginalLoan, subject_of(content))
    columns = {"number": "number", "from_at": "from_at", "due_at": "due_at", "binding": "binding"}
    stated = {"borrower_id": content.get("actor"), "requested_at": content.get("at")}
    said = differs(row, facts, columns) or states(row, stated)
    if said is not None:
        return said
    lines = {
        line.original_id: line
        for line in work.session.scalars(select(OriginalLoanItem).where(OriginalLoanItem.loan_id == row.id))
    }
    if sorted(lines) != facts.get("originals"):
        return "OriginalLoanItem.original_id is not what was recorded"
    return (
        text_differs(row.purpose, facts.get("purpose"), "OriginalLoan.purpose")
        or text_differs(row.place, facts.get("place"), "OriginalLoan.place")
        or _stands_elsewhere(work, row)
        or _found_otherwise(work, row, lines)
    )


def _stands_elsewhere(work: UnitOfWork, loan: OriginalLoan) -> str | None:
    """Where a loan stands is what its latest entry says."""
    status, at = "asked", dict[str, int | None]()
    for one in past_of(work, "original_loan", loan.id):
        at[one.kind] = one.at
        if one.kind == "custody.original_loan_decided":
            status = str(one.facts.get("status"))
        status = _STATUSES.get(one.kind, status)
    return states(
        loan,
        {
            "status": status,
            "decided_at": at.get("custody.original_loan_decided"),
            "out_at": at.get("custody.original_loan_out"),
            "back_at": at.get("custody.original_loan_returned"),
            "overdue_at": at.get("custody.original_loan_overdue"),
            "escalated_at": at.get("custody.original_loan_escalated"),
        },
    )


def _found_otherwise(work: UnitOfWork, loan: OriginalLoan, lines: dict[str, OriginalLoanItem]) -> str | None:
    """Every original came back in the condition that was entered last."""
    found: dict[object, Facts] = {}
    for past in past_of(work, "original_loan", loan.id, "custody.original_loan_checked"):
        found |= {one.get("original"): one for one in past.facts.get("items", ())}
    for original_id, line in lines.items():
        checked = found.get(original_id, {})
        said = states(line, {"intact": checked.get("intact")}) or text_differs(
            line.note, checked.get("note"), "OriginalLoanItem.note"
        )
        if said is not None:
            return said
    return None


def originals_counted(work: UnitOfWork, facts: Facts) -> str | None:
    """What a stocktake that is done found of originals; entries of earlier versions say nothing of them."""
    columns = {"original": "original_id", "expected": "expected", "found": "found"}
    for line in facts.get("originals") or []:
        said = differs(row_of(work, StocktakeOriginal, line.get("line")), line, columns)
        if said is not None:
            return said
    return None


ORIGINALS = RecordedArea(
    tables=frozenset({"original", "original_loan", "original_loan_item", "stocktake_original"}),
    comparisons={
        "custody.original_registered": _registered,
        "custody.original_loan_requested": _asked,
        "custody.original_loan_confirmed": confirmation_differs,
    },
    brings={
        "custody.original_registered": brings("original", "subject", "id"),
        "custody.original_loan_requested": brings("original_loan", "subject", "id"),
        "custody.original_loan_confirmed": confirmation_key,
    },
    rows=(
        ("original", select(Original.id, null()).order_by(Original.id)),
        ("original_loan", select(OriginalLoan.id, null()).order_by(OriginalLoan.id)),
    ),
)
