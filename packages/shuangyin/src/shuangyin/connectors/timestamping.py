"""Anchors at a time-stamp authority (RFC 3161): a token over the text of the checkpoint."""

from __future__ import annotations

from collections.abc import Sequence

from evidencelog.anchors import AnchorKind, AnchorReceipt, AnchorResult, head_of, verify_receipt
from evidencelog.checkpoint import Checkpoint
from gmseal.errors import GmsealError
from gmseal.sm.timestamps import TimestampSource, read_token
from shuangyin.core.clock import to_milliseconds
from shuangyin.evidence.ports import (
    REFUSED,
    UNREACHABLE,
    AnchorProblem,
    Fate,
    Outcome,
    RememberedHead,
    SignedTransaction,
)


class TimestampAnchor:
    """The port Anchor at a time-stamp authority. It remembers nothing, so it cannot tell of an old copy."""

    kind = "rfc3161"
    final = True
    patience_s = 3600

    def __init__(self, *, name: str, source: TimestampSource, address: str, period_s: int = 60) -> None:
        self.name, self.period_s = name, period_s
        self._source, self._address = source, address

    def identity(self) -> str:
        return self._address

    def remembered(self, origin: str) -> RememberedHead | None:
        return None

    def next_number(self) -> int | None:
        return None

    def sign(
        self,
        head: Checkpoint,
        number: int | None,
        replaced: Sequence[SignedTransaction],
    ) -> SignedTransaction:
        """Nothing is signed by us: the transaction is the request for a token."""
        return SignedTransaction(f"stamp-{head.size}", b"")

    def send(self, transaction: SignedTransaction) -> None:
        """The token is asked for when it is looked at."""

    def look(
        self,
        head: Checkpoint,
        number: int | None,
        sent: Sequence[SignedTransaction],
    ) -> Outcome:
        try:
            token = self._source.stamp(head.text().encode())
            info = read_token(token).info
        except GmsealError as error:
            code = UNREACHABLE if type(error).__name__ == "ServiceUnavailable" else REFUSED
            raise AnchorProblem(code, str(error)) from error
        receipt = AnchorReceipt(
            AnchorKind.RFC3161, self.name, head_of(head), to_milliseconds(info.time), token=token
        )
        bad = [
            check.en for check in verify_receipt(receipt, head.text()) if check.result is AnchorResult.FAIL
        ]
        if bad:
            raise AnchorProblem(REFUSED, bad[0])
        return Outcome(Fate.CONFIRMED, receipt)
