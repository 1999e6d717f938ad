"""Draws the pages of an OFD as a PDF and prints what they say: run as a program of its own, as `first_page_text` is.

`gmseal` reads hostile packages within its limits; the limits of this process hold for the libraries under it, too.
The answer is JSON. `text` and `corners` are those of `first_page_text`, read from the OFD itself; `notes` are
`[code, detail, count]` of what the drawing does not show as the file says it. A package that cannot be drawn ends the
program with status REFUSED and `code` and `says` of the refusal.
"""

import json
import resource
import sys
from pathlib import Path

from shuangyin.documents.first_page_text import MAX_CHARACTERS, PAGES, TOP, Box, corner_pieces

MEMORY_BYTES = 2 * 1024 * 1024 * 1024
CPU_SECONDS = 60
REFUSED = 4
"""The exit status for a package that cannot be read or drawn."""
MAX_NOTES = 20


def main(source: str, target: str) -> int:
    """Write the PDF to `target` and the answer to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    from gmseal.errors import GmsealError, Refused  # noqa: PLC0415 - after the limits, so that they hold for it too

    try:
        answer, status = drawn(Path(source), Path(target)), 0
    except GmsealError as error:
        code = error.reason if isinstance(error, Refused) else error.code
        answer, status = {"code": code, "says": str(error)}, REFUSED
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "ignore"))
    return status


def drawn(source: Path, target: Path) -> dict[str, object]:
    """Draw the first document of the package. Raises GmsealError."""
    from gmseal.ofd import open_package  # noqa: PLC0415 - as above
    from gmseal.ofd.page_text import TextReader  # noqa: PLC0415 - as above
    from gmseal.ofd.render import render_pdf  # noqa: PLC0415 - as above

    package = open_package(source)
    notes = render_pdf(package, target)
    document = package.document(0)
    reader = TextReader(package, document)
    texts, corners = [], []
    for index in range(min(PAGES, len(document.pages))):
        letters = reader.letters(index)[:MAX_CHARACTERS]
        texts.append("".join(letter.text for letter in letters))
        if index == 0:
            page = package.page_box(document, 0)
            corners = corner_pieces(upper_letters(letters, page.width, page.height))
    said = [[note.code, note.detail, note.count] for note in notes[:MAX_NOTES]]
    return {"text": "\n".join(texts), "corners": corners, "notes": said}


def upper_letters(letters, width: float, height: float) -> list[tuple[str, Box]]:  # type: ignore[no-untyped-def]  # gmseal's own letters
    """The visible letters of the upper part of a page, with their boxes as parts of it."""
    found = []
    for letter in letters:
        left, top, right, bottom = letter.box
        if letter.text.strip() and top < TOP * 1.5 * height:
            found.append((letter.text, (left / width, top / height, right / width, bottom / height)))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
