"""Seals where a text or a form field is, QR codes beside them; found on the page as people see it."""

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmseal.errors import NotFound, Refused
from gmseal.pdf import (
    Anchor,
    Edge,
    FieldPlacement,
    KeywordPlacement,
    PdfLimits,
    QrBeside,
    SealOrder,
    SealPlacement,
    SeamPlacement,
    find_text,
    qr_quiet_mm,
    resolve_places,
)
from gmseal.report import Verdict
from gmseal.text.matching import folded, in_reading_order, occurrences, place_of

MM = 72 / 25.4
URL = "https://example.invalid/v/0123456789abcdefghijkl"
CHINESE = {
    7: b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[8 0 R]>>",
    8: b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
    b"/Supplement 4>>/FontDescriptor 9 0 R/DW 1000>>",
    9: b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
    b"/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
}
"""A font that every reader of Chinese knows by name, so that no font file is needed."""


@dataclass(frozen=True)
class Piece:
    """A piece of text: its baseline's start in mm from the bottom left of the page, size in points."""

    text: str
    x_mm: float
    y_mm: float
    size: float = 12.0
    chinese: bool = True

    def drawn(self) -> str:
        word = f"<{self.text.encode('utf-16-be').hex()}>" if self.chinese else f"({self.text})"
        font = "F2" if self.chinese else "F1"
        return f"BT /{font} {self.size} Tf {self.x_mm * MM:.3f} {self.y_mm * MM:.3f} Td {word} Tj ET"


def written(blueprint: Any, *pages: list[Piece], **changes: Any) -> bytes:
    """A file with these pieces of text on its pages, and no other text."""
    plan = blueprint(pages=len(pages), **changes)
    objects = dict(CHINESE)
    base = plan.objects()
    for index, pieces in enumerate(pages):
        content = "\n".join(piece.drawn() for piece in pieces).encode()
        number = 10 + 3 * index
        objects[number] = base[number].replace(b"/F1 3 0 R", b"/F1 3 0 R/F2 7 0 R")
        objects[number + 1] = b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content)
    data: bytes = blueprint(
        pages=len(pages), **{**changes, "more": {**changes.get("more", {}), **objects}}
    ).table()
    return data


def at(place: SealPlacement, size: float = 40.0) -> tuple[int, float, float]:
    """The middle of a seal: page, mm from the left and from the top."""
    return place.page, place.x_mm + size / 2, place.y_mm + size / 2


def resolved(bench: Any, data: bytes, **order: Any) -> Any:
    return resolve_places(bench.write(data), SealOrder(signed_at=bench.now, **order), 40, 40)


# --- keywords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pieces",
    [
        [Piece("甲方（盖章）：", 60, 150)],
        [Piece("甲方", 60, 150), Piece("（盖", 60 + 24 / MM, 150), Piece("章）：", 60 + 48 / MM, 150)],
        [Piece("甲　方 (盖 章)", 60, 150)],
        [Piece("甲方﹙盖章﹚", 60, 150)],
    ],
    ids=["one run", "three spans", "blanks and half width", "small forms"],
)
def test_a_keyword_however_it_is_written(bench: Any, blueprint: Any, pieces: list[Piece]) -> None:
    [found] = find_text(bench.write(written(blueprint, pieces)), "甲方(盖章)")
    assert found.page == 0
    assert found.x_mm == pytest.approx(60, abs=0.5)
    assert 5.9 * 12 / MM < found.width_mm < 10 * 12 / MM
    assert found.y_mm < 297 - 150 < found.y_mm + found.height_mm, "the baseline lies inside"


def test_a_keyword_over_two_lines_is_where_most_of_it_stands(bench: Any, blueprint: Any) -> None:
    pieces = [Piece("合同专", 160, 150), Piece("用章盖章处", 20, 140)]
    [found] = find_text(bench.write(written(blueprint, pieces)), "合同专用章盖章处")
    assert (found.x_mm, found.width_mm) == pytest.approx((20, 5 * 12 / MM), abs=0.6)
    assert found.y_mm < 297 - 140 < found.y_mm + found.height_mm


PAGES = (
    [Piece("盖章处", 120, 60), Piece("盖章处", 20, 60.3), Piece("盖章处", 20, 200)],
    [Piece("没有", 20, 200)],
    [Piece("盖章处", 30, 100)],
)
"""In the file the right one of a line comes before the left one, and the uppermost last."""


@pytest.mark.parametrize(
    ("nth", "pages", "expected"),
    [
        (None, None, [(0, 20, 97), (0, 20, 236.7), (0, 120, 237), (2, 30, 197)]),
        (1, None, [(0, 20, 97)]),
        (3, None, [(0, 120, 237)]),
        (-1, None, [(2, 30, 197)]),
        (None, (1, 2), [(2, 30, 197)]),
        (2, (0,), [(0, 20, 236.7)]),
    ],
)
def test_all_the_nth_and_the_last_place_in_reading_order(
    bench: Any, blueprint: Any, nth: int | None, pages: tuple[int, ...] | None, expected: list[Any]
) -> None:
    keyword = KeywordPlacement("盖章处", nth, pages, Anchor.LEFT, seal_point=Anchor.LEFT)
    places = resolved(bench, written(blueprint, *PAGES), placements=(keyword,)).placements
    assert len(places) == len(expected)
    for place, (page, x, baseline) in zip(places, expected, strict=True):
        assert place.page == page
        assert (place.x_mm, place.y_mm + 20) == pytest.approx((x, baseline), abs=3)


@pytest.mark.parametrize(
    ("anchor", "seal_point", "dx", "dy"),
    [
        (Anchor.CENTER, Anchor.CENTER, 0.0, 0.0),
        (Anchor.TOP_RIGHT, Anchor.LEFT, 5.0, -3.0),
        (Anchor.BOTTOM_LEFT, Anchor.TOP_LEFT, 1.5, 2.5),
        (Anchor.BOTTOM, Anchor.TOP, 0.0, 0.0),
    ],
)
def test_the_seal_stands_off_the_text_as_asked(
    bench: Any, blueprint: Any, anchor: Anchor, seal_point: Anchor, dx: float, dy: float
) -> None:
    data = written(blueprint, [Piece("盖章处", 90, 150)])
    [found] = find_text(bench.write(data), "盖章处")
    keyword = KeywordPlacement("盖章处", anchor=anchor, dx_mm=dx, dy_mm=dy, seal_point=seal_point)
    [place] = resolved(bench, data, placements=(keyword,)).placements
    across, down = anchor.share
    point = (found.x_mm + across * found.width_mm + dx, found.y_mm + down * found.height_mm + dy)
    across, down = seal_point.share
    assert (place.x_mm + 40 * across, place.y_mm + 40 * down) == pytest.approx(point)


def test_a_seal_beside_the_margin_is_moved_onto_the_page(bench: Any, blueprint: Any) -> None:
    data = written(blueprint, [Piece("盖章处", 3, 3)])
    places = resolved(bench, data, placements=(KeywordPlacement("盖章处"),)).placements
    assert [(place.x_mm, place.y_mm) for place in places] == [(0, pytest.approx(297 - 40, abs=0.1))]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("boxes", ["", "/MediaBox[-80 40 515.28 881.89]/CropBox[-40 90 480 800]"])
def test_the_seal_is_drawn_over_its_text_on_turned_and_cropped_pages(
    bench: Any, blueprint: Any, draw: Any, red_box: Any, rotation: int, boxes: str
) -> None:
    data = written(
        blueprint, [Piece("SEAL HERE", 80, 140, 16, chinese=False)], page_extra=f"{boxes}/Rotate {rotation}"
    )
    ink = draw(bench.write(data)).convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    path, _ = bench.seal(data, placements=(KeywordPlacement("sealhere".upper()),))
    box = red_box(draw(path))
    assert box[2] - box[0] == pytest.approx(40, abs=0.3)
    assert (box[0] + box[2]) / 2 == pytest.approx((ink[0] + ink[2]) / 16, abs=1.2)
    assert (box[1] + box[3]) / 2 == pytest.approx((ink[1] + ink[3]) / 16, abs=1.2)
    assert bench.verify(path).verdict is Verdict.VALID


def test_a_keyword_that_is_not_there_or_not_so_often(bench: Any, blueprint: Any) -> None:
    data = written(blueprint, *PAGES)
    for placement in (
        KeywordPlacement("公章"),
        KeywordPlacement("盖章处", 5),
        KeywordPlacement("盖章处", 0),
        KeywordPlacement("盖章处", pages=(1,)),
    ):
        with pytest.raises(NotFound, match=placement.keyword):
            bench.seal(data, placements=(SealPlacement(0, 10, 10), placement))
        assert not (bench.folder / "sealed.pdf").exists()


@pytest.mark.parametrize(
    ("keyword", "pages", "reason"),
    [
        ("", None, "KEYWORD"),
        (" \u3000\u200b", None, "KEYWORD"),
        ("章" * 101, None, "KEYWORD"),
        ("盖章处", (3,), "PAGE_MISSING"),
        ("a", None, "TOO_MANY_PLACES"),
    ],
)
def test_keywords_that_are_refused(
    bench: Any, blueprint: Any, keyword: str, pages: tuple[int, ...] | None, reason: str
) -> None:
    many = [Piece("a" * 70, 20, 20 + 10 * row, 6, chinese=False) for row in range(3)]
    with pytest.raises(Refused) as caught:
        find_text(bench.write(written(blueprint, many)), keyword, pages=pages)
    assert caught.value.reason == reason


def test_offsets_that_are_no_numbers(bench: Any, blueprint: Any) -> None:
    with pytest.raises(Refused, match="millimetres"):
        resolved(
            bench, written(blueprint, *PAGES), placements=(KeywordPlacement("盖章处", dx_mm=float("nan")),)
        )


def test_a_reader_of_text_that_dies_is_a_refusal(
    bench: Any, blueprint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Refused) as caught:
        find_text(bench.write(written(blueprint, *PAGES)), "盖章处")
    assert caught.value.reason == "TEXT_UNREADABLE"


def test_the_reader_of_text_starts_without_the_library_of_structures(bench: Any, blueprint: Any) -> None:
    path = bench.write(written(blueprint, *PAGES))
    request = json.dumps({"path": str(path), "keyword": "盖章处", "pages": None, "most": 9})
    probe = "import sys, gmseal.text.pdfium_letters as p; p.main(); print('pikepdf' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", probe],
        input=request,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.endswith("]False\n")
    assert len(json.loads(done.stdout.removesuffix("False\n"))) == 4


# --- matching, by itself ------------------------------------------------------------------------

LETTERS = st.text(st.sampled_from("甲方盖章(（) \u3000\nＡA①㈱1\u200b"), max_size=30)


@given(before=LETTERS, keyword=LETTERS, after=LETTERS, data=st.data())
def test_what_was_put_in_is_found(before: str, keyword: str, after: str, data: st.DataObject) -> None:
    wanted = folded(keyword)
    noise = data.draw(st.lists(st.sampled_from(["", " ", "\u3000", "\r\n"]), min_size=30, max_size=30))
    letters = [*before, *(part for pair in zip(keyword, noise, strict=False) for part in pair), *after]
    found = occurrences(letters, wanted)
    assert bool(found) == bool(wanted)
    for place in found:
        assert wanted in folded("".join(letters[place[0] : place[-1] + 1]))
        assert list(place) == sorted(set(place))


def test_a_line_of_vertical_text_is_one_line() -> None:
    column = [(10.0, 10.0 + 5 * row, 15.0, 15.0 + 5 * row) for row in range(4)]
    assert place_of(column) == (10, 10, 15, 30)


def test_text_drawn_twice_for_boldness_is_there_once() -> None:
    assert in_reading_order([(10, 10, 30, 14), (10.2, 10, 30.2, 14), (50, 10, 70, 14)]) == [
        (10, 10, 30, 14),
        (50, 10, 70, 14),
    ]


# --- form fields --------------------------------------------------------------------------------

FORM = "/AcroForm<</Fields[6 0 R]/SigFlags 0>>"


def with_field(
    blueprint: Any, *, rect: str, extra: str = "", page_extra: str = "", split: bool = False
) -> bytes:
    """A form with the group `buyer` and in it the signature field `seal`, shown on page 2."""
    if split:
        kids = {
            12: f"<</FT/Sig/T(seal)/Parent 6 0 R/Kids[15 0 R]{extra}>>".encode(),
            15: f"<</Type/Annot/Subtype/Widget/Parent 12 0 R/P 13 0 R/Rect[{rect}]/F 4>>".encode(),
        }
        shown = 15
    else:
        kids = {
            12: f"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/Parent 6 0 R/P 13 0 R/Rect[{rect}]{extra}>>".encode()
        }
        shown = 12
    second = f"<</Type/Page/Parent 2 0 R/Resources<<>>/Annots[{shown} 0 R]{page_extra}>>".encode()
    more = {6: b"<</T(buyer)/Kids[12 0 R]>>", **kids, 13: second}
    data: bytes = blueprint(pages=2, catalog_extra=FORM, more=more).table()
    return data


@pytest.mark.parametrize("split", [False, True], ids=["merged", "field and widget"])
@pytest.mark.parametrize("page_extra", ["", "/Rotate 90", "/Rotate 270/CropBox[20 30 560 800]"])
def test_an_empty_signature_field_takes_the_seal(
    bench: Any, blueprint: Any, draw: Any, red_box: Any, split: bool, page_extra: str
) -> None:
    rect = "200 300 360 450"
    data = with_field(blueprint, rect=rect, page_extra=page_extra, split=split)
    path, outcome = bench.seal(data, placements=(FieldPlacement("buyer.seal", fill=True),))
    assert outcome.field_name == "buyer.seal"
    assert bench.verify(path).verdict is Verdict.VALID
    with pikepdf.open(path) as pdf:
        [group] = pdf.Root["/AcroForm"]["/Fields"]
        [field] = group["/Kids"]
        assert field["/V"]["/Type"] == "/Sig"
        assert [float(side) for side in pdf.pages[1].obj["/Annots"][0]["/Rect"]] == [200, 300, 360, 450]
        assert len(pdf.pages[1].obj["/Annots"]) == 1
        assert pdf.Root["/AcroForm"]["/SigFlags"] == 3
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.pages[1].obj["/Contents"] = pdf.make_stream(b"1 0 0 rg 200 300 160 150 re f")
        pdf.pages[1].obj["/Annots"] = pikepdf.Array()
        pdf.save(bench.folder / "expected.pdf")
    frame = red_box(draw(bench.folder / "expected.pdf", 1))
    box = red_box(draw(path, 1))
    assert box[2] - box[0] == pytest.approx(40, abs=0.3)
    assert box[3] - box[1] == pytest.approx(40, abs=0.3)
    assert (box[0] + box[2]) / 2 == pytest.approx((frame[0] + frame[2]) / 2, abs=0.3)
    assert (box[1] + box[3]) / 2 == pytest.approx((frame[1] + frame[3]) / 2, abs=0.3)


def test_a_field_that_is_too_small_grows_unless_somebody_signed(
    bench: Any, blueprint: Any, draw: Any, red_box: Any
) -> None:
    data = with_field(blueprint, rect="300 400 350 420")
    path, _ = bench.seal(data, placements=(FieldPlacement("buyer.seal", fill=True),))
    box = red_box(draw(path, 1))
    assert ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) == pytest.approx(
        (325 / MM, (841.89 - 410) / MM), abs=0.3
    )
    assert bench.verify(path).verdict is Verdict.VALID
    signed, _ = bench.seal(data, placements=(SealPlacement(0, 10, 10),), target="first.pdf")
    with pytest.raises(Refused) as caught:
        bench.seal(signed.read_bytes(), placements=(FieldPlacement("buyer.seal", fill=True),), target="x.pdf")
    assert caught.value.reason == "FIELD_TOO_SMALL"


def test_filling_a_field_later_leaves_the_first_seal_valid(bench: Any, blueprint: Any) -> None:
    data = with_field(blueprint, rect="200 300 360 450")
    first, _ = bench.seal(data, placements=(SealPlacement(0, 10, 10),), target="first.pdf")
    both, _ = bench.seal(first.read_bytes(), placements=(FieldPlacement("buyer.seal", fill=True),))
    report = bench.verify(both)
    assert report.verdict is Verdict.VALID
    assert len(report.signatures) == 2


@pytest.mark.parametrize("structure", ["table", "packed"])
def test_a_seal_over_a_field_that_is_no_signature_field(bench: Any, blueprint: Any, structure: str) -> None:
    more = {
        6: b"<</Type/Annot/Subtype/Widget/FT/Tx/T(seal here)/Rect[360 240 240 360]>>",
        10: b"<</Type/Page/Parent 2 0 R/Resources<<>>/Annots[6 0 R]>>",
    }
    data = getattr(blueprint(catalog_extra=FORM, more=more), structure)()
    places = resolved(bench, data, placements=(FieldPlacement("seal here"),)).placements
    [(page, *middle)] = [at(place) for place in places]
    assert page == 0
    assert middle == pytest.approx([300 / MM, (841.89 - 300) / MM])
    path, outcome = bench.seal(data, placements=(FieldPlacement("seal here"),))
    assert outcome.field_name == "Seal1"
    assert bench.verify(path).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("/V<</Type/Sig>>", "FIELD_SIGNED"),
        ("/SV<</Ff 2/SubFilter[/adbe.pkcs7.detached]>>", "FIELD_CONSTRAINED"),
    ],
)
def test_fields_that_a_seal_does_not_fill(bench: Any, blueprint: Any, extra: str, reason: str) -> None:
    data = with_field(blueprint, rect="200 300 360 450", extra=extra)
    with pytest.raises(Refused) as caught:
        bench.seal(data, placements=(FieldPlacement("buyer.seal", fill=True),))
    assert caught.value.reason == reason


def test_a_button_is_not_filled(bench: Any, blueprint: Any) -> None:
    data = with_field(blueprint, rect="200 300 360 450").replace(b"/FT/Sig", b"/FT/Btn")
    with pytest.raises(Refused) as caught:
        bench.seal(data, placements=(FieldPlacement("buyer.seal", fill=True),))
    assert caught.value.reason == "FIELD_KIND"


def test_fields_that_are_not_there_or_not_shown(bench: Any, blueprint: Any) -> None:
    data = with_field(blueprint, rect="200 300 360 450")
    for name in ("seal", "buyer", "nobody", "buyer.seal.x"):
        with pytest.raises(NotFound, match=name):
            bench.seal(data, placements=(FieldPlacement(name),))
    with pytest.raises(Refused, match="fills one"):
        bench.seal(data, placements=(FieldPlacement("buyer.seal", fill=True),) * 2)


# --- QR codes beside a seal ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seal", "side", "expected"),
    [
        ((80, 100), Edge.RIGHT, Edge.RIGHT),
        ((80, 100), Edge.LEFT, Edge.LEFT),
        ((80, 100), Edge.TOP, Edge.TOP),
        ((80, 100), Edge.BOTTOM, Edge.BOTTOM),
        ((168, 100), Edge.RIGHT, Edge.LEFT),
        ((80, 0), Edge.TOP, Edge.BOTTOM),
        ((80, 255), Edge.RIGHT, Edge.RIGHT),
    ],
)
def test_a_code_beside_the_seal_stays_on_the_page(
    bench: Any, blueprint: Any, seal: tuple[float, float], side: Edge, expected: Edge
) -> None:
    order = {"placements": (SealPlacement(0, *seal),), "qr": QrBeside(URL, side, 3.0, 16.0)}
    qr = resolved(bench, blueprint().table(), **order).qr
    quiet = qr_quiet_mm(URL, 16.0)
    left, top, right, bottom = qr.x_mm - quiet, qr.y_mm - quiet, qr.x_mm + 16 + quiet, qr.y_mm + 16 + quiet
    assert 0 <= left < right <= 210.01
    assert 0 <= top < bottom <= 297.01
    gap = {
        Edge.RIGHT: left - (seal[0] + 40),
        Edge.LEFT: seal[0] - right,
        Edge.TOP: seal[1] - bottom,
        Edge.BOTTOM: top - (seal[1] + 40),
    }[expected]
    assert gap == pytest.approx(3.0)
    path, outcome = bench.seal(blueprint().table(), **order)
    assert [mark.kind for mark in outcome.marks] == ["seal", "qr"]
    assert bench.verify(path).verdict is Verdict.VALID


def test_a_code_needs_a_seal_and_room_beside_it(bench: Any, blueprint: Any) -> None:
    with pytest.raises(Refused) as caught:
        resolved(bench, blueprint(pages=2).table(), seam=SeamPlacement(100), qr=QrBeside(URL))
    assert caught.value.reason == "QR_BESIDE"
    small = blueprint(page_extra="/MediaBox[0 0 130 130]").table()
    with pytest.raises(Refused) as caught:
        resolved(bench, small, placements=(SealPlacement(0, 2, 2),), qr=QrBeside(URL, size_mm=15))
    assert caught.value.reason == "OFF_PAGE"


def test_limits_hold_for_searching(bench: Any, blueprint: Any) -> None:
    with pytest.raises(Refused) as caught:
        find_text(bench.write(blueprint(pages=3).table()), "Amount", limits=PdfLimits(max_pages=2))
    assert caught.value.reason == "TOO_MANY_PAGES"


def test_the_samples_have_their_words(bench: Any) -> None:
    sample = Path(__file__).parents[4] / "samples" / "contract.pdf"
    [found] = find_text(sample, "甲方（盖章）")
    assert found.page == 3
    assert found.width_mm > 20
