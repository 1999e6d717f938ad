"""Insert thousands of rows of one table at once.

SQLite takes them row by row at no cost. PostgreSQL's driver makes a statement of every row, which costs the server several
times what storing it does; a statement of thousands of value lists has to be parsed and is slower still. So there the columns
go over as arrays, in one statement that the server unfolds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Insert, Table, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from shuangyin.core.database import Base

_FEW = 20
"""Up to here the unfolding costs as much as it saves."""


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert these rows, all of which name the same columns, in their order. Defaults of the model are not filled in."""
    if not rows:
        return
    session.flush()
    # The table and not the mapped class: nothing of a mapper's bookkeeping is needed for rows that nobody holds.
    table = Base.metadata.tables[model.__tablename__]
    if session.get_bind().dialect.name != "postgresql" or len(rows) <= _FEW:
        session.execute(insert(table), [dict(one) for one in rows])
        return
    session.execute(_unfolded(table, rows))


def _unfolded(table: Table, rows: Sequence[Mapping[str, Any]]) -> Insert:
    names = list(rows[0])
    arrays: list[ColumnElement[Any]] = [
        bindparam(f"all_{name}", [one[name] for one in rows], type_=ARRAY(table.c[name].type))
        for name in names
    ]
    unfolded = func.unnest(*arrays).table_valued(*names).render_derived()
    return insert(table).from_select(names, select(*(unfolded.c[name] for name in names)))
