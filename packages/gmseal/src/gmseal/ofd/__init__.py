"""OFD packages (GB/T 33190-2016): reading within limits, sealing, verifying.

A name is imported from its module when it is first asked for: who verifies loads nothing of what signs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gmseal.ofd.inspect import OfdInfo, PageSize, inspect_ofd
    from gmseal.ofd.keyword import find_text
    from gmseal.ofd.limits import OfdLimits
    from gmseal.ofd.order import CertificateSigner, OfdSealOrder, Protection
    from gmseal.ofd.package import OfdDocument, Package, PageRef, open_package, read_package
    from gmseal.ofd.resolve import resolve_places
    from gmseal.ofd.sign import OfdSealOutcome, require_appendable, seal_ofd, sign_ofd_bytes
    from gmseal.ofd.signatures import Parameter, Provider
    from gmseal.ofd.verify import verify_ofd
    from gmseal.placement import (
        Anchor,
        Edge,
        FoundText,
        KeywordPlacement,
        SealPlacement,
        SeamPages,
        SeamPlacement,
    )
    from gmseal.places import Places
    from gmseal.qr_code import QrBeside, QrPlacement

__all__ = [
    "Anchor",
    "CertificateSigner",
    "Edge",
    "FoundText",
    "KeywordPlacement",
    "OfdDocument",
    "OfdInfo",
    "OfdLimits",
    "OfdSealOrder",
    "OfdSealOutcome",
    "Package",
    "PageRef",
    "PageSize",
    "Parameter",
    "Places",
    "Protection",
    "Provider",
    "QrBeside",
    "QrPlacement",
    "SealPlacement",
    "SeamPages",
    "SeamPlacement",
    "find_text",
    "inspect_ofd",
    "open_package",
    "read_package",
    "require_appendable",
    "resolve_places",
    "seal_ofd",
    "sign_ofd_bytes",
    "verify_ofd",
]

_HOMES = {
    "gmseal.ofd.inspect": (
        "OfdInfo",
        "PageSize",
        "inspect_ofd",
    ),
    "gmseal.ofd.keyword": ("find_text",),
    "gmseal.ofd.resolve": ("resolve_places",),
    "gmseal.places": ("Places",),
    "gmseal.qr_code": ("QrBeside", "QrPlacement"),
    "gmseal.ofd.limits": ("OfdLimits",),
    "gmseal.ofd.order": (
        "CertificateSigner",
        "OfdSealOrder",
        "Protection",
    ),
    "gmseal.ofd.package": (
        "OfdDocument",
        "Package",
        "PageRef",
        "open_package",
        "read_package",
    ),
    "gmseal.ofd.sign": (
        "OfdSealOutcome",
        "require_appendable",
        "seal_ofd",
        "sign_ofd_bytes",
    ),
    "gmseal.ofd.signatures": (
        "Parameter",
        "Provider",
    ),
    "gmseal.ofd.verify": ("verify_ofd",),
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
