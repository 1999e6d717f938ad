"""The sheet that stands for a paper that exists only on paper: what is approved of it, as a document with a digest."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template

PAGE_SIZES = [[210.0, 297.0]]
"""A4, one page: descriptions are bounded so that they fit."""


@dataclass(frozen=True, slots=True)
class SheetSeal:
    """What is asked of one seal, in words."""

    name: str
    presses: str
    seam: str


@dataclass(frozen=True, slots=True)
class PaperSheet:
    """Whose paper, what it is, where it is sealed, how often: label and text in order, and the seals."""

    organization: str
    number: str
    rows: tuple[tuple[str, str], ...]
    seals: tuple[SheetSeal, ...]


def typeset(sheet: PaperSheet) -> bytes:
    """The sheet as PDF. Raises Unavailable when typesetting fails."""
    failure = Unavailable(
        "SHEET_NOT_TYPESET",
        "纸质件用印说明暂时无法排版，请稍后重试。",
        "The sheet that describes the paper could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.requests", "paper_sheet.typ", asdict(sheet), failure)
