"""SQLite set up for records that must outlive a loss of power."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidencelog.errors import Code, StoreError

_BUSY_MS = 5000


def connect(path: Path, *, create: bool = True) -> sqlite3.Connection:
    """Open a database whose commits are on the disk when they return (WAL, ``synchronous=FULL``).

    Transactions begin where the code says so: the driver's own ones are switched off. The connection
    may be used by one thread at a time, whichever. Raises :class:`StoreError` (``store.missing``,
    ``store.io``).
    """
    if not create and not path.is_file():
        raise StoreError(Code.STORE_MISSING, f"there is no database {path.name}")
    with guarded(path):
        connection = sqlite3.connect(
            path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # Without this assertion a build that ignores the setting would lose acknowledged entries silently.
        if connection.execute("PRAGMA synchronous").fetchone() != (2,):
            raise StoreError(Code.STORE_IO, f"{path.name} cannot be set to commit durably")
    return connection


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into :class:`StoreError` (``store.io``)."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(Code.STORE_IO, f"{path.name}: {error}") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction, from the first statement on; rolled back when anything is raised inside."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
