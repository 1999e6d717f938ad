"""Seals on PDF files: inspecting, placing, signing as an incremental update, verifying."""

from gmseal.pdf.certification import Permission
from gmseal.pdf.geometry import PageInfo
from gmseal.pdf.inspect import PdfInfo, inspect_pdf, repair_pdf
from gmseal.pdf.keyword import find_text
from gmseal.pdf.limits import PdfLimits
from gmseal.pdf.marks import Mark, qr_quiet_mm
from gmseal.pdf.placement import FieldPlacement, Places, QrBeside, QrPlacement, SealOrder
from gmseal.pdf.resolve import resolve_places
from gmseal.pdf.seal import SealOutcome, seal_pdf, seal_pdf_bytes, sign_pdf, sign_pdf_bytes
from gmseal.pdf.signatures.cms_value import CmsValue
from gmseal.pdf.signatures.dual import DualSigners, seal_pdf_dual, seal_pdf_dual_bytes
from gmseal.pdf.signatures.pades import (
    PadesLevel,
    PadesOrder,
    PadesSigner,
    PadesValue,
    sign_pdf_pades,
    sign_pdf_pades_bytes,
)
from gmseal.pdf.signatures.value import InvisibleOrder, SignatureValue
from gmseal.pdf.verify import verify_pdf, verify_pdf_bytes
from gmseal.placement import (
    Anchor,
    Edge,
    FoundText,
    KeywordPlacement,
    SealPlacement,
    SeamPages,
    SeamPlacement,
)

__all__ = [
    "Anchor",
    "CmsValue",
    "DualSigners",
    "Edge",
    "FieldPlacement",
    "FoundText",
    "InvisibleOrder",
    "KeywordPlacement",
    "Mark",
    "PadesLevel",
    "PadesOrder",
    "PadesSigner",
    "PadesValue",
    "PageInfo",
    "PdfInfo",
    "PdfLimits",
    "Permission",
    "Places",
    "QrBeside",
    "QrPlacement",
    "SealOrder",
    "SealOutcome",
    "SealPlacement",
    "SeamPages",
    "SeamPlacement",
    "SignatureValue",
    "find_text",
    "inspect_pdf",
    "qr_quiet_mm",
    "repair_pdf",
    "resolve_places",
    "seal_pdf",
    "seal_pdf_bytes",
    "seal_pdf_dual",
    "seal_pdf_dual_bytes",
    "sign_pdf",
    "sign_pdf_bytes",
    "sign_pdf_pades",
    "sign_pdf_pades_bytes",
    "verify_pdf",
    "verify_pdf_bytes",
]
