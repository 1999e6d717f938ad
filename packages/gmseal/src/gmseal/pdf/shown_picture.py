"""Whether the mark that stands for a seal signature is the picture of the signed seal: that picture and nothing else,
of the seal's size, upright.

The appearance of the signature field is read, not drawn (ISO 32000-1, 12.5.5). An image as this library writes it is
compared entry by entry, its data and mask octet by octet; the samples of one that another program wrote are compared
with those of the seal.
"""

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Final

import pikepdf

from gmseal.errors import GmsealError
from gmseal.pdf.damage import reading
from gmseal.pdf.document import Document
from gmseal.pdf.drawn_image import Matrix, drawn_image, fitting
from gmseal.pdf.entries import rare_entry
from gmseal.pdf.geometry import Box, PageSpace, box_of, page_space
from gmseal.pdf.offsets import Place
from gmseal.pdf.own_mark import OwnMark, own_field, own_mark
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
    own = own_field(document, field.objgen)
    mark = None if own is None else own_mark(document, own.form, picture)
    if own is not None and mark is not None:
        page = _page_listing(document, field.objgen, own.page)
        if page is None or own.box[2] <= own.box[0] or own.box[3] <= own.box[1]:
            return Shown.HIDDEN
        return _own_placed(mark, own.box, page_space(page), (picture.width_mm, picture.height_mm))
    return _judge_any(document, field, picture, good)


def _judge_any(
    document: Document, field: pikepdf.Object, picture: SealPicture, good: Callable[[], bool]
) -> Shown:
    """As ``_judge``, for a field that is not letter by letter as this library writes it."""
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
    if not isinstance(normal, pikepdf.Stream):
        return Shown.UNSURE
    own = own_mark(document, normal.objgen, picture)
    if own is not None:
        return _own_placed(own, box, page_space(page), (picture.width_mm, picture.height_mm))
    return _drawn_otherwise(normal, box, page_space(page), picture, good)


def _drawn_otherwise(
    appearance: pikepdf.Stream, box: Box, space: PageSpace, picture: SealPicture, good: Callable[[], bool]
) -> Shown:
    """What an appearance shows that another program wrote, or that was changed."""
    drawn = drawn_image(appearance, box)
    if drawn is None:
        return Shown.UNSURE
    found = _placed(drawn.matrix, drawn.clip, space, (picture.width_mm, picture.height_mm))
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
    return _page_listing(document, widget.objgen, place)


def _page_listing(document: Document, widget: Place, named: Place | None) -> pikepdf.Object | None:
    """The page that lists an annotation, that of the number ``named`` before others."""
    for page in document.pages:
        if page.objgen == named and _lists(page, widget):
            return page
    return next((page for page in document.pages if _lists(page, widget)), None)


def _lists(page: pikepdf.Object, widget: Place) -> bool:
    listed = rare_entry(page, "/Annots")
    if not isinstance(listed, pikepdf.Array):
        return False
    for number in range(len(listed)):
        item = listed[number]
        if isinstance(item, pikepdf.Dictionary) and item.is_indirect and item.objgen == widget:
            return True
    return False


@lru_cache(maxsize=512)
def _own_placed(mark: OwnMark, rectangle: Box, space: PageSpace, size_mm: tuple[float, float]) -> Shown:
    """How the picture in a mark of this library lies on the page: the same numbers come back in every document of a batch."""
    turn = Matrix(*mark.turn)
    fitted = fitting(turn.box(mark.box), rectangle)
    placed = Matrix(mark.width, 0, 0, mark.height, mark.x, mark.y)
    matrix = None if fitted is None else placed.then(turn).then(fitted)
    return _placed(matrix, rectangle, space, size_mm)


def _placed(matrix: Matrix | None, clip: Box, space: PageSpace, size_mm: tuple[float, float]) -> Shown:
    """How the image lies on the page as displayed, in millimetres from the top left.

    ``matrix`` is that of its unit square, ``clip`` the part of the page's own space that is seen of it.
    """
    whole = None if matrix is None else matrix.box((0.0, 0.0, 1.0, 1.0))
    if matrix is None or whole is None or not _upright(matrix, space.rotation):
        return Shown.OTHER
    image, frame = space.displayed(whole), space.displayed(clip)
    width, height = image[2] - image[0], image[3] - image[1]
    if not (_near(width, size_mm[0]) and _near(height, size_mm[1])):
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
