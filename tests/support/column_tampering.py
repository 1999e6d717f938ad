"""Alters every column of a table, one after the other, and asks the audit's comparison whether it sees it.

Each alteration stands in a savepoint of one transaction that is never committed, so that one world serves for all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, and_, select, text, update
from sqlalchemy.orm import Session
from tampering import lift_rules

from shuangyin.core.database import Base
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import BusinessFacts
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.recorded_facts import AREAS, AreaFacts
from shuangyin.recorded_unseen import UNSEEN

_ROWS = 2
"""So many rows of a table are altered, those with a value in the column first."""
_MANY = 30
"""What more entries speak of than these is an organization or a person, whose entries are not about the row."""
_ID = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")


def require_columns_named(platform: Platform, tables: Iterable[str]) -> None:
    """Each column of these tables, altered by hand, is noticed, but those that are listed with a reason."""
    connection = platform.database.writer.connect()
    with connection, connection.begin() as transaction:
        _check_constraints(connection, kept=False)
        entries = _Entries(connection)
        unnoticed = [
            f"{table.name}.{column.name}"
            for table in (Base.metadata.tables[name] for name in tables)
            for column in table.columns
            if f"{table.name}.{column.name}" not in UNSEEN
            and not _is_noticed(platform, connection, entries, table, column)
        ]
        _check_constraints(connection, kept=True)
        transaction.rollback()
    assert not unnoticed, unnoticed


class _Entries:
    """The entries that are compared, found by the ids that stand in them."""

    def __init__(self, connection: Connection) -> None:
        self.facts = AreaFacts()
        self._all: list[tuple[str, Mapping[str, Any]]] = []
        self._by_id: dict[str, list[int]] = {}
        query = select(EvidenceEntry.kind, EvidenceEntry.body).order_by(EvidenceEntry.id)
        for kind, body in connection.execute(query):
            if self.facts.covers(kind):
                for one in set(_ID.findall(body)):
                    self._by_id.setdefault(one, []).append(len(self._all))
                self._all.append((kind, json.loads(body)))

    def about(self, row: Mapping[str, Any], keys: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Those that speak of a row: by its key first, then by whatever it names."""
        ids = [row[key] for key in keys] + [row.get("entry_id"), *row.values()]
        found = [self._by_id.get(one, []) for one in ids if isinstance(one, str)]
        numbers = [number for some in found if len(some) <= _MANY for number in some]
        yield from (self._all[number] for number in dict.fromkeys(numbers))


def _check_constraints(connection: Connection, *, kept: bool) -> None:
    """Whether the database itself refuses what its rules exclude: whoever owns it can switch them off."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA ignore_check_constraints = {'OFF' if kept else 'ON'}"))
        if not kept:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    elif not kept:
        # Both end with the transaction; rows that are referred to may have their keys changed meanwhile.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        checks = "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
        for table, name in connection.execute(
            text(checks + " AND connamespace = 'public'::regnamespace")
        ).all():
            connection.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))


def _is_noticed(
    platform: Platform, connection: Connection, entries: _Entries, table: Table, column: Column[Any]
) -> bool:
    keys = list(table.primary_key.columns)
    rows: Sequence[Any] = (
        connection.execute(select(table).order_by(column.is_(None), *keys).limit(_ROWS)).mappings().all()
    )
    assert rows, f"{table.name} is empty in this world"
    lift_rules(connection, table.name)
    return any(_is_noticed_in(platform, connection, entries, table, row, column) for row in rows)


def _is_noticed_in(
    platform: Platform, connection: Connection, entries: _Entries, table: Table, row: Any, column: Column[Any]
) -> bool:
    before = _rows_with_entries(connection, table.name)
    savepoint = connection.begin_nested()
    this = and_(*(key == row[key.name] for key in table.primary_key.columns))
    try:
        connection.execute(update(table).where(this).values({column: _another(row[column.name], column)}))
        if _rows_with_entries(connection, table.name) != before:
            return True
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            work = UnitOfWork(platform, session)
            about = entries.about(row, table.primary_key.columns.keys())
            return any(_differs(work, entries.facts, kind, content) for kind, content in about)
    finally:
        savepoint.rollback()


def _differs(work: UnitOfWork, facts: BusinessFacts, kind: str, content: Mapping[str, Any]) -> bool:
    try:
        return facts.compare(work, kind, content) is not None
    except (ValueError, LookupError, AttributeError, TypeError):
        return True  # What cannot be read any more is a finding of the audit.


def _rows_with_entries(connection: Connection, table: str) -> set[Any]:
    """The rows that an entry must have brought, with the entry that each names."""
    return {
        (name, *row)
        for area in AREAS
        for name, query in area.rows
        if table in name.split(" ")
        for row in connection.execute(query)
    }


def _another(value: Any, column: Column[Any]) -> Any:
    """A value of the same type that is not this one, and that can be read as well as it."""
    kind = column.type.python_type
    if kind is bool:
        return not value
    if kind is int:
        return (value or 0) + 1_000_003
    if kind is bytes:
        return (value or b"") + b"\x00"
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.dumps(_another_json(json.loads(value)), ensure_ascii=False)
    return ("f" if not value or value[:1] != "f" else "e") + (value or "f" * 32)[1:]


def _another_json(value: Any) -> Any:
    if isinstance(value, list):
        return value[:-1] if value else ["f" * 32]
    if isinstance(value, dict):
        name = next(iter(value), "f")
        return value | {name: _another_json(value.get(name))}
    return value + "f" if isinstance(value, str) else (value or 0) + 1
