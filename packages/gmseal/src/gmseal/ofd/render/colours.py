"""Colours, colour spaces and shadings (GB/T 33190-2016, 8.3)."""

from typing import Final

from lxml import etree

from gmseal.ofd import markup
from gmseal.ofd.render.budget import Budget
from gmseal.ofd.render.geometry import number, numbers
from gmseal.ofd.render.resources import Resources
from gmseal.ofd.render.scene import BLACK, Colour, Gradient, Paint

_CHANNELS: Final = {"GRAY": 1, "RGB": 3, "CMYK": 4}
_MAX_STOPS: Final = 256


def alpha_of(element: etree._Element) -> float:
    """The Alpha attribute (0 to 255) as opacity from 0 to 1."""
    value = number(markup.attribute(element, "Alpha"), 255.0)
    return min(1.0, max(0.0, (255.0 if value is None else value) / 255))


def paint_of(element: etree._Element | None, resources: Resources) -> Paint | None:
    """The paint of a FillColor or StrokeColor; None when there is no element or nothing to paint with."""
    if element is None:
        return None
    budget = resources.budget
    for shading in element.iterchildren():
        name = markup.local(shading)
        if name in {"AxialShd", "RadialShd"}:
            gradient = _gradient(shading, resources, alpha_of(element))
            if gradient is not None:
                return gradient
            budget.note("SHADING_UNREADABLE", name)
        elif name in {"GouraudShd", "LaGouraudShd", "LaGourandShd"}:
            budget.note("SHADING_SIMPLIFIED", name)
            return _average(shading, resources).faded(alpha_of(element))
        elif name == "Pattern":
            budget.note("PATTERN_NOT_DRAWN")
            return None
    return colour_of(element, resources)


def colour_of(element: etree._Element, resources: Resources) -> Colour:
    """A plain colour; without value it is black in every colour space."""
    space_id = markup.attribute(element, "ColorSpace") or resources.default_space
    space = resources.find("ColorSpace", space_id)
    kind, bits, text = None, 8, markup.attribute(element, "Value")
    if space is not None:
        kind = (markup.attribute(space.element, "Type") or "").upper()
        bits = int(number(markup.attribute(space.element, "BitsPerComponent"), 8) or 8)
        if markup.attribute(space.element, "Profile"):
            resources.budget.note("COLOUR_PROFILE_IGNORED")
        index = markup.attribute(element, "Index")
        if text is None and index is not None:
            text = _from_palette(space.element, index)
    values = _values(text, resources.budget)
    if kind not in _CHANNELS or (values and len(values) != _CHANNELS[kind]):
        kind = {1: "GRAY", 4: "CMYK"}.get(len(values), "RGB")
    top = float(2 ** min(16, max(1, bits)) - 1)
    shares = [min(1.0, max(0.0, value / top)) for value in values]
    if len(shares) != _CHANNELS[kind]:
        return BLACK.faded(alpha_of(element))
    return _mixed(kind, shares).faded(alpha_of(element))


def _mixed(kind: str, shares: list[float]) -> Colour:
    if kind == "GRAY":
        return Colour(shares[0], shares[0], shares[0])
    if kind == "CMYK":
        cyan, magenta, yellow, key = shares
        return Colour((1 - cyan) * (1 - key), (1 - magenta) * (1 - key), (1 - yellow) * (1 - key))
    return Colour(*shares)


def _from_palette(space: etree._Element, index: str) -> str | None:
    palette = markup.child(space, "Palette")
    colours = list(markup.children(palette, "CV")) if palette is not None else []
    return markup.text(colours[int(index)]) if index.isdecimal() and int(index) < len(colours) else None


def _values(text: str | None, budget: Budget) -> list[float]:
    """Channel values, decimal or hexadecimal with ``#``."""
    found: list[float] = []
    for part in (text or "").replace(",", " ").split():
        try:
            found.append(float(int(part[1:], 16)) if part.startswith("#") else float(part))
        except ValueError:
            budget.note("COLOUR_UNREADABLE", text or "")
            return []
    return found


def _gradient(element: etree._Element, resources: Resources, alpha: float) -> Gradient | None:
    radial = markup.local(element) == "RadialShd"
    begin, end = (numbers(markup.attribute(element, name)) for name in ("StartPoint", "EndPoint"))
    if len(begin) != 2 or len(end) != 2:
        return None
    stops = _stops(element, resources, alpha)
    if len(stops) < 2:
        return None
    if (
        (markup.attribute(element, "MapType") or "Direct") != "Direct"
        or (number(markup.attribute(element, "Eccentricity"), 0) or 0) > 0
        or markup.attribute(element, "Extend") != "3"
    ):
        # Drawn as one run of colours from end to end, continued beyond both.
        resources.budget.note("SHADING_SIMPLIFIED", markup.local(element))
    if not radial:
        return Gradient((*begin, *end), stops)
    inner = number(markup.attribute(element, "StartRadius"), 0) or 0.0
    outer = number(markup.attribute(element, "EndRadius"), 0) or 0.0
    if inner < 0 or outer < 0 or inner == outer == 0:
        return None
    if outer < inner:
        stops = tuple((1 - at, colour) for at, colour in reversed(stops))
        begin, end, inner, outer = end, begin, outer, inner
    return Gradient((*begin, inner, *end, outer), stops)


def _stops(element: etree._Element, resources: Resources, alpha: float) -> tuple[tuple[float, Colour], ...]:
    """Positions rise from 0 to 1; where they are left out the colours are spread evenly."""
    segments = list(markup.children(element, "Segment"))[:_MAX_STOPS]
    stops: list[tuple[float, Colour]] = []
    for index, segment in enumerate(segments):
        colour = markup.child(segment, "Color")
        if colour is None:
            continue
        even = index / max(1, len(segments) - 1)
        at = number(markup.attribute(segment, "Position"), even)
        last = stops[-1][0] if stops else 0.0
        position = min(1.0, max(last, even if at is None else at))
        stops.append((position, colour_of(colour, resources).faded(alpha)))
    return tuple(stops)


def _average(element: etree._Element, resources: Resources) -> Colour:
    found = [markup.child(point, "Color") for point in list(markup.children(element, "Point"))[:_MAX_STOPS]]
    colours = [colour_of(one, resources) for one in found if one is not None] or [BLACK]
    count = len(colours)
    return Colour(
        sum(one.red for one in colours) / count,
        sum(one.green for one in colours) / count,
        sum(one.blue for one in colours) / count,
        sum(one.alpha for one in colours) / count,
    )
