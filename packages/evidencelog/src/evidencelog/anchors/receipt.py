"""The receipt of an anchor, version 1: what an outside chain or authority holds of a signed head.

A receipt is one JSON object in exactly one spelling (the canonical form of entries, :mod:`evidencelog.entry`). It
keeps what a court asks for: digest and algorithm, transaction, block, times, and the result of the comparison when
it was made. It is not signed; what it proves by itself is its transaction or token, and
:func:`evidencelog.anchors.verify_receipt` says which of its statements only a look at the chain can confirm.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from evidencelog.checkpoint import Checkpoint
from evidencelog.entry import JsonValue, decode_entry, encode_entry
from evidencelog.errors import Code, EvidenceLogError, MalformedError
from evidencelog.hashing import SHA256
from evidencelog.text import decode_base64, encode_base64, is_clean

FORMAT: Final = "evidencelog-anchor"
MAX_RECEIPT_BYTES: Final = 65_535
_MAX_TEXT: Final = 300
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


class AnchorKind(StrEnum):
    """What kind of outsider holds the head."""

    ETHEREUM = "ethereum"
    """A chain that speaks the JSON-RPC of Ethereum, with the contract CheckpointAnchor."""
    CHAINMAKER = "chainmaker"
    """长安链, through its sample contract ``fact``."""
    RFC3161 = "rfc3161"
    """A time-stamp authority."""


class TimeUnit(StrEnum):
    """The unit in which a chain counts time since 1970."""

    SECONDS = "s"
    MILLISECONDS = "ms"


@dataclass(frozen=True)
class AnchoredHead:
    """What was anchored: the head, and the digest that was handed over where it was a digest.

    ``imprint`` is the digest of the checkpoint's text; empty where the head itself stands in the transaction.
    """

    origin: str
    size: int
    root: bytes
    tree_hash: str = SHA256.name
    imprint_algorithm: str = ""
    imprint: bytes = b""


@dataclass(frozen=True)
class AnchorChain:
    """Which chain and which contract on it; ``genesis`` is the hash of its first block, as the node gave it."""

    name: str
    id: str
    genesis: str
    contract: str


@dataclass(frozen=True)
class AnchorTransaction:
    """The transaction as it was signed; ``sender`` is the account or the member that signed it."""

    id: str
    raw: bytes
    sender: str


@dataclass(frozen=True)
class AnchorBlock:
    """Where the transaction stands. ``time`` is the block's own, in ``time_unit``."""

    number: int
    hash: str
    time: int
    time_unit: TimeUnit
    confirmations: int

    @property
    def time_ms(self) -> int:
        """The block's own time as UTC milliseconds."""
        return self.time if self.time_unit is TimeUnit.MILLISECONDS else self.time * 1000


@dataclass(frozen=True)
class AnchorReceipt:
    """One receipt. A chain leaves ``chain``, ``transaction`` and ``block``, an authority leaves ``token``.

    ``result`` is what the comparison with the outside gave at ``verified_at_ms`` (UTC milliseconds): ``match``.
    """

    kind: AnchorKind
    anchor: str
    head: AnchoredHead
    verified_at_ms: int
    result: str = "match"
    chain: AnchorChain | None = None
    transaction: AnchorTransaction | None = None
    block: AnchorBlock | None = None
    token: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; :func:`parse_receipt` gives back the same object.

        Raises :class:`MalformedError` (``anchor.malformed``) when a value does not fit the form.
        """
        try:
            data = encode_entry(_content(self))
        except EvidenceLogError as error:
            raise _malformed(str(error)) from error
        if parse_receipt(data) != self:
            raise _malformed("it would be read back differently")
        return data


def head_of(checkpoint: Checkpoint, imprint_algorithm: str = "", imprint: bytes = b"") -> AnchoredHead:
    """Return what is anchored of a checkpoint."""
    return AnchoredHead(
        checkpoint.origin,
        checkpoint.size,
        checkpoint.root,
        imprint_algorithm=imprint_algorithm,
        imprint=imprint,
    )


def _content(receipt: AnchorReceipt) -> dict[str, JsonValue]:
    head, chain = receipt.head, receipt.chain
    transaction, block = receipt.transaction, receipt.block
    return {
        "format": FORMAT,
        "kind": receipt.kind.value,
        "anchor": receipt.anchor,
        "head": {
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "tree_hash": head.tree_hash,
            "imprint_algorithm": head.imprint_algorithm,
            "imprint": head.imprint.hex(),
        },
        "chain": None
        if chain is None
        else {"name": chain.name, "id": chain.id, "genesis": chain.genesis, "contract": chain.contract},
        "transaction": None
        if transaction is None
        else {"id": transaction.id, "raw": transaction.raw.hex(), "sender": transaction.sender},
        "block": None
        if block is None
        else {
            "number": block.number,
            "hash": block.hash,
            "time": block.time,
            "time_unit": block.time_unit.value,
            "confirmations": block.confirmations,
        },
        "token": encode_base64(receipt.token),
        "verified_at_ms": receipt.verified_at_ms,
        "result": receipt.result,
    }


def parse_receipt(data: bytes) -> AnchorReceipt:
    """Read a receipt; nothing in it is verified yet.

    Raises :class:`MalformedError`: ``anchor.malformed``, or ``anchor.unknown_version`` for a later version.
    """
    try:
        content = decode_entry(data)
    except EvidenceLogError as error:
        unknown = error.code is Code.ENTRY_UNKNOWN_VERSION
        code = Code.ANCHOR_UNKNOWN_VERSION if unknown else Code.ANCHOR_MALFORMED
        raise MalformedError(code, f"the receipt of an anchor cannot be read: {error}") from error
    if content.get("format") != FORMAT:
        raise _malformed("it is something else")
    names = (
        "format",
        "kind",
        "anchor",
        "head",
        "chain",
        "transaction",
        "block",
        "token",
        "verified_at_ms",
        "result",
    )
    fields = _object(content, "v", *names)
    if fields["kind"] not in list(AnchorKind):
        raise _malformed("its kind is unknown")
    receipt = AnchorReceipt(
        kind=AnchorKind(fields["kind"]),
        anchor=_text(fields["anchor"]),
        head=_head(fields["head"]),
        verified_at_ms=_number(fields["verified_at_ms"]),
        result=_text(fields["result"]),
        chain=None if fields["chain"] is None else _chain(fields["chain"]),
        transaction=None if fields["transaction"] is None else _transaction(fields["transaction"]),
        block=None if fields["block"] is None else _block(fields["block"]),
        token=decode_base64(_text(fields["token"], least=0, limit=MAX_RECEIPT_BYTES), Code.ANCHOR_MALFORMED),
    )
    _require_whole(receipt)
    return receipt


def _require_whole(receipt: AnchorReceipt) -> None:
    parts = (receipt.chain, receipt.transaction, receipt.block)
    if receipt.kind is AnchorKind.RFC3161:
        if any(part is not None for part in parts) or not receipt.token:
            raise _malformed("a time stamp has a token, and no chain")
    elif any(part is None for part in parts) or receipt.token:
        raise _malformed("a chain has a transaction in a block, and no token")


def _head(value: object) -> AnchoredHead:
    item = _object(value, "origin", "size", "root", "tree_hash", "imprint_algorithm", "imprint")
    return AnchoredHead(
        _text(item["origin"]),
        _number(item["size"]),
        _bytes(item["root"]),
        _text(item["tree_hash"]),
        _text(item["imprint_algorithm"], least=0),
        _bytes(item["imprint"]),
    )


def _chain(value: object) -> AnchorChain:
    item = _object(value, "name", "id", "genesis", "contract")
    return AnchorChain(*(_text(item[key], least=0) for key in ("name", "id", "genesis", "contract")))


def _transaction(value: object) -> AnchorTransaction:
    item = _object(value, "id", "raw", "sender")
    return AnchorTransaction(_text(item["id"]), _bytes(item["raw"]), _text(item["sender"], least=0))


def _block(value: object) -> AnchorBlock:
    item = _object(value, "number", "hash", "time", "time_unit", "confirmations")
    if item["time_unit"] not in list(TimeUnit):
        raise _malformed("the unit of the block's time is unknown")
    return AnchorBlock(
        _number(item["number"]),
        _text(item["hash"]),
        _number(item["time"]),
        TimeUnit(item["time_unit"]),
        _number(item["confirmations"]),
    )


def _object(value: object, *keys: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise _malformed(f"an object does not have exactly the keys {', '.join(sorted(keys))}")
    return value


def _text(value: object, *, least: int = 1, limit: int = _MAX_TEXT) -> str:
    if not isinstance(value, str) or not least <= len(value) <= limit or not is_clean(value):
        raise _malformed("a text is not one line of a sensible length")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _malformed("a number is negative or none")
    return value


def _bytes(value: object) -> bytes:
    text = _text(value, least=0, limit=MAX_RECEIPT_BYTES)
    if _HEX.fullmatch(text) is None:
        raise _malformed("a value is not lower-case hex")
    return bytes.fromhex(text)


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.ANCHOR_MALFORMED, f"this is not the receipt of an anchor: {reason}")
