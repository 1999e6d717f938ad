"""A file as it was at an earlier revision: its first bytes as a PDF of their own."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf.damage import reading
from gmseal.pdf.document import Document, is_guessed
from gmseal.pdf.limits import MEGABYTE
from gmseal.pdf.memory import memory_file
from gmseal.pdf.offsets import all_entries, wrong_headers

COPY_LIMIT = 64 * MEGABYTE
"""Bytes of a revision that is copied to be mapped; a larger one is read through a window."""


class _Window(io.RawIOBase):
    """The first bytes of a file as a file of its own, without copying."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__()
        self._file, self._size, self._position = file, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        wanted = max(0, min(len(view), self._size - self._position))
        self._file.seek(self._position)
        data = self._file.read(wanted)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


@contextmanager
def revision(document: Document, end: int) -> Iterator[pikepdf.Pdf]:
    """The file as it was when it had ``end`` bytes; ``Refused`` when that is no complete PDF."""
    if end == document.size and document.damaged is None:
        yield document.pdf
        return
    with _prefix(document.file, end) as (source, mode), reading():
        pdf = pikepdf.open(
            source,
            attempt_recovery=False,
            suppress_warnings=True,
            inherit_page_attributes=False,
            access_mode=mode,
        )
        with pdf:
            if wrong_headers(document.file, all_entries(pdf).items()):
                raise Refused("BROKEN_XREF", "An earlier revision has wrong cross-references.")
            # Counting pages, qpdf mends them: a list of annotations that is none would be gone, unseen by a comparison.
            len(pdf.pages)
            if is_guessed(pdf):
                raise Refused("BROKEN_STRUCTURE", "The pages of an earlier revision can only be guessed at.")
            yield pdf


@contextmanager
def _prefix(file: BinaryIO, end: int) -> Iterator[tuple[BinaryIO, pikepdf.AccessMode]]:
    """The first bytes of a file: a copy in memory that can be mapped, or a window when it is large."""
    if end > COPY_LIMIT:
        yield cast("BinaryIO", io.BufferedReader(_Window(file, end), 1 << 16)), pikepdf.AccessMode.stream
        return
    file.seek(0)
    with memory_file((0, file.read(end))) as copy:
        yield copy, pikepdf.AccessMode.mmap_only
