"""Turns an order into plain places before anything is written: millimetres on numbered pages.

Keywords are searched for, fields are looked up, and a QR code beside a seal finds its side. What comes
out is what is sealed; it can be shown to somebody first (``resolve_places``).
"""

from functools import cache, partial
from pathlib import Path

from gmseal.errors import Refused
from gmseal.pdf.document import Document, open_document
from gmseal.pdf.form_places import SignatureTarget, signature_target, widgets_of
from gmseal.pdf.geometry import PageSpace, page_space
from gmseal.pdf.limits import DEFAULT_LIMITS, PdfLimits
from gmseal.pdf.placement import FieldPlacement, SealOrder
from gmseal.placement import (
    FoundText,
    KeywordPlacement,
    SealPlacement,
    check_page,
)
from gmseal.places import Places, by_keyword
from gmseal.qr_code import QrBeside


def resolve_places(
    source: Path, order: SealOrder, width_mm: float, height_mm: float, limits: PdfLimits = DEFAULT_LIMITS
) -> Places:
    """Where a seal of this size would go, without sealing. Raises as ``open_document`` and ``resolve``."""
    with open_document(source, limits) as document:
        return resolve(document, order, width_mm, height_mm)[0]


def resolve(
    document: Document, order: SealOrder, width_mm: float, height_mm: float
) -> tuple[Places, SignatureTarget | None]:
    """The plain places of an order for a seal of this size, and the field that the first of them fills, if any.

    Raises ``NotFound`` for a text or a field that is not there, and ``Refused`` with the codes of
    ``text_in`` and ``signature_target``, ``FIELD_KIND`` when more than one field is to be filled,
    ``PAGE_MISSING``, ``QR_BESIDE`` and ``OFF_PAGE``.
    """
    resolver = _Resolver(document, width_mm, height_mm)
    return resolver.places(order), resolver.target


class _Resolver:
    """One order on one document; a method for each kind of place."""

    def __init__(self, document: Document, width_mm: float, height_mm: float) -> None:
        self.document = document
        self.seal = (float(width_mm), float(height_mm))
        self.target: SignatureTarget | None = None
        self.space_of = cache(self._space_of)

    def _space_of(self, page: int) -> PageSpace:
        check_page(page, len(self.document.pages))
        return page_space(self.document.pages[page])

    def _page_mm(self, page: int) -> tuple[float, float]:
        space = self.space_of(page)
        return space.width_mm, space.height_mm

    def places(self, order: SealOrder) -> Places:
        found: list[SealPlacement] = []
        for placement in order.placements:
            if isinstance(placement, KeywordPlacement):
                found += self._by_keyword(placement)
            elif isinstance(placement, FieldPlacement):
                places = self._by_field(placement)
                found[0:0] = places if placement.fill else ()
                found += () if placement.fill else places
            else:
                found.append(placement)
        qr = order.qr
        if isinstance(qr, QrBeside):
            qr = qr.at(found, self.seal, self._page_mm(found[0].page) if found else (0.0, 0.0))
        return Places(tuple(found), order.seam, qr)

    def _by_keyword(self, placement: KeywordPlacement) -> list[SealPlacement]:
        from gmseal.pdf.keyword import text_in  # noqa: PLC0415 - subprocess, which plain orders never need

        return by_keyword(placement, partial(text_in, self.document), self.seal, self._page_mm)

    def _by_field(self, placement: FieldPlacement) -> list[SealPlacement]:
        if placement.fill:
            if self.target is not None:
                raise Refused("FIELD_KIND", "One sealing fills one signature field, not two.")
            self.target, space = signature_target(self.document, placement.name, *self.seal)
            boxes = [(self.target.place.page, space.displayed(self.target.box))]
        else:
            shown = widgets_of(self.document, placement.name)
            boxes = [(one.page, self.space_of(one.page).displayed(one.box)) for one in shown]
        middle = KeywordPlacement(placement.name)
        return [
            middle.at(
                FoundText(page, box[0], box[1], box[2] - box[0], box[3] - box[1]),
                self.seal,
                self._page_mm(page),
            )
            for page, box in boxes
        ]
