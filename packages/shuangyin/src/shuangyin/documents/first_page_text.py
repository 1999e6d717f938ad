"""Prints the text of a PDF's first pages: run as a program of its own, because the input may be hostile.

PDFium is fast but written in C++, is not safe for threads, and unpacks whatever a page asks it to. In a process
with limits of memory and time, the worst a file can do is to end that process; the platform then refuses the file.
This file imports nothing of the platform, so that it starts quickly.

The answer is JSON: `text`, and `corners`, the pieces of text that stand by themselves in the upper corners of the
first page, where a mark of secrecy is printed.
"""

import json
import resource
import sys
import zlib

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 10
MAX_CHARACTERS = 20_000
PAGES = 2
"""A mark of secrecy stands on the cover or on the first page of the text."""

EXPANDS = 3
"""The exit status for pages that unpack to more than any page needs."""
MAX_UNPACKED = 256 * 1024 * 1024
"""What text, drawings and fonts of these pages may unpack to together, in bytes; a large font has 40 MB."""
BLOCK = 1024 * 1024
MAX_OBJECTS = 50_000
"""So many objects are looked at; a page with more of them is left to the limits of memory and time."""

TOP = 0.25
"""GB/T 9704: the mark is the second line of the type area, whose first line is 37 mm below the edge of an A4 page."""
SIDE = 0.45
"""How far from its edge of the page a corner reaches, as a part of the width."""
APART = 2.5
"""Pieces further apart than so many heights of a letter do not belong together: 「秘 密」 is one, a column is another."""
MAX_PIECE = 24
"""The longest mark with its term and brackets has fewer letters."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as parts of the page as it is shown, from its upper left corner."""


def main(path: str) -> None:
    """Write what the first pages say to standard output, as JSON in UTF-8."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    if unpacked_bytes(path) > MAX_UNPACKED:
        sys.exit(EXPANDS)
    import pypdfium2  # noqa: PLC0415 - after the limits, so that they hold for it too

    document = pypdfium2.PdfDocument(path)
    texts, corners = [], []
    for index in range(min(PAGES, len(document))):
        page = document[index]
        textpage = page.get_textpage()
        texts.append(textpage.get_text_range()[:MAX_CHARACTERS])
        if index == 0:
            corners = corner_pieces(letters(page, textpage))
    answer = json.dumps({"text": "\n".join(texts), "corners": corners}, ensure_ascii=False)
    sys.stdout.buffer.write(answer.encode("utf-8", "ignore"))


def unpacked_bytes(path: str) -> int:
    """What the streams that PDFium unpacks for the text of the first pages hold; counting ends above MAX_UNPACKED."""
    import pikepdf  # noqa: PLC0415 - after the limits, as above

    total = 0
    seen: set[tuple[int, int]] = set()
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        waiting = []
        for index in range(min(PAGES, len(pdf.pages))):
            page = pdf.pages[index]
            waiting += [page.obj.get("/Contents"), page.resources]
        while waiting and len(seen) < MAX_OBJECTS and total <= MAX_UNPACKED:
            item = waiting.pop()
            if not isinstance(item, pikepdf.Object):
                continue
            if item.is_indirect:
                if item.objgen in seen:
                    continue
                seen.add(item.objgen)
            total += unpacked_size(item, pikepdf, MAX_UNPACKED - total)
            waiting += parts(item, pikepdf)
    return total


def parts(item, pikepdf) -> list:  # type: ignore[no-untyped-def,type-arg]  # pikepdf's own objects
    """What an object consists of; pictures are not unpacked for text."""
    if isinstance(item, pikepdf.Array):
        return list(item)
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream) and item.get("/Subtype") != "/Image":
        keys = item.keys()
        return [item[key] for key in keys if key != "/Parent"]
    return []


def unpacked_size(item, pikepdf, most: int) -> int:  # type: ignore[no-untyped-def]  # as above
    """The size of a stream after its leading Flate codings, each of them; little more than `most` is ever counted."""
    if not isinstance(item, pikepdf.Stream) or item.get("/Subtype") == "/Image":
        return 0
    filters = item.get("/Filter")
    names = list(filters) if isinstance(filters, pikepdf.Array) else [filters]
    data, size = item.read_raw_bytes(), 0
    for number, name in enumerate(names):
        if name not in ("/FlateDecode", "/Fl"):
            break
        data, inflated = inflated_within(data, most - size, keep=number + 1 < len(names))
        size += inflated
        if size > most:
            break
    return size


def inflated_within(data: bytes, most: int, *, keep: bool) -> tuple[bytes, int]:
    """Inflate block by block until more than `most` bytes came out; the result is kept only for a next coding."""
    unpacking, size, kept = zlib.decompressobj(), 0, []
    try:
        while data and not unpacking.eof and size <= most:
            block = unpacking.decompress(data, BLOCK)
            data = unpacking.unconsumed_tail
            size += len(block)
            if keep:
                kept.append(block)
    except zlib.error:
        # What PDFium makes of a broken stream is no more than what came out before.
        pass
    return b"".join(kept), size


def letters(page, textpage) -> list[tuple[str, Box]]:  # type: ignore[no-untyped-def]  # PDFium's own objects
    """The visible letters of the upper part of a page with their boxes."""
    left, bottom, right, top = page.get_cropbox()
    found = []
    for index in range(min(textpage.count_chars(), MAX_CHARACTERS)):
        letter = textpage.get_text_range(index, 1)
        if not letter.strip():
            continue
        x0, y0, x1, y1 = textpage.get_charbox(index)
        width, height = right - left or 1, top - bottom or 1
        box = ((x0 - left) / width, (top - y1) / height, (x1 - left) / width, (top - y0) / height)
        shown = turned(box, page.get_rotation())
        if shown[1] < TOP * 1.5:
            found.append((letter, shown))
    return found


def turned(box: Box, degrees: int) -> Box:
    """A box on the page as it is shown when the page is turned clockwise by so many degrees."""
    x0, y0, x1, y1 = box
    if degrees == 90:
        return (1 - y1, x0, 1 - y0, x1)
    if degrees == 180:
        return (1 - x1, 1 - y1, 1 - x0, 1 - y0)
    if degrees == 270:
        return (y0, 1 - x1, y1, 1 - x0)
    return box


def corner_pieces(found: list[tuple[str, Box]]) -> list[str]:
    """What stands by itself in an upper corner: short, with room at both sides, and not the end of a sentence."""
    lines = lines_of(found)
    pieces = []
    for number, line in enumerate(lines):
        above = lines[number - 1] if number else []
        for piece in apart(line):
            text = "".join(letter for letter, _ in piece)
            start, end = piece[0][1][0], piece[-1][1][2]
            in_corner = line[0][1][1] < TOP and (end < SIDE or start > 1 - SIDE)
            if in_corner and len(text) <= MAX_PIECE and not goes_on(above, line, start):
                pieces.append(text)
    return pieces


def lines_of(found: list[tuple[str, Box]]) -> list[list[tuple[str, Box]]]:
    """Letters in lines from top to bottom, each from left to right."""
    lines: list[list[tuple[str, Box]]] = []
    for letter, box in sorted(found, key=lambda one: middle(one[1])):
        before = lines[-1][-1][1] if lines else None
        # The thin 一 lies on its line by its middle, whatever its height.
        if before and middle(box) - middle(before) < 0.5 * max(box[3] - box[1], before[3] - before[1]):
            lines[-1].append((letter, box))
        else:
            lines.append([(letter, box)])
    return [sorted(line, key=lambda one: one[1][0]) for line in lines]


def middle(box: Box) -> float:
    """How far down the page the middle of a box is."""
    return (box[1] + box[3]) / 2


def apart(line: list[tuple[str, Box]]) -> list[list[tuple[str, Box]]]:
    """A line in pieces with wide gaps between them."""
    pieces = [[line[0]]]
    for index in range(1, len(line)):
        (_, before), (_, after) = line[index - 1 : index + 1]
        letter = max(before[2] - before[0], after[2] - after[0])
        if after[0] - before[2] > APART * letter:
            pieces.append([])
        pieces[-1].append(line[index])
    return pieces


def goes_on(above: list[tuple[str, Box]], line: list[tuple[str, Box]], start: float) -> bool:
    """Whether a piece at the left ends a sentence of the line above, which runs on close to the right edge."""
    if not above or start > 0.5:
        return False
    height = max(box[3] - box[1] for _, box in line)
    close = line[0][1][1] - above[0][1][3] < 2 * height
    last, box = above[-1]
    return close and box[2] > 0.75 and above[0][1][0] < 0.5 and last not in "。；：！？;:!?."


if __name__ == "__main__":
    main(sys.argv[1])
