"""Finds a text on the pages of a PDF, in millimetres of the page as displayed.

What is searched is the text that a page draws: not what annotations and form fields show, and not
letters inside pictures.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from gmseal.errors import Refused
from gmseal.keyword import MAX_PLACES, in_order, letters_of
from gmseal.pdf.document import Document, open_document
from gmseal.pdf.geometry import page_space
from gmseal.pdf.limits import DEFAULT_LIMITS, PdfLimits
from gmseal.placement import FoundText
from gmseal.text.matching import Box, place_of

_SECONDS = 120


def find_text(
    source: Path,
    keyword: str,
    *,
    pages: tuple[int, ...] | None = None,
    limits: PdfLimits = DEFAULT_LIMITS,
) -> tuple[FoundText, ...]:
    """Every place of a text, page by page in reading order; ``pages`` from 0, ``None`` for all.

    Blanks, line ends, and full or half width do not matter, nor how the file cuts the text into pieces.
    Raises as ``open_document``, and ``Refused`` with ``KEYWORD``, ``PAGE_MISSING``, ``TOO_MANY_PLACES``
    or ``TEXT_UNREADABLE``.
    """
    with open_document(source, limits) as document:
        return text_in(document, keyword, pages)


def text_in(document: Document, keyword: str, pages: tuple[int, ...] | None = None) -> tuple[FoundText, ...]:
    """The same for a document that is open."""
    wanted = letters_of(keyword, pages, len(document.pages))
    searched = None if pages is None else sorted(set(pages))
    found = _ask(document, {"keyword": wanted, "pages": searched, "most": MAX_PLACES})
    return in_order(keyword, _displayed(document, found))


def _displayed(document: Document, found: list[tuple[int, list[Box]]]) -> Iterator[tuple[int, Box]]:
    for page, letters in found:
        space = page_space(document.pages[page])
        if letters:
            yield page, place_of(space.displayed(letter) for letter in letters)


def _ask(document: Document, request: dict[str, object]) -> list[tuple[int, list[Box]]]:
    """Puts the request to a process of its own, which reads the very file that is open here."""
    descriptor = document.file.fileno()
    question = json.dumps({"path": f"/dev/fd/{descriptor}", **request})
    # -P: modules lying about in the current folder must not be imported.
    command = [sys.executable, "-P", "-m", "gmseal.text.pdfium_letters"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, the request goes through a pipe
            command,
            input=question.encode("ascii"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            pass_fds=(descriptor,),
        )
        if done.returncode == 0:
            return [(page, [_sides(box) for box in boxes]) for page, boxes in json.loads(done.stdout)]
    except (OSError, subprocess.TimeoutExpired, ValueError, TypeError) as error:
        raise Refused("TEXT_UNREADABLE", "The text of this PDF cannot be read.") from error
    raise Refused("TEXT_UNREADABLE", "The text of this PDF cannot be read.")


def _sides(box: Iterable[float]) -> Box:
    left, bottom, right, top = (float(side) for side in box)
    return left, bottom, right, top
