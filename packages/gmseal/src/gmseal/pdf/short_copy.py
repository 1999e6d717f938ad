"""A copy of a signed file for qpdf in which the signature value is short.

A signature value is a string of some 45,000 hexadecimal digits, which qpdf reads one by one: a third of what it
does for a small file. In the copy the string holds a random mark of 16 octets instead, the object ends right behind
it, and the rest of the gap is never written nor read; every other byte, and every offset, is that of the file. It
is made only where it cannot hide anything:

- the file speaks of one byte range, which leaves out one gap and reaches to the end of the file;
- the gap is nothing but hexadecimal digits of one case in angle brackets: no object, no name, no comment can stand in it;
- behind it the dictionary and its object end at once, as they do in the copy.

What is judged by it stands only when qpdf had nothing to complain of and nothing failed: an object that does not end
would run into the gap. Everything else is judged once more by the file as it is.

Whoever finds the mark as the Contents of a dictionary knows two things: what the value really is, and that it
stands in this gap. All digests, headers of objects and revisions are taken from the file itself.
"""

import binascii
import os
import re
from typing import Final, NamedTuple

MAX_CONTENTS: Final = 32 << 20
"""Characters of the hexadecimal string of a signature; a seal signature has some tens of thousands."""
_KEY: Final = b"/ByteRange"
_RANGE: Final = re.compile(
    rb"/ByteRange[\x00\t\n\f\r ]*\[[\x00\t\n\f\r ]*0[\x00\t\n\f\r ]+([0-9]{1,12})[\x00\t\n\f\r ]+([0-9]{1,12})"
    rb"[\x00\t\n\f\r ]+([0-9]{1,12})[\x00\t\n\f\r ]*\]"
)
_ENDS: Final = re.compile(rb"[\x00\t\n\f\r ]*>>[\x00\t\n\f\r ]*endobj(?![0-9A-Za-z])")
_MARK_BYTES: Final = 16
_CASES: Final = (b"ABCDEF", b"abcdef")
"""Capital letters first, since nearly every file has small ones."""
_WORTH: Final = 4096
"""A gap of fewer characters is read as it is."""


Piece = tuple[int, memoryview]
"""Where some bytes stand, and the bytes."""


class Hole(NamedTuple):
    """The gap from ``start`` (its ``<``) to ``end`` (behind its ``>``), its octets, and the mark in their place."""

    start: int
    end: int
    octets: bytes
    mark: bytes


class Short(NamedTuple):
    """The pieces of a copy, and what was shortened in it."""

    pieces: tuple[Piece, ...]
    hole: Hole


def shortened(data: bytes) -> Short | None:
    """The short copy of a file; ``None`` for one that is to be read as it is."""
    hole = _hole(data)
    if hole is None:
        return None
    whole = memoryview(data)
    end = b"<%s>>>\nendobj\n" % hole.mark.hex().encode("ascii")
    pieces = (0, whole[: hole.start]), (hole.start, memoryview(end)), (hole.end, whole[hole.end :])
    return Short(pieces, hole)


def one_case(data: bytes, start: int, end: int) -> bool:
    """Whether the hexadecimal digits between two offsets are all small or all capital letters.

    The case of a digit means nothing to the value, and nobody signs it: free, it could carry a message.
    """
    for case in _CASES:
        for letter in case:
            if data.find(letter, start, end) >= 0:
                break
        else:  # None of this case: each was looked for by a search for one octet, the quickest there is.
            return True
    return False


def _hole(data: bytes) -> Hole | None:
    at = data.find(_KEY)
    found = _RANGE.match(data, at) if at >= 0 else None
    if found is None:
        return None
    before, after, length = int(found[1]), int(found[2]), int(found[3])
    whole = at < before < after and after + length == len(data) and _WORTH < after - before <= MAX_CONTENTS
    if not whole or data[before] != 0x3C or data[after - 1] != 0x3E or not _ENDS.match(data, after):
        return None
    if data.find(_KEY, at + 1, before) >= 0 or data.find(_KEY, after) >= 0:
        return None
    try:
        octets = binascii.unhexlify(memoryview(data)[before + 1 : after - 1])
    except binascii.Error:
        return None
    if not one_case(data, before, after):
        return None
    return Hole(before, after, octets, os.urandom(_MARK_BYTES))
