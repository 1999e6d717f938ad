"""Sealing: files of every structure, marks where they were asked for, nothing before the update touched."""

import io
import itertools
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import segno
from PIL import Image, ImageChops

from gmseal.errors import Refused
from gmseal.pdf import (
    Edge,
    PdfLimits,
    QrPlacement,
    SealOrder,
    SealPlacement,
    SeamPlacement,
    inspect_pdf,
    qr_quiet_mm,
    seal_pdf,
    seal_pdf_bytes,
    verify_pdf_bytes,
)
from gmseal.pdf.placement import seam_slices
from gmseal.report import Verdict

HERE = (SealPlacement(0, 100, 180),)
URL = "https://example.invalid/v/0123456789abcdefghijkl"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=60
    )


def assert_accepted(path: Path, source: bytes, outcome: Any, bench: Any) -> None:
    """Our own verifier and two independent programs agree; the source is a prefix of the result."""
    data = path.read_bytes()
    assert data.startswith(source)
    checked = run("qpdf", "--check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    listed = run("pdfsig", "-nocert", path).stdout
    zero, hole, after, length = outcome.byte_range
    assert f"[{zero} - {hole}], [{after} - {after + length}]" in listed
    assert "Total document signed" in listed
    assert bench.verify(path).verdict is Verdict.VALID


@pytest.mark.parametrize("annots", ["none", "empty", "direct", "inline", "indirect"])
@pytest.mark.parametrize("form", ["none", "empty", "direct", "indirect", "indirect-fields"])
def test_every_way_to_write_annotations_and_form(bench: Any, blueprint: Any, annots: str, form: str) -> None:
    source = blueprint(annots=annots, form=form).table()
    path, outcome = bench.seal(source, placements=HERE)
    assert_accepted(path, source, outcome, bench)
    with pikepdf.open(path) as pdf, pikepdf.open(io.BytesIO(source)) as old:
        before = list(old.pages[0].obj.get("/Annots", []))
        after = list(pdf.pages[0].obj["/Annots"])
        assert len(after) == len(before) + 1
        assert [str(item.get("/Subtype")) for item in after] == ["/Text"] * len(before) + ["/Widget"]
        names = [str(item["/T"]) for item in pdf.Root["/AcroForm"]["/Fields"]]
        assert names == (["Seal1", "Seal2"] if form not in {"none", "empty"} else ["Seal1"])
        assert pdf.Root["/AcroForm"]["/SigFlags"] == 3


@pytest.mark.parametrize("structure", ["table", "packed", "linearized", "hybrid", "trailing", "no-eol"])
def test_every_kind_of_cross_reference(bench: Any, blueprint: Any, structure: str) -> None:
    plan = blueprint(pages=3, annots="direct", form="indirect")
    source = {
        "table": plan.table,
        "packed": plan.packed,
        "linearized": lambda: plan.packed(linearize=True),
        "hybrid": plan.hybrid,
        "trailing": lambda: plan.table(trailing=b"\r\n\0\0garbage after the end"),
        "no-eol": lambda: plan.table().rstrip(),
    }[structure]()
    path, outcome = bench.seal(source, placements=(SealPlacement(1, 20, 20),), seam=SeamPlacement(100))
    assert_accepted(path, source, outcome, bench)
    section = path.read_bytes().rpartition(b"startxref")[2].split()[0]
    newest = path.read_bytes()[int(section) :][:5]
    assert (newest == b"xref\n") == (structure not in {"packed", "linearized"})


def test_the_identifier_keeps_its_first_half_and_changes_its_second(bench: Any, blueprint: Any) -> None:
    source = blueprint().packed()
    path, _ = bench.seal(source, placements=HERE)
    with pikepdf.open(io.BytesIO(source)) as old, pikepdf.open(path) as new:
        assert bytes(old.trailer["/ID"][0]) == bytes(new.trailer["/ID"][0])
        assert bytes(old.trailer["/ID"][1]) != bytes(new.trailer["/ID"][1])


def test_a_shared_list_of_annotations_does_not_spread_the_seal(bench: Any, blueprint: Any) -> None:
    path, _ = bench.seal(blueprint(pages=2, annots="indirect").table(), placements=HERE)
    with pikepdf.open(path) as pdf:
        assert [len(page.obj["/Annots"]) for page in pdf.pages] == [2, 1]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270, -90])
@pytest.mark.parametrize(
    "boxes",
    [
        "",
        "/CropBox[50 100 545 760]",
        "/MediaBox[-200 300 395.28 1141.89]",
        "/MediaBox[595.28 841.89 0 0]",
    ],
)
def test_the_seal_has_its_size_and_place_on_the_displayed_page(
    bench: Any, blueprint: Any, draw: Any, red_box: Any, rotation: int, boxes: str
) -> None:
    source = blueprint(page_extra=f"{boxes}/Rotate {rotation}").table()
    path, _ = bench.seal(source, placements=(SealPlacement(0, 61.5, 83.25),))
    image = draw(path)
    info = inspect_pdf(path).pages[0]
    assert image.width / 8 == pytest.approx(info.width_mm, abs=0.3)
    assert image.height / 8 == pytest.approx(info.height_mm, abs=0.3)
    assert red_box(image) == pytest.approx((61.5, 83.25, 101.5, 123.25), abs=0.3)
    # Upright: the star points up and the code stands at the bottom, so the top of the ring is fuller.
    seal = image.crop((492, 666, 812, 986)).convert("L").point(lambda value: 255 if value < 200 else 0)
    upper, lower = (sum(seal.crop(box).histogram()[255:]) for box in ((60, 20, 260, 90), (60, 230, 260, 300)))
    assert upper > lower * 1.3


def test_a_page_in_larger_units(bench: Any, blueprint: Any) -> None:
    source = blueprint(page_extra="/UserUnit 2/MediaBox[0 0 297.64 420.945]").table()
    path, _ = bench.seal(source, placements=(SealPlacement(0, 100, 200),))
    info = inspect_pdf(path).pages[0]
    assert (round(info.width_mm), round(info.height_mm)) == (210, 297)
    with pikepdf.open(path) as pdf:
        sides = [float(side) * 2 * 25.4 / 72 for side in pdf.pages[0].obj["/Annots"][0]["/Rect"]]
    assert sides == pytest.approx([100, 297 - 240, 140, 297 - 200], abs=0.01)


def test_rotation_and_boxes_are_inherited(bench: Any, blueprint: Any, draw: Any, red_box: Any) -> None:
    source = blueprint(pages=2, tree_extra="/Rotate 90/CropBox[0 100 595 800]").table()
    path, _ = bench.seal(source, placements=(SealPlacement(1, 10, 15),))
    info = inspect_pdf(path).pages[1]
    assert (info.rotation, round(info.width_mm), round(info.height_mm)) == (90, 247, 210)
    assert red_box(draw(path, 1)) == pytest.approx((10, 15, 50, 55), abs=0.3)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("edge", list(Edge))
def test_the_slices_of_a_seam_make_the_whole_seal(
    bench: Any, blueprint: Any, draw: Any, red_box: Any, rotation: int, edge: Edge
) -> None:
    source = blueprint(pages=4, page_extra=f"/Rotate {rotation}").table()
    seam = SeamPlacement(70, edge=edge)
    path, _ = bench.seal(source, seam=seam)
    whole = Image.new("RGB", (320, 320), "white")
    for page in range(4):
        image = draw(path, page)
        left, top, right, bottom = red_box(image)
        order = 3 - page if edge in {Edge.LEFT, Edge.TOP} else page
        if edge in {Edge.RIGHT, Edge.LEFT}:
            x = image.width - 80 if edge is Edge.RIGHT else 0
            assert x / 8 - 0.3 <= left < right <= (x + 80) / 8 + 0.3
            assert 69.7 <= top < bottom <= 110.3
            whole.paste(image.crop((x, 560, x + 80, 880)), (80 * order, 0))
        else:
            y = image.height - 80 if edge is Edge.BOTTOM else 0
            assert y / 8 - 0.3 <= top < bottom <= (y + 80) / 8 + 0.3
            assert 69.7 <= left < right <= 110.3
            whole.paste(image.crop((560, y, 880, y + 80)), (0, 80 * order))
    alone, _ = bench.seal(blueprint().table(), target="alone.pdf", placements=(SealPlacement(0, 70, 70),))
    expected = draw(alone).crop((560, 560, 880, 880))
    difference = ImageChops.difference(whole, expected).convert("L")
    assert sum(difference.histogram()[128:]) / (320 * 320) < 0.03


@pytest.mark.parametrize("count", [2, 3, 9, 10, 11, 12, 20, 21, 101])
def test_a_seam_over_many_pages_repeats_in_even_groups(count: int) -> None:
    slices = seam_slices(SeamPlacement(10), count, 40)
    assert [piece.page for piece in slices] == list(range(count))
    groups = [
        list(group) for _, group in itertools.groupby(slices, key=lambda piece: piece.end - piece.start)
    ]
    assert all((piece.end - piece.start) * 40 >= 4 - 1e-9 for piece in slices)
    assert sum(piece.end - piece.start for piece in slices) == pytest.approx(-(-count // 10))
    assert all(piece.end - piece.start <= 0.5 for group in groups for piece in group)


def test_the_qr_code_shows_its_modules_and_keeps_its_quiet_zone(
    bench: Any, blueprint: Any, draw: Any
) -> None:
    for rotation in (0, 90):
        source = blueprint(page_extra=f"/Rotate {rotation}").table()
        path, _ = bench.seal(
            source, placements=(SealPlacement(0, 100, 100),), qr=QrPlacement(0, 20, 30, URL, 15)
        )
        image = draw(path, per_mm=20).convert("L")
        expected = segno.make(URL, error="m", mask=3, boost_error=False, micro=False).matrix
        side = len(expected)
        module = 15 * 20 / side
        for row, column in itertools.product(range(side), repeat=2):
            at = (round(400 + (column + 0.5) * module), round(600 + (row + 0.5) * module))
            assert (image.getpixel(at) < 128) == bool(expected[row][column])
        quiet = qr_quiet_mm(URL, 15) * 20
        for box in [
            (400 - quiet + 2, 600 - quiet + 2, 700 + quiet - 2, 598),
            (400 - quiet + 2, 600, 398, 900),
        ]:
            assert image.crop(tuple(round(side) for side in box)).getextrema() == (255, 255)


def test_text_under_a_seal_stays_legible(bench: Any, blueprint: Any, draw: Any) -> None:
    source = blueprint(text="MMMMMMMMMMMMMMMMMMMM").table()
    path, _ = bench.seal(source, placements=(SealPlacement(0, 40, 133),))
    before, after = (draw(file).convert("L") for file in (bench.folder / "source.pdf", path))
    dark = before.point(lambda value: 255 if value < 40 else 0)
    assert dark.getbbox() is not None
    assert sum(after.histogram(dark)[41:]) == 0, "black stays black under the ink"
    assert ImageChops.difference(before, after).getbbox() is not None


def test_all_marks_lie_in_one_signed_update(bench: Any, blueprint: Any) -> None:
    path, outcome = bench.seal(
        blueprint(pages=3).table(),
        placements=(SealPlacement(0, 10, 10), SealPlacement(2, 50, 50)),
        seam=SeamPlacement(120),
        qr=QrPlacement(2, 20, 230, URL),
        reason="采购合同",
    )
    assert [mark.kind for mark in outcome.marks] == ["seal", "seal", "seam", "seam", "seam", "qr"]
    report = bench.verify(path)
    assert report.verdict is Verdict.VALID
    assert len(report.signatures) == 1
    assert report.signatures[0].coverage["covers_whole_file"] is True
    assert (report.size, report.sm3) == (outcome.size, outcome.sm3)
    with pikepdf.open(path) as pdf:
        value = pdf.Root["/AcroForm"]["/Fields"][0]["/V"]
        assert str(value["/Reason"]) == "采购合同"
        flags = [int(item["/F"]) for page in pdf.pages for item in page.obj["/Annots"]]
        assert all(flag & 4 and flag & 128 for flag in flags), "every mark prints and is locked"


def test_a_source_may_be_replaced_and_an_unlucky_run_leaves_it_alone(bench: Any, blueprint: Any) -> None:
    source = bench.write(blueprint().table())
    order = SealOrder(signed_at=bench.now, placements=HERE)
    too_late = SealOrder(signed_at=bench.now.replace(year=2099), placements=HERE)
    before = source.read_bytes()
    with pytest.raises(Refused, match="not in force"):
        seal_pdf(source, source, order=too_late, signer=bench.signer)
    assert source.read_bytes() == before
    seal_pdf(source, source, order=order, signer=bench.signer)
    assert source.read_bytes().startswith(before)
    with pytest.raises(Refused, match=r"There is no folder .*; make it first"):
        seal_pdf(source, bench.folder / "no" / "where.pdf", order=order, signer=bench.signer)


def test_other_programs_see_the_names_that_were_chosen(bench: Any, blueprint: Any) -> None:
    """The pair that was seen in the field, or another one: the file is judged by what it holds, not by its names."""
    order = SealOrder(signed_at=bench.now, placements=HERE)
    named = replace(order, filter_name="Example.Filter", sub_filter="example.seal")
    for one, pair in (
        (order, ("/Gomain.GMPkiLite", "/GM.sm2seal")),
        (named, ("/Example.Filter", "/example.seal")),
    ):
        sealed = seal_pdf_bytes(blueprint().table(), one, bench.signer)
        with pikepdf.open(io.BytesIO(sealed)) as pdf:
            value = pdf.Root.AcroForm.Fields[0].V
            assert (str(value.Filter), str(value.SubFilter)) == pair
        report = verify_pdf_bytes(sealed, bench.trust, bench.now)
        assert (report.verdict, report.signatures[0].kind) == (Verdict.VALID, "seal")


@pytest.mark.parametrize("name", ["contract.pdf", "notice.pdf", "scan.pdf", "signed-by-others.pdf"])
def test_files_of_other_programs(bench: Any, name: str) -> None:
    sample = Path(__file__).parents[4] / "samples" / name
    source = sample.read_bytes()
    pages = len(inspect_pdf(sample).pages)
    path, outcome = bench.seal(
        source,
        placements=(SealPlacement(pages - 1, 120, 200),),
        seam=SeamPlacement(100) if pages > 1 else None,
        qr=QrPlacement(pages - 1, 20, 240, URL),
    )
    assert_accepted(path, source, outcome, bench)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"placements": (SealPlacement(1, 10, 10),)}, "PAGE_MISSING"),
        ({"placements": (SealPlacement(-1, 10, 10),)}, "PAGE_MISSING"),
        ({"placements": (SealPlacement(0, 171, 10),)}, "OFF_PAGE"),
        ({"placements": (SealPlacement(0, -1, 10),)}, "OFF_PAGE"),
        ({"placements": (SealPlacement(0, float("nan"), 10),)}, "OFF_PAGE"),
        ({"placements": HERE, "seam": SeamPlacement(10)}, "SEAM_PAGES"),
        ({"seam": SeamPlacement(10, pages=(0, 0))}, "SEAM_PAGES"),
        ({"seam": SeamPlacement(10, pages=(0, 7))}, "PAGE_MISSING"),
        ({"placements": HERE, "qr": QrPlacement(0, 10, 10, URL, 11)}, "QR_SIZE"),
        ({"placements": HERE, "qr": QrPlacement(0, 0, 10, URL)}, "OFF_PAGE"),
        ({"placements": HERE, "qr": QrPlacement(0, 10, 10, URL * 3)}, "QR_TEXT"),
        ({"placements": HERE, "qr": QrPlacement(0, 10, 10, "中文")}, "QR_TEXT"),
        ({"placements": HERE, "field_name": "a.b"}, "FIELD_NAME"),
    ],
)
def test_orders_that_cannot_be_carried_out(
    bench: Any, blueprint: Any, order: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused) as caught:
        bench.seal(blueprint().table(), **order)
    assert caught.value.reason == reason
    assert not (bench.folder / "sealed.pdf").exists()


def test_an_order_without_a_place_or_a_time_zone_is_none(bench: Any) -> None:
    with pytest.raises(Refused, match="place"):
        SealOrder(signed_at=bench.now)
    with pytest.raises(Refused, match="time zone"):
        SealOrder(signed_at=bench.now.replace(tzinfo=None), placements=HERE)


def test_five_hundred_pages(bench: Any, blueprint: Any) -> None:
    source = blueprint(pages=500).table()
    path, outcome = bench.seal(source, placements=(SealPlacement(499, 100, 200),), seam=SeamPlacement(100))
    assert_accepted(path, source, outcome, bench)
    assert len(outcome.marks) == 501


def test_limits_are_settings(bench: Any, blueprint: Any) -> None:
    path = bench.write(blueprint(pages=4).table())
    with pytest.raises(Refused) as caught:
        inspect_pdf(path, PdfLimits(max_pages=3))
    assert caught.value.reason == "TOO_MANY_PAGES"
    with pytest.raises(Refused) as caught:
        inspect_pdf(path, PdfLimits(max_bytes=100))
    assert caught.value.reason == "TOO_LARGE"
