"""Whether the mark that stands for a seal signature is the picture of the signed seal: that picture and nothing else,
of the seal's size, upright.

The appearance of the signature field is read, not drawn (ISO 32000-1, 12.5.5). An image as this library writes it is
compared entry by entry, its data and mask octet by octet; the samples of one that another program wrote are compared
with those of the seal.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from itertools import chain
from typing import Final

import pikepdf

from gmseal.errors import GmsealError
from gmseal.pdf.damage import reading
from gmseal.pdf.document import Document
from gmseal.pdf.drawn_image import Drawn, Matrix, drawn_image
from gmseal.pdf.entries import rare_entry
from gmseal.pdf.geometry import Box, PageSpace, box_of, page_space
from gmseal.ses.seal import SealPicture


class Shown(Enum):
    """What the mark is to the picture in the seal."""

    WHOLE = "whole"
    PART = "part"
    """As much of it as a slice of a riding seam shows."""
    OTHER = "other"
    """Another picture, or this one in another size, turned or mirrored."""
    HIDDEN = "hidden"
    UNSURE = "unsure"


_HIDING: Final = 2 | 32
"""Hidden, NoView (12.5.3)."""
_UNUSUAL: Final = 1 | 8 | 16
"""Invisible, NoZoom, NoRotate: what is seen then depends on the reader."""
_SIZE_TOLERANCE: Final = 0.01
_TOLERANCE_MM: Final = 0.1
_WHOLE_FROM: Final = 0.98
"""The share that must be seen of what is called whole; rounding takes some of the edges."""


def shown_picture(
    document: Document, field: pikepdf.Object, picture: SealPicture, *, good: Callable[[], bool]
) -> Shown:
    """What the page shows at a signature field, beside the picture of its seal. Never raises for what it finds.

    Unless the signature is ``good``, no image is decoded: anybody may have made its content.
    """
    try:
        with reading():
            return _judge(document, field, picture, good)
    except GmsealError:
        return Shown.UNSURE


def _judge(
    document: Document, field: pikepdf.Object, picture: SealPicture, good: Callable[[], bool]
) -> Shown:
    widget = _widget(field)
    page = None if widget is None else _page_of(document, widget)
    if widget is None or page is None:
        return Shown.HIDDEN
    flags, box = widget.get("/F", 0), box_of(widget.get("/Rect"), least=0.0)
    if box is None or not isinstance(flags, int) or flags & _UNUSUAL or "/OC" in widget:
        return Shown.UNSURE
    if flags & _HIDING or box[2] <= box[0] or box[3] <= box[1]:
        return Shown.HIDDEN
    appearance = widget.get("/AP")
    # An appearance under the pointer, or while pressed, would be one more picture.
    alone = isinstance(appearance, pikepdf.Dictionary) and appearance.keys() == {"/N"}
    normal = appearance["/N"] if appearance is not None and alone else None
    drawn = drawn_image(normal, box) if isinstance(normal, pikepdf.Stream) else None
    if drawn is None:
        return Shown.UNSURE
    found = _placed(drawn, page_space(page), picture)
    if found in {Shown.WHOLE, Shown.PART}:
        from gmseal.pdf.same_image import same_image  # noqa: PLC0415 - Pillow, for marks that are in their place

        same = same_image(drawn.image, picture, by_samples=good)
        return found if same else Shown.UNSURE if same is None else Shown.OTHER
    return found


def _widget(field: pikepdf.Object) -> pikepdf.Object | None:
    """The annotation of a field: the field itself, or its only kid."""
    kids = rare_entry(field, "/Kids")
    if kids is None:
        return field
    alone = isinstance(kids, pikepdf.Array) and len(kids) == 1 and isinstance(kids[0], pikepdf.Dictionary)
    return kids[0] if alone else None


def _page_of(document: Document, widget: pikepdf.Object) -> pikepdf.Object | None:
    """The page that lists the annotation; what the annotation itself says is a hint where to look first."""
    hint = widget.get("/P")
    place = hint.objgen if isinstance(hint, pikepdf.Dictionary) else None
    named = (page for page in document.pages if page.objgen == place)
    return next((page for page in chain(named, document.pages) if widget.objgen in _annotations(page)), None)


def _annotations(page: pikepdf.Object) -> Iterator[tuple[int, int]]:
    listed = page.get("/Annots")
    for item in listed if isinstance(listed, pikepdf.Array) else ():
        if isinstance(item, pikepdf.Dictionary) and item.is_indirect:
            yield item.objgen


def _placed(drawn: Drawn, space: PageSpace, picture: SealPicture) -> Shown:
    """How the image lies on the page as displayed, in millimetres from the top left."""
    whole = drawn.matrix.box((0.0, 0.0, 1.0, 1.0))
    if whole is None or not _upright(drawn.matrix, space.rotation):
        return Shown.OTHER
    image, frame = space.displayed(whole), space.displayed(drawn.clip)
    width, height = image[2] - image[0], image[3] - image[1]
    if not (_near(width, picture.width_mm) and _near(height, picture.height_mm)):
        return Shown.OTHER
    seen = _area(_common(image, frame))
    on_paper = _area(_common(frame, (0.0, 0.0, space.width_mm, space.height_mm)))
    if seen <= 0 or on_paper < _WHOLE_FROM * _area(frame):
        return Shown.HIDDEN
    return Shown.WHOLE if seen >= _WHOLE_FROM * width * height else Shown.PART


def _upright(matrix: Matrix, rotation: int) -> bool:
    """Whether the image's foot lies below its head, and its left side left, once the page is turned clockwise."""
    across, up = (matrix.a, matrix.b), (matrix.c, matrix.d)
    for _ in range(rotation // 90):
        across, up = (across[1], -across[0]), (up[1], -up[0])
    return across[0] > 0 and up[1] > 0


def _near(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= max(_TOLERANCE_MM, _SIZE_TOLERANCE * wanted)


def _common(one: Box, two: Box) -> Box:
    return max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3])


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
