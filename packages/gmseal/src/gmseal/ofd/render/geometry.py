"""Matrices, paths and the numbers they are made of (GB/T 33190-2016, 8.2 and 9.3). Millimetres, y downwards."""

import math
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_COORDINATE: Final = 1e6
_TOKEN: Final = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


class Matrix(NamedTuple):
    """x' = a x + c y + e, y' = b x + d y + f: the order of a CTM."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def after(self, first: "Matrix") -> "Matrix":
        """The matrix that applies ``first`` and then this one."""
        return Matrix(
            self.a * first.a + self.c * first.b,
            self.b * first.a + self.d * first.b,
            self.a * first.c + self.c * first.d,
            self.b * first.c + self.d * first.d,
            self.a * first.e + self.c * first.f + self.e,
            self.b * first.e + self.d * first.f + self.f,
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point goes."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


IDENTITY: Final = Matrix(1, 0, 0, 1, 0, 0)


def shift(x: float, y: float) -> Matrix:
    """A translation."""
    return Matrix(1, 0, 0, 1, x, y)


def scaling(x: float, y: float) -> Matrix:
    """A scaling about the origin."""
    return Matrix(x, 0, 0, y, 0, 0)


def rotation(degrees: float) -> Matrix:
    """A clockwise turn about the origin, as seen on the page."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Matrix(cosine, sine, -sine, cosine, 0, 0)


def numbers(text: str | None) -> list[float]:
    """The numbers of an ST_Array; empty when any of them is none or out of all proportion."""
    found: list[float] = []
    for part in (text or "").replace(",", " ").split():
        value = number(part)
        if value is None:
            return []
        found.append(value)
    return found


def number(text: str | None, default: float | None = None) -> float | None:
    """A number within reason, or the default."""
    try:
        value = float(text) if text else default
    except ValueError:
        return default
    return value if value is not None and abs(value) <= MAX_COORDINATE else default


def matrix(text: str | None) -> Matrix | None:
    """A CTM; None when there is none, or none that can be used."""
    values = numbers(text)
    return Matrix(*values) if len(values) == 6 else None


class Bounds(NamedTuple):
    """A box around something, by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Square millimetres, or whatever the space is measured in."""
        return (self.right - self.left) * (self.bottom - self.top)

    def grown(self, by: float) -> "Bounds":
        """Larger on all sides."""
        return Bounds(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def transformed(self, by: Matrix) -> "Bounds":
        """The box around this one, moved."""
        corners = [by.point(x, y) for x in (self.left, self.right) for y in (self.top, self.bottom)]
        xs, ys = zip(*corners, strict=True)
        return Bounds(min(xs), min(ys), max(xs), max(ys))

    def within(self, other: "Bounds") -> bool:
        """True when nothing of it lies outside the other."""
        return (
            self.left >= other.left
            and self.top >= other.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def shared(self, other: "Bounds") -> float:
        """The area that lies in both."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across * down if across > 0 and down > 0 else 0.0


Segment = tuple[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A path of absolute M, L, C and Z segments. Compared by identity; glyphs are ``shared`` between places."""

    segments: tuple[Segment, ...]
    shared: bool = False

    def transformed(self, by: Matrix) -> "Outline":
        """The same path elsewhere."""
        return Outline(
            tuple(
                (name, tuple(v for i in range(0, len(p), 2) for v in by.point(p[i], p[i + 1])))
                for name, p in self.segments
            )
        )

    def bounds(self) -> Bounds | None:
        """The box around all points and controls, which holds the path; None when it is empty."""
        xs = [value for _, points in self.segments for value in points[::2]]
        ys = [value for _, points in self.segments for value in points[1::2]]
        return Bounds(min(xs), min(ys), max(xs), max(ys)) if xs else None

    def length(self) -> float:
        """A bound of the length: that of the polygon through all control points."""
        total, x, y = 0.0, 0.0, 0.0
        for name, points in self.segments:
            for at in range(0, len(points), 2):
                if name != "M":
                    total += math.hypot(points[at] - x, points[at + 1] - y)
                x, y = points[at], points[at + 1]
        return total


def rectangle(x: float, y: float, width: float, height: float) -> Outline:
    """A closed rectangle."""
    corners = [(x + width, y), (x + width, y + height), (x, y + height)]
    return Outline((("M", (x, y)), *(("L", corner) for corner in corners), ("Z", ())))


class _Reader:
    """Reads AbbreviatedData: S and M move, L Q B A draw, C closes; a letter may be left out when repeated."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0
        self.segments: list[Segment] = []
        self.x = self.y = self.start_x = self.start_y = 0.0

    def take(self, count: int) -> list[float] | None:
        values = []
        for token in self.tokens[self.at : self.at + count]:
            if token.isalpha() or not abs(float(token)) <= MAX_COORDINATE:
                return None
            values.append(float(token))
        self.at += count
        return values if len(values) == count else None

    def add(self, name: str, *points: float) -> None:
        if not self.segments and name != "M":
            self.segments.append(("M", (self.x, self.y)))
        self.segments.append((name, points))
        self.x, self.y = points[-2:]

    def command(self, name: str) -> bool:
        if name == "C":
            if self.segments:
                self.segments.append(("Z", ()))
            self.x, self.y = self.start_x, self.start_y
            return True
        values = self.take(_ARGUMENTS[name])
        if values is None:
            return False
        if name in "SM":
            self.add("M", *values)
            self.start_x, self.start_y = values
        elif name == "L":
            self.add("L", *values)
        elif name == "B":
            self.add("C", *values)
        elif name == "Q":
            self.add("C", *quadratic(self.x, self.y, *values))
        else:
            for operation, points in arc(self.x, self.y, *values):
                self.add(operation, *points)
        return True


_ARGUMENTS: Final = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7}


def parse_path(text: str) -> tuple[Outline, bool]:
    """The path of an AbbreviatedData, and whether all of it was understood; what follows a mistake is left."""
    reader = _Reader(text)
    name = ""
    while reader.at < len(reader.tokens):
        token = reader.tokens[reader.at]
        if token.isalpha():
            name = token
            reader.at += 1
            if name != "C" and name not in _ARGUMENTS:
                return Outline(tuple(reader.segments)), False
        elif name in {"", "C"}:
            return Outline(tuple(reader.segments)), False
        if not reader.command(name):
            return Outline(tuple(reader.segments)), False
    return Outline(tuple(reader.segments)), True


def quadratic(
    x: float, y: float, control_x: float, control_y: float, end_x: float, end_y: float
) -> tuple[float, ...]:
    """The cubic control and end points that draw the same curve as a quadratic one."""
    return (
        x + (control_x - x) * 2 / 3,
        y + (control_y - y) * 2 / 3,
        end_x + (control_x - end_x) * 2 / 3,
        end_y + (control_y - end_y) * 2 / 3,
        end_x,
        end_y,
    )


def arc(
    x: float, y: float, rx: float, ry: float, angle: float, large: float, sweep: float, ex: float, ey: float
) -> list[Segment]:
    """An elliptical arc as cubic curves, computed as SVG 1.1 F.6.5 does; ``sweep`` 1 is clockwise."""
    rx, ry = abs(rx), abs(ry)
    if rx < 1e-9 or ry < 1e-9 or math.hypot(x - ex, y - ey) < 1e-9:
        return [("L", (ex, ey))]
    turn = rotation(angle)
    # The midpoint in the frame of the ellipse, and radii large enough to reach both ends.
    dx, dy = (x - ex) / 2, (y - ey) / 2
    px, py = turn.a * dx + turn.b * dy, turn.c * dx + turn.d * dy
    excess = (px / rx) ** 2 + (py / ry) ** 2
    if excess > 1:
        rx, ry = rx * math.sqrt(excess), ry * math.sqrt(excess)
    under = (rx * ry) ** 2 - (rx * py) ** 2 - (ry * px) ** 2
    factor = math.sqrt(max(0.0, under / ((rx * py) ** 2 + (ry * px) ** 2)))
    if (large != 0) == (sweep != 0):
        factor = -factor
    cx, cy = factor * rx * py / ry, -factor * ry * px / rx
    begin = math.atan2((py - cy) / ry, (px - cx) / rx)
    delta = math.atan2((-py - cy) / ry, (-px - cx) / rx) - begin
    if sweep and delta < 0:
        delta += 2 * math.pi
    elif not sweep and delta > 0:
        delta -= 2 * math.pi
    middle_x, middle_y = turn.point(cx, cy)
    frame = shift(middle_x + (x + ex) / 2, middle_y + (y + ey) / 2).after(turn).after(scaling(rx, ry))
    curves = _unit_curves(frame, begin, delta)
    curves[-1] = ("C", (*curves[-1][1][:4], ex, ey))
    return curves


def _unit_curves(frame: Matrix, begin: float, delta: float) -> list[Segment]:
    """An arc of the unit circle in a frame, in pieces of at most a quarter."""
    pieces = max(1, math.ceil(abs(delta) / (math.pi / 2) - 1e-9))
    step = delta / pieces
    reach = 4 / 3 * math.tan(step / 4)
    curves: list[Segment] = []
    for piece in range(pieces):
        one, two = begin + piece * step, begin + (piece + 1) * step
        c1, s1, c2, s2 = math.cos(one), math.sin(one), math.cos(two), math.sin(two)
        points = [(c1 - reach * s1, s1 + reach * c1), (c2 + reach * s2, s2 - reach * c2), (c2, s2)]
        curves.append(("C", tuple(value for point in points for value in frame.point(*point))))
    return curves
