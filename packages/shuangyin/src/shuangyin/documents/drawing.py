"""Pages of a version as a PDF: the file itself where it is one, and drawn where it is an OFD.

A drawing shows what the OFD shows, seals included, as far as `gmseal` can draw it; what it cannot is told in notes,
and the file that is approved and sealed is always the OFD itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

from shuangyin.core.objects import ObjectStore, StoredObject
from shuangyin.documents import errors, ofd_pages
from shuangyin.documents.formats import Format
from shuangyin.documents.own_programs import answer_of

SECONDS = 60
_at_once = BoundedSemaphore(2)

Note = tuple[str, str, int]
"""What is not drawn as the file says it: gmseal's code, a detail, and how often."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was read while an OFD was drawn: the text of its first pages, the corners of the first, and notes."""

    text: str
    corners: tuple[str, ...]
    notes: tuple[Note, ...]


def draw_ofd(source: Path, target: Path) -> Drawing:
    """Draw an OFD as a PDF at `target`, mode 0600.

    Raises Invalid: with gmseal's code when the package is refused, PAGES_UNREADABLE when it cannot be drawn within
    the limits of time and memory. Raises Unavailable when the program cannot be run now.
    """
    with _at_once:
        status, said = answer_of(
            "-m", ofd_pages.__name__, str(source), str(target),
            seconds=SECONDS, unreadable=errors.pages_unreadable(), refusals={ofd_pages.REFUSED: None},
        )  # fmt: skip
    if status == ofd_pages.REFUSED:
        raise errors.ofd_refused(str(said["code"]), str(said["says"]))
    target.chmod(0o600)
    notes = tuple((str(code), str(detail), int(count)) for code, detail, count in said["notes"])
    return Drawing(str(said["text"]), tuple(map(str, said["corners"])), notes)


@contextmanager
def pages_as_pdf(objects: ObjectStore, stored: StoredObject) -> Iterator[Path]:
    """A work file with the pages of a stored document as PDF, gone afterwards. Raises as `draw_ofd`."""
    path, drawn = objects.work_path(".stored"), objects.work_path(".pdf")
    try:
        objects.copy_to(stored, path)
        if stored.media_type != Format.OFD:
            yield path
            return
        draw_ofd(path, drawn)
        yield drawn
    finally:
        path.unlink(missing_ok=True)
        drawn.unlink(missing_ok=True)
