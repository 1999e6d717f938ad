"""What a stream may expand to where qpdf sets no limit itself: one that is coded with LZW (ISO 32000-1, 7.4.4).

For Flate and run lengths qpdf is given a limit (``limits``); for LZW it has none, and one octet becomes up to 1,363 of
them: four megabytes of a cross-reference stream would take five gigabytes of memory before anybody sees a page. No
program writes such a stream: LZW was given up before cross-reference and object streams were invented. So a file in which
one of these may be coded so is refused before qpdf reads it. Contents of pages and images of old files are often coded
so; of them nothing is expanded here that could become too much.
"""

import io
import mmap
import re
from typing import BinaryIO, Final

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf.limits import INFLATE_LIMIT, MEGABYTE

_SPELLINGS: Final = (b"LZW", b"#4C", b"#4c", b"#5A", b"#5a", b"#57")
"""One of these stands wherever the name does, whichever of its letters are written as numbers."""
_LZW: Final = re.compile(rb"(?:L|#4[Cc])(?:Z|#5[Aa])(?:W|#57)")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM: Final = re.compile(rb"(?<!end)stream[\r\n]")
_HEAD: Final = re.compile(rb"[0-9][\x00\t\n\f\r ]+[0-9]+[\x00\t\n\f\r ]+obj(?![0-9A-Za-z])")
_STRUCTURE: Final = re.compile(rb"/(?:ObjStm|XRef|First)(?![0-9A-Za-z])")
_FLATE: Final = re.compile(
    rb"/Filter[\x00\t\n\f\r ]*(?:\[[\x00\t\n\f\r ]*/FlateDecode[\x00\t\n\f\r ]*\]|/FlateDecode(?=[\x00\t\n\f\r />]))"
)
_LONGEST: Final = 1 << 16
"""Octets before the data of a stream in which its dictionary is looked for."""
_LZW_RATIO: Final = 1400
_GROWS_NOT: Final = frozenset({"/ASCIIHexDecode", "/AHx", "/ASCII85Decode", "/A85"})
_START: Final = re.compile(rb"startxref[\x00\t\n\f\r ]+([0-9]{1,19})")
_TAIL: Final = 2048
_NOT_PLAIN: Final = (b"(", b"%", b"#", b"XRefStm")
_ROWS: Final = re.compile(rb"[\x00\t\n\f\r ]*xref[0-9nf\x00\t\n\f\r ]+(?=trailer)")
_PREV: Final = re.compile(rb"/Prev[\x00\t\n\f\r ]+([0-9]{1,12})[\x00\t\n\f\r ]*[/>]")
BOMB: Final = "Structures in this PDF expand beyond all reason."


def check_structures(file: BinaryIO, size: int, *, repairs: bool = False) -> tuple[int, ...]:
    """``Refused`` (``DECOMPRESSION_BOMB``) when a structure of a file may be coded with LZW.

    Says where its cross-reference tables stand, the newest first, when they are all there is and all are plain.

    A file whose cross-references are tables alone has no such structures, unless qpdf is to repair it and looks for
    them everywhere. Of a file on disk no more than a megabyte is held at a time.
    """
    if isinstance(file, io.BytesIO):
        data = file.getvalue()
        plain = () if repairs else _plain_tables(data)
        if not plain and _named(data) and _structure_in_lzw(data):
            raise Refused("DECOMPRESSION_BOMB", BOMB)
        return plain
    if not size:
        return ()
    with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as mapped:
        plain = () if repairs else _plain_tables(mapped)
        if plain:
            return plain
        file.seek(0)
        before = b""
        while chunk := file.read(MEGABYTE):
            if _named(before + chunk) and _structure_in_lzw(mapped):
                raise Refused("DECOMPRESSION_BOMB", BOMB)
            before = chunk[-2:]
    return ()


def _named(data: bytes) -> bool:
    return any(data.find(spelling) >= 0 for spelling in _SPELLINGS)


def _plain_tables(data: bytes | mmap.mmap) -> tuple[int, ...]:
    """Where the cross-reference tables stand, from the newest to the oldest; none when anything about one is not plain.

    A trailer is plain that has neither strings of characters, comments nor escapes: then every reader finds the same
    ``Prev`` in it, or none.
    """
    starts = _START.findall(data[-_TAIL:])
    ahead = int(starts[-1]) if starts and data[:5] == b"%PDF-" else -1
    seen: dict[int, None] = {}
    while ahead >= 0 and ahead not in seen:
        seen[ahead] = None
        rows = _ROWS.match(data, ahead)
        begin = rows.end() if rows is not None else len(data)
        end = data.find(b"startxref", begin, begin + _LONGEST)
        text = data[begin:end].rstrip() if end >= 0 else b""
        plain = text.endswith(b">>") and not any(map(text.__contains__, _NOT_PLAIN))
        older = _PREV.search(text)
        if not plain or text.count(b"/Prev") != (older is not None) or text.count(b"<<") != text.count(b">>"):
            return ()
        if older is None:
            return tuple(seen)
        ahead = int(older[1])
    return ()


def _structure_in_lzw(data: bytes | mmap.mmap) -> bool:
    """Whether the name stands in the file, and a structure stream that states anything but plain Flate."""
    if _LZW.search(data) is None:
        return False
    for found in _STREAM.finditer(data):
        text = data[max(0, found.start() - _LONGEST) : found.start()]
        *_, last = [0, *(head.end() for head in _HEAD.finditer(text))]
        own = text[last:]
        # In a string or a comment there may be a header, or a filter, that is none.
        hiding = b"(" in own or b")" in own or b"%" in own
        own = text if hiding else own
        own = _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), own) if b"#" in own else own
        if b"/Filter" in own and _STRUCTURE.search(own) and (hiding or not _FLATE.search(own)):
            return True
    return False


def octets_of(stream: pikepdf.Object) -> bytes:
    """The decoded data of a stream. ``Refused`` (``BROKEN_STRUCTURE``) for another object, and as ``check_stream``."""
    if not isinstance(stream, pikepdf.Stream):
        raise Refused("BROKEN_STRUCTURE", "The structure of this PDF is damaged.")
    check_stream(stream)
    return bytes(stream.read_bytes())


def check_stream(stream: pikepdf.Stream) -> None:
    """``Refused`` (``DECOMPRESSION_BOMB``) when LZW may make more of a stream than Flate would be allowed to."""
    stated = stream.get("/Filter")
    names = [str(name) for name in stated] if isinstance(stated, pikepdf.Array) else [str(stated)]
    if any(name.startswith("/LZW") for name in names):
        others = [name for name in names if not name.startswith("/LZW")]
        alone = len(others) == len(names) - 1 and _GROWS_NOT.issuperset(others)
        if not alone or len(stream.read_raw_bytes()) * _LZW_RATIO > INFLATE_LIMIT:
            raise Refused("DECOMPRESSION_BOMB", BOMB)
