"""Hostile and damaged input: refused with a stable code, never anything but the library's own errors."""

import contextlib
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pdf_writing import plain, saved, stream, written

from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.pdf import (
    SealOrder,
    SealPlacement,
    SeamPlacement,
    inspect_pdf,
    repair_pdf,
    seal_pdf,
    verify_pdf,
    verify_pdf_bytes,
)
from gmseal.pdf.expansion import octets_of
from gmseal.pdf.image import image_object
from gmseal.report import TrustStore, Verdict

HERE = (SealPlacement(0, 100, 180),)


def bomb() -> bytes:
    """A cross-reference stream of eighty megabytes of zeros, small on disk; sixty-four are allowed."""
    squeezer = zlib.compressobj(9)
    data = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(80)) + squeezer.flush()
    head = b"%PDF-1.5\n"
    entries = b"/Type/XRef/Size 3/W[1 4 1]/Root 2 0 R/Filter/FlateDecode/Length %d" % len(data)
    body = b"1 0 obj\n<<%s>>\nstream\n%s\nendstream\nendobj\n" % (entries, data)
    return head + body + b"startxref\n%d\n%%%%EOF\n" % len(head)


def encrypted(data: bytes, user: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
    return out.getvalue()


def refusal(bench: Any, data: bytes) -> str:
    """The code with which sealing refuses; nothing may be written."""
    with pytest.raises(Refused) as caught:
        bench.seal(data, placements=HERE)
    assert not (bench.folder / "sealed.pdf").exists()
    return caught.value.reason


def test_what_is_no_pdf(bench: Any) -> None:
    for data in (b"", b"%PDF", b"hello", b"\x89PNG\r\n\x1a\n" * 200, b"\0" * 2000 + b"%PDF-1.4"):
        assert refusal(bench, data) == "NOT_PDF"


def test_encrypted_files_with_and_without_a_password(bench: Any, blueprint: Any) -> None:
    for user in ("", "secret"):
        assert refusal(bench, encrypted(blueprint().table(), user)) == "ENCRYPTED"


def test_a_decompression_bomb(bench: Any) -> None:
    assert refusal(bench, bomb()) == "DECOMPRESSION_BOMB"


def zeros_in_lzw(rounds: int = 10) -> bytes:
    """Seven million zeros from five kilobytes, so many times over (7.4.4)."""
    bits: list[str] = []
    for _ in range(rounds):
        bits += [f"{256:012b}" if bits else f"{256:09b}", f"{0:09b}"]
        width = 9
        for code in range(258, 4096):
            bits.append(f"{code:0{width}b}")
            width += code + 1 in {511, 1023, 2047}
    text = "".join([*bits, f"{257:012b}"])
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def in_cross_references(data: bytes, filters: bytes) -> bytes:
    head = b"%PDF-1.5\n"
    entries = b"/Type/XRef/Size 3/W[1 4 1]/Root 2 0 R%s/Length %d" % (filters, len(data))
    body = b"1 0 obj\n<<%s>>\nstream\n%s\nendstream\nendobj\n" % (entries, data)
    return head + body + b"startxref\n%d\n%%%%EOF\n" % len(head)


def behind_a_table(data: bytes, filters: bytes) -> bytes:
    """The newest section is a table; the one before it is such a stream."""
    older = in_cross_references(data, filters)
    at = older.index(b"1 0 obj")
    body = older.rpartition(b"startxref")[0]
    trailer = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 3/Root 2 0 R/Prev %d>>\n" % at
    return body + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


def found_by_repairs(data: bytes, filters: bytes) -> bytes:
    """No cross-references at all: qpdf looks for structures everywhere."""
    return (
        in_object_stream(data, filters).partition(b"4 0 obj")[0]
        + b"trailer\n<</Root 2 0 R>>\nstartxref\n0\n%%EOF\n"
    )


def in_object_stream(data: bytes, filters: bytes) -> bytes:
    """A file whose catalog lies in such a stream."""
    out = b"%PDF-1.5\n"
    at = len(out)
    out += b"1 0 obj\n<</N 2/First 10%s/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        filters,
        len(data),
        data,
    )
    end = len(out)
    places = ((0, 0, 0), (1, at, 0), (2, 1, 0), (2, 1, 1), (1, end, 0))
    rows = b"".join(
        kind.to_bytes(1, "big") + place.to_bytes(4, "big") + bytes([last]) for kind, place, last in places
    )
    out += b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 1]/Root 2 0 R/Length %d>>\nstream\n" % len(rows) + rows
    return out + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % end


@pytest.mark.parametrize(
    "filters",
    [
        b"/Filter/LZWDecode",
        b"/Filter [ /LZW ]",
        b"/Filter/#4cZWDecode",
        b"/Filter[/FlateDecode/L#5AWDecode]",
        b"/Note(9 0 obj /Filter/FlateDecode)/Filter/LZ#57Decode",
        b"/Filter 7 0 R/Was/LZWDecode",
    ],
)
@pytest.mark.parametrize("where", [in_cross_references, behind_a_table, in_object_stream, found_by_repairs])
def test_structures_in_lzw_are_refused_before_they_expand(
    bench: Any, where: Callable[[bytes, bytes], bytes], filters: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """qpdf sets no limit to them; it is not even asked to open such a file, from a disk or in memory."""
    if where is not found_by_repairs:
        monkeypatch.setattr("gmseal.pdf.document._open", None)
    monkeypatch.setattr("gmseal.pdf.document._opened_repaired", None)
    data = where(zeros_in_lzw(1), filters)
    assert refusal(bench, data) == "DECOMPRESSION_BOMB"
    with pytest.raises(Refused, match="expand beyond all reason"):
        verify_pdf_bytes(data, TrustStore(), bench.now)


def test_pages_and_images_of_old_files_may_be_in_lzw(bench: Any) -> None:
    """A few bytes of content are read, and a large image beside object streams is no structure."""
    objects = plain()
    objects[11] = stream(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", b"/Filter/LZWDecode")
    objects[40] = stream(zeros_in_lzw(), b"/Subtype/Image/Width 9/Height 9/Filter/LZWDecode")
    for data in (
        written(objects),
        saved(objects, object_stream_mode=pikepdf.ObjectStreamMode.generate),
    ):
        path, _ = bench.seal(data, placements=HERE)
        assert bench.verify(path.read_bytes()).verdict is Verdict.VALID


def test_a_stream_in_lzw_is_read_as_far_as_it_cannot_be_a_bomb() -> None:
    with pikepdf.new() as pdf:
        short = pikepdf.Stream(pdf, zeros_in_lzw(1), Filter=pikepdf.Name.LZWDecode)
        assert octets_of(short) == bytes(7_370_880)[: len(octets_of(short))]
        assert len(octets_of(short)) > 7_000_000
        long = pikepdf.Stream(pdf, zeros_in_lzw(10), Filter=pikepdf.Name.LZWDecode)
        twice = pikepdf.Stream(
            pdf, b"", Filter=pikepdf.Array([pikepdf.Name.LZWDecode, pikepdf.Name.FlateDecode])
        )
        for bomb_ in (long, twice):
            with pytest.raises(Refused, match="expand"):
                octets_of(bomb_)


def test_cross_references_beyond_repair(bench: Any) -> None:
    assert refusal(bench, b"%PDF-1.7\nstartxref\n99\n%%EOF\n") == "BROKEN_XREF"
    assert refusal(bench, b"%PDF-1.7\n" + b"junk " * 1000) == "BROKEN_XREF"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data.replace(b"startxref\n", b"startxref\n1"), "BROKEN_XREF"),
        (lambda data: data[:-60], "BROKEN_XREF"),
        (lambda data: data.replace(b"(Amount", b"(More amount", 1), "BROKEN_XREF"),
        (lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data, "LEADING_BYTES"),
    ],
)
def test_a_damaged_file_is_told_repaired_and_then_sealed(
    bench: Any, blueprint: Any, damage: Any, reason: str
) -> None:
    data = damage(blueprint(pages=2).table())
    source = bench.write(data)
    info = inspect_pdf(source)
    assert (info.damaged, info.damage, len(info.pages)) == (True, reason, 2)
    assert refusal(bench, data) == reason
    clean = bench.folder / "clean.pdf"
    assert not repair_pdf(source, clean).damaged
    path, _ = bench.seal(clean.read_bytes(), placements=HERE)
    assert bench.verify(path).verdict is Verdict.VALID


@pytest.mark.parametrize("structure", ["table", "hybrid", "packed"])
def test_an_entry_that_leads_to_another_object(bench: Any, blueprint: Any, structure: str) -> None:
    """Reading such an object while walking through the one it names has crashed qpdf: never let it come to that."""
    data = getattr(blueprint(pages=2, annots="inline"), structure)()
    number = (
        11
        if structure != "packed"
        else next(n for n in range(1, 30) if b"\n%d 0 obj\n<< /Length" % n in data)
    )
    crossed = data.replace(b"\n%d 0 obj" % number, b"\n%d 0 obj" % (number - 1), 1)
    assert crossed != data
    assert refusal(bench, crossed) == "BROKEN_XREF"
    exercise(bench.write(crossed), bench)


def test_forms_that_draw_themselves(bench: Any, blueprint: Any) -> None:
    assert refusal(bench, blueprint(catalog_extra="/AcroForm<</Fields[]/XFA[]>>").table()) == "XFA"


@pytest.mark.parametrize(
    "changes",
    [
        {"catalog_extra": "/AcroForm 3"},
        {"catalog_extra": "/AcroForm<</Fields 3>>"},
        {"page_extra": "/Annots<<>>"},
        {"page_extra": "/Rotate 45"},
        {"media": "0 0 0 0"},
        {"media": "0 0 (a) 9"},
        {"more": {2: b"<</Type/Pages/Kids[10 0 R 10 0 R]/Count 2/MediaBox[0 0 595 842]>>"}},
        {"more": {2: b"<</Type/Pages/Kids[]/Count 0>>"}},
        {"more": {2: b"<</Type/Pages/Kids[2 0 R]/Count 1>>"}},
        {"more": {2: b"(no tree)"}},
    ],
)
def test_structures_that_make_no_sense(bench: Any, blueprint: Any, changes: dict[str, Any]) -> None:
    assert refusal(bench, blueprint(**changes).table()) in {"BROKEN_STRUCTURE", "BROKEN_XREF"}


def test_a_tree_of_fields_that_bites_its_tail(bench: Any, blueprint: Any) -> None:
    loop = {6: b"<</T(a)/Kids[7 0 R]>>", 7: b"<</T(b)/Kids[6 0 R 7 0 R]/Parent 6 0 R>>"}
    source = blueprint(catalog_extra="/AcroForm<</Fields[6 0 R]>>", more=loop).table()
    path, _ = bench.seal(source, placements=HERE)
    assert bench.verify(path).verdict is Verdict.VALID


def test_a_file_that_is_not_there(bench: Any) -> None:
    with pytest.raises(NotFound):
        inspect_pdf(bench.folder / "nowhere.pdf")
    with pytest.raises(GmsealError):
        inspect_pdf(bench.folder)


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("OFD", b"PK", "PICTURE_UNREADABLE"),
        ("PNG", b"no picture", "PICTURE_UNREADABLE"),
        ("SVG", b"\xff\xfe", "PICTURE_UNREADABLE"),
        ("SVG", b'<svg width="4mm" height="4mm"><image href="/etc/hostname"/></svg>', "PICTURE_UNSUPPORTED"),
    ],
)
def test_pictures_that_cannot_be_drawn(kind: str, data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        image_object(kind, data)
    assert caught.value.reason == reason


def exercise(path: Path, bench: Any) -> None:
    """Everything the library does with a PDF; only its own errors may come out."""
    order = SealOrder(signed_at=bench.now, placements=HERE, seam=SeamPlacement(100, pages=(0, 1)))
    out = bench.folder / "out.pdf"
    for act in (
        lambda: inspect_pdf(path),
        lambda: verify_pdf(path, TrustStore(), bench.now),
        lambda: seal_pdf(path, out, order=order, signer=bench.signer),
        lambda: repair_pdf(path, out),
    ):
        with contextlib.suppress(GmsealError):
            act()


FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(data=st.binary(max_size=600))
def test_random_bytes(bench: Any, data: bytes) -> None:
    for content in (data, b"%PDF-1.7\n" + data, b"%PDF-1.4\n" + data + b"\nstartxref\n9\n%%EOF"):
        exercise(bench.write(content), bench)


PIECES = st.sampled_from(
    [
        *(b"<<", b">>", b"[", b"]", b"(", b")", b"endobj", b"stream", b"R", b"null", b"/Kids", b"/Parent"),
        *(b"0", b"-1", b"99999999999999999999", b"1.5", b"true", b"/Sig", b"10 0 R", b"2 0 R", b"\0", b"%"),
    ]
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=6)


@FUZZ
@given(edits=EDITS, kind=st.sampled_from(["table", "packed", "hybrid", "sealed"]))
def test_mutated_files(bench: Any, blueprint: Any, edits: list[tuple[float, int, bytes]], kind: str) -> None:
    plan = blueprint(pages=2, annots="inline", form="indirect")
    data = (
        bench.seal(plan.table(), placements=HERE)[0].read_bytes()
        if kind == "sealed"
        else getattr(plan, kind)()
    )
    for where, length, piece in edits:
        at = int(where * len(data))
        data = data[:at] + piece + data[at + length :]
    exercise(bench.write(data, "mutated.pdf"), bench)


@FUZZ
@given(edits=EDITS)
def test_objects_of_the_wrong_kind(bench: Any, blueprint: Any, edits: list[tuple[float, int, bytes]]) -> None:
    """Sound files whose objects hold nonsense: the structure reader is content, so we must not rely on it."""
    plan = blueprint(pages=2, annots="indirect", form="indirect-fields")
    objects = plan.objects()
    numbers = sorted(objects)
    for where, length, piece in edits:
        number = numbers[min(int(where * len(numbers)), len(numbers) - 1)]
        text = objects[number]
        at = length * len(text) // 13
        objects[number] = text[:at] + b" " + piece + b" " + text[at + length :]
    plan.more = objects
    exercise(bench.write(plan.table(), "odd.pdf"), bench)
