"""Writes small PDF files by hand, the way a program with or without manners would."""

from __future__ import annotations

import io
from typing import Any

import pikepdf

Objects = dict[int, bytes]
PAGES = 3
BINARY = b"%\xe2\xe3\xcf\xd3\n"


def stream(data: bytes, entries: bytes = b"", *, length: int | None = None) -> bytes:
    """A stream object, with a wrong length if one is given."""
    stated = len(data) if length is None else length
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, stated, data)


def plain(pages: int = PAGES) -> Objects:
    """Catalog 1, page tree 2, font 3, then page and content for each page from 10 on."""
    kids = b" ".join(b"%d 0 R" % (10 + 2 * page) for page in range(pages))
    built = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>>>"
        % (kids, pages),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    for page in range(pages):
        number = 10 + 2 * page
        built[number] = b"<</Type/Page/Parent 2 0 R/Contents %d 0 R>>" % (number + 1)
        built[number + 1] = stream(b"BT /F1 18 Tf 60 400 Td (Page %d) Tj ET" % (page + 1))
    return built


def changed(objects: Objects, number: int, old: bytes, new: bytes) -> Objects:
    """The objects with a piece of one of them exchanged."""
    assert old in objects[number]
    return {**objects, number: objects[number].replace(old, new)}


def written(
    objects: Objects,
    *,
    header: bytes = b"%PDF-1.4\n" + BINARY,
    generations: dict[int, int] | None = None,
    trailer: bytes = b"",
    eol: bytes = b"\n",
    root: bytes = b"1 0 R",
) -> bytes:
    """A file of these objects with a cross-reference table of one entry a line."""
    out = bytearray(header)
    offsets: dict[int, int] = {}
    for number, value in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d %d obj%s%s%sendobj%s" % (number, (generations or {}).get(number, 0), eol, value, eol, eol)
    at = len(out)
    out += b"xref" + eol + b"0 1" + eol + b"0000000000 65535 f" + (eol if len(eol) == 2 else b" " + eol)
    for number, offset in sorted(offsets.items()):
        entry = b"%010d %05d n" % (offset, (generations or {}).get(number, 0))
        out += b"%d 1%s%s%s" % (number, eol, entry, eol if len(eol) == 2 else b" " + eol)
    size = max(objects) + 1
    out += b"trailer%s<</Size %d/Root %s%s>>%sstartxref%s%d%s%%%%EOF%s" % (
        *(eol, size, root, trailer, eol, eol, at, eol, eol),
    )
    return bytes(out)


def updated(
    data: bytes, objects: Objects, *, freed: tuple[int, ...] = (), generation: int = 0, trailer: bytes = b""
) -> bytes:
    """An incremental update: objects replaced, added or freed."""
    previous = int(data.rpartition(b"startxref")[2].split()[0])
    size = max(max(objects, default=0), 99) + 1
    out = bytearray(data)
    rows = {}
    for number, value in sorted(objects.items()):
        rows[number] = b"%010d %05d n \n" % (len(out), generation)
        out += b"%d %d obj\n%s\nendobj\n" % (number, generation, value)
    for number in freed:
        rows[number] = b"%010d %05d f \n" % (0, 1)
    at = len(out)
    out += b"xref\n" + b"".join(b"%d 1\n%s" % (number, row) for number, row in sorted(rows.items()))
    stated = (size, previous, trailer, at)
    out += b"trailer\n<</Size %d/Root 1 0 R/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n" % stated
    return bytes(out)


def saved(objects: Objects, **options: Any) -> bytes:
    """The file as qpdf writes it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(written(objects))) as pdf:
        pdf.save(out, **options)
    return out.getvalue()
