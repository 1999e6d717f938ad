"""Opens a PDF for sealing or judging: nothing hostile gets further than this module.

Structure is read by qpdf (through pikepdf) without its repairs; a file that needs them is *damaged*
and has to be repaired first, because a signature over a guess at the structure would prove nothing.
"""

import io
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pikepdf

from gmseal.errors import NotFound, Refused
from gmseal.pdf.damage import DAMAGE, READ_ERRORS, reading
from gmseal.pdf.expansion import BOMB, check_structures, octets_of
from gmseal.pdf.limits import DEFAULT_LIMITS, INFLATE_LIMIT, MEGABYTE, PdfLimits, guard_memory
from gmseal.pdf.memory import memory_file
from gmseal.pdf.offsets import Place, all_entries, newest_entries, wrong_headers
from gmseal.pdf.page_list import PageList
from gmseal.pdf.short_copy import Hole, Short
from gmseal.pdf.stream_extents import Extents, Wanted, bytes_of, extents, named_in

HEADER = b"%PDF-"
HEADER_WITHIN = 1024
"""Readers look for the header in the first kilobyte."""
_TAIL = 2048
MAX_NUMBER = 8_388_607
"""The largest object number that common readers take (ISO 32000-1, Annex C)."""
NUMBERS_OF_A_SEAL = 10_000
"""More than a seal on every page of the largest file needs."""
SIZE_BEYOND = 1_000_000
"""Objects that a trailer may count beyond those that are there."""
_START = re.compile(rb"startxref[\x00\t\n\f\r ]+([0-9]{1,19})")
_SECTION_STREAM = re.compile(rb"[\x00\t\n\f\r ]*[0-9]{1,10}[\x00\t\n\f\r ]+[0-9]{1,5}[\x00\t\n\f\r ]+obj")
_SECTION_TABLE = re.compile(rb"[\x00\t\n\f\r ]*xref[\x00\t\n\f\r ]")
_STRUCTURE_STREAM = re.compile(rb"/(?:ObjStm|XRef)\b")

_HARMLESS = re.compile(
    r"(?:reported number of objects \(\d+\) is not one plus the highest object number \(\d+\)"
    r"|xref entry for the xref stream itself is missing[ a-z-]*"
    r"|expected endobj"
    r"|/Type key should be /Pages? but is not; overriding"
    r"|Resources is missing or invalid; repairing)\Z"
)
"""Slips that many programs make, readers forgive alike, and nothing here rests on. What comes before is the file's
name, which whoever made the file may have chosen."""


class LastSection(NamedTuple):
    """The newest cross-reference section: where it starts and whether it is a stream."""

    offset: int
    is_stream: bool


Opened = tuple[pikepdf.Pdf, str | None, bool, dict[Place, int]]
"""The structure, why it is damaged, whether the trailer is sloppy, and the offsets; as in ``Document``."""


@dataclass(slots=True)
class Document:
    """An open PDF: the file, its size in bytes, and its structure."""

    file: BinaryIO
    size: int
    pdf: pikepdf.Pdf
    pages: PageList
    damaged: str | None
    """Why qpdf's repairs or guesses were needed: a reason code; ``None`` for a sound file."""
    sloppy: bool
    """Whether the trailer states a wrong number of objects."""
    offsets: dict[Place, int]
    """Where the objects stand that stand in the file by themselves."""
    _extents: Extents | None = None
    _last: LastSection | None = None
    _asked: bool = False
    """Whether it was asked before what reaches into the gap of a signature."""
    _catalog: pikepdf.Object | None = None
    _entries: dict[tuple[int, int], Any] | None = None
    _packed: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    guessed: bool = False
    """Whether qpdf had to guess at something that was read later; see ``check_certain``."""
    plain: tuple[int, ...] = ()
    """Where its cross-reference tables stand, if there is nothing but plain tables (``check_structures``)."""
    hole: Hole | None = None
    """The signature value that qpdf sees a mark for, when it reads a short copy of the file."""

    @property
    def catalog(self) -> pikepdf.Object:
        if self._catalog is None:
            self._catalog = self.pdf.trailer["/Root"]
        return self._catalog

    def cross_references(self) -> dict[tuple[int, int], Any]:
        """qpdf's cross-reference table: object number and generation to place. Read once."""
        if self._entries is None:
            self._entries = self.pdf.get_xref_table()
        return self._entries

    def offset_of(self, place: tuple[int, int]) -> int | None:
        """Where an object stands in the file; ``None`` for one that is missing or inside a stream."""
        return self.offsets.get(place)

    def packed_text(self, place: tuple[int, int]) -> tuple[bytes, int] | None:
        """The object stream that holds an object, unpacked, and where in it the object begins (7.5.7)."""
        entry = self.cross_references().get(place)
        if entry is None or entry.type != 2:
            return None
        number = entry.obj_stream_number or 0
        if number not in self._packed:
            holder = self.pdf.get_object((number, 0))
            data = octets_of(holder) if isinstance(holder, pikepdf.Stream) else b""
            self._packed[number] = data, int(holder.get("/First", 0)) if data else 0
        data, first = self._packed[number]
        pairs = [int(word) for word in data[:first].split()]
        where = dict(zip(pairs[::2], pairs[1::2], strict=False))
        return (data, first + where[place[0]]) if place[0] in where else None

    def check_certain(self) -> None:
        """``Refused`` (``BROKEN_STRUCTURE``) when qpdf had to guess at anything since the file was opened."""
        self.guessed = self.guessed or is_guessed(self.pdf)
        if self.guessed:
            raise Refused(
                "BROKEN_STRUCTURE", "Something in this PDF can only be guessed at; repair the file first."
            )

    def contents_of(self, signature: pikepdf.Object) -> bytes | None:
        """The octets of the Contents of a signature dictionary; ``None`` when they are no string."""
        stated = signature.get("/Contents")
        if not isinstance(stated, pikepdf.String):
            return None
        octets = bytes(stated)
        return self.hole.octets if self.hole is not None and octets == self.hole.mark else octets

    def first_free_number(self) -> int:
        """A number above that of every object, whatever the trailer says.

        ``Refused`` (``BROKEN_XREF``) when the trailer counts far more objects than there are.
        """
        stated: object = self.pdf.trailer.get("/Size")
        size = stated if isinstance(stated, int) else 0
        if size and not self.sloppy:
            return size
        needed = 1 + max((number for number, _ in self.cross_references()), default=0)
        if size > needed + SIZE_BEYOND:
            raise Refused("BROKEN_XREF", DAMAGE["BROKEN_XREF"])
        return max(needed, size)

    def check_numbers(self) -> None:
        """``Refused`` (``BROKEN_XREF``) when the file leaves no numbers for the objects of a seal."""
        if self.first_free_number() > MAX_NUMBER - NUMBERS_OF_A_SEAL:
            raise Refused(
                "BROKEN_XREF", "The object numbers of this PDF leave none for new objects; repair it first."
            )

    def named_numbers(self) -> set[int]:
        """The numbers of no object that the file refers to all the same.

        A file may be prepared to show what will be written under a number that it has not used yet.
        """
        first = self.first_free_number()
        named = set(self._read_extents(first).named)
        packed = {entry.obj_stream_number or 0 for entry in self._packed_entries()}
        with reading():
            for number in packed:
                holder = self.pdf.get_object((number, 0))
                named |= named_in(octets_of(holder), first) if isinstance(holder, pikepdf.Stream) else set()
        return named

    def _packed_entries(self) -> list[Any]:
        """The entries of objects inside of object streams; a file of tables alone has none."""
        if len(self.offsets) == len(self.cross_references()):
            return []
        return [entry for entry in self.cross_references().values() if entry.type == 2]

    def extents(self) -> Extents:
        """Where the objects of the file end. Read once."""
        return self._extents or self._read_extents(None)

    def reaches_into(self, start: int, end: int, owner: Place) -> bool:
        """Whether anything but the object ``owner`` has bytes between two offsets.

        For the only signature of a file not more is read than that needs; with a second one all is, once.
        """
        found = self._extents
        if found is None and not self._asked:
            self._asked = True
            with bytes_of(self.file) as data, reading():
                wanted = Wanted(end, owner)
                found = extents(
                    data, self.offsets, self._newest(), self._whole_number, wanted=wanted, plain=self.plain
                )
        return (found or self.extents()).reach_into(start, end, owner)

    def _read_extents(self, naming: int | None) -> Extents:
        with bytes_of(self.file) as data, reading():
            found = extents(data, self.offsets, self._newest(), self._whole_number, naming=naming)
        self._extents = found
        return found

    def _newest(self) -> int | None:
        """Where the newest cross-reference section stands, if that can be relied on."""
        return None if self.damaged else self.last_section().offset

    def _whole_number(self, place: Place) -> int | None:
        value: object = self.pdf.get_object(place)
        return value if type(value) is int else None

    def check_streams(self) -> None:
        """``Refused`` (``BROKEN_STREAMS``) unless every stream ends where its Length says, within the file."""
        if not self.extents().sound:
            raise Refused("BROKEN_STREAMS", DAMAGE["BROKEN_STREAMS"])

    def last_section(self) -> LastSection:
        """Finds the newest cross-reference section; ``Refused`` (``BROKEN_XREF``) when it is not there. Read once."""
        if self._last is None:
            self._last = last_section(self.file, self.size)
        return self._last


@contextmanager
def open_document(
    source: Path,
    limits: PdfLimits = DEFAULT_LIMITS,
    *,
    accept_damage: bool = False,
    repairs: bool = False,
) -> Iterator[Document]:
    """Opens a PDF within limits.

    Raises ``NotFound`` and ``Refused`` with ``NOT_PDF``, ``TOO_LARGE``, ``TOO_MANY_PAGES``, ``ENCRYPTED``,
    ``DECOMPRESSION_BOMB``, ``BROKEN_XREF``, ``LEADING_BYTES`` or ``BROKEN_STRUCTURE``. With
    ``accept_damage`` a file that qpdf can repair is opened and marked instead of refused; with ``repairs``
    it counts as damaged in any case, and qpdf looks for the ends of streams.
    """
    try:
        file = source.open("rb")
    except OSError as error:
        raise NotFound(f"The file {source.name} cannot be opened.") from error
    with file, document_of(file, limits, accept_damage=accept_damage, repairs=repairs) as document:
        yield document


@contextmanager
def document_of(
    file: BinaryIO,
    limits: PdfLimits = DEFAULT_LIMITS,
    *,
    accept_damage: bool = False,
    repairs: bool = False,
) -> Iterator[Document]:
    """As ``open_document``, for a file that is open and stays its caller's to close."""
    guard_memory()
    size = os.fstat(file.fileno()).st_size
    _check_outside(file, size, limits)
    plain = check_structures(file, size, repairs=repairs)
    with reading():
        opened = _opened_repaired(file, file) if repairs else _open_structure(file, file, size)
    with _document(file, size, limits, opened, plain, accept_damage=accept_damage) as document:
        yield document


@contextmanager
def document_in_memory(
    data: bytes,
    limits: PdfLimits = DEFAULT_LIMITS,
    *,
    accept_damage: bool = False,
    short: Short | None = None,
) -> Iterator[Document]:
    """As ``open_document``, for the bytes of a file.

    With ``short``, for reading alone, qpdf is given that copy (``short_copy``). Then a file that does not open without
    repairs is refused, whatever ``accept_damage`` says: what is wrong with it is to be found in the file as it is.
    """
    guard_memory()
    size = len(data)
    file = io.BytesIO(data)
    _check_outside(file, size, limits)
    pieces, hole = (((0, data),), None) if short is None else short
    plain = check_structures(file, size)
    with memory_file(*pieces) as mapped:
        if short is None:
            opened = _open_structure(mapped, file, size)
        else:
            with reading():
                opened = _open_strictly(mapped, file)
        with _document(file, size, limits, opened, plain, hole, accept_damage=accept_damage) as document:
            yield document


@contextmanager
def _document(
    file: BinaryIO,
    size: int,
    limits: PdfLimits,
    opened: Opened,
    plain: tuple[int, ...],
    hole: Hole | None = None,
    *,
    accept_damage: bool,
) -> Iterator[Document]:
    pdf, damaged, sloppy, offsets = opened
    with pdf:
        pages = _pages(pdf, limits)
        damaged = damaged or _leading_bytes(file) or _guessed_pages(pdf)
        if damaged and not accept_damage:
            raise Refused(damaged, DAMAGE[damaged])
        with reading():
            yield Document(file, size, pdf, pages, damaged, sloppy, offsets, plain=plain, hole=hole)


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
    raise Refused("BROKEN_XREF", DAMAGE["BROKEN_XREF"])


def _check_outside(file: BinaryIO, size: int, limits: PdfLimits) -> None:
    if size > limits.max_bytes:
        raise Refused("TOO_LARGE", f"The file has {size:,} bytes; at most {limits.max_bytes:,} are accepted.")
    if HEADER not in file.read(HEADER_WITHIN + len(HEADER)):
        raise Refused("NOT_PDF", "This file is not a PDF.")


def _open_structure(mapped: BinaryIO, file: BinaryIO, size: int) -> Opened:
    """Opens without repairs; when that fails, finds out why, and opens with them. Says damage and slips.

    ``mapped`` is what qpdf reads: the file, or a copy of it.
    """
    try:
        return _open_strictly(mapped, file)
    except READ_ERRORS as first:
        if _is_bomb(file, size):
            raise Refused("DECOMPRESSION_BOMB", BOMB) from first
        check_structures(file, size, repairs=True)
        try:
            return _opened_repaired(mapped, file)
        except READ_ERRORS as error:
            raise Refused("BROKEN_XREF", "This PDF is damaged beyond repair.") from error


def _open_strictly(mapped: BinaryIO, file: BinaryIO) -> Opened:
    pdf = _open(mapped, recover=False)
    warnings = _warnings(pdf)
    offsets = _entries(file, pdf)
    if _doubts(warnings) or wrong_headers(file, offsets.items()):
        pdf.close()
        raise pikepdf.PdfError("qpdf had to guess.")
    return pdf, None, bool(warnings), offsets


def _entries(file: BinaryIO, pdf: pikepdf.Pdf) -> dict[Place, int]:
    """All entries: read by ourselves from a file with a single table, else asked of qpdf, which costs more."""
    alone = "/Prev" not in pdf.trailer and "/XRefStm" not in pdf.trailer
    if alone and _leading_bytes(file) is None:
        file.seek(0, os.SEEK_END)
        section = last_section(file, file.tell())
        found = {} if section.is_stream else newest_entries(file, section.offset)
        if found:
            return found
    return all_entries(pdf)


def _opened_repaired(mapped: BinaryIO, file: BinaryIO) -> Opened:
    pdf = _open_repaired(mapped, file)
    return pdf, "BROKEN_XREF", True, all_entries(pdf)


def _open_repaired(mapped: BinaryIO, file: BinaryIO) -> pikepdf.Pdf:
    """With qpdf's repairs, made at once: reading a wrong entry is what starts them."""
    pdf = _open(mapped, recover=True)
    wrong = wrong_headers(file, all_entries(pdf).items())
    for place in wrong[:1]:
        pdf.get_object(place)
    if wrong and wrong_headers(file, all_entries(pdf).items()):
        pdf.close()
        raise pikepdf.PdfError("The entries stay wrong.")
    return pdf


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
        raise Refused(
            "ENCRYPTED", "This PDF opens only with a password; remove the protection first."
        ) from error
    if pdf.is_encrypted:
        pdf.close()
        raise Refused(
            "ENCRYPTED",
            "This PDF is encrypted. It opens without a password, but its owner protects it against changes; "
            "ask the owner for a file without protection.",
        )
    if not isinstance(pdf.trailer.get("/Root"), pikepdf.Dictionary):
        pdf.close()
        raise pikepdf.PdfError("The file has no catalog.")
    return pdf


def _pages(pdf: pikepdf.Pdf, limits: PdfLimits) -> PageList:
    with reading():
        listed = PageList(pdf)
        count = len(listed)
        if count > limits.max_pages:
            message = f"The file has {count:,} pages; at most {limits.max_pages:,} are accepted."
            raise Refused("TOO_MANY_PAGES", message)
        if count == 0:
            raise Refused("BROKEN_STRUCTURE", "This PDF has no pages.")
        return listed


def _guessed_pages(pdf: pikepdf.Pdf) -> str | None:
    """qpdf mends pages when they are counted, and says so: a box that is missing, a page used twice."""
    return "BROKEN_STRUCTURE" if is_guessed(pdf) else None


def is_guessed(pdf: pikepdf.Pdf) -> bool:
    """Whether qpdf warned of anything that matters since it was last asked."""
    return _doubts(_warnings(pdf))


def _doubts(warnings: list[str]) -> bool:
    """Whether qpdf warned of anything that matters."""
    return any(_HARMLESS.search(warning) is None for warning in warnings)


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
