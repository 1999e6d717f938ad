"""Reads of the evidence log: entries of a subject, proofs, checkpoints, tiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from evidencelog.proof import make_proof
from evidencelog.tree import TileProver
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.errors import not_sequenced
from shuangyin.evidence.models import (
    MAIN_LOG,
    CheckpointRow,
    EvidenceEntry,
    LogCosignature,
    LogHead,
    LogLeaf,
    PendingEntry,
)
from shuangyin.evidence.trees import MAIN, DatabaseTiles, Tree


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry and its place in the log, None while it waits for the sequencer."""

    entry: EvidenceEntry
    log_index: int | None


def entries_for(
    work: UnitOfWork, organization_id: str, subjects: Sequence[tuple[str, str]], *, limit: int = 500
) -> list[PlacedEntry]:
    """The entries of the given (type, id) subjects of one organization, oldest first."""
    ids = [subject_id for _, subject_id in subjects]
    wanted = set(subjects)
    rows = work.session.execute(
        select(EvidenceEntry, LogLeaf.log_index)
        .outerjoin(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(EvidenceEntry.organization_id == organization_id, EvidenceEntry.subject_id.in_(ids))
        .order_by(EvidenceEntry.id)
        .limit(limit)
    ).tuples()
    return [
        PlacedEntry(entry, index) for entry, index in rows if (entry.subject_type, entry.subject_id) in wanted
    ]


def entries_at(work: UnitOfWork, subject: tuple[str, str], instants: Collection[int]) -> list[PlacedEntry]:
    """The entries about one subject that were recorded at just these instants (UTC ms), oldest first.

    Of a subject with ever more entries only those of that time are looked at: ids begin with their time.
    """
    if not instants:
        return []
    query = _about(subject).where(
        EvidenceEntry.id >= f"{min(instants):012x}", EvidenceEntry.id < f"{max(instants) + 1:012x}"
    )
    rows = work.session.execute(query).tuples()
    return [PlacedEntry(entry, index) for entry, index in rows if entry.recorded_at in instants]


def entries_of_kind(work: UnitOfWork, subject: tuple[str, str], kind: str) -> list[PlacedEntry]:
    """The entries of one kind about one subject, oldest first."""
    rows = work.session.execute(_about(subject).where(EvidenceEntry.kind == kind)).tuples()
    return [PlacedEntry(entry, index) for entry, index in rows]


def _about(subject: tuple[str, str]) -> Select[tuple[EvidenceEntry, int]]:
    subject_type, subject_id = subject
    return (
        select(EvidenceEntry, LogLeaf.log_index)
        .outerjoin(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(EvidenceEntry.subject_id == subject_id, EvidenceEntry.subject_type == subject_type)
        .order_by(EvidenceEntry.id)
    )


def all_entries(
    work: UnitOfWork, actor: Actor, *, after: str | None, limit: int, kind: str | None = None
) -> list[PlacedEntry]:
    """The organization's entries, newest first; for those who may read all evidence."""
    actor.require("evidence.read_all")
    query = (
        select(EvidenceEntry, LogLeaf.log_index)
        .outerjoin(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(EvidenceEntry.organization_id == actor.organization_id)
        .order_by(EvidenceEntry.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(EvidenceEntry.id < after)
    if kind is not None:
        query = query.where(EvidenceEntry.kind == kind)
    return [PlacedEntry(entry, index) for entry, index in work.session.execute(query).tuples()]


def entry_of(work: UnitOfWork, organization_id: str, entry_id: str) -> EvidenceEntry:
    """One entry of the organization. Raises NotFound."""
    entry = work.session.scalar(
        select(EvidenceEntry).where(
            EvidenceEntry.id == entry_id, EvidenceEntry.organization_id == organization_id
        )
    )
    if entry is None:
        raise not_found("这条存证", "evidence entry")
    return entry


def place_of(work: UnitOfWork, entry: EvidenceEntry) -> PlacedEntry:
    """An entry with its place."""
    index = work.session.scalar(select(LogLeaf.log_index).where(LogLeaf.entry_id == entry.id))
    return PlacedEntry(entry, index)


def leaf_of(work: UnitOfWork, entry_id: str) -> LogLeaf | None:
    """The leaf of an entry, None while it waits for the sequencer."""
    return work.session.scalar(select(LogLeaf).where(LogLeaf.entry_id == entry_id))


def proof_of(work: UnitOfWork, entry_id: str) -> bytes:
    """The proof file (c2sp.org/tlog-proof@v1) of an entry against the newest signed head.

    Raises Conflict (NOT_SEQUENCED) while no signed head holds the entry.
    """
    index = work.session.scalar(select(LogLeaf.log_index).where(LogLeaf.entry_id == entry_id))
    checkpoint = newest_checkpoint(work)
    if index is None or checkpoint is None or checkpoint.size <= index:
        raise not_sequenced()
    prover = TileProver(DatabaseTiles(work), checkpoint.size)
    return make_proof(prover, index, cosigned_note(work, checkpoint)).to_bytes()


def newest_checkpoint(work: UnitOfWork, tree: Tree = MAIN) -> CheckpointRow | None:
    """The signed head of the largest size."""
    heads = tree.checkpoints
    return work.session.scalar(select(heads).order_by(heads.size.desc()).limit(1))


def cosigned_note(work: UnitOfWork, head: CheckpointRow) -> bytes:
    """A signed head of the log with the lines of every witness that cosigned it."""
    rows = work.session.scalars(select(LogCosignature.line).where(LogCosignature.size == head.size))
    return head.note.encode() + "".join(rows).encode()


def origin(work: UnitOfWork) -> str | None:
    """The name of the log, None before its first entry."""
    return work.session.scalar(select(LogHead.origin).where(LogHead.id == MAIN_LOG))


def pending_count(work: UnitOfWork) -> int:
    """How many entries wait for the sequencer."""
    return work.session.scalar(select(func.count()).select_from(PendingEntry)) or 0


def entry_bundle(work: UnitOfWork, first: int, count: int) -> list[bytes]:
    """The bodies of `count` entries from index `first`, for serving and for audits."""
    rows = work.session.scalars(
        select(EvidenceEntry.body)
        .join(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(LogLeaf.log_index >= first, LogLeaf.log_index < first + count)
        .order_by(LogLeaf.log_index)
    )
    return [body.encode() for body in rows]
