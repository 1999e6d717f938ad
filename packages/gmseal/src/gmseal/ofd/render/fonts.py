"""Outlines of characters: from the fonts in the package, else from the fonts that come with this library.

Fonts in a package are foreign data: whatever goes wrong in one is noted, and another font takes its place.
"""

import io
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Final

from gmseal.ofd import markup
from gmseal.ofd.render.budget import Budget
from gmseal.ofd.render.geometry import Outline, Segment, quadratic
from gmseal.ofd.render.resources import Resource, Resources

_SFNT: Final = (b"OTTO", b"\x00\x01\x00\x00", b"true")
_MAX_FONT_BYTES: Final = 64 << 20
_MAX_GLYPH_SEGMENTS: Final = 20_000
_SANS_WORDS: Final = (
    "黑", "hei", "等线", "dengxian", "arial", "helvetica", "sans", "圆", "yahei", "雅黑", "verdana", "tahoma", "calibri",
    "consolas", "courier", "mono", "ocr",
)  # fmt: skip
_LOCK: Final = Lock()
"""fontTools reads glyphs lazily and is not safe for threads."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """An outline in ems, y upwards, and how far the next character stands away, in ems."""

    outline: Outline
    advance: float
    em: float


class Face:
    """An opened font. ``names`` maps code points to glyph names, ``order`` glyph numbers to them."""

    def __init__(self, glyphs: Any, names: dict[int, str], order: list[str], em: float, title: str) -> None:
        """From what fontTools gives."""
        self.title = title
        self._glyphs = glyphs
        self._names = names
        self._order = order
        self._em = em
        self._kept: dict[str, Glyph | None] = {}

    def of_character(self, character: str) -> Glyph | None:
        """The glyph of a character; None when the font has none."""
        code = ord(character)
        # Symbol fonts keep their characters in the private area from F000 on.
        name = self._names.get(code) or (self._names.get(0xF000 + code) if code < 256 else None)
        return self._glyph(name) if name is not None else None

    def of_number(self, number: int) -> Glyph | None:
        """The glyph with this number (CGTransform)."""
        return self._glyph(self._order[number]) if 0 <= number < len(self._order) else None

    def _glyph(self, name: str) -> Glyph | None:
        if name not in self._kept:
            with _LOCK:
                try:
                    self._kept[name] = _drawn(self._glyphs, name, self._em)
                except Exception:
                    self._kept[name] = None
        return self._kept[name]


def _drawn(glyphs: Any, name: str, em: float) -> Glyph:
    from fontTools.pens.recordingPen import DecomposingRecordingPen  # noqa: PLC0415 - only drawing needs it

    glyph = glyphs[name]
    pen = DecomposingRecordingPen(glyphs)
    glyph.draw(pen)
    if len(pen.value) > _MAX_GLYPH_SEGMENTS:
        message = "too many segments"
        raise ValueError(message)
    return Glyph(Outline(tuple(_segments(pen.value)), shared=True), float(glyph.width) / em, em)


def _segments(recorded: list[tuple[str, tuple[Any, ...]]]) -> list[Segment]:
    """What a pen recorded as M, L, C and Z."""
    found: list[Segment] = []
    x = y = 0.0
    for operation, points in recorded:
        if operation == "moveTo":
            found.append(("M", tuple(map(float, points[0]))))
        elif operation == "lineTo":
            found.append(("L", tuple(map(float, points[0]))))
        elif operation == "curveTo":
            found.append(("C", tuple(float(value) for point in points for value in point)))
        elif operation == "qCurveTo":
            found += _splines(x, y, points)
        else:
            found.append(("Z", ()))
        if points and points[-1] is not None:
            x, y = map(float, points[-1])
        elif operation == "qCurveTo":
            x, y = found[-1][1][-2:]
    return found


def _splines(x: float, y: float, points: tuple[Any, ...]) -> list[Segment]:
    """TrueType splines: between two controls lies a point on the curve; None closes a curve of controls only."""
    found: list[Segment] = []
    controls = list(points[:-1])
    end = points[-1]
    if end is None:
        first, last = controls[0], controls[-1]
        x, y = (first[0] + last[0]) / 2, (first[1] + last[1]) / 2
        found.append(("M", (x, y)))
        end = (x, y)
    for index, (cx, cy) in enumerate(controls):
        if index + 1 < len(controls):
            following = controls[index + 1]
            ex, ey = (cx + following[0]) / 2, (cy + following[1]) / 2
        else:
            ex, ey = end
        found.append(("C", quadratic(x, y, float(cx), float(cy), float(ex), float(ey))))
        x, y = ex, ey
    if not controls:
        found.append(("L", (float(end[0]), float(end[1]))))
    return found


@cache
def bundled(family: str) -> Face:
    """``serif`` or ``sans``: the fonts that come with this library."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - only drawing needs it
    from pylopdf_fonts_zh_cn import sans_path, serif_path  # noqa: PLC0415 - as above

    with _LOCK:
        font = TTFont(serif_path() if family == "serif" else sans_path(), lazy=True)
        title = "Noto Serif SC" if family == "serif" else "Noto Sans SC"
        return Face(font.getGlyphSet(), font.getBestCmap(), font.getGlyphOrder(), 1000.0, title)


def embedded(data: bytes) -> Face | None:
    """A font in a package; None when it cannot be read."""
    if len(data) > _MAX_FONT_BYTES:
        return None
    with _LOCK:
        try:
            return _bare_cff(data) if data[:2] == b"\x01\x00" and data[:4] != _SFNT[1] else _sfnt(data)
        except Exception:
            return None


def _sfnt(data: bytes) -> Face | None:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - only drawing needs it

    if data[:4] not in {*_SFNT, b"ttcf"}:
        return None
    font = TTFont(io.BytesIO(data), lazy=True, fontNumber=0)
    if not {"glyf", "CFF ", "CFF2"} & set(font.keys()):
        return None
    names: dict[int, str] = {}
    if "cmap" in font:
        tables = font["cmap"].tables
        for table in sorted(tables, key=lambda one: one.isUnicode()):
            if table.isUnicode() or table.isSymbol():
                names.update(table.cmap)
    em = float(font["head"].unitsPerEm) if "head" in font else 1000.0
    if not 16 <= em <= 16384:
        return None
    return Face(font.getGlyphSet(), names, font.getGlyphOrder(), em, "")


def _bare_cff(data: bytes) -> Face | None:
    from fontTools.cffLib import CFFFontSet  # noqa: PLC0415 - only drawing needs it

    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(data), None)
    top = fonts[0]
    order = list(top.getGlyphOrder())
    scale = getattr(top, "FontMatrix", None)
    em = 1 / float(scale[0]) if scale and scale[0] else 1000.0
    return Face(_CffGlyphs(top.CharStrings), _names_of(order), order, em, "")


class _CffGlyphs:
    """Charstrings of a bare CFF font, which know their width only once they are drawn."""

    def __init__(self, charstrings: Any) -> None:
        self._charstrings = charstrings

    def __getitem__(self, name: str) -> Any:
        from fontTools.pens.basePen import NullPen  # noqa: PLC0415 - only drawing needs it

        glyph = self._charstrings[name]
        glyph.draw(NullPen())
        return glyph

    def __contains__(self, name: str) -> bool:
        return name in self._charstrings


def _names_of(order: list[str]) -> dict[int, str]:
    """Code points by the names of glyphs, for fonts that have nothing else."""
    from fontTools.agl import toUnicode  # noqa: PLC0415 - only drawing needs it

    return {ord(text): name for name in order if len(text := toUnicode(name)) == 1}


class FontBook:
    """The fonts of one document as pages ask for them, each opened once."""

    def __init__(self, resources: Resources) -> None:
        """Fonts are opened when they are first used."""
        self._resources = resources
        self._chains: dict[str | None, tuple[Face, ...]] = {}
        self.embedded: set[str | None] = set()

    @property
    def budget(self) -> Budget:
        """Where missing characters are noted."""
        return self._resources.budget

    def chain(self, identifier: str | None) -> tuple[Face, ...]:
        """The fonts to try for text in this font, in order: its own, its family's substitute, the other one."""
        if identifier not in self._chains:
            self._chains[identifier] = self._opened(identifier)
        return self._chains[identifier]

    def element(self, identifier: str | None) -> Resource | None:
        """The Font resource itself."""
        return self._resources.find("Font", identifier)

    def _opened(self, identifier: str | None) -> tuple[Face, ...]:
        resource = self.element(identifier)
        if resource is None:
            self.budget.note("FONT_SUBSTITUTED", f"font {identifier} is not described")
            return bundled("serif"), bundled("sans")
        stated = (markup.attribute(resource.element, key) for key in ("FontName", "FamilyName"))
        name = " ".join(dict.fromkeys(filter(None, stated)))
        family = _family(name, serif=markup.attribute(resource.element, "Serif") == "true")
        substitutes = (bundled(family), bundled("sans" if family == "serif" else "serif"))
        location = markup.child_text(resource.element, "FontFile")
        data = self._resources.content(resource, location)
        face = embedded(data) if data is not None else None
        if face is not None:
            self.embedded.add(identifier)
            return (face, *substitutes)
        if location is not None:
            self.budget.note("FONT_UNREADABLE", name)
        self.budget.note("FONT_SUBSTITUTED", f"{name}: {substitutes[0].title}")
        return substitutes


def _family(name: str, *, serif: bool) -> str:
    lowered = name.lower()
    return "sans" if not serif and any(word in lowered for word in _SANS_WORDS) else "serif"
