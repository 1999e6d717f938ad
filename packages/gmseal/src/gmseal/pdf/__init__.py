"""Seals on PDF files: inspecting, placing, signing as an incremental update, verifying."""

from gmseal.pdf.certification import Permission
from gmseal.pdf.geometry import PageInfo
from gmseal.pdf.inspect import PdfInfo, inspect_pdf, repair_pdf
from gmseal.pdf.limits import PdfLimits
from gmseal.pdf.marks import Mark, qr_quiet_mm
from gmseal.pdf.placement import Edge, QrPlacement, SealOrder, SealPlacement, SeamPages, SeamPlacement
from gmseal.pdf.seal import SealOutcome, seal_pdf, seal_pdf_bytes, sign_pdf, sign_pdf_bytes
from gmseal.pdf.signatures.value import InvisibleOrder, SignatureValue
from gmseal.pdf.verify import verify_pdf

__all__ = [
    "Edge",
    "InvisibleOrder",
    "Mark",
    "PageInfo",
    "PdfInfo",
    "PdfLimits",
    "Permission",
    "QrPlacement",
    "SealOrder",
    "SealOutcome",
    "SealPlacement",
    "SeamPages",
    "SeamPlacement",
    "SignatureValue",
    "inspect_pdf",
    "qr_quiet_mm",
    "repair_pdf",
    "seal_pdf",
    "seal_pdf_bytes",
    "sign_pdf",
    "sign_pdf_bytes",
    "verify_pdf",
]
