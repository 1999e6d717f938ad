"""Signs a PDF: marks and signature in one incremental update, everything before it untouched.

The way (GB/T 38540-2020, 7.2, with the ByteRange of ISO 32000-1, 12.8.1 as the protected range):

1. Open the file within limits and see that it takes another signature.
2. Plan the marks; nothing is written when one of them has no place.
3. Write images, appearances, annotations, field and signature dictionary as an update with a hole.
4. Copy the file once, hashing as it goes; hash the update around the hole; sign; fill the hole.
5. Make it durable under another name, then put it in its place in one step.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from gmseal.deferred import Deferred
from gmseal.durable_file import replacing
from gmseal.errors import GmsealError, Refused
from gmseal.pdf.certification import Permission
from gmseal.pdf.document import Document, document_in_memory, open_document
from gmseal.pdf.fields import check_may_add, free_name
from gmseal.pdf.limits import DEFAULT_LIMITS, MEGABYTE, PdfLimits
from gmseal.pdf.marks import Mark
from gmseal.pdf.placement import SealOrder
from gmseal.pdf.signatures.seal_value import SealValue
from gmseal.pdf.signatures.value import SignatureOrder, SignatureValue
from gmseal.pdf.signatures.writing import Plan, plan_order, signature_entries, write_objects
from gmseal.pdf.update import SignatureHole, Update
from gmseal.ses.signature import SealSigner
from gmseal.sm.running_hash import running_hash
from gmseal.sm.timestamp_source import TimestampSource

_ATTEMPTS = 2
"""A value that outgrew the room announced for it is made once more, with room for the size it had."""


@dataclass(frozen=True, slots=True)
class SealOutcome(Deferred):
    """What was done. ``byte_range`` as in the file; ``sm3`` (hex) of the whole file, made when it is asked for.

    ``data_hash`` is the digest over the byte range that was signed: SM3, or SHA-256 for PAdES.
    """

    size: int
    sm3: str
    data_hash: bytes
    byte_range: tuple[int, int, int, int]
    signature: bytes
    field_name: str
    marks: tuple[Mark, ...]


def seal_pdf(
    source: Path,
    target: Path,
    *,
    order: SealOrder,
    signer: SealSigner,
    limits: PdfLimits = DEFAULT_LIMITS,
    timestamp: TimestampSource | None = None,
    certify: Permission | None = None,
    durable: bool = True,
) -> SealOutcome:
    """Writes ``target``: ``source`` with the marks and the seal signature of ``order``.

    ``target`` appears whole or not at all, and may be ``source``. ``timestamp`` stamps the signature value,
    ``certify`` makes this first signature a certification. Raises ``Refused`` with the codes of
    ``open_document``, ``plan_marks``, ``check_may_add``, ``image_object`` and ``SealSigner.sign``.
    """
    value = SealValue(signer, order, timestamp)
    return sign_pdf(source, target, order=order, value=value, limits=limits, certify=certify, durable=durable)


def seal_pdf_bytes(
    data: bytes,
    order: SealOrder,
    signer: SealSigner,
    *,
    limits: PdfLimits = DEFAULT_LIMITS,
    timestamp: TimestampSource | None = None,
    certify: Permission | None = None,
) -> bytes:
    """As ``seal_pdf``, from memory to memory: for batches of small files that somebody else keeps."""
    value = SealValue(signer, order, timestamp)
    return sign_pdf_bytes(data, order, value, limits=limits, certify=certify)


def sign_pdf(
    source: Path,
    target: Path,
    *,
    order: SignatureOrder,
    value: SignatureValue,
    limits: PdfLimits = DEFAULT_LIMITS,
    certify: Permission | None = None,
    durable: bool = True,
) -> SealOutcome:
    """Writes ``target``: ``source`` with one more signature of any kind, seen or not as ``order`` says.

    Without ``durable`` nothing waits for the disk; ``target`` still appears whole or not at all. Raises
    as ``seal_pdf`` does, and whatever ``value.sign`` raises.
    """
    with open_document(source, limits) as document:
        job = _Job(document, order, value, certify)
        with replacing(target, durable=durable) as out:
            return job.run(out)


def sign_pdf_bytes(
    data: bytes,
    order: SignatureOrder,
    value: SignatureValue,
    *,
    limits: PdfLimits = DEFAULT_LIMITS,
    certify: Permission | None = None,
) -> bytes:
    """As ``sign_pdf``, from memory to memory."""
    out = io.BytesIO()
    with document_in_memory(data, limits) as document:
        _Job(document, order, value, certify).run(out)
    return out.getvalue()


class _Job:
    """One signature on one document: everything that can be refused is refused before a byte is written."""

    def __init__(
        self, document: Document, order: SignatureOrder, value: SignatureValue, certify: Permission | None
    ) -> None:
        seals = isinstance(order, SealOrder)
        # A field that is there and takes the seal is filled in; nothing is added to any page.
        visible = isinstance(order, SealOrder) and not order.only_fills
        check_may_add(document, name=order.field_name, visible=visible, certify=certify)
        marks, field = plan_order(document, order, value)
        name = field.name if field is not None else free_name(document, order.field_name)
        self.document, self.value = document, value
        self.plan = Plan(name, order, marks, value.picture if seals else None, certify, field)
        self.update = Update(document)
        document.check_streams()
        self.number = write_objects(self.update, document, self.plan)

    def run(self, out: BinaryIO) -> SealOutcome:
        """Copies, signs, appends."""
        whole = running_hash("sm3")
        # One running digest serves both ends where the signature is over SM3, too.
        other = self.value.digest_algorithm != whole.name
        signed = hashlib.new(self.value.digest_algorithm) if other else whole
        _copy(self.document, out, {whole, signed})
        filled = self._filled(signed)
        tail, hole = filled.tail, filled.hole
        out.write(tail)
        size = self.document.size + len(tail)
        # Where both digests are SM3, what lies before the hole was hashed for both.
        begun, rest = (whole, 0) if other else (filled.before_hole, hole.start - self.document.size)
        return SealOutcome.deferring(
            {"sm3": partial(_hex_with, begun, memoryview(tail)[rest:])},
            size=size,
            data_hash=filled.digest,
            byte_range=(0, hole.start, hole.end, size - hole.end),
            signature=filled.signature,
            field_name=self.plan.name,
            marks=self.plan.marks,
        )

    def _filled(self, hashed: "hashlib._Hash") -> "_Filled":
        """The update with the hole filled."""
        entries = signature_entries(self.document, self.plan, self.value)
        room = self.value.room
        start = self.document.size
        for _ in range(_ATTEMPTS):
            tail, hole = self.update.finish(self.number, entries, room)
            before = hashed.copy()
            with memoryview(tail) as view:
                before.update(view[: hole.start - start])
                around = before.copy()
                around.update(view[hole.end - start :])
            digest = around.digest()
            signature = self.value.sign(digest, self.plan.order.signed_at)
            if len(signature) <= room:
                text = signature.hex().encode("ascii")
                at = hole.start - start + 1
                tail[at : at + len(text)] = text
                return _Filled(tail, hole, before, digest, signature)
            room = len(signature) + len(signature) // 8
        raise Refused("VALUE_TOO_LARGE", "The signature value keeps growing beyond the room kept for it.")


@dataclass(frozen=True, slots=True)
class _Filled:
    """An update ready to be appended; ``before_hole`` has hashed the file up to the hole."""

    tail: bytearray
    hole: SignatureHole
    before_hole: "hashlib._Hash"
    digest: bytes
    signature: bytes


def _hex_with(begun: "hashlib._Hash", rest: memoryview) -> str:
    whole = begun.copy()
    whole.update(rest)
    return whole.hexdigest()


def _copy(document: Document, out: BinaryIO, hashes: "set[hashlib._Hash]") -> None:
    """Copies the source as it is, hashing as it goes; memory stays flat whatever its size."""
    document.file.seek(0)
    left = document.size
    while left:
        chunk = document.file.read(min(left, MEGABYTE))
        if not chunk:
            raise GmsealError("The file became shorter while it was read.")
        for each in hashes:
            each.update(chunk)
        out.write(chunk)
        left -= len(chunk)
