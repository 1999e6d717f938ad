"""What the table of compared imprints says now about facts that entries recorded."""

from __future__ import annotations

import json

from sqlalchemy import null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.imprint_models import ImprintComparison
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


def _compared(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, ImprintComparison, facts.get("comparison"))
    columns = {"use": "use_id", "scan_sm3": "scan_sm3", "specimen_sm3": "specimen_sm3", "verdict": "verdict"}
    said = differs(row, facts, columns)
    if said is not None:
        return said
    if json.loads(row.reasons) != facts.get("reasons"):
        return "ImprintComparison.reasons is not what was recorded"
    # Without an entry of a decision there is none.
    decided = [
        one.facts.get("decision")
        for one in past_of(work, "seal", subject_of(content), "custody.imprint_decided")
        if one.facts.get("comparison") == row.id
    ]
    stated = {
        "seal_id": subject_of(content),
        "compared_by": content.get("actor"),
        "compared_at": content.get("at"),
        "decision": decided[-1] if decided else None,
    }
    if not decided:
        stated |= {"decided_by": None, "decided_at": None, "decision_note": None}
    return states(row, stated)


def _decided(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, ImprintComparison, facts.get("comparison"))
    stated = {"decided_by": content.get("actor"), "decided_at": content.get("at")}
    said = differs(row, facts, {"decision": "decision"}) or states(row, stated)
    return said or text_differs(row.decision_note, facts.get("note"), "ImprintComparison.decision_note")


IMPRINTS = RecordedArea(
    tables=frozenset({"imprint_comparison"}),
    comparisons={"custody.imprint_compared": _compared, "custody.imprint_decided": _decided},
    brings={"custody.imprint_compared": brings("imprint_comparison", "facts", "comparison")},
    rows=(("imprint_comparison", select(ImprintComparison.id, null()).order_by(ImprintComparison.id)),),
)
