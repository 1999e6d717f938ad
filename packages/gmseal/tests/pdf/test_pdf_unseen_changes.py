"""Changes after sealing that hide from one reader and show in another: all of them are found."""

from typing import Any

import pytest
from pdf_writing import Objects, changed, plain, stream, written
from PIL import ImageChops

from gmseal.pdf import SealPlacement
from gmseal.pdf.document import Document
from gmseal.report import Verdict

HERE = (SealPlacement(0, 100, 100),)
SYMBOLS = b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>>>"


def page_of(data: bytes) -> bytes:
    """The newest text of page object 10."""
    begin = data.rindex(b"\n10 0 obj\n") + len(b"\n10 0 obj\n")
    return data[begin : data.index(b"\nendobj", begin)]


def added(data: bytes, objects: Objects) -> bytes:
    """An update whose objects may be anything, read by nobody while it is written."""
    previous = data.rpartition(b"startxref")[2].split()[0]
    out, rows = bytearray(data), b""
    for number, value in sorted(objects.items()):
        rows += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    tail = b"xref\n%strailer\n<</Size 100/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out) + tail % (rows, previous, len(out))


def test_resources_that_only_some_readers_can_read(bench: Any, draw: Any) -> None:
    sealed, _ = bench.seal(written(plain()), placements=HERE)
    data = sealed.read_bytes()
    broken = stream(b"", SYMBOLS, length=77)
    page = page_of(data).replace(b"/Type/Page", b"/Type/Page/Resources 90 0 R")
    attacked = bench.write(added(data, {10: page, 90: broken}), "attacked.pdf")
    assert ImageChops.difference(draw(sealed), draw(attacked)).getbbox(), "the page shows something else"
    assert bench.verify(attacked).verdict is Verdict.INVALID


@pytest.mark.parametrize("reference", [b"90 0 R", b"90 5 R", b"90% (\n0\tR"])
@pytest.mark.parametrize("where", ["/Resources %s", "/Resources<</Font<</F1 3 0 R>>/XObject %s>>"])
def test_references_by_any_generation(bench: Any, reference: bytes, where: str) -> None:
    sealed, _ = bench.seal(written(plain()), placements=HERE)
    data = sealed.read_bytes()
    entry = where.encode() % reference
    page = page_of(data).replace(b"/Type/Page", b"/Type/Page" + entry)
    assert bench.verify(added(data, {10: page, 90: b"<<%s>>" % SYMBOLS})).verdict is Verdict.INVALID


def test_a_content_that_nobody_reads_as_written_is_exchanged(
    bench: Any, draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The length of the stream was wrong before sealing, as it may be elsewhere; its exchange is not forgiven."""
    monkeypatch.setattr(Document, "check_streams", lambda _: None)
    source = {**plain(), 11: stream(b"BT /F1 18 Tf 60 400 Td (Amount 100) Tj ET", length=3)}
    sealed, _ = bench.seal(written(source), placements=HERE)
    assert bench.verify(sealed).verdict is Verdict.VALID
    other = stream(b"BT /F1 18 Tf 60 400 Td (Amount 900) Tj ET", length=3)
    attacked = bench.write(added(sealed.read_bytes(), {11: other}), "attacked.pdf")
    assert ImageChops.difference(draw(sealed), draw(attacked)).getbbox(), "the page shows something else"
    assert bench.verify(attacked).verdict is Verdict.INVALID
    data = sealed.read_bytes()
    blank = page_of(data).replace(b"/Contents 11 0 R", b"/Group 11 0 R")
    assert bench.verify(added(data, {10: blank})).verdict is Verdict.INVALID


def test_a_place_kept_free_for_something_later(bench: Any) -> None:
    """An old object asks for a number by a generation that never comes: qpdf sees nothing there, now and later."""
    objects = changed(plain(), 10, b"/Contents", b"/PieceInfo 60 0 R/Contents")
    objects[60] = b"<</Drawn 91 5 R>>"
    sealed, _ = bench.seal(written(objects), placements=HERE)
    assert bench.verify(sealed).verdict is Verdict.VALID
    assert bench.verify(added(sealed.read_bytes(), {91: b"<</Shown true>>"})).verdict is Verdict.INVALID


def test_a_number_inside_a_text_is_no_reference(bench: Any) -> None:
    objects = changed(plain(), 10, b"/Contents", b"/PieceInfo<</Text(91 0 R)>>/Contents")
    sealed, _ = bench.seal(written(objects), placements=HERE)
    # A further seal brings new objects, 91 among them at last.
    data = sealed.read_bytes()
    while b"\n91 0 obj" not in data:
        path, _ = bench.seal(data, placements=HERE, target="again.pdf")
        data = path.read_bytes()
    assert bench.verify(path).verdict is Verdict.VALID
