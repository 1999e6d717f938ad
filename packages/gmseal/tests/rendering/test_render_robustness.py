"""Whatever the bytes: a picture or an error of the library, within limits, and nothing from outside."""

import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.ofd.render import RenderLimits, render_page
from gmseal.ofd.render.geometry import parse_path

# -- whatever the bytes ---------------------------------------------------------------------------


def test_the_svg_refers_to_nothing_outside(rich: Any) -> None:
    root = ET.fromstring(render_page(rich.open(), 0, 30).svg)
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.endswith("href"):
                assert value.startswith(("#", "data:image/png;", "data:image/jpeg;"))
            assert not name.startswith("on")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "foreignObject", "style", "a", "text"}


def test_limits_are_refusals_with_a_reason(ofd: Any) -> None:
    draft = ofd.Draft(pages=[ofd.layer(*[ofd.filled(0, 0, 1, 1)] * 100)])
    package = draft.open()
    for limits in [RenderLimits(max_objects=50), RenderLimits(max_segments=50), RenderLimits(seconds=-1)]:
        with pytest.raises(Refused) as caught:
            render_page(package, 0, limits=limits)
        assert caught.value.reason == "RENDER_LIMIT"
    for dpi in (5, 5000, 1200):
        with pytest.raises(Refused) as caught:
            render_page(package, 0, dpi)
        assert caught.value.reason == "RENDER_SIZE"
    with pytest.raises(Refused):
        render_page(package, 1)
    with pytest.raises(NotFound):
        render_page(package, 0, document=1)
    big = ofd.draw(
        ofd.image("0 0 50 50", 11),
        resources=ofd.media("a.png"),
        files={"Doc_0/Res/a.png": ofd.image_bytes((7000, 7000), (0,), mode="1")},
    )
    assert ofd.codes(big) == {"IMAGE_TOO_LARGE"}


def test_a_page_painted_over_and_over_is_refused_before_it_is_painted(ofd: Any) -> None:
    full = ofd.filled(0, 0, 100, 100)
    cut = ofd.path("0 0 5 5", "M 0 0 L 9 9")
    for objects in ([full] * 120, [cut] * 120, [ofd.image("0 0 100 100", 11, 'Alpha="9"')] * 60):
        package = ofd.Draft(
            pages=[ofd.layer(*objects)],
            size=(100, 100),
            resources=ofd.media("a.png"),
            files={"Doc_0/Res/a.png": ofd.image_bytes((2, 2), (255, 0, 0))},
        ).open()
        with pytest.raises(Refused) as caught:
            render_page(package, 0, 30, limits=RenderLimits(max_painted_pages=100))
        assert caught.value.reason == "RENDER_LIMIT"
        assert render_page(package, 0, 30).png


def test_blocks_within_blocks_end_at_a_depth(ofd: Any) -> None:
    deep = '<ofd:PageBlock ID="1">' * 60 + ofd.filled(0, 0, 50, 50) + "</ofd:PageBlock>" * 60
    assert ofd.codes(ofd.draw(deep, ofd.filled(50, 50, 10, 10))) == {"TOO_DEEP"}


def test_dashes_without_end_are_left_out(ofd: Any) -> None:
    line = ofd.path("0 0 100 100", "M 0 0 L 100000 0 L 0 100000", 'DashPattern="0.001 0.001"')
    assert ofd.codes(ofd.draw(line)) == {"DASHES_NOT_DRAWN"}


@given(st.text("SMLQBAC0123456789.-+eE ,xyz\n", max_size=60))
def test_any_path_data_is_a_path_or_said_not_to_be(data: str) -> None:
    outline, whole = parse_path(data)
    assert isinstance(whole, bool)
    for name, points in outline.segments:
        assert len(points) == {"M": 2, "L": 2, "C": 6, "Z": 0}[name]
        assert all(abs(value) < 1e9 for value in points)


@given(
    st.floats(1, 50), st.floats(1, 50), st.floats(0, 360), st.booleans(), st.booleans(), st.floats(-40, 40), st.floats(1, 40)
)  # fmt: skip
def test_arcs_end_where_they_should_and_stay_connected(
    rx: float, ry: float, angle: float, large: bool, sweep: bool, ex: float, ey: float
) -> None:
    outline, whole = parse_path(f"M 0 0 A {rx} {ry} {angle} {large:d} {sweep:d} {ex} {ey}")
    assert whole
    assert outline.segments[-1][1][-2:] == pytest.approx((ex, ey))
    assert 1 <= len(outline.segments) - 1 <= 4


PIECES = [
    "ofd:", "Boundary", "CTM", "Value", '"', "<", "/>", "255", "-", "1e9", "nan", "inf", "999999999999", " ", "Layer", "Alpha",
    "DeltaX", "g ", "Fill", "Area", "Font", "ID", "0", "C", "A ",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=4
    ),
    part=st.sampled_from(["page", "resources"]),
)
def test_damaged_pages_end_in_a_picture_or_a_known_error(
    rich: Any, edits: list[tuple[int, int, str]], part: str
) -> None:
    source = rich.pages[0] if part == "page" else rich.resources
    for at, cut, piece in edits:
        at %= len(source)  # noqa: PLW2901 - a place within what is left
        source = source[:at] + piece + source[at + cut :]
    page = source if part == "page" else rich.pages[0]
    resources = source if part == "resources" else rich.resources
    draft = type(rich)(size=rich.size, pages=[page], resources=resources, files=rich.files)
    try:
        drawn = render_page(draft.open(), 0, 15)
    except GmsealError:
        return
    assert Image.open(io.BytesIO(drawn.png)).size == (59, 59)


@settings(max_examples=25, deadline=None)
@given(at=st.integers(12, 3000), byte=st.integers(0, 255), cut=st.integers(0, 3000))
def test_damaged_fonts_end_in_another_font(
    ofd: Any, own_font: tuple[bytes, bytes, int], at: int, byte: int, cut: int
) -> None:
    data = bytearray(own_font[0])
    data[at % len(data)] = byte
    shown = ofd.draw(
        ofd.text("10 10 80 20", "田口", 'X="0" Y="10"'),
        resources=ofd.OWN_FONT,
        files={"Doc_0/Res/own.font": bytes(data[: max(cut, 200)]) if cut % 3 == 0 else bytes(data)},
        dpi=20,
    )
    assert shown.png
