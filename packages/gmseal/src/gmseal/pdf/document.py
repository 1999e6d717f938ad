"""Opens a PDF for sealing or judging: nothing hostile gets further than this module.

Structure is read by qpdf (through pikepdf) without its repairs; a file that needs them is *damaged*
and has to be repaired first, because a signature over a guess at the structure would prove nothing.
"""

import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf

from gmseal.errors import NotFound, Refused
from gmseal.pdf.limits import DEFAULT_LIMITS, INFLATE_LIMIT, MEGABYTE, PdfLimits, guard_memory

HEADER = b"%PDF-"
HEADER_WITHIN = 1024
"""Readers look for the header in the first kilobyte."""
_TAIL = 2048
_START = re.compile(rb"startxref[\x00\t\n\f\r ]+([0-9]{1,19})")
_SECTION_STREAM = re.compile(rb"[\x00\t\n\f\r ]*[0-9]{1,10}[\x00\t\n\f\r ]+[0-9]{1,5}[\x00\t\n\f\r ]+obj")
_SECTION_TABLE = re.compile(rb"[\x00\t\n\f\r ]*xref[\x00\t\n\f\r ]")
_STRUCTURE_STREAM = re.compile(rb"/(?:ObjStm|XRef)\b")

_TABLE_BYTES = 4 * MEGABYTE
"""As much of a cross-reference table is read by us; 200,000 objects."""
_RUN = re.compile(rb"[\x00\t\n\f\r ]*([0-9]{1,10}) ([0-9]{1,10})[ \r]?[\r\n][ \n]*(?=[0-9])")
_ROW = re.compile(rb"([0-9]{10}) ([0-9]{5}) ([nf])[ \r\n]{2}")
_HARMLESS = ("reported number of objects", "xref entry for the xref stream itself is missing")
"""Warnings about slips that many programs make and nothing here rests on: a wrong Size, and this one."""

# What pikepdf raises for malformed structures, depending on how they are malformed.
_READ_ERRORS = (
    pikepdf.PdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
)


@dataclass(frozen=True, slots=True)
class LastSection:
    """The newest cross-reference section: where it starts and whether it is a stream."""

    offset: int
    is_stream: bool


@dataclass(slots=True)
class Document:
    """An open PDF: the file, its size in bytes, and its structure."""

    file: BinaryIO
    size: int
    pdf: pikepdf.Pdf
    pages: list[pikepdf.Object]
    damaged: str | None
    """Why qpdf's repairs or guesses were needed: a reason code; ``None`` for a sound file."""
    sloppy: bool
    """Whether the trailer states a wrong number of objects."""
    _entries: dict[tuple[int, int], Any] | None = None
    _table: dict[int, int] | None = None

    @property
    def catalog(self) -> pikepdf.Object:
        return self.pdf.trailer["/Root"]

    def cross_references(self) -> dict[tuple[int, int], Any]:
        """qpdf's cross-reference table: object number and generation to place. Read once."""
        if self._entries is None:
            self._entries = self.pdf.get_xref_table()
        return self._entries

    def offset_of(self, place: tuple[int, int]) -> int | None:
        """Where an object stands in the file; ``None`` for one that is missing or inside a stream.

        An object that the newest section lists stands where that says; qpdf's whole table, which takes
        milliseconds in large files, is asked for the others.
        """
        if self._table is None:
            self._table = {} if self.damaged else newest_entries(self.file, self.last_section())
        if place[1] == 0 and place[0] in self._table:
            return self._table[place[0]]
        entry = self.cross_references().get(place)
        return entry.offset if entry is not None and entry.type == 1 else None

    def first_free_number(self) -> int:
        """A number above that of every object, whatever the trailer says."""
        stated: object = self.pdf.trailer.get("/Size")
        size = stated if isinstance(stated, int) else 0
        if size and not self.sloppy:
            return size
        return max(1 + max((number for number, _ in self.cross_references()), default=0), size)

    def last_section(self) -> LastSection:
        """Finds the newest cross-reference section; ``Refused`` (``BROKEN_XREF``) when it is not there."""
        return last_section(self.file, self.size)


@contextmanager
def reading() -> Iterator[None]:
    """Turns whatever malformed structures provoke into the library's own error."""
    try:
        yield
    except _READ_ERRORS as error:
        raise Refused("BROKEN_STRUCTURE", "The structure of this PDF is damaged.") from error


@contextmanager
def open_document(
    source: Path, limits: PdfLimits = DEFAULT_LIMITS, *, accept_damage: bool = False
) -> Iterator[Document]:
    """Opens a PDF within limits.

    Raises ``NotFound`` and ``Refused`` with ``NOT_PDF``, ``TOO_LARGE``, ``TOO_MANY_PAGES``, ``ENCRYPTED``,
    ``DECOMPRESSION_BOMB``, ``BROKEN_XREF``, ``LEADING_BYTES`` or ``BROKEN_STRUCTURE``. With
    ``accept_damage`` a file that qpdf can repair is opened and marked instead of refused.
    """
    guard_memory()
    try:
        file = source.open("rb")
    except OSError as error:
        raise NotFound(f"The file {source.name} cannot be opened.") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        _check_outside(file, size, limits)
        pdf, damaged, sloppy = _open_structure(file, size)
        with pdf:
            pages = _pages(pdf, limits)
            damaged = damaged or _leading_bytes(file) or _guessed_pages(pdf)
            if damaged and not accept_damage:
                raise Refused(damaged, _DAMAGE[damaged])
            with reading():
                yield Document(file, size, pdf, pages, damaged, sloppy)


_DAMAGE = {
    "BROKEN_XREF": "The cross-reference data of this PDF is damaged; repair the file first.",
    "BROKEN_STRUCTURE": "The page tree of this PDF is damaged; repair the file first.",
    "LEADING_BYTES": "There are bytes before the PDF header, so offsets are ambiguous; repair the file first.",
}


def last_section(file: BinaryIO, size: int) -> LastSection:
    """The newest cross-reference section of a file of which the first ``size`` bytes count."""
    file.seek(max(0, size - _TAIL))
    starts = _START.findall(file.read(min(size, _TAIL)))
    if starts:
        offset = int(starts[-1])
        if offset < size:
            file.seek(offset)
            head = file.read(64)
            if _SECTION_TABLE.match(head):
                return LastSection(offset, is_stream=False)
            if _SECTION_STREAM.match(head):
                return LastSection(offset, is_stream=True)
    raise Refused("BROKEN_XREF", _DAMAGE["BROKEN_XREF"])


def newest_entries(file: BinaryIO, section: LastSection) -> dict[int, int]:
    """The offsets of generation 0 that the newest section gives; empty when it is not a plain table."""
    if section.is_stream:
        return {}
    file.seek(section.offset)
    data = file.read(_TABLE_BYTES)
    found: dict[int, int] = {}
    head = _SECTION_TABLE.match(data)
    position = head.end() if head is not None else len(data)
    while run := _RUN.match(data, position):
        first, count = int(run[1]), int(run[2])
        rows = data[run.end() : run.end() + 20 * count]
        if len(rows) != 20 * count:
            return {}
        for number, row in enumerate(_ROW.findall(rows), start=first):
            if row[2] == b"n" and row[1] == b"00000":
                found[number] = int(row[0])
        position = run.end() + 20 * count
    return found if data.startswith(b"trailer", position) else {}


def _check_outside(file: BinaryIO, size: int, limits: PdfLimits) -> None:
    if size > limits.max_bytes:
        raise Refused("TOO_LARGE", f"The file has {size:,} bytes; at most {limits.max_bytes:,} are accepted.")
    if HEADER not in file.read(HEADER_WITHIN + len(HEADER)):
        raise Refused("NOT_PDF", "This file is not a PDF.")


def _open_structure(file: BinaryIO, size: int) -> tuple[pikepdf.Pdf, str | None, bool]:
    """Opens without repairs; when that fails, finds out why, and opens with them. Says damage and slips."""
    try:
        return _open_strictly(file)
    except _READ_ERRORS as first:
        if _is_bomb(file, size):
            raise Refused("DECOMPRESSION_BOMB", "Structures in this PDF expand beyond all reason.") from first
        try:
            return _open(file, recover=True), "BROKEN_XREF", True
        except _READ_ERRORS as error:
            raise Refused("BROKEN_XREF", "This PDF is damaged beyond repair.") from error


def _open_strictly(file: BinaryIO) -> tuple[pikepdf.Pdf, None, bool]:
    pdf = _open(file, recover=False)
    warnings = _warnings(pdf)
    if _doubts(warnings):
        pdf.close()
        raise pikepdf.PdfError("qpdf had to guess.")
    return pdf, None, bool(warnings)


def _open(file: BinaryIO, *, recover: bool) -> pikepdf.Pdf:
    file.seek(0)
    try:
        pdf = pikepdf.open(
            file,
            attempt_recovery=recover,
            suppress_warnings=True,
            inherit_page_attributes=False,
            # Through a mapping, as reading through Python's file object costs ten times as much.
            access_mode=pikepdf.AccessMode.mmap_only,
        )
    except pikepdf.PasswordError as error:
        raise Refused("ENCRYPTED", "This PDF is encrypted; remove the protection first.") from error
    if pdf.is_encrypted:
        pdf.close()
        raise Refused("ENCRYPTED", "This PDF is encrypted; remove the protection first.")
    if not isinstance(pdf.trailer.get("/Root"), pikepdf.Dictionary):
        pdf.close()
        raise pikepdf.PdfError("The file has no catalog.")
    return pdf


def _pages(pdf: pikepdf.Pdf, limits: PdfLimits) -> list[pikepdf.Object]:
    with reading():
        count = len(pdf.pages)
        if count > limits.max_pages:
            message = f"The file has {count:,} pages; at most {limits.max_pages:,} are accepted."
            raise Refused("TOO_MANY_PAGES", message)
        if count == 0:
            raise Refused("BROKEN_STRUCTURE", "This PDF has no pages.")
        return [page.obj for page in pdf.pages]


def _guessed_pages(pdf: pikepdf.Pdf) -> str | None:
    """qpdf mends pages when they are counted, and says so: a box that is missing, a page used twice."""
    return "BROKEN_STRUCTURE" if _doubts(_warnings(pdf)) else None


def _doubts(warnings: list[str]) -> bool:
    """Whether qpdf warned of anything that matters."""
    return any(not any(slip in warning for slip in _HARMLESS) for warning in warnings)


def _warnings(pdf: pikepdf.Pdf) -> list[str]:
    """What qpdf warned of since it was last asked."""
    return [str(warning) for warning in pdf.get_warnings()]


def _leading_bytes(file: BinaryIO) -> str | None:
    file.seek(0)
    return None if file.read(len(HEADER)) == HEADER else "LEADING_BYTES"


def _is_bomb(file: BinaryIO, size: int) -> bool:
    """Whether a structure stream of the file expands beyond the limit. Only asked when opening failed."""
    file.seek(0)
    data = file.read(min(size, 64 * MEGABYTE))
    for found in list(_STRUCTURE_STREAM.finditer(data))[:1000]:
        start = data.find(b"stream", found.end(), found.end() + 4096)
        if start >= 0 and _expands(data, start + len(b"stream")):
            return True
    return False


def _expands(data: bytes, start: int) -> bool:
    body = memoryview(data)[start + (2 if data[start : start + 2] == b"\r\n" else 1) :]
    inflater = zlib.decompressobj()
    total = 0
    try:
        chunk = inflater.decompress(body, MEGABYTE)
        while chunk:
            total += len(chunk)
            if total > INFLATE_LIMIT:
                return True
            chunk = inflater.decompress(inflater.unconsumed_tail, MEGABYTE)
    except zlib.error:
        return False
    return False
