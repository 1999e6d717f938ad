"""What a revision refers to although qpdf sees nothing there: readers may see something.

qpdf takes an object that it cannot read, or that is asked for by a wrong generation, for null, and hides
the entry that names it. Other readers mend such objects, or ignore generations. So a comparison must not
rest on qpdf's view alone: references are read from the bytes, too.
"""

from collections import Counter
from typing import Any, BinaryIO

import pikepdf

from gmseal.pdf.limits import MEGABYTE
from gmseal.pdf.source_text import Cut, cut_text, references_in

_HEADER = 64
"""Bytes within which the number, the generation and ``obj`` stand."""
_USUAL = 64 * 1024
_LONGEST = 4 * MEGABYTE
"""Bytes of one object that are looked through; beyond, it is not compared letter by letter by anybody."""

Place = tuple[int, int]


class RawObjects:
    """The objects of one revision as their bytes stand in the file or in an unpacked object stream."""

    def __init__(self, file: BinaryIO, pdf: pikepdf.Pdf, table: dict[Place, Any]) -> None:
        self._file, self._pdf, self._table = file, pdf, table
        self._packed: dict[int, tuple[bytes, list[tuple[int, int]]]] = {}

    def text(self, place: Place) -> bytes:
        """From an object's value on, to its end or the data of its stream; empty when it is not there."""
        entry = self._table.get(place)
        if entry is None:
            return b""
        if entry.type == 2:
            return self._from_stream(entry.obj_stream_number or 0, place[0])
        for length in (_USUAL, _LONGEST):
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
            data = stream.read_bytes() if isinstance(stream, pikepdf.Stream) else b""
            first = int(stream.get("/First", 0)) if data else 0
            words = [int(word) for word in data[:first].split()]
            pairs = list(zip(words[::2], (first + at for at in words[1::2]), strict=False))
            self._packed[holder] = data, pairs
        data, pairs = self._packed[holder]
        begin = next((at for found, at in pairs if found == number), len(data))
        end = min((at for _, at in pairs if at > begin), default=len(data))
        return data[begin:end]

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
