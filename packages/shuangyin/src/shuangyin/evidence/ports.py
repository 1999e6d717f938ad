"""What the evidence area asks of the outside: anchors, that remember signed heads where we cannot change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from evidencelog.anchors import AnchorReceipt
from evidencelog.checkpoint import Checkpoint


class AnchorProblem(Exception):
    """An anchor did not do what was asked. `code` is stable, the text an English sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


UNREACHABLE = "anchor.unreachable"
REFUSED = "anchor.refused"
RESET = "anchor.reset"


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """What is sent to an anchor, kept before it is sent. `raw` is empty where nothing is signed by us."""

    transaction_id: str
    raw: bytes


class Fate(StrEnum):
    """What became of a transaction."""

    UNKNOWN = "unknown"
    """The outside does not know it: it was never received, or a reorganisation took it. It is sent again."""
    PENDING = "pending"
    """Received, and not yet as deep as is asked for."""
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    """Executed and refused, or its number was taken by another transaction: it will never count."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of a head's transactions; a receipt when confirmed, a reason when rejected."""

    fate: Fate
    receipt: AnchorReceipt | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RememberedHead:
    """The newest head of our log that the outside holds."""

    size: int
    root: bytes


class Anchor(Protocol):
    """Port: one chain or authority. Every method may take seconds, and raises AnchorProblem and nothing else."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def period_s(self) -> int:
        """How often a new head is anchored."""
        ...

    @property
    def patience_s(self) -> int:
        """After so long without a place in a block, a transaction is signed again with a higher fee."""
        ...

    @property
    def final(self) -> bool:
        """Whether what is confirmed once stays so; chains may take it back in a reorganisation."""
        ...

    def identity(self) -> str:
        """Which chain and contract answers; one text as long as it is the same one."""
        ...

    def remembered(self, origin: str) -> RememberedHead | None:
        """The newest head of the log that the outside holds; None when it holds none or cannot be asked."""
        ...

    def next_number(self) -> int | None:
        """The number the account's next transaction must carry; None where accounts do not count."""
        ...

    def sign(
        self, head: Checkpoint, number: int | None, replaced: Sequence[SignedTransaction]
    ) -> SignedTransaction:
        """Sign, and send nothing. With `replaced`, one that pays more than those before it with its number."""
        ...

    def send(self, transaction: SignedTransaction) -> None:
        """Send; sending again what the outside already has changes nothing."""
        ...

    def look(self, head: Checkpoint, number: int | None, sent: Sequence[SignedTransaction]) -> Outcome:
        """What became of the transactions of one head, of which at most one can take effect."""
        ...


@dataclass(frozen=True, slots=True)
class Anchors:
    """Port: the anchors of this installation, as the settings name them."""

    members: tuple[Anchor, ...] = ()
