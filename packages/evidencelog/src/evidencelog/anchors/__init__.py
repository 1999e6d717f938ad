"""Anchors: what outside chains and time-stamp authorities hold of a signed head, as receipts for outsiders."""

from evidencelog.anchors.receipt import (
    MAX_RECEIPT_BYTES,
    AnchorBlock,
    AnchorChain,
    AnchoredHead,
    AnchorKind,
    AnchorReceipt,
    AnchorTransaction,
    TimeUnit,
    head_of,
    parse_receipt,
)
from evidencelog.anchors.sentences import AnchorCheckCode
from evidencelog.anchors.verifying import AnchorCheck, AnchorResult, outside_id, verify_receipt

__all__ = [
    "MAX_RECEIPT_BYTES",
    "AnchorBlock",
    "AnchorChain",
    "AnchorCheck",
    "AnchorCheckCode",
    "AnchorKind",
    "AnchorReceipt",
    "AnchorResult",
    "AnchorTransaction",
    "AnchoredHead",
    "TimeUnit",
    "head_of",
    "outside_id",
    "parse_receipt",
    "verify_receipt",
]
