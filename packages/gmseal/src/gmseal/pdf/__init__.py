"""Seals on PDF files: inspecting, placing, signing as an incremental update, verifying.

A name is imported from its module when it is first asked for: who verifies loads nothing of what signs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gmseal.pdf.certification import Permission
    from gmseal.pdf.geometry import PageInfo
    from gmseal.pdf.inspect import PdfInfo, inspect_pdf, repair_pdf
    from gmseal.pdf.keyword import find_text
    from gmseal.pdf.limits import PdfLimits
    from gmseal.pdf.marks import Mark
    from gmseal.pdf.placement import FieldPlacement, Places, SealOrder
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
    from gmseal.qr_code import QrBeside, QrPlacement, qr_quiet_mm

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

_HOMES = {
    "gmseal.qr_code": ("QrBeside", "QrPlacement", "qr_quiet_mm"),
    "gmseal.pdf.certification": ("Permission",),
    "gmseal.pdf.geometry": ("PageInfo",),
    "gmseal.pdf.inspect": (
        "PdfInfo",
        "inspect_pdf",
        "repair_pdf",
    ),
    "gmseal.pdf.keyword": ("find_text",),
    "gmseal.pdf.limits": ("PdfLimits",),
    "gmseal.pdf.marks": ("Mark",),
    "gmseal.pdf.placement": (
        "FieldPlacement",
        "Places",
        "SealOrder",
    ),
    "gmseal.pdf.resolve": ("resolve_places",),
    "gmseal.pdf.seal": (
        "SealOutcome",
        "seal_pdf",
        "seal_pdf_bytes",
        "sign_pdf",
        "sign_pdf_bytes",
    ),
    "gmseal.pdf.signatures.cms_value": ("CmsValue",),
    "gmseal.pdf.signatures.dual": (
        "DualSigners",
        "seal_pdf_dual",
        "seal_pdf_dual_bytes",
    ),
    "gmseal.pdf.signatures.pades": (
        "PadesLevel",
        "PadesOrder",
        "PadesSigner",
        "PadesValue",
        "sign_pdf_pades",
        "sign_pdf_pades_bytes",
    ),
    "gmseal.pdf.signatures.value": (
        "InvisibleOrder",
        "SignatureValue",
    ),
    "gmseal.pdf.verify": (
        "verify_pdf",
        "verify_pdf_bytes",
    ),
    "gmseal.placement": (
        "Anchor",
        "Edge",
        "FoundText",
        "KeywordPlacement",
        "SealPlacement",
        "SeamPages",
        "SeamPlacement",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """The public name, from its own module (PEP 562)."""
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(module), name)
    return value
