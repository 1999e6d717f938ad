"""How a row is held against what an entry of evidence recorded of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from shuangyin.core.database import Base
from shuangyin.core.unit_of_work import UnitOfWork

Facts = Mapping[str, Any]
Comparison = Callable[[UnitOfWork, Mapping[str, Any], Facts], str | None]
"""Takes the entry's content and its facts; says what differs, or None."""


def row_of(work: UnitOfWork, table: type[Base], row_id: object) -> Any:
    """The row an entry names, or None."""
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


def json_of(text: str) -> Any:
    """What a column of JSON holds; None when somebody made it unreadable."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
