"""Seals on PDF files: inspecting, placing, signing as an incremental update, verifying."""

from gmseal.pdf.geometry import PageInfo
from gmseal.pdf.inspect import PdfInfo, inspect_pdf, repair_pdf
from gmseal.pdf.limits import PdfLimits
from gmseal.pdf.marks import Mark, qr_quiet_mm
from gmseal.pdf.placement import Edge, QrPlacement, SealOrder, SealPlacement, SeamPages, SeamPlacement
from gmseal.pdf.seal import SealOutcome, seal_pdf
from gmseal.pdf.verify import verify_pdf

__all__ = [
    "Edge",
    "Mark",
    "PageInfo",
    "PdfInfo",
    "PdfLimits",
    "QrPlacement",
    "SealOrder",
    "SealOutcome",
    "SealPlacement",
    "SeamPages",
    "SeamPlacement",
    "inspect_pdf",
    "qr_quiet_mm",
    "repair_pdf",
    "seal_pdf",
    "verify_pdf",
]
