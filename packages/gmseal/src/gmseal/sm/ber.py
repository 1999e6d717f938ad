"""BER that real products write, turned into DER (ITU-T X.690): indefinite lengths, strings in pieces.

Only the encoding changes, never a value. Bounded in depth, size and number of elements, so that
no input costs more than a small multiple of its own length.
"""

from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm import der

MAX_DEPTH: Final = 40
MAX_ELEMENTS: Final = 100_000
_CONSTRUCTED: Final = 0x20
_OCTET_STRING_IN_PIECES: Final = der.OCTET_STRING | _CONSTRUCTED


def to_der(data: bytes, what: str) -> bytes:
    """The same value with definite, minimal lengths and unbroken OCTET STRINGs.

    Raises ``MalformedInput`` for anything that is not one BER element, followed by zeros at most.
    """
    reader = _Reader(data, what)
    encoded, end = reader.element(0, len(data), 0)
    if data[end:].strip(b"\0"):
        raise MalformedInput(f"{what}: {len(data) - end} bytes after the end.")
    return encoded


class _Reader:
    """Walks one buffer; counts what it meets."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._met = 0

    def element(self, start: int, limit: int, depth: int) -> tuple[bytes, int]:
        """The element at ``start`` in DER, and where the next one begins."""
        self._met += 1
        if depth > MAX_DEPTH or self._met > MAX_ELEMENTS:
            raise MalformedInput(f"{self._what}: nested too deeply or made of too many parts.")
        tag, length, begin = self._head(start, limit)
        if length is None:
            if not tag & _CONSTRUCTED:
                raise MalformedInput(f"{self._what}: an indefinite length where none is allowed.")
            parts, end = self._parts(begin, limit, depth, until_marker=True)
            return _joined(tag, parts, self._what), end
        end = begin + length
        if end > limit:
            raise MalformedInput(f"{self._what}: an element is longer than what holds it.")
        if not tag & _CONSTRUCTED:
            return der.tlv(tag, self._data[begin:end]), end
        parts, _ = self._parts(begin, end, depth, until_marker=False)
        return _joined(tag, parts, self._what), end

    def _parts(self, position: int, limit: int, depth: int, *, until_marker: bool) -> tuple[list[bytes], int]:
        parts: list[bytes] = []
        while position < limit:
            if until_marker and self._data[position : position + 2] == b"\0\0":
                return parts, position + 2
            part, position = self.element(position, limit, depth + 1)
            parts.append(part)
        if until_marker:
            raise MalformedInput(f"{self._what}: the end of an indefinite length is missing.")
        return parts, position

    def _head(self, start: int, limit: int) -> tuple[int, int | None, int]:
        if start + 2 > limit:
            raise MalformedInput(f"{self._what}: ends in the middle of an element.")
        tag, first, begin = self._data[start], self._data[start + 1], start + 2
        if tag & 0x1F == 0x1F or tag == 0:
            raise MalformedInput(f"{self._what}: a tag that does not belong here.")
        if first == 0x80:
            return tag, None, begin
        if first < 0x80:
            return tag, first, begin
        count = first & 0x7F
        octets = self._data[begin : begin + count]
        if count > 8 or len(octets) != count:
            raise MalformedInput(f"{self._what}: a length that cannot be read.")
        return tag, int.from_bytes(octets, "big"), begin + count


def _joined(tag: int, parts: list[bytes], what: str) -> bytes:
    if tag != _OCTET_STRING_IN_PIECES:
        return der.tlv(tag, b"".join(parts))
    pieces = (der.parse(part, what).octets(what) for part in parts)
    return der.octet_string(b"".join(pieces))
