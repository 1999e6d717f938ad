"""What the tables of custody say now about facts that entries recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.checklist_rules import POINTS
from shuangyin.custody.keeping_models import LockCodeChange, SafeDeputy
from shuangyin.custody.models import (
    Confirmation,
    Handover,
    HandoverItem,
    Loan,
    Opening,
    PhysicalUse,
    UsePhoto,
)
from shuangyin.custody.paper_permit_models import PaperPermit
from shuangyin.custody.stocktake_models import Stocktake, StocktakeLine
from shuangyin.recorded_comparing import Comparison, Facts, differs, row_of, text_differs


def _photographed(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, UsePhoto, facts.get("photo"))
    said = differs(row, facts, {"sm3": "sm3", "moment": "moment", "use": "use_id"})
    if said is None and (row.taken_at, row.taken_by) != (content.get("at"), content.get("actor")):
        return "UsePhoto.taken_at or taken_by is not what was recorded"
    return said


def _pressed(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> str | None:
    columns = {
        "number": "number",
        "request": "request_id",
        "seal": "seal_id",
        "seal_use": "seal_use_id",
        "copies": "copies",
        "applied": "applied",
        "normal": "normal",
        "seam": "seam",
        "cover": "cover",
        "spoiled": "spoiled",
        "presser": "presser_id",
        "reviewer": "reviewer_id",
        "pressed_at": "pressed_at",
    }
    row = row_of(work, PhysicalUse, facts.get("use"))
    return differs(row, facts, columns) or text_differs(row.remark, facts.get("remark"), "PhysicalUse.remark")


def _subject(content: Mapping[str, Any]) -> object:
    subject = content.get("subject")
    return subject.get("id") if isinstance(subject, dict) else None


def _lent(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    """What was agreed of a loan never changes."""
    columns = {
        "number": "number",
        "request": "request_id",
        "escort": "escort_id",
        "from_at": "from_at",
        "due_at": "due_at",
    }
    row = row_of(work, Loan, _subject(content))
    return (
        differs(row, facts, columns)
        or text_differs(row.place, facts.get("place"), "Loan.place")
        or text_differs(row.purpose, facts.get("purpose"), "Loan.purpose")
    )


def _drawn_up(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, Handover, _subject(content))
    columns = {"number": "number", "giver": "giver_id", "receiver": "receiver_id", "witness": "witness_id"}
    return differs(row, facts, columns) or text_differs(row.reason, facts.get("reason"), "Handover.reason")


def _handed_over(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    """Of a sheet that is done: when, and what was there and what was not."""
    row = row_of(work, Handover, _subject(content))
    if row is None:
        return "the row it speaks of is gone"
    if (row.status, row.done_at) != ("done", content.get("at")):
        return "Handover.status or done_at is not what was recorded"
    items = select(HandoverItem.id, HandoverItem.present).where(HandoverItem.handover_id == row.id)
    found = dict(work.session.execute(items).tuples().all())
    for name, present in (("present", True), ("missing", False)):
        if sorted(facts.get(name) or []) != sorted(one for one, there in found.items() if there is present):
            return "HandoverItem.present is not what was recorded"
    return None


def _begun(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, Stocktake, _subject(content))
    columns = {"number": "number", "safe": "safe_id", "counter": "counter_id", "witness": "witness_id"}
    return differs(row, facts, columns)


def _counted(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    """Of a stocktake that is done: when, and of each seal what was found and its account."""
    row = row_of(work, Stocktake, _subject(content))
    if row is None:
        return "the row it speaks of is gone"
    if (row.status, row.done_at) != ("done", content.get("at")):
        return "Stocktake.status or done_at is not what was recorded"
    names = ("expected", "found", "permitted", "spare", "pressed", "good", "spoiled", "balanced")
    columns = {"seal": "seal_id", **{name: name for name in names}}
    for line in facts.get("lines") or []:
        said = differs(row_of(work, StocktakeLine, line.get("line")), line, columns)
        if said is not None:
            return said
    return None


def _confirmed(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    key = (_subject(content), facts.get("phase"), facts.get("role"))
    row = work.session.get(Confirmation, key) if all(isinstance(one, str) for one in key) else None
    said = differs(row, facts, {"person": "person_id", "two_factors": "two_factors"})
    if said is None and row is not None and row.confirmed_at != content.get("at"):
        return "Confirmation.confirmed_at is not what was recorded"
    return said


def _asked_to_open(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, Opening, _subject(content))
    return differs(row, facts, {"safe": "safe_id", "reviewer": "reviewer_id"})


def _closed(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, Opening, _subject(content))
    if row is None:
        return "the row it speaks of is gone"
    if (row.status, row.closed_at) != ("closed", content.get("at")):
        return "Opening.status or closed_at is not what was recorded"
    return text_differs(row.note, facts.get("note"), "Opening.note")


def _noticed(column: str) -> Comparison:
    """That something was noticed of an opening, and when."""

    def compare(work: UnitOfWork, content: Mapping[str, Any], _facts: Facts) -> str | None:
        row = row_of(work, Opening, _subject(content))
        if row is None or getattr(row, column) != content.get("at"):
            return f"Opening.{column} is not what was recorded"
        return None

    return compare


def _deputy(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, SafeDeputy, facts.get("deputy"))
    said = differs(row, facts, {"person": "person_id", "from_at": "from_at", "until_at": "until_at"})
    if said is None and (row.safe_id, row.named_at) != (_subject(content), content.get("at")):
        return "SafeDeputy.safe_id or named_at is not what was recorded"
    return said


def _deputy_ended(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, SafeDeputy, facts.get("deputy"))
    if row is None or row.ended_at != content.get("at"):
        return "SafeDeputy.ended_at is not what was recorded"
    return None


def _lock_changed(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, LockCodeChange, facts.get("change"))
    said = differs(row, facts, {"witness": "witness_id", "reason": "reason"})
    stated = (content.get("actor"), content.get("at"), _subject(content))
    if said is None and (row.changed_by, row.changed_at, row.safe_id) != stated:
        return "LockCodeChange is not what was recorded"
    return said


def _checked(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, PressCheck, facts.get("check"))
    said = differs(row, facts, {point: point for point in POINTS})
    stated = (content.get("actor"), content.get("at"), _subject(content))
    if said is None and (row.checked_by, row.checked_at, row.request_id) != stated:
        return "PressCheck is not what was recorded"
    return said


def _supervised(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, PressCheck, facts.get("check"))
    said = differs(row, facts, {"supervisor": "supervisor_id"})
    if said is None and row.supervised_at != content.get("at"):
        return "PressCheck.supervised_at is not what was recorded"
    return said


def _permitted(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    names = ("number", "presses", "valid_from", "valid_until", "settle_by")
    columns = {"safe": "safe_id", "seal": "seal_id", **{name: name for name in names}}
    return differs(row_of(work, PaperPermit, _subject(content)), facts, columns)


def _permit_ended(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, PaperPermit, _subject(content))
    said = differs(row, facts, {"number": "number"})
    status = "entered" if content.get("kind") == "custody.paper_permit_entered" else "unused"
    if said is None and (row.status, row.ended_at) != (status, content.get("at")):
        return "PaperPermit.status or ended_at is not what was recorded"
    if said is None and status == "entered":
        return differs(row, facts, {"presser": "presser_id", "reviewer": "reviewer_id"})
    return said


COMPARISONS: Mapping[str, Comparison] = {
    "custody.pressed": _pressed,
    "custody.photo_taken": _photographed,
    "custody.loan_requested": _lent,
    "custody.loan_confirmed": _confirmed,
    "custody.handover_drawn_up": _drawn_up,
    "custody.handover_confirmed": _confirmed,
    "custody.handover_done": _handed_over,
    "custody.paper_checked": _checked,
    "custody.press_supervised": _supervised,
    "custody.paper_permit_issued": _permitted,
    "custody.paper_permit_entered": _permit_ended,
    "custody.paper_permit_unused": _permit_ended,
    "custody.opening_requested": _asked_to_open,
    "custody.opening_closed": _closed,
    "custody.return_late": _noticed("late_at"),
    "custody.return_escalated": _noticed("escalated_at"),
    "custody.deputy_named": _deputy,
    "custody.deputy_ended": _deputy_ended,
    "custody.lock_code_changed": _lock_changed,
    "custody.stocktake_begun": _begun,
    "custody.stocktake_confirmed": _confirmed,
    "custody.stocktake_done": _counted,
}
BROUGHT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "custody.pressed": ("physical_use", ("facts", "use")),
    "custody.photo_taken": ("use_photo", ("facts", "photo")),
    "custody.loan_requested": ("loan", ("subject", "id")),
    "custody.handover_drawn_up": ("handover", ("subject", "id")),
    "custody.stocktake_begun": ("stocktake", ("subject", "id")),
    "custody.opening_requested": ("opening", ("subject", "id")),
    "custody.paper_checked": ("press_check", ("facts", "check")),
    "custody.paper_permit_issued": ("paper_permit", ("subject", "id")),
    "custody.deputy_named": ("safe_deputy", ("facts", "deputy")),
    "custody.lock_code_changed": ("lock_code_change", ("facts", "change")),
}
"""The table of the row that an entry of each kind brings into being, and where the entry says which."""
ROWS: tuple[tuple[str, Select[Any]], ...] = (
    ("physical_use", select(PhysicalUse.id, null()).order_by(PhysicalUse.id)),
    ("use_photo", select(UsePhoto.id, null()).order_by(UsePhoto.id)),
    ("loan", select(Loan.id, null()).order_by(Loan.id)),
    ("handover", select(Handover.id, null()).order_by(Handover.id)),
    ("opening", select(Opening.id, null()).order_by(Opening.id)),
    ("press_check", select(PressCheck.id, null()).order_by(PressCheck.id)),
    ("paper_permit", select(PaperPermit.id, null()).order_by(PaperPermit.id)),
    ("safe_deputy", select(SafeDeputy.id, null()).order_by(SafeDeputy.id)),
    ("lock_code_change", select(LockCodeChange.id, null()).order_by(LockCodeChange.id)),
    ("stocktake", select(Stocktake.id, null()).order_by(Stocktake.id)),
)
"""The rows of custody that entries record."""
