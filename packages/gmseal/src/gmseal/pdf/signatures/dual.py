"""Dual sealing: one file that a domestic reader shows as sealed and one abroad as signed.

The seal comes first, the PAdES signature last (docs/adr, "The seal first, the international signature last").
"""

from dataclasses import dataclass
from pathlib import Path

from gmseal.durable_file import replacing
from gmseal.errors import Refused
from gmseal.pdf.certification import Permission
from gmseal.pdf.limits import DEFAULT_LIMITS, PdfLimits
from gmseal.pdf.placement import SealOrder
from gmseal.pdf.seal import seal_pdf_bytes
from gmseal.pdf.signatures.pades import PadesOrder, PadesSigner, read_source, sign_pdf_pades_bytes
from gmseal.pdf.signatures.value import InvisibleOrder
from gmseal.ses.signature import SealSigner
from gmseal.sm.timestamp_source import TimestampSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DualSigners:
    """Who seals and who signs: usually the same unit with two certificates."""

    seal: SealSigner
    pades: PadesSigner


def seal_pdf_dual_bytes(
    data: bytes,
    order: SealOrder,
    signers: DualSigners,
    pades: PadesOrder | None = None,
    *,
    timestamp: TimestampSource | None = None,
    certify: Permission | None = None,
    limits: PdfLimits = DEFAULT_LIMITS,
) -> bytes:
    """A PDF with the seal of ``order`` and, over it, an invisible PAdES signature by the same statement.

    ``timestamp`` stamps the seal signature, ``pades`` says what the other one carries. ``certify`` makes the seal
    a certification; one that permits nothing is refused (``CERTIFY_LEVEL``), as the second signature must follow.
    """
    if certify is Permission.NOTHING:
        raise Refused(
            "CERTIFY_LEVEL", "A certification that permits no signing leaves no room for a second one."
        )
    sealed = seal_pdf_bytes(data, order, signers.seal, limits=limits, timestamp=timestamp, certify=certify)
    second = InvisibleOrder(signed_at=order.signed_at, reason=order.reason, location=order.location)
    return sign_pdf_pades_bytes(sealed, second, signers.pades, pades or PadesOrder(), limits=limits)


def seal_pdf_dual(
    source: Path,
    target: Path,
    *,
    order: SealOrder,
    signers: DualSigners,
    pades: PadesOrder | None = None,
    timestamp: TimestampSource | None = None,
    certify: Permission | None = None,
    limits: PdfLimits = DEFAULT_LIMITS,
) -> None:
    """As ``seal_pdf_dual_bytes``, from file to file; ``target`` appears whole or not at all."""
    data = read_source(source, limits)
    sealed = seal_pdf_dual_bytes(
        data, order, signers, pades, timestamp=timestamp, certify=certify, limits=limits
    )
    with replacing(target) as out:
        out.write(sealed)
