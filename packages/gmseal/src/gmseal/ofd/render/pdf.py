"""Scenes as pages of a PDF: vector outlines, images as they are, sizes in millimetres kept."""

import hashlib
import io
import zlib
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from gmseal.ofd.render.geometry import IDENTITY, Matrix, Outline
from gmseal.ofd.render.scene import (
    Clip,
    Colour,
    Gradient,
    Group,
    Item,
    Paint,
    Picture,
    Raster,
    Scene,
    Shape,
    Stroke,
)
from gmseal.ofd.render.svg import number

_POINTS: Final = 72 / 25.4
_CAPS: Final = {"butt": 0, "round": 1, "square": 2}
_JOINS: Final = {"miter": 0, "round": 1, "bevel": 2}
_OPERATORS: Final = {"M": "m", "L": "l", "C": "c", "Z": "h"}
_EVERYWHERE: Final = (-100_000, -100_000, 100_000, 100_000)


class PdfWriter:
    """A PDF that grows page by page. A context manager: closing it forgets what was not saved."""

    def __init__(self) -> None:
        """An empty document."""
        self.document = pikepdf.new()
        self.glyphs: dict[tuple[Outline, str], Any] = {}
        self._images: dict[bytes, Any] = {}

    def __enter__(self) -> Self:
        """Nothing else happens."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Frees the document."""
        self.document.close()

    def add(self, scene: Scene) -> None:
        """One more page."""
        size = (scene.width * _POINTS, scene.height * _POINTS)
        page = self.document.add_blank_page(page_size=size)
        content = _Content(self)
        # Millimetres with y downwards, as the scene has them.
        to_points = Matrix(_POINTS, 0, 0, -_POINTS, 0, size[1])
        content.write(_concat(to_points))
        content.items(scene.items, to_points)
        page.obj["/Contents"] = self.document.make_stream(content.data())
        page.obj["/Resources"] = content.resources()

    def save(self, target: Path) -> None:
        """Writes the file. Raises ``OSError``."""
        self.document.save(target, compress_streams=True, deterministic_id=True)

    def image(self, raster: Raster) -> Any:
        """The image object of a picture, one for all places where it stands."""
        key = hashlib.sha256(raster.data).digest()
        if key not in self._images:
            self._images[key] = self._encoded(raster)
        return self._images[key]

    def _encoded(self, raster: Raster) -> Any:
        entries = {
            "/Type": Name.XObject,
            "/Subtype": Name.Image,
            "/Width": raster.width,
            "/Height": raster.height,
        }
        entries["/BitsPerComponent"] = 8
        with Image.open(io.BytesIO(raster.data)) as image:
            grey = image.mode == "L"
            entries["/ColorSpace"] = Name.DeviceGray if grey else Name.DeviceRGB
            if raster.mime == "image/jpeg":
                return self.document.make_stream(
                    raster.data, Dictionary({**entries, "/Filter": Name.DCTDecode})
                )
            if "A" in image.getbands():
                mask = dict(entries)
                mask["/ColorSpace"] = Name.DeviceGray
                entries["/SMask"] = self._flate(image.getchannel("A").tobytes(), mask)
            return self._flate((image if grey else image.convert("RGB")).tobytes(), entries)

    def _flate(self, samples: bytes, entries: dict[str, Any]) -> Any:
        packed = zlib.compress(samples, 6)
        return self.document.make_stream(packed, Dictionary({**entries, "/Filter": Name.FlateDecode}))


class _Content:
    """A content stream and the resources it names."""

    def __init__(self, writer: PdfWriter) -> None:
        self._writer = writer
        self._parts: list[str] = []
        self._named: dict[str, dict[str, Any]] = {}
        self._names: dict[object, str] = {}

    def write(self, text: str) -> None:
        self._parts.append(text)

    def data(self) -> bytes:
        return "\n".join(self._parts).encode("ascii")

    def resources(self) -> Any:
        return Dictionary({kind: Dictionary(entries) for kind, entries in self._named.items()})

    def _name(self, kind: str, key: object, make: Any) -> str:
        """The name of a resource in this stream, made when it is first needed."""
        if key not in self._names:
            entries = self._named.setdefault(kind, {})
            self._names[key] = name = f"/{kind[1]}{len(self._names)}"
            entries[name] = make()
        return self._names[key]

    def items(self, items: tuple[Item, ...], base: Matrix) -> None:
        """Draw; ``base`` leads from here to the space that patterns of this stream stand in."""
        for item in items:
            self.write("q")
            if isinstance(item, Shape):
                self._shape(item, base)
            elif isinstance(item, Picture):
                raster = item.raster
                name = self._name("/XObject", raster, lambda raster=raster: self._writer.image(raster))
                # PDF puts the bottom of an image at 0 and its top at 1.
                self.write(_concat(item.matrix.after(Matrix(1, 0, 0, -1, 0, 1))) + f" {name} Do")
            else:
                self._group(item, base)
            self.write("Q")

    def _group(self, group: Group, base: Matrix) -> None:
        for clip in group.clips:
            self._clip(clip)
        if group.alpha >= 1:
            self.write(_concat(group.matrix))
            self.items(group.items, base.after(group.matrix))
            return
        form = _Content(self._writer)
        form.write(_concat(group.matrix))
        form.items(group.items, group.matrix)
        self._state(group.alpha, group.alpha)
        name = self._name("/XObject", ("group", id(group)), lambda: self._form(form))
        self.write(f"{name} Do")

    def _form(self, form: "_Content") -> Any:
        return self._writer.document.make_stream(
            form.data(),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array(_EVERYWHERE),
            Resources=form.resources(),
            Group=Dictionary(S=Name.Transparency),
        )

    def _clip(self, clip: Clip) -> None:
        paths = [_path(outline) for outline in clip.outlines if outline.segments]
        # A clip of nothing hides everything.
        self.write("\n".join(paths or ["0 0 m"]) + (" W* n" if clip.even_odd else " W n"))

    def _shape(self, shape: Shape, base: Matrix) -> None:
        stroke = shape.stroke
        if shape.fill is None and stroke is None:
            return
        self._state(_alpha(shape.fill), _alpha(stroke.paint if stroke is not None else None))
        self.write(_concat(shape.matrix))
        space = base.after(shape.matrix)
        if shape.fill is not None:
            self._paint(shape.fill, space, stroking=False)
        if stroke is not None:
            self._paint(stroke.paint, space, stroking=True)
            self.write(_line(stroke))
        fill = "" if shape.fill is None else ("f*" if shape.even_odd else "f")
        operator = fill or "S"
        if fill and stroke is not None:
            operator = "B*" if shape.even_odd else "B"
        if shape.outline.shared:
            name = self._name(
                "/XObject", (shape.outline, operator), lambda: self._glyph(shape.outline, operator)
            )
            self.write(f"{name} Do")
        else:
            self.write(f"{_path(shape.outline)} {operator}")

    def _glyph(self, outline: Outline, operator: str) -> Any:
        """A glyph as a form that takes the colour of where it is drawn; one for the whole document."""
        glyphs = self._writer.glyphs
        key = (outline, operator)
        if key not in glyphs:
            glyphs[key] = self._writer.document.make_stream(
                f"{_path(outline)} {operator}".encode("ascii"),
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=Array(_EVERYWHERE),
            )
        return glyphs[key]

    def _state(self, fill: float, stroke: float) -> None:
        if fill < 1 or stroke < 1:
            entries = Dictionary({"/ca": round(fill, 4), "/CA": round(stroke, 4)})
            self.write(self._name("/ExtGState", ("gs", fill, stroke), lambda: entries) + " gs")

    def _paint(self, paint: Paint, space: Matrix, *, stroking: bool) -> None:
        if isinstance(paint, Colour):
            self.write(f"{_channels(paint)} {'RG' if stroking else 'rg'}")
            return
        name = self._name("/Pattern", (paint, space), lambda: _pattern(paint, space))
        self.write(f"/Pattern {'CS' if stroking else 'cs'} {name} {'SCN' if stroking else 'scn'}")


def _pattern(gradient: Gradient, space: Matrix) -> Any:
    """A shading pattern that continues its end colours. The opacity of stops is taken as one, elsewhere."""
    stops = list(gradient.stops)
    functions = [
        Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=_array(one[1]), C1=_array(two[1]), N=1)
        for one, two in pairwise(stops)
    ]
    function = functions[0]
    if len(functions) > 1 or stops[0][0] > 0 or stops[-1][0] < 1:
        function = _stitched(stops, functions)
    shading = Dictionary(
        ShadingType=3 if gradient.radial else 2,
        ColorSpace=Name.DeviceRGB,
        Coords=Array([round(value, 6) for value in gradient.coordinates]),
        Function=function,
        Extend=Array([True, True]),
    )
    return Dictionary(
        Type=Name.Pattern,
        PatternType=2,
        Shading=shading,
        Matrix=Array([round(value, 8) for value in space]),
    )


def _stitched(stops: list[tuple[float, Colour]], functions: list[Any]) -> Any:
    """The runs between the stops one after the other; outside the first and last the colour stays."""
    first, last = stops[0], stops[-1]
    whole = [_constant(first[1]), *functions, _constant(last[1])]
    bounds = [at for at, _ in stops]
    # Bounds must rise strictly within 0 and 1: ends that lie there already get no run of their own.
    if bounds[0] <= 0:
        whole, bounds = whole[1:], bounds[1:]
    if bounds and bounds[-1] >= 1:
        whole, bounds = whole[:-1], bounds[:-1]
    fitted = [round(at, 6) for at in bounds]
    encode = Array([0, 1] * len(whole))
    return Dictionary(
        FunctionType=3, Domain=Array([0, 1]), Functions=Array(whole), Bounds=Array(fitted), Encode=encode
    )


def _constant(colour: Colour) -> Any:
    return Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=_array(colour), C1=_array(colour), N=1)


def _array(colour: Colour) -> Any:
    return Array([round(value, 4) for value in (colour.red, colour.green, colour.blue)])


def _alpha(paint: Paint | None) -> float:
    if paint is None:
        return 1.0
    if isinstance(paint, Colour):
        return paint.alpha
    return sum(colour.alpha for _, colour in paint.stops) / len(paint.stops)


def _channels(colour: Colour) -> str:
    return " ".join(number(value) for value in (colour.red, colour.green, colour.blue))


def _line(stroke: Stroke) -> str:
    dashes = " ".join(map(number, stroke.dashes))
    dash = f"[{dashes}] {number(stroke.dash_offset)} d"
    ends = f"{_CAPS[stroke.cap]} J {_JOINS[stroke.join]} j {number(max(1.0, stroke.miter_limit))} M"
    return f"{number(stroke.width)} w {ends} {dash}"


def _path(outline: Outline) -> str:
    return " ".join(" ".join([*map(number, points), _OPERATORS[name]]) for name, points in outline.segments)


def _concat(matrix: Matrix) -> str:
    return "" if matrix == IDENTITY else " ".join(map(number, matrix)) + " cm"
