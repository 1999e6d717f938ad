"""The receipts of anchors that go into a bundle, each connected with the head that the proofs use."""

from __future__ import annotations

from evidencelog.anchors import parse_receipt
from evidencelog.bundle import ConsistencyProof, ReceiptSource
from evidencelog.tree import TileProver
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.anchor_queries import first_receipts
from shuangyin.evidence.trees import DatabaseTiles
from shuangyin.verification.bundles.entries import Recordings


def receipts_of(work: UnitOfWork, use_entry_id: str, recordings: Recordings) -> list[ReceiptSource]:
    """Of every anchor the first head that holds the use, and the first that holds all entries of the bundle.

    The first shows best since when the use is known outside; both are one as a rule.
    """
    use = recordings.by_entry(use_entry_id)
    last = max(one.index for one in recordings.all)
    sizes = {last + 1} if use is None else {use.index + 1, last + 1}
    found = {row.id: row for size in sorted(sizes) for row in first_receipts(work, size)}
    return [_source(work, row.body.encode(), recordings.size) for _, row in sorted(found.items())]


def _source(work: UnitOfWork, body: bytes, size: int) -> ReceiptSource:
    receipt = parse_receipt(body)
    old, new = sorted((receipt.head.size, size))
    if old == new:
        return ReceiptSource(receipt)
    path = TileProver(DatabaseTiles(work), new).consistency_proof(old)
    return ReceiptSource(receipt, ConsistencyProof(old, new, path))
