"""What a witness remembers: the newest cosigned head of each log.

Checking the old size and storing the new head is one transaction. If they were two, a slow request could
put a shorter head back after a faster one had stored a longer, and the witness would then cosign a fork.
"""

from dataclasses import dataclass
from pathlib import Path

from evidencelog.durable import make_directory
from evidencelog.embedded.connection import connect, guarded, transaction
from evidencelog.errors import Code, StoreError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class CosignedHead:
    """The newest head of a log that this witness cosigned; ``note`` is the checkpoint with its line."""

    size: int
    root: bytes
    note: bytes


class WitnessRecord:
    """The heads that one witness cosigned, in one file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises :class:`StoreError`."""
        self._path = path
        try:
            make_directory(path.parent)
        except OSError as error:
            raise StoreError(Code.STORE_IO, f"the record cannot be made: {error.strerror}") from error
        self._connection = connect(path)
        with guarded(path):
            self._connection.execute(_SCHEMA)

    def newest(self, origin: str) -> CosignedHead | None:
        """The newest cosigned head of a log. Raises :class:`StoreError`."""
        with guarded(self._path):
            row = self._connection.execute(
                "SELECT size, root, note FROM cosigned WHERE origin = ?", (origin,)
            ).fetchone()
        return None if row is None else CosignedHead(*row)

    def advance(self, origin: str, old: CosignedHead | None, new: CosignedHead) -> bool:
        """Store ``new`` if ``old`` is still the newest; False when another request was faster.

        Durable when it returns. Raises :class:`StoreError`.
        """
        with guarded(self._path), transaction(self._connection):
            if old is None:
                done = self._connection.execute(
                    "INSERT INTO cosigned VALUES (?, ?, ?, ?) ON CONFLICT (origin) DO NOTHING",
                    (origin, new.size, new.root, new.note),
                )
            else:
                done = self._connection.execute(
                    "UPDATE cosigned SET size = ?, root = ?, note = ? WHERE origin = ? AND size = ? AND root = ?",
                    (new.size, new.root, new.note, origin, old.size, old.root),
                )
        return done.rowcount == 1

    def close(self) -> None:
        """Release the file."""
        self._connection.close()
