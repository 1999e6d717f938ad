"""How an object is drawn: its own attributes, then its drawing parameters, then its layer's (8.2, 8.5)."""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from gmseal.ofd import markup
from gmseal.ofd.render.colours import paint_of
from gmseal.ofd.render.geometry import number, numbers
from gmseal.ofd.render.resources import Resources
from gmseal.ofd.render.scene import BLACK, Colour, Gradient, Paint, Stroke

_MAX_CHAIN: Final = 16
_MAX_DASHES: Final = 50_000
"""Dashes along one path; more cannot be told from a line and would cost the renderer minutes."""
_CAPS: Final = {"Butt": "butt", "Round": "round", "Square": "square"}
_JOINS: Final = {"Miter": "miter", "Round": "round", "Bevel": "bevel"}


@dataclass(frozen=True, slots=True)
class Style:
    """Elements to be asked in turn for an attribute or a colour."""

    sources: tuple[etree._Element, ...]
    resources: Resources

    def attribute(self, name: str) -> str | None:
        """The first value that is given."""
        for source in self.sources:
            value = markup.attribute(source, name)
            if value is not None:
                return value
        return None

    def paint(self, name: str) -> Paint | None:
        """The first colour of this name that is given."""
        for source in self.sources:
            element = markup.child(source, name)
            if element is not None:
                return paint_of(element, self.resources)
        return None

    def fill(self, *, default: Paint | None) -> Paint | None:
        """What the object is filled with."""
        given = any(markup.child(source, "FillColor") is not None for source in self.sources)
        return self.paint("FillColor") if given else default

    def stroke(self, length: float) -> Stroke | None:
        """The line along a path of this length."""
        given = any(markup.child(source, "StrokeColor") is not None for source in self.sources)
        paint = self.paint("StrokeColor") if given else BLACK
        if paint is None:
            return None
        width = number(self.attribute("LineWidth"), 0.353)
        return Stroke(
            paint=paint,
            # Width 0 is the thinnest line there is, as in every page description.
            width=max(0.02, 0.353 if width is None else width),
            cap=_CAPS.get(self.attribute("Cap") or "", "butt"),
            join=_JOINS.get(self.attribute("Join") or "", "miter"),
            miter_limit=number(self.attribute("MiterLimit"), 4.234) or 4.234,
            dashes=self._dashes(length),
            dash_offset=number(self.attribute("DashOffset"), 0) or 0.0,
        )

    def _dashes(self, length: float) -> tuple[float, ...]:
        values = numbers(self.attribute("DashPattern"))
        total = sum(values)
        if not values or min(values) < 0 or total <= 0:
            return ()
        if length / total * len(values) > _MAX_DASHES:
            self.resources.budget.note("DASHES_NOT_DRAWN")
            return ()
        return tuple(values)


def style_of(element: etree._Element, resources: Resources, layer: str | None) -> Style:
    """The style of an object in a layer that has the drawing parameters ``layer``."""
    chain = [element, *_parameters(markup.attribute(element, "DrawParam"), resources)]
    return Style((*chain, *_parameters(layer, resources)), resources)


def _parameters(identifier: str | None, resources: Resources) -> list[etree._Element]:
    """Drawing parameters and those they are relative to."""
    chain: list[etree._Element] = []
    seen: set[str] = set()
    while identifier is not None and identifier not in seen and len(chain) < _MAX_CHAIN:
        seen.add(identifier)
        found = resources.find("DrawParam", identifier)
        if found is None:
            resources.budget.note("RESOURCE_MISSING", f"DrawParam {identifier}")
            break
        chain.append(found.element)
        identifier = markup.attribute(found.element, "Relative")
    return chain


def plain(paint: Paint | None, resources: Resources) -> Colour | None:
    """A paint for glyphs, whose outlines have a space of their own: of a shading, its first colour."""
    if isinstance(paint, Gradient):
        resources.budget.note("SHADING_SIMPLIFIED", "text")
        return paint.stops[0][1]
    return paint


def flag(text: str | None, *, default: bool) -> bool:
    """An xs:boolean."""
    return default if text is None else text.strip().lower() in {"true", "1"}
