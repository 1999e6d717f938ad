"""Searching the text of a document for a keyword, whatever the format: what may be asked, what is answered."""

from collections.abc import Iterable
from typing import Final

from gmseal.errors import Refused
from gmseal.placement import FoundText, check_page
from gmseal.text.matching import Box, folded, in_reading_order

MAX_PLACES: Final = 200
"""More seals on one document are a keyword that was chosen badly."""
MAX_KEYWORD: Final = 100


def letters_of(keyword: str, pages: tuple[int, ...] | None, page_count: int) -> str:
    """The letters of a keyword that are compared. Raises ``Refused`` (``KEYWORD``, ``PAGE_MISSING``)."""
    wanted = folded(keyword[: 10 * MAX_KEYWORD])
    if not 0 < len(wanted) <= MAX_KEYWORD:
        raise Refused("KEYWORD", f"A keyword has 1 to {MAX_KEYWORD} letters besides blanks.")
    for page in pages or ():
        check_page(page, page_count)
    return wanted


def in_order(keyword: str, found: Iterable[tuple[int, Box]]) -> tuple[FoundText, ...]:
    """Places as they are numbered: page by page in reading order. Raises ``Refused`` (``TOO_MANY_PLACES``)."""
    by_page: dict[int, list[Box]] = {}
    for count, (page, box) in enumerate(found, 1):
        by_page.setdefault(page, []).append(box)
        if count > MAX_PLACES:
            raise Refused("TOO_MANY_PLACES", f"The text 「{keyword}」 is there more than {MAX_PLACES} times.")
    return tuple(
        FoundText(page, left, top, right - left, bottom - top)
        for page in sorted(by_page)
        for left, top, right, bottom in in_reading_order(by_page[page])
    )
