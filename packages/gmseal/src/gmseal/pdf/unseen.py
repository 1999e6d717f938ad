"""What a revision refers to although qpdf sees nothing there: readers may see something.

qpdf takes an object that it cannot read, or that is asked for by a wrong generation, for null, and hides
the entry that names it. Other readers mend such objects, or ignore generations. So a comparison must not
rest on qpdf's view alone: references are read from the bytes, too.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any, BinaryIO

import pikepdf

from gmseal.pdf.expansion import octets_of
from gmseal.pdf.limits import MEGABYTE
from gmseal.pdf.source_text import Cut, cut_text, references_in

_HEADER = 64
"""Bytes within which the number, the generation and ``obj`` stand."""
_SHORT = 2048
_USUAL = 64 * 1024
_LONGEST = 4 * MEGABYTE
"""Bytes of one object that are looked through; beyond, it is not compared letter by letter by anybody."""

_REFERENCE = re.compile(rb"([0-9]{1,18})[\x00\t\n\f\r ]+[0-9]+[\x00\t\n\f\r ]+R(?![0-9A-Za-z])")
_BLANKS = b"\x00\t\n\f\r "
_BEFORE_END = (b">", b"]", *(bytes((blank,)) for blank in _BLANKS))

Place = tuple[int, int]


class RawObjects:
    """The objects of one revision as their bytes stand in the file or in an unpacked object stream."""

    def __init__(self, file: BinaryIO, pdf: pikepdf.Pdf, table: dict[Place, Any]) -> None:
        self._file, self._pdf, self._table = file, pdf, table
        self._packed: dict[int, tuple[bytes, dict[int, int], list[int]]] = {}

    def places(self) -> Iterable[Place]:
        """Every object of the revision."""
        return self._table.keys()

    def has(self, place: Place) -> bool:
        """Whether the revision has this object."""
        return place in self._table

    def states_transformations(self, place: Place, key: bytes) -> bool:
        """Whether an entry is the list of transformations that a signature dictionary states (12.8.1)."""
        cut = cut_text(self.text(place))
        if cut is None or key not in cut.entries:
            return False
        _, begin, end = cut.entries[key]
        return cut.text[begin:end].startswith(b"[") and b"/TransformMethod" in cut.text[begin:end]

    def text(self, place: Place) -> bytes:
        """From an object's value on, to its end or the data of its stream; empty when it is not there."""
        entry = self._table.get(place)
        if entry is None:
            return b""
        if entry.type == 2:
            return self._from_stream(entry.obj_stream_number or 0, place[0])
        for length in (_SHORT, _USUAL, _LONGEST):
            self._file.seek(entry.offset or 0)
            data = self._file.read(length)
            begin = data.find(b"obj", 0, _HEADER) + 3
            value = data[begin:] if begin >= 3 else b""
            if len(data) < length or cut_text(value) is not None:
                break
        return value

    def _from_stream(self, holder: int, number: int) -> bytes:
        if holder not in self._packed:
            stream = self._pdf.get_object((holder, 0))
            data = octets_of(stream) if isinstance(stream, pikepdf.Stream) else b""
            first = int(stream.get("/First", 0)) if data else 0
            words = [int(word) for word in data[:first].split()]
            pairs = list(zip(words[::2], (first + at for at in words[1::2]), strict=False))
            # The first place counts where a number is listed twice.
            self._packed[holder] = data, dict(reversed(pairs)), sorted(at for _, at in pairs)
        data, places, order = self._packed[holder]
        begin = places.get(number, len(data))
        following = bisect_right(order, begin)
        end = order[following] if following < len(order) else len(data)
        return data[begin:end]

    def numbers(self, place: Place) -> set[int] | None:
        """The object numbers that a plain object refers to; ``None`` for one that has to be read word by word.

        Without strings and comments nothing hides a reference, nor the end of the object.
        """
        entry = self._table.get(place)
        if entry is None:
            return set()
        if entry.type == 2:
            text = self._from_stream(entry.obj_stream_number or 0, place[0])
        else:
            self._file.seek(entry.offset or 0)
            head, found, rest = self._file.read(_SHORT).partition(b"obj")
            text, ended = _to_end(rest)
            if not found or not ended or len(head) > _HEADER:
                return None
        if b"(" in text or b"%" in text:
            return None
        return {int(number) for number in _REFERENCE.findall(text)}

    def references(self, place: Place) -> Counter[tuple[bytes, Place]]:
        """Every reference in an object, with the entry it stands under."""
        text = self.text(place)
        cut: Cut | None = cut_text(text)
        if cut is None or not cut.entries:
            return Counter((b"", found) for found in references_in(text))
        return Counter(
            (key, found)
            for key, (_, begin, end) in cut.entries.items()
            for found in references_in(cut.text[begin:end])
        )

    def unseen(self, place: Place) -> Counter[tuple[bytes, Place]]:
        """Those references in an object that lead to nothing that qpdf can read."""
        found = self.references(place)
        return Counter({one: count for one, count in found.items() if not self._is_seen(one[1])})

    def _is_seen(self, place: Place) -> bool:
        return place in self._table and self._pdf.get_object(place) is not None


def _to_end(text: bytes) -> tuple[bytes, bool]:
    """What comes before the end of an object or the data of its stream, and whether that end is certain."""
    value, ended, _ = text.partition(b"endobj")
    before, stream, _ = value.partition(b"stream")
    if stream:
        return before, before.rstrip(_BLANKS).endswith(b">>")
    return value, bool(ended) and value.endswith(_BEFORE_END)
