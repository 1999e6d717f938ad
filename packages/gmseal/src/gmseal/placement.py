"""Where a seal goes on the pages of a document, whatever its format: whole seals, riding seams, beside a text.

Millimetres from the top left of the page as displayed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from gmseal.errors import NotFound, Refused

MIN_SLICE_MM = 4.0
"""A thinner slice of a riding seam shows nothing that could be compared; more pages start a new seal."""
_THINNEST_MM = 1.0
"""Whatever was asked for: a thinner slice is a line of ink."""


class Edge(StrEnum):
    """The edge of the page that a riding seam runs along."""

    RIGHT = "right"
    LEFT = "left"
    TOP = "top"
    BOTTOM = "bottom"


OPPOSITE = {
    Edge.RIGHT: Edge.LEFT,
    Edge.LEFT: Edge.RIGHT,
    Edge.TOP: Edge.BOTTOM,
    Edge.BOTTOM: Edge.TOP,
}
_MIRRORED = frozenset({Edge.LEFT, Edge.TOP})


class SeamPages(StrEnum):
    """Pages of a riding seam as people count them: the first page is odd. Sheets printed on both sides."""

    ALL = "all"
    ODD = "odd"
    EVEN = "even"


@dataclass(frozen=True, slots=True)
class SealPlacement:
    """One whole seal: page from 0, top-left corner of the picture."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class SeamPlacement:
    """A riding seam (骑缝章): the seal is cut into slices, one for each page, along one edge.

    ``offset_mm`` is the distance from the top of the page (left and right edges) or from its left (top and
    bottom) to the seal; ``None`` centres it on the edge. ``pages`` are those it runs over: listed (counted
    from 0), odd or even as people count, or all (``None``).

    How pages are divided, each group carrying a whole seal: as listed in ``groups`` (which then stands for
    ``pages``); else by ``pages_per_seal``, where a single page left over joins the last group; else into
    groups as equal as possible, so many that no slice is thinner than ``min_slice_mm``.

    ``facing`` makes the seam of a book: every two neighbouring pages of a group share a seal, of which the
    first shows this share (0..1) at ``edge`` and the second the rest at the opposite edge.
    """

    offset_mm: float | None
    edge: Edge = Edge.RIGHT
    pages: tuple[int, ...] | SeamPages | None = None
    min_slice_mm: float = MIN_SLICE_MM
    groups: tuple[tuple[int, ...], ...] = ()
    pages_per_seal: int | None = None
    facing: float | None = None

    def offset_on(self, side_mm: float, seal_mm: float) -> float:
        """Where the seal begins on an edge of ``side_mm`` along which it measures ``seal_mm``."""
        return (side_mm - seal_mm) / 2 if self.offset_mm is None else self.offset_mm


@dataclass(frozen=True, slots=True)
class Slice:
    """One page's part of a riding seam: the share from ``start`` to ``end`` (0..1) of the seal, and its edge."""

    page: int
    start: float
    end: float
    edge: Edge


def seam_slices(seam: SeamPlacement, page_count: int, along_mm: float) -> tuple[Slice, ...]:
    """Cuts a seal of ``along_mm`` (across the seam) into slices, page after page.

    Right and bottom edges show the seal from its left or top on; left and top edges are the mirror
    image. Raises ``Refused`` with ``SEAM_PAGES`` or ``PAGE_MISSING``.
    """
    groups = _seam_groups(seam, page_count, along_mm)
    for page in (page for group in groups for page in group):
        check_page(page, page_count)
    cut = _sliced if seam.facing is None else _paired
    slices = tuple(piece for group in groups for piece in cut(seam, group))
    if len({(piece.page, piece.edge) for piece in slices}) != len(slices):
        raise Refused("SEAM_PAGES", "A page of a riding seam is named twice.")
    thinnest = min((piece.end - piece.start) * along_mm for piece in slices)
    if thinnest < _THINNEST_MM - 1e-9:
        raise Refused("SEAM_PAGES", f"A slice of {thinnest:.1f} mm would show nothing of the seal.")
    return slices


def _seam_groups(seam: SeamPlacement, page_count: int, along_mm: float) -> list[tuple[int, ...]]:
    """The pages of each seal of the seam, two at least."""
    if seam.groups:
        groups = list(seam.groups)
    else:
        pages = _seam_pages(seam, page_count)
        if seam.facing is not None:
            groups = [pages]
        elif seam.pages_per_seal is not None:
            groups = _counted(pages, seam.pages_per_seal)
        else:
            groups = _equal(pages, seam.min_slice_mm, along_mm)
    if not groups or any(len(group) < 2 for group in groups):
        raise Refused("SEAM_PAGES", "A riding seam needs at least two different pages.")
    return groups


def _seam_pages(seam: SeamPlacement, page_count: int) -> tuple[int, ...]:
    if isinstance(seam.pages, tuple):
        return seam.pages
    first, step = {SeamPages.ODD: (0, 2), SeamPages.EVEN: (1, 2)}.get(seam.pages or SeamPages.ALL, (0, 1))
    return tuple(range(first, page_count, step))


def _counted(pages: tuple[int, ...], size: int) -> list[tuple[int, ...]]:
    """Groups of ``size``; what is left over is a smaller group, or, being one page, joins the last one."""
    if size < 2:
        raise Refused("SEAM_PAGES", "A seal of a riding seam runs over at least two pages.")
    groups = [pages[begin : begin + size] for begin in range(0, len(pages), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _equal(pages: tuple[int, ...], min_slice_mm: float, along_mm: float) -> list[tuple[int, ...]]:
    if not _THINNEST_MM <= min_slice_mm <= along_mm / 2:
        raise Refused(
            "SEAM_PAGES", f"The smallest slice is at least {_THINNEST_MM:g} mm and at most half of the seal."
        )
    largest = max(2, math.floor(along_mm / min_slice_mm + 1e-9))
    count = math.ceil(len(pages) / largest)
    bounds = [len(pages) * group // count for group in range(count + 1)] if count else []
    return [pages[begin:end] for begin, end in pairwise(bounds)]


def _sliced(seam: SeamPlacement, pages: tuple[int, ...]) -> list[Slice]:
    size = len(pages)
    slices = []
    for index, page in enumerate(pages):
        place = size - 1 - index if seam.edge in _MIRRORED else index
        slices.append(Slice(page, place / size, (place + 1) / size, seam.edge))
    return slices


def _paired(seam: SeamPlacement, pages: tuple[int, ...]) -> list[Slice]:
    share = seam.facing
    if share is None or not 0 < share < 1:
        raise Refused("SEAM_PAGES", "The share of facing pages lies between 0 and 1.")
    slices = []
    for first, second in pairwise(pages):
        if seam.edge in _MIRRORED:
            slices.append(Slice(first, 1 - share, 1.0, seam.edge))
            slices.append(Slice(second, 0.0, 1 - share, OPPOSITE[seam.edge]))
        else:
            slices.append(Slice(first, 0.0, share, seam.edge))
            slices.append(Slice(second, share, 1.0, OPPOSITE[seam.edge]))
    return slices


def check_page(page: int, page_count: int) -> None:
    """``Refused`` (``PAGE_MISSING``) unless the document has this page."""
    if not 0 <= page < page_count:
        raise Refused("PAGE_MISSING", f"There is no page {page + 1}; the document has {page_count}.")


class Anchor(StrEnum):
    """A point of a box: its centre, a corner, or the middle of a side."""

    CENTER = "center"
    TOP_LEFT = "top-left"
    TOP = "top"
    TOP_RIGHT = "top-right"
    LEFT = "left"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom-right"

    @property
    def share(self) -> tuple[float, float]:
        """How far from the left and from the top of the box, as parts of its width and height."""
        across = 0.0 if "left" in self else 1.0 if "right" in self else 0.5
        down = 0.0 if "top" in self else 1.0 if "bottom" in self else 0.5
        return across, down


@dataclass(frozen=True, slots=True)
class FoundText:
    """Where a text was found: page from 0, and the box around it in mm from the top left of the page."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    def point(self, anchor: Anchor) -> tuple[float, float]:
        """A point of the box, in mm."""
        across, down = anchor.share
        return self.x_mm + across * self.width_mm, self.y_mm + down * self.height_mm


@dataclass(frozen=True, slots=True)
class KeywordPlacement:
    """Seals where a text stands, as 「甲方（盖章）」: at every place, or at the ``nth`` (from 1; -1 is the last).

    ``pages`` are those that are searched, from 0; ``None`` means all. The ``seal_point`` of the seal goes
    ``dx_mm`` to the right of and ``dy_mm`` below the ``anchor`` of the text; a seal that would not lie on
    the page is moved onto it by as little as is needed.
    """

    keyword: str
    nth: int | None = None
    pages: tuple[int, ...] | None = None
    anchor: Anchor = Anchor.CENTER
    dx_mm: float = 0.0
    dy_mm: float = 0.0
    seal_point: Anchor = Anchor.CENTER

    def at(
        self, found: FoundText, seal_mm: tuple[float, float], page_mm: tuple[float, float]
    ) -> SealPlacement:
        """The place of a seal of this size for a text that was found on a page of this size."""
        x, y = found.point(self.anchor)
        across, down = self.seal_point.share
        corner = (x + self.dx_mm - across * seal_mm[0], y + self.dy_mm - down * seal_mm[1])
        return SealPlacement(found.page, *onto_page(corner, seal_mm, page_mm))

    def chosen(self, found: Sequence[FoundText]) -> tuple[FoundText, ...]:
        """Those places that were asked for. Raises ``NotFound`` when there are none, or too few."""
        if not found:
            raise NotFound(f"The text 「{self.keyword}」 is not on the pages that were searched.")
        if self.nth is None:
            return tuple(found)
        index = self.nth - 1 if self.nth > 0 else len(found) + self.nth
        if self.nth == 0 or not 0 <= index < len(found):
            times = "once" if len(found) == 1 else f"{len(found)} times"
            raise NotFound(f"The text 「{self.keyword}」 is there {times}; place {self.nth} was asked for.")
        return (found[index],)


def onto_page(
    corner: tuple[float, float], size_mm: tuple[float, float], page_mm: tuple[float, float]
) -> tuple[float, float]:
    """The top-left corner nearest to ``corner`` at which a box of this size lies on the page."""
    if not all(math.isfinite(side) for side in corner):
        raise Refused("OFF_PAGE", "The distance from the text is no number of millimetres.")
    return (
        max(0.0, min(corner[0], page_mm[0] - size_mm[0])),
        max(0.0, min(corner[1], page_mm[1] - size_mm[1])),
    )
