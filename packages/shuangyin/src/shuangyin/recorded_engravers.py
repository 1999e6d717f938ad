"""What the register of engravers says now about facts that entries recorded."""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.core.unit_of_work import UnitOfWork
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
from shuangyin.seals.models import Engraver

_REGISTERED, _CHANGED = "seals.engraver_registered", "seals.engraver_changed"
_STATED = ("filing_no", "valid_until", "active")


def _registered(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """An engraver as the last entry about him left him; `created_at` is when the first was written."""
    row = row_of(work, Engraver, subject_of(content))
    past = past_of(work, "engraver", subject_of(content), _REGISTERED, _CHANGED)
    last = past[-1].facts if past else facts
    said = differs(row, last, {name: name for name in _STATED})
    if said is None and content.get("kind") == _REGISTERED:
        said = states(row, {"created_at": content.get("at"), "organization_id": content.get("organization")})
    return said or text_differs(row.name, last.get("name"), "Engraver.name")


ENGRAVERS = RecordedArea(
    tables=frozenset({"engraver"}),
    comparisons={_REGISTERED: _registered, _CHANGED: _registered},
    brings={_REGISTERED: brings("engraver", "subject", "id")},
    rows=(("engraver", select(Engraver.id, null()).order_by(Engraver.id)),),
)
