"""Where objects stand in a file, and whether they are the objects they should be.

qpdf, when it finds another object's header at an offset, stores what it reads under that other number,
even while it walks through the object that it replaces; the process can die of it. So every header is
compared with its cross-reference entry before qpdf reads anything by it.
"""

import io
import mmap
import re
from collections.abc import Iterable
from typing import BinaryIO

import pikepdf

Place = tuple[int, int]
"""Object number and generation."""

OBJECTS_HELD = 64
"""Objects of a mapped file that are looked at before their memory is given back."""
_TABLE_BYTES = 4 * 1024 * 1024
"""As much of a cross-reference table is read by us; 200,000 objects."""
_HEADER_WITHIN = 1029
_TABLE = re.compile(rb"[\x00\t\n\f\r ]*xref[\x00\t\n\f\r ]")
_RUN = re.compile(rb"[\x00\t\n\f\r ]*([0-9]{1,10}) ([0-9]{1,10})[ \r]?[\r\n][ \n]*(?=[0-9])")
_ROW = re.compile(rb"([0-9]{10}) ([0-9]{5}) ([nf])[ \r\n]{2}")
_HEADER = re.compile(
    rb"[\x00\t\n\f\r ]*([0-9]{1,12})[\x00\t\n\f\r ]+([0-9]{1,7})[\x00\t\n\f\r ]+obj(?![0-9A-Za-z])"
)


def newest_entries(file: BinaryIO, offset: int) -> dict[Place, int]:
    """The offsets that the table at ``offset`` gives; empty when that is no plain table."""
    file.seek(offset)
    data = file.read(_TABLE_BYTES)
    found: dict[Place, int] = {}
    head = _TABLE.match(data)
    position = head.end() - 1 if head is not None else len(data)
    while run := _RUN.match(data, position):
        first, count = int(run[1]), int(run[2])
        rows = _ROW.findall(data, run.end(), run.end() + 20 * count)
        if len(rows) != count:
            return {}
        for number, (at, generation, kind) in enumerate(rows, start=first):
            if kind == b"n":
                found[number, int(generation)] = int(at)
        position = run.end() + 20 * count
    return found if data.startswith(b"trailer", position) else {}


def all_entries(pdf: pikepdf.Pdf) -> dict[Place, int]:
    """The offsets of all objects that stand in the file by themselves, as qpdf sees them."""
    return {place: entry.offset or 0 for place, entry in pdf.get_xref_table().items() if entry.type == 1}


def wrong_headers(file: BinaryIO, entries: Iterable[tuple[Place, int]]) -> list[Place]:
    """The objects that do not stand where their entries say. Offset 0 means none, a common slip."""
    if isinstance(file, io.BytesIO):
        return _wrong_headers(file.getvalue(), entries)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _wrong_headers(data, entries)


def let_go(data: bytes | mmap.mmap) -> None:
    """Gives back what was mapped of a file so far, as qpdf has the same file mapped a second time; nothing is lost by it."""
    if isinstance(data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        data.madvise(mmap.MADV_DONTNEED)


def _wrong_headers(data: bytes | mmap.mmap, entries: Iterable[tuple[Place, int]]) -> list[Place]:
    wrong: list[Place] = []
    # Offsets count from the header, should anything stand before it.
    base = max(0, data.find(b"%PDF-", 0, _HEADER_WITHIN))
    for number, (place, offset) in enumerate(entries):
        if not number % OBJECTS_HELD:
            let_go(data)
        at = base + offset
        expected = b"%d %d obj" % place
        if not offset or data[at : at + len(expected)] == expected:
            continue
        header = _HEADER.match(data, at) if at < len(data) else None
        if header is None or (int(header[1]), int(header[2])) != place:
            wrong.append(place)
    return wrong
