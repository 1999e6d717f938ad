"""The one sequencer: gives pending entries their place in the log, then signs the head that became durable.

1. Read the head and the pending entries, in the order they were made.
2. Integrate them; store leaves, tiles and the new head, and drop the pending rows, in one transaction. The head
   is moved by a conditional update from the size that was read: of two sequencers, one wins.
3. Sign a checkpoint for the durable head, in a second transaction.

A crash before 2 commits changes nothing. A crash between 2 and 3 leaves a head without a checkpoint; the next
round signs it. Nothing is ever signed that is not durable, so no two signed heads of one size can differ.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence

import structlog
from sqlalchemy import CursorResult, delete, select, update

from evidencelog.hashing import HASH_SIZE
from evidencelog.log import Integration, LogState, integrate, sign_checkpoint
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.errors import log_moved
from shuangyin.evidence.keys import load_signers
from shuangyin.evidence.models import (
    EvidenceEntry,
    LogCheckpoint,
    LogHead,
    LogLeaf,
    LogTile,
    PendingEntry,
)

_log = structlog.get_logger(__name__)

BATCH = 2000
HEAD_ID = 1


def sequence_pending(platform: Platform) -> int:
    """Integrate all pending entries and sign the head; returns how many entries found their place."""
    total = 0
    while count := platform.transact(_integrate_batch):
        total += count
    platform.transact(_sign_head)
    return total


class SequencerThread:
    """Runs the sequencer until told to stop: at once when woken by a commit, and every period."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Integrate what is pending and end the thread."""
        self._stop.set()
        self._platform.wake_sequencer.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        period = self._platform.settings.sequencer_period_ms / 1000
        last = False
        while not last:
            last = self._stop.is_set()
            self._platform.wake_sequencer.clear()
            try:
                sequence_pending(self._platform)
            except Exception:
                # The entries stay pending; the next round tries again, and /healthz shows how many wait.
                _log.exception("sequencer.round_failed")
            if not last:
                self._platform.wake_sequencer.wait(period)
                # A short rest gathers the entries of several commits into one head.
                self._stop.wait(min(period, 0.1))


def _integrate_batch(work: UnitOfWork) -> int:
    head = _head(work)
    pending = list(
        work.session.scalars(select(PendingEntry.entry_id).order_by(PendingEntry.entry_id).limit(BATCH))
    )
    if not pending:
        return 0
    bodies = dict(
        work.session.execute(
            select(EvidenceEntry.id, EvidenceEntry.body).where(EvidenceEntry.id.in_(pending))
        )
        .tuples()
        .all()
    )
    result = integrate(LogState.from_bytes(head.edge), [bodies[entry_id].encode() for entry_id in pending])
    _advance(work, head, result)
    _store(work, result, pending)
    return len(pending)


def _head(work: UnitOfWork) -> LogHead:
    head = work.session.get(LogHead, HEAD_ID)
    if head is None:
        state = LogState.empty()
        origin = work.settings.log_origin or f"shuangyin.local/log-{secrets.token_hex(4)}"
        head = LogHead(
            id=HEAD_ID,
            origin=origin,
            size=0,
            edge=state.to_bytes(),
            root=state.root().hex(),
            advanced_at=work.now,
        )
        work.session.add(head)
        work.session.flush()
        load_signers(work, origin)
    return head


def _advance(work: UnitOfWork, head: LogHead, result: Integration) -> None:
    moved = work.session.execute(
        update(LogHead)
        .where(LogHead.id == HEAD_ID, LogHead.size == result.first_index)
        .values(
            size=result.new_state.size,
            edge=result.new_state.to_bytes(),
            root=result.root.hex(),
            advanced_at=work.now,
        )
        .execution_options(synchronize_session=False)
    )
    work.session.expire(head)
    if not isinstance(moved, CursorResult) or moved.rowcount != 1:
        raise log_moved()


def _store(work: UnitOfWork, result: Integration, pending: Sequence[str]) -> None:
    work.session.add_all(
        LogLeaf(log_index=result.first_index + offset, entry_id=entry_id, leaf_hash=leaf.hex())
        for offset, (entry_id, leaf) in enumerate(zip(pending, result.leaf_hashes, strict=True))
    )
    for tile in result.tiles:
        row = work.session.get(LogTile, (tile.level, tile.index))
        if row is None:
            row = LogTile(level=tile.level, tile_index=tile.index, width=0, data=b"")
            work.session.add(row)
        if tile.width > row.width:
            row.width, row.data = tile.width, tile.data
    work.session.execute(delete(PendingEntry).where(PendingEntry.entry_id.in_(pending)))


def _sign_head(work: UnitOfWork) -> None:
    head = _head(work)
    if work.session.get(LogCheckpoint, head.size) is not None:
        return
    note = sign_checkpoint(head.origin, LogState.from_bytes(head.edge), load_signers(work, head.origin))
    work.session.add(LogCheckpoint(size=head.size, root=head.root, note=note.decode(), signed_at=work.now))


class DatabaseTiles:
    """Reads tiles from the database; a narrower tile is cut from the stored one, since tiles only grow."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        data = self._work.session.scalar(
            select(LogTile.data).where(LogTile.level == level, LogTile.tile_index == index)
        )
        return (data or b"")[: width * HASH_SIZE]
