"""What the register of physical use, openings, loans and hand-overs say now about facts that entries recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import null, select

from shuangyin.core.actor import SYSTEM_PERSON_ID
from shuangyin.core.database import Base
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import (
    Confirmation,
    Handover,
    HandoverItem,
    HandoverStatus,
    Loan,
    LoanSeal,
    LoanStatus,
    Opening,
    OpeningRequest,
    PhysicalUse,
    PrintCopy,
    Safe,
    SafeSlot,
    SealReturn,
    UsePhoto,
)
from shuangyin.evidence.auditing import RowKey
from shuangyin.recorded_comparing import (
    Comparison,
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


def _photographed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, UsePhoto, facts.get("photo"))
    said = differs(row, facts, {"sm3": "sm3", "moment": "moment", "use": "use_id"})
    # Entries of earlier versions name nobody beside the actor, who is the platform for a smart seal's photo.
    named = "taken_by" in facts or content.get("actor") != SYSTEM_PERSON_ID
    taken_by = facts.get("taken_by", content.get("actor")) if named else getattr(row, "taken_by", None)
    if said is None and (row.taken_at, row.taken_by) != (content.get("at"), taken_by):
        return "UsePhoto.taken_at or taken_by is not what was recorded"
    belongs = (row.opening_id, row.loan_id, row.paper_permit_id, row.original_loan_id)
    if said is None and subject_of(content) not in belongs:
        return "UsePhoto.opening_id, loan_id or original_loan_id is not what was recorded"
    if said is None and belongs.count(None) != len(belongs) - 1:
        return "UsePhoto is of more than the opening, loan or permit that was recorded"
    return said


def _pressed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
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
    # Entries of earlier versions say neither.
    columns |= {name: f"{name}_id" for name in ("opening", "loan", "paper_permit") if name in facts}
    return (
        differs(row, facts, columns)
        or states(row, {"recorded_at": content.get("at")})
        or text_differs(row.remark, facts.get("remark"), "PhysicalUse.remark")
    )


def _printed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, PrintCopy, facts.get("print"))
    columns = {"number": "number", "version": "document_version_id", "source_sm3": "source_sm3", "sm3": "sm3"}
    stated = {
        "request_id": subject_of(content),
        "made_by": content.get("actor"),
        "made_at": content.get("at"),
        "copies": facts.get("copies"),
    }
    return differs(row, facts, columns) or states(row, stated)


def _asked_to_open(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Opening, subject_of(content))
    stated = {"custodian_id": content.get("actor"), "requested_at": content.get("at")}
    said = differs(row, facts, {"safe": "safe_id", "reviewer": "reviewer_id"}) or states(row, stated)
    if said is not None:
        return said
    if _ids(work, OpeningRequest.request_id, OpeningRequest.opening_id == row.id) != _set(facts, "requests"):
        return "OpeningRequest.request_id is not what was recorded"
    # Who confirmed, and whether it was opened and closed, are its entries' to say, and no one's else.
    kinds = {one.kind for one in past_of(work, "opening", row.id)}
    confirmed = [
        one.facts.get("role") for one in past_of(work, "opening", row.id, "custody.opening_confirmed")
    ]
    for column, is_said in (
        ("late_at", "custody.return_late" in kinds),
        ("escalated_at", "custody.return_escalated" in kinds),
        ("custodian_confirmed_at", "custodian" in confirmed),
        ("reviewer_confirmed_at", "reviewer" in confirmed),
        ("opened_at", "custody.safe_opened" in kinds),
        ("closed_at", "custody.opening_closed" in kinds),
    ):
        if (getattr(row, column) is not None) != is_said:
            return f"Opening.{column} is not what was recorded"
    return None


def _confirmed_opening(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Opening, subject_of(content))
    role = facts.get("role")
    if role not in ("custodian", "reviewer"):
        return "it names no role"
    said = states(row, {f"{role}_id": facts.get("person")})
    first = next(
        (
            one.at
            for one in past_of(work, "opening", subject_of(content), "custody.opening_confirmed")
            if one.facts.get("role") == role
        ),
        None,
    )
    return said or states(row, {f"{role}_confirmed_at": first})


def _opened(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Opening, subject_of(content))
    said = states(row, {"safe_id": facts.get("safe"), "opened_at": content.get("at")})
    if said is not None:
        return said
    if _ids(work, SealReturn.seal_id, SealReturn.opening_id == row.id) != _set(facts, "seals"):
        return "SealReturn.seal_id is not what was recorded"
    return None


def _closed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Opening, subject_of(content))
    said = states(row, {"status": "closed", "closed_at": content.get("at")})
    if said is not None:
        return said
    returned = _ids(
        work, SealReturn.seal_id, SealReturn.opening_id == row.id, SealReturn.returned_at.is_not(None)
    )
    if not _set(facts, "returned") >= returned:
        return "SealReturn.returned_at is not what was recorded"
    return text_differs(row.note, facts.get("note"), "Opening.note")


def _expired(work: UnitOfWork, content: Content, _facts: Facts) -> str | None:
    return states(row_of(work, Opening, subject_of(content)), {"status": "expired"})


def _lent(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Loan, subject_of(content))
    columns = {
        "number": "number",
        "request": "request_id",
        "escort": "escort_id",
        "from_at": "from_at",
        "due_at": "due_at",
    }
    stated = {"custodian_id": content.get("actor"), "requested_at": content.get("at")}
    said = differs(row, facts, columns) or states(row, stated)
    if said is not None:
        return said
    if _ids(work, LoanSeal.seal_id, LoanSeal.loan_id == row.id) != _set(facts, "seals"):
        return "LoanSeal.seal_id is not what was recorded"
    return (
        text_differs(row.place, facts.get("place"), "Loan.place")
        or text_differs(row.purpose, facts.get("purpose"), "Loan.purpose")
        or _loan_stands_elsewhere(work, row)
    )


_LOAN_ENDS = {
    "custody.loan_out": LoanStatus.OUT,
    "custody.loan_returned": LoanStatus.RETURNED,
    "custody.loan_cancelled": LoanStatus.CANCELLED,
}


def _loan_stands_elsewhere(work: UnitOfWork, loan: Loan) -> str | None:
    """Where a loan stands is what its latest entry says; one that is out is nowhere said to be back."""
    past = {one.kind: one.at for one in past_of(work, "loan", loan.id)}
    status = LoanStatus.PENDING
    for kind, after in _LOAN_ENDS.items():
        status = after if kind in past else status
    return states(
        loan,
        {
            "status": status.value,
            "out_at": past.get("custody.loan_out"),
            "back_at": past.get("custody.loan_returned"),
            "overdue_at": past.get("custody.loan_overdue"),
            "escalated_at": past.get("custody.loan_escalated"),
        },
    )


def confirmation_differs(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """What one party confirmed of a loan, a hand-over or a stocktake."""
    row = work.session.get(Confirmation, (subject_of(content), facts.get("phase"), facts.get("role")))
    stated = {
        "person_id": facts.get("person"),
        "two_factors": facts.get("two_factors"),
        "confirmed_at": content.get("at"),
    }
    return states(row, stated)


def _drawn_up(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Handover, subject_of(content))
    columns = {
        "number": "number",
        "giver": "giver_id",
        "receiver": "receiver_id",
        "witness": "witness_id",
    }
    stated = {"drafted_by": content.get("actor"), "drafted_at": content.get("at")}
    said = differs(row, facts, columns) or states(row, stated)
    if said is not None:
        return said
    return (
        text_differs(row.reason, facts.get("reason"), "Handover.reason")
        or _sheet_differs(work, row, facts.get("items"))
        or _handover_stands_elsewhere(work, row)
    )


def _sheet_differs(work: UnitOfWork, handover: Handover, recorded: object) -> str | None:
    """Every line of the sheet is as it was drawn up, and says what was found when it was last looked at."""
    query = select(HandoverItem).where(HandoverItem.handover_id == handover.id)
    lines = work.session.scalars(query.order_by(HandoverItem.position)).all()
    if not isinstance(recorded, list) or len(recorded) != len(lines):
        return "HandoverItem: the sheet has other lines than were recorded"
    found: dict[object, Facts] = {}
    for past in past_of(work, "handover", handover.id, "custody.handover_checked"):
        found |= {one.get("item"): one for one in past.facts.get("items", ())}
    for line, one in zip(lines, recorded, strict=True):
        checked = found.get(line.id, {})
        said = states(
            line,
            {"kind": one.get("kind"), "thing_id": one.get("thing"), "present": checked.get("present")},
        )
        if said is None and one.get("thing") is None:
            said = text_differs(line.name, one.get("name"), "HandoverItem.name")
        said = said or text_differs(line.discrepancy, checked.get("discrepancy"), "HandoverItem.discrepancy")
        if said is not None:
            return said
    return None


def _handover_stands_elsewhere(work: UnitOfWork, handover: Handover) -> str | None:
    past = {one.kind: one.at for one in past_of(work, "handover", handover.id)}
    status = HandoverStatus.PENDING
    if "custody.handover_done" in past:
        status = HandoverStatus.DONE
    elif "custody.handover_cancelled" in past:
        status = HandoverStatus.CANCELLED
    return states(handover, {"status": status.value, "done_at": past.get("custody.handover_done")})


def _safe_added(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Safe, subject_of(content))
    given = past_of(work, "safe", subject_of(content), "custody.safe_handed_over")
    custodian = given[-1].facts.get("to") if given else facts.get("custodian")
    changed = past_of(work, "safe", subject_of(content), "custody.lock_code_changed")
    since = changed[-1].at if changed else content.get("at")
    handed = given[-1].at if given and (not changed or given[-1].at > changed[-1].at) else None
    said = states(row, {"custodian_id": custodian, "created_at": content.get("at"), "lock_changed_at": since})
    # A hand-over and a change of the lock code within one millisecond stand in the log in no order.
    together = bool(given and changed and given[-1].at == changed[-1].at)
    return said or (None if together else states(row, {"keeper_changed_at": handed}))


def _placed(work: UnitOfWork, content: Content, _facts: Facts) -> str | None:
    """A seal that has a place has the one that the latest entry says; it may have left it for good since."""
    row = row_of(work, SafeSlot, subject_of(content))
    if row is None:
        return None
    last = past_of(work, "seal", row.seal_id, "custody.seal_placed")[-1].facts
    return differs(row, last, {"safe": "safe_id", "slot": "slot"})


def _ids(work: UnitOfWork, column: Any, *conditions: Any) -> set[str]:
    return set(work.session.scalars(select(column).where(*conditions)))


def _set(facts: Facts, name: str) -> set[object]:
    found = facts.get(name)
    return set(found) if isinstance(found, list) else set()


def confirmation_key(content: Content, facts: Facts) -> Iterator[RowKey]:
    """The row that a confirmation by one party brings."""
    yield ("custody_confirmation", f"{subject_of(content)}/{facts.get('phase')}/{facts.get('role')}")


_CONFIRMATION_ID = Confirmation.subject_id + "/" + Confirmation.phase + "/" + Confirmation.role
_COMPARISONS: dict[str, Comparison] = {
    "custody.pressed": _pressed,
    "custody.photo_taken": _photographed,
    "custody.print_made": _printed,
    "custody.opening_requested": _asked_to_open,
    "custody.opening_confirmed": _confirmed_opening,
    "custody.safe_opened": _opened,
    "custody.opening_closed": _closed,
    "custody.opening_expired": _expired,
    "custody.loan_requested": _lent,
    "custody.loan_confirmed": confirmation_differs,
    "custody.handover_drawn_up": _drawn_up,
    "custody.handover_confirmed": confirmation_differs,
    "custody.safe_added": _safe_added,
    "custody.seal_placed": _placed,
}


def _every(name: str, table: type[Base]) -> tuple[str, Any]:
    key = table.__table__.c.id
    return (name, select(key, null()).order_by(key))


CUSTODY = RecordedArea(
    tables=frozenset(
        {
            "physical_use",
            "use_photo",
            "print_copy",
            "opening",
            "opening_request",
            "seal_return",
            "loan",
            "loan_seal",
            "custody_confirmation",
            "handover",
            "handover_item",
            "safe",
            "safe_slot",
        }
    ),
    comparisons=_COMPARISONS,
    brings={
        "custody.pressed": brings("physical_use", "facts", "use"),
        "custody.photo_taken": brings("use_photo", "facts", "photo"),
        "custody.print_made": brings("print_copy", "facts", "print"),
        "custody.opening_requested": brings("opening", "subject", "id"),
        "custody.loan_requested": brings("loan", "subject", "id"),
        "custody.loan_confirmed": confirmation_key,
        "custody.handover_drawn_up": brings("handover", "subject", "id"),
        "custody.handover_confirmed": confirmation_key,
        "custody.safe_added": brings("safe", "subject", "id"),
    },
    rows=(
        _every("physical_use", PhysicalUse),
        _every("use_photo", UsePhoto),
        _every("print_copy", PrintCopy),
        _every("opening", Opening),
        _every("loan", Loan),
        _every("handover", Handover),
        _every("safe", Safe),
        ("custody_confirmation", select(_CONFIRMATION_ID, null()).order_by(Confirmation.subject_id)),
    ),
)
"""Where seals lie needs no entry of its own: one may be placed anew, and its latest entry is compared."""
