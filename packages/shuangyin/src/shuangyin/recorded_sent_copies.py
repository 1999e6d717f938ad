"""What the register of copies that went out says now about facts that entries recorded."""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.sent_copy_models import ReturnedCopies, SentCopies
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


def _sent(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SentCopies, facts.get("sending"))
    same = ("number", "copies", "way", "courier", "tracking", "sent_at", "due_at")
    said = differs(row, facts, {name: name for name in same})
    if said is not None:
        return said
    struck = [
        one.at
        for one in past_of(work, "request", subject_of(content), "custody.copies_struck")
        if one.facts.get("sending") == row.id
    ]
    stated = {
        "request_id": subject_of(content),
        "registered_by": content.get("actor"),
        "registered_at": content.get("at"),
        "void_at": struck[-1] if struck else None,
    }
    return states(row, stated) or text_differs(row.recipient, facts.get("recipient"), "SentCopies.recipient")


def _back(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, ReturnedCopies, facts.get("return"))
    columns = {"sending": "sent_id", "copies": "copies", "version": "document_version_id", "sm3": "sm3"}
    stated = {"registered_by": content.get("actor"), "registered_at": content.get("at")}
    return differs(row, facts, columns) or states(row, stated)


SENT_COPIES = RecordedArea(
    tables=frozenset({"sent_copies", "returned_copies"}),
    comparisons={"custody.copies_sent": _sent, "custody.copies_back": _back},
    brings={
        "custody.copies_sent": brings("sent_copies", "facts", "sending"),
        "custody.copies_back": brings("returned_copies", "facts", "return"),
    },
    rows=(
        ("sent_copies", select(SentCopies.id, null()).order_by(SentCopies.id)),
        ("returned_copies", select(ReturnedCopies.id, null()).order_by(ReturnedCopies.id)),
    ),
)
