"""A scene as SVG, and PNG from that. Outlines and embedded images only: nothing is fetched, nothing runs."""

import base64
import io
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.ofd.render.geometry import IDENTITY, Matrix, Outline
from gmseal.ofd.render.scene import Clip, Colour, Gradient, Group, Item, Paint, Picture, Raster, Scene, Shape

_NAMESPACES: Final = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


class _Writer:
    """Collects the drawing, and what it refers to by name: glyphs, images, gradients, clips."""

    def __init__(self) -> None:
        self.body: list[str] = []
        self.defs: list[str] = []
        self._names: dict[object, str] = {}

    def items(self, items: tuple[Item, ...]) -> None:
        for item in items:
            if isinstance(item, Shape):
                self.shape(item)
            elif isinstance(item, Picture):
                name = self._name(item.raster, "i")
                self.body.append(f'<use xlink:href="#{name}"{_transform(item.matrix)}/>')
            else:
                self.group(item)

    def group(self, group: Group) -> None:
        for clip in group.clips:
            self.body.append(f'<g clip-path="url(#{self._name(clip, "c")})">')
        fade = f' opacity="{number(group.alpha)}"' if group.alpha < 1 else ""
        self.body.append(f"<g{_transform(group.matrix)}{fade}>")
        self.items(group.items)
        self.body.append("</g>" * (1 + len(group.clips)))

    def shape(self, shape: Shape) -> None:
        style = self._paint("fill", shape.fill)
        if shape.fill is not None and shape.even_odd:
            style += ' fill-rule="evenodd"'
        stroke = shape.stroke
        if stroke is not None:
            style += self._paint("stroke", stroke.paint) + f' stroke-width="{number(stroke.width)}"'
            style += f' stroke-linecap="{stroke.cap}" stroke-linejoin="{stroke.join}"'
            style += f' stroke-miterlimit="{number(max(1.0, stroke.miter_limit))}"'
            if stroke.dashes:
                dashes = " ".join(map(number, stroke.dashes))
                style += f' stroke-dasharray="{dashes}" stroke-dashoffset="{number(stroke.dash_offset)}"'
        if shape.outline.shared:
            name = self._name(shape.outline, "g")
            self.body.append(f'<use xlink:href="#{name}"{_transform(shape.matrix)}{style}/>')
        else:
            self.body.append(f'<path d="{path_data(shape.outline)}"{_transform(shape.matrix)}{style}/>')

    def _paint(self, role: str, paint: Paint | None) -> str:
        if paint is None:
            return f' {role}="none"'
        if isinstance(paint, Gradient):
            return f' {role}="url(#{self._name(paint, "p")})"'
        opacity = f' {role}-opacity="{number(paint.alpha)}"' if paint.alpha < 1 else ""
        return f' {role}="{_hex(paint)}"{opacity}'

    def _name(self, thing: Outline | Raster | Gradient | Clip, letter: str) -> str:
        name = self._names.get(thing)
        if name is None:
            name = self._names[thing] = f"{letter}{len(self._names)}"
            self.defs.append(self._definition(thing, name))
        return name

    def _definition(self, thing: Outline | Raster | Gradient | Clip, name: str) -> str:
        if isinstance(thing, Outline):
            return f'<path id="{name}" d="{path_data(thing)}"/>'
        if isinstance(thing, Raster):
            content = base64.b64encode(thing.data).decode("ascii")
            return (
                f'<image id="{name}" width="1" height="1" preserveAspectRatio="none" '
                f'xlink:href="data:{thing.mime};base64,{content}"/>'
            )
        if isinstance(thing, Clip):
            rule = ' clip-rule="evenodd"' if thing.even_odd else ""
            paths = "".join(f'<path d="{path_data(one)}"{rule}/>' for one in thing.outlines)
            return f'<clipPath id="{name}">{paths}</clipPath>'
        return _gradient(thing, name)


def _gradient(gradient: Gradient, name: str) -> str:
    c = [number(value) for value in gradient.coordinates]
    stops = "".join(
        f'<stop offset="{number(at)}" stop-color="{_hex(colour)}" stop-opacity="{number(colour.alpha)}"/>'
        for at, colour in gradient.stops
    )
    if not gradient.radial:
        place = f'x1="{c[0]}" y1="{c[1]}" x2="{c[2]}" y2="{c[3]}"'
        return f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" {place}>{stops}</linearGradient>'
    place = f'fx="{c[0]}" fy="{c[1]}" fr="{c[2]}" cx="{c[3]}" cy="{c[4]}" r="{c[5]}"'
    return f'<radialGradient id="{name}" gradientUnits="userSpaceOnUse" {place}>{stops}</radialGradient>'


def write_svg(scene: Scene) -> str:
    """The page as SVG, its size in mm, on white."""
    return _document(scene, f'width="{number(scene.width)}mm" height="{number(scene.height)}mm"')


def _document(scene: Scene, size: str, *, white: bool = True) -> str:
    writer = _Writer()
    writer.items(scene.items)
    width, height = number(scene.width), number(scene.height)
    ground = f'<rect width="{width}" height="{height}" fill="#fff"/>\n' if white else ""
    return (
        f'<svg {_NAMESPACES} {size} viewBox="0 0 {width} {height}" preserveAspectRatio="none">\n'
        f"<defs>{''.join(writer.defs)}</defs>\n{ground}" + "\n".join(writer.body) + "\n</svg>\n"
    )


def write_png(scene: Scene, dpi: float, max_pixels: int, *, transparent: bool = False) -> bytes:
    """The page as PNG with its resolution stated, on white or on nothing.

    Raises ``Refused`` (``RENDER_SIZE``) when it would have too many pixels, ``MalformedInput`` when the
    page cannot be drawn.
    """
    import resvg_py  # noqa: PLC0415 - large, and readers of OFD do not need it
    from PIL import Image  # noqa: PLC0415 - as above

    if not 10 <= dpi <= 1200:
        raise Refused("RENDER_SIZE", "Pages are rendered with 10 to 1200 dots per inch.")
    width, height = round(scene.width / 25.4 * dpi), round(scene.height / 25.4 * dpi)
    if not 0 < width * height <= max_pixels:
        raise Refused("RENDER_SIZE", f"The picture of the page would have more than {max_pixels} pixels.")
    # Whole pixels are given, because the renderer rounds other sizes before it enlarges.
    svg = _document(scene, f'width="{width}" height="{height}"', white=not transparent)
    try:
        drawn = bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
        with Image.open(io.BytesIO(drawn)) as image:
            out = io.BytesIO()
            resolution = (width * 25.4 / scene.width, height * 25.4 / scene.height)
            image.convert("RGBA" if transparent else "RGB").save(out, "PNG", compress_level=3, dpi=resolution)
    except (ValueError, OSError) as error:
        raise MalformedInput("The page cannot be drawn.") from error
    except BaseException as error:
        # A panic of the renderer is no Exception; whatever else ends the program must not be held up.
        if type(error).__name__ != "PanicException":
            raise
        raise MalformedInput("The page cannot be drawn.") from error
    return out.getvalue()


def path_data(outline: Outline) -> str:
    """SVG path data."""
    return "".join(name + " ".join(map(number, points)) for name, points in outline.segments)


def number(value: float) -> str:
    """A number with as many places as a page can show."""
    text = f"{value:.8f}" if abs(value) < 1 else f"{value:.4f}"
    text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _hex(colour: Colour) -> str:
    channels = (colour.red, colour.green, colour.blue)
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, value))):02x}" for value in channels)


def _transform(matrix: Matrix) -> str:
    return "" if matrix == IDENTITY else f' transform="matrix({" ".join(map(number, matrix))})"'
