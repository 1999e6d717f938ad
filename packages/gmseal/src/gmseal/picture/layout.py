"""Where the characters of a face go: along rims, on lines, in grids. All lengths in millimetres."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from gmseal.errors import Refused
from gmseal.picture.glyphs import Place, Typeface, advance

MIN_CHARACTER_MM = 0.9
"""A narrower character cannot be read on paper; the text is refused instead."""

_STEPS = 720


@dataclass(frozen=True, slots=True)
class Rim:
    """An ellipse around the centre of the face along which text runs; semi-axes in mm."""

    cx: float
    cy: float
    a: float
    b: float

    def point(self, angle: float) -> tuple[float, float, float]:
        """The point at ``angle`` (radians clockwise from the top) and the outward normal's turn in degrees."""
        x, y = self.a * math.sin(angle), -self.b * math.cos(angle)
        turn = math.degrees(math.atan2(math.sin(angle) / self.a, math.cos(angle) / self.b))
        return self.cx + x, self.cy + y, turn

    def lengths(self) -> list[float]:
        """Arc length from the top, clockwise, at each of the equal steps of the angle up to a full turn."""
        total, result = 0.0, [0.0]
        previous = self.point(0.0)
        for step in range(1, _STEPS + 1):
            here = self.point(step * 2 * math.pi / _STEPS)
            total += math.hypot(here[0] - previous[0], here[1] - previous[1])
            result.append(total)
            previous = here
        return result


def along_rim(text: str, outer: Rim, *, height: float, span: float) -> list[Place]:
    """Characters upright on the upper part of a rim, heads touching ``outer``, centred on the top.

    ``span`` is the largest share of the rim's length that may be used; characters become narrower, then
    lower, when the text is long. Raises ``Refused`` (``FACE_TEXT_TOO_LONG``).
    """
    shares = [max(advance(character), 0.5) for character in text]
    # Lower characters stand further out, where there is more room: settle height and room in turns.
    for _ in range(3):
        rim = Rim(outer.cx, outer.cy, outer.a - height / 2, outer.b - height / 2)
        lengths = rim.lengths()
        room = lengths[-1] * span / sum(shares)
        pitch = min(room, height * (1.5 if len(text) <= 8 else 1.25))
        width = min(height * 0.86, pitch * 0.9)
        height = min(height, width * 2.4)
    if width < MIN_CHARACTER_MM:
        raise Refused("FACE_TEXT_TOO_LONG", f"{len(text)} characters do not fit along this rim.")
    places = []
    position = -pitch * sum(shares) / 2
    for share in shares:
        angle = _angle_at(lengths, position + pitch * share / 2)
        x, y, turn = rim.point(angle)
        places.append(Place(x, y, width * share, height, turn))
        position += pitch * share
    return places


def along_bottom(
    text: str, rim: Rim, *, height: float, pitch: float, typeface: Typeface = Typeface.SANS
) -> list[Place]:
    """Small characters on the lower part of a rim, read from left to right, heads towards the centre."""
    lengths = rim.lengths()
    half = lengths[-1] / 2
    places = []
    for index, character in enumerate(text):
        offset = (index - (len(text) - 1) / 2) * pitch
        x, y, turn = rim.point(_angle_at(lengths, half - offset))
        width = min(pitch * 0.86, height * advance(character, typeface))
        places.append(Place(x, y, width, height, turn + 180))
    return places


def on_line(
    text: str, *, cx: float, cy: float, height: float, room: float, typeface: Typeface = Typeface.SERIF
) -> list[Place]:
    """One horizontal line centred on (cx, cy), not wider than ``room``; refused when illegible."""
    shares = [advance(character, typeface) for character in text]
    scale = min(height, room / sum(shares))
    if scale < MIN_CHARACTER_MM:
        raise Refused("FACE_TEXT_TOO_LONG", f"{len(text)} characters do not fit on a line of {room:.1f} mm.")
    height = min(height, scale * 2.0)
    places = []
    x = cx - scale * sum(shares) / 2
    for share in shares:
        places.append(Place(x + scale * share / 2, cy, scale * share * 0.96, height))
        x += scale * share
    return places


def in_columns(
    columns: Sequence[str], *, left: float, top: float, width: float, height: float
) -> list[Place]:
    """Columns from right to left, each from top to bottom, as name seals are cut; short columns stretch."""
    cell = width / len(columns)
    places = []
    for number, column in enumerate(columns):
        tall = height / len(column)
        if min(cell, tall) < MIN_CHARACTER_MM * 2:
            total = sum(map(len, columns))
            raise Refused("FACE_TEXT_TOO_LONG", f"{total} characters do not fit on this face.")
        x = left + width - cell * (number + 0.5)
        places += [Place(x, top + tall * (row + 0.5), cell * 0.94, tall * 0.94) for row in range(len(column))]
    return places


def even_columns(text: str) -> tuple[str, ...]:
    """The text cut into the columns of a nearly square block; the first ones are the shorter ones."""
    count = len(text)
    columns = max(1, math.ceil(math.sqrt(count) - 0.5)) if count != 2 else 1
    rows = math.ceil(count / columns)
    short = columns * rows - count
    result, start = [], 0
    for column in range(columns):
        length = rows - 1 if column < short else rows
        result.append(text[start : start + length])
        start += length
    return tuple(result)


def in_grid(text: str, *, left: float, top: float, width: float, height: float) -> list[Place]:
    """The characters in as many columns as make a nearly square block: the surname stands tall on the right."""
    return in_columns(even_columns(text), left=left, top=top, width=width, height=height)


def in_rows(text: str, *, cx: float, top: float, room: float, height: float) -> list[Place]:
    """Horizontal rows of nearly equal length, as many as make the characters largest."""
    rows = max(range(1, len(text) + 1), key=lambda n: min(height / n, room / math.ceil(len(text) / n)))
    per_row = math.ceil(len(text) / rows)
    share = height / math.ceil(len(text) / per_row)
    places = []
    for row, start in enumerate(range(0, len(text), per_row)):
        part = text[start : start + per_row]
        places += on_line(part, cx=cx, cy=top + share * (row + 0.5), height=share * 0.9, room=room)
    return places


def _angle_at(lengths: list[float], length: float) -> float:
    """The angle at an arc length from the top; negative lengths run to the left."""
    sign = -1.0 if length < 0 else 1.0
    length = min(abs(length), lengths[-1])
    index = min(max(bisect_left(lengths, length), 1), _STEPS)
    before, after = lengths[index - 1], lengths[index]
    fraction = (length - before) / (after - before)
    return sign * (index - 1 + fraction) * 2 * math.pi / _STEPS
