"""Kinds of seals whose size and layout are settled, as data with the source of each figure."""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from gmseal.picture.face import Centre, Lettering, SealFace, Shape


class FaceKind(StrEnum):
    """Kinds of seals that ``standards.json`` describes."""

    LIMITED_COMPANY = "limited_company"
    COMPANY_BY_SHARES = "company_by_shares"
    PUBLIC_INSTITUTION = "public_institution"
    NATIONAL_ASSOCIATION = "national_association"
    LOCAL_ASSOCIATION = "local_association"
    TRADE_UNION = "trade_union"
    DISTRICT_GOVERNMENT = "district_government"
    TOWNSHIP_GOVERNMENT = "township_government"
    DEPARTMENT = "department"
    CONTRACT = "contract"
    FINANCE = "finance"
    FINANCE_SQUARE = "finance_square"
    INVOICE = "invoice"
    PERSONAL_NAME = "personal_name"
    FOREIGN_INVESTED = "foreign_invested"


@dataclass(frozen=True, slots=True)
class FaceStandard:
    """The usual face of a kind; lengths in mm. ``limit_mm`` is the largest side the source allows."""

    kind: FaceKind
    shape: Shape
    width_mm: float
    height_mm: float
    centre: Centre
    border_mm: float
    limit_mm: float
    citation: str
    words: str | None = None
    inner_ring: bool = False
    lettering: Lettering | None = None


@cache
def face_standards() -> dict[FaceKind, FaceStandard]:
    """Every kind with its standard."""
    text = resources.files("gmseal.picture").joinpath("standards.json").read_text(encoding="utf-8")
    return {FaceKind(row["kind"]): _standard(row) for row in json.loads(text)}


def _standard(row: dict[str, Any]) -> FaceStandard:
    lettering = row.get("lettering")
    return FaceStandard(
        kind=FaceKind(row["kind"]),
        shape=Shape(row["shape"]),
        width_mm=row["width_mm"],
        height_mm=row["height_mm"],
        centre=Centre(row["centre"]),
        border_mm=row["border_mm"],
        limit_mm=row["limit_mm"],
        citation=row["citation"],
        words=row.get("words"),
        inner_ring=row.get("inner_ring", False),
        lettering=None if lettering is None else Lettering(**lettering),
    )


def face_of_kind(
    kind: FaceKind,
    text: str,
    *,
    code: str | None = None,
    taxpayer_number: str | None = None,
    sequence: int | None = None,
    words: str | None = None,
    columns: tuple[str, ...] = (),
    white_on_red: bool = False,
    trial_mark: bool = False,
) -> SealFace:
    """The face of a seal of this kind, for the organization or person called ``text``.

    ``sequence`` numbers one of several business seals of a kind; it stands in brackets beneath the words.
    ``words`` replaces the kind's own (``合同专用章``). ``columns`` is the arrangement of a name seal, from
    ``gmseal.picture.names``. Raises ``Refused`` as ``SealFace`` does.
    """
    standard = face_standards()[kind]
    return SealFace(
        shape=standard.shape,
        text=text,
        horizontal_text=standard.words if words is None else words,
        middle_text=taxpayer_number,
        code=code,
        centre=standard.centre,
        width_mm=standard.width_mm,
        height_mm=standard.height_mm,
        border_mm=standard.border_mm,
        inner_ring=standard.inner_ring,
        number=sequence,
        columns=columns,
        white_on_red=white_on_red,
        lettering=standard.lettering,
        trial_mark=trial_mark,
    )
