"""The proof sheet of a transition as a PDF: what changed, and line by line what became of every thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the table, with what stands small below its text."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProofSheet:
    """Every value as it is to be read. A width of 0 takes the room that is left; widths in millimetres.

    `facts` are lines of one or two parts. `unchanged` is whether the things are still those that were recorded.
    """

    title: str
    organization: str
    facts: Sequence[Sequence[str]]
    lead: str
    empty: str
    headers: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[Cell]]
    digest: str
    unchanged: bool
    entry: str
    signatures: Sequence[str]
    printed_at: str


def typeset(sheet: ProofSheet) -> bytes:
    """The sheet as PDF, A4. Raises Unavailable when typesetting fails."""
    failure = Unavailable(
        "SHEET_NOT_TYPESET",
        "证明单暂时无法排版，请稍后重试。",
        "The proof sheet could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.transitions", "proof_sheet.typ", asdict(sheet), failure)


def minute(at: int) -> str:
    """A time as it stands in the foot of a sheet."""
    return f"{beijing_time(at):%Y-%m-%d %H:%M}"


def second(at: int) -> str:
    """The instant of a transition."""
    return f"{beijing_time(at):%Y-%m-%d %H:%M:%S}"
