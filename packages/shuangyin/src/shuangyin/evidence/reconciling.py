"""Agreeing with those who remember, so that a log that was stopped may be signed again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete

from evidencelog.anchors import AnchorResult, parse_receipt, verify_receipt
from evidencelog.checkpoint import Checkpoint, open_checkpoint
from evidencelog.embedded.fence import FenceMark, HeadFence, require_contained
from evidencelog.errors import Code, FenceError, VerificationError
from evidencelog.keys import NoteVerifier
from evidencelog.log import LogState
from evidencelog.tree import TileProver
from evidencelog.vkey import parse_vkey
from shuangyin.core.actor import system_actor
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.models import LogHead, LogProblem
from shuangyin.evidence.sequencer import INSTALLATION
from shuangyin.evidence.trees import MAIN, TWIN, DatabaseTiles, Tree


def reconcile(
    platform: Platform, remembered: Sequence[bytes], anchored: Sequence[Checkpoint] = ()
) -> FenceMark:
    """Set the fences to the log as it stands, when it contains every head that others remember.

    `remembered` are signed checkpoints as witnesses and holders of proofs kept them, or receipts of anchors;
    `anchored` heads that anchors hold now. At least one is needed, since a log cannot vouch for itself. Blocking problems end with it. Raises FenceError, and
    VerificationError for a head that this log never signed.
    """
    if not remembered and not anchored:
        raise FenceError(Code.FENCE_MISSING, "name at least one head that somebody outside remembers")
    return platform.transact(lambda work: _reconcile(work, remembered, anchored))


def _reconcile(work: UnitOfWork, remembered: Sequence[bytes], anchored: Sequence[Checkpoint]) -> FenceMark:
    keys: list[NoteVerifier] = [parse_vkey(text) for text in public_keys(work)]
    for note in remembered:
        is_receipt = note.startswith(b"{")
        head = _head_of_receipt(note) if is_receipt else open_checkpoint(note, keys).checkpoint
        _require_contained(work, head)
    for head in anchored:
        _require_contained(work, head)
    mark = _set_fence(work, MAIN)
    _set_fence(work, TWIN)
    work.session.execute(delete(LogProblem).where(LogProblem.subject.not_like("audit%")))
    record(
        work,
        system_actor(INSTALLATION),
        kind="evidence.reconciled",
        subject_type="log",
        subject_id="log",
        facts={"size": mark.size, "root": mark.root.hex(), "remembered": len(remembered) + len(anchored)},
    )
    return mark


def _head_of_receipt(data: bytes) -> Checkpoint:
    receipt = parse_receipt(data)
    head = Checkpoint(receipt.head.origin, receipt.head.size, receipt.head.root)
    bad = [one.en for one in verify_receipt(receipt, head.text()) if one.result is AnchorResult.FAIL]
    if bad:
        raise VerificationError(Code.ANCHOR_MALFORMED, bad[0])
    return head


def _require_contained(work: UnitOfWork, head: Checkpoint) -> None:
    stored = work.session.get_one(LogHead, MAIN.id)
    if head.origin != stored.origin:
        raise FenceError(Code.FENCE_SPLIT, "somebody remembers a head of another log")
    require_contained(head, stored.size, lambda size: TileProver(DatabaseTiles(work), size).root())


def _set_fence(work: UnitOfWork, tree: Tree) -> FenceMark:
    head = work.session.get(LogHead, tree.id)
    if head is None:
        return FenceMark(0, b"")
    state = LogState.from_bytes(head.edge)
    mark = FenceMark(state.size, state.root())
    tiles = DatabaseTiles(work, tree)
    work.port(HeadFence).advance(
        head.origin, mark, lambda size: TileProver(tiles, size, tree.algorithm).root()
    )
    head.fenced_at = work.now
    return mark
