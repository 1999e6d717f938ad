"""PNG pictures from SVG faces: transparent, exact in millimetres, and small.

A seal picture travels inside the seal and the seal inside every signature, so its size matters. A face
has one colour; an 8-bit palette of 256 opacities of it says the same as RGBA in about half the bytes.
"""

import io
import re

import resvg_py
from PIL import Image, UnidentifiedImageError

from gmseal.errors import MalformedInput, Refused

DEFAULT_DPI = 300
"""Enough for office printers; a 40 mm face becomes 472 x 472 pixels."""
MAX_PIXELS = 16_000_000
"""60 mm at 1600 dpi; more is a mistake or an attack."""

_SIZE = re.compile(r'width="([0-9]{1,4}(?:\.[0-9]+)?)mm" height="([0-9]{1,4}(?:\.[0-9]+)?)mm"')


def render_png(svg: str, dpi: int = DEFAULT_DPI) -> bytes:
    """The SVG (with its size in mm) as a PNG with a transparent ground.

    Raises ``MalformedInput`` when the SVG cannot be drawn, ``Refused`` (``PICTURE_TOO_LARGE``) when it
    would have too many pixels.
    """
    if not 72 <= dpi <= 2400:
        raise Refused("PICTURE_TOO_LARGE", "The resolution of a seal picture is 72 to 2400 dots per inch.")
    size = _SIZE.search(svg)
    if size is None:
        raise MalformedInput("The SVG of a seal face states its width and height in mm.")
    sides = [float(side) for side in size.groups()]
    width, height = (round(side / 25.4 * dpi) for side in sides)
    if not 0 < width * height <= MAX_PIXELS:
        raise Refused("PICTURE_TOO_LARGE", "The seal picture has too many pixels.")
    # The renderer rounds sizes to CSS pixels before it enlarges: whole pixels of ours leave it nothing to round.
    exact = f'{svg[: size.start()]}width="{width}" height="{height}"{svg[size.end() :]}'
    try:
        drawn = bytes(resvg_py.svg_to_bytes(svg_string=exact, skip_system_fonts=True))
        with Image.open(io.BytesIO(drawn)) as image:
            return encode_png(image.convert("RGBA"), *sides)
    except (ValueError, OSError, UnidentifiedImageError) as error:
        raise MalformedInput("The seal face cannot be drawn from this SVG.") from error


def encode_png(image: Image.Image, width_mm: float, height_mm: float) -> bytes:
    """An RGBA picture as PNG: one colour and its opacities as a palette, anything else stays RGBA.

    The resolution written into the file makes its size exactly the one given, although pixels are whole.
    """
    resolution = (image.width * 25.4 / width_mm, image.height * 25.4 / height_mm)
    alpha = image.getchannel("A")
    colour = _single_colour(image, alpha)
    out = io.BytesIO()
    if colour is None:
        image.save(out, "PNG", optimize=True, dpi=resolution)
        return out.getvalue()
    flat = Image.frombytes("P", image.size, alpha.tobytes())
    flat.putpalette(bytes(colour) * 256)
    opacities = bytes(range(256))
    flat.save(out, "PNG", optimize=False, compress_level=9, transparency=opacities, dpi=resolution)
    return out.getvalue()


def _single_colour(image: Image.Image, alpha: Image.Image) -> tuple[int, int, int] | None:
    """The colour of all visible pixels, when there is only one.

    Faint pixels at edges lose colour depth to rounding, so only pixels of more than half opacity speak;
    the rest must not stray further than that rounding.
    """
    solid = alpha.point(lambda value: 255 if value > 127 else 0)
    if solid.getbbox() is None:
        return None
    colour = []
    for band in "RGB":
        values = image.getchannel(band).histogram(solid)
        used = [value for value, count in enumerate(values) if count]
        if used[-1] - used[0] > 2:
            return None
        colour.append(max(used, key=lambda value: values[value]))
    return colour[0], colour[1], colour[2]
