"""Finds a text on the pages of an OFD document, in millimetres of the page.

Products write a line as one TextObject, as one for each word or letter, and in any order. So a page is searched
twice: as the file goes, which also finds what runs over lines, and line by line as the letters stand.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.keyword import in_order, letters_of
from gmseal.ofd.limits import DEFAULT_LIMITS, OfdLimits
from gmseal.ofd.package import OfdDocument, Package, open_package
from gmseal.ofd.page_text import Letter, TextReader
from gmseal.placement import FoundText
from gmseal.text.matching import Box, occurrences, place_of

_WIDEST_GAP: Final = 4.0
"""Letters of one line that stand further apart, in heights of a letter, are of different columns."""


def find_text(
    source: Path | Package,
    keyword: str,
    *,
    document: int = 0,
    pages: tuple[int, ...] | None = None,
    limits: OfdLimits = DEFAULT_LIMITS,
) -> tuple[FoundText, ...]:
    """Every place of a text, page by page in reading order; ``pages`` from 0, ``None`` for all.

    Blanks, line ends, and full or half width do not matter, nor how the file cuts the text into objects.
    Raises as ``open_package``, and ``Refused`` with ``KEYWORD``, ``PAGE_MISSING``, ``TOO_MANY_PLACES``
    or ``TEXT_UNREADABLE``.
    """
    package = source if isinstance(source, Package) else open_package(source, limits)
    return text_in(package, package.document(document), keyword, pages)


def text_in(
    package: Package, document: OfdDocument, keyword: str, pages: tuple[int, ...] | None = None
) -> tuple[FoundText, ...]:
    """The same for a document of an opened package."""
    wanted = letters_of(keyword, pages, len(document.pages))
    searched = range(len(document.pages)) if pages is None else sorted(set(pages))
    try:
        reader = TextReader(package, document)
        return in_order(
            keyword, ((page, box) for page in searched for box in _on_page(reader.letters(page), wanted))
        )
    except RecursionError as error:
        raise MalformedInput("A page is nested too deeply.") from error
    except Refused as refusal:
        if refusal.reason != "RENDER_LIMIT":
            raise
        raise Refused("TEXT_UNREADABLE", f"The text of a page cannot be searched: {refusal}") from refusal


def _on_page(letters: list[Letter], wanted: str) -> Iterator[Box]:
    """The boxes of a text on one page, each once."""
    found: list[Box] = []
    for sequence in (letters, *_lines(letters)):
        texts = [letter.text for letter in sequence]
        for place in occurrences(texts, wanted):
            box = place_of(sequence[index].box for index in place)
            if not any(_same(box, other) for other in found):
                found.append(box)
                yield box


def _lines(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """The letters as they stand: from the left to the right on each line, cut where a column ends."""
    lines: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda one: (one.box[1] + one.box[3], one.box[0])):
        if lines and _middle_within(letter, lines[-1][-1]):
            lines[-1].append(letter)
        else:
            lines.append([letter])
    for line in lines:
        run: list[Letter] = []
        for letter in sorted(line, key=lambda one: one.box[0]):
            height = letter.box[3] - letter.box[1]
            if run and letter.box[0] - run[-1].box[2] > _WIDEST_GAP * height:
                yield run
                run = []
            run.append(letter)
        if run:
            yield run


def _middle_within(letter: Letter, line: Letter) -> bool:
    middle = (letter.box[1] + letter.box[3]) / 2
    return line.box[1] < middle < line.box[3]


def _same(one: Box, other: Box) -> bool:
    return all(abs(a - b) < 0.25 * (one[3] - one[1]) for a, b in zip(one, other, strict=True))
