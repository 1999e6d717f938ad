"""Seal faces: exact sizes, legible layout, refusals with stable codes."""

import io
import itertools
import math
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gmseal.errors import MalformedInput, MissingGlyph, Refused
from gmseal.picture import (
    Centre,
    FaceKind,
    SealFace,
    Shape,
    draw_svg,
    face_of_kind,
    render_png,
)
from gmseal.picture.layout import Rim, along_rim, in_grid

COMPANY = "北京澄怀数据科技有限公司"


def picture(face: SealFace, dpi: int = 300) -> Image.Image:
    return Image.open(io.BytesIO(render_png(draw_svg(face), dpi))).convert("RGBA")


def ink(image: Image.Image, left: float, top: float, right: float, bottom: float) -> int:
    """How many pixels are inked in a box given as shares of the picture."""
    box = (left * image.width, top * image.height, right * image.width, bottom * image.height)
    alpha = image.getchannel("A").crop(box)
    return sum(alpha.histogram()[128:])


@pytest.mark.parametrize(
    ("kind", "width", "height"),
    [
        (FaceKind.LIMITED_COMPANY, 40, 40),
        (FaceKind.COMPANY_BY_SHARES, 42, 42),
        (FaceKind.PUBLIC_INSTITUTION, 42, 42),
        (FaceKind.DEPARTMENT, 38, 38),
        (FaceKind.INVOICE, 40, 30),
        (FaceKind.PERSONAL_NAME, 20, 20),
        (FaceKind.FOREIGN_INVESTED, 45, 30),
    ],
)
def test_the_picture_has_the_size_of_its_kind_in_millimetres(kind: FaceKind, width: int, height: int) -> None:
    face = face_of_kind(kind, "张三丰印" if kind is FaceKind.PERSONAL_NAME else COMPANY)
    root = ET.fromstring(draw_svg(face))
    assert (root.get("width"), root.get("height")) == (f"{width}mm", f"{height}mm")
    image = picture(face)
    assert abs(image.width - width / 25.4 * 300) <= 1
    assert abs(image.height - height / 25.4 * 300) <= 1
    # The border touches all four edges: nothing is cut off and nothing is smaller than asked.
    left, top, right, bottom = (
        image.getchannel("A").point(lambda v: 255 if v > 96 else 0).getbbox() or (9,) * 4
    )
    assert left <= 1
    assert top <= 1
    assert right >= image.width - 1
    assert bottom >= image.height - 1


def test_only_outlines_and_one_colour() -> None:
    face = face_of_kind(FaceKind.CONTRACT, COMPANY, code="1101010000123", trial_mark=True)
    svg = draw_svg(face)
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(svg).iter()}
    assert tags <= {"svg", "g", "path", "ellipse", "rect", "polygon", "circle"}
    image = picture(face)
    colours = image.getcolors(maxcolors=1 << 16)
    assert colours is not None
    assert {pixel[:3] for _, pixel in colours if isinstance(pixel, tuple)} == {(0xB5, 0x20, 0x2A)}


def test_the_ground_is_transparent() -> None:
    image = picture(face_of_kind(FaceKind.LIMITED_COMPANY, COMPANY))
    assert image.getpixel((2, 2)) == (0xB5, 0x20, 0x2A, 0)


def test_star_code_words_and_trial_mark_stand_in_their_places() -> None:
    plain = SealFace(shape=Shape.ROUND, text=COMPANY, width_mm=40, height_mm=40)
    everything = face_of_kind(FaceKind.CONTRACT, COMPANY, code="1101010000123", trial_mark=True)
    bare, full = picture(plain), picture(everything)
    for place in [
        (0.40, 0.40, 0.60, 0.58),  # star
        (0.28, 0.66, 0.72, 0.76),  # words
        (0.35, 0.79, 0.65, 0.86),  # trial mark
        (0.40, 0.91, 0.60, 0.95),  # code
    ]:
        assert ink(bare, *place) == 0
        assert ink(full, *place) > 40


def test_trial_faces_differ_and_say_so_on_every_shape() -> None:
    for shape, width, height in [
        (Shape.ROUND, 40, 40),
        (Shape.ELLIPSE, 40, 30),
        (Shape.SQUARE, 20, 20),
        (Shape.RECTANGLE, 45, 18),
    ]:
        faces = [
            SealFace(shape=shape, text="澄怀印信", width_mm=width, height_mm=height, trial_mark=mark)
            for mark in (False, True)
        ]
        assert draw_svg(faces[0]).count("rx=") < draw_svg(faces[1]).count("rx=")


def test_a_character_without_outline_is_refused_by_name() -> None:
    face = SealFace(shape=Shape.ROUND, text="北京\ue123公司", width_mm=40, height_mm=40)
    with pytest.raises(MissingGlyph, match="U\\+E123"):
        draw_svg(face)


def test_rare_characters_are_drawn_or_refused_never_boxed() -> None:
    for character in "㐂龘𠮷䶮犇":
        face = SealFace(shape=Shape.SQUARE, text=f"张{character}印", width_mm=20, height_mm=20)
        other = SealFace(shape=Shape.SQUARE, text="张\u3000印", width_mm=20, height_mm=20)
        try:
            drawn = draw_svg(face)
        except MissingGlyph:
            continue
        assert len(drawn) > len(draw_svg(other)) + 100


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"width_mm": 61, "height_mm": 61}, "FACE_SIZE"),
        ({"width_mm": 3, "height_mm": 3}, "FACE_SIZE"),
        ({"width_mm": 40, "height_mm": 30}, "FACE_SIZE"),
        ({"width_mm": math.nan}, "FACE_SIZE"),
        ({"border_mm": 9}, "FACE_SIZE"),
        ({"text": ""}, "FACE_TEXT"),
        ({"text": "名" * 10_000}, "FACE_TEXT"),
        ({"text": "北京\u202e公司"}, "FACE_TEXT"),
        ({"horizontal_text": "\n"}, "FACE_TEXT"),
        ({"code": "110101000012"}, "FACE_CODE"),
        ({"code": "110101000012x"}, "FACE_CODE"),
        ({"centre": Centre.EMBLEM_PLACEHOLDER}, "FACE_CENTRE"),
        ({"shape": Shape.SQUARE, "centre": Centre.STAR}, "FACE_CENTRE"),
    ],
)
def test_refusals(changes: dict[str, object], reason: str) -> None:
    values: dict[str, object] = {"shape": Shape.ROUND, "text": COMPANY, "width_mm": 40, "height_mm": 40}
    with pytest.raises(Refused) as caught:
        SealFace(**{**values, **changes})  # type: ignore[arg-type]  # wrong values are the point
    assert caught.value.reason == reason


def test_text_too_long_for_its_place_is_refused() -> None:
    face = SealFace(shape=Shape.ROUND, text="京" * 80, width_mm=20, height_mm=20)
    with pytest.raises(Refused) as caught:
        draw_svg(face)
    assert caught.value.reason == "FACE_TEXT_TOO_LONG"


def test_what_is_no_svg_is_malformed_and_a_huge_one_is_refused() -> None:
    with pytest.raises(MalformedInput):
        render_png("<svg")
    with pytest.raises(Refused):
        render_png(draw_svg(face_of_kind(FaceKind.LIMITED_COMPANY, COMPANY)), 10_000)


def test_sizes_may_be_decimals() -> None:
    face = SealFace(shape=Shape.ROUND, text=COMPANY, width_mm=Decimal("38.5"), height_mm=Decimal("38.5"))
    assert 'width="38.5mm"' in draw_svg(face)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 40),
    a=st.floats(14, 28),
    flat=st.floats(0.66, 1.0),
    letters=st.sampled_from(["京", "京A", "限公司（1）"]),
)
def test_characters_on_a_rim_stay_inside_and_apart(count: int, a: float, flat: float, letters: str) -> None:
    text = (letters * count)[:count]
    rim = Rim(0, 0, a, a * flat)
    places = along_rim(text, rim, height=a * 0.28, span=0.65)
    assert len(places) == count
    for place in places:
        # The middle of the head of a character lies on the rim, not outside.
        turn = math.radians(place.turn)
        x, y = place.x + math.sin(turn) * place.height / 2, place.y - math.cos(turn) * place.height / 2
        assert (x / rim.a) ** 2 + (y / rim.b) ** 2 < 1.02
    for one, two in itertools.pairwise(places):
        assert math.hypot(two.x - one.x, two.y - one.y) >= (one.width + two.width) / 2 * 0.98
    # Symmetrical about the vertical axis when all characters are alike.
    if len(set(text)) == 1:
        assert places[0].x == pytest.approx(-places[-1].x, abs=1e-6)


@given(count=st.integers(1, 12))
def test_a_grid_holds_every_character_once(count: int) -> None:
    places = in_grid("印" * count, left=1, top=1, width=18, height=18)
    assert len({(round(p.x, 3), round(p.y, 3)) for p in places}) == count
    for place in places:
        assert place.x - place.width / 2 >= 1
        assert place.x + place.width / 2 <= 19
        assert place.y + place.height / 2 <= 19
    # The first character stands in the right-most column, at the top.
    assert places[0].x == max(p.x for p in places)
