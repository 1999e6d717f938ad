"""What pages show: paths, colours, images, text, templates, annotations; each looked up at its place in mm."""

import io
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from gmseal.ofd.render import render_page, render_pdf

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


# -- pages ----------------------------------------------------------------------------------------


def test_the_picture_has_the_size_of_the_page(ofd: Any) -> None:
    page = render_page(ofd.Draft(size=(105.5, 60.25)).open(), 0, 200)
    shown = Image.open(io.BytesIO(page.png))
    assert (page.width_mm, page.height_mm) == (105.5, 60.25)
    assert shown.width / shown.info["dpi"][0] * 25.4 == pytest.approx(105.5, abs=0.02)
    assert shown.height / shown.info["dpi"][1] * 25.4 == pytest.approx(60.25, abs=0.02)
    root = ET.fromstring(page.svg)
    assert (root.get("width"), root.get("height")) == ("105.5mm", "60.25mm")


def test_layers_and_templates_lie_in_their_order(ofd: Any) -> None:
    """Background template, layers by type, foreground template, whatever their order in the file."""
    draft = ofd.Draft(size=(100, 100))
    draft.common = '<ofd:TemplatePage ID="7" BaseLoc="B.xml"/><ofd:TemplatePage ID="8" BaseLoc="F.xml"/>'
    draft.before_content = (
        '<ofd:Template TemplateID="8" ZOrder="Foreground"/><ofd:Template TemplateID="7"/>'
        '<ofd:Template TemplateID="9"/>'
    )
    wrap = '<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Content>{}</ofd:Content></ofd:Page>'
    draft.files = {
        "Doc_0/B.xml": wrap.format(ofd.layer(ofd.filled(0, 0, 90, 90, "0 0 255"))).encode(),
        "Doc_0/F.xml": wrap.format(ofd.layer(ofd.filled(60, 60, 30, 30, "0 0 0"))).encode(),
    }
    draft.pages = [
        ofd.layer(ofd.filled(40, 40, 40, 40, "0 255 0"), kind="Foreground")
        + ofd.layer(ofd.filled(20, 20, 40, 40), kind="Body")
    ]
    page = render_page(draft.open(), 0, 50)
    found = [ofd.pixel_at(page.png, at, at) for at in (10, 30, 50, 70, 95)]
    assert found == [BLUE, RED, GREEN, BLACK, WHITE]
    assert ofd.codes(page) == {"TEMPLATE_MISSING"}


def test_annotations_lie_above_the_page(ofd: Any) -> None:
    namespace = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    shown = f'<ofd:Appearance Boundary="10 10 20 20">{ofd.filled(5, 5, 10, 40)}</ofd:Appearance>'
    hidden = f'<ofd:Appearance Boundary="60 10 20 20">{ofd.filled(0, 0, 20, 20)}</ofd:Appearance>'
    draft = ofd.Draft(size=(100, 100), document="<ofd:Annotations>A.xml</ofd:Annotations>")
    draft.files = {
        "Doc_0/A.xml": f'<ofd:Annotations {namespace}><ofd:Page PageID="1"><ofd:FileLoc>P.xml</ofd:FileLoc>'
        "</ofd:Page></ofd:Annotations>".encode(),
        "Doc_0/P.xml": f'<ofd:PageAnnot {namespace}><ofd:Annot ID="1" Type="Stamp">{shown}</ofd:Annot>'
        f'<ofd:Annot ID="2" Type="Stamp" Visible="false">{hidden}</ofd:Annot></ofd:PageAnnot>'.encode(),
    }
    box = ofd.inked_box(render_page(draft.open(), 0, 150).png)
    assert box == pytest.approx((15, 15, 25, 30), abs=0.3)


# -- paths ----------------------------------------------------------------------------------------


def test_a_path_is_moved_by_its_matrix_and_cut_at_its_boundary(ofd: Any) -> None:
    data = "M 0 0 L 10 0 L 10 10 L 0 10 C"
    inner = '<ofd:FillColor Value="255 0 0"/>'
    turned = ofd.path("20 20 12 40", data, 'Stroke="false" Fill="true" CTM="2 0 0 3 5 1"', inner)
    assert ofd.inked_box(ofd.draw(turned, dpi=200).png) == pytest.approx((25, 21, 32, 51), abs=0.3)


def test_a_level_line_whose_boundary_has_no_height_shows(ofd: Any) -> None:
    line = ofd.path("10 50 60 0", "M 0 0 L 60 0", 'LineWidth="1"')
    box = ofd.inked_box(ofd.draw(line, dpi=200).png, ofd.DARK)
    assert box == pytest.approx((10, 49.5, 70, 50.5), abs=0.6)


def test_rules_dashes_and_invisible_objects(ofd: Any) -> None:
    rings = "M 0 0 L 30 0 L 30 30 L 0 30 C M 10 10 L 20 10 L 20 20 L 10 20 C"
    inner = '<ofd:FillColor Value="255 0 0"/>'
    page = ofd.draw(
        ofd.path("0 0 30 30", rings, 'Stroke="false" Fill="true" Rule="Even-Odd"', inner),
        ofd.path("40 0 30 30", rings, 'Stroke="false" Fill="true"', inner),
        ofd.path("0 50 100 4", "M 0 2 L 100 2", 'LineWidth="4" DashPattern="10 10"'),
        ofd.filled(0, 80, 100, 20, "0 0 0", 'Visible="false"'),
    )
    assert [ofd.pixel_at(page.png, x, 15) for x in (5, 15, 45, 55)] == [RED, WHITE, RED, RED]
    assert [ofd.pixel_at(page.png, x, 52) for x in (5, 15, 25)] == [BLACK, WHITE, BLACK]
    assert ofd.pixel_at(page.png, 50, 90) == WHITE


def test_fill_and_line_follow_object_then_parameters_then_layer(ofd: Any) -> None:
    resources = (
        '<ofd:DrawParams><ofd:DrawParam ID="1" LineWidth="6"><ofd:StrokeColor Value="255 0 0"/></ofd:DrawParam>'
        '<ofd:DrawParam ID="2" Relative="1"><ofd:StrokeColor Value="0 0 255"/></ofd:DrawParam>'
        '<ofd:DrawParam ID="3" Relative="3"/></ofd:DrawParams>'
    )
    line = "M 0 5 L 100 5"
    draft = ofd.Draft(size=(100, 100), resources=resources)
    draft.pages = [
        ofd.layer(
            ofd.path("0 0 100 10", line),
            ofd.path("0 20 100 10", line, 'DrawParam="2"'),
            ofd.path("0 40 100 10", line, 'DrawParam="2" LineWidth="1"'),
            ofd.path("0 60 100 10", line, 'DrawParam="3"'),
            ofd.path("0 80 100 10", line, "", '<ofd:StrokeColor Value="0 255 0"/>'),
            more='DrawParam="1"',
        )
    ]
    page = render_page(draft.open(), 0, 100)
    assert [ofd.pixel_at(page.png, 50, y) for y in (7, 27, 45, 47, 67, 87)] == [
        RED,
        BLUE,
        BLUE,
        WHITE,
        RED,
        GREEN,
    ]


def test_colour_spaces_opacity_and_clips(ofd: Any) -> None:
    resources = (
        '<ofd:ColorSpaces><ofd:ColorSpace ID="4" Type="CMYK"/><ofd:ColorSpace ID="5" Type="GRAY"/>'
        '<ofd:ColorSpace ID="6" Type="RGB"><ofd:Palette><ofd:CV>9 9 9</ofd:CV><ofd:CV>0 0 255</ofd:CV></ofd:Palette>'
        "</ofd:ColorSpace></ofd:ColorSpaces>"
    )
    square = "M 0 0 L 20 0 L 20 20 L 0 20 C"
    fill = 'Stroke="false" Fill="true"'
    clip = (
        "<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path><ofd:AbbreviatedData>M 0 0 L 10 0 L 10 10 L 0 10 C"
        "</ofd:AbbreviatedData></ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"
    )
    page = ofd.draw(
        ofd.path("0 0 20 20", square, fill, '<ofd:FillColor ColorSpace="4" Value="0 255 255 0"/>'),
        ofd.path("20 0 20 20", square, fill, '<ofd:FillColor ColorSpace="5" Value="128"/>'),
        ofd.path("40 0 20 20", square, fill, '<ofd:FillColor ColorSpace="6" Index="1"/>'),
        ofd.path("60 0 20 20", square, fill, '<ofd:FillColor Value="#FF #0 #0"/>'),
        ofd.path("80 0 20 20", square, fill, '<ofd:FillColor Value="255 0 0" Alpha="128"/>'),
        ofd.path("0 20 20 20", square, fill + ' Alpha="128"', '<ofd:FillColor Value="255 0 0"/>'),
        ofd.path("20 20 20 20", square, fill, clip + '<ofd:FillColor Value="255 0 0"/>'),
        resources=resources,
    )
    found = [ofd.pixel_at(page.png, x, 10) for x in (10, 30, 50, 70)]
    assert found == [RED, (128, 128, 128), BLUE, RED]
    for at in [(90, 10), (10, 30)]:
        assert ofd.pixel_at(page.png, *at) == pytest.approx((255, 127, 127), abs=2)
    assert ofd.pixel_at(page.png, 25, 25) == RED
    assert ofd.pixel_at(page.png, 35, 35) == WHITE


def test_shadings_run_from_colour_to_colour(ofd: Any) -> None:
    ends = '<ofd:Segment><ofd:Color Value="255 0 0"/></ofd:Segment><ofd:Segment><ofd:Color Value="0 0 255"/></ofd:Segment>'
    square = "M 0 0 L 40 0 L 40 40 L 0 40 C"
    axial = f'<ofd:AxialShd StartPoint="0 0" EndPoint="40 0" Extend="3">{ends}</ofd:AxialShd>'
    radial = f'<ofd:RadialShd StartPoint="20 20" EndPoint="20 20" EndRadius="20">{ends}</ofd:RadialShd>'
    fill = 'Stroke="false" Fill="true"'
    page = ofd.draw(
        ofd.path("0 0 40 40", square, fill, f"<ofd:FillColor>{axial}</ofd:FillColor>"),
        ofd.path("50 0 40 40", square, fill, f"<ofd:FillColor>{radial}</ofd:FillColor>"),
        ofd.path("0 50 40 40", square, fill, "<ofd:FillColor><ofd:Pattern/></ofd:FillColor>"),
    )
    assert ofd.pixel_at(page.png, 1, 20)[0] > 240
    assert ofd.pixel_at(page.png, 39, 20)[2] > 240
    assert ofd.pixel_at(page.png, 20, 20) == pytest.approx((127, 0, 127), abs=6)
    assert ofd.pixel_at(page.png, 70, 20)[0] > 240
    assert ofd.pixel_at(page.png, 70, 2)[2] > 200
    assert ofd.codes(page) == {"SHADING_SIMPLIFIED", "PATTERN_NOT_DRAWN"}


# -- images and graphics --------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "near"), [("PNG", 0), ("BMP", 0), ("TIFF", 0), ("GIF", 0), ("JPEG", 3)])
def test_images_of_every_kind_fill_their_unit_square(ofd: Any, kind: str, near: int) -> None:
    page = ofd.draw(
        ofd.image("10 10 30 20", 11, 'CTM="30 0 0 20 0 0"'),
        ofd.image("50 10 30 20", 11),
        resources=ofd.media("a"),
        files={"Doc_0/Res/a": ofd.image_bytes((12, 8), RED, kind)},
    )
    assert ofd.inked_box(page.png) == pytest.approx((10, 10, 80, 30), abs=0.3)
    assert ofd.pixel_at(page.png, 20, 20) == pytest.approx(RED, abs=near)
    assert page.unsupported == ()


def test_images_of_sixteen_bits_are_not_white(ofd: Any) -> None:
    out = io.BytesIO()
    Image.new("I;16", (8, 8), 32896).save(out, "PNG")
    page = ofd.draw(
        ofd.image("0 0 50 50", 11), resources=ofd.media("a"), files={"Doc_0/Res/a": out.getvalue()}
    )
    assert ofd.pixel_at(page.png, 25, 25) == pytest.approx((128, 128, 128), abs=2)


def test_transparency_masks_and_what_cannot_be_decoded(ofd: Any) -> None:
    half = Image.new("L", (10, 10), 0)
    half.paste(255, (0, 0, 5, 10))
    mask = io.BytesIO()
    half.save(mask, "PNG")
    page = ofd.draw(
        ofd.image("0 0 20 20", 11),
        ofd.image("30 0 20 20", 12, 'ImageMask="13"'),
        ofd.image("60 0 20 20", 14),
        ofd.image("0 30 20 20", 15),
        ofd.image("30 30 20 20", 99),
        resources=ofd.media("clear.png", "red.png", "mask.png", "x.jb2", "broken.png"),
        files={
            "Doc_0/Res/clear.png": ofd.image_bytes((4, 4), (255, 0, 0, 0), mode="RGBA"),
            "Doc_0/Res/red.png": ofd.image_bytes((10, 10), RED),
            "Doc_0/Res/mask.png": mask.getvalue(),
            "Doc_0/Res/x.jb2": b"\x97JB2\r\n\x1a\n" + bytes(20),
            "Doc_0/Res/broken.png": ofd.image_bytes((9, 9), RED)[:-30],
        },
    )
    assert ofd.pixel_at(page.png, 10, 10) == WHITE
    assert [ofd.pixel_at(page.png, x, 10) for x in (32, 48)] == [RED, WHITE]
    assert ofd.codes(page) == {"IMAGE_FORMAT", "IMAGE_UNREADABLE", "IMAGE_MISSING"}
    # A grey frame stands where nothing could be drawn.
    for left, top in [(60, 0), (0, 30), (30, 30)]:
        within = (left - 1, top - 1, left + 21, top + 21)
        box = ofd.inked_box(page.png, ofd.NOT_WHITE, within)
        assert box == pytest.approx((left, top, left + 20, top + 20), abs=0.6)


def test_vector_graphics_are_drawn_and_one_within_itself_ends(ofd: Any) -> None:
    def unit(identifier: int, content: str) -> str:
        return (
            f'<ofd:CompositeGraphicUnit ID="{identifier}" Width="20" Height="20"><ofd:Content>{content}'
            "</ofd:Content></ofd:CompositeGraphicUnit>"
        )

    def use(identifier: int, more: str = "") -> str:
        return f'<ofd:CompositeObject ID="1" Boundary="20 20 40 40" ResourceID="{identifier}" {more}/>'

    resources = f"<ofd:CompositeGraphicUnits>{unit(50, ofd.filled(0, 0, 10, 10))}{unit(51, use(51))}</ofd:CompositeGraphicUnits>"
    page = ofd.draw(use(50, 'CTM="2 0 0 3 5 0"'), resources=resources)
    assert ofd.inked_box(page.png) == pytest.approx((25, 20, 45, 50), abs=0.3)
    assert ofd.codes(ofd.draw(use(51), resources=resources)) == {"TOO_DEEP"}
    assert ofd.codes(ofd.draw(use(52), resources=resources)) == {"RESOURCE_MISSING"}


# -- PDF ------------------------------------------------------------------------------------------


def test_the_pdf_looks_like_the_picture_to_another_renderer(ofd: Any, rich: Any, tmp_path: Path) -> None:
    package = rich.open()
    notes = render_pdf(package, tmp_path / "rich.pdf")
    page = render_page(package, 0, 100)
    assert notes == page.unsupported == ()
    document = pypdfium2.PdfDocument(tmp_path / "rich.pdf")
    seen = document[0].render(scale=100 / 72).to_pil().convert("RGB")
    document.close()
    mine = Image.open(io.BytesIO(page.png)).convert("RGB").resize(seen.size)
    difference = ImageChops.difference(seen, mine).convert("L").point(lambda v: 255 if v > 60 else 0)
    # Only the edges of what is drawn may differ.
    assert difference.histogram()[255] < 0.012 * seen.width * seen.height
    with pikepdf.open(tmp_path / "rich.pdf") as pdf:
        box = [float(value) / 72 * 25.4 for value in pdf.pages[0].MediaBox]
    assert box == pytest.approx([0, 0, 100, 100], abs=0.01)
