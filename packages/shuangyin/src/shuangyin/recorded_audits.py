"""What the tables of audits and findings say now about facts that entries recorded."""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.audit.models import Audit, AuditFinding
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.recorded_comparing import (
    Content,
    Facts,
    Past,
    RecordedArea,
    brings,
    differs,
    past_of,
    plain,
    row_of,
    states,
    subject_of,
    text_differs,
)


def _opened(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """An audit as it was opened, and closed exactly when an entry says so."""
    row = row_of(work, Audit, subject_of(content))
    closed = past_of(work, "audit", subject_of(content), "audit.closed")
    last = closed[-1] if closed else None
    stated = {
        "opened_by": content.get("actor"),
        "opened_at": content.get("at"),
        "status": "closed" if last else "open",
        "open_slot": None if last else content.get("organization"),
        "closed_by": last.actor if last else None,
        "closed_at": last.at if last else None,
    }
    return differs(row, facts, {"month": "month"}) or states(row, stated)


_TAKEN_IN = {
    "audit": "audit_id",
    "number": "number",
    "kind": "kind",
    "about": "about",
    "seal": "seal_id",
    "device": "device_id",
    "request": "request_id",
    "permit": "permit_id",
    "paper_permit": "paper_permit_id",
    "stocktake": "stocktake_id",
    "alarm": "alarm_id",
    "noticed_at": "noticed_at",
}


def _taken_in(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A finding as it was taken in, answered, rectified and settled, each as the latest entry about it says."""
    row = row_of(work, AuditFinding, subject_of(content))
    said = differs(row, facts, _TAKEN_IN) or states(row, {"found_at": content.get("at")})
    if said is not None:
        return said
    if plain(row.figures) != facts.get("figures"):
        return "AuditFinding.figures is not what was recorded"
    past: dict[str, Past] = {}
    for one in past_of(work, "finding", row.id):
        if one.kind == "audit.finding_answered":
            past.pop("audit.finding_rectified", None)
        past[one.kind] = one
    return (
        _answer_differs(row, past.get("audit.finding_answered"))
        or _report_differs(row, past.get("audit.finding_rectified"))
        or _settlement_differs(row, past.get("audit.finding_settled"))
    )


def _answer_differs(row: AuditFinding, past: Past | None) -> str | None:
    facts = past.facts if past else {}
    stated = {
        "answered_by": past.actor if past else None,
        "answered_at": past.at if past else None,
        "responsible_id": facts.get("responsible"),
        "due_on": facts.get("due_on"),
    }
    return (
        states(row, stated)
        or text_differs(row.cause, facts.get("cause"), "AuditFinding.cause")
        or text_differs(row.rectification, facts.get("rectification"), "AuditFinding.rectification")
    )


def _report_differs(row: AuditFinding, past: Past | None) -> str | None:
    stated = {"rectified_by": past.actor if past else None, "rectified_at": past.at if past else None}
    note = past.facts.get("note") if past else None
    return states(row, stated) or text_differs(row.rectified_note, note, "AuditFinding.rectified_note")


def _settlement_differs(row: AuditFinding, past: Past | None) -> str | None:
    facts = past.facts if past else {}
    stated = {
        "settled_by": past.actor if past else None,
        "settled_at": past.at if past else None,
        "outcome": facts.get("outcome"),
        "slot": None if past else f"{row.kind}/{row.about}",
    }
    said = states(row, stated) or text_differs(row.reason, facts.get("reason"), "AuditFinding.reason")
    if said is None and plain(row.settled_figures or "null") != facts.get("figures"):
        return "AuditFinding.settled_figures is not what was recorded"
    return said


AUDITS = RecordedArea(
    tables=frozenset({"audit", "audit_finding"}),
    comparisons={"audit.opened": _opened, "audit.finding_taken_in": _taken_in},
    brings={
        "audit.opened": brings("audit", "subject", "id"),
        "audit.finding_taken_in": brings("audit_finding", "subject", "id"),
    },
    rows=(
        ("audit", select(Audit.id, null()).order_by(Audit.id)),
        ("audit_finding", select(AuditFinding.id, null()).order_by(AuditFinding.id)),
    ),
)
