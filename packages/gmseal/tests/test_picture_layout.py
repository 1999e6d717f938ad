"""Where texts stand on faces: everything given is drawn, inside its ring, apart from everything else."""

import io
import itertools
import math
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gmseal.errors import Refused
from gmseal.picture import (
    FaceKind,
    NameSuffix,
    SealFace,
    Shape,
    arrange_name,
    draw_svg,
    face_of_kind,
    render_png,
)
from gmseal.picture.glyphs import Place
from gmseal.picture.plan import FacePlan, Role, plan_face
from gmseal.picture.standards import face_standards

COMPANY = "北京澄怀数据科技有限公司"
BUSINESS = [FaceKind.CONTRACT, FaceKind.FINANCE, FaceKind.INVOICE]


def corners(place: Place, inset: float = 0.04) -> list[tuple[float, float]]:
    """The corners of a character's cell; ``inset`` leaves the white margin of the square out."""
    turn = math.radians(place.turn)
    half_width, half_height = place.width * (0.5 - inset), place.height * (0.5 - inset)
    result = []
    for x, y in [(-half_width, -half_height), (half_width, -half_height), (half_width, half_height)]:
        result.append((x, y))
    result.append((-half_width, half_height))
    return [
        (place.x + x * math.cos(turn) - y * math.sin(turn), place.y + x * math.sin(turn) + y * math.cos(turn))
        for x, y in result
    ]


def overlap(one: list[tuple[float, float]], two: list[tuple[float, float]]) -> bool:
    """True when two convex shapes share an area (separating axes)."""
    for shape in (one, two):
        for (ax, ay), (bx, by) in zip(shape, [*shape[1:], shape[0]], strict=True):
            nx, ny = by - ay, ax - bx
            first = [nx * x + ny * y for x, y in one]
            second = [nx * x + ny * y for x, y in two]
            if max(first) <= min(second) + 1e-9 or max(second) <= min(first) + 1e-9:
                return False
    return True


def check_inside(face: SealFace, plan: FacePlan) -> None:
    cx, cy = float(face.width_mm) / 2, float(face.height_mm) / 2
    a, b = cx - face.border_mm, cy - face.border_mm
    for run in plan.runs:
        assert len(run.places) == len(run.text)
        for place in run.places:
            for x, y in corners(place):
                assert ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 <= 1.0, run.role


def check_apart(plan: FacePlan) -> None:
    runs = [run for run in plan.runs if run.role is not Role.EMBLEM]
    for one, two in itertools.combinations(runs, 2):
        for a, b in itertools.product(one.places, two.places):
            assert not overlap(corners(a), corners(b)), (one.role, two.role)
    disc = plan.centre
    if disc is not None:
        for role, place in ((run.role, place) for run in runs for place in run.places):
            # The points of a star reach the disc's edge only in five places, two of them below.
            nearest = min(math.hypot(x - disc.cx, y - disc.cy) for x, y in corners(place))
            assert nearest > disc.radius * 0.8, role


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from([kind for kind in FaceKind if face_standards()[kind].shape in ("round", "ellipse")]),
    count=st.integers(2, 42),
    code=st.booleans(),
    number=st.none() | st.integers(1, 999),
    trial=st.booleans(),
)
def test_everything_stands_inside_its_ring_and_apart(
    kind: FaceKind, count: int, code: bool, number: int | None, trial: bool
) -> None:
    emblem = face_standards()[kind].centre == "emblem_placeholder"
    face = face_of_kind(
        kind,
        ("北京市澄怀国际数据科技有限公司（第一）分公司" * 3)[:count],
        code="1101010000123" if code else None,
        taxpayer_number="91110101MA00ABCD1X" if kind is FaceKind.INVOICE else None,
        sequence=number,
        trial_mark=trial or emblem,
    )
    try:
        plan = plan_face(face)
    except Refused:
        # What is short enough is never refused.
        assert count > 24
        return
    check_inside(face, plan)
    check_apart(plan)


@pytest.mark.parametrize("kind", list(FaceKind))
def test_every_character_that_was_given_is_on_the_face(kind: FaceKind) -> None:
    standard = face_standards()[kind]
    framed = standard.shape in ("square", "rectangle")
    face = face_of_kind(
        kind,
        "张三丰印" if kind is FaceKind.PERSONAL_NAME else COMPANY,
        sequence=2,
        code="1101010000123",
        trial_mark=True,
    )
    shown = Counter("".join(run.text for run in plan_face(face).runs if run.role is not Role.EMBLEM))
    wanted = face.text + (face.horizontal_text or "") + "(2)" + "1101010000123" + "试用 TRIAL"
    assert shown == Counter(wanted), framed


def test_forty_characters_fit_a_company_seal_and_eighty_are_refused() -> None:
    plan = plan_face(face_of_kind(FaceKind.LIMITED_COMPANY, "京" * 40, code="1101010000123"))
    assert min(place.width for place in plan.runs[0].places) >= 0.9
    with pytest.raises(Refused) as caught:
        plan_face(face_of_kind(FaceKind.LIMITED_COMPANY, "京" * 80))
    assert caught.value.reason == "FACE_TEXT_TOO_LONG"


@settings(max_examples=20, deadline=None)
@given(count=st.integers(2, 39))
def test_longer_names_are_set_smaller_never_larger(count: int) -> None:
    one, two = (
        plan_face(face_of_kind(FaceKind.LIMITED_COMPANY, "京" * n)).runs[0].places[0]
        for n in (count, count + 1)
    )
    assert two.width <= one.width * 1.001
    assert two.height <= one.height * 1.001


# -- sizes, measured on pixels --------------------------------------------------------------------

DPI = 1200
PER_MM = DPI / 25.4


def alpha(face: SealFace, dpi: int = DPI) -> Image.Image:
    picture = Image.open(io.BytesIO(render_png(draw_svg(face), dpi))).convert("RGBA").getchannel("A")
    return picture.point(lambda value: 255 if value > 127 else 0)


@pytest.mark.parametrize(("kind", "line"), [(FaceKind.LIMITED_COMPANY, 1.2), (FaceKind.INVOICE, 1.0)])
def test_the_border_has_its_width_on_all_sides(kind: FaceKind, line: float) -> None:
    picture = alpha(face_of_kind(kind, "京", taxpayer_number=None))
    middle_row = picture.crop((0, picture.height // 2, picture.width, picture.height // 2 + 1))
    row = middle_row.tobytes()
    assert row.index(0) / PER_MM == pytest.approx(line, abs=0.05)
    assert row[::-1].index(0) / PER_MM == pytest.approx(line, abs=0.05)
    bottom = picture.crop((picture.width // 2, 0, picture.width // 2 + 1, picture.height)).tobytes()[::-1]
    assert bottom.index(0) / PER_MM == pytest.approx(line, abs=0.05)


def test_the_taxpayer_number_of_an_invoice_seal_has_the_size_that_is_prescribed() -> None:
    """国家税务总局公告2011年第7号: digits 3.7 mm high, eighteen of them 26 mm wide."""
    digits = "147" * 6  # Round digits stand out a little above and below the line.
    with_number = alpha(face_of_kind(FaceKind.INVOICE, "京", taxpayer_number=digits))
    band = with_number.crop((0, int(12.5 * PER_MM), with_number.width, int(17.5 * PER_MM)))
    inner = band.crop((int(2 * PER_MM), 0, int(38 * PER_MM), band.height))
    box = inner.getbbox()
    assert box is not None
    assert (box[2] - box[0]) / PER_MM == pytest.approx(26, abs=0.7)
    assert (box[3] - box[1]) / PER_MM == pytest.approx(3.7, abs=0.06)


def test_the_star_of_a_company_seal_is_twelve_to_fourteen_millimetres() -> None:
    for kind in (FaceKind.LIMITED_COMPANY, FaceKind.CONTRACT):
        disc = plan_face(face_of_kind(kind, COMPANY)).centre
        assert disc is not None
        assert 12 <= disc.radius * 2 <= 14


@pytest.mark.parametrize(("kind", "dpi"), [(FaceKind.LIMITED_COMPANY, 300), (FaceKind.INVOICE, 203)])
def test_the_png_states_exactly_the_size_of_the_face(kind: FaceKind, dpi: int) -> None:
    face = face_of_kind(kind, COMPANY)
    data = render_png(draw_svg(face), dpi)
    at = data.index(b"pHYs") + 4
    across, down = int.from_bytes(data[at : at + 4], "big"), int.from_bytes(data[at + 4 : at + 8], "big")
    assert data[at + 8] == 1
    image = Image.open(io.BytesIO(data))
    assert image.width / across * 1000 == pytest.approx(float(face.width_mm), abs=0.005)
    assert image.height / down * 1000 == pytest.approx(float(face.height_mm), abs=0.005)


# -- name seals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "suffix", "columns"),
    [
        ("李白", NameSuffix.NONE, ("李白",)),
        ("李白", NameSuffix.SEAL, ("李", "白印")),
        ("李白", NameSuffix.SEAL_OF, ("李白", "之印")),
        ("张三丰", NameSuffix.NONE, ("张", "三丰")),
        ("张三丰", NameSuffix.SEAL, ("张三", "丰印")),
        ("欧阳修", NameSuffix.NONE, ("欧阳", "修")),
        ("欧阳修", NameSuffix.SEAL, ("欧阳", "修印")),
        ("司马相如", NameSuffix.NONE, ("司马", "相如")),
        ("司马相如", NameSuffix.SEAL, ("司马", "相如印")),
        ("司马相如", NameSuffix.PRINTED_SEAL, ("司马", "相如", "印章")),
        ("印", NameSuffix.NONE, ("印",)),
    ],
)
def test_name_seals_keep_surnames_together(name: str, suffix: NameSuffix, columns: tuple[str, ...]) -> None:
    assert arrange_name(name, suffix).columns == columns


def test_the_winding_order_keeps_the_given_name_whole() -> None:
    assert arrange_name("张三丰", NameSuffix.SEAL, winding=True).columns == ("张印", "三丰")
    for name, suffix in [
        ("李白", NameSuffix.SEAL),
        ("欧阳修", NameSuffix.SEAL),
        ("张三丰", NameSuffix.SEAL_OF),
    ]:
        with pytest.raises(Refused):
            arrange_name(name, suffix, winding=True)


@settings(max_examples=30, deadline=None)
@given(name=st.text("张三丰李白欧阳修买提·", min_size=1, max_size=16), suffix=st.sampled_from(NameSuffix))
def test_an_arrangement_holds_each_character_once_and_is_drawn(name: str, suffix: NameSuffix) -> None:
    arranged = arrange_name(name, suffix)
    assert "".join(arranged.columns) == arranged.text == name + suffix
    plan = plan_face(face_of_kind(FaceKind.PERSONAL_NAME, arranged.text, columns=arranged.columns))
    for one, two in itertools.combinations(plan.runs[0].places, 2):
        assert not overlap(corners(one), corners(two))


def test_white_characters_are_cut_out_of_a_red_ground() -> None:
    arranged = arrange_name("张三丰", NameSuffix.SEAL)
    red, white = (
        alpha(
            face_of_kind(FaceKind.PERSONAL_NAME, arranged.text, columns=arranged.columns, white_on_red=w), 300
        )
        for w in (False, True)
    )
    inside = (20, 20, red.width - 20, red.height - 20)
    inked_red = red.crop(inside).histogram()[255]
    inked_white = white.crop(inside).histogram()[255]
    total = (red.width - 40) * (red.height - 40)
    assert inked_red + inked_white == pytest.approx(total, rel=0.03)
    assert white.getpixel((2, 2)) == 255


@pytest.mark.parametrize(
    "changes",
    [
        {"middle_text": "91110101MA00ABCD1X", "centre": "star"},
        {"columns": ("京",)},
        {"white_on_red": True},
        {"shape": Shape.SQUARE, "inner_ring": True},
        {"shape": Shape.SQUARE, "columns": ("京", "沪")},
        {"shape": Shape.SQUARE, "columns": ("京", "")},
        {"shape": Shape.SQUARE, "columns": ("京",), "horizontal_text": "专用章"},
        {"number": 0},
        {"number": 1000},
        {"code": "１１０１０１００００１２３"},
    ],
)
def test_what_cannot_stand_together_is_refused(changes: dict[str, object]) -> None:
    values: dict[str, object] = {"shape": Shape.ROUND, "text": "京", "width_mm": 40, "height_mm": 40}
    with pytest.raises(Refused):
        SealFace(**{**values, **changes})  # type: ignore[arg-type]  # wrong values are the point


def test_the_place_of_the_emblem_is_a_marked_placeholder() -> None:
    with pytest.raises(Refused):
        face_of_kind(FaceKind.DISTRICT_GOVERNMENT, "北京市澄怀区人民政府")
    svg = draw_svg(face_of_kind(FaceKind.DISTRICT_GOVERNMENT, "北京市澄怀区人民政府", trial_mark=True))
    circles = [element for element in ET.fromstring(svg).iter() if element.tag.endswith("circle")]
    assert [circle.get("stroke-dasharray") for circle in circles] == ["1 0.7"]


def test_every_standard_cites_its_source_and_stays_within_its_limit() -> None:
    for standard in face_standards().values():
        assert standard.citation
        assert max(standard.width_mm, standard.height_mm) <= standard.limit_mm
