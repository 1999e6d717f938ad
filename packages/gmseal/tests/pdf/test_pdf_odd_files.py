"""Files as programs really write them: sealed so that everybody still reads them, or refused with the reason."""

import contextlib
import io
import subprocess
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_pdfs import ODD, SEALED, OddFile
from pdf_writing import plain, written
from PIL import ImageChops

from gmseal.errors import GmsealError, Refused
from gmseal.pdf import (
    FieldPlacement,
    KeywordPlacement,
    PdfLimits,
    SealOrder,
    SealPlacement,
    SeamPlacement,
    inspect_pdf,
    repair_pdf,
    seal_pdf,
    verify_pdf,
)
from gmseal.report import Verdict

HERE = (SealPlacement(0, 100, 100),)
REPAIRED = {
    *("too_much_after_the_end", "startxref_wrong", "trailer_missing", "table_missing", "offsets_shifted"),
    *("junk_before_the_header", "a_key_twice", "pages_written_inline", "a_page_used_twice"),
    *("length_too_small", "length_too_large"),
}
"""Damaged files that a repair makes sound."""
BEYOND_REPAIR = {
    *("a_table_that_counts_from_one", "a_tree_that_bites_its_tail", "kids_that_are_not_there"),
    *("turned_by_half_a_right_angle", "a_page_larger_than_a_house", "numbers_beyond_all_reason"),
}
"""Files whose repair is refused, too: nobody can say what the pages are."""
SOUND = sorted(name for name, make in ODD.items() if make().expected == SEALED)
REFUSED = sorted(set(ODD) - set(SOUND))


def pages_of(data: bytes) -> list[tuple[int, int] | None]:
    """The pages that PDFium shows, by their size in points; ``None`` for one that it counts and cannot load."""
    sizes: list[tuple[int, int] | None] = []
    with contextlib.closing(pypdfium2.PdfDocument(data)) as document:
        for index in range(len(document)):
            try:
                width, height = document[index].get_size()
                sizes.append((round(width), round(height)))
            except pypdfium2.PdfiumError:
                sizes.append(None)
    return sizes


def complaints(data: bytes, folder: Any) -> int:
    """0 when qpdf finds nothing, 3 for warnings, 2 for errors."""
    path = folder / "checked.pdf"
    path.write_bytes(data)
    return subprocess.run(["qpdf", "--check", path], capture_output=True, check=False, timeout=60).returncode


@pytest.mark.parametrize("name", SOUND)
def test_a_file_that_readers_open_is_sealed_and_stays_open(bench: Any, draw: Any, name: str) -> None:
    file = ODD[name]()
    seam = SeamPlacement(30) if file.pages > 1 else None
    path, outcome = bench.seal(file.data, placements=HERE, seam=seam)
    data = path.read_bytes()
    assert data.startswith(file.data), "every byte that was there is still there"
    assert pages_of(data) == pages_of(file.data)
    assert len(inspect_pdf(path).pages) == file.pages
    assert complaints(data, bench.folder) in {0, complaints(file.data, bench.folder)}
    assert bench.verify(path).verdict is Verdict.VALID
    # Outside of the marks the page looks as before.
    before, after = draw(bench.folder / "source.pdf", per_mm=2), draw(path, per_mm=2)
    seal, edge = (197, 197, 283, 283), (before.width - 84, 57, before.width, 143)
    assert ImageChops.difference(before, after).crop(seal).getbbox() is not None
    for box in (seal, edge):
        after.paste(before.crop(box), box)
    assert ImageChops.difference(before, after).getbbox() is None
    # And once more, over our own update.
    again, _ = bench.seal(data, placements=(SealPlacement(file.pages - 1, 20, 150),), target="again.pdf")
    assert bench.verify(again).verdict is Verdict.VALID
    assert len(outcome.marks) == 1 + (file.pages if seam else 0)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_refused_says_why_and_leaves_nothing(bench: Any, name: str) -> None:
    file = ODD[name]()
    with pytest.raises(Refused) as caught:
        bench.seal(file.data, placements=HERE)
    assert caught.value.reason == file.expected
    assert not (bench.folder / "sealed.pdf").exists()
    if file.expected not in {"BROKEN_XREF", "BROKEN_STREAMS", "BROKEN_STRUCTURE", "LEADING_BYTES"}:
        return
    clean = bench.folder / "clean.pdf"
    if name in BEYOND_REPAIR:
        with pytest.raises(Refused):
            repair_pdf(bench.folder / "source.pdf", clean)
        return
    assert name in REPAIRED
    assert not repair_pdf(bench.folder / "source.pdf", clean).damaged
    assert len(pages_of(clean.read_bytes())) == file.pages
    path, _ = bench.seal(clean.read_bytes(), placements=HERE)
    assert bench.verify(path).verdict is Verdict.VALID


def test_an_owner_who_forbids_changes_is_told_from_a_password(bench: Any) -> None:
    for name, word in (
        ("encrypted_for_nobody_to_change", "owner protects"),
        ("encrypted_with_a_password", "password"),
    ):
        with pytest.raises(Refused, match=word):
            bench.seal(ODD[name]().data, placements=HERE)


def test_what_other_programs_rest_on_is_left_alone(bench: Any) -> None:
    tagged, _ = bench.seal(ODD["tagged"]().data, placements=HERE)
    with pikepdf.open(tagged) as pdf:
        assert pdf.pages[0].obj["/StructParents"] == 0
        assert pdf.pages[0].obj["/Tabs"] == "/S"
        assert "/StructParent" not in pdf.pages[0].obj["/Annots"][-1]
        assert pdf.Root["/StructTreeRoot"]["/ParentTreeNextKey"] == 1
    labelled, _ = bench.seal(ODD["page_labels_outlines_and_names"]().data, placements=HERE)
    with pikepdf.open(labelled) as pdf:
        assert [page.label for page in pdf.pages] == ["i", "1", "2"]
    form, _ = bench.seal(ODD["forms_with_default_appearances_wanted"]().data, placements=HERE)
    with pikepdf.open(form) as pdf:
        assert bool(pdf.Root["/AcroForm"]["/NeedAppearances"])
        assert [str(item["/T"]) for item in pdf.Root["/AcroForm"]["/Fields"]] == ["name", "Seal1"]


def test_an_archival_file_keeps_what_makes_it_one(bench: Any) -> None:
    """ISO 19005-2: metadata and identifiers stay; annotations have an appearance, print, and are not hidden."""
    file = ODD["archival_with_metadata"]()
    path, _ = bench.seal(file.data, placements=HERE, seam=SeamPlacement(30))
    with pikepdf.open(path) as pdf, pikepdf.open(io.BytesIO(file.data)) as old:
        assert pdf.Root["/Metadata"].read_raw_bytes() == old.Root["/Metadata"].read_raw_bytes()
        assert bytes(pdf.trailer["/ID"][0]) == bytes(old.trailer["/ID"][0])
        for page in pdf.pages:
            for item in page.obj["/Annots"]:
                assert set(item["/AP"].keys()) == {"/N"}
                assert int(item["/F"]) & 0b100111 == 0b100, (
                    "printed; not hidden, invisible or unseen on screen"
                )
                assert str(item["/Subtype"]) in {"/Widget", "/Stamp"}
                assert not {"/A", "/AA", "/CA"} & set(item.keys())
                drawn = item["/AP"]["/N"]
                image = drawn["/Resources"]["/XObject"]["/S"]
                assert not {"/Alternates", "/OPI", "/Interpolate"} & set(image.keys())


def test_ten_thousand_pages(bench: Any) -> None:
    limits = PdfLimits(max_pages=10_000)
    source = bench.write(written(plain(10_000)))
    with pytest.raises(Refused, match="10,000 pages"):
        inspect_pdf(source)
    path = bench.folder / "sealed.pdf"
    order = SealOrder(signed_at=bench.now, placements=(SealPlacement(9_999, 100, 100),))
    seal_pdf(source, path, order=order, signer=bench.signer, limits=limits)
    assert verify_pdf(path, bench.trust, bench.now, limits=limits).verdict is Verdict.VALID
    with contextlib.closing(pypdfium2.PdfDocument(path)) as document:
        assert len(document) == 10_000


def test_a_name_that_sounds_like_a_slip_excuses_nothing(bench: Any) -> None:
    """qpdf's remarks begin with the file's name, which the sender chose."""
    path = bench.write(ODD["pages_written_inline"]().data, "expected endobj")
    assert inspect_pdf(path).damaged


# --- mutations ----------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(b"<<", b">>", b"[", b"]", b"(", b")", b"obj", b"endobj", b"stream", b"endstream", b"R", b"null"),
        *(
            b"/Kids",
            b"/Parent",
            b"/Annots",
            b"/Prev 0",
            b"/Length",
            b"/Type/ObjStm",
            b"/AcroForm",
            b"/FT/Sig",
        ),
        *(b"0", b"-1", b"99999999999999999999", b"1e308", b"10 0 R", b"2 0 R", b"1 0 R", b"\0", b"%", b"\r"),
        *(b"xref\n", b"trailer", b"startxref\n0\n%%EOF", b"%PDF-1.4\n"),
    ]
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), PIECES), min_size=1, max_size=4)
FILES = {name: ODD[name]().data for name in SOUND if name != "deeply_nested_pages"}
FUZZ = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(name=st.sampled_from(sorted(FILES)), edits=EDITS, cut=st.sampled_from([1.0, 1.0, 1.0, 0.9, 0.5]))
def test_whatever_is_written_over_a_file_a_sealed_one_is_whole(
    bench: Any, name: str, edits: list[tuple[float, int, bytes]], cut: float
) -> None:
    data = bytearray(FILES[name])
    for where, length, piece in edits:
        at = int(where * len(data))
        data[at : at + length] = piece
    data = data[: int(len(data) * cut)]
    order = SealOrder(signed_at=bench.now, placements=HERE, seam=SeamPlacement(30, pages=(0, 1)))
    source, out = bench.write(bytes(data)), bench.folder / "out.pdf"
    out.unlink(missing_ok=True)
    with contextlib.suppress(GmsealError):
        seal_pdf(source, out, order=order, signer=bench.signer)
    with contextlib.suppress(GmsealError):
        verify_pdf(source, bench.trust, bench.now)
    if not out.exists():
        return
    sealed = out.read_bytes()
    assert sealed.startswith(data)
    assert bench.verify(out).verdict is Verdict.VALID
    assert len(pages_of(sealed)) == len(pages_of(bytes(data)))


@FUZZ
@given(edits=EDITS, name=st.sampled_from(["forms_with_default_appearances_wanted", "everything_indirect"]))
def test_looking_for_places_in_mutated_files_ends_in_a_place_or_a_refusal(
    bench: Any, edits: list[tuple[float, int, bytes]], name: str
) -> None:
    from gmseal.pdf.document import open_document  # noqa: PLC0415 - only here
    from gmseal.pdf.resolve import resolve  # noqa: PLC0415 - only here

    data = bytearray(FILES[name])
    for where, length, piece in edits:
        at = int(where * len(data))
        data[at : at + length] = piece
    source = bench.write(bytes(data))
    for placement in (FieldPlacement("name"), FieldPlacement("name", fill=True)):
        order = SealOrder(signed_at=bench.now, placements=(placement,))
        with contextlib.suppress(GmsealError), open_document(source) as document:
            resolve(document, order, 40, 40)


@pytest.mark.parametrize("name", ["tagged", "size_too_small", "everything_indirect"])
def test_text_of_odd_files_is_found(bench: Any, name: str) -> None:
    file: OddFile = ODD[name]()
    path, outcome = bench.seal(file.data, placements=(KeywordPlacement("Page1"),))
    assert outcome.marks[0].page == 0
    assert bench.verify(path).verdict is Verdict.VALID
