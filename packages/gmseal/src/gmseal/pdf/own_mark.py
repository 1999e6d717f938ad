"""The mark that this library writes, known again letter by letter.

Form, image and opacity mask are compared with what would be written for the picture of the seal, in the bytes of the
file at the places that the cross-references give, up to the word that ends each object. Nothing is left to be
interpreted: octets that are the same are read the same by every program. Whatever differs by a single octet is
followed and looked at as another program's mark is (``drawn_image``, ``same_image``).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from gmseal.pdf import syntax
from gmseal.pdf.document import Document
from gmseal.pdf.geometry import Box, box_between
from gmseal.pdf.image import ImageObject, image_object
from gmseal.pdf.offsets import Place
from gmseal.ses.seal import SealPicture

_FORM_WITHIN: Final = 512
"""Octets of a form; with its longest numbers it has some 350."""
_SIDE: Final = rb"(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)"
_FORM: Final = re.compile(
    rb"([0-9]+) 0 obj\n<</Type/XObject/Subtype/Form/BBox\[0 0 %(side)s %(side)s\]"
    rb"(?:/Matrix\[(-?[01]) (-?[01]) (-?[01]) (-?[01]) 0 0\])?"
    rb"/Resources<</XObject<</S (?P<image>[0-9]{1,9}) 0 R>>/ExtGState<</M<</BM/Multiply>>>>>>/Length (?P<length>[0-9]{1,3})>>\n"
    rb"stream\n(?P<content>q /M gs %(side)s 0 0 %(side)s %(side)s %(side)s cm /S Do Q)\nendstream\nendobj\n"
    % {b"side": _SIDE}
)
_FIELD_WITHIN: Final = 1024
_FIELD: Final = re.compile(
    rb"([0-9]+) 0 obj\n<</Type/Annot/P ([0-9]{1,9}) 0 R/Rect\[%(side)s %(side)s %(side)s %(side)s\]"
    rb"/AP<</N ([0-9]{1,9}) 0 R>>/Subtype/Widget/FT/Sig/F 132/T(?:\([0-9A-Za-z]*\)|<[0-9A-F]*>)"
    rb"/V [0-9]{1,9} 0 R>>\nendobj\n" % {b"side": _SIDE}
)
"""A signature field that is its own annotation: printed and locked (12.5.3), neither hidden nor turned with the view."""
_OBJECT_END: Final = b"\nendobj\n"
_NUMBER: Final = re.compile(rb"([0-9]{1,9}) 0 R")


class OwnMark(NamedTuple):
    """A form with the seal's picture in it: its box, its matrix (a, b, c, d) and where the picture lies in it."""

    box: Box
    turn: tuple[float, float, float, float]
    width: float
    height: float
    x: float
    y: float


class OwnField(NamedTuple):
    """A signature field with one appearance: the page that it names, its rectangle, and the form that it shows."""

    page: Place
    box: Box
    form: Place


def own_field(document: Document, field: Place) -> OwnField | None:
    """The field, if it is one that this library writes beside a mark; ``None`` for any other."""
    return _field_in(_object_text(document, field, _FIELD_WITHIN), field)


@lru_cache(maxsize=512)
def _field_in(text: bytes, field: Place) -> OwnField | None:
    """It follows from the text alone, and fields in the same place have the same text in every document of a batch."""
    found = _FIELD.fullmatch(text)
    if found is None or int(found[1]) != field[0] or field[1]:
        return None
    box = box_between([float(side) for side in found.groups()[2:6]])
    return None if box is None else OwnField((int(found[2]), 0), box, (int(found[7]), 0))


def own_mark(document: Document, form: Place, picture: SealPicture) -> OwnMark | None:
    """The mark, if the form is one that this library writes for this picture; ``None`` for any other.

    Raises ``Refused`` when the picture of the seal cannot be drawn.
    """
    found = _form_in(_object_text(document, form, _FORM_WITHIN), form)
    if found is None:
        return None
    mark, image = found
    return mark if _is_picture(document, image, image_object(picture.type, picture.data)) else None


@lru_cache(maxsize=512)
def _form_in(text: bytes, form: Place) -> tuple[OwnMark, int] | None:
    """The mark and the number of its image, if this is the text of such a form. As ``_field_in``."""
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) != form[0] or form[1] or int(found["length"]) != len(found["content"]):
        return None
    wide, high, *turn = found.groups()[1:7]
    a, b, c, d = (float(one) for one in turn) if turn[0] is not None else (1.0, 0.0, 0.0, 1.0)
    width, height, x, y = (float(one) for one in found.groups()[10:])
    return OwnMark((0.0, 0.0, float(wide), float(high)), (a, b, c, d), width, height, x, y), int(
        found["image"]
    )


def _is_picture(document: Document, image: int, expected: ImageObject) -> bool:
    before, after, mask = _written(expected)
    before = b"%d 0 obj\n%s" % (image, before)
    room = len(before) + len(after) + 16
    text = _octets(document, (image, 0), room)
    number = _NUMBER.match(text, len(before)) if text.startswith(before) else None
    if number is None or not text.startswith(after, number.end()):
        return False
    mask = b"%d 0 obj\n%s" % (int(number[1]), mask)
    return _octets(document, (int(number[1]), 0), len(mask)) == mask


@lru_cache(maxsize=64)
def _written(expected: ImageObject) -> tuple[bytes, bytes, bytes]:
    """The image object before and behind the number of its mask, and the mask object, each to its end."""
    before, after = expected.image(0).split(syntax.reference(0), 1)
    return before, after + b"\nendobj\n", expected.mask() + b"\nendobj\n"


def _object_text(document: Document, place: Place, within: int) -> bytes:
    """An object of at most so many octets up to the end of the line of its first ``endobj``; none for a longer one."""
    text = _octets(document, place, within)
    return text[: text.find(_OBJECT_END) + len(_OBJECT_END)] if _OBJECT_END in text else b""


def _octets(document: Document, place: Place, count: int) -> bytes:
    """So many octets of the file from the beginning of an object; none for one that does not stand in it by itself."""
    offset = document.offset_of(place)
    if not offset:
        return b""
    document.file.seek(offset)
    return document.file.read(count)
