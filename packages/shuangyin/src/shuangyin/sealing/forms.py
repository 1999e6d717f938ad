"""The forms that a seal signature has in each format of documents: how one is put on, and how a file is judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gmseal.ofd import OfdLimits, OfdSealOrder, Parameter, seal_ofd, verify_ofd
from gmseal.pdf import PdfLimits, SealOrder, seal_pdf, verify_pdf
from gmseal.report import Report
from gmseal.trust import TrustStore
from shuangyin.documents.formats import Format
from shuangyin.sealing.plan import SealStep


class SealedForm(Protocol):
    """One format. Both methods raise GmsealError."""

    def seal(self, path: Path, step: SealStep, signed_at: datetime, number: str) -> bytes:
        """Put a seal on the file, in place; the digest that was signed. `number` is the request's."""
        ...

    def verify(self, path: Path, trust: TrustStore, at: datetime) -> Report:
        """Judge the file as of that time."""
        ...


def form_of(kind: Format, max_bytes: int, max_pages: int) -> SealedForm:
    """The form of a format, within limits of bytes and pages."""
    if kind is Format.OFD:
        return _Ofd(OfdLimits(max_bytes=max_bytes, max_pages=max_pages))
    return _Pdf(PdfLimits(max_bytes, max_pages))


@dataclass(frozen=True, slots=True)
class _Pdf:
    limits: PdfLimits

    def seal(self, path: Path, step: SealStep, signed_at: datetime, number: str) -> bytes:
        order = SealOrder(
            signed_at=signed_at, placements=step.placements, seam=step.seam, qr=step.qr, reason=number
        )
        return seal_pdf(path, path, order=order, signer=step.signer, limits=self.limits).data_hash

    def verify(self, path: Path, trust: TrustStore, at: datetime) -> Report:
        return verify_pdf(path, trust, at, limits=self.limits)


@dataclass(frozen=True, slots=True)
class _Ofd:
    limits: OfdLimits

    def seal(self, path: Path, step: SealStep, signed_at: datetime, number: str) -> bytes:
        order = OfdSealOrder(
            signed_at=signed_at,
            placements=step.placements,
            seam=step.seam,
            qr=step.qr,
            parameters=(Parameter("RequestNumber", None, number),),
        )
        return seal_ofd(path, path, order=order, signer=step.signer, limits=self.limits).data_hash

    def verify(self, path: Path, trust: TrustStore, at: datetime) -> Report:
        return verify_ofd(path, trust, at, limits=self.limits)
