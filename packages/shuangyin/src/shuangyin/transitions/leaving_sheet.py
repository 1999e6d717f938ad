"""Typeset the proof sheet (离职交接证明单) as a PDF: every thing a person had, what became of it, and when."""

from __future__ import annotations

from typing import Any

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import queries as people
from shuangyin.transitions import leaving_queries as queries
from shuangyin.transitions.changing_post import PARTS as PARTS_OF_CHANGE
from shuangyin.transitions.leaving import PARTS, digest_of_lines
from shuangyin.transitions.leaving_models import PersonTransition, PersonTransitionItem, TransitionKind
from shuangyin.transitions.leaving_parts import KINDS, OUTCOMES, WHY, Outcome, Why

_TITLES = {TransitionKind.LEFT: "离职交接证明单", TransitionKind.CHANGED_POST: "调岗交接证明单"}
_PARTS = {part.code: part.text.zh for part in (*PARTS, *PARTS_OF_CHANGE)}


def sheet_of(work: UnitOfWork, found: PersonTransition, *, organization: str) -> dict[str, Any]:
    """The sheet with every value as it is to be read."""
    items = queries.items_of(work, found.id)
    ids = {found.person_id, found.done_by, *(one.to_person_id for one in items if one.to_person_id)}
    names = {key: one.name for key, one in people.display(work, ids).items()}
    at = f"{beijing_time(found.done_at):%Y-%m-%d %H:%M:%S}"
    recomputed = digest_of_lines(
        (one.part, one.kind, one.subject_id, one.outcome, one.to_person_id or "") for one in items
    )
    return {
        "title": _TITLES[TransitionKind(found.kind)],
        "organization": organization,
        "number": found.number,
        "person": names.get(found.person_id, found.person_id),
        "done_by": names.get(found.done_by, found.done_by),
        "done_at": at,
        "reason": found.reason or "—",
        "printed_at": f"{beijing_time(work.now):%Y-%m-%d %H:%M}",
        "digest": found.digest,
        "unchanged": recomputed == found.digest,
        "entry": found.entry_id,
        "rows": [_row(number, one, names, at) for number, one in enumerate(items, start=1)],
    }


def typeset(sheet: dict[str, Any]) -> bytes:
    """The sheet as PDF, A4. Raises Unavailable when typesetting fails."""
    failure = Unavailable(
        "SHEET_NOT_TYPESET",
        "证明单暂时无法排版，请稍后重试。",
        "The proof sheet could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.transitions", "leaving.typ", sheet, failure)


def _row(number: int, item: PersonTransitionItem, names: dict[str, str], at: str) -> dict[str, Any]:
    kind = KINDS[item.kind].zh
    return {
        "number": str(number),
        "part": _PARTS.get(item.part, item.part),
        "what": f"{kind} {item.label}".strip(),
        "outcome": OUTCOMES[Outcome(item.outcome)].zh,
        "to": names.get(item.to_person_id or "", "—"),
        "why": WHY[Why(item.why)].zh if item.why else "",
        "at": at,
    }
