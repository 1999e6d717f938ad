"""What a seal face shows. The usual face of each kind of seal is data: see ``gmseal.picture.standards``."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from gmseal.errors import Refused

MIN_SIDE_MM = 8.0
"""Below this no text on a face can be read or engraved."""
MAX_SIDE_MM = 60.0
"""The seal of the State Council, the largest there is (国发〔1999〕25号 article 2)."""
MAX_TEXT = 80
"""Characters on a face; the longest registered names of organizations stay below this."""
MAX_NUMBER = 999

_CODE = re.compile(r"[0-9]{13,14}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Shape(StrEnum):
    """The outline of a face."""

    ROUND = "round"
    ELLIPSE = "ellipse"
    SQUARE = "square"
    RECTANGLE = "rectangle"


class Centre(StrEnum):
    """What stands in the middle of a round face.

    The national emblem is drawn by whoever may issue such a seal, never by this library:
    ``EMBLEM_PLACEHOLDER`` marks its place and is allowed on trial faces only.
    """

    STAR = "star"
    NONE = "none"
    EMBLEM_PLACEHOLDER = "emblem_placeholder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """Sizes of characters that a regulation fixes, in mm; without them they follow from the face's size."""

    ring_mm: float
    words_mm: float
    words_width_mm: float
    middle_mm: float
    middle_span_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFace:
    """A seal face. Lengths in millimetres, outer edge to outer edge.

    ``text`` runs along the rim of round and elliptical faces and fills square and rectangular ones.
    ``horizontal_text`` stands below the centre (``合同专用章``), ``number`` in brackets beneath it tells several
    business seals of one kind apart, ``middle_text`` is in the middle of a face without star (the taxpayer
    number of an invoice seal), ``code`` is the seal code along the lower rim (13 or 14 digits).
    ``columns`` arranges ``text`` on a square or rectangular face, right to left (``gmseal.picture.names``).
    ``inner_ring`` draws a second, thin ring inside the border; ``white_on_red`` cuts the characters out of a
    red face (白文) and is for square and rectangular faces.

    Raises ``Refused`` with ``FACE_SIZE``, ``FACE_TEXT``, ``FACE_CODE``, ``FACE_NUMBER``, ``FACE_CENTRE`` or
    ``FACE_LAYOUT``.
    """

    shape: Shape
    text: str
    width_mm: float | Decimal
    height_mm: float | Decimal
    horizontal_text: str | None = None
    middle_text: str | None = None
    code: str | None = None
    centre: Centre = Centre.NONE
    border_mm: float = 1.2
    inner_ring: bool = False
    number: int | None = None
    columns: tuple[str, ...] = ()
    white_on_red: bool = False
    lettering: Lettering | None = None
    trial_mark: bool = False

    COLOUR: ClassVar[str] = "#B5202A"
    """印泥红, the one colour of seals."""

    def __post_init__(self) -> None:
        _check_size(self)
        for text in (self.text, self.horizontal_text, self.middle_text):
            if text is not None:
                _check_text(text)
        if self.code is not None and not _CODE.fullmatch(self.code):
            raise Refused("FACE_CODE", "A seal code has 13 or 14 digits.")
        if self.centre is Centre.EMBLEM_PLACEHOLDER and not self.trial_mark:
            raise Refused("FACE_CENTRE", "The place of the national emblem is drawn on trial faces only.")
        if self.centre is not Centre.NONE and self.shape is not Shape.ROUND:
            raise Refused("FACE_CENTRE", "Only round faces have a star or an emblem in the centre.")
        if self.number is not None and not 1 <= self.number <= MAX_NUMBER:
            raise Refused("FACE_NUMBER", f"Business seals of one kind are numbered from 1 to {MAX_NUMBER}.")
        _check_layout(self)

    @property
    def rimmed(self) -> bool:
        """True for round and elliptical faces, whose text runs along the rim."""
        return self.shape in {Shape.ROUND, Shape.ELLIPSE}


def _check_size(face: SealFace) -> None:
    width, height = float(face.width_mm), float(face.height_mm)
    for side in (width, height):
        if not MIN_SIDE_MM <= side <= MAX_SIDE_MM:
            raise Refused("FACE_SIZE", f"A seal face is {MIN_SIDE_MM:g} to {MAX_SIDE_MM:g} mm wide and high.")
    if face.shape in {Shape.ROUND, Shape.SQUARE} and width != height:
        raise Refused("FACE_SIZE", "A round or square face is as wide as it is high.")
    if not 0.2 <= face.border_mm <= min(width, height) / 8:
        raise Refused("FACE_SIZE", "The border is at least 0.2 mm and at most an eighth of the smaller side.")


def _check_layout(face: SealFace) -> None:
    """What is asked for can stand together; nothing given is ever left out of the drawing."""
    if face.middle_text is not None and face.centre is not Centre.NONE:
        raise Refused("FACE_LAYOUT", "A text in the middle needs a face without star or emblem.")
    if face.rimmed and (face.columns or face.white_on_red):
        raise Refused("FACE_LAYOUT", "Columns and white characters are for square and rectangular faces.")
    if not face.rimmed and face.inner_ring:
        raise Refused("FACE_LAYOUT", "A second ring is for round and elliptical faces.")
    if face.columns and ("" in face.columns or sorted("".join(face.columns)) != sorted(face.text)):
        raise Refused("FACE_LAYOUT", "The columns of a face hold the characters of its text, each once.")
    if face.columns and (face.horizontal_text or face.middle_text or face.code or face.number):
        raise Refused("FACE_LAYOUT", "A face in columns has no further lines.")


def _check_text(text: str) -> None:
    if not text.strip() or len(text) > MAX_TEXT:
        raise Refused("FACE_TEXT", f"A text on a seal face has 1 to {MAX_TEXT} characters.")
    if _CONTROL.search(text):
        raise Refused("FACE_TEXT", "A text on a seal face has no control or invisible characters.")
