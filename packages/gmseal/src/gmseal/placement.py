"""Where a seal goes on the pages of a document, whatever its format: whole seals and riding seams.

Millimetres from the top left of the page as displayed.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from gmseal.errors import Refused

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
