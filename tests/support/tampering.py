"""Changes rows past the commands, as a database administrator might, and asks the audit's comparison what it finds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select, text, update

from evidencelog.bundle import ProvenEntry, derive
from shuangyin.core.database import Base
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import audit
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.evidence.sequencer import sequence_pending
from shuangyin.recorded_facts import AreaFacts

IN_BUNDLES = (
    "approvals.",
    "authority.",
    "custody.",
    "devices.",
    "documents.",
    "requests.",
    "sealing.",
    "seals.",
)
"""Areas whose entries may come into a bundle."""


@dataclass(frozen=True)
class Altered:
    """One row of a table with another value in one column; `says` is what the comparison must name."""

    table: str
    column: str
    value: Any
    says: str


def require_untouched(platform: Platform) -> None:
    """The whole audit finds nothing, and every field of what may come into a bundle has words."""
    while sequence_pending(platform):
        pass
    differences = [one.en for one in audit(platform).differences]
    assert not differences, differences
    unnamed = platform.view(_unnamed)
    assert not unnamed, unnamed


def require_named(platform: Platform, areas: str, alterations: Iterable[Altered]) -> None:
    """Each alteration by itself is found in entries of kinds that begin so, and named; then it is taken back."""
    for one in alterations:
        with _altered(platform, one):
            found = platform.view(lambda work: _found(work, areas))
        assert any(one.says in said for said in found), (one, found)
    left = platform.view(lambda work: _found(work, areas))
    assert not left, left


@contextmanager
def _altered(platform: Platform, change: Altered) -> Iterator[None]:
    table = Base.metadata.tables[change.table]
    keys, column = list(table.primary_key.columns), table.c[change.column]
    engine = platform.database.writer
    with engine.begin() as connection:
        lift_rules(connection, change.table)
        query = select(*keys, column).where(column.is_distinct_from(change.value)).order_by(*keys).limit(1)
        *key, before = connection.execute(query).one()
        this = and_(*(one == value for one, value in zip(keys, key, strict=True)))
        connection.execute(update(table).where(this).values({column: change.value}))
    try:
        yield
    finally:
        back = and_(
            *(one == (change.value if one is column else value) for one, value in zip(keys, key, strict=True))
        )
        with engine.begin() as connection:
            connection.execute(update(table).where(back).values({column: before}))


def lift_rules(connection: Connection, table: str) -> None:
    """Take away the database's own rules against changes, as who owns the database can."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    named = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    for name in connection.execute(named, {"table": table}).scalars().all():
        connection.execute(text(f'DROP TRIGGER "{name}"'))


def _found(work: UnitOfWork, areas: str) -> list[str]:
    facts = AreaFacts()
    found = []
    query = select(EvidenceEntry).where(EvidenceEntry.kind.startswith(areas)).order_by(EvidenceEntry.id)
    for entry in work.session.scalars(query).all():
        if facts.covers(entry.kind):
            said = facts.compare(work, entry.kind, json.loads(entry.body))
            found += [] if said is None else [said]
    return found


def _unnamed(work: UnitOfWork) -> set[str]:
    found = set()
    for entry in work.session.scalars(select(EvidenceEntry)).all():
        if entry.kind.startswith(IN_BUNDLES):
            [section] = derive({1: ProvenEntry(0, json.loads(entry.body))}).sections
            found |= {
                f"{entry.kind} {row.label.en}" for row in section.rows if row.label.en.startswith("facts.")
            }
    return found
