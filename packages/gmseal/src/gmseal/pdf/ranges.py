"""What a signature's ByteRange really covers, read from the file and not from what the file says of itself.

A byte range is sound when it starts at the first byte, leaves out exactly one hexadecimal string, that
string is the Contents of this very signature dictionary, and it ends within the file (ISO 32000-1,
12.8.1). Anything wider would leave room for bytes that nobody signed.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import pikepdf

from gmseal.errors import MalformedInput
from gmseal.pdf.document import Document
from gmseal.pdf.fields import SignedField
from gmseal.pdf.limits import MEGABYTE

MAX_CONTENTS = 32 * MEGABYTE
"""Characters of the hexadecimal string; a seal signature has some tens of thousands."""
_BEFORE = 64
_KEY = re.compile(rb"/Contents[\x00\t\n\f\r ]*\Z")
_HEX_DIGITS = b"0123456789abcdefABCDEF"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The hole is [``hole_start``, ``hole_end``); everything else below ``end`` is signed."""

    hole_start: int
    hole_end: int
    end: int

    def as_list(self) -> list[int]:
        """The four numbers as they stand in the file."""
        return [0, self.hole_start, self.hole_end, self.end - self.hole_end]


def read_byte_range(document: Document, signed: SignedField) -> tuple[ByteRange, bytes]:
    """The sound byte range of a signature and the octets of its Contents.

    Raises ``MalformedInput`` with the reason when the range is not sound.
    """
    numbers = _numbers(signed.value.get("/ByteRange"))
    first, before, after, length = numbers
    if first != 0:
        raise MalformedInput("The byte range does not start at the first byte of the file.")
    end = after + length
    if not 0 < before < after < end <= document.size:
        raise MalformedInput("The byte range does not lie within the file.")
    if after - before > MAX_CONTENTS:
        raise MalformedInput("The gap in the byte range is too large.")
    document.file.seek(max(0, before - _BEFORE))
    lead = document.file.read(min(before, _BEFORE))
    gap = document.file.read(after - before)
    if not _is_hex_string(gap) or not _KEY.search(lead):
        raise MalformedInput("The gap in the byte range is not exactly the signature value.")
    octets = bytes.fromhex(gap[1:-1].decode("ascii"))
    stated = signed.value.get("/Contents")
    if not isinstance(stated, pikepdf.String) or bytes(stated) != octets:
        raise MalformedInput("The gap in the byte range holds another signature value.")
    _check_home(document, signed, before)
    return ByteRange(before, after, end), octets


def _is_hex_string(gap: bytes) -> bool:
    """Angle brackets and an even number of digits, nothing else, not even blanks."""
    digits = gap[1:-1]
    enclosed = gap.startswith(b"<") and gap.endswith(b">") and len(digits) % 2 == 0
    return enclosed and not digits.translate(None, _HEX_DIGITS)


def _numbers(value: object) -> tuple[int, int, int, int]:
    if not isinstance(value, pikepdf.Array) or len(value) != 4:
        raise MalformedInput("The byte range is not a list of four numbers.")
    plain: list[Any] = list(value)
    numbers = [number for number in plain if type(number) is int]
    if len(numbers) != 4 or any(number < 0 for number in numbers):
        raise MalformedInput("The byte range is not a list of four whole numbers.")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _check_home(document: Document, signed: SignedField, hole: int) -> None:
    """The hole lies in the object that holds this dictionary, so it cannot be a copy of another one."""
    holder = signed.value if signed.value.is_indirect else signed.field
    offset = document.offset_of(holder.objgen)
    if offset is None or not 0 <= hole - offset <= MEGABYTE:
        raise MalformedInput("The gap in the byte range belongs to another object.")
    document.file.seek(offset)
    before = document.file.read(hole - offset)
    if b"endobj" in before or not before.lstrip().startswith(b"%d %d obj" % holder.objgen):
        raise MalformedInput("The gap in the byte range belongs to another object.")


Digests = dict[ByteRange, dict[str, bytes]]
"""The digests of byte ranges by algorithm, as ``hashlib`` names them."""


def digests(
    file: BinaryIO, size: int, wanted: Mapping[ByteRange, Collection[str]]
) -> tuple[Digests, str, str]:
    """The wanted digests of each range, and SM3 and SHA-256 (hex) of the whole file, in one pass and flat memory."""
    names = {"sm3", "sha256"}.union(*wanted.values())
    running = {name: hashlib.new(name) for name in names}
    found: Digests = {}
    position = 0
    for item in sorted(wanted, key=lambda each: each.hole_start):
        _feed(file, position, item.hole_start, *running.values())
        position = item.hole_start
        around = {name: running[name].copy() for name in wanted[item]}
        _feed(file, item.hole_end, item.end, *around.values())
        found[item] = {name: each.digest() for name, each in around.items()}
    _feed(file, position, size, *running.values())
    return found, running["sm3"].hexdigest(), running["sha256"].hexdigest()


def _feed(file: BinaryIO, start: int, end: int, *hashes: "hashlib._Hash") -> None:
    file.seek(start)
    while start < end:
        chunk = file.read(min(end - start, MEGABYTE))
        if not chunk:
            raise MalformedInput("The file became shorter while it was read.")
        for each in hashes:
            each.update(chunk)
        start += len(chunk)


def split_padding(octets: bytes) -> tuple[bytes, bytes]:
    """The DER value at the start of Contents and what follows it.

    Raises ``MalformedInput`` when there is no complete DER value.
    """
    if len(octets) < 2:
        raise MalformedInput("The signature value is empty.")
    length, header = octets[1], 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or len(octets) < 2 + count:
            raise MalformedInput("The signature value is not DER.")
        length, header = int.from_bytes(octets[2 : 2 + count], "big"), 2 + count
    total = header + length
    if total > len(octets):
        raise MalformedInput("The signature value is cut off.")
    return octets[:total], octets[total:]
