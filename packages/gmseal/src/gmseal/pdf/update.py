"""An incremental update (ISO 32000-1, 7.5.6): new and changed objects after the bytes that are there.

The section is written in the form of the newest one in the file, a table or a stream, because readers
need not accept a mixture in that order (7.5.8.4).
"""

import hashlib
from dataclasses import dataclass
from itertools import groupby

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf import syntax
from gmseal.pdf.document import MAX_NUMBER, Document

_STRUCTURAL = frozenset(
    {
        *("/Size", "/Prev", "/ID", "/XRefStm"),
        *(
            "/Type",
            "/W",
            "/Index",
            "/Length",
            "/Filter",
            "/DecodeParms",
            "/DL",
            "/F",
            "/FFilter",
            "/FDecodeParms",
        ),
    }
)
"""Trailer entries that belong to one section and are written anew."""
_RANGE_WIDTH = 48
"""Room for three offsets of up to 14 digits each; padded with blanks."""


@dataclass(frozen=True, slots=True)
class SignatureHole:
    """Where the signature goes: file offsets of the ``<`` and just after the ``>`` of Contents."""

    start: int
    end: int


class Update:
    """Collects objects and writes them as one section behind a document."""

    def __init__(self, document: Document) -> None:
        self._start = document.size
        self._last = document.last_section()
        self._trailer = document.pdf.trailer
        self._next = document.first_free_number()
        self._named = document.named_numbers()
        self._objects: list[tuple[int, int, bytes]] = []

    def allocate(self) -> int:
        """A number that no object of the file has or refers to.

        ``Refused`` (``BROKEN_XREF``) when there is none left that readers take.
        """
        while self._next in self._named:
            self._next += 1
        if self._next > MAX_NUMBER:
            raise Refused(
                "BROKEN_XREF", "The object numbers of this PDF leave none for new objects; repair it first."
            )
        self._next += 1
        return self._next - 1

    def add(self, value: bytes) -> int:
        """Writes a new object and returns its number."""
        number = self.allocate()
        self._objects.append((number, 0, value))
        return number

    def put(self, number: int, generation: int, value: bytes) -> None:
        """Writes an object under a number that was allocated, or a new version of an old object."""
        self._objects.append((number, generation, value))

    def finish(
        self, signature_number: int, signature_entries: bytes, room: int
    ) -> tuple[bytearray, SignatureHole]:
        """The bytes to append, with a hole for a signature of up to ``room`` octets.

        ``signature_entries`` are the entries of the signature dictionary besides ByteRange and Contents;
        its object is written last. ByteRange is final in the result, Contents is zeros.
        """
        out = bytearray(b"\n")
        offsets: list[tuple[int, int, int]] = []
        for number, generation, value in self._objects:
            offsets.append((number, generation, self._start + len(out)))
            out += b"%d %d obj\n%s\nendobj\n" % (number, generation, value)
        offsets.append((signature_number, 0, self._start + len(out)))
        out += b"%d 0 obj\n<<%s/ByteRange[" % (signature_number, signature_entries)
        range_at = len(out)
        out += b" " * _RANGE_WIDTH + b"]/Contents"
        hole = SignatureHole(self._start + len(out), self._start + len(out) + 2 * room + 2)
        out += b"<" + b"0" * (2 * room) + b">>>\nendobj\n"
        self._write_section(out, sorted(offsets))
        byte_range = b"0 %d %d %d" % (hole.start, hole.end, self._start + len(out) - hole.end)
        out[range_at : range_at + _RANGE_WIDTH] = byte_range.ljust(_RANGE_WIDTH)
        return out, hole

    def _write_section(self, out: bytearray, offsets: list[tuple[int, int, int]]) -> None:
        at = self._start + len(out)
        if self._last.is_stream:
            number = self.allocate()
            offsets = [*offsets, (number, 0, at)]
            out += self._stream_section(number, offsets)
        else:
            out += self._table_section(offsets)
        out += b"startxref\n%d\n%%%%EOF\n" % at

    def _table_section(self, offsets: list[tuple[int, int, int]]) -> bytes:
        parts = [b"xref\n"]
        for run in _runs(offsets):
            parts.append(b"%d %d\n" % (run[0][0], len(run)))
            parts += [b"%010d %05d n \n" % (offset, generation) for _, generation, offset in run]
        parts.append(b"trailer\n<<%s>>\n" % self._trailer_entries())
        return b"".join(parts)

    def _stream_section(self, number: int, offsets: list[tuple[int, int, int]]) -> bytes:
        index = b" ".join(b"%d %d" % (run[0][0], len(run)) for run in _runs(offsets))
        data = b"".join(
            b"\x01" + offset.to_bytes(5, "big") + generation.to_bytes(2, "big")
            for _, generation, offset in offsets
        )
        entries = b"/Type/XRef/W[1 5 2]/Index[%s]%s" % (index, self._trailer_entries())
        return b"%d 0 obj\n%s\nendobj\n" % (number, syntax.stream(entries, data))

    def _trailer_entries(self) -> bytes:
        kept = self._trailer.copy()
        for key in list(kept.keys()):
            if key in _STRUCTURAL:
                del kept[key]
        text = bytes(kept.unparse(resolved=True)).strip()
        return text[2:-2].strip() + b"/Size %d/Prev %d/ID%s" % (
            self._next,
            self._last.offset,
            self._identifiers(),
        )

    def _identifiers(self) -> bytes:
        """The first identifier stays, the second is new (14.4); both are hashes, no secrets."""
        changed = hashlib.sha256(b"%d %d %d" % (self._start, self._last.offset, len(self._objects)))
        for number, _, value in self._objects:
            changed.update(b"%d " % number)
            changed.update(value)
        second = changed.hexdigest()[:32].encode("ascii")
        old = self._trailer.get("/ID")
        first = second
        if isinstance(old, pikepdf.Array) and len(old) == 2 and isinstance(old[0], pikepdf.String):
            first = bytes(old[0]).hex().encode("ascii")
        return b"[<%s><%s>]" % (first, second)


def _runs(offsets: list[tuple[int, int, int]]) -> list[list[tuple[int, int, int]]]:
    """Entries with consecutive object numbers, together."""
    runs = groupby(enumerate(offsets), key=lambda pair: pair[1][0] - pair[0])
    return [[entry for _, entry in run] for _, run in runs]
