"""Text on pages: characters where the offsets say, from fonts in the package or from substitutes."""

import io
from typing import Any

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from gmseal.ofd.render.text import deltas

# -- text -----------------------------------------------------------------------------------------


def test_characters_stand_where_the_offsets_say(ofd: Any) -> None:
    """口 at 10 mm: its box is known from the font; three of them, 20 mm and then 30 mm apart."""
    page = ofd.draw(
        ofd.text("10 10 90 12", "口口口", 'X="0" Y="10" DeltaX="20 30"'), resources=ofd.SONG, dpi=200
    )
    boxes = [ofd.inked_box(page.png, ofd.DARK, (left, 8, left + 12, 24)) for left in (9.5, 29.5, 59.5)]
    for box, left in zip(boxes, (10, 30, 60), strict=True):
        assert box[0] - left == pytest.approx(boxes[0][0] - 10, abs=0.15)
        assert box[2] - box[0] == pytest.approx(boxes[0][2] - boxes[0][0], abs=0.15)
        # The baseline is at 20 mm: a Han character reaches a little below it and up to 9 mm above.
        assert 19.5 < box[3] < 21.5
        assert 10 < box[1] < 13
    assert ofd.codes(page) == {"FONT_SUBSTITUTED"}


@pytest.mark.parametrize(
    ("more", "code", "box"),
    [
        ('ReadDirection="90"', 'X="0" Y="10"', (10, 10, 22, 42)),
        ("", 'X="0" Y="10" DeltaY="10 10"', (10, 10, 22, 42)),
        ('CTM="0 1 -1 0 20 0"', 'X="0" Y="10"', (19, 10, 32, 42)),
        ('HScale="0.5"', 'X="0" Y="10"', (10, 10, 26, 22)),
    ],
)
def test_directions_and_stretching(
    ofd: Any, more: str, code: str, box: tuple[float, float, float, float]
) -> None:
    page = ofd.draw(ofd.text("10 10 60 60", "口口口", code, more), resources=ofd.SONG, dpi=150)
    left, top, right, bottom = ofd.inked_box(page.png, ofd.DARK)
    assert box[0] <= left < right <= box[2]
    assert box[1] <= top < bottom <= box[3]
    assert (right - left > bottom - top) is (box[2] - box[0] > box[3] - box[1])


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(-50, 50)), max_size=6), st.integers(0, 40))
def test_repeated_offsets_say_the_same_as_written_out(runs: list[tuple[int, float]], wanted: int) -> None:
    short = " ".join(f"g {count} {step!r}" for count, step in runs)
    long = " ".join(f"{step!r}" for count, step in runs for _ in range(count))
    assert deltas(short, wanted)[:wanted] == deltas(long, wanted)


def test_a_repeat_of_absurd_length_costs_nothing() -> None:
    assert len(deltas("g 999999999 1", 3)) == 3
    assert len(deltas("g", 3)) <= 3
    assert deltas("g -5 1 g x 2 7", 9) == [7]


@pytest.mark.parametrize("bare", [False, True])
def test_fonts_in_the_package_are_used_by_character_and_by_glyph_number(
    ofd: Any, own_font: tuple[bytes, bytes, int], bare: bool
) -> None:
    files = {"Doc_0/Res/own.font": own_font[1] if bare else own_font[0]}
    transform = f'<ofd:CGTransform CodePosition="0"><ofd:Glyphs>{own_font[2]}</ofd:Glyphs></ofd:CGTransform>'
    by_number = ofd.draw(
        ofd.text("10 10 20 20", "\ue000", 'X="0" Y="10"', before=transform),
        resources=ofd.OWN_FONT,
        files=files,
    )
    assert by_number.unsupported == ()
    reference = ofd.draw(
        ofd.text("10 10 20 20", "田", 'X="0" Y="10"'),
        resources=ofd.OWN_FONT.replace("own.font", "none").replace('"own"', '"黑体"'),
    )
    difference = ImageChops.difference(
        *(Image.open(io.BytesIO(page.png)).convert("L") for page in (by_number, reference))
    )
    assert max(value for value, count in enumerate(difference.histogram()) if count) < 30
    if not bare:
        by_character = ofd.draw(
            ofd.text("10 10 20 20", "田", 'X="0" Y="10"'), resources=ofd.OWN_FONT, files=files
        )
        assert by_character.png == by_number.png


def test_missing_characters_and_broken_fonts_are_reported(
    ofd: Any, own_font: tuple[bytes, bytes, int]
) -> None:
    words = ofd.text("10 10 80 20", "田章\ue123", 'X="0" Y="10"')
    page = ofd.draw(words, resources=ofd.OWN_FONT, files={"Doc_0/Res/own.font": own_font[0]})
    assert {(one.code, one.detail[:1]) for one in page.unsupported} == {
        ("GLYPH_SUBSTITUTED", "章"),
        ("GLYPH_MISSING", "\ue123"),
    }
    broken = ofd.draw(words, resources=ofd.OWN_FONT, files={"Doc_0/Res/own.font": own_font[0][:500]})
    assert {"FONT_UNREADABLE", "FONT_SUBSTITUTED"} <= ofd.codes(broken)
    ofd.inked_box(broken.png, ofd.DARK)


def test_substituted_characters_do_not_run_into_each_other(ofd: Any) -> None:
    """Eight digits 5 mm apart in a font whose digits are 5.5 mm wide: the last ends where eight offsets end."""
    code = 'X="0" Y="10" DeltaX="g 8 4.5"'
    page = ofd.draw(ofd.text("10 10 80 12", "88888888", code), resources=ofd.SONG, dpi=200)
    shown = Image.open(io.BytesIO(page.png)).convert("L")
    per_mm = shown.info["dpi"][0] / 25.4
    row = shown.crop((0, int(11 * per_mm), shown.width, int(21 * per_mm)))
    columns = row.resize((row.width, 1), Image.Resampling.BOX).tobytes()
    gaps = [at for at in range(1, 8) if max(columns[int((10 + 4.5 * at) * per_mm) - 3 :][:6]) > 250]
    assert len(gaps) == 7


def _truetype() -> bytes:
    """A font of two glyphs: A is a square of 800 units, B a round drawn by control points alone."""
    square, round_ = TTGlyphPen(None), TTGlyphPen(None)
    square.moveTo((100, 0))
    for corner in [(100, 800), (900, 800), (900, 0)]:
        square.lineTo(corner)
    square.closePath()
    round_.qCurveTo((100, 0), (100, 800), (900, 800), (900, 0), None)
    round_.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "A", "B"])
    builder.setupCharacterMap({ord("A"): "A", ord("B"): "B"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "A": square.glyph(), "B": round_.glyph()})
    builder.setupHorizontalMetrics(dict.fromkeys((".notdef", "A", "B"), (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


@pytest.mark.parametrize("letter", ["A", "B"])
def test_truetype_outlines_are_drawn(ofd: Any, letter: str) -> None:
    """Size 50 mm: 800 units are 40 mm, from 5 mm right of the origin, and up from the baseline."""
    words = ofd.text("20 20 60 60", letter, 'X="0" Y="50"').replace('Size="10"', 'Size="50"')
    page = ofd.draw(words, resources=ofd.OWN_FONT, files={"Doc_0/Res/own.font": _truetype()})
    assert page.unsupported == ()
    box = ofd.inked_box(page.png, ofd.DARK)
    assert box == pytest.approx((25, 30, 65, 70), abs=0.3)
    # The corners of the square are inked, those of the round are not.
    corner = ofd.pixel_at(page.png, 26.5, 31.5)
    assert corner == ((0, 0, 0) if letter == "A" else (255, 255, 255))
