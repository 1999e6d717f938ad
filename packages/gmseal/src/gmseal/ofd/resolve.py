"""Turns an order into plain places before anything is written: millimetres on numbered pages of one document."""

from functools import partial
from pathlib import Path

from gmseal.ofd.limits import DEFAULT_LIMITS, OfdLimits
from gmseal.ofd.order import OfdSealOrder
from gmseal.ofd.package import OfdDocument, Package, open_package
from gmseal.placement import KeywordPlacement, SealPlacement
from gmseal.places import Places, by_keyword
from gmseal.qr_code import QrBeside


def resolve_places(
    source: Path | Package,
    order: OfdSealOrder,
    width_mm: float,
    height_mm: float,
    limits: OfdLimits = DEFAULT_LIMITS,
) -> Places:
    """Where a seal of this size would go, without sealing. Raises as ``open_package`` and ``resolve``."""
    package = source if isinstance(source, Package) else open_package(source, limits)
    return resolve(package, package.document(order.document), order, (width_mm, height_mm))


def resolve(
    package: Package, document: OfdDocument, order: OfdSealOrder, seal_mm: tuple[float, float]
) -> Places:
    """The plain places of an order for a seal of this size.

    Raises ``NotFound`` for a text that is not there, and ``Refused`` with the codes of ``text_in``,
    ``PAGE_MISSING``, ``QR_BESIDE`` and ``OFF_PAGE``.
    """

    def page_mm(page: int) -> tuple[float, float]:
        box = package.page_box(document, page)
        return box.width, box.height

    found: list[SealPlacement] = []
    for placement in order.placements:
        if isinstance(placement, KeywordPlacement):
            from gmseal.ofd.keyword import text_in  # noqa: PLC0415 - fonts, which plain orders never need

            found += by_keyword(placement, partial(text_in, package, document), seal_mm, page_mm)
        else:
            found.append(placement)
    qr = order.qr
    if isinstance(qr, QrBeside):
        qr = qr.at(found, seal_mm, page_mm(found[0].page) if found else (0.0, 0.0))
    return Places(tuple(found), order.seam, qr)
