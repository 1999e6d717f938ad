"""Finds keywords on the pages of a PDF with PDFium. Run as a program of its own.

PDFium is fast but written in C++, is not safe for threads, and unpacks whatever a page asks it to. In a
process with limits of memory and time the worst that a file can do is to end that process.

The request is JSON on standard input: ``path``, ``keyword`` (folded), ``pages`` (``null`` for all),
``most`` places. The answer is JSON: a list of ``[page, boxes of the letters]`` in the page's own units
as left, bottom, right, top; one more than ``most`` when there are more.
"""

import ctypes
import json
import resource
import sys
from itertools import pairwise
from typing import Any

from gmseal.text.matching import occurrences

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 60
MAX_LETTERS = 500_000
"""Letters of one page that are looked at; a newspaper page has some twenty thousand."""

Box = tuple[float, float, float, float]


def main() -> None:
    """Answers the one request on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    request = json.load(sys.stdin)
    import pypdfium2  # noqa: PLC0415 - after the limits, so that they hold for it too

    document = pypdfium2.PdfDocument(request["path"])
    count = len(document)
    wanted = request["pages"]
    found: list[tuple[int, list[Box]]] = []
    for index in range(count) if wanted is None else wanted:
        if index < count and len(found) <= request["most"]:
            found += [(index, boxes) for boxes in _on_page(document, index, request["keyword"])]
    json.dump(found[: request["most"] + 1], sys.stdout)


def _on_page(document: Any, index: int, keyword: str) -> list[list[Box]]:
    page = document[index]
    text = page.get_textpage()
    try:
        letters = _letters(text)
        return [
            [_box(text, letter) for letter in place if not _is_invented(text, letter)]
            for place in occurrences(letters, keyword)
        ]
    finally:
        text.close()
        page.close()


def _letters(text: Any) -> list[str]:
    """Every letter by its index; the second half of a surrogate pair adds nothing to the first."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - as above

    codes = [pdfium.FPDFText_GetUnicode(text, index) for index in range(min(text.count_chars(), MAX_LETTERS))]
    letters = [chr(code) if code < 0x110000 else "" for code in codes]
    for index, (high, low) in enumerate(pairwise(codes)):
        if 0xD800 <= high < 0xDC00 <= low < 0xE000:
            letters[index] = chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
            letters[index + 1] = ""
    return letters


def _is_invented(text: Any, index: int) -> bool:
    """Whether PDFium put the letter in by itself, as it does with blanks: it stands nowhere."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - as above

    return bool(pdfium.FPDFText_IsGenerated(text, index) == 1)


def _box(text: Any, index: int) -> Box:
    """The box of a letter with its font's height, so that 一 is as high as 章; of turned letters, the ink."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - as above

    left, bottom, right, top = text.get_charbox(index)
    rectangle = pdfium.FS_RECTF()
    if pdfium.FPDFText_GetLooseCharBox(text, index, ctypes.byref(rectangle)):
        loose = (
            min(rectangle.left, rectangle.right),
            min(rectangle.bottom, rectangle.top),
            max(rectangle.left, rectangle.right),
            max(rectangle.bottom, rectangle.top),
        )
        across, up = (left + right) / 2, (bottom + top) / 2
        if loose[0] <= across <= loose[2] and loose[1] <= up <= loose[3] and loose[2] - loose[0] > 0.01:
            return loose
    return left, bottom, right, top


if __name__ == "__main__":
    main()
