"""Seals on rendered pages stand where the signature says, whole and in slices; measured in millimetres."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from gmseal.ofd import OfdSealOrder, open_package, read_package, sign_ofd_bytes
from gmseal.ofd.markup import Box
from gmseal.ofd.render import RenderLimits, render_page, render_pdf
from gmseal.ofd.stamps import Stamp, plan_stamps
from gmseal.picture import SealFace, Shape, draw_svg, render_png
from gmseal.placement import Edge, SealPlacement, SeamPlacement
from gmseal.ses import seal_making
from gmseal.ses.seal import SealPicture
from gmseal.trial import TrialUnit

TOLERANCE = 0.3
SAMPLES = Path(os.environ.get("GMSEAL_SAMPLES", Path(__file__).parents[5] / "shared/samples")) / "ofd"


@pytest.fixture(scope="module")
def framed() -> SealPicture:
    """A square face: its frame reaches all four edges of every slice."""
    face = SealFace(shape=Shape.SQUARE, text="骑缝章样", width_mm=40, height_mm=40)
    return SealPicture("PNG", render_png(draw_svg(face), 200), 40, 40)


def value_of(unit: TrialUnit) -> bytes:
    return unit.sealer().sign(bytes(32), "/Doc_0/Signs/S0/Signature.xml", unit.authority.now)


def pdf_page(path: Path, index: int, dpi: float) -> bytes:
    """A page of a PDF as PDFium draws it."""
    document = pypdfium2.PdfDocument(path)
    try:
        image = document[index].render(scale=dpi / 72).to_pil().convert("RGB")
    finally:
        document.close()
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


def test_a_whole_seal_stands_at_its_boundary(
    ofd: Any, seal_picture: SealPicture, sealed: Callable[[SealPicture], TrialUnit], tmp_path: Path
) -> None:
    draft = ofd.Draft(pages=["", ""], signed_value=value_of(sealed(seal_picture)))
    places = (SealPlacement(1, 118.5, 203.25),)
    draft.stamps = plan_stamps(places, None, 2, lambda _: Box(0, 0, 210, 297), (40, 40))
    package = draft.open()
    drawn = render_page(package, 1, 150)
    assert ofd.inked_box(drawn.png) == pytest.approx((118.5, 203.25, 158.5, 243.25), abs=TOLERANCE)
    assert drawn.unsupported == ()
    with pytest.raises(AssertionError, match="no ink"):
        ofd.inked_box(render_page(package, 0, 50).png)
    render_pdf(package, tmp_path / "out.pdf")
    judged = ofd.inked_box(pdf_page(tmp_path / "out.pdf", 1, 150))
    assert judged == pytest.approx((118.5, 203.25, 158.5, 243.25), abs=TOLERANCE)


@pytest.mark.parametrize("edge", list(Edge))
def test_each_slice_of_a_seam_stands_at_its_edge(
    ofd: Any, framed: SealPicture, sealed: Callable[[SealPicture], TrialUnit], tmp_path: Path, edge: Edge
) -> None:
    width, height, pages, offset = 100.0, 120.0, 3, 37.0
    draft = ofd.Draft(pages=[""] * pages, size=(width, height), signed_value=value_of(sealed(framed)))
    seam = SeamPlacement(offset, edge)
    draft.stamps = plan_stamps((), seam, pages, lambda _: Box(0, 0, width, height), (40, 40))
    slice_mm = 40 / pages
    expected = {
        Edge.RIGHT: (width - slice_mm, offset, width, offset + 40),
        Edge.LEFT: (0, offset, slice_mm, offset + 40),
        Edge.TOP: (offset, 0, offset + 40, slice_mm),
        Edge.BOTTOM: (offset, height - slice_mm, offset + 40, height),
    }[edge]
    package = draft.open()
    render_pdf(package, tmp_path / "seam.pdf")
    for page in range(pages):
        assert ofd.inked_box(render_page(package, page, 150).png) == pytest.approx(expected, abs=TOLERANCE)
        assert ofd.inked_box(pdf_page(tmp_path / "seam.pdf", page, 150)) == pytest.approx(
            expected, abs=TOLERANCE
        )


def test_the_slices_put_together_are_the_seal(
    ofd: Any, seal_picture: SealPicture, sealed: Callable[[SealPicture], TrialUnit]
) -> None:
    """The ink on the pages of a seam is that of the whole seal, nothing twice and nothing lost."""
    value = value_of(sealed(seal_picture))
    box = lambda _: Box(0, 0, 100, 100)  # noqa: E731 - the same small page everywhere
    whole = ofd.Draft(size=(100, 100), signed_value=value)
    whole.stamps = plan_stamps((SealPlacement(0, 30, 30),), None, 1, box, (40, 40))
    cut = ofd.Draft(pages=[""] * 4, size=(100, 100), signed_value=value)
    cut.stamps = plan_stamps((), SeamPlacement(30, Edge.RIGHT), 4, box, (40, 40))
    inked = [ink_mm2(render_page(cut.open(), page, 150).png) for page in range(4)]
    assert sum(inked) == pytest.approx(ink_mm2(render_page(whole.open(), 0, 150).png), rel=0.02)
    assert min(inked) > 0


def ink_mm2(png: bytes) -> float:
    from PIL import Image  # noqa: PLC0415 - only here

    image = Image.open(io.BytesIO(png)).convert("RGB")
    darkness = sum((255 - value) * count for value, count in enumerate(image.getchannel("G").histogram()))
    return float(darkness / 255 * (25.4 / image.info["dpi"][0]) ** 2)


@pytest.fixture
def any_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seals of other makers hold pictures that are damaged or reach outside; ours refuse to make them."""
    monkeypatch.setattr(seal_making, "_check_picture", lambda picture: None)


@pytest.mark.usefixtures("any_picture")
def test_a_seal_that_is_an_ofd_document_is_drawn(
    ofd: Any, sealed: Callable[[SealPicture], TrialUnit]
) -> None:
    inner = ofd.Draft(pages=[ofd.layer(ofd.filled(0, 0, 20, 10), ofd.filled(10, 10, 10, 10))], size=(20, 20))
    unit = sealed(SealPicture("OFD", inner.pack(), 30, 30))
    draft = ofd.Draft(signed_value=value_of(unit), stamps=(Stamp(0, Box(50, 60, 30, 30)),))
    drawn = render_page(draft.open(), 0, 150)
    assert ofd.inked_box(drawn.png) == pytest.approx((50, 60, 80, 90), abs=TOLERANCE)
    assert ofd.pixel_at(drawn.png, 57, 83) == (255, 255, 255)
    assert drawn.unsupported == ()


@pytest.mark.usefixtures("any_picture")
def test_seals_within_seals_end_at_a_depth(ofd: Any, sealed: Callable[[SealPicture], TrialUnit]) -> None:
    data = ofd.Draft(pages=[ofd.layer(ofd.filled(0, 0, 20, 20))], size=(20, 20)).pack()
    for _ in range(4):
        unit = sealed(SealPicture("OFD", data, 20, 20))
        data = ofd.Draft(
            size=(20, 20), signed_value=value_of(unit), stamps=(Stamp(0, Box(0, 0, 20, 20)),)
        ).pack()
    drawn = render_page(read_package(data), 0, 100)
    assert [one.code for one in drawn.unsupported] == ["TOO_DEEP"]
    deep = render_page(read_package(data), 0, 100, limits=RenderLimits(max_nested=9))
    assert deep.unsupported == ()
    assert ofd.inked_box(deep.png) == pytest.approx((0, 0, 20, 20), abs=TOLERANCE)


@pytest.mark.usefixtures("any_picture")
def test_an_svg_seal_is_drawn_unless_it_reaches_outside(
    ofd: Any, sealed: Callable[[SealPicture], TrialUnit]
) -> None:
    plain = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4" fill="red"/></svg>'
    reaching = plain.replace(b"<rect", b'<image href="file:///etc/hostname" width="4" height="4"/><rect')
    for data, codes in [(plain, []), (reaching, ["IMAGE_MISSING"])]:
        draft = ofd.Draft(
            signed_value=value_of(sealed(SealPicture("SVG", data, 40, 40))),
            stamps=(Stamp(0, Box(10, 10, 40, 40)),),
        )
        drawn = render_page(draft.open(), 0, 60)
        assert [one.code for one in drawn.unsupported] == codes
        assert (ofd.pixel_at(drawn.png, 15, 30) == (255, 0, 0)) is (not codes)


def test_a_loose_seal_is_second_best_and_no_seal_a_placeholder(
    ofd: Any, seal_picture: SealPicture, sealed: Callable[[SealPicture], TrialUnit]
) -> None:
    unit = sealed(seal_picture)
    stamps = (Stamp(0, Box(20, 20, 40, 40)),)
    loose = ofd.Draft(signed_value=b"no signature", loose_seal=unit.seal, stamps=stamps)
    drawn = render_page(loose.open(), 0, 100)
    assert [one.code for one in drawn.unsupported] == ["SEAL_NOT_FROM_SIGNATURE"]
    assert ofd.inked_box(drawn.png) == pytest.approx((20, 20, 60, 60), abs=0.4)
    nothing = ofd.Draft(signed_value=b"no signature", loose_seal=b"nor seal", stamps=stamps)
    drawn = render_page(nothing.open(), 0, 150)
    assert [one.code for one in drawn.unsupported] == ["SEAL_UNREADABLE"]
    grey = ofd.inked_box(drawn.png, ofd.NOT_WHITE)
    assert grey == pytest.approx((20, 20, 60, 60), abs=TOLERANCE)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documents of other makers are not at hand")
@pytest.mark.parametrize(
    ("name", "page", "box"),
    [
        ("SESV4SignDoc.ofd", 0, (50, 50, 90, 90)),
        ("allprotected.ofd", 0, (50, 50, 90, 90)),
        ("V4RideRight.ofd", 0, (202, 40, 210, 80)),
        ("V4RideRight.ofd", 2, (202, 40, 210, 80)),
        ("h.ofd", 4, (202, 128.5, 210, 168.5)),
    ],
)
def test_documents_of_other_makers_are_drawn(ofd: Any, name: str, page: int, box: tuple[float, ...]) -> None:
    """Boxes are from their Signature.xml; the ink of a round seal fills the middle slices from top to bottom."""
    drawn = render_page(open_package(SAMPLES / name), page, 150)
    assert not {one.code for one in drawn.unsupported} - {"FONT_SUBSTITUTED"}
    # Some of these pages have red areas of their own: only what lies where the stamp is counts.
    left, top, right, bottom = ofd.inked_box(
        drawn.png, within=(box[0] - 5, box[1] - 5, box[2] + 5, box[3] + 5)
    )
    assert (left, right) == pytest.approx((box[0], box[2]), abs=0.8)
    assert top >= box[1] - TOLERANCE
    assert bottom <= box[3] + TOLERANCE


def test_what_this_library_seals_is_drawn_where_it_was_asked_for(
    ofd: Any, framed: SealPicture, sealed: Callable[[SealPicture], TrialUnit]
) -> None:
    """From the order of the sealing to the ink on the page, whole seal and seam of facing pages."""
    unit = sealed(framed)
    order = OfdSealOrder(
        signed_at=unit.authority.now,
        placements=(SealPlacement(1, 12.5, 60),),
        seam=SeamPlacement(20, Edge.RIGHT, pages=(0, 1), facing=0.5),
    )
    source = ofd.Draft(pages=["", ""], size=(100, 120)).pack()
    package = read_package(sign_ofd_bytes(source, order, unit.sealer()))
    first, second = (render_page(package, page, 150).png for page in (0, 1))
    assert ofd.inked_box(first) == pytest.approx((80, 20, 100, 60), abs=TOLERANCE)
    assert ofd.inked_box(second, within=(0, 0, 100, 60)) == pytest.approx((0, 20, 20, 60), abs=TOLERANCE)
    assert ofd.inked_box(second, within=(0, 60.5, 100, 120)) == pytest.approx(
        (12.5, 60.5, 52.5, 100), abs=TOLERANCE
    )
