"""Insert thousands of rows of one table at once.

SQLite takes them row by row at no cost. PostgreSQL's driver makes a statement of every row, which costs the server several
times what storing it does, and escaping arrays of texts costs us as much again; so there the rows go over by COPY, whose
format hardly changes a text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import Table, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shuangyin.core.database import Base

if TYPE_CHECKING:
    from psycopg import Connection

Plain: TypeAlias = str | int | bool | None
"""What a column of such a row may hold."""

_FEW = 20
"""Up to here the copying costs as much as it saves."""
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Plain]]) -> None:
    """Insert these rows, all of which name the same columns, in their order. Defaults of the model are not filled in.

    Raises SQLAlchemy's DBAPIError for what the database refuses, as any statement of the session does.
    """
    if not rows:
        return
    session.flush()
    # The table and not the mapped class: nothing of a mapper's bookkeeping is needed for rows that nobody holds.
    table = Base.metadata.tables[model.__tablename__]
    if session.get_bind().dialect.name != "postgresql" or len(rows) <= _FEW:
        session.execute(insert(table), [dict(one) for one in rows])
        return
    _copy(session, table, rows)


def _copy(session: Session, table: Table, rows: Sequence[Mapping[str, Plain]]) -> None:
    # Loaded here: who keeps everything in SQLite needs no driver of PostgreSQL.
    import psycopg  # noqa: PLC0415

    connection = session.connection()
    quoted = connection.dialect.identifier_preparer
    names = list(rows[0])
    columns = ", ".join(quoted.quote(name) for name in names)
    statement = f"COPY {quoted.format_table(table)} ({columns}) FROM STDIN"
    lines = "".join("\t".join([_written(one[name]) for name in names]) + "\n" for one in rows)
    driver = cast("Connection[Any]", connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(lines)
    except psycopg.Error as error:
        # The driver is spoken to directly here; callers know its refusals, contention above all, in SQLAlchemy's form.
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, dialect=connection.dialect
        ) from error


def _written(value: Plain) -> str:
    """A value in the text format of COPY."""
    if isinstance(value, str):
        return value.translate(_ESCAPES) if _SPECIAL.search(value) else value
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
