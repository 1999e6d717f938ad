"""Usual and fixed sizes of seal faces, as dated data: which size a kind of seal has for a kind of organization."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib import resources

from gmseal.picture.face import Centre, SealFace, Shape
from shuangyin.seals.kinds import FaceStandard


@cache
def face_standards() -> tuple[FaceStandard, ...]:
    """All rows, the more special before the more general."""
    text = resources.files("shuangyin.seals").joinpath("face_standards.json").read_text(encoding="utf-8")
    return tuple(_standard(row) for row in json.loads(text))


def standard_for(category: str, organization_category: str, on: date) -> FaceStandard:
    """The standard of a kind of seal for a kind of organization on a day."""
    for row in face_standards():
        in_force = row.valid_from <= on and (row.valid_until is None or on <= row.valid_until)
        suits = "*" in row.organizations or organization_category in row.organizations
        if row.category == category and suits and in_force:
            return row
    message = f"face_standards.json lacks {category}"
    raise LookupError(message)


def face_of(
    standard: FaceStandard,
    *,
    text: str,
    words: str | None,
    shape: str,
    width_mm: float,
    height_mm: float,
    code: str | None,
    trial: bool,
) -> SealFace:
    """A face that gmseal can draw. Raises gmseal's Refused when text, size or code cannot be."""
    centre = Centre(standard.centre) if shape == Shape.ROUND else Centre.NONE
    if centre is Centre.EMBLEM_PLACEHOLDER and not trial:
        centre = Centre.NONE
    return SealFace(
        shape=Shape(shape),
        text=text,
        horizontal_text=words,
        code=code,
        centre=centre,
        width_mm=width_mm,
        height_mm=height_mm,
        border_mm=standard.border_mm,
        trial_mark=trial,
    )


def _standard(row: dict[str, object]) -> FaceStandard:
    until = row["valid_until"]
    return FaceStandard(
        category=str(row["category"]),
        organizations=tuple(str(one) for one in row["organizations"]),  # type: ignore[attr-defined]  # a list in our own file
        shape=str(row["shape"]),
        width_mm=float(str(row["width_mm"])),
        height_mm=float(str(row["height_mm"])),
        centre=str(row["centre"]),
        border_mm=float(str(row["border_mm"])),
        words=None if row["words"] is None else str(row["words"]),
        limit_mm=float(str(row["limit_mm"])),
        fixed=bool(row.get("fixed", False)),
        citation=str(row["citation"]),
        valid_from=date.fromisoformat(str(row["valid_from"])),
        valid_until=None if until is None else date.fromisoformat(str(until)),
    )
