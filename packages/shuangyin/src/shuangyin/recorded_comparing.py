"""How a row is compared with the entry that recorded it: tools of the modules `recorded_*`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from shuangyin.core.database import Base
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import RowKey
from shuangyin.evidence.models import EvidenceEntry, LogLeaf

Content = Mapping[str, Any]
Facts = Mapping[str, Any]
Comparison = Callable[[UnitOfWork, Content, Facts], str | None]
Bringing = Callable[[Content, Facts], Iterable[RowKey]]
"""Which rows an entry brought into being."""


@dataclass(frozen=True, slots=True)
class RecordedArea:
    """What is compared of one area.

    `comparisons`: kind of entry → what its rows must say. `brings`: kind → rows that are there because of it. `rows`:
    all rows that need an entry, each query giving the key of a row and the entry that it names, if it names one.
    `tables` are all that are compared, some of them with the row they belong to.
    """

    tables: frozenset[str]
    comparisons: Mapping[str, Comparison]
    brings: Mapping[str, Bringing]
    rows: tuple[tuple[str, Select[Any]], ...]


@dataclass(frozen=True, slots=True)
class Past:
    """One entry of a subject's past. `at` is UTC milliseconds."""

    id: str
    kind: str
    actor: str
    at: int
    facts: Facts


def brings(table: str, *path: str) -> Bringing:
    """An entry that names the one row it brings, under a path in its content."""

    def rows(content: Content, _facts: Facts) -> Iterator[RowKey]:
        found: Any = content
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, str):
            yield (table, found)

    return rows


def subject_of(content: Content) -> str:
    """The id that an entry is about; empty when it says none."""
    subject = content.get("subject")
    found = subject.get("id") if isinstance(subject, dict) else None
    return found if isinstance(found, str) else ""


def type_of_subject(content: Content) -> str:
    """The type of what an entry is about; empty when it says none."""
    subject = content.get("subject")
    found = subject.get("type") if isinstance(subject, dict) else None
    return found if isinstance(found, str) else ""


def row_of(work: UnitOfWork, table: type[Base], row_id: object) -> Any:
    """The row of an id, None for what is none."""
    return work.session.get(table, row_id) if isinstance(row_id, str) else None


def differs(row: object, facts: Facts, columns: Mapping[str, str]) -> str | None:
    """The first column that does not say what the entry says. `columns`: name in the entry → column."""
    if row is None:
        return "the row it speaks of is gone"
    for name, column in columns.items():
        kept = getattr(row, column)
        if facts.get(name) != (str(kept) if isinstance(kept, str) else kept):
            return f"{type(row).__name__}.{column} is not what was recorded"
    return None


def states(row: object, stated: Mapping[str, object]) -> str | None:
    """The first column that does not hold what it must. `stated`: column → value."""
    if row is None:
        return "the row it speaks of is gone"
    for column, value in stated.items():
        if getattr(row, column) != value:
            return f"{type(row).__name__}.{column} is not what was recorded"
    return None


def text_differs(text: str | None, recorded: object, column: str) -> str | None:
    """Whether a free text is the one whose salted digest was recorded."""
    if not isinstance(recorded, dict):
        return None if not text else f"{column} was empty when it was recorded"
    try:
        salt = bytes.fromhex(str(recorded.get("salt")))
    except ValueError:
        return f"the digest of {column} cannot be read"
    digest = hashlib.new("sm3", salt + (text or "").encode()).hexdigest()
    return None if digest == recorded.get("sm3") else f"{column} is not the text that was recorded"


def plain(text: str) -> Any:
    """What a column of JSON holds; None when somebody made it unreadable."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def lists_differ(stored: str | None, recorded: object) -> bool:
    """Whether a column of JSON does not hold the recorded list; no list stands for all, on both sides."""
    if stored is None:
        return recorded is not None
    return recorded is None or plain(stored) != recorded


def past_of(work: UnitOfWork, subject_type: str, subject_id: str, *kinds: str) -> list[Past]:
    """The entries of these kinds about a subject, in the order of the log."""
    query = (
        select(
            EvidenceEntry.id,
            EvidenceEntry.kind,
            EvidenceEntry.actor_id,
            EvidenceEntry.recorded_at,
            EvidenceEntry.body,
        )
        .outerjoin(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(EvidenceEntry.subject_id == subject_id, EvidenceEntry.subject_type == subject_type)
        .order_by(LogLeaf.log_index.is_(None), LogLeaf.log_index, EvidenceEntry.id)
    )
    if kinds:
        query = query.where(EvidenceEntry.kind.in_(kinds))
    found = []
    for entry_id, kind, actor, at, body in work.session.execute(query):
        content = plain(body)
        facts = content.get("facts") if isinstance(content, dict) else None
        if isinstance(facts, dict):
            found.append(Past(entry_id, kind, actor, at, facts))
    return found
