"""The letters of a page and where each stands, in millimetres of the page: what a keyword is searched in.

What is read is the text that layers and templates draw: not what annotations show, and not letters inside pictures.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from gmseal.ofd import markup
from gmseal.ofd.package import OfdDocument, Package
from gmseal.ofd.render.budget import Budget
from gmseal.ofd.render.geometry import IDENTITY, Bounds, Matrix, matrix, shift
from gmseal.ofd.render.page import DocumentReader
from gmseal.ofd.render.style import flag, style_of
from gmseal.ofd.render.text import Laid, text_laid_out
from gmseal.text.matching import Box

_ABOVE: Final = 0.88
_BELOW: Final = 0.12
"""How far a letter's box reaches over and under the base line, in ems: that of Chinese type, so 一 is as high as 章."""


class Letter(NamedTuple):
    """A character, or a few that one glyph stands for, and its box."""

    text: str
    box: Box


class TextReader:
    """Reads the text of one document's pages; what they share is read once."""

    def __init__(self, package: Package, document: OfdDocument) -> None:
        """Nothing is read yet but the resources. Raises ``MalformedInput``."""
        self._budget = Budget()
        self._reader = DocumentReader(package, document, self._budget)

    def letters(self, index: int) -> list[Letter]:
        """The letters of a page (from 0) in the order of the file. Raises ``MalformedInput``, and ``Refused``
        (``RENDER_LIMIT``) for a page of too much."""
        self._budget.renew()
        found: list[Letter] = []
        for layer in self._reader.layers(self._reader.page(index)):
            found += self._block(layer, markup.attribute(layer, "DrawParam"), IDENTITY, 0)
        return found

    def _block(
        self, holder: etree._Element, layer: str | None, outer: Matrix, depth: int
    ) -> Iterator[Letter]:
        """What a layer, page block or vector graphic says; a graphic that holds itself ends at the limit."""
        if depth > self._budget.limits.max_depth:
            return
        for element in holder.iterchildren():
            name = markup.local(element)
            if name in {"PageBlock", "Layer"}:
                yield from self._block(
                    element, markup.attribute(element, "DrawParam") or layer, outer, depth + 1
                )
            elif name in {"TextObject", "CompositeObject"}:
                self._budget.spend_object()
                yield from self._object(element, name, layer, outer, depth)

    def _object(
        self, element: etree._Element, name: str, layer: str | None, outer: Matrix, depth: int
    ) -> Iterator[Letter]:
        box = markup.box(markup.attribute(element, "Boundary"))
        if box is None or not flag(markup.attribute(element, "Visible"), default=True):
            return
        inner = outer.after(shift(box.x, box.y)).after(matrix(markup.attribute(element, "CTM")) or IDENTITY)
        resources = self._reader.resources
        if name == "TextObject":
            style = style_of(element, resources, layer)
            for laid in text_laid_out(element, style, self._reader.objects.fonts):
                if laid.text:
                    yield Letter(laid.text, _box(laid, inner))
            return
        found = resources.find("CompositeGraphicUnit", markup.attribute(element, "ResourceID"))
        content = markup.child(found.element, "Content") if found is not None else None
        if content is not None:
            yield from self._block(content, None, inner, depth + 1)


def _box(laid: Laid, inner: Matrix) -> Box:
    em = Bounds(0, -_ABOVE * laid.size, laid.width, _BELOW * laid.size)
    left, top, right, bottom = em.transformed(inner.after(laid.place))
    return left, top, right, bottom
