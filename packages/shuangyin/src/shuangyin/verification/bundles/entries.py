"""The log entries of a seal use, and their proofs against one signed head."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from evidencelog.bundle import BundleExtras, EntrySource, ReceiptSource, Supplement
from evidencelog.cosignature import CosignatureVerifier
from evidencelog.errors import MalformedError
from evidencelog.proof import TlogProof, make_proof
from evidencelog.tree import TileProver
from evidencelog.vkey import parse_vkey
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import queries as evidence
from shuangyin.evidence.errors import not_sequenced
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.models import (
    TWIN_LOG,
    EvidenceEntry,
    LogCheckpoint,
    LogCosignature,
    LogLeaf,
    LogTwinCheckpoint,
)
from shuangyin.evidence.trees import TWIN, TWIN_SUFFIX, DatabaseTiles
from shuangyin.verification.bundles.belonging import UseCase

TWIN_HEAD: Final = "evidence.twin_head"
_TWIN_HEADS_LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry of the bundle with its number in it, from 1."""

    number: int
    entry: EvidenceEntry
    index: int
    content: Mapping[str, Any]

    @property
    def facts(self) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = self.content["facts"]
        return facts


@dataclass(frozen=True, slots=True)
class Recordings:
    """The entries of a use, oldest first, under one head of `size`; `twin_size` is None without a bound twin."""

    all: tuple[Recorded, ...]
    size: int
    twin_size: int | None

    def of_kind(self, *kinds: str) -> list[Recorded]:
        return [one for one in self.all if one.entry.kind in kinds]

    def by_entry(self, entry_id: str | None) -> Recorded | None:
        return next((one for one in self.all if one.entry.id == entry_id), None)


def recordings_of(case: UseCase, *, masked: bool) -> Recordings:
    """The entries that speak of a use. Raises Conflict (NOT_SEQUENCED) while no signed head holds the use.

    Nor is there a bundle of a voided use before a head holds that it is voided.
    """
    work, use = case.work, case.use
    placed = [(one.entry, one.log_index) for one in case.entries(masked=masked) if one.log_index is not None]
    must = {use.entry_id, *([case.void.entry_id] if case.void is not None else [])}
    needed = [index + 1 for entry, index in placed if entry.id in must]
    if len(needed) < len(must):
        raise not_sequenced()
    least = max(needed)
    size = _best_head(work, max(index + 1 for _, index in placed)) or _best_head(work, least)
    if size is None:
        raise not_sequenced()
    chosen = [(entry, index) for entry, index in placed if index < size]
    twin = _twin_head(work, max(index for _, index in chosen) + 1, size)
    if twin is not None:
        chosen.append(twin)
    return Recordings(
        tuple(
            Recorded(number, entry, index, json.loads(entry.body))
            for number, (entry, index) in enumerate(chosen, 1)
        ),
        size,
        json.loads(twin[0].body)["facts"]["size"] if twin is not None else None,
    )


def _best_head(work: UnitOfWork, least: int) -> int | None:
    """The size of the signed head of at least this size that most witnesses cosigned, the newest of those."""
    lines = func.count(LogCosignature.key_id)
    return work.session.scalar(
        select(LogCheckpoint.size)
        .outerjoin(LogCosignature, LogCosignature.size == LogCheckpoint.size)
        .where(LogCheckpoint.size >= least)
        .group_by(LogCheckpoint.size)
        .order_by(lines.desc(), LogCheckpoint.size.desc())
        .limit(1)
    )


def _twin_head(work: UnitOfWork, least: int, size: int) -> tuple[EvidenceEntry, int] | None:
    """The entry that binds a signed head of the SM3 tree of at least this size, under the head of `size`."""
    rows = work.session.execute(
        select(EvidenceEntry, LogLeaf.log_index)
        .join(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(EvidenceEntry.kind == TWIN_HEAD, LogLeaf.log_index >= least, LogLeaf.log_index < size)
        .order_by(LogLeaf.log_index)
        .limit(_TWIN_HEADS_LOOKED_AT)
    ).tuples()
    for entry, index in rows:
        bound = json.loads(entry.body)["facts"]["size"]
        if bound >= least and work.session.get(LogTwinCheckpoint, bound) is not None:
            return entry, index
    return None


def sources_of(work: UnitOfWork, recordings: Recordings) -> list[EntrySource]:
    """The exact bytes of each entry, with its proof against the one head and its witnesses' lines."""
    head = work.session.get_one(LogCheckpoint, recordings.size)
    note = evidence.cosigned_note(work, head)
    prover = TileProver(DatabaseTiles(work), head.size)
    return [
        EntrySource(one.entry.body.encode(), make_proof(prover, one.index, note)) for one in recordings.all
    ]


def extras_of(
    work: UnitOfWork, recordings: Recordings, supplement: Supplement, receipts: Sequence[ReceiptSource]
) -> BundleExtras:
    """What is added, policy, the proofs in the SM3 tree, and the receipts of anchors."""
    return BundleExtras(
        receipts=receipts,
        statement=supplement,
        policy=policy_of(work),
        twin_origin=(evidence.origin(work) or "") + TWIN_SUFFIX,
        twin=_twin_proofs(work, recordings),
    )


def _twin_proofs(work: UnitOfWork, recordings: Recordings) -> dict[int, TlogProof]:
    size = recordings.twin_size
    if size is None:
        return {}
    note = work.session.get_one(LogTwinCheckpoint, size).note.encode()
    prover = TileProver(DatabaseTiles(work, TWIN), size, TWIN.algorithm)
    return {one.number: make_proof(prover, one.index, note) for one in recordings.all if one.index < size}


def vkeys_of(work: UnitOfWork) -> list[str]:
    """The keys of the log, of its twin, and of the witnesses that are asked."""
    witnesses = [key.vkey for keys in _witnesses(work).values() for key in keys]
    return [*public_keys(work), *public_keys(work, TWIN_LOG), *witnesses]


def policy_of(work: UnitOfWork) -> bytes:
    """The log's keys and the witnesses it asks, as a policy. An outsider should get it from elsewhere, too."""
    lines = [f"log {key}" for key in public_keys(work)]
    witnesses = _witnesses(work)
    lines += [
        f"witness {name} {' '.join(key.vkey for key in keys)}" for name, keys in sorted(witnesses.items())
    ]
    quorum = work.settings.log_witness_quorum
    if 0 < quorum <= len(witnesses):
        lines += [f"group witnesses-asked {quorum} {' '.join(sorted(witnesses))}", "quorum witnesses-asked"]
    else:
        lines.append("quorum none")
    return "".join(f"{line}\n" for line in lines).encode()


def _witnesses(work: UnitOfWork) -> dict[str, Sequence[CosignatureVerifier]]:
    found: dict[str, list[CosignatureVerifier]] = {}
    for text in work.settings.log_witnesses:
        try:
            key = parse_vkey(text.partition("=")[2])
        except MalformedError:
            continue  # the witness thread reports it; a bundle does without
        if isinstance(key, CosignatureVerifier):
            found.setdefault(key.name, []).append(key)
    return {name: tuple(keys) for name, keys in found.items()}
