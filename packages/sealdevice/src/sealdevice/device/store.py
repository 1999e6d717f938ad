"""What a device must not forget, behind a small port: its state, and its events until the platform has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sealdevice.errors import Code, StoreFailure


class DeviceStore(Protocol):
    """Durable memory of one device. Every method raises :class:`StoreFailure` when it cannot do what it says."""

    def load(self) -> bytes | None:
        """The state as last committed; None on a new device."""
        ...

    def commit(self, state: bytes, events: tuple[tuple[int, bytes], ...] = ()) -> None:
        """Keep the new state and the events that led to it, all or nothing, before this returns."""
        ...

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """Kept events from a number on, in order."""
        ...

    def forget(self, before: int) -> None:
        """Drop events below a number; the platform has them."""
        ...


class MemoryStore:
    """A store for tests and for simulating thousands of devices: it survives a restart of the device only."""

    def __init__(self) -> None:
        self._state: bytes | None = None
        self._events: dict[int, bytes] = {}

    def load(self) -> bytes | None:
        return self._state

    def commit(self, state: bytes, events: tuple[tuple[int, bytes], ...] = ()) -> None:
        self._events.update(events)
        self._state = state

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        return [
            (seq, self._events[seq]) for seq in sorted(seq for seq in self._events if seq >= first)[:limit]
        ]

    def forget(self, before: int) -> None:
        for seq in [seq for seq in self._events if seq < before]:
            del self._events[seq]


class SqliteStore:
    """A store in one file that survives a crash at any instant (WAL, synchronous=FULL)."""

    def __init__(self, path: Path) -> None:
        with _reported():
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), state BLOB NOT NULL)"
            )
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, record BLOB NOT NULL)"
            )

    def load(self) -> bytes | None:
        with _reported():
            row = self._connection.execute("SELECT state FROM state").fetchone()
        return None if row is None else bytes(row[0])

    def commit(self, state: bytes, events: tuple[tuple[int, bytes], ...] = ()) -> None:
        with _reported(), self._transaction():
            self._connection.executemany("INSERT INTO event (seq, record) VALUES (?, ?)", events)
            self._connection.execute("INSERT OR REPLACE INTO state (one, state) VALUES (1, ?)", (state,))

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        with _reported():
            rows = self._connection.execute(
                "SELECT seq, record FROM event WHERE seq >= ? ORDER BY seq LIMIT ?", (first, limit)
            ).fetchall()
        return [(seq, bytes(record)) for seq, record in rows]

    def forget(self, before: int) -> None:
        with _reported():
            self._connection.execute("DELETE FROM event WHERE seq < ?", (before,))

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreFailure(Code.STORE_IO, f"the memory of the device failed: {error}") from error
