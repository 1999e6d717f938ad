"""Lay watermark, number and code over the pages of a file: the look of a controlled print."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import segno

from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template
from shuangyin.custody import errors


@dataclass(frozen=True, slots=True)
class PrintMark:
    """What a controlled print says of itself: its number, whose it is, the request, and the approved file's SM3."""

    number: str
    organization: str
    request_number: str
    source_sm3: str

    @property
    def code(self) -> str:
        """What the two-dimensional code holds: number and approved file, to be looked up here. No address."""
        return f"{self.number} SM3:{self.source_sm3}"

    @property
    def line(self) -> str:
        return f"{self.organization} · 受控打印件 {self.number} · {self.request_number} · SM3 {self.source_sm3[:16]}"


def mark_pages(path: Path, page_sizes: list[list[float]], mark: PrintMark) -> None:
    """Mark every page of the PDF at `path`, in place. `page_sizes` are mm as displayed.

    Raises Invalid (NOT_PRINTABLE) for a file that cannot be read or changed, Unavailable when typesetting fails.
    """
    sizes = sorted({(size[0], size[1]) for size in page_sizes})
    with _readable(), pikepdf.open(path, allow_overwriting_input=True) as pdf:
        if len(pdf.pages) != len(page_sizes):
            raise errors.not_printable("PAGES_DIFFER")
        with pikepdf.open(io.BytesIO(_marks(sizes, mark))) as marks:
            of_size = dict(zip(sizes, marks.pages, strict=True))
            for page, size in zip(pdf.pages, page_sizes, strict=True):
                page.add_overlay(of_size[size[0], size[1]], None)
        pdf.save(path)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except pikepdf.PasswordError as error:
        raise errors.not_printable("ENCRYPTED") from error
    except pikepdf.PdfError as error:
        raise errors.not_printable("BROKEN_STRUCTURE") from error


def _marks(sizes: list[tuple[float, float]], mark: PrintMark) -> bytes:
    """One page of marks for each size, as PDF."""
    data = {
        "number": mark.number,
        "words": mark.organization,
        "line": mark.line,
        "sizes": [list(size) for size in sizes],
        "code": segno.make(mark.code, error="m").svg_inline(border=2),
    }
    failure = Unavailable(
        "SHEET_NOT_TYPESET",
        "受控打印件暂时无法排版，请稍后重试。",
        "The controlled print could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.custody", "print_mark.typ", data, failure)
