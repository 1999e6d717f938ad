"""Checking the receipts of anchors in a bundle: what an outsider remembers of the log that the entries are in."""

from collections.abc import Sequence
from typing import Final

from evidencelog.anchors import (
    AnchorCheck,
    AnchorCheckCode,
    AnchoredHead,
    AnchorReceipt,
    AnchorResult,
    parse_receipt,
    verify_receipt,
)
from evidencelog.bundle.reading import Bundle, BundleReceipt
from evidencelog.bundle.report import Check, CheckCode, CheckResult, check, group
from evidencelog.checkpoint import Checkpoint
from evidencelog.errors import MalformedError

_PASS, _WARN, _FAIL, _OPEN = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL, CheckResult.NOT_CHECKED
_RESULTS: Final = {
    AnchorResult.PASS: _PASS,
    AnchorResult.FAIL: _FAIL,
    # What only the chain, or a root that the reader did not give, can confirm adds to the entries or does not; it
    # takes nothing from what their proofs show. So it is said, and the verdict does not change.
    AnchorResult.NOT_CHECKED: _WARN,
}


def check_receipt(
    found: BundleReceipt, bundle: Bundle, places: Sequence[tuple[int, Checkpoint]], roots: Sequence[bytes]
) -> Check:
    """Check one receipt.

    ``places`` are index and good head of every entry that was proved; ``roots`` are certificates (DER).

    1. It is a receipt of this log, in a form and of a kind known here.
    2. Its head is one of those of the proofs, or a consistency proof shows that both are of one history; entries
       below its size are then held by the anchor.
    3. Its transaction or token is over that head, see :func:`evidencelog.anchors.verify_receipt`.
    """
    try:
        receipt = parse_receipt(found.data)
    except MalformedError:
        return check(CheckCode.RECEIPT_NOT_CHECKED, _OPEN, name=found.path)  # 1
    connected = _connection(found, receipt.head, bundle, places)  # 2
    text = Checkpoint(receipt.head.origin, receipt.head.size, receipt.head.root).text()
    # The receipt's own head is taken for the text; that it belongs to the proofs is step 2.
    inside = [
        one for one in verify_receipt(receipt, text, roots=roots) if one.code is not AnchorCheckCode.HEAD
    ]
    return _described(found.path, receipt, [connected, *map(_check, inside)])  # 3


def _described(path: str, receipt: AnchorReceipt, checks: Sequence[Check]) -> Check:
    facts = {"name": path, "anchor": receipt.anchor, "kind": receipt.kind.value, "size": receipt.head.size}
    if receipt.transaction is None:
        return group(CheckCode.RECEIPT_TIMESTAMP, checks, **facts)
    return group(CheckCode.RECEIPT_CHAIN, checks, transaction=receipt.transaction.id, **facts)


def _check(one: AnchorCheck) -> Check:
    return Check(CheckCode(one.code.value), _RESULTS[one.result], one.zh, one.en)


def _connection(
    found: BundleReceipt, head: AnchoredHead, bundle: Bundle, places: Sequence[tuple[int, Checkpoint]]
) -> Check:
    if head.origin != bundle.origin or head.tree_hash != bundle.algorithm.name:
        return check(CheckCode.RECEIPT_OTHER_LOG, _FAIL, origin=head.origin)
    anchored = Checkpoint(head.origin, head.size, head.root)
    of_size = [other for _, other in places if other.size == head.size]
    if any(other.root != head.root for other in of_size):
        return check(CheckCode.RECEIPT_SPLIT, _FAIL, size=head.size)
    held = {other.root for other in of_size}
    if found.consistency is not None:
        size = found.consistency.other_size(head.size)
        others = [other for _, other in places if other.size == size]
        algorithm = bundle.algorithm
        if size is None or not all(
            found.consistency.connects(anchored, other, algorithm) for other in others
        ):
            return check(CheckCode.RECEIPT_INCONSISTENT, _FAIL)
        held |= {other.root for other in others}
    if not held:
        return check(CheckCode.RECEIPT_NOT_CONNECTED, _OPEN)
    count = sum(index < head.size and other.root in held for index, other in places)
    if count == 0:
        return check(CheckCode.RECEIPT_COVERS_NOTHING, _WARN)
    return check(CheckCode.RECEIPT_COVERS, _PASS, count=count, total=len(bundle.entries))
