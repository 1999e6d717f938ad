"""Pages as people see them: millimetres from the top left, rotation and cropping applied.

A page's own space counts in points (or ``UserUnit`` multiples) from a corner of a box that may lie
anywhere, and ``Rotate`` turns it clockwise for display (ISO 32000-1, 7.7.3.3 and 8.3.2.3).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf.entries import rare_entry

POINTS_PER_MM = 72 / 25.4
TOLERANCE_MM = 0.01
"""A seal that touches the edge of the page is still on it, whatever the rounding."""
_MAX_DEPTH = 64
_INHERITABLE = frozenset({"/MediaBox", "/CropBox", "/Rotate"})
_SIDE = rb"(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)"
_FOUR_NUMBERS = re.compile(rb"\[ " + rb" ".join([_SIDE] * 4) + rb" \]")
"""A rectangle of plain numbers as qpdf spells it."""
_MAX_SIDE = 200_000.0
"""Points; the largest page that PDF 1.7 programs accept is 14,400 units, with UserUnit more."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PageInfo:
    """The size of a page as displayed, in mm, and the rotation that was applied (0, 90, 180, 270)."""

    width_mm: float
    height_mm: float
    rotation: int


class PageSpace(NamedTuple):
    """Turns places on the displayed page into rectangles of the page's own space.

    ``box`` is the visible box in the page's units; ``scale`` is units per millimetre.
    """

    box: Box
    rotation: int
    scale: float

    @property
    def width_mm(self) -> float:
        left, bottom, right, top = self.box
        return ((right - left) if self.rotation in {0, 180} else (top - bottom)) / self.scale

    @property
    def height_mm(self) -> float:
        left, bottom, right, top = self.box
        return ((top - bottom) if self.rotation in {0, 180} else (right - left)) / self.scale

    @property
    def info(self) -> PageInfo:
        return PageInfo(self.width_mm, self.height_mm, self.rotation)

    def rectangle(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> Box:
        """The rectangle in page units of a place given as displayed; ``Refused`` (``OFF_PAGE``) if off it."""
        inside = (
            x_mm >= -TOLERANCE_MM
            and y_mm >= -TOLERANCE_MM
            and x_mm + width_mm <= self.width_mm + TOLERANCE_MM
            and y_mm + height_mm <= self.height_mm + TOLERANCE_MM
        )
        if not inside:  # Comparisons with NaN are false, so NaN ends here too.
            raise Refused(
                "OFF_PAGE",
                f"A mark of {width_mm:.1f} x {height_mm:.1f} mm at {x_mm:.1f}, {y_mm:.1f} mm is not on the page "
                f"of {self.width_mm:.1f} x {self.height_mm:.1f} mm.",
            )
        one = self._point(x_mm, y_mm)
        two = self._point(x_mm + width_mm, y_mm + height_mm)
        return (min(one[0], two[0]), min(one[1], two[1]), max(one[0], two[0]), max(one[1], two[1]))

    def displayed(self, box: Box) -> Box:
        """The inverse: left, top, right, bottom in mm of a rectangle in page units, wherever it lies."""
        left, bottom, right, top = self.box
        one, two = (
            {
                0: (x - left, top - y),
                90: (y - bottom, x - left),
                180: (right - x, y - bottom),
                270: (top - y, right - x),
            }[self.rotation]
            for x, y in ((box[0], box[1]), (box[2], box[3]))
        )
        (x1, x2), (y1, y2) = sorted((one[0], two[0])), sorted((one[1], two[1]))
        return x1 / self.scale, y1 / self.scale, x2 / self.scale, y2 / self.scale

    def _point(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        left, bottom, right, top = self.box
        across, down = x_mm * self.scale, y_mm * self.scale
        if self.rotation == 90:
            return left + down, bottom + across
        if self.rotation == 180:
            return right - across, bottom + down
        if self.rotation == 270:
            return right - down, top - across
        return left + across, top - down


def page_space(page: pikepdf.Object) -> PageSpace:
    """Reads boxes, rotation and unit of a page, inherited ones included; ``Refused`` when they make no sense."""
    found = _inherited(page)
    media = box_of(found.get("/MediaBox"))
    if media is None:
        raise Refused("BROKEN_STRUCTURE", "A page has no usable media box.")
    crop = box_of(found.get("/CropBox"))
    box = media if crop is None else _intersection(media, crop)
    rotation = found.get("/Rotate")
    turn = rotation % 360 if isinstance(rotation, int) and not isinstance(rotation, bool) else 0
    if turn % 90:
        raise Refused("BROKEN_STRUCTURE", "A page is rotated by an angle that is no multiple of 90 degrees.")
    unit = _real(rare_entry(page, "/UserUnit"))
    if unit is None or not 0.001 <= unit <= 100_000:
        unit = 1.0
    return PageSpace(box, turn, POINTS_PER_MM / unit)


def _inherited(page: pikepdf.Object) -> dict[str, object]:
    """The inheritable attributes: each that of the page, or of the nearest ancestor that has it."""
    found: dict[str, object] = {}
    node: object = page
    for _ in range(_MAX_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            return found
        # One question for each, which costs a tenth of what a set of all keys does.
        for key in _INHERITABLE:
            if key not in found and key in node:
                found[key] = node[key]
        if len(found) == len(_INHERITABLE) or "/Parent" not in node:
            return found
        node = node["/Parent"]
    raise Refused("BROKEN_STRUCTURE", "The page tree is nested too deeply.")


def box_of(value: object, *, least: float = 1.0) -> Box | None:
    """A rectangle in page units with its corners in order; ``None`` unless it makes sense and is ``least`` wide."""
    if not isinstance(value, pikepdf.Array):
        return None
    # As text, numbers cost a tenth of what four objects of Python cost that qpdf's numbers are made into.
    box = _box_in(value.unparse(resolved=True)) or box_between(_four_sides(value))
    return box if box is not None and min(box[2] - box[0], box[3] - box[1]) >= least else None


@lru_cache(maxsize=512)
def _box_in(text: bytes) -> Box | None:
    """It follows from the text alone, and the same rectangles stand in every document of a batch."""
    plain = _FOUR_NUMBERS.fullmatch(text)
    return None if plain is None else box_between([float(side) for side in plain.groups()])


def box_between(sides: list[float] | None) -> Box | None:
    """The rectangle between two corners, ``None`` when no page has such a place."""
    if sides is None:
        return None
    a, b, c, d = sides
    box = (min(a, c), min(b, d), max(a, c), max(b, d))
    # Written so that NaN, for which every comparison is false, is no place either.
    return (
        box
        if -_MAX_SIDE <= box[0] <= box[2] <= _MAX_SIDE and -_MAX_SIDE <= box[1] <= box[3] <= _MAX_SIDE
        else None
    )


def _four_sides(value: pikepdf.Array) -> list[float] | None:
    if len(value) != 4:
        return None
    sides = [side for side in map(_real, value) if side is not None]
    return sides if len(sides) == 4 else None


def _real(value: object) -> float | None:
    if value is None or isinstance(value, (bool, str, bytes, pikepdf.Object)):
        return None
    return float(value)  # type: ignore[arg-type]  # pikepdf hands out int and Decimal for numbers


def _intersection(media: Box, crop: Box) -> Box:
    """Readers show the part of the crop box that lies on the medium (14.11.2); none at all: the medium."""
    box = (max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3]))
    return box if box[2] - box[0] >= 1 and box[3] - box[1] >= 1 else media
