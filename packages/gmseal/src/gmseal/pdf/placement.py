"""Where marks go: seals, riding seams, QR codes. Millimetres from the top left of the page as displayed."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gmseal.errors import Refused

MIN_QR_MM = 12.0
"""A QR code must survive printing and a scan at 150 dots per inch."""
MAX_QR_MM = 60.0
MIN_SLICE_MM = 4.0
"""A thinner slice of a riding seam shows nothing that could be compared; more pages start a new seal."""


class Edge(StrEnum):
    """The edge of the page that a riding seam runs along."""

    RIGHT = "right"
    LEFT = "left"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class SealPlacement:
    """One whole seal: page from 0, top-left corner of the picture."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class SeamPlacement:
    """A riding seam (骑缝章): the seal is cut into one slice per page.

    ``offset_mm`` is the distance from the top of the page (left and right edges) or from its left (top and
    bottom) to the seal. ``pages`` are counted from 0; ``None`` means all. When slices would be thinner
    than ``min_slice_mm``, the pages are divided into groups as equal as possible and each group carries a
    whole seal, so that no single page is left over.
    """

    offset_mm: float
    edge: Edge = Edge.RIGHT
    pages: tuple[int, ...] | None = None
    min_slice_mm: float = MIN_SLICE_MM


@dataclass(frozen=True, slots=True)
class QrPlacement:
    """A QR code: top-left corner and side of the symbol itself; its quiet zone of four modules lies around."""

    page: int
    x_mm: float
    y_mm: float
    url: str
    size_mm: float = MIN_QR_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOrder:
    """Everything one sealing puts on a document.

    The signature field shows the first placement, or the first slice of the seam when there is no
    placement. ``filter_name`` and ``sub_filter`` name the kind of signature to other programs (a pair
    found in practice; GM/T 0112-2021 is the norm). ``property_info`` describes the protected range
    inside the seal signature.
    """

    signed_at: datetime
    placements: tuple[SealPlacement, ...] = ()
    seam: SeamPlacement | None = None
    qr: QrPlacement | None = None
    reason: str | None = None
    location: str | None = None
    property_info: str = "/ByteRange"
    filter_name: str = "Gomain.GMPkiLite"
    sub_filter: str = "GM.sm2seal"
    field_name: str | None = field(default=None)

    def __post_init__(self) -> None:
        if self.signed_at.tzinfo is None:
            raise Refused("TIME_ZONE", "The time of signing needs a time zone.")
        if not self.placements and self.seam is None:
            raise Refused("NOTHING_TO_PLACE", "A sealing needs at least one place for the seal.")


@dataclass(frozen=True, slots=True)
class Slice:
    """One page's part of a riding seam: the share from ``start`` to ``end`` (0..1) of the seal."""

    page: int
    start: float
    end: float


def seam_slices(seam: SeamPlacement, page_count: int, along_mm: float) -> tuple[Slice, ...]:
    """Cuts a seal of ``along_mm`` (across the seam) into one slice per page.

    Right and bottom edges show the seal from its left or top on; left and top edges are the mirror
    image. Raises ``Refused`` with ``SEAM_PAGES`` or ``PAGE_MISSING``.
    """
    pages = tuple(range(page_count)) if seam.pages is None else seam.pages
    if len(pages) < 2 or len(set(pages)) != len(pages):
        raise Refused("SEAM_PAGES", "A riding seam needs at least two different pages.")
    if not 0.5 <= seam.min_slice_mm <= along_mm / 2:
        raise Refused("SEAM_PAGES", "The smallest slice is at least 0.5 mm and at most half of the seal.")
    for page in pages:
        check_page(page, page_count)
    largest = max(2, math.floor(along_mm / seam.min_slice_mm + 1e-9))
    groups = math.ceil(len(pages) / largest)
    slices: list[Slice] = []
    begin = 0
    for group in range(groups):
        end = len(pages) * (group + 1) // groups
        size = end - begin
        for index, page in enumerate(pages[begin:end]):
            place = size - 1 - index if seam.edge in {Edge.LEFT, Edge.TOP} else index
            slices.append(Slice(page, place / size, (place + 1) / size))
        begin = end
    return tuple(slices)


def check_page(page: int, page_count: int) -> None:
    """``Refused`` (``PAGE_MISSING``) unless the document has this page."""
    if not 0 <= page < page_count:
        raise Refused("PAGE_MISSING", f"There is no page {page + 1}; the document has {page_count}.")
