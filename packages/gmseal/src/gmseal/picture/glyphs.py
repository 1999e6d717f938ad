"""Outlines of characters from Noto Serif SC, as SVG path data.

Faces carry outlines instead of text, so a picture looks the same on every machine and a character that
the font lacks is found here, not by a reader who sees a box.
"""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from fontTools.misc.transform import Transform
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from pylopdf_fonts_zh_cn import serif_path

from gmseal.errors import MissingGlyph

EM = 1000
"""Units of the em square of the font."""
DESCENT = -120
"""The lower edge of the square in which the font's Han characters stand."""

_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one character goes: centre of its cell in mm, cell size in mm, clockwise turn in degrees."""

    x: float
    y: float
    width: float
    height: float
    turn: float = 0.0


class _Font:
    """The font, opened once; fontTools reads glyphs lazily and is not safe for threads."""

    def __init__(self) -> None:
        font = TTFont(serif_path(), lazy=True)
        self.names: dict[int, str] = font.getBestCmap()
        self.glyphs = font.getGlyphSet()


@lru_cache(maxsize=1)
def _font() -> _Font:
    return _Font()


def advance(character: str) -> float:
    """The width of a character in ems; raises ``MissingGlyph``."""
    with _LOCK:
        font = _font()
        return float(font.glyphs[_name(font, character)].width) / EM


def outline(character: str, place: Place) -> str:
    """SVG path data of a character that fills its place; raises ``MissingGlyph``."""
    with _LOCK:
        font = _font()
        glyph = font.glyphs[_name(font, character)]
        # Right to left: centre the cell on the origin, scale to millimetres with y downwards, turn, move.
        transform = (
            Transform()
            .translate(place.x, place.y)
            .rotate(place.turn * 3.141592653589793 / 180)
            .scale(place.width / glyph.width, -place.height / EM)
            .translate(-glyph.width / 2, -(EM / 2 + DESCENT))
        )
        pen = SVGPathPen(font.glyphs, ntos=_number)
        glyph.draw(TransformPen(pen, transform))
        return str(pen.getCommands())


def _name(font: _Font, character: str) -> str:
    try:
        return font.names[ord(character)]
    except KeyError:
        raise MissingGlyph(
            f"The seal font has no character U+{ord(character):04X} ({character}); the face cannot be drawn."
        ) from None


def _number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
