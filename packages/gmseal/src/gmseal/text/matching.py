"""Finds a keyword in the letters of a page, as a reader sees it and not as a program wrote it.

Programs cut text into pieces, set 「甲 方（盖章）」 with blanks to fill a line, and mix full and half width.
So both sides are decomposed for compatibility (Unicode, NFKD), and everything without ink is left out.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in millimetres from the top left of the page as displayed."""

_NO_INK = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """What of a text counts when it is compared: decomposed, without blanks, controls and format marks."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if unicodedata.category(letter) not in _NO_INK and letter != "\u00ad"
    )


def occurrences(letters: Sequence[str], keyword: str) -> list[tuple[int, ...]]:
    """Where ``keyword`` stands among the letters of a page: the indexes of the letters with ink of each place.

    ``keyword`` is folded already. Occurrences do not overlap; they come in the order of the letters.
    """
    parts = [folded(letter) for letter in letters]
    text = "".join(parts)
    found: list[tuple[int, ...]] = []
    if not keyword or keyword not in text:
        return found
    origin = [index for index, part in enumerate(parts) for _ in part]
    begin = text.find(keyword)
    while begin >= 0:
        end = begin + len(keyword)
        found.append(tuple(dict.fromkeys(origin[begin:end])))
        begin = text.find(keyword, end)
    return found


def place_of(boxes: Iterable[Box]) -> Box:
    """The box of an occurrence; of one that runs over lines, of the line that holds most of its letters."""
    lines: list[list[Box]] = []
    for box in boxes:
        if lines and _on_one_line(lines[-1][-1], box):
            lines[-1].append(box)
        else:
            lines.append([box])
    return _around(max(lines, key=len))


def _on_one_line(one: Box, other: Box) -> bool:
    """Letters of a line overlap by half their height; of a column of vertical text, by half their width."""
    return _shared(one[1], one[3], other[1], other[3]) or _shared(one[0], one[2], other[0], other[2])


def _shared(begin: float, end: float, other_begin: float, other_end: float) -> bool:
    common = min(end, other_end) - max(begin, other_begin)
    return common > 0.5 * min(end - begin, other_end - other_begin)


def _around(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def in_reading_order(places: Iterable[Box]) -> list[Box]:
    """From top to bottom, on one line from left to right; what was drawn twice for boldness counts once."""
    lines: list[list[Box]] = []
    for box in sorted(places, key=lambda one: (one[1] + one[3], one[0])):
        if lines and _shared(lines[-1][0][1], lines[-1][0][3], box[1], box[3]):
            lines[-1].append(box)
        else:
            lines.append([box])
    ordered: list[Box] = []
    for box in (box for line in lines for box in sorted(line)):
        if not any(_drawn_twice(box, other) for other in ordered[-2:]):
            ordered.append(box)
    return ordered


def _drawn_twice(one: Box, other: Box) -> bool:
    """Whether two occurrences lie over each other, a fraction of their height apart."""
    return all(abs(a - b) < 0.25 * (one[3] - one[1]) for a, b in zip(one, other, strict=True))
