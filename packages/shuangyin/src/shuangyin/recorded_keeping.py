"""What stocktakes, press checks, paper permits, deputies and lock codes say now about facts that entries recorded."""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.checklist_rules import POINTS
from shuangyin.custody.keeping_models import LockCodeChange, SafeDeputy
from shuangyin.custody.models import Opening
from shuangyin.custody.paper_permit_models import PaperPermit, PaperPermitStatus
from shuangyin.custody.stocktake_models import Stocktake, StocktakeLine
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
from shuangyin.recorded_custody import confirmation_differs, confirmation_key
from shuangyin.recorded_originals import originals_counted


def _begun(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Stocktake, subject_of(content))
    columns = {"number": "number", "safe": "safe_id", "counter": "counter_id", "witness": "witness_id"}
    return differs(row, facts, columns) or states(row, {"begun_at": content.get("at")})


def _counted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """Of a stocktake that is done: when, and of each seal what was found and its account."""
    row = row_of(work, Stocktake, subject_of(content))
    if row is None:
        return "the row it speaks of is gone"
    if (row.status, row.done_at) != ("done", content.get("at")):
        return "Stocktake.status or done_at is not what was recorded"
    names = ("expected", "found", "permitted", "spare", "pressed", "good", "spoiled", "balanced")
    columns = {"seal": "seal_id", **{name: name for name in names}}
    found: dict[object, Facts] = {}
    for past in past_of(work, "stocktake", subject_of(content), "custody.stocktake_counted"):
        found |= {one.get("seal"): one for one in past.facts.get("lines", ())}
    for line in facts.get("lines") or []:
        kept = row_of(work, StocktakeLine, line.get("line"))
        counted = found.get(line.get("seal"), {})
        said = differs(kept, line, columns) or states(kept, {"stocktake_id": subject_of(content)})
        said = said or text_differs(kept.discrepancy, counted.get("discrepancy"), "StocktakeLine.discrepancy")
        if said is not None:
            return said
    return originals_counted(work, facts)


def _deputy(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SafeDeputy, facts.get("deputy"))
    said = differs(row, facts, {"person": "person_id", "from_at": "from_at", "until_at": "until_at"})
    if said is None and (row.safe_id, row.named_at) != (subject_of(content), content.get("at")):
        return "SafeDeputy.safe_id or named_at is not what was recorded"
    return said


def _deputy_ended(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SafeDeputy, facts.get("deputy"))
    if row is None or row.ended_at != content.get("at"):
        return "SafeDeputy.ended_at is not what was recorded"
    return None


def _lock_changed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, LockCodeChange, facts.get("change"))
    said = differs(row, facts, {"witness": "witness_id", "reason": "reason"})
    stated = (content.get("actor"), content.get("at"), subject_of(content))
    if said is None and (row.changed_by, row.changed_at, row.safe_id) != stated:
        return "LockCodeChange is not what was recorded"
    return said


def _checked(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, PressCheck, facts.get("check"))
    said = differs(row, facts, {point: point for point in POINTS})
    stated = (content.get("actor"), content.get("at"), subject_of(content))
    if said is None and (row.checked_by, row.checked_at, row.request_id) != stated:
        return "PressCheck is not what was recorded"
    watched = past_of(work, "request", subject_of(content), "custody.press_supervised")
    if said is None and all(one.facts.get("check") != row.id for one in watched):
        return states(row, {"supervisor_id": None, "supervised_at": None})
    return said


def _supervised(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, PressCheck, facts.get("check"))
    said = differs(row, facts, {"supervisor": "supervisor_id"})
    if said is None and row.supervised_at != content.get("at"):
        return "PressCheck.supervised_at is not what was recorded"
    return said


def _noticed(column: str) -> Comparison:
    """That something was noticed of an opening, and when."""

    def compare(work: UnitOfWork, content: Content, _facts: Facts) -> str | None:
        row = row_of(work, Opening, subject_of(content))
        if row is None or getattr(row, column) != content.get("at"):
            return f"Opening.{column} is not what was recorded"
        return None

    return compare


def _permitted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    names = ("number", "presses", "valid_from", "valid_until", "settle_by")
    columns = {"safe": "safe_id", "seal": "seal_id", **{name: name for name in names}}
    row = row_of(work, PaperPermit, subject_of(content))
    past = {one.kind: one for one in past_of(work, "paper_permit", subject_of(content))}
    ended = past.get("custody.paper_permit_entered", past.get("custody.paper_permit_unused"))
    missed = past.get("custody.paper_permit_missed")
    stated: dict[str, object] = {
        "issued_by": content.get("actor"),
        "issued_at": content.get("at"),
        "ended_by": ended.actor if ended else None,
        "ended_at": ended.at if ended else None,
        "overdue_at": missed.at if missed else None,
    }
    stated |= {} if ended else {"status": PaperPermitStatus.ISSUED, "presser_id": None, "reviewer_id": None}
    return differs(row, facts, columns) or states(row, stated)


def _permit_ended(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, PaperPermit, subject_of(content))
    said = differs(row, facts, {"number": "number"})
    status = "entered" if content.get("kind") == "custody.paper_permit_entered" else "unused"
    if said is None and (row.status, row.ended_at) != (status, content.get("at")):
        return "PaperPermit.status or ended_at is not what was recorded"
    if said is None and status == "entered":
        return differs(row, facts, {"presser": "presser_id", "reviewer": "reviewer_id"})
    return said


KEEPING = RecordedArea(
    tables=frozenset(
        {"paper_permit", "stocktake", "stocktake_line", "press_check", "safe_deputy", "lock_code_change"}
    ),
    comparisons={
        "custody.paper_permit_issued": _permitted,
        "custody.paper_permit_entered": _permit_ended,
        "custody.paper_permit_unused": _permit_ended,
        "custody.paper_checked": _checked,
        "custody.press_supervised": _supervised,
        "custody.return_late": _noticed("late_at"),
        "custody.return_escalated": _noticed("escalated_at"),
        "custody.deputy_named": _deputy,
        "custody.deputy_ended": _deputy_ended,
        "custody.lock_code_changed": _lock_changed,
        "custody.stocktake_begun": _begun,
        "custody.stocktake_confirmed": confirmation_differs,
        "custody.stocktake_done": _counted,
    },
    brings={
        "custody.paper_permit_issued": brings("paper_permit", "subject", "id"),
        "custody.paper_checked": brings("press_check", "facts", "check"),
        "custody.deputy_named": brings("safe_deputy", "facts", "deputy"),
        "custody.lock_code_changed": brings("lock_code_change", "facts", "change"),
        "custody.stocktake_begun": brings("stocktake", "subject", "id"),
        "custody.stocktake_confirmed": confirmation_key,
    },
    rows=(
        ("paper_permit", select(PaperPermit.id, null()).order_by(PaperPermit.id)),
        ("press_check", select(PressCheck.id, null()).order_by(PressCheck.id)),
        ("safe_deputy", select(SafeDeputy.id, null()).order_by(SafeDeputy.id)),
        ("lock_code_change", select(LockCodeChange.id, null()).order_by(LockCodeChange.id)),
        ("stocktake", select(Stocktake.id, null()).order_by(Stocktake.id)),
    ),
)
