"""What a seal face shows, and the sizes that the regulations and the trade give to each kind.

Sources: 国发〔1999〕25号 articles 13, 14, 15, 17 (star, at most 45 mm for enterprises, Song typeface);
国家税务总局公告2011年第7号 (invoice seal 40 x 30 mm, border 1 mm); trade practice for the rest.
"""

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

_CODE = re.compile(r"\d{13,14}")
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
class SealFace:
    """A seal face. Lengths in millimetres, outer edge to outer edge.

    ``text`` runs along the rim of round and elliptical faces and fills square and rectangular ones.
    ``horizontal_text`` stands below the centre (``合同专用章``), ``middle_text`` in the middle of an
    ellipse (the taxpayer number), ``code`` is the seal code along the lower rim (13 or 14 digits).

    Raises ``Refused`` with ``FACE_SIZE``, ``FACE_TEXT``, ``FACE_CODE`` or ``FACE_CENTRE``.
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


def _check_size(face: SealFace) -> None:
    width, height = float(face.width_mm), float(face.height_mm)
    for side in (width, height):
        if not MIN_SIDE_MM <= side <= MAX_SIDE_MM:
            raise Refused("FACE_SIZE", f"A seal face is {MIN_SIDE_MM:g} to {MAX_SIDE_MM:g} mm wide and high.")
    if face.shape in {Shape.ROUND, Shape.SQUARE} and width != height:
        raise Refused("FACE_SIZE", "A round or square face is as wide as it is high.")
    if not 0.2 <= face.border_mm <= min(width, height) / 8:
        raise Refused("FACE_SIZE", "The border is at least 0.2 mm and at most an eighth of the smaller side.")


def _check_text(text: str) -> None:
    if not text.strip() or len(text) > MAX_TEXT:
        raise Refused("FACE_TEXT", f"A text on a seal face has 1 to {MAX_TEXT} characters.")
    if _CONTROL.search(text):
        raise Refused("FACE_TEXT", "A text on a seal face has no control or invisible characters.")


class FaceKind(StrEnum):
    """Kinds of seals whose size and layout are settled."""

    LIMITED_COMPANY = "limited_company"
    COMPANY_BY_SHARES = "company_by_shares"
    PUBLIC_INSTITUTION = "public_institution"
    DEPARTMENT = "department"
    CONTRACT = "contract"
    FINANCE = "finance"
    INVOICE = "invoice"
    PERSONAL_NAME = "personal_name"
    FOREIGN_INVESTED = "foreign_invested"


@dataclass(frozen=True, slots=True)
class _Standard:
    shape: Shape
    width_mm: float
    height_mm: float
    centre: Centre
    border_mm: float
    words: str | None = None


_STANDARDS = {
    FaceKind.LIMITED_COMPANY: _Standard(Shape.ROUND, 40, 40, Centre.STAR, 1.2),
    FaceKind.COMPANY_BY_SHARES: _Standard(Shape.ROUND, 42, 42, Centre.STAR, 1.2),
    FaceKind.PUBLIC_INSTITUTION: _Standard(Shape.ROUND, 42, 42, Centre.STAR, 1.2),
    FaceKind.DEPARTMENT: _Standard(Shape.ROUND, 38, 38, Centre.STAR, 1.0),
    FaceKind.CONTRACT: _Standard(Shape.ROUND, 40, 40, Centre.STAR, 1.0, "合同专用章"),
    FaceKind.FINANCE: _Standard(Shape.ROUND, 38, 38, Centre.STAR, 1.0, "财务专用章"),
    FaceKind.INVOICE: _Standard(Shape.ELLIPSE, 40, 30, Centre.NONE, 1.0, "发票专用章"),
    FaceKind.PERSONAL_NAME: _Standard(Shape.SQUARE, 20, 20, Centre.NONE, 1.0),
    FaceKind.FOREIGN_INVESTED: _Standard(Shape.ELLIPSE, 45, 30, Centre.NONE, 1.0),
}


def face_of_kind(
    kind: FaceKind,
    text: str,
    *,
    code: str | None = None,
    taxpayer_number: str | None = None,
    sequence: int | None = None,
    trial_mark: bool = False,
) -> SealFace:
    """The face of a seal of this kind, for the organization or person called ``text``.

    ``sequence`` numbers one of several business seals of a kind: ``合同专用章(2)``.
    """
    standard = _STANDARDS[kind]
    words = standard.words
    if words is not None and sequence is not None:
        words = f"{words}({sequence})"
    return SealFace(
        shape=standard.shape,
        text=text,
        horizontal_text=words,
        middle_text=taxpayer_number,
        code=code,
        centre=standard.centre,
        width_mm=standard.width_mm,
        height_mm=standard.height_mm,
        border_mm=standard.border_mm,
        trial_mark=trial_mark,
    )
