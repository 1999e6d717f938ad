"""Text objects: every glyph where the file puts it (GB/T 33190-2016, chapter 11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from gmseal.ofd import markup
from gmseal.ofd.render.fonts import Face, FontBook, Glyph
from gmseal.ofd.render.geometry import Matrix, number, numbers, rotation, scaling, shift
from gmseal.ofd.render.scene import BLACK, Colour, Shape, Stroke
from gmseal.ofd.render.style import Style, flag, plain

_BOLD_FROM: Final = 600
_BOLD_EM: Final = 0.03
"""The line around the glyphs of a font that has no bold of its own, in ems."""
_SLANT: Final = 0.21
_NARROWEST: Final = 0.7
_INVISIBLE: Final = frozenset(" \t\r\n\u00a0\u2002\u2003\u2009\u200b\u200c\u200d\u3000\ufeff")


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all glyphs of one object share."""

    chain: tuple[Face, ...]
    size: float
    stretch: float
    reading: float
    turn: float
    slant: bool
    own_font: bool


_Piece = tuple[str, Glyph | None, float]
"""Characters, their glyph, and its advance in ems."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A piece of text where it stands in the space of its object: the origin of its glyph, on the base line.

    ``text`` is empty for further glyphs of the same characters, ``glyph`` None where nothing is drawn;
    ``width`` is how far the next one stands away by the font, in millimetres.
    """

    text: str
    glyph: Glyph | None
    place: Matrix
    width: float
    size: float


def text_laid_out(element: etree._Element, style: Style, book: FontBook) -> Iterator[Laid]:
    """Everything in a TextObject, piece by piece."""
    size = number(style.attribute("Size"), 0) or 0.0
    if size > 0:
        yield from _placed(element, _setting(element, book, style.attribute("Font"), size), book)


def text_shapes(element: etree._Element, style: Style, book: FontBook) -> list[Shape]:
    """The glyphs of a TextObject in its own space."""
    budget = style.resources.budget
    size = number(style.attribute("Size"), 0) or 0.0
    if size <= 0:
        return []
    font = style.attribute("Font")
    setting = _setting(element, book, font, size)
    fill, stroke = _colours(element, style, bold=_bold(element, book, font), size=size)
    shapes = []
    for laid in _placed(element, setting, book):
        glyph, place = laid.glyph, laid.place
        if glyph is None:
            continue
        budget.spend_segments(len(glyph.outline.segments))
        to_mm = size / glyph.em
        line = None if stroke is None else _scaled(stroke, to_mm)
        form = Matrix(to_mm * setting.stretch, 0, _SLANT * to_mm if setting.slant else 0, -to_mm, 0, 0)
        shapes.append(Shape(glyph.outline, place.after(form), fill=fill, stroke=line))
    return shapes


def _setting(element: etree._Element, book: FontBook, font: str | None, size: float) -> _Setting:
    described = book.element(font)
    italic_font = described is not None and markup.attribute(described.element, "Italic") == "true"
    chain = book.chain(font)
    own = font in book.embedded
    return _Setting(
        chain=chain,
        size=size,
        stretch=number(markup.attribute(element, "HScale"), 1) or 1.0,
        reading=number(markup.attribute(element, "ReadDirection"), 0) or 0.0,
        turn=number(markup.attribute(element, "CharDirection"), 0) or 0.0,
        slant=flag(markup.attribute(element, "Italic"), default=False) or (italic_font and not own),
        own_font=own,
    )


def _bold(element: etree._Element, book: FontBook, font: str | None) -> bool:
    described = book.element(font)
    bold_font = described is not None and markup.attribute(described.element, "Bold") == "true"
    weight = number(markup.attribute(element, "Weight"), 400) or 400
    return weight >= _BOLD_FROM or (bold_font and font not in book.embedded)


def _colours(
    element: etree._Element, style: Style, *, bold: bool, size: float
) -> tuple[Colour | None, Stroke | None]:
    """Fill and line of the glyphs: text is filled black unless it says otherwise (11.2)."""
    fill = None
    if flag(markup.attribute(element, "Fill"), default=True):
        fill = plain(style.fill(default=BLACK), style.resources)
    stroke = None
    if flag(markup.attribute(element, "Stroke"), default=False):
        stroke = style.stroke(0)
        if stroke is not None:
            paint = plain(stroke.paint, style.resources)
            stroke = None if paint is None else Stroke(paint, stroke.width, stroke.cap, stroke.join)
    elif bold and fill is not None:
        stroke = Stroke(fill, _BOLD_EM * size, join="round")
    return fill, stroke


def _scaled(stroke: Stroke, to_mm: float) -> Stroke:
    """The line in the units of the font."""
    return Stroke(stroke.paint, stroke.width / to_mm, stroke.cap, stroke.join, stroke.miter_limit)


def _placed(element: etree._Element, setting: _Setting, book: FontBook) -> Iterator[Laid]:
    """Every glyph with its place; those of a CGTransform instead of the characters it stands for."""
    transforms: list[etree._Element] = []
    x = y = 0.0
    for child in element.iterchildren():
        name = markup.local(child)
        if name == "CGTransform":
            transforms.append(child)
        elif name == "TextCode":
            x = number(markup.attribute(child, "X"), x) or 0.0
            y = number(markup.attribute(child, "Y"), y) or 0.0
            glyphs = list(_glyphs(child.text or "", transforms, setting, book))
            yield from _along(child, glyphs, (x, y), setting)
            transforms = []


def _along(
    code: etree._Element,
    glyphs: list[_Piece],
    start: tuple[float, float],
    setting: _Setting,
) -> Iterator[Laid]:
    """From glyph to glyph by DeltaX and DeltaY, or by the advance of the glyph where neither says anything."""
    steps_x = deltas(markup.attribute(code, "DeltaX"), len(glyphs))
    steps_y = deltas(markup.attribute(code, "DeltaY"), len(glyphs))
    along_x, along_y = rotation(setting.reading).point(1, 0)
    x, y = start
    for index, (text, glyph, advance) in enumerate(glyphs):
        length = advance * setting.size * setting.stretch
        place = shift(x, y).after(rotation(setting.turn)) if setting.turn else shift(x, y)
        narrower = _narrower(length, steps_x[index : index + 1], setting)
        placed = place if narrower == 1 else place.after(scaling(narrower, 1))
        yield Laid(text, glyph, placed, length, setting.size)
        given_x, given_y = index < len(steps_x), index < len(steps_y)
        if given_x or given_y:
            x += steps_x[index] if given_x else 0.0
            y += steps_y[index] if given_y else 0.0
        else:
            x, y = x + along_x * length, y + along_y * length


def _narrower(length: float, step: list[float], setting: _Setting) -> float:
    """How much narrower a glyph of a substituted font is drawn, so that it does not run into the next one."""
    if setting.own_font or setting.turn or not step or not 0 < step[0] < length * 0.97:
        return 1.0
    return max(_NARROWEST, step[0] / length)


def deltas(text: str | None, wanted: int) -> list[float]:
    """The offsets of a DeltaX or DeltaY; ``g n v`` stands for n times v (11.3)."""
    parts = (text or "").replace(",", " ").split()
    found: list[float] = []
    at = 0
    while at < len(parts) and len(found) < wanted:
        if parts[at] == "g":
            count, step = [*parts[at + 1 : at + 3], "", ""][:2]
            # More than there are characters is never needed, whatever the file asks for.
            times = min(int(count), wanted) if count.isdecimal() and len(count) < 10 else 0
            found += [number(step, 0) or 0.0] * times
            at += 3
        else:
            found.append(number(parts[at], 0) or 0.0)
            at += 1
    return found


def _glyphs(
    text: str, transforms: list[etree._Element], setting: _Setting, book: FontBook
) -> Iterator[_Piece]:
    """Characters with their glyphs (None where nothing is drawn) and advances in ems."""
    by_position = {int(number(markup.attribute(one, "CodePosition"), 0) or 0): one for one in transforms}
    characters = list(text.strip("\r\n\t"))
    at = 0
    while at < len(characters):
        transform = by_position.get(at) if setting.own_font else None
        book.budget.spend_object()
        if transform is not None:
            replaced = max(1, int(number(markup.attribute(transform, "CodeCount"), 1) or 1))
            replacement = _numbered(transform, setting)
            if replacement:
                # What the glyphs stand for is known of all together, so the first one carries it.
                said = "".join(characters[at : at + replaced])
                yield from ((said if not index else "", *one) for index, one in enumerate(replacement))
                at += replaced
                continue
        yield (characters[at], *_glyph_of(characters[at], setting, book))
        at += 1


def _numbered(transform: etree._Element, setting: _Setting) -> list[tuple[Glyph | None, float]]:
    """The glyphs that a CGTransform names by their numbers in the font; empty when one does not exist."""
    found: list[tuple[Glyph | None, float]] = []
    for value in numbers(markup.child_text(transform, "Glyphs")):
        glyph = setting.chain[0].of_number(int(value))
        if glyph is None:
            return []
        found.append((glyph, glyph.advance))
    return found


def _glyph_of(character: str, setting: _Setting, book: FontBook) -> tuple[Glyph | None, float]:
    """The glyph of the first font that has the character. What none has is noted and leaves a gap."""
    for face in setting.chain:
        glyph = face.of_character(character)
        if glyph is not None:
            if setting.own_font and face is not setting.chain[0] and character not in _INVISIBLE:
                book.budget.note("GLYPH_SUBSTITUTED", f"{character} U+{ord(character):04X}: {face.title}")
            return glyph, glyph.advance
    if character not in _INVISIBLE:
        book.budget.note("GLYPH_MISSING", f"{character} U+{ord(character):04X}")
    return None, 1.0 if ord(character) > 0x2E7F else 0.5
