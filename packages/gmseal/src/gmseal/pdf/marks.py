"""Turns places into marks: which appearance goes on which rectangle of which page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from gmseal.pdf import syntax
from gmseal.pdf.geometry import POINTS_PER_MM, Box, PageSpace
from gmseal.pdf.placement import (
    Edge,
    Places,
    QrPlacement,
    SeamPlacement,
    check_page,
    seam_slices,
)
from gmseal.qr_code import QrSymbol, qr_symbol

_TURNS = {0: b"", 90: b"/Matrix[0 1 -1 0 0 0]", 180: b"/Matrix[-1 0 0 -1 0 0]", 270: b"/Matrix[0 -1 1 0 0 0]"}
"""An appearance turned against the page's rotation stands upright on the screen (12.5.5)."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A form object: its entries and content; ``uses_seal`` when it draws the seal's image as ``/S``."""

    entries: bytes
    content: bytes
    uses_seal: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark on one page. ``kind`` is ``seal``, ``seam`` or ``qr``; ``box`` in the page's own units."""

    kind: str
    page: int
    box: Box
    appearance: Appearance


def plan_marks(
    places: Places, page_count: int, space_of: Callable[[int], PageSpace], width_mm: int, height_mm: int
) -> tuple[Mark, ...]:
    """All marks of a sealing, those of whole seals first.

    Raises ``Refused`` with ``PAGE_MISSING``, ``OFF_PAGE``, ``SEAM_PAGES``, ``QR_SIZE`` or ``QR_TEXT``.
    """
    marks: list[Mark] = []
    for placement in places.placements:
        check_page(placement.page, page_count)
        space = space_of(placement.page)
        box = space.rectangle(placement.x_mm, placement.y_mm, width_mm, height_mm)
        marks.append(Mark("seal", placement.page, box, _whole(width_mm, height_mm, space.rotation)))
    if places.seam is not None:
        marks += _seam_marks(places.seam, page_count, space_of, width_mm, height_mm)
    if places.qr is not None:
        check_page(places.qr.page, page_count)
        marks.append(_qr_mark(places.qr, space_of(places.qr.page)))
    return tuple(marks)


def framed_mark(page: int, box: Box, space: PageSpace, width_mm: float, height_mm: float) -> Mark:
    """A whole seal in the middle of a rectangle that is there already and at least as large."""
    left, top, right, bottom = space.displayed(box)
    across, down = right - left, bottom - top
    margins = (width_mm - across) / 2, (height_mm - down) / 2
    return Mark("seal", page, box, _part(width_mm, height_mm, *margins, across, down, space.rotation))


def _whole(width_mm: float, height_mm: float, rotation: int) -> Appearance:
    return _part(width_mm, height_mm, 0.0, 0.0, width_mm, height_mm, rotation)


@lru_cache(maxsize=512)
def _part(
    width_mm: float,
    height_mm: float,
    x: float,
    y: float,
    part_width: float,
    part_height: float,
    rotation: int,
) -> Appearance:
    """The part of the seal at (x, y) from its top left, in mm; the form's box clips the rest away."""
    scale = POINTS_PER_MM
    box = syntax.numbers((0, 0, part_width * scale, part_height * scale))
    below = height_mm - y - part_height
    content = b"q /M gs %s 0 0 %s %s %s cm /S Do Q" % (
        syntax.number(width_mm * scale),
        syntax.number(height_mm * scale),
        syntax.number(-x * scale),
        syntax.number(-below * scale),
    )
    return Appearance(b"/BBox" + box + _TURNS[rotation], content, uses_seal=True)


def _seam_marks(
    seam: SeamPlacement, page_count: int, space_of: Callable[[int], PageSpace], width_mm: int, height_mm: int
) -> list[Mark]:
    upright = seam.edge in {Edge.LEFT, Edge.RIGHT}
    across, along = (width_mm, height_mm) if upright else (height_mm, width_mm)
    marks = []
    for piece in seam_slices(seam, page_count, across):
        space = space_of(piece.page)
        thick = (piece.end - piece.start) * across
        if upright:
            x = space.width_mm - thick if piece.edge is Edge.RIGHT else 0.0
            box = space.rectangle(x, seam.offset_on(space.height_mm, along), thick, height_mm)
            part = (piece.start * across, 0.0, thick, float(height_mm))
        else:
            y = space.height_mm - thick if piece.edge is Edge.BOTTOM else 0.0
            box = space.rectangle(seam.offset_on(space.width_mm, along), y, width_mm, thick)
            part = (0.0, piece.start * across, float(width_mm), thick)
        marks.append(Mark("seam", piece.page, box, _part(width_mm, height_mm, *part, space.rotation)))
    return marks


def _qr_mark(qr: QrPlacement, space: PageSpace) -> Mark:
    symbol = qr_symbol(qr)
    quiet, outer = symbol.quiet_mm, symbol.outer_mm
    box = space.rectangle(qr.x_mm - quiet, qr.y_mm - quiet, outer, outer)
    entries = b"/BBox[0 0 %d %d]" % (symbol.side, symbol.side) + _TURNS[space.rotation]
    return Mark("qr", qr.page, box, Appearance(entries, _qr_content(symbol), uses_seal=False))


def _qr_content(symbol: QrSymbol) -> bytes:
    """White ground with the quiet zone, then each run of dark modules as one rectangle."""
    side = symbol.side
    parts = [b"1 g 0 0 %d %d re f 0 g" % (side, side)]
    parts += [b"%d %d %d 1 re" % (x, side - 1 - y, length) for x, y, length in symbol.runs()]
    parts.append(b"f")
    return b"\n".join(parts)
