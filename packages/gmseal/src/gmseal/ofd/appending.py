"""Adding entries to an archive without touching what is in it.

What changes, exactly: nothing before the central directory. New entries are written where the directory
began, and a new directory after them: the records of the old one as they stood, files before folders, without
those of entries that are replaced, then the records of the new entries. The data of a replaced entry stays where it was,
listed nowhere, unless it was the last one: then the new entries begin in its place. The archive's comment
is kept.
"""

import struct
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from gmseal.errors import Refused
from gmseal.ofd.archive import DEFLATED, STORED, Archive

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_VERSION: Final = 20
"""Needed to extract: 2.0, for Deflate (APPNOTE 4.4.3)."""
_UTF8: Final = 1 << 11
_BEIJING: Final = timezone(timedelta(hours=8))
_WORTH_PACKING: Final = 256
_MAX: Final = 0xFFFFFFFF
_MAX_ENTRIES: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Packed:
    """A content as it goes into an archive; independent of its name, so it may be kept and used again."""

    method: int
    data: bytes = field(repr=False)
    crc: int
    size: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A file to be added."""

    name: str
    packed: Packed


def pack(content: bytes, *, smaller: bool = True) -> Packed:
    """``smaller`` is false for what Deflate does not shrink, such as pictures and signatures."""
    crc = zlib.crc32(content)
    if smaller and len(content) >= _WORTH_PACKING:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return Packed(DEFLATED, packer.compress(content) + packer.flush(), crc, len(content))
    return Packed(STORED, content, crc, len(content))


def append_entries(archive: Archive, added: list[NewEntry], moment: datetime) -> tuple[int, bytes]:
    """What takes the place of everything from an offset on: ``data[:offset] + bytes`` is the new archive.

    ``added`` replaces entries of the same name. ``moment`` is written as the entries' time, in Beijing time
    as readers expect. Raises ``Refused`` (``TOO_LARGE``) beyond what a plain ZIP can hold.
    """
    replaced = {entry.name for entry in added}
    start = _start(archive, replaced)
    dos_time, dos_date = _dos(moment)
    out: list[bytes] = []
    kept = (*archive.entries.values(), *archive.folders.values())
    records = [entry.record for entry in kept if entry.name not in replaced]
    position = start
    for entry in added:
        packed, name = entry.packed, entry.name.encode("utf-8")
        flags = 0 if name.isascii() else _UTF8
        sizes = (packed.crc, len(packed.data), packed.size, len(name))
        common = (_VERSION, flags, packed.method, dos_time, dos_date, *sizes)
        out += [_LOCAL.pack(b"PK\x03\x04", *common, 0), name, packed.data]
        records.append(_CENTRAL.pack(b"PK\x01\x02", _VERSION, *common, 0, 0, 0, 0, 0, position) + name)
        position += _LOCAL.size + len(name) + len(packed.data)
    directory = b"".join(records)
    if position + len(directory) >= _MAX or len(records) >= _MAX_ENTRIES:
        raise Refused("TOO_LARGE", "The package is too large to be signed.")
    end = _END.pack(
        b"PK\x05\x06", 0, 0, len(records), len(records), len(directory), position, len(archive.comment)
    )
    return start, b"".join([*out, directory, end, archive.comment])


def _start(archive: Archive, replaced: set[str]) -> int:
    """Where the new entries begin: before replaced entries at the very end, else where the directory did."""
    start = archive.directory_start
    every = (*archive.entries.values(), *archive.folders.values())
    for entry in sorted(every, key=lambda entry: entry.start, reverse=True):
        if entry.name not in replaced:
            break
        start = entry.start
    return start


def _dos(moment: datetime) -> tuple[int, int]:
    local = moment.astimezone(_BEIJING)
    year = min(max(local.year, 1980), 2107)
    return (
        local.hour << 11 | local.minute << 5 | local.second // 2,
        (year - 1980) << 9 | local.month << 5 | local.day,
    )
