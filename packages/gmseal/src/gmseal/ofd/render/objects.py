"""The objects of a page as things to draw (GB/T 33190-2016, chapters 8 to 13).

An object has a space of its own: its CTM leads to its Boundary, whose corner is its place in what holds it,
and nothing of it shows outside. Text is not cut at its Boundary, because substituted fonts are of other sizes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from gmseal.ofd import markup
from gmseal.ofd.markup import Box
from gmseal.ofd.render.colours import alpha_of
from gmseal.ofd.render.fonts import FontBook
from gmseal.ofd.render.geometry import (
    IDENTITY,
    Bounds,
    Matrix,
    Outline,
    matrix,
    parse_path,
    rectangle,
    scaling,
    shift,
)
from gmseal.ofd.render.images import raster_of
from gmseal.ofd.render.resources import Resource, Resources
from gmseal.ofd.render.scene import Clip, Colour, Group, Item, Picture, Raster, Shape, Stroke
from gmseal.ofd.render.style import Style, flag, style_of
from gmseal.ofd.render.text import text_shapes

_OBJECTS: Final = {"TextObject", "PathObject", "ImageObject", "CompositeObject"}
_ROUNDING_MM: Final = 0.02
_GREY: Final = Colour(0.6, 0.6, 0.6)


def placeholder(box: Box) -> tuple[Item, ...]:
    """A grey frame with a cross: something stands here that cannot be drawn."""
    line = Stroke(_GREY, 0.2)
    x, y, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    cross = Outline((("M", (x, y)), ("L", (right, bottom)), ("M", (right, y)), ("L", (x, bottom))))
    frame = rectangle(box.x, box.y, box.width, box.height)
    return Shape(frame, stroke=line), Shape(cross, stroke=line)


@dataclass(frozen=True, slots=True)
class ObjectReader:
    """Reads page blocks with the resources of one document."""

    resources: Resources
    fonts: FontBook
    images: dict[tuple[str, str | None], Raster | None]

    def block(self, holder: etree._Element, layer: str | None, depth: int = 0) -> tuple[Item, ...]:
        """Everything in a layer, page block, appearance or vector graphic, from the back to the front."""
        budget = self.resources.budget
        if depth > budget.limits.max_depth:
            budget.note("TOO_DEEP")
            return ()
        items: list[Item] = []
        for element in holder.iterchildren():
            name = markup.local(element)
            if name == "PageBlock":
                items += self.block(element, layer, depth + 1)
            elif name in _OBJECTS:
                budget.spend_object()
                drawn = self._object(element, name, layer, depth)
                if drawn is not None:
                    items.append(drawn)
            elif name == "Layer":
                items += self.block(element, markup.attribute(element, "DrawParam") or layer, depth + 1)
        return tuple(items)

    def _object(self, element: etree._Element, name: str, layer: str | None, depth: int) -> Item | None:
        if not flag(markup.attribute(element, "Visible"), default=True):
            return None
        box = markup.box(markup.attribute(element, "Boundary"))
        if box is None:
            self.resources.budget.note("OBJECT_UNREADABLE", f"{name} without Boundary")
            return None
        ctm = matrix(markup.attribute(element, "CTM"))
        style = style_of(element, self.resources, layer)
        items, margin = self._parts(element, name, style, box, depth)
        if not items:
            return None
        place = shift(box.x, box.y)
        inner = place.after(ctm or IDENTITY)
        if _fits(items, ctm or IDENTITY, box):
            margin = None
        clips = self._clips(element, box, place, ctm or IDENTITY, margin)
        alpha = alpha_of(element)
        if alpha < 1 and len(items) == 1 and isinstance(items[0], Shape):
            faded = _faded(items[0], alpha)
            if faded is not None:
                items, alpha = (faded,), 1.0
        return Group(items, inner, clips, alpha)

    def _parts(
        self, element: etree._Element, name: str, style: Style, box: Box, depth: int
    ) -> tuple[tuple[Item, ...], float | None]:
        """What an object draws in its own space, and how far over its Boundary; None when it is not cut there."""
        if name == "TextObject":
            return tuple(text_shapes(element, style, self.fonts)), None
        if name == "PathObject":
            return self._path(element, style, box)
        if name == "ImageObject":
            return self._image(element, box, fill_box=matrix(markup.attribute(element, "CTM")) is None), 0.0
        return self._composite(element, depth), 0.0

    def _path(self, element: etree._Element, style: Style, box: Box) -> tuple[tuple[Item, ...], float]:
        """The shape of a PathObject, and how far its line may reach over its Boundary."""
        outline = self._outline(element)
        if not outline.segments:
            return (), 0.0
        fill = None
        if flag(style.attribute("Fill"), default=False):
            fill = style.fill(default=None)
        stroke = None
        if flag(style.attribute("Stroke"), default=True):
            stroke = style.stroke(outline.length())
        # The Boundary of a level line has no height in many files; a strict reading would hide the line.
        thin = stroke is not None and min(box.width, box.height) < stroke.width
        margin = stroke.width / 2 if stroke is not None and thin else 0.0
        rule = markup.attribute(element, "Rule") == "Even-Odd"
        return (Shape(outline, IDENTITY, fill, rule, stroke),), margin

    def _outline(self, element: etree._Element) -> Outline:
        data = markup.child_text(element, "AbbreviatedData")
        outline, whole = parse_path(data or "")
        if not whole:
            self.resources.budget.note("PATH_UNREADABLE")
        self.resources.budget.spend_segments(len(outline.segments))
        return outline

    def _image(self, element: etree._Element, box: Box, *, fill_box: bool) -> tuple[Item, ...]:
        """An image on the unit square of its CTM; without CTM it fills its Boundary."""
        where = scaling(box.width, box.height) if fill_box else IDENTITY
        raster = self._raster(element)
        if raster is not None:
            return (Picture(raster, where),)
        size = Box(0, 0, box.width, box.height) if fill_box else Box(0, 0, 1, 1)
        return placeholder(size) if fill_box else _thinned(placeholder(size), box)

    def _raster(self, element: etree._Element) -> Raster | None:
        identifier, mask_id = (markup.attribute(element, name) for name in ("ResourceID", "ImageMask"))
        key = (identifier or "", mask_id)
        if key not in self.images:
            media = self.resources.find("MultiMedia", identifier)
            mask = self._media_bytes(self.resources.find("MultiMedia", mask_id))
            if mask_id is not None and mask is None:
                self.resources.budget.note("IMAGE_MASK_MISSING")
            stated = markup.attribute(media.element, "Format") if media is not None else None
            data = self._media_bytes(media)
            self.images[key] = raster_of(data, stated, self.resources.budget, mask)
        return self.images[key]

    def _media_bytes(self, media: Resource | None) -> bytes | None:
        if media is None:
            return None
        return self.resources.content(media, markup.child_text(media.element, "MediaFile"))

    def _composite(self, element: etree._Element, depth: int) -> tuple[Item, ...]:
        found = self.resources.find("CompositeGraphicUnit", markup.attribute(element, "ResourceID"))
        content = markup.child(found.element, "Content") if found is not None else None
        if content is None:
            self.resources.budget.note("RESOURCE_MISSING", "CompositeGraphicUnit")
            return ()
        # A graphic that draws itself ends at the depth limit.
        return self.block(content, None, depth + 1)

    def _clips(
        self, element: etree._Element, box: Box, place: Matrix, ctm: Matrix, margin: float | None
    ) -> tuple[Clip, ...]:
        clips: list[Clip] = []
        if margin is not None:
            outline = rectangle(
                box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin
            )
            clips.append(Clip((outline,)))
        listed = markup.child(element, "Clips")
        if listed is not None:
            moves = flag(markup.attribute(listed, "TransFlag"), default=True)
            base = place.after(ctm) if moves else place
            for clip in list(markup.children(listed, "Clip"))[:64]:
                clips += self._clip(clip, base)
        return tuple(clips)

    def _clip(self, clip: etree._Element, base: Matrix) -> Iterator[Clip]:
        """One clip: the union of its areas. An area of text is noted, and then this clip is left out."""
        outlines: list[Outline] = []
        even_odd = False
        for area in markup.children(clip, "Area"):
            path = markup.child(area, "Path")
            if path is None:
                self.resources.budget.note("CLIP_BY_TEXT")
                return
            box = markup.box(markup.attribute(path, "Boundary"))
            where = base.after(matrix(markup.attribute(area, "CTM")) or IDENTITY)
            if box is not None:
                where = where.after(shift(box.x, box.y))
            where = where.after(matrix(markup.attribute(path, "CTM")) or IDENTITY)
            outlines.append(self._outline(path).transformed(where))
            even_odd = even_odd or markup.attribute(path, "Rule") == "Even-Odd"
        if outlines:
            yield Clip(tuple(outlines), even_odd)


def _fits(items: tuple[Item, ...], ctm: Matrix, box: Box) -> bool:
    """True when the paths and images of an object lie within its Boundary, so that nothing needs to be cut.

    Lines are judged by their middle: half their width may reach over an edge, as in tables of many products.
    Not cutting also saves the renderer a sheet for every object.
    """
    limit = Bounds(0, 0, box.width, box.height).grown(_ROUNDING_MM)
    for item in items:
        if isinstance(item, Shape):
            bounds, where = item.outline.bounds(), ctm.after(item.matrix)
        elif isinstance(item, Picture):
            bounds, where = Bounds(0, 0, 1, 1), ctm.after(item.matrix)
        else:
            return False
        if bounds is not None and not bounds.transformed(where).within(limit):
            return False
    return True


def _faded(shape: Shape, alpha: float) -> Shape | None:
    """A shape of one paint with that paint faded, which looks the same as fading the object as a whole."""
    if shape.stroke is None and isinstance(shape.fill, Colour):
        return replace(shape, fill=shape.fill.faded(alpha))
    if shape.fill is None and shape.stroke is not None and isinstance(shape.stroke.paint, Colour):
        return replace(shape, stroke=replace(shape.stroke, paint=shape.stroke.paint.faded(alpha)))
    return None


def _thinned(items: tuple[Item, ...], box: Box) -> tuple[Item, ...]:
    """A placeholder on the unit square, whose lines the CTM will widen."""
    width = 0.2 / max(1.0, box.width, box.height)
    return tuple(
        Shape(item.outline, stroke=Stroke(_GREY, width)) for item in items if isinstance(item, Shape)
    )


def layer_rank(layer: etree._Element) -> int:
    """The order of layers within a page: background, body, foreground (7.7)."""
    kind = markup.attribute(layer, "Type") or "Body"
    return {"Background": 0, "Foreground": 2}.get(kind, 1)
