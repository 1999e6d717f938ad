"""The database of a log: entries, tiles, the state, signed heads. Triggers refuse to change or remove any.

One row of ``state`` holds the size and the right edge; moving it from the size that was read is the
compare-and-swap by which, of two sequencers, one loses. Entry bytes stand as they were hashed. Everything
that a batch changes is one transaction.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from evidencelog.durable import make_directory
from evidencelog.embedded.connection import connect, guarded, transaction
from evidencelog.errors import Code, StoreError
from evidencelog.hashing import HASH_SIZE, SHA256, TreeHash
from evidencelog.log import Integration, LogState

_NEVER_CHANGED: Final = ("entry", "entry_key", "head")
_NEVER_REMOVED: Final = (*_NEVER_CHANGED, "tile", "state")
_SCHEMA: Final = """
CREATE TABLE entry (idx INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE entry_key (key BLOB PRIMARY KEY, idx INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tile (
    level INTEGER NOT NULL, idx INTEGER NOT NULL, width INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, size INTEGER NOT NULL, edge BLOB NOT NULL
) STRICT;
CREATE TABLE head (size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;
CREATE TRIGGER state_grows BEFORE UPDATE ON state
    WHEN NEW.size < OLD.size OR NEW.origin <> OLD.origin
    BEGIN SELECT RAISE(ABORT, 'a log only grows'); END;
CREATE TRIGGER tile_grows BEFORE UPDATE ON tile
    WHEN NEW.level <> OLD.level OR NEW.idx <> OLD.idx OR substr(NEW.data, 1, length(OLD.data)) <> OLD.data
    BEGIN SELECT RAISE(ABORT, 'a tile only grows'); END;
"""


class LogDatabase:
    """One log in one SQLite file, with a connection each for committing, for signed heads and for reading.

    Every method raises :class:`StoreError` for whatever SQLite refuses.
    """

    def __init__(self, path: Path, origin: str, algorithm: TreeHash = SHA256) -> None:
        """Open the log, or make an empty one.

        Raises :class:`StoreError` (``store.conflict``) when the file holds another log.
        """
        self.path = path
        self.origin = origin
        self.algorithm = algorithm
        try:
            make_directory(path.parent)
        except OSError as error:
            raise StoreError(Code.STORE_IO, f"the log cannot be made: {error.strerror}") from error
        self._writer = connect(path)
        with guarded(path), transaction(self._writer):
            self._prepare()
        self._reader = connect(path)
        self._heads = connect(path)

    def _prepare(self) -> None:
        found = self._writer.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchone()
        if found is None:
            for statement in _statements():
                self._writer.execute(statement)
            state = LogState.empty(self.algorithm).to_bytes()
            self._writer.execute("INSERT INTO state VALUES (1, ?, 0, ?)", (self.origin, state))
        (origin,) = self._writer.execute("SELECT origin FROM state").fetchone()
        if origin != self.origin:
            raise StoreError(Code.STORE_CONFLICT, f"{self.path.name} holds the log {origin}")

    # --- writing: the sequencer only ---------------------------------------------------------

    def state(self) -> LogState:
        """The committed state, as the writing connection sees it."""
        with guarded(self.path):
            (edge,) = self._writer.execute("SELECT edge FROM state").fetchone()
        return LogState.from_bytes(edge)

    def keyed(self, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        """Which of these keys were used before: the index and the bytes of their entries."""
        found: dict[bytes, tuple[int, bytes]] = {}
        with guarded(self.path):
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                rows = self._writer.execute(
                    f"SELECT key, idx, body FROM entry_key JOIN entry USING (idx) WHERE key IN ({marks})",  # noqa: S608 - only question marks are put in
                    part,
                )
                found.update({key: (index, body) for key, index, body in rows})
        return found

    def append(self, result: Integration, entries: Sequence[bytes], keys: Sequence[bytes | None]) -> None:
        """Commit a batch: entries, keys, tiles and the new state, all or nothing.

        Raises :class:`StoreError` (``log.moved`` when another sequencer was faster).
        """
        first = result.first_index
        with guarded(self.path), transaction(self._writer):
            self._move(first, result.new_state)
            self._writer.executemany("INSERT INTO entry VALUES (?, ?)", enumerate(entries, first))
            self._writer.executemany(
                "INSERT INTO entry_key VALUES (?, ?)",
                [(key, index) for index, key in enumerate(keys, first) if key is not None],
            )
            self._writer.executemany(
                "INSERT INTO tile VALUES (?, ?, ?, ?) ON CONFLICT (level, idx) DO UPDATE "
                "SET width = excluded.width, data = excluded.data",
                [(tile.level, tile.index, tile.width, tile.data) for tile in result.tiles],
            )

    def _move(self, from_size: int, new: LogState) -> None:
        moved = self._writer.execute(
            "UPDATE state SET size = ?, edge = ? WHERE size = ?", (new.size, new.to_bytes(), from_size)
        )
        if moved.rowcount != 1:
            raise StoreError(Code.LOG_MOVED, "another sequencer has advanced this log")

    def add_head(self, size: int, note: bytes) -> None:
        """Keep a signed head; the first one of a size stays. Called by the thread that publishes."""
        with guarded(self.path), transaction(self._heads):
            known = self._heads.execute("SELECT note FROM head WHERE size = ?", (size,)).fetchone()
            if known is None:
                self._heads.execute("INSERT INTO head VALUES (?, ?)", (size, note))

    # --- reading ------------------------------------------------------------------------------

    def head(self) -> tuple[int, bytes] | None:
        """The signed head of the largest size, and that size; None before the first."""
        row = self._one("SELECT size, note FROM head ORDER BY size DESC LIMIT 1")
        return None if row is None else (int(row[0]), bytes(row[1]))

    def size(self) -> int:
        """How many entries are durable and integrated."""
        row = self._one("SELECT size FROM state")
        return int(row[0]) if row else 0

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """A tile; a narrower one is cut from what is stored. Raises :class:`StoreError` (``store.missing``)."""
        row = self._one("SELECT data FROM tile WHERE level = ? AND idx = ?", level, index)
        data = b"" if row is None else bytes(row[0])
        if len(data) < width * HASH_SIZE:
            raise StoreError(Code.STORE_MISSING, f"tile {index} of level {level} has not so many hashes")
        return data[: width * HASH_SIZE]

    def entry(self, index: int) -> bytes:
        """The exact bytes of an entry. Raises :class:`StoreError` (``store.missing``)."""
        row = self._one("SELECT body FROM entry WHERE idx = ?", index)
        if row is None:
            raise StoreError(Code.STORE_MISSING, f"there is no entry {index}")
        return bytes(row[0])

    def entries(self, first: int, count: int) -> list[bytes]:
        """Up to ``count`` entries from index ``first`` on."""
        rows = self._all(
            "SELECT body FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", first, first + count
        )
        return [bytes(row[0]) for row in rows]

    def numbered_entries(self, first: int = 0) -> Iterator[tuple[int, bytes]]:
        """Every entry that is stored with its index, in order."""
        with guarded(self.path):
            yield from self._reader.execute(
                "SELECT idx, body FROM entry WHERE idx >= ? ORDER BY idx", (first,)
            )

    def heads(self) -> Iterator[tuple[int, bytes]]:
        """Every signed head with its size, smallest first."""
        for size, note in self._all("SELECT size, note FROM head ORDER BY size"):
            yield int(size), bytes(note)

    def read_state(self) -> LogState:
        """The committed state, as a reader sees it."""
        row = self._one("SELECT edge FROM state")
        return LogState.empty(self.algorithm) if row is None else LogState.from_bytes(bytes(row[0]))

    def _one(self, sql: str, *values: int) -> tuple[Any, ...] | None:
        with guarded(self.path):
            row: tuple[Any, ...] | None = self._reader.execute(sql, values).fetchone()
        return row

    def _all(self, sql: str, *values: int) -> list[tuple[Any, ...]]:
        with guarded(self.path):
            return self._reader.execute(sql, values).fetchall()

    def close(self) -> None:
        """Release the file."""
        for connection in (self._reader, self._heads, self._writer):
            connection.close()


def _statements() -> Iterator[str]:
    # A script would commit on its own; statements one by one stay inside the transaction. The semicolons
    # inside triggers belong to their statement.
    statement = ""
    for line in _SCHEMA.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    refused = [(table, "UPDATE") for table in _NEVER_CHANGED] + [
        (table, "DELETE") for table in _NEVER_REMOVED
    ]
    for table, act in refused:
        yield (
            f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'a log is never changed'); END"
        )
