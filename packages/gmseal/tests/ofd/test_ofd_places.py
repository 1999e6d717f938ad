"""Seals where a text stands in an OFD, and QR codes beside them; places measured on the rendered page."""

import io
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import segno
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from ofd_writer import SPACE, OfdPlan, read_files, with_files
from PIL import Image

from gmseal.batch import SealTask, seal_many
from gmseal.cli import app
from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.ofd import (
    Anchor,
    Edge,
    KeywordPlacement,
    QrBeside,
    QrPlacement,
    SealPlacement,
    SeamPlacement,
    find_text,
    read_package,
    resolve_places,
    sign_ofd_bytes,
    verify_ofd,
)
from gmseal.ofd.render import render_page, render_pdf
from gmseal.report import Verdict
from gmseal.trial import TrialUnit

URL = "https://example.invalid/v/4f2a91c07be35d68"
DPI = 200
PAGE = "Doc_0/Pages/Page_0/Content.xml"


def text(line: str, x: float, y: float, *, size: float = 5, step: float | None = 5, more: str = "") -> str:
    """A TextObject whose base line begins at x, y."""
    deltas = "" if step is None or len(line) < 2 else f' DeltaX="g {len(line) - 1} {step:g}"'
    return (
        f'<ofd:TextObject ID="7" Boundary="{x:g} {y - 10:g} 180 14" Font="2" Size="{size:g}"{more}>'
        f'<ofd:TextCode X="0" Y="10"{deltas}>{line}</ofd:TextCode></ofd:TextObject>'
    )


def package(*objects: str, pages: int = 1, layer: str = "", **more: Any) -> bytes:
    """A package whose first page says just this."""
    page = (
        f'<ofd:Page {SPACE}><ofd:Content><ofd:Layer ID="4"{layer}>{"".join(objects)}</ofd:Layer>'
        "</ofd:Content></ofd:Page>"
    )
    return with_files(OfdPlan(pages=pages, **more).build(), {PAGE: page.encode()})


def drawn(data: bytes, page: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(render_page(read_package(data), page, DPI).png)).convert("RGB")


def box_mm(image: Image.Image, *, blue: bool = False) -> tuple[float, float, float, float]:
    """Around everything dark, or around what is blue as the test's seal."""
    channel = image.split()[0]
    mask = channel.point([255 * (value < 100) for value in range(256)])
    if blue:
        strong = image.split()[2].point([255 * (value > 120) for value in range(256)])
        mask = Image.composite(mask, Image.new("L", image.size), strong)
    found = mask.getbbox()
    assert found is not None, "nothing is drawn"
    left, top, right, bottom = (side * 25.4 / DPI for side in found)
    return left, top, right, bottom


def places(data: bytes, keyword: str, **more: Any) -> list[tuple[int, float, float, float, float]]:
    return [
        (one.page, one.x_mm, one.y_mm, one.x_mm + one.width_mm, one.y_mm + one.height_mm)
        for one in find_text(read_package(data), keyword, **more)
    ]


# --- finding ------------------------------------------------------------------------------------

WAYS = {
    "one object": [text("盖章处", 60, 100)],
    "an object for each letter": [text(one, 60 + 5 * index, 100) for index, one in enumerate("盖章处")],
    "letters in any order": [text(one, 60 + 5 * index, 100) for index, one in [(2, "处"), (0, "盖"), (1, "章")]],
    "advances of the font": [text("盖章处", 60, 100, step=None)],
    "moved and enlarged by a CTM": [
        (
            '<ofd:TextObject ID="7" Boundary="50 90 80 40" CTM="2 0 0 2 10 0" Font="2" Size="2.5">'
            '<ofd:TextCode X="0" Y="5" DeltaX="2.5 2.5">盖章处</ofd:TextCode></ofd:TextObject>'
        )
    ],
    "a code for each letter": [
        '<ofd:TextObject ID="7" Boundary="60 90 80 14" Font="2" Size="5">'
        + "".join(
            f'<ofd:TextCode X="{5 * index}" Y="10">{one}</ofd:TextCode>' for index, one in enumerate("盖章处")
        )
        + "</ofd:TextObject>"
    ],
    "in a page block": [f'<ofd:PageBlock ID="9">{text("盖章处", 60, 100)}</ofd:PageBlock>'],
    "twice for boldness": [text("盖章处", 60, 100), text("盖章处", 60.1, 100)],
    "among other lines": [
        text("第一条合同标的", 20, 50), text("盖章处", 60, 100), text("以下无正文", 20, 150)
    ],
}  # fmt: skip


@pytest.mark.parametrize("way", list(WAYS))
def test_a_text_is_found_where_it_is_drawn(way: str) -> None:
    found = places(package(*WAYS[way]), "盖章处")
    assert [one[0] for one in found] == [0]
    assert found[0][1:] == pytest.approx((60, 95.6, 75, 100.6), abs=0.15)
    ink = box_mm(drawn(package(*WAYS["one object"])))
    left, top, right, bottom = found[0][1:]
    assert left <= ink[0] + 0.2
    assert ink[2] <= right + 0.2
    assert top <= ink[1] + 0.2
    assert ink[3] <= bottom + 0.4


def test_what_a_template_and_a_vector_graphic_say_is_found() -> None:
    plan = OfdPlan(template=True)
    template = f'<ofd:Page {SPACE}><ofd:Content><ofd:Layer ID="6">{text("承租人", 30, 60)}</ofd:Layer></ofd:Content></ofd:Page>'
    unit = (
        f"<ofd:Res {SPACE}><ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID='30' Width='60' Height='20'>"
        f"<ofd:Content>{text('出租人', 0, 10)}</ofd:Content></ofd:CompositeGraphicUnit>"
        "</ofd:CompositeGraphicUnits></ofd:Res>"
    )
    page = (
        f'<ofd:Page {SPACE}><ofd:PageRes>/own.xml</ofd:PageRes><ofd:Template TemplateID="50"/><ofd:Content><ofd:Layer ID="4">'
        '<ofd:CompositeObject ID="8" Boundary="100 150 60 20" ResourceID="30"/></ofd:Layer></ofd:Content></ofd:Page>'
    )
    data = with_files(
        plan.build(),
        {"Doc_0/Tpls/Tpl_0/Content.xml": template.encode(), PAGE: page.encode(), "own.xml": unit.encode()},
    )
    assert places(data, "承租人")[0][1:3] == pytest.approx((30, 55.6), abs=0.1)
    assert places(data, "出租人")[0][1:3] == pytest.approx((100, 155.6), abs=0.1)


def test_places_are_numbered_in_reading_order() -> None:
    data = package(
        text("乙方盖章", 120, 200), text("甲方盖章", 20, 200), text("盖章", 20, 80), pages=2, text="盖章"
    )
    found = places(data, "盖章")
    assert [one[0] for one in found] == [0, 0, 0, 1, 1, 1]
    assert [round(one[1]) for one in found[:3]] == [20, 30, 130]
    assert len(places(data, "盖章", pages=(1,))) == 3
    assert [round(one[1]) for one in places(data, "甲方（盖章）".replace("（盖章）", "盖章"))] == [20]


def test_blanks_and_width_do_not_matter_and_columns_do() -> None:
    data = package(text("甲 方（盖　章）", 20, 80), text("签", 20, 120), text("字", 150, 120))
    assert len(places(data, "甲方(盖章)")) == 1
    # The file's own order is a reading order too, so what follows each other there is found wherever it stands.
    apart = package(text("字", 150, 120), text("甲", 80, 120), text("签", 20, 120))
    assert places(apart, "签字") == []


def test_what_is_not_shown_is_not_found() -> None:
    data = package(text("盖章处", 60, 100, more=' Visible="false"'))
    assert places(data, "盖章处") == []


@pytest.mark.parametrize(
    ("keyword", "more", "code"),
    [
        ("", {}, "KEYWORD"),
        (" 　", {}, "KEYWORD"),
        ("长" * 101, {}, "KEYWORD"),
        ("盖章处", {"pages": (3,)}, "PAGE_MISSING"),
        ("合", {}, "TOO_MANY_PLACES"),
    ],
)
def test_what_cannot_be_searched(keyword: str, more: dict[str, Any], code: str) -> None:
    data = package(*(text("合", 10 + 9 * (index % 20), 20 + 9 * (index // 20)) for index in range(201)))
    with pytest.raises(Refused) as caught:
        places(data, keyword, **more)
    assert caught.value.reason == code


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_pages_end_in_an_answer_or_an_error(data: st.DataObject) -> None:
    content = read_files(package(text("盖章处", 60, 100), WAYS["moved and enlarged by a CTM"][0]))[PAGE]
    at = data.draw(st.integers(0, len(content) - 1))
    odd = data.draw(st.sampled_from([b"NaN", b"1e999", b"-", b"<", b'"', b"", b"g 99999999 1", b"0 0 0 0"]))
    damaged = content[:at] + odd + content[at + data.draw(st.integers(0, 6)) :]
    bad = with_files(OfdPlan().build(), {PAGE: damaged})
    try:
        find_text(read_package(bad), "盖章处")
    except GmsealError:
        return


# --- sealing there ------------------------------------------------------------------------------


def test_the_seal_is_seen_at_the_text(ofd: Any) -> None:
    data = package(text("甲方（盖章）", 40, 120), text("乙方（盖章）", 120, 220))
    whole = ofd.seal(data, placements=(KeywordPlacement("乙方（盖章）", dx_mm=-10, dy_mm=3),))
    found = places(data, "乙方（盖章）")[0]
    middle = ((found[1] + found[3]) / 2 - 10, (found[2] + found[4]) / 2 + 3)
    seen = box_mm(drawn(whole), blue=True)
    assert ((seen[0] + seen[2]) / 2, (seen[1] + seen[3]) / 2) == pytest.approx(middle, abs=0.3)
    assert seen[2] - seen[0] == pytest.approx(40, abs=0.3)
    assert ofd.verify(whole).verdict is Verdict.VALID


def test_all_places_or_the_nth_and_never_off_the_page(ofd: Any) -> None:
    data = package(text("盖章处", 2, 12), text("盖章处", 100, 150), pages=2, text="盖章处", lines=1)
    sealed = ofd.seal(data, placements=(KeywordPlacement("盖章处"),))
    assert [len(page) for page in stamps(sealed)] == [2, 1]
    for nth, page in ((1, 0), (-1, 1)):
        once = ofd.seal(data, placements=(KeywordPlacement("盖章处", nth=nth),))
        assert [index for index, page_stamps in enumerate(stamps(once)) if page_stamps] == [page]
    order = ofd.order(placements=(KeywordPlacement("盖章处", nth=1, anchor=Anchor.RIGHT),))
    corner = resolve_places(read_package(data), order, 40, 40).placements[0]
    assert (corner.page, corner.x_mm, corner.y_mm) == (0, 0, 0)
    with pytest.raises(NotFound, match="3 times; place 4"):
        ofd.seal(data, placements=(KeywordPlacement("盖章处", nth=4),))
    with pytest.raises(NotFound, match="骑缝"):
        ofd.seal(data, placements=(KeywordPlacement("骑缝"),))


def stamps(data: bytes) -> list[list[str]]:
    """The boundaries of stamps on each page, read from the XML alone."""
    files = read_files(data)
    name = next(name for name in files if name.endswith("Signature.xml"))
    found: list[list[str]] = [[], []]
    for one in etree.fromstring(files[name]).iter("{*}StampAnnot"):
        found[int(one.get("PageRef")) - 100].append(one.get("Boundary"))
    return found


# --- QR codes -----------------------------------------------------------------------------------


def modules(image: Image.Image, x: float, y: float, size: float, count: int) -> list[list[int]]:
    """Which squares of a grid are dark, by their middles; ``x`` and ``y`` of the symbol in mm."""
    grey, scale = image.convert("L"), DPI / 25.4
    octets, width = grey.tobytes(), grey.width

    def dark(row: int, col: int) -> int:
        across, down = (x + (col + 0.5) * size / count, y + (row + 0.5) * size / count)
        return int(octets[int(down * scale) * width + int(across * scale)] < 128)

    return [[dark(row, col) for col in range(count)] for row in range(count)]


def test_a_code_is_drawn_where_it_was_asked_for_and_is_protected(ofd: Any, tmp_path: Path) -> None:
    plain = OfdPlan().build()
    data = ofd.seal(plain, qr=QrPlacement(0, 140, 60, URL, 18))
    wanted = [list(row) for row in segno.make(URL, error="m", mask=3, boost_error=False, micro=False).matrix]
    assert modules(drawn(data), 140, 60, 18, len(wanted)) == wanted
    render_pdf(read_package(data), tmp_path / "out.pdf")
    page = pypdfium2.PdfDocument(tmp_path / "out.pdf")[0]
    assert modules(page.render(scale=DPI / 72).to_pil().convert("RGB"), 140, 60, 18, len(wanted)) == wanted
    report = ofd.verify(data)
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].coverage["unprotected_reachable"] == []
    new = set(read_files(data)) - set(read_files(plain))
    drawing = next(name for name in new if name.endswith("Annotation.xml"))
    hidden = with_files(data, {drawing: read_files(data)[drawing].replace(b"255 255 255", b"0 0 0")})
    assert "FILE_DIGESTS" in ofd.failed(hidden)


def test_annotations_that_are_there_stay_and_ids_are_new(ofd: Any) -> None:
    plain = OfdPlan(annotations=True, attachment=b"1", pages=2).build()
    data = ofd.seal(plain, qr=QrBeside(URL, Edge.LEFT, size_mm=16))
    files = read_files(data)
    page = etree.fromstring(files["Doc_0/Annots/Page_0/Annotation.xml"])
    assert [one.get("Type") for one in page.iter("{*}Annot")] == ["Watermark", "Stamp"]
    root = etree.fromstring(files["Doc_0/Document.xml"])
    ids = [int(one.get("ID")) for one in page.iter() if one.get("ID")]
    assert len(set(ids)) == len(ids)
    assert int(root.findtext(".//{*}MaxUnitID")) == max(ids) > 900
    second = ofd.seal(plain, placements=(SealPlacement(1, 20, 20),), qr=QrBeside(URL))
    names = set(read_files(second)) - set(read_files(plain))
    assert "Doc_0/Annots/Page_1/Annotation.xml" in names
    without = ofd.seal(OfdPlan(attachment=b"1").build(), qr=QrBeside(URL))
    order = [
        etree.QName(one).localname for one in etree.fromstring(read_files(without)["Doc_0/Document.xml"])
    ]
    assert order == ["CommonData", "Pages", "Annotations", "Attachments"]


def test_a_code_beside_a_seal_at_a_text(ofd: Any) -> None:
    data = package(text("盖章处", 60, 100))
    order = ofd.order(placements=(KeywordPlacement("盖章处"),), qr=QrBeside(URL, gap_mm=3, size_mm=15))
    planned = resolve_places(read_package(data), order, 40, 40)
    assert planned.qr is not None
    seal = planned.placements[0]
    assert seal.x_mm + 40 < planned.qr.x_mm < seal.x_mm + 50
    image = drawn(sign_ofd_bytes(data, order, ofd.signer))
    wanted = [list(row) for row in segno.make(URL, error="m", mask=3, boost_error=False, micro=False).matrix]
    assert modules(image, planned.qr.x_mm, planned.qr.y_mm, 15, len(wanted)) == wanted


def test_codes_that_cannot_be(ofd: Any) -> None:
    plain = OfdPlan(pages=2).build()
    for more, code in (
        ({"qr": QrPlacement(0, 0, 10, URL)}, "OFF_PAGE"),
        ({"qr": QrPlacement(5, 20, 20, URL)}, "PAGE_MISSING"),
        ({"qr": QrPlacement(0, 20, 20, "中文")}, "QR_TEXT"),
        ({"qr": QrPlacement(0, 20, 20, URL, 11)}, "QR_SIZE"),
        ({"qr": QrBeside(URL), "placements": (), "seam": SeamPlacement(90)}, "QR_BESIDE"),
    ):
        with pytest.raises(Refused) as caught:
            ofd.seal(plain, **more)
        assert caught.value.reason == code
    sealed = ofd.seal(plain)
    with pytest.raises(Refused) as caught:
        ofd.seal(sealed, qr=QrPlacement(0, 20, 20, URL))
    assert caught.value.reason == "PAGES_PROTECTED"
    assert ofd.verify(ofd.seal(sealed, placements=(SealPlacement(1, 20, 20),))).verdict is Verdict.VALID


# --- batch and command line ---------------------------------------------------------------------


def test_a_batch_places_by_text_too(ofd: Any, tmp_path: Path) -> None:
    order = ofd.order(placements=(KeywordPlacement("盖章处"),), qr=QrBeside(URL))
    tasks = [SealTask(package(text("盖章处", 60, y))) for y in (90, 120)] + [
        SealTask(package(text("无", 9, 90)))
    ]
    results = list(seal_many(tasks, lambda: ofd.signer, ofd=order, workers=0))
    assert [result.ok for result in results] == [True, True, False]
    assert results[2].failure is not None
    assert results[2].failure.code == "NOT_FOUND"
    for result, y in zip(results[:2], (90, 120), strict=True):
        assert isinstance(result.value, bytes)
        seen = box_mm(drawn(result.value), blue=True)
        assert (seen[1] + seen[3]) / 2 == pytest.approx(y - 1.9, abs=0.3)


@pytest.fixture
def files(ofd_unit: TrialUnit, tmp_path: Path) -> list[str]:
    """The options that name seal, certificate and key."""
    for name, content in (
        ("seal.esl", ofd_unit.seal), ("signer.cer", ofd_unit.certificate), ("key.der", ofd_unit.key.to_pkcs8_der())
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
    named = zip(("--seal", "--cert", "--key"), ("seal.esl", "signer.cer", "key.der"), strict=True)
    return [part for option, name in named for part in (option, str(tmp_path / name))]


def run(*command: str | Path) -> Any:
    return CliRunner().invoke(app, [str(part) for part in command])


def test_the_command_places_by_text_with_a_code(ofd: Any, files: list[str], tmp_path: Path) -> None:
    source, out = tmp_path / "in.ofd", tmp_path / "out.ofd"
    source.write_bytes(package(text("盖章处", 60, 100), text("盖章处", 60, 200)))
    options = ["--keyword", "盖章处", "--nth", "2", "--offset-x", "30", "--qr", URL, "--qr-beside", "right"]
    result = run("sign", source, out, *files, *options)
    assert result.exit_code == 0, result.output
    data = out.read_bytes()
    seen = box_mm(drawn(data), blue=True)
    assert ((seen[0] + seen[2]) / 2, (seen[1] + seen[3]) / 2) == pytest.approx((97.5, 198.1), abs=0.3)
    assert any(name.endswith("Annotation.xml") for name in read_files(data))
    assert verify_ofd(data, ofd.trust).verdict is Verdict.VALID


def test_a_signature_rests_on_another_by_command(ofd: Any, files: list[str], tmp_path: Path) -> None:
    first, second = tmp_path / "first.ofd", tmp_path / "second.ofd"
    (tmp_path / "in.ofd").write_bytes(OfdPlan().build())
    place = ["--x", "120", "--y", "200"]
    assert run("sign", tmp_path / "in.ofd", first, *files, *place, "--no-seal-file").exit_code == 0
    named = ["--base", "s001", "--provider", "示例签章", "--company", "示例软件", "--parameter", "batch=7"]
    result = run("sign", first, second, *files, "--x", "20", "--y", "200", *named)
    assert result.exit_code == 0, result.output
    contents = read_files(second.read_bytes())
    assert sum(name.endswith("Seal.esl") for name in contents) == 1
    written = contents["Doc_0/Signs/Sign_1/Signature.xml"].decode()
    for piece in ('ProviderName="示例签章"', 'Company="示例软件"', 'Name="batch">7<'):
        assert piece in written
    report = verify_ofd(second, ofd.trust)
    assert report.verdict is Verdict.VALID
    assert "BASE_SIGNATURE" in {check.code for check in report.signatures[1].walk()}


def test_many_are_sealed_by_text_and_a_seam_at_once(ofd: Any, files: list[str], tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name, pages in (("a.ofd", 2), ("b.ofd", 3)):
        (source / name).write_bytes(package(text("盖章处", 60, 100), pages=pages))
    options = ["--keyword", "盖章处", "--seam-centered", "--seam-edge", "top", "--qr", URL, "--workers", "0"]
    result = run("sign-many", source, out, *files, *options)
    assert result.exit_code == 0, result.output
    for name in ("a.ofd", "b.ofd"):
        assert verify_ofd(out / name, ofd.trust).verdict is Verdict.VALID
        found = read_files((out / name).read_bytes())
        assert (
            found["Doc_0/Signs/Sign_0/Signature.xml"].count(b"StampAnnot")
            == 1 + {"a.ofd": 2, "b.ofd": 3}[name]
        )
    (tmp_path / "other").mkdir()
    assert "NOTHING_TO_PLACE" in run("sign-many", source, tmp_path / "other", *files).output
