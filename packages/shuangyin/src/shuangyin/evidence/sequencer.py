"""The one sequencer: gives pending entries their place in the log, then signs the head that became durable.

1. Read the head and the pending entries, in the order they were made. A twin whose root the next batch binds is
   signed before it takes that batch in, so that its proofs can name a signed head of exactly the bound size.
2. Integrate them into the log and its twin; store leaves, tiles and the new heads, drop the pending rows, and let
   an entry that binds the twin wait for the next batch, in one transaction. A head is moved by a conditional
   update from the size that was read: of two sequencers, one wins.
3. Move the fence to the durable head, or refuse; sign a checkpoint for it, in a second transaction.
4. Publish the static files, when a folder was set.

A crash before 2 commits changes nothing. A crash between 2 and 3 leaves a head without a checkpoint; the next
round signs it. Nothing is ever signed that is not durable or that the fence forbids, so no two signed heads of
one size can differ, even when an old copy of the database comes back.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import delete, select

from evidencelog.embedded.fence import FenceMark, HeadFence
from evidencelog.errors import EvidenceLogError
from evidencelog.log import LogState, integrate, sign_checkpoint
from evidencelog.tree import TileProver
from shuangyin.core.actor import system_actor
from shuangyin.core.errors import Unavailable
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.evidence.keys import load_signers
from shuangyin.evidence.models import EvidenceEntry, LogHead, LogLeaf, PendingEntry
from shuangyin.evidence.problems import clear_problem, forbid_while_blocked, note_problem
from shuangyin.evidence.publishing import publish
from shuangyin.evidence.queries import entry_bundle
from shuangyin.evidence.trees import MAIN, TWIN, TWIN_SUFFIX, DatabaseTiles, Tree, advance, head_of

_log = structlog.get_logger(__name__)

BATCH = 2000
INSTALLATION = "0" * 32
"""Stands for the organization in entries that concern the log itself."""
TWIN_HEAD = "evidence.twin_head"


def sequence_pending(platform: Platform) -> int:
    """Integrate all pending entries and sign the heads; returns how many entries found their place."""
    total = 0
    # A process that ended between binding a twin and signing it left one behind.
    _sign_twin_before_it_grows(platform)
    while count := platform.transact(_integrate_batch):
        total += count
        _sign_twin_before_it_grows(platform)
    _sign(platform)
    return total


def _sign_twin_before_it_grows(platform: Platform) -> None:
    if not platform.settings.log_twin or not platform.view(_twin_is_unsigned):
        return
    _attempt(platform, lambda: platform.transact(lambda work: _sign_head(work, TWIN)))


def _twin_is_unsigned(work: UnitOfWork) -> bool:
    """Whether the twin stands where no checkpoint is, with the entry that binds it still waiting."""
    twin = work.session.get(LogHead, TWIN.id)
    waits = work.session.scalar(select(PendingEntry.entry_id).limit(1)) is not None
    return waits and twin is not None and work.session.get(TWIN.checkpoints, twin.size) is None


def _sign(platform: Platform) -> None:
    def sign() -> None:
        for tree in _trees(platform):
            platform.transact(lambda work, tree=tree: _sign_head(work, tree))  # type: ignore[misc]  # the default binds the loop's value
        publish(platform)

    if _attempt(platform, sign):
        platform.transact(lambda work: clear_problem(work, "log"))


def _attempt(platform: Platform, sign: Callable[[], None]) -> bool:
    """Sign, or show why not: entries stay durable and in place until that is settled."""
    try:
        sign()
    except Unavailable as refused:
        # A blocking problem is shown already, and stays until somebody reconciles the log.
        _log.error("sequencer.refused", error_code=refused.code)
    except EvidenceLogError as error:
        code, text = error.code.value, str(error)
        platform.transact(lambda work: note_problem(work, "log", code, f"日志不能签署：{text}", text))
        _log.error("sequencer.refused", error_code=code, reason=text)
    else:
        return True
    return False


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


def _trees(platform: Platform) -> tuple[Tree, ...]:
    return (MAIN, TWIN) if platform.settings.log_twin else (MAIN,)


def _integrate_batch(work: UnitOfWork) -> int:
    head = _main_head(work)
    pending = list(
        work.session.scalars(select(PendingEntry.entry_id).order_by(PendingEntry.entry_id).limit(BATCH))
    )
    if not pending:
        return 0
    rows = work.session.execute(
        select(EvidenceEntry.id, EvidenceEntry.body, EvidenceEntry.kind).where(EvidenceEntry.id.in_(pending))
    ).tuples()
    found = {entry_id: (body.encode(), kind) for entry_id, body, kind in rows}
    bodies = [found[entry_id][0] for entry_id in pending]
    result = integrate(LogState.from_bytes(head.edge), bodies)
    advance(work, MAIN, head, result)
    _place(work, pending, result.first_index, result.leaf_hashes)
    facts = any(found[entry_id][1] != TWIN_HEAD for entry_id in pending)
    if work.settings.log_twin:
        _grow_twin(work, head.origin, bodies, result.first_index, bind=facts)
    return len(pending)


def _main_head(work: UnitOfWork) -> LogHead:
    head = work.session.get(LogHead, MAIN.id)
    if head is None:
        origin = work.settings.log_origin or f"shuangyin.local/log-{secrets.token_hex(4)}"
        head = head_of(work, MAIN, origin)
        load_signers(work, origin)
    return head


def _place(work: UnitOfWork, pending: Sequence[str], first: int, leaf_hashes: Sequence[bytes]) -> None:
    work.session.add_all(
        LogLeaf(log_index=first + offset, entry_id=entry_id, leaf_hash=leaf.hex())
        for offset, (entry_id, leaf) in enumerate(zip(pending, leaf_hashes, strict=True))
    )
    work.session.execute(delete(PendingEntry).where(PendingEntry.entry_id.in_(pending)))


def _grow_twin(work: UnitOfWork, origin: str, bodies: Sequence[bytes], first: int, *, bind: bool) -> None:
    """The same entries into the twin. A twin that begins later first takes in what it missed.

    The entry that binds it waits for the next batch; a batch of nothing but such entries is not bound again,
    or the log would never rest.
    """
    head = head_of(work, TWIN, origin + TWIN_SUFFIX)
    missed = entry_bundle(work, head.size, first - head.size) if head.size < first else []
    load_signers(work, head.origin)
    result = integrate(LogState.from_bytes(head.edge), [*missed, *bodies])
    advance(work, TWIN, head, result)
    if bind:
        record(
            work,
            system_actor(INSTALLATION),
            kind=TWIN_HEAD,
            subject_type="log",
            subject_id="twin",
            facts={
                "origin": origin + TWIN_SUFFIX,
                "size": result.new_state.size,
                "sm3_root": result.root.hex(),
            },
        )


def _sign_head(work: UnitOfWork, tree: Tree) -> None:
    head = work.session.get(LogHead, tree.id)
    if head is None:
        head = (
            _main_head(work) if tree is MAIN else head_of(work, TWIN, _main_head(work).origin + TWIN_SUFFIX)
        )
    if work.session.get(tree.checkpoints, head.size) is not None:
        return
    forbid_while_blocked(work)
    state = LogState.from_bytes(head.edge)
    _move_fence(work, tree, head, state)
    note = sign_checkpoint(head.origin, state, load_signers(work, head.origin))
    work.session.add(tree.checkpoints(size=head.size, root=head.root, note=note.decode(), signed_at=work.now))


def _move_fence(work: UnitOfWork, tree: Tree, head: LogHead, state: LogState) -> None:
    """Raises FenceError when the log is not the one whose head was signed last, or the fence was lost."""
    fence = work.port(HeadFence)
    fence.require_known(head.origin, before=head.fenced_at is not None)
    tiles = DatabaseTiles(work, tree)
    fence.advance(
        head.origin,
        FenceMark(state.size, state.root()),
        lambda size: TileProver(tiles, size, tree.algorithm).root(),
    )
    if head.fenced_at is None:
        head.fenced_at = work.now
