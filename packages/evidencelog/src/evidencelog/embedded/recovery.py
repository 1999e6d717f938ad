"""After a loss: bringing back missing entries, and agreeing with those who remember.

A log that was restored from an old copy is behind its fence and is not signed for. Its entries lie in the
published files, on mirrors, or with whoever asked for them; :func:`recover_entries` brings them back when
they lead to a head that the log itself signed. :func:`reconcile` sets a fence that was lost, but only to
a log that contains every head that others remember.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from evidencelog.checkpoint import open_checkpoint
from evidencelog.embedded.database import LogDatabase
from evidencelog.embedded.fence import FenceMark, HeadFence, require_contained
from evidencelog.errors import Code, FenceError, VerificationError
from evidencelog.keys import NoteVerifier
from evidencelog.log import integrate
from evidencelog.tiles import TILE_WIDTH, decode_entry_bundle, tile_width
from evidencelog.tree import TileProver


class EntryFiles(Protocol):
    """Where published entries are read; :class:`~evidencelog.store.FileTileStore` is one."""

    def read_checkpoint(self) -> bytes | None: ...

    def read_entries(self, index: int, width: int) -> bytes: ...


@dataclass(frozen=True)
class Recovery:
    """What was brought back: entries ``first`` to ``size - 1``."""

    first: int
    size: int


def recover_entries(database: LogDatabase, files: EntryFiles, verifiers: Sequence[NoteVerifier]) -> Recovery:
    """Append the entries that a published checkpoint of this log holds beyond what is stored.

    1. The checkpoint is signed by a key of this log. 2. The stored entries and those read lead to its root.
    3. All of them are stored in one transaction.

    Raises :class:`FenceError` (``fence.split``) when they do not, :class:`VerificationError` for a
    checkpoint that is not signed, :class:`~evidencelog.errors.StoreError` for files that are missing.
    """
    note = files.read_checkpoint()
    if note is None:
        raise VerificationError(Code.NOTE_NOT_SIGNED, "there is no published checkpoint to recover from")
    head = open_checkpoint(note, verifiers, origin=database.origin).checkpoint  # 1.
    state = database.state()
    if head.size <= state.size:
        return Recovery(state.size, state.size)
    missing = _entries(files, state.size, head.size)
    result = integrate(state, missing)
    if result.root != head.root:  # 2.
        raise FenceError(Code.FENCE_SPLIT, "the published entries do not continue what is stored here")
    database.append(result, missing, [None] * len(missing))  # 3.
    return Recovery(state.size, head.size)


def _entries(files: EntryFiles, start: int, end: int) -> list[bytes]:
    found: list[bytes] = []
    for index in range(start // TILE_WIDTH, (end - 1) // TILE_WIDTH + 1):
        width = tile_width(0, index, end)
        bundle = decode_entry_bundle(files.read_entries(index, width), width)
        found.extend(bundle[max(0, start - index * TILE_WIDTH) :])
    return found


def reconcile(
    database: LogDatabase, fence: HeadFence, remembered: Sequence[bytes], verifiers: Sequence[NoteVerifier]
) -> FenceMark:
    """Set the fence to the log as it stands, when every head that others remember lies in it.

    ``remembered`` are signed checkpoints as witnesses, anchors and holders of proofs kept them; at least one
    is needed. Raises :class:`FenceError` (``fence.missing`` without any, ``fence.behind``, ``fence.split``),
    :class:`VerificationError` for one that this log never signed.
    """
    if not remembered:
        raise FenceError(
            Code.FENCE_MISSING,
            "name at least one head that somebody outside remembers; a log cannot vouch for itself",
        )
    heads = [open_checkpoint(note, verifiers, origin=database.origin).checkpoint for note in remembered]
    state = database.state()

    def root_at(size: int) -> bytes:
        return TileProver(database, size, database.algorithm).root()

    for head in heads:
        require_contained(head, state.size, root_at)
    mark = FenceMark(state.size, state.root())
    fence.advance(database.origin, mark, root_at)
    return mark
