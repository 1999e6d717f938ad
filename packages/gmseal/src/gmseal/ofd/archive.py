"""Reading a ZIP archive by its central directory, with no room for two readings of it.

Programs disagree about archives in which the directory and the entries say different things. Such an
archive can show one document to a verifier and another to a reader, so everything that could be read in
two ways is refused (APPNOTE.TXT 6.3.10, ISO/IEC 21320-1): overlapping entries, entries whose own header
contradicts the directory, names that occur twice or lead out of the package, encryption, more than one
place that could be the end of the directory.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gmseal.errors import MalformedInput, Refused
from gmseal.ofd.entry_names import decoded_name
from gmseal.ofd.limits import DEFAULT_LIMITS, MEGABYTE, OfdLimits
from gmseal.ses.memory import UNPACKED_SEALS

STORED: Final = 0
DEFLATED: Final = 8
SEAL_SUFFIX: Final = ".esl"
"""What the names of seals in packages end with."""
_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_LOCAL_MARK: Final = b"PK\x03\x04"
_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_SIZES_FOLLOW: Final = 1 << 3
_UTF8: Final = 1 << 11
_BIG: Final = 0xFFFFFFFF
_UNICODE_PATH: Final = b"\x75\x70"
_HARMLESS: Final = 64 * MEGABYTE
_NAMED_UNLISTED: Final = 100


class Entry(NamedTuple):
    """One entry. ``start`` and ``end`` bound its local header and packed data, ``data_start`` the data.

    ``record`` is its record of the central directory as it stands, ``name`` its path without a leading
    slash, ``folded`` the same without the difference of cases; ``name_form`` says how the name was written: ``ascii``, ``utf-8``, or ``gb18030`` where the
    archive does not say so.
    """

    name: str
    name_form: str
    folded: str
    method: int
    crc: int
    packed_size: int
    size: int
    start: int
    data_start: int
    record: bytes

    @property
    def end(self) -> int:
        return self.data_start + self.packed_size


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive in memory: its files and folders by name, in the order of the directory.

    ``directory_start`` is where the central directory begins in ``data``.

    ``unlisted`` are the names of entries that lie in the archive but are not in its directory, as an
    entry that was replaced does: programs that read from front to back may meet them.
    """

    data: bytes = field(repr=False)
    entries: dict[str, Entry] = field(repr=False)
    folders: dict[str, Entry] = field(repr=False)
    directory_start: int
    comment: bytes
    unlisted: tuple[str, ...]

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def packed(self, name: str) -> bytes:
        """The bytes of an entry as they are stored."""
        entry = self.entries[name]
        return self.data[entry.data_start : entry.end]

    def read(self, name: str) -> bytes:
        """The unpacked bytes of an entry. Raises ``MalformedInput`` when they are damaged or missing."""
        entry = self.entries.get(name)
        if entry is None:
            raise MalformedInput(f"There is no file {name!r} in the package.")
        packed = self.data[entry.data_start : entry.end]
        content = (_unpacked_seal if name.endswith(SEAL_SUFFIX) else _unpacked)(packed, entry)
        if content is None:
            raise MalformedInput(f"The file {name!r} in the package is damaged.")
        return content


def open_archive(data: bytes, limits: OfdLimits = DEFAULT_LIMITS) -> Archive:
    """The archive that ``data`` is.

    Raises ``MalformedInput`` when it is none, ``Refused`` with ``TOO_LARGE``, ``TOO_MANY_ENTRIES``,
    ``ENCRYPTED``, ``ENTRY_NAME``, ``DUPLICATE_ENTRY``, ``OVERLAPPING_ENTRIES``, ``PACKING`` or
    ``AMBIGUOUS_ARCHIVE``.
    """
    if len(data) > limits.max_bytes:
        raise Refused("TOO_LARGE", f"The package is larger than {limits.max_bytes // MEGABYTE} MiB.")
    count, size, start, comment = _directory(data)
    if count > limits.max_entries:
        raise Refused("TOO_MANY_ENTRIES", f"The package has more than {limits.max_entries} entries.")
    entries: dict[str, Entry] = {}
    folders: dict[str, Entry] = {}
    seen: set[str] = set()
    position, end, unpacked = start, start + size, 0
    for _ in range(count):
        entry, position = _entry(data, position, end, start)
        unpacked += entry.size
        _check_size(entry, unpacked, len(data), limits)
        kind = folders if entry.name.endswith("/") else entries
        if entry.folded in seen:
            raise Refused("DUPLICATE_ENTRY", f"The name {entry.name[:80]!r} occurs twice in the package.")
        seen.add(entry.folded)
        kind[entry.name] = entry
    if position != end:
        raise MalformedInput("The directory of the package does not hold as many entries as it says.")
    _check_names(entries, folders)
    every = [*entries.values(), *folders.values()]
    return Archive(data, entries, folders, start, comment, _unlisted(data, every, start))


def _directory(data: bytes) -> tuple[int, int, int, bytes]:
    """Number of entries, size and start of the central directory, and the comment (4.3.16)."""
    at = _end_record(data)
    mark_disk = _END.unpack_from(data, at)
    disk, first_disk, here, count, size, start = mark_disk[1:7]
    directory_end = at
    if 0xFFFF in (here, count) or _BIG in (size, start):
        big = _directory64(data, at)
        if big is not None:
            here, count, size, start, directory_end = big
    if disk not in {0, 0xFFFF} or first_disk not in {0, 0xFFFF} or here != count:
        raise MalformedInput("The package is spread over several files.")
    if start + size != directory_end:
        raise MalformedInput("The directory of the package is not where it should be.")
    return count, size, start, data[at + _END.size :]


def _end_record(data: bytes) -> int:
    """Where the end record stands. Its comment must reach exactly to the end, for one place only."""
    lowest = max(0, len(data) - _END.size - 0xFFFF)
    found: list[int] = []
    # Forwards, which Python does several times as fast as backwards.
    at = data.find(b"PK\x05\x06", lowest)
    while at >= 0:
        whole = at + _END.size <= len(data)
        if whole and at + _END.size + int.from_bytes(data[at + 20 : at + 22], "little") == len(data):
            found.append(at)
        at = data.find(b"PK\x05\x06", at + 4)
    if not found:
        raise MalformedInput("This is not a ZIP archive, or its end is missing.")
    if len(found) > 1:
        raise Refused("AMBIGUOUS_ARCHIVE", "The package has more than one end of its directory.")
    return found[0]


def _directory64(data: bytes, at: int) -> tuple[int, int, int, int, int] | None:
    """The same numbers from the ZIP64 records (4.3.14, 4.3.15), where there are any."""
    if at < _LOCATOR64.size:
        return None
    mark, _, place, _ = _LOCATOR64.unpack_from(data, at - _LOCATOR64.size)
    if mark != b"PK\x06\x07":
        return None
    if place + _END64.size > at - _LOCATOR64.size:
        raise MalformedInput("The ZIP64 end of the directory is not where it should be.")
    record = _END64.unpack_from(data, place)
    if record[0] != b"PK\x06\x06" or place + 12 + record[1] != at - _LOCATOR64.size:
        raise MalformedInput("The ZIP64 end of the directory is damaged.")
    here, count, size, start = record[6:10]
    return here, count, size, start, place


def _entry(data: bytes, position: int, end: int, directory_start: int) -> tuple[Entry, int]:
    """The entry whose central record begins at ``position``, and where the next one begins (4.3.12)."""
    if position + _CENTRAL.size > end:
        raise MalformedInput("The directory of the package ends in the middle of an entry.")
    mark, _, _, flags, method, _, _, crc, packed, size, named, extra, comment, disk, _, _, start = (
        _CENTRAL.unpack_from(data, position)
    )
    name_end = position + _CENTRAL.size + named
    following = name_end + extra + comment
    if mark != b"PK\x01\x02" or following > end or disk not in {0, 0xFFFF}:
        raise MalformedInput("The directory of the package is damaged.")
    raw_name = data[position + _CENTRAL.size : name_end]
    if _BIG in (size, packed, start):
        size, packed, start = _sizes64(data[name_end : name_end + extra], size, packed, start)
    paths = (*_unicode_paths(data[name_end : name_end + extra]), *_local_paths(data, start))
    name, form, folded = decoded_name(raw_name, utf8=bool(flags & _UTF8), unicode_paths=paths)
    if flags & _ENCRYPTED:
        raise Refused("ENCRYPTED", "The package holds encrypted entries.")
    if method not in {STORED, DEFLATED}:
        raise Refused("PACKING", "The package holds an entry that is packed in an unusual way.")
    if method == STORED and packed != size:
        raise MalformedInput(f"The sizes of {name!r} contradict each other.")
    data_start = _local(data, position, (flags, method, crc, packed, size), start, directory_start)
    if data_start + packed > directory_start:
        raise MalformedInput(f"The data of {name!r} does not lie within the package.")
    record = data[position:following]
    return Entry(name, form, folded, method, crc, packed, size, start, data_start, record), following


def _local(
    data: bytes, position: int, expected: tuple[int, int, int, int, int], start: int, limit: int
) -> int:
    """Where the data of an entry begins; its own header must say what the directory says (4.3.7)."""
    if start + _LOCAL.size > limit:
        raise MalformedInput("An entry does not lie within the package.")
    mark, _, flags, method, _, _, crc, packed, size, named, extra = _LOCAL.unpack_from(data, start)
    if mark != _LOCAL_MARK:
        raise MalformedInput("An entry is not where the directory says.")
    begin = start + _LOCAL.size
    name_at = position + _CENTRAL.size
    here = data[begin : begin + named]
    there = data[name_at : name_at + int.from_bytes(data[position + 28 : position + 30], "little")]
    numbers = (method, crc, packed, size)
    same = numbers == expected[1:] and flags == expected[0]
    if not same:
        meaningful = _ENCRYPTED | _SIZES_FOLLOW | (0 if here.isascii() else _UTF8)
        # Sizes may follow the data, or stand in a ZIP64 field; what is written here must agree all the same.
        loose = bool(flags & _SIZES_FOLLOW)
        same = flags & meaningful == expected[0] & meaningful and all(
            mine == theirs or (index >= 1 and loose and mine == 0) or (index >= 2 and mine == _BIG)
            for index, (mine, theirs) in enumerate(zip(numbers, expected[1:], strict=True))
        )
    if not same or here != there:
        raise Refused("AMBIGUOUS_ARCHIVE", "An entry and the directory of the package contradict each other.")
    return begin + int(named) + int(extra)


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields (4.5.1). Stray bytes at the end, which some programs leave, are passed over."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if at + 4 + size > len(extra):
            break
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _unicode_paths(extra: bytes) -> list[bytes]:
    """What the fields for another name hold (4.6.9)."""
    if _UNICODE_PATH not in extra:
        return []
    return [value for kind, value in _extra_fields(extra) if kind == int.from_bytes(_UNICODE_PATH, "little")]


def _local_paths(data: bytes, start: int) -> list[bytes]:
    """The same of the header before an entry's data, where there is one."""
    named, extra = int.from_bytes(data[start + 26 : start + 28], "little"), data[start + 28 : start + 30]
    begin = start + _LOCAL.size + named
    return _unicode_paths(data[begin : begin + int.from_bytes(extra, "little")]) if any(extra) else []


def _sizes64(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int, int]:
    """Values that are too large for their fields, from the ZIP64 field (4.5.3)."""
    wide = next((value for kind, value in _extra_fields(extra) if kind == 1), b"")
    at, values = 0, []
    for value in (size, packed, start):
        if value == _BIG:
            if at + 8 > len(wide):
                raise MalformedInput("A ZIP64 entry does not give its sizes.")
            value = int.from_bytes(wide[at : at + 8], "little")  # noqa: PLW2901 - the wide value takes its place
            at += 8
        values.append(value)
    return values[0], values[1], values[2]


def _check_size(entry: Entry, unpacked: int, packed: int, limits: OfdLimits) -> None:
    bomb = entry.size > MEGABYTE and entry.size > entry.packed_size * limits.max_ratio
    bomb = bomb or unpacked > max(_HARMLESS, packed * limits.max_total_ratio)
    if entry.size > limits.max_entry or unpacked > limits.max_unpacked or bomb:
        raise Refused("TOO_LARGE", "The package unpacks to more than is accepted.")


def _check_names(entries: dict[str, Entry], folders: dict[str, Entry]) -> None:
    """No file may be a folder as well: unpacking programs would keep one of the two."""
    seen = {folder[:-1] for folder in folders}
    for name in (*entries, *seen):
        folder = name.rpartition("/")[0]
        while folder and folder not in seen:
            seen.add(folder)
            folder = folder.rpartition("/")[0]
    for name in entries:
        if name in seen:
            raise Refused("DUPLICATE_ENTRY", f"The name {name!r} is a file and a folder.")


def _unlisted(data: bytes, entries: list[Entry], directory_start: int) -> tuple[str, ...]:
    """Checks that no two entries share bytes; names of entries in the gaps between them."""
    names: list[str] = []
    reached = 0
    for entry in sorted(entries, key=_start):
        if entry.start < reached:
            raise Refused("OVERLAPPING_ENTRIES", "Two entries of the package share the same bytes.")
        if entry.start > reached and len(names) < _NAMED_UNLISTED:
            names += _names_in_gap(data, reached, entry.start)
        reached = entry.end
    return (*names, *_names_in_gap(data, reached, directory_start))[:_NAMED_UNLISTED]


def _start(entry: Entry) -> int:
    return entry.start


def _names_in_gap(data: bytes, begin: int, end: int) -> list[str]:
    found: list[str] = []
    at = data.find(_LOCAL_MARK, begin, end)
    while at >= 0 and len(found) < _NAMED_UNLISTED:
        named = int.from_bytes(data[at + 26 : at + 28], "little")
        found.append(data[at + 30 : min(at + 30 + named, end)].decode("utf-8", "replace")[:200])
        at = data.find(_LOCAL_MARK, at + 4, end)
    return found


def _unpacked_seal(packed: bytes, entry: Entry) -> bytes | None:
    """As ``_unpacked``, remembered by all that it depends on: a seal lies, the same, in every document it was put on."""
    key = (packed, entry.method, entry.size, entry.crc)
    known = UNPACKED_SEALS.get(key)
    if known is None:
        known = _unpacked(packed, entry)
        if known is not None:
            UNPACKED_SEALS.put(key, known, len(packed) + len(known))
    return known


def _unpacked(packed: bytes, entry: Entry) -> bytes | None:
    """The content, None when it is damaged. Never more than the size stated, which is within the limits."""
    content = packed
    if entry.method == DEFLATED:
        inflater = zlib.decompressobj(-15)
        try:
            content = inflater.decompress(packed, entry.size + 1)
        except zlib.error:
            return None
        if not inflater.eof or inflater.unused_data:
            return None
    return content if len(content) == entry.size and zlib.crc32(content) == entry.crc else None
