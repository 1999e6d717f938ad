"""The fence: the highest head that may ever have been signed, kept apart from the log and its backups.

Restoring an old backup of a log is an attack on it: the shorter log would sign a second, different head
of a size that was signed before. So before each signature the fence is moved to the head, in a file of
its own that no backup brings back, and a log that is behind its fence, or that does not grow from it, is
not signed for. The move is a compare-and-swap in one transaction, so that of two sequencers one loses.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evidencelog.checkpoint import Checkpoint
from evidencelog.durable import make_directory, sync_directory
from evidencelog.embedded.connection import connect, guarded, transaction
from evidencelog.errors import Code, FenceError, StoreError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS fence (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class FenceMark:
    """A head: ``size`` leaves under ``root``."""

    size: int
    root: bytes


class HeadFence:
    """The fences of any number of logs, by origin, in one small file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises :class:`StoreError`."""
        self._path = path
        try:
            make_directory(path.parent)
        except OSError as error:
            raise StoreError(Code.STORE_IO, f"the fence cannot be made: {error.strerror}") from error
        self._connection = connect(path)
        with guarded(path):
            self._connection.execute(_SCHEMA)
        sync_directory(path.parent)

    def mark(self, origin: str) -> FenceMark | None:
        """The highest head of a log, None when none was signed here. Raises :class:`StoreError`."""
        with guarded(self._path):
            row = self._connection.execute(
                "SELECT size, root FROM fence WHERE origin = ?", (origin,)
            ).fetchone()
        return None if row is None else FenceMark(row[0], row[1])

    def require_known(self, origin: str, *, before: bool) -> None:
        """Refuse a log that was fenced ``before`` when its fence is gone: a new one would bless any copy.

        Raises :class:`FenceError` (``fence.missing``).
        """
        if before and self.mark(origin) is None:
            raise FenceError(
                Code.FENCE_MISSING,
                "heads of this log were signed, but its fence is missing; reconcile it with the witnesses "
                "and the last anchor before signing again",
            )

    def advance(self, origin: str, head: FenceMark, root_at: Callable[[int], bytes]) -> None:
        """Allow the signature of ``head``, durably, or refuse it.

        ``root_at(n)`` computes the root of the log's first ``n`` entries from its tiles: the log must
        contain the fence's own head. Moving to the head where the fence already stands is allowed, since
        a crash may have come between fence and signature.

        Raises :class:`FenceError` (``fence.behind``: the log is shorter than what was signed;
        ``fence.split``: it has another history), :class:`StoreError`.
        """
        with guarded(self._path), transaction(self._connection):
            row = self._connection.execute(
                "SELECT size, root FROM fence WHERE origin = ?", (origin,)
            ).fetchone()
            before = None if row is None else FenceMark(row[0], row[1])
            check_grows(before, head, root_at)
            self._move(origin, before, head)

    def _move(self, origin: str, before: FenceMark | None, head: FenceMark) -> None:
        if before is None:
            self._connection.execute("INSERT INTO fence VALUES (?, ?, ?)", (origin, head.size, head.root))
            return
        moved = self._connection.execute(
            "UPDATE fence SET size = ?, root = ? WHERE origin = ? AND size = ? AND root = ?",
            (head.size, head.root, origin, before.size, before.root),
        )
        if moved.rowcount != 1:
            raise sqlite3.OperationalError("the fence moved inside a transaction")

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


def check_grows(before: FenceMark | None, head: FenceMark, root_at: Callable[[int], bytes]) -> None:
    """Refuse a head that contradicts ``before``; see :meth:`HeadFence.advance`."""
    if before is None:
        return
    if head.size < before.size:
        raise FenceError(
            Code.FENCE_BEHIND,
            f"a head of {before.size} entries was signed, and the log has only {head.size}: it was restored "
            "from an old copy; bring back the missing entries before anything is signed",
        )
    if (head.root if head.size == before.size else root_at(before.size)) != before.root:
        raise FenceError(
            Code.FENCE_SPLIT,
            f"the first {before.size} entries of the log are not those whose head was signed",
        )


def require_contained(head: Checkpoint, size: int, root_at: Callable[[int], bytes]) -> None:
    """A head that somebody outside remembers lies in the log of ``size`` entries as it is stored.

    ``root_at`` computes the root of a smaller size from the stored tree. Raises :class:`FenceError`
    (``fence.behind``, ``fence.split``).
    """
    if head.size > size:
        raise FenceError(
            Code.FENCE_BEHIND,
            f"somebody remembers a head of {head.size} entries, and only {size} are stored here",
        )
    if root_at(head.size) != head.root:
        raise FenceError(
            Code.FENCE_SPLIT, f"somebody remembers another history of the first {head.size} entries"
        )
