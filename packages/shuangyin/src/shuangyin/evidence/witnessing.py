"""Taking each new signed head to the witnesses; nothing of the log or of sealing waits for them.

A witness that has cosigned a longer head, or finds that ours does not grow out of the one it knows, remembers
another history than the one stored here. That blocks signing until somebody reconciles the log.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog
from sqlalchemy import select

from evidencelog.cosignature import cosigned_at
from evidencelog.errors import Code, EvidenceLogError
from evidencelog.note import NoteSignature
from evidencelog.tree import TileProver
from evidencelog.witness.client import WitnessClient, WitnessOutcome, collect_cosignatures, witnesses_of
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import LogCosignature
from shuangyin.evidence.problems import clear_problem, close_unconfigured, note_problem
from shuangyin.evidence.queries import newest_checkpoint
from shuangyin.evidence.trees import DatabaseTiles

_log = structlog.get_logger(__name__)
PERIOD_S = 1.0
_BLOCKING = frozenset({Code.WITNESS_AHEAD, Code.CONSISTENCY_INVALID})


def ask_witnesses(platform: Platform, witnesses: Sequence[WitnessClient]) -> tuple[WitnessOutcome, ...]:
    """One round for the newest head: good lines are stored, failures become problems."""
    known = platform.view(lambda work: _waiting(work, witnesses))
    if known is None:
        return ()
    size, note, missing = known
    # The proofs are read beforehand, so that no transaction is open while somebody else is slow.
    proofs = platform.view(lambda work: _Proofs(TileProver(DatabaseTiles(work), size), missing))
    outcomes = collect_cosignatures(note, proofs, missing).outcomes
    platform.transact(lambda work: _store(work, size, outcomes))
    return outcomes


class WitnessThread:
    """Asks the witnesses every second while a head lacks their lines."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._witnesses = witnesses_of(platform.settings.log_witnesses)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witnesses", daemon=True)

    def start(self) -> None:
        # Settings change with a restart, and what nobody asks any more would stay on the page for ever.
        self._platform.transact(close_unconfigured)
        if self._witnesses:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            try:
                ask_witnesses(self._platform, self._witnesses)
            except Exception:
                # The database may be away for a moment; the next round asks again.
                _log.exception("witnesses.round_failed")


class _Proofs:
    """Consistency proofs from the sizes the witnesses are believed to have, and on demand from others."""

    def __init__(self, prover: TileProver, witnesses: Sequence[WitnessClient]) -> None:
        self._size = prover.size
        self._proofs = {
            old: prover.consistency_proof(old)
            for old in {witness.known_size for witness in witnesses}
            if 0 < old < prover.size
        }

    def consistency_proof(self, old_size: int) -> tuple[bytes, ...]:
        """The proof; an empty one for a size that was not foreseen makes the witness name its own."""
        return self._proofs.get(old_size, ())


def _waiting(
    work: UnitOfWork, witnesses: Sequence[WitnessClient]
) -> tuple[int, bytes, list[WitnessClient]] | None:
    head = newest_checkpoint(work)
    if head is None or head.size == 0:
        return None
    rows = work.session.execute(
        select(LogCosignature.key_name, LogCosignature.key_id).where(LogCosignature.size == head.size)
    ).tuples()
    there = set(rows)
    missing = [
        witness
        for witness in witnesses
        if not all((key.name, key.key_id.hex()) in there for key in witness.verifiers)
    ]
    return (head.size, head.note.encode(), missing) if missing else None


def _store(work: UnitOfWork, size: int, outcomes: Sequence[WitnessOutcome]) -> None:
    for outcome in outcomes:
        subject = f"witness:{outcome.name}"
        if outcome.error is not None:
            _note(work, subject, outcome.name, outcome.error)
            continue
        clear_problem(work, subject)
        for line in outcome.lines:
            _keep(work, size, line)


def _keep(work: UnitOfWork, size: int, line: NoteSignature) -> None:
    key = (size, line.name, line.key_id.hex())
    if work.session.get(LogCosignature, key) is None:
        work.session.add(
            LogCosignature(
                size=size,
                key_name=line.name,
                key_id=line.key_id.hex(),
                line=line.line(),
                stated_at=cosigned_at(line) * 1000,
                received_at=work.now,
            )
        )


def _note(work: UnitOfWork, subject: str, name: str, error: EvidenceLogError) -> None:
    blocking = error.code in _BLOCKING or (error.code is Code.WITNESS_REFUSED and "422" in str(error))
    zh = (
        f"见证方 {name} 记得的日志与这里的不同，已停止签署"
        if blocking
        else f"见证方 {name} 没有签名：{error}"
    )
    note_problem(work, subject, error.code.value, zh, f"The witness {name}: {error}", blocking=blocking)
