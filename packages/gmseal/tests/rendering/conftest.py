"""Small OFD packages, written part by part, and their pictures measured in millimetres."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops
from pylopdf_fonts_zh_cn import sans_path

from gmseal.ofd import Package, read_package
from gmseal.ofd.render import RenderedPage, render_page
from gmseal.ofd.stamps import Stamp
from gmseal.picture import FaceKind, draw_svg, face_of_kind, render_png
from gmseal.ses.seal import SealPicture
from gmseal.trial import TrialAuthority, TrialUnit

XMLNS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
WIDTH, HEIGHT = 210, 297


@dataclass
class Draft:
    """An OFD document in the making: pages as XML, resources, further files, stamps by page."""

    pages: list[str] = field(default_factory=lambda: [""])
    resources: str = ""
    common: str = ""
    document: str = ""
    before_content: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    stamps: tuple[Stamp, ...] = ()
    signed_value: bytes | None = None
    loose_seal: bytes | None = None
    size: tuple[float, float] = (WIDTH, HEIGHT)

    def pack(self) -> bytes:
        """The package."""
        area = f"<ofd:PageArea><ofd:PhysicalBox>0 0 {self.size[0]} {self.size[1]}</ofd:PhysicalBox></ofd:PageArea>"
        listed = "".join(f'<ofd:Page ID="{i + 1}" BaseLoc="Pages/P{i}.xml"/>' for i in range(len(self.pages)))
        files = {
            "OFD.xml": f'<ofd:OFD {XMLNS} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo/>'
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
            "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {XMLNS}><ofd:CommonData>{area}<ofd:PublicRes>Res.xml"
            f"</ofd:PublicRes>{self.common}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>{self.document}"
            "</ofd:Document>",
            "Doc_0/Res.xml": f'<ofd:Res {XMLNS} BaseLoc="Res">{self.resources}</ofd:Res>',
        }
        for i, content in enumerate(self.pages):
            files[f"Doc_0/Pages/P{i}.xml"] = (
                f"<ofd:Page {XMLNS}>{self.before_content}<ofd:Content>{content}</ofd:Content></ofd:Page>"
            )
        packed = {name: text.encode() for name, text in files.items()} | self._signature() | self.files
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in packed.items():
                archive.writestr(name, data)
        return out.getvalue()

    def _signature(self) -> dict[str, bytes]:
        if not self.stamps:
            return {}
        marks = ""
        for i, stamp in enumerate(self.stamps):
            b, c = stamp.boundary, stamp.clip
            clip = f' Clip="{c.x} {c.y} {c.width} {c.height}"' if c is not None else ""
            marks += (
                f'<ofd:StampAnnot ID="s{i}" PageRef="{stamp.page + 1}" '
                f'Boundary="{b.x} {b.y} {b.width} {b.height}"{clip}/>'
            )
        seal = "<ofd:Seal><ofd:BaseLoc>Seal.esl</ofd:BaseLoc></ofd:Seal>" if self.loose_seal else ""
        files = {
            "Doc_0/Signs/Signatures.xml": f'<ofd:Signatures {XMLNS}><ofd:Signature ID="s1" Type="Seal" '
            'BaseLoc="S0/Signature.xml"/></ofd:Signatures>'.encode(),
            "Doc_0/Signs/S0/Signature.xml": (
                f'<ofd:Signature {XMLNS}><ofd:SignedInfo><ofd:Provider ProviderName="x"/><ofd:References/>'
                f"{marks}{seal}</ofd:SignedInfo><ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>"
            ).encode(),
        }
        if self.signed_value is not None:
            files["Doc_0/Signs/S0/SignedValue.dat"] = self.signed_value
        if self.loose_seal is not None:
            files["Doc_0/Signs/S0/Seal.esl"] = self.loose_seal
        return files

    def open(self) -> Package:
        """The package, read."""
        return read_package(self.pack())


def layer(*objects: str, kind: str = "Body", more: str = "") -> str:
    """A layer of objects."""
    return f'<ofd:Layer ID="9" Type="{kind}" {more}>{"".join(objects)}</ofd:Layer>'


def path(boundary: str, data: str, attributes: str = "", inner: str = "") -> str:
    """A PathObject."""
    return (
        f'<ofd:PathObject ID="1" Boundary="{boundary}" {attributes}>{inner}'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def filled(
    x: float, y: float, width: float, height: float, colour: str = "255 0 0", attributes: str = ""
) -> str:
    """A filled rectangle."""
    data = f"M 0 0 L {width} 0 L {width} {height} L 0 {height} C"
    inner = f'<ofd:FillColor Value="{colour}"/>'
    return path(f"{x} {y} {width} {height}", data, f'Stroke="false" Fill="true" {attributes}', inner)


Range = tuple[int, int]
Ink = tuple[Range, Range, Range]
"""Lowest and highest red, green and blue of the pixels that count."""
RED: Ink = ((120, 255), (0, 140), (0, 140))
DARK: Ink = ((0, 127), (0, 127), (0, 127))
NOT_WHITE: Ink = ((0, 200), (0, 200), (0, 200))


def inked_box(
    png: bytes, ink: Ink = RED, within: tuple[float, float, float, float] | None = None
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the ink, in mm by the resolution that the PNG states."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    across, down = (25.4 / value for value in image.info["dpi"])
    if within is not None:
        left, top, right, bottom = within
        window = Image.new("RGB", image.size, "white")
        corner = (max(0, round(left / across)), max(0, round(top / down)))
        window.paste(image.crop((*corner, round(right / across), round(bottom / down))), corner)
        image = window
    mask = Image.new("L", image.size, 255)
    for band, (lowest, highest) in zip(image.split(), ink, strict=True):
        counts = band.point([255 * (lowest <= value <= highest) for value in range(256)])
        mask = ImageChops.multiply(mask, counts)
    box = mask.getbbox()
    assert box is not None, "there is no ink"
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def pixel_at(png: bytes, x: float, y: float) -> tuple[int, int, int]:
    """The colour at a place in mm."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    across, down = (value / 25.4 for value in image.info["dpi"])
    found = image.getpixel((int(x * across), int(y * down)))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def draw(*objects: str, dpi: float = 100, **parts: Any) -> RenderedPage:
    return render_page(Draft(pages=[layer(*objects)], size=(100, 100), **parts).open(), 0, dpi)


def image_bytes(
    size: tuple[int, int], colour: tuple[int, ...], kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour if len(colour) > 1 else colour[0]).save(out, kind)
    return out.getvalue()


def media(*names: str) -> str:
    """Image resources with ids from 11 on."""
    listed = "".join(
        f'<ofd:MultiMedia ID="{11 + i}" Type="Image"><ofd:MediaFile>{name}</ofd:MediaFile></ofd:MultiMedia>'
        for i, name in enumerate(names)
    )
    return f"<ofd:MultiMedias>{listed}</ofd:MultiMedias>"


def image(boundary: str, identifier: int, more: str = "") -> str:
    return f'<ofd:ImageObject ID="3" Boundary="{boundary}" ResourceID="{identifier}" {more}/>'


def text(boundary: str, words: str, code: str, more: str = "", font: int = 1, before: str = "") -> str:
    return (
        f'<ofd:TextObject ID="2" Boundary="{boundary}" Font="{font}" Size="10" {more}>{before}'
        f"<ofd:TextCode {code}>{words}</ofd:TextCode></ofd:TextObject>"
    )


def codes(page: RenderedPage) -> set[str]:
    return {one.code for one in page.unsupported}


SONG = '<ofd:Fonts><ofd:Font ID="1" FontName="宋体"/></ofd:Fonts>'
OWN_FONT = (
    '<ofd:Fonts><ofd:Font ID="1" FontName="own"><ofd:FontFile>own.font</ofd:FontFile></ofd:Font></ofd:Fonts>'
)


@dataclass(frozen=True)
class Tools:
    """What tests of rendering use."""

    Draft = Draft
    layer = staticmethod(layer)
    path = staticmethod(path)
    filled = staticmethod(filled)
    inked_box = staticmethod(inked_box)
    pixel_at = staticmethod(pixel_at)
    draw = staticmethod(draw)
    image_bytes = staticmethod(image_bytes)
    media = staticmethod(media)
    image = staticmethod(image)
    text = staticmethod(text)
    codes = staticmethod(codes)
    SONG = SONG
    OWN_FONT = OWN_FONT
    DARK = DARK
    NOT_WHITE = NOT_WHITE


@pytest.fixture(scope="session")
def ofd() -> Tools:
    """Builders and measures."""
    return Tools()


@pytest.fixture(scope="session")
def seal_picture() -> SealPicture:
    """A drawn face of 40 mm."""
    png = render_png(draw_svg(face_of_kind(FaceKind.LIMITED_COMPANY, "北京示例科技有限公司")), 300)
    return SealPicture("PNG", png, 40, 40)


@pytest.fixture(scope="session")
def sealed(authority: TrialAuthority) -> Callable[[SealPicture], TrialUnit]:
    """A unit whose seal shows a picture."""
    return lambda picture: TrialUnit.create(authority, "北京示例科技有限公司", picture, es_id="1101080000009")


@pytest.fixture(scope="session")
def own_font() -> tuple[bytes, bytes, int]:
    """A subset as packages carry it, the bare CFF table of it, and the glyph number of 田 in it."""
    font = TTFont(sans_path())
    cutter = subset.Subsetter()
    cutter.populate(text="田口")
    cutter.subset(font)
    out = io.BytesIO()
    font.save(out)
    saved = TTFont(io.BytesIO(out.getvalue()))
    return out.getvalue(), saved.getTableData("CFF "), saved.getGlyphID(saved.getBestCmap()[ord("田")])


@pytest.fixture(scope="session")
def rich(own_font: tuple[bytes, bytes, int]) -> Draft:
    """A page with a little of everything."""
    ends = (
        '<ofd:Segment Position="0.2"><ofd:Color Value="255 0 0"/></ofd:Segment>'
        '<ofd:Segment Position="0.5"><ofd:Color Value="0 255 0"/></ofd:Segment>'
        '<ofd:Segment Position="1"><ofd:Color Value="0 0 255"/></ofd:Segment>'
    )
    shading = f'<ofd:FillColor><ofd:AxialShd StartPoint="0 0" EndPoint="30 0" Extend="3">{ends}</ofd:AxialShd></ofd:FillColor>'
    clip = (
        "<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path><ofd:AbbreviatedData>M 0 0 L 30 0 L 0 20 C"
        "</ofd:AbbreviatedData></ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"
    )
    square = "M 0 0 L 30 0 L 30 20 L 0 20 C"
    return Draft(
        size=(100, 100),
        resources=OWN_FONT + media("a.png", "b.jpg"),
        files={
            "Doc_0/Res/own.font": own_font[0],
            "Doc_0/Res/a.png": image_bytes((6, 6), (0, 0, 255, 128), mode="RGBA"),
            "Doc_0/Res/b.jpg": image_bytes((16, 16), (0, 128, 0), "JPEG"),
        },
        pages=[
            layer(
                path("5 5 30 20", square, 'Fill="true" LineWidth="2"', shading),
                path("40 5 30 20", square, 'Fill="true"', clip + '<ofd:FillColor Value="255 0 0"/>'),
                path(
                    "5 30 30 30", "M 0 15 A 15 15 0 1 1 30 15 Q 20 0 15 10 B 10 20 5 0 0 15 C", 'Fill="true"'
                ),
                filled(45, 30, 20, 20, "255 0 0", 'Alpha="100"'),
                image("55 40 20 20", 11),
                image("78 40 15 15", 12, 'Alpha="128"'),
                text("5 70 90 20", "田口田口", 'X="0" Y="10" DeltaX="g 3 15"', 'Weight="700"'),
            )
        ],
    )
