"""A page as a list of things to draw, whatever they are written as: SVG for the screen, PDF for paper."""

from dataclasses import dataclass, field
from typing import TypeAlias

from gmseal.ofd.render.geometry import IDENTITY, Matrix, Outline


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green, blue and opacity, each from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def faded(self, by: float) -> "Colour":
        """The same colour with less opacity."""
        return Colour(self.red, self.green, self.blue, self.alpha * by)


BLACK = Colour(0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """Colours along an axis (4 coordinates) or between two circles (x, y, radius, twice), in path space."""

    coordinates: tuple[float, ...]
    stops: tuple[tuple[float, Colour], ...]

    @property
    def radial(self) -> bool:
        """True when it lies between circles."""
        return len(self.coordinates) == 6


Paint: TypeAlias = Colour | Gradient


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line along a path, in path space: width, ends (butt, round, square), corners, dashes."""

    paint: Paint
    width: float
    cap: str = "butt"
    join: str = "miter"
    miter_limit: float = 4.234
    dashes: tuple[float, ...] = ()
    dash_offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A path that is filled, stroked or both."""

    outline: Outline
    matrix: Matrix = IDENTITY
    fill: Paint | None = None
    even_odd: bool = False
    stroke: Stroke | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """An image file that any viewer reads: ``image/png`` or ``image/jpeg``."""

    data: bytes
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """An image on the unit square (its top left at the origin), wherever the matrix puts that."""

    raster: Raster
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class Clip:
    """An area that shows: what lies within any of the outlines."""

    outlines: tuple[Outline, ...]
    even_odd: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Things drawn together: moved by ``matrix``, seen through all ``clips`` (in outer space), faded as one."""

    items: "tuple[Item, ...]"
    matrix: Matrix = IDENTITY
    clips: tuple[Clip, ...] = ()
    alpha: float = 1.0


Item: TypeAlias = Shape | Picture | Group


@dataclass(frozen=True, slots=True)
class Scene:
    """A page: its size in mm and what is on it, from the back to the front."""

    width: float
    height: float
    items: tuple[Item, ...] = field(repr=False)
