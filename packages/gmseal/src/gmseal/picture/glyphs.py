"""Outlines of characters from Noto Serif SC (words) and Noto Sans SC (digits of codes), as SVG path data.

Faces carry outlines instead of text, so a picture looks the same on every machine and a character that
the font lacks is found here, not by a reader who sees a box.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from threading import Lock
from typing import Any

from fontTools.misc.transform import Transform
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from pylopdf_fonts_zh_cn import sans_path, serif_path

from gmseal.errors import MissingGlyph

EM = 1000
"""Units of the em square of the font."""
DESCENT = -120
"""The lower edge of the square in which the font's Han characters stand."""

BOLD_MM = 0.09
"""Seal characters are cut heavier than book type: their outlines are drawn with a stroke of this width."""
DIGIT_HEIGHT = 0.733
"""Height of digits and capitals of the sans serif font in ems."""

_LOCK = Lock()


class Typeface(StrEnum):
    """Song for words (国发〔1999〕25号 article 17), sans serif for numbers, which are set in Arial elsewhere."""

    SERIF = "serif"
    SANS = "sans"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one character goes: centre of its cell in mm, cell size in mm, clockwise turn in degrees."""

    x: float
    y: float
    width: float
    height: float
    turn: float = 0.0


class _Font:
    """A font, opened once; fontTools reads glyphs lazily and is not safe for threads."""

    def __init__(self, typeface: Typeface) -> None:
        font = TTFont(serif_path() if typeface is Typeface.SERIF else sans_path(), lazy=True)
        self.names: dict[int, str] = font.getBestCmap()
        self.glyphs = font.getGlyphSet()

    def glyph(self, character: str) -> Any:
        """The glyph of a character; raises ``MissingGlyph``."""
        try:
            return self.glyphs[self.names[ord(character)]]
        except KeyError:
            message = f"The seal font has no character U+{ord(character):04X} ({character})"
            raise MissingGlyph(f"{message}; the face cannot be drawn.") from None


@cache
def _font(typeface: Typeface) -> _Font:
    return _Font(typeface)


@lru_cache(maxsize=4096)
def advance(character: str, typeface: Typeface = Typeface.SERIF) -> float:
    """The width of a character in ems; raises ``MissingGlyph``."""
    with _LOCK:
        return float(_font(typeface).glyph(character).width) / EM


def outline(character: str, place: Place, typeface: Typeface = Typeface.SERIF) -> str:
    """SVG path data of a character that fills its place; raises ``MissingGlyph``."""
    with _LOCK:
        font = _font(typeface)
        glyph = font.glyph(character)
        # Right to left: centre the cell on the origin, scale to millimetres with y downwards, turn, move.
        transform = (
            Transform()
            .translate(place.x, place.y)
            .rotate(math.radians(place.turn))
            .scale(place.width / glyph.width, -place.height / EM)
            .translate(-glyph.width / 2, -(EM / 2 + DESCENT))
        )
        pen = SVGPathPen(font.glyphs, ntos=_number)
        glyph.draw(TransformPen(pen, transform))
        return str(pen.getCommands())


def _number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
