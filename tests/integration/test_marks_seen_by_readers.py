"""Marks are where they were asked for, measured in millimetres on what pdf.js and PDFium show."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser_desk import chromium
from odd_pdfs import ODD
from pdf_readers import PER_MM, Pdfium, PdfJs, equipped, pdfjs, red_box
from pdf_writing import changed, plain, written
from PIL import Image
from playwright.sync_api import Browser

from gmseal.pdf import Edge, SealOrder, SealPlacement, SeamPlacement, seal_pdf
from gmseal.picture import FaceKind, draw_svg, face_of_kind, render_png
from gmseal.placement import seam_slices
from gmseal.ses.seal import SealPicture
from gmseal.ses.signature import SealSigner
from gmseal.trial import TrialAuthority, TrialUnit

pytestmark = pytest.mark.browser

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
SIZE = 40.0
"""Of the seal, in mm."""
CORNER = (62.5, 118.25)
ALONG = 30.0
TOLERANCE_MM = 0.5
PAGES = [
    b"",
    b"/Rotate 90",
    b"/Rotate 180",
    b"/Rotate -90",
    b"/CropBox[40 60 560 800]",
    b"/CropBox[40 60 560 800]/Rotate 90",
    b"/MediaBox[500 900 -100 10]/Rotate 270",
    b"/MediaBox[-300 -400 295 442]",
]
"""The pages of the measured file: turned, cropped, with boxes that lie anywhere."""


@pytest.fixture(scope="module")
def equipment() -> None:
    missing = equipped(chromium())
    if missing is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing} is missing")
        pytest.skip(f"{missing} is missing")


@pytest.fixture(scope="module")
def readers(equipment: None, browser: Browser) -> Iterator[dict[str, PdfJs | Pdfium]]:
    with pdfjs(browser) as in_browser:
        yield {"pdf.js": in_browser, "PDFium": Pdfium()}


@pytest.fixture(scope="module")
def face() -> bytes:
    return render_png(
        draw_svg(face_of_kind(FaceKind.LIMITED_COMPANY, "北京示例科技有限公司", trial_mark=True))
    )


@pytest.fixture(scope="module")
def signer(face: bytes) -> SealSigner:
    picture = SealPicture("PNG", face, 40, 40)
    unit = TrialUnit.create(
        TrialAuthority.create(NOW), "北京示例科技有限公司", picture, es_id="11010800000009"
    )
    return unit.sealer()


def sealed(folder: Path, data: bytes, signer: SealSigner, order: SealOrder) -> bytes:
    source, target = folder / "source.pdf", folder / "sealed.pdf"
    source.write_bytes(data)
    seal_pdf(source, target, order=order, signer=signer)
    return target.read_bytes()


def measured_file() -> bytes:
    objects = plain(len(PAGES))
    for index, entries in enumerate(PAGES):
        objects = changed(objects, 10 + 2 * index, b"/Contents", entries + b"/Contents")
    return written(objects)


def red_part(face: bytes, part: tuple[float, float, float, float]) -> tuple[float, ...]:
    """The box around what is red in a part (shares of the whole) of the seal's picture, in mm from the part's corner."""
    with Image.open(io.BytesIO(face)) as image:
        on_white = Image.new("RGBA", image.size, "white")
        on_white.alpha_composite(image.convert("RGBA"))
    page = on_white.convert("RGB").resize((round(SIZE * PER_MM),) * 2)
    left, top, right, bottom = (side * SIZE for side in part)
    box = red_box(page, (left, top, right, bottom))
    assert box is not None
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def assert_box(found: tuple[float, ...] | None, expected: tuple[float, ...], what: str) -> None:
    assert found is not None, f"{what}: nothing red is seen"
    assert found == pytest.approx(expected, abs=TOLERANCE_MM), what


def moved(box: tuple[float, ...], x: float, y: float) -> tuple[float, ...]:
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


@pytest.mark.parametrize("edge", list(Edge))
def test_seals_and_every_slice_of_a_seam(
    readers: dict[str, PdfJs | Pdfium], signer: SealSigner, face: bytes, tmp_path: Path, edge: Edge
) -> None:
    seam = SeamPlacement(ALONG, edge)
    places = tuple(SealPlacement(page, *CORNER) for page in range(len(PAGES)))
    data = sealed(tmp_path, measured_file(), signer, SealOrder(signed_at=NOW, placements=places, seam=seam))
    whole = moved(red_part(face, (0, 0, 1, 1)), *CORNER)
    thick = SIZE / len(PAGES)
    for name, reader in readers.items():
        assert reader.open(data) == len(PAGES)
        for piece in seam_slices(seam, len(PAGES), SIZE):
            what = f"{name}, page {piece.page + 1}, {edge}"
            image = reader.draw(piece.page)
            width, height = image.width / PER_MM, image.height / PER_MM
            if edge in {Edge.LEFT, Edge.RIGHT}:
                part = (piece.start, 0.0, piece.end, 1.0)
                corner, size = (width - thick if edge is Edge.RIGHT else 0.0, ALONG), (thick, SIZE)
            else:
                part = (0.0, piece.start, 1.0, piece.end)
                corner, size = (ALONG, height - thick if edge is Edge.BOTTOM else 0.0), (SIZE, thick)
            strip = (
                max(corner[0] - 1, 0),
                max(corner[1] - 1, 0),
                min(corner[0] + size[0] + 1, width),
                min(corner[1] + size[1] + 1, height),
            )
            assert_box(red_box(image, strip), moved(red_part(face, part), *corner), what)
            middle = (CORNER[0] - 5, CORNER[1] - 5, CORNER[0] + SIZE + 5, CORNER[1] + SIZE + 5)
            assert_box(red_box(image, middle), whole, what)


def test_facing_pages_share_a_seal_at_the_fold(
    readers: dict[str, PdfJs | Pdfium], signer: SealSigner, face: bytes, tmp_path: Path
) -> None:
    seam = SeamPlacement(None, pages=(0, 1), facing=0.4)
    data = sealed(tmp_path, written(plain()), signer, SealOrder(signed_at=NOW, seam=seam))
    for name, reader in readers.items():
        reader.open(data)
        first, second = reader.draw(0), reader.draw(1)
        width, height = first.width / PER_MM, first.height / PER_MM
        top = (height - SIZE) / 2
        left_part = moved(red_part(face, (0, 0, 0.4, 1)), width - 16, top)
        assert_box(red_box(first, (0, 0, width, height)), left_part, name)
        assert_box(
            red_box(second, (0, 0, width, height)), moved(red_part(face, (0.4, 0, 1, 1)), 0, top), name
        )
        assert red_box(reader.draw(2), (0, 0, width, height)) is None


def test_a_page_in_larger_units_in_the_browser(
    readers: dict[str, PdfJs | Pdfium], signer: SealSigner, face: bytes, tmp_path: Path
) -> None:
    """PDFium ignores UserUnit, pdf.js does not."""
    objects = changed(plain(), 10, b"/Contents", b"/UserUnit 2/MediaBox[0 0 297.5 421]/Contents")
    data = sealed(
        tmp_path, written(objects), signer, SealOrder(signed_at=NOW, placements=(SealPlacement(0, *CORNER),))
    )
    reader = readers["pdf.js"]
    reader.open(data)
    image = reader.draw(0)
    assert (round(image.width / PER_MM), round(image.height / PER_MM)) == (210, 297)
    box = red_box(image, (0, 0, 210, 297))
    assert_box(box, moved(red_part(face, (0, 0, 1, 1)), *CORNER), "UserUnit")


ASKED = [
    *(
        "linearized_with_streams",
        "hybrid",
        "number_used_again_with_a_higher_generation",
        "everything_indirect",
    ),
    *("contents_that_leave_the_state_changed", "forms_with_default_appearances_wanted", "tagged"),
    *("carriage_returns_only", "pages_without_resources_or_contents", "version_two", "deeply_nested_pages"),
]


@pytest.mark.parametrize("name", ASKED)
def test_odd_files_show_their_seal_in_the_browser(
    readers: dict[str, PdfJs | Pdfium], signer: SealSigner, face: bytes, tmp_path: Path, name: str
) -> None:
    file = ODD[name]()
    order = SealOrder(signed_at=NOW, placements=(SealPlacement(0, *CORNER),))
    data = sealed(tmp_path, file.data, signer, order)
    reader = readers["pdf.js"]
    assert reader.open(data) == file.pages
    box = red_box(reader.draw(0), (0, 0, 209, 296))
    assert_box(box, moved(red_part(face, (0, 0, 1, 1)), *CORNER), name)
