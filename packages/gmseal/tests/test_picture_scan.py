"""Seal pictures from scans: the ink comes off the paper, in its size, or the scan is refused."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.picture import FaceKind, SealFace, draw_svg, face_of_kind, picture_from_scan, render_png

COMPANY = "北京澄怀数据科技有限公司"
FACE = face_of_kind(FaceKind.CONTRACT, COMPANY, code="1101010000123")
DPI = 200


@cache
def stamp(face: SealFace = FACE, angle: float = 0) -> Image.Image:
    """A face as ink on white."""
    image = Image.open(io.BytesIO(render_png(draw_svg(face), DPI))).convert("RGBA")
    image = image.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, (0, 0), image)
    return ground


def paper(
    *stamps: tuple[Image.Image, tuple[int, int]],
    tint: tuple[int, int, int] = (255, 255, 255),
    text: bool = False,
    size: tuple[int, int] = (600, 500),
) -> Image.Image:
    """A sheet with tint, black bars as text, and ink over both, slightly out of focus."""
    page = Image.new("RGB", size, tint)
    if text:
        draw = ImageDraw.Draw(page)
        for y in range(20, size[1], 40):
            for x in range(10, size[0], 26):
                draw.rectangle((x, y, x + 14, y + 3), fill=(25, 25, 30))
    ink = Image.new("RGB", size, "white")
    for image, at in stamps:
        ink.paste(image, at)
    return ImageChops.multiply(page, ink).filter(ImageFilter.GaussianBlur(0.6))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opacity(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA").getchannel("A")


def agreement(png: bytes, face: SealFace = FACE) -> float:
    """The share of pixels on which a picture and the face it was stamped with agree."""
    wanted = opacity(render_png(draw_svg(face), DPI))
    got = opacity(png).resize(wanted.size)
    difference = ImageChops.difference(*(one.point(lambda v: 255 if v > 127 else 0) for one in (wanted, got)))
    return 1 - difference.histogram()[255] / (wanted.width * wanted.height)


@pytest.mark.parametrize(
    ("tint", "text", "kind"),
    [
        ((255, 255, 255), False, "PNG"),
        ((244, 236, 214), True, "JPEG"),
        ((215, 225, 235), True, "JPEG"),
        ((180, 180, 175), False, "JPEG"),
    ],
)
def test_the_ink_comes_off_the_paper_in_its_size(tint: tuple[int, int, int], text: bool, kind: str) -> None:
    scan = encoded(paper((stamp(), (120, 80)), tint=tint, text=text), kind, dpi=(DPI, DPI))
    made = picture_from_scan(scan)
    assert made.width_mm == pytest.approx(40, abs=0.4)
    assert made.height_mm == pytest.approx(40, abs=0.4)
    assert agreement(made.png) > (0.93 if text else 0.96)
    image = Image.open(io.BytesIO(made.png)).convert("RGBA")
    assert image.getpixel((1, 1))[3] == 0  # type: ignore[index]  # RGBA pixels are tuples
    assert image.width / image.info["dpi"][0] * 25.4 == pytest.approx(made.width_mm, abs=0.02)


def test_black_text_outside_the_ink_is_not_taken_along() -> None:
    """With the bars of text but without ink nothing is found; between the rings stays clear."""
    made = picture_from_scan(encoded(paper((stamp(), (120, 80)), text=True), dpi=(DPI, DPI)))
    clear = opacity(render_png(draw_svg(FACE), DPI)).point(lambda v: 255 if v == 0 else 0)
    got = opacity(made.png).resize(clear.size).point(lambda v: 255 if v > 127 else 0)
    stray = ImageChops.multiply(got, clear.filter(ImageFilter.MinFilter(5)))
    assert stray.histogram()[255] < 40


@pytest.mark.parametrize("angle", [-9, -4, 6])
@pytest.mark.parametrize("face", [FACE, face_of_kind(FaceKind.PERSONAL_NAME, "张三丰印")])
def test_a_tilted_imprint_is_turned_upright(face: SealFace, angle: int) -> None:
    scan = encoded(paper((stamp(face, angle), (80, 60))), dpi=(DPI, DPI))
    made = picture_from_scan(scan, deskew=True)
    assert made.turned_degrees == pytest.approx(-angle, abs=1.01)
    assert made.width_mm == pytest.approx(float(face.width_mm), abs=0.6)
    assert picture_from_scan(scan).turned_degrees == 0


def test_the_size_is_stated_or_follows_from_the_resolution() -> None:
    scan = encoded(paper((stamp(), (120, 80))))
    with pytest.raises(Refused) as caught:
        picture_from_scan(scan)
    assert caught.value.reason == "SCAN_SIZE_UNKNOWN"
    assert picture_from_scan(scan, dpi=DPI).width_mm == pytest.approx(40, abs=0.4)
    assert picture_from_scan(scan, height_mm=42).height_mm == 42
    both = picture_from_scan(scan, width_mm=42, height_mm=42, output_dpi=300)
    assert Image.open(io.BytesIO(both.png)).size == (496, 496)


def _bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))


@pytest.mark.parametrize(
    ("sheet", "options", "reason"),
    [
        (paper, {}, "SCAN_NO_IMPRINT"),
        (lambda: paper(text=True), {}, "SCAN_NO_IMPRINT"),
        (lambda: Image.new("RGB", (400, 400), (190, 30, 40)), {}, "SCAN_NO_IMPRINT"),
        (
            lambda: paper((stamp(), (20, 20)), (stamp(), (420, 60)), size=(800, 420)),
            {},
            "SCAN_SEVERAL_IMPRINTS",
        ),
        (lambda: paper((stamp(), (-100, 60))), {}, "SCAN_CUT_OFF"),
        (lambda: paper((stamp().resize((60, 60)), (60, 60))), {}, "SCAN_TOO_COARSE"),
        (lambda: paper((stamp(), (120, 80))), {"dpi": 20.0}, "SCAN_SIZE_UNKNOWN"),
        (lambda: paper((stamp(), (120, 80))), {"dpi": 60.0}, "SCAN_SIZE"),
        (lambda: paper((stamp(), (120, 80))), {"dpi": 2400.0}, "SCAN_SIZE"),
        (lambda: paper((stamp(), (120, 80))), {"width_mm": 40.0, "height_mm": 30.0}, "SCAN_SIZE"),
        (lambda: paper((stamp(), (120, 80))), {"width_mm": -1.0}, "SCAN_SIZE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals(sheet: Callable[[], Image.Image], options: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as caught:
        picture_from_scan(encoded(sheet()), **{"dpi": float(DPI), **options})
    assert caught.value.reason == reason


def test_a_scan_of_enormous_sides_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        picture_from_scan(_bomb(), dpi=float(DPI))
    assert caught.value.reason == "SCAN_TOO_LARGE"


def test_what_is_no_image_is_malformed() -> None:
    for data in (b"", b"GIF89a", b"<svg/>", encoded(paper())[:200]):
        with pytest.raises(MalformedInput):
            picture_from_scan(data, dpi=DPI)


@cache
def scan_of_a_name() -> bytes:
    """A small scan with one name seal."""
    face = face_of_kind(FaceKind.PERSONAL_NAME, "张三丰印")
    return encoded(paper((stamp(face), (20, 20)), size=(220, 220)), "PNG")


@settings(max_examples=30, deadline=None)
@given(at=st.floats(0, 1), byte=st.integers(0, 255), end=st.none() | st.floats(0, 1))
def test_damaged_scans_end_in_a_picture_or_a_known_error(at: float, byte: int, end: float | None) -> None:
    data = bytearray(scan_of_a_name())
    last = len(data) - 1
    data[round(at * last)] = byte
    try:
        made = picture_from_scan(bytes(data[: None if end is None else round(end * last)]), dpi=DPI)
    except GmsealError:
        return
    assert opacity(made.png).getbbox() is not None
