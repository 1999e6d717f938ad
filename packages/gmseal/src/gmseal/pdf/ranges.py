"""What a signature's ByteRange really covers, read from the file and not from what the file says of itself.

A byte range is sound when it starts at the first byte, leaves out exactly one hexadecimal string, that
string is the Contents of this very signature dictionary, and it ends within the file (ISO 32000-1,
12.8.1). Anything wider would leave room for bytes that nobody signed.
"""

import binascii
import hashlib
import io
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, BinaryIO, NamedTuple

import pikepdf

from gmseal.errors import MalformedInput
from gmseal.pdf.document import Document
from gmseal.pdf.fields import SignedField
from gmseal.pdf.limits import MEGABYTE
from gmseal.pdf.short_copy import MAX_CONTENTS, one_case
from gmseal.report import file_digests
from gmseal.sm.running_hash import running_hash

_BEFORE = 64
_KEY = re.compile(rb"/Contents[\x00\t\n\f\r ]*\Z")


class ByteRange(NamedTuple):
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
    octets = _gap_octets(document, before, after)
    if octets is None or not _KEY.search(lead):
        raise MalformedInput("The gap in the byte range is not exactly the signature value.")
    if document.contents_of(signed.value) != octets:
        raise MalformedInput("The gap in the byte range holds another signature value.")
    _check_home(document, signed, before, after)
    return ByteRange(before, after, end), octets


def _gap_octets(document: Document, before: int, after: int) -> bytes | None:
    """What stands in the gap: angle brackets and an even number of digits of one case, nothing else, not even blanks."""
    hole = document.hole
    if hole is not None and (hole.start, hole.end) == (before, after):
        return hole.octets
    document.file.seek(before)
    gap = document.file.read(after - before)
    if not gap.startswith(b"<") or not gap.endswith(b">") or not one_case(gap, 0, len(gap)):
        return None
    try:
        return binascii.unhexlify(gap[1:-1])
    except binascii.Error:
        return None


def _numbers(value: object) -> tuple[int, int, int, int]:
    if not isinstance(value, pikepdf.Array) or len(value) != 4:
        raise MalformedInput("The byte range is not a list of four numbers.")
    plain: list[Any] = list(value)
    numbers = [number for number in plain if type(number) is int]
    if len(numbers) != 4 or any(number < 0 for number in numbers):
        raise MalformedInput("The byte range is not a list of four whole numbers.")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _check_home(document: Document, signed: SignedField, hole: int, hole_end: int) -> None:
    """The hole lies in the object that holds this dictionary, and in no other.

    So it cannot be a copy of another one, and nothing that is shown can be made of its digits.
    """
    holder = signed.value if signed.value.is_indirect else signed.field
    offset = document.offset_of(holder.objgen)
    if offset is None or not 0 <= hole - offset <= MEGABYTE:
        raise MalformedInput("The gap in the byte range belongs to another object.")
    document.file.seek(offset)
    before = document.file.read(hole - offset)
    if b"endobj" in before or not before.lstrip().startswith(b"%d %d obj" % holder.objgen):
        raise MalformedInput("The gap in the byte range belongs to another object.")
    if document.reaches_into(hole, hole_end, holder.objgen):
        raise MalformedInput("An object or stream of the file reaches into the gap in the byte range.")


Digests = dict[ByteRange, dict[str, bytes]]
"""The digests of byte ranges by algorithm, as ``hashlib`` names them."""


class Whole(NamedTuple):
    """SM3 and SHA-256 of a file of ``size`` bytes, begun up to ``position``; SHA-256 may be yet to begin."""

    sm3: "hashlib._Hash"
    sha256: "hashlib._Hash | None"
    position: int
    size: int

    def finished(self, file: BinaryIO) -> dict[str, str]:
        """Both in hex, from the rest of a file that will not be at hand later."""
        if self.sha256 is None:
            raise MalformedInput("The SHA-256 of this file was not begun.")
        _feed(file, self.position, self.size, self.sm3, self.sha256)
        return {"sm3": self.sm3.hexdigest(), "sha256": self.sha256.hexdigest()}

    def later(self, data: bytes) -> dict[str, Callable[[], object]]:
        """What makes them from the bytes of the file when a report is asked for them."""
        return {**file_digests(data), "sm3": lambda: self._sm3_of(data)}

    def _sm3_of(self, data: bytes) -> str:
        running = self.sm3.copy()
        running.update(memoryview(data)[self.position :])
        return running.hexdigest()


def digests(
    file: BinaryIO, size: int, wanted: Mapping[ByteRange, Collection[str]], *, both: bool
) -> tuple[Digests, Whole]:
    """The wanted digests of each range in one pass and flat memory, and those of the whole file as far as that goes.

    With ``both`` the SHA-256 of the whole file is begun in the same pass, otherwise only where a range wants it.
    """
    names = {"sm3", *(("sha256",) if both else ())}.union(*wanted.values())
    running = {name: running_hash(name) for name in names}
    found: Digests = {}
    position = 0
    for item in sorted(wanted, key=lambda each: each.hole_start):
        _feed(file, position, item.hole_start, *running.values())
        position = item.hole_start
        around = {name: running[name].copy() for name in wanted[item]}
        _feed(file, item.hole_end, item.end, *around.values())
        found[item] = {name: each.digest() for name, each in around.items()}
    return found, Whole(running["sm3"], running.get("sha256"), position, size)


def _feed(file: BinaryIO, start: int, end: int, *hashes: "hashlib._Hash") -> None:
    if isinstance(file, io.BytesIO) and end <= len(data := file.getvalue()):
        for each in hashes:
            each.update(memoryview(data)[start:end])
        return
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
