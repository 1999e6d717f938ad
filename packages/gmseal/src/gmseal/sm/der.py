"""A small strict DER writer and reader (ITU-T X.690), enough for keys, certificates and seals.

The general library builds a certificate in milliseconds; here an element is a few bytes joined,
so that encoding never costs more than the signature. The reader accepts definite, minimal
lengths only and never looks behind the end of its input.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple, Self

from gmseal.errors import MalformedInput

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_BEIJING = timezone(timedelta(hours=8))


# --- writing ---------------------------------------------------------------------------------


def length_octets(length: int) -> bytes:
    """The length octets of DER for a content of ``length`` bytes."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tlv(tag: int, content: bytes) -> bytes:
    """One element with a single-octet tag."""
    return bytes((tag,)) + length_octets(len(content)) + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of already encoded parts."""
    return tlv(SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """SET OF, in the ascending order that DER demands."""
    return tlv(SET, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    """INTEGER in the shortest two's complement form."""
    size = (value if value >= 0 else -value - 1).bit_length() // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def boolean(*, value: bool) -> bytes:
    """BOOLEAN; DER writes true as FF."""
    return tlv(BOOLEAN, b"\xff" if value else b"\x00")


def octet_string(content: bytes) -> bytes:
    """OCTET STRING, primitive."""
    return tlv(OCTET_STRING, content)


def bit_string(content: bytes, unused_bits: int = 0) -> bytes:
    """BIT STRING of whole octets unless ``unused_bits`` says otherwise."""
    return tlv(BIT_STRING, bytes((unused_bits,)) + content)


def named_bits(*bits: int) -> bytes:
    """BIT STRING used as a list of flags: trailing zero bits are cut off, as DER demands."""
    top = max(bits)
    value = sum(1 << (top - bit) for bit in bits)
    unused = -(top + 1) % 8
    return bit_string((value << unused).to_bytes((top + 8) // 8, "big"), unused)


def utf8_string(text: str) -> bytes:
    """UTF8String."""
    return tlv(UTF8_STRING, text.encode("utf-8"))


def printable_string(text: str) -> bytes:
    """PrintableString; the caller guarantees the alphabet."""
    return tlv(PRINTABLE_STRING, text.encode("ascii"))


def ia5_string(text: str) -> bytes:
    """IA5String. Raises ``MalformedInput`` when the text is not ASCII."""
    try:
        return tlv(IA5_STRING, text.encode("ascii"))
    except UnicodeEncodeError as error:
        raise MalformedInput(f"The text {text[:40]!r} must be ASCII here.") from error


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form. Raises ``MalformedInput``."""
    arcs = dotted.split(".")
    if len(arcs) < 2 or not all(arc.isascii() and arc.isdigit() and len(arc) < 64 for arc in arcs):
        raise MalformedInput(f"{dotted[:80]!r} is not an OBJECT IDENTIFIER.")
    first, second, *rest = (int(arc) for arc in arcs)
    if first > 2 or (first < 2 and second > 39):
        raise MalformedInput(f"{dotted[:80]!r} is not an OBJECT IDENTIFIER.")
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | (arc & 0x7F))
        content += bytes(reversed(septets))
    return tlv(OBJECT_IDENTIFIER, bytes(content))


def generalized_time(instant: datetime) -> bytes:
    """GeneralizedTime in UTC, whole seconds."""
    moment = instant.astimezone(UTC)
    # strftime does not pad years below 1000 on every platform, so the year is written here.
    return tlv(GENERALIZED_TIME, f"{moment.year:04d}{moment:%m%d%H%M%S}Z".encode("ascii"))


def x509_time(instant: datetime) -> bytes:
    """Time of RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime from then on."""
    moment = instant.astimezone(UTC)
    if 1950 <= moment.year < 2050:
        return tlv(UTC_TIME, f"{moment:%y%m%d%H%M%SZ}".encode("ascii"))
    return generalized_time(moment)


def explicit(number: int, content: bytes) -> bytes:
    """A context tag [number] EXPLICIT."""
    return tlv(0xA0 | number, content)


def implicit(number: int, content: bytes) -> bytes:
    """A primitive context tag [number] IMPLICIT."""
    return tlv(0x80 | number, content)


# --- reading ---------------------------------------------------------------------------------


class Element(NamedTuple):
    """One element inside a buffer: its tag and where its content and itself lie.

    A named tuple, as reading one signature makes dozens.
    """

    data: bytes
    tag: int
    start: int
    content_start: int
    end: int

    @property
    def raw(self) -> bytes:
        """The whole element, tag and length included."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        return self.data[self.content_start : self.end]

    def expect(self, tag: int, what: str) -> Self:
        """This element when it carries ``tag``. Raises ``MalformedInput`` otherwise."""
        if self.tag != tag:
            raise MalformedInput(f"{what}: expected tag {tag:02X}, found {self.tag:02X}.")
        return self

    def children(self) -> Iterator["Element"]:
        """The elements inside a constructed one."""
        if not self.tag & 0x20:
            raise MalformedInput(f"An element with tag {self.tag:02X} has no parts.")
        position = self.content_start
        while position < self.end:
            child = _element(self.data, position, self.end)
            yield child
            position = child.end

    def fields(self, what: str, least: int, most: int) -> list["Element"]:
        """The children of a SEQUENCE with a known number of fields."""
        found: list[Element] = []
        data, _, _, position, end = self.expect(SEQUENCE, what)
        while position < end:
            if len(found) == most:
                raise MalformedInput(f"{what}: more than {most} fields.")
            child = _element(data, position, end)
            found.append(child)
            position = child.end
        if len(found) < least:
            raise MalformedInput(f"{what}: {len(found)} fields where at least {least} belong.")
        return found

    def integer(self, what: str) -> int:
        """The value of an INTEGER in minimal form."""
        content = self.expect(INTEGER, what).content
        if not content or len(content) > 1024:
            raise MalformedInput(f"{what}: an INTEGER of {len(content)} octets.")
        if len(content) > 1 and (content[0], content[1] & 0x80) in {(0, 0), (0xFF, 0x80)}:
            raise MalformedInput(f"{what}: an INTEGER that is not in its shortest form.")
        return int.from_bytes(content, "big", signed=True)

    def octets(self, what: str) -> bytes:
        """The content of an OCTET STRING."""
        return self.expect(OCTET_STRING, what).content

    def bits(self, what: str) -> tuple[bytes, int]:
        """The octets of a BIT STRING and its number of unused bits."""
        content = self.expect(BIT_STRING, what).content
        if not content or content[0] > 7 or (len(content) == 1 and content[0]):
            raise MalformedInput(f"{what}: not a BIT STRING.")
        return content[1:], content[0]

    def whole_octets(self, what: str) -> bytes:
        """The octets of a BIT STRING without unused bits."""
        octets, unused = self.bits(what)
        if unused:
            raise MalformedInput(f"{what}: {unused} unused bits where whole octets belong.")
        return octets

    def oid(self, what: str) -> str:
        """An OBJECT IDENTIFIER in dotted form."""
        return _dotted(self.expect(OBJECT_IDENTIFIER, what).content, what)

    def text(self, what: str) -> str:
        """A string of any of the usual kinds."""
        codec = _STRING_CODECS.get(self.tag)
        if codec is None:
            raise MalformedInput(f"{what}: tag {self.tag:02X} is not a string.")
        try:
            return self.content.decode(codec)
        except UnicodeDecodeError as error:
            raise MalformedInput(f"{what}: the text cannot be decoded.") from error

    def time(self, what: str) -> datetime:
        """UTCTime or GeneralizedTime, as an instant in UTC.

        Some products leave out the Z and mean Beijing time, or write a two-digit year into a
        GeneralizedTime; both are read as meant.
        """
        if self.tag not in {UTC_TIME, GENERALIZED_TIME}:
            raise MalformedInput(f"{what}: tag {self.tag:02X} is not a time.")
        return _instant(self.content, what)


_PEM_START = b"-----BEGIN "
"""How text begins that holds DER; read as DER, it is an element of 45 octets with more behind it."""
_STRING_CODECS = {
    UTF8_STRING: "utf-8",
    PRINTABLE_STRING: "ascii",
    IA5_STRING: "ascii",
    0x14: "latin-1",  # TeletexString
    0x1A: "ascii",  # VisibleString
    0x1E: "utf-16-be",  # BMPString
}


def parse(data: bytes, what: str) -> Element:
    """The one element that ``data`` consists of. Raises ``MalformedInput``, also for trailing bytes."""
    element = _element(data, 0, len(data))
    if element.end != len(data):
        if data.startswith(_PEM_START):
            raise MalformedInput(f"{what}: this is text (PEM) where the binary form (DER) belongs.")
        raise MalformedInput(f"{what}: {len(data) - element.end} bytes after the end.")
    return element


def parse_prefix(data: bytes) -> Element:
    """The first element of ``data``; what follows is left alone. Raises ``MalformedInput``."""
    return _element(data, 0, len(data))


def _element(data: bytes, start: int, limit: int) -> Element:
    if start + 2 > limit:
        raise MalformedInput(f"The structure ends in the middle of an element at byte {start}.")
    tag, length, position = data[start], data[start + 1], start + 2
    if tag & 0x1F == 0x1F:
        raise MalformedInput(f"A tag of several octets at byte {start}.")
    if length >= 0x80:
        count = length & 0x7F
        octets = data[position : position + count]
        if not 1 <= count <= 4 or len(octets) != count:
            raise MalformedInput(f"A length that DER does not allow at byte {start}.")
        length, position = int.from_bytes(octets, "big"), position + count
        if length < 0x80 or octets[0] == 0:
            raise MalformedInput(f"A length that is not in its shortest form at byte {start}.")
    if position + length > limit:
        raise MalformedInput(f"An element at byte {start} is longer than what holds it.")
    return Element(data, tag, start, position, position + length)


@lru_cache(maxsize=1024)
def _dotted(content: bytes, what: str) -> str:
    if not content or content[-1] & 0x80 or len(content) > 128:
        raise MalformedInput(f"{what}: not an OBJECT IDENTIFIER.")
    arcs: list[int] = []
    arc, fresh = 0, True
    for octet in content:
        if fresh and octet == 0x80:
            raise MalformedInput(f"{what}: an arc that is not in its shortest form.")
        arc, fresh = arc << 7 | octet & 0x7F, not octet & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def _instant(content: bytes, what: str) -> datetime:
    zone = UTC if content.endswith(b"Z") else _BEIJING
    digits = content.removesuffix(b"Z")
    if len(digits) == 12:
        digits = (b"20" if digits[:2] < b"50" else b"19") + digits
    if len(digits) != 14 or not digits.isdigit():
        raise MalformedInput(f"{what}: not a time.")
    date = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    clock = int(digits[8:10]), int(digits[10:12]), int(digits[12:])
    try:
        instant = datetime(*date, *clock, tzinfo=zone)
        return instant if zone is UTC else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedInput(f"{what}: not a time.") from error
