"""Seal pictures as PDF image objects, made once per picture and kept.

The visible mark must be the picture of the signed seal and nothing else. The encoding is deterministic,
so a verifier can make it again and compare bytes.
"""

import io
import sys
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gmseal.errors import MalformedInput, Refused
from gmseal.pdf import syntax
from gmseal.pdf.png_samples import png_samples
from gmseal.ses.svg_picture import svg_text

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 25_000_000
"""A 60 mm seal at 2,000 dots per inch; more is refused."""
SVG_DPI = 600
_FEW_COLOURS = 256
"""With more, opacities included, a picture is not looked through for its only colour."""

_PNG = b"\x89PNG\r\n\x1a\n"
_RASTER_TYPES = frozenset({"PNG", "JPG", "JPEG", "GIF", "BMP"})


@dataclass(frozen=True, slots=True)
class ImageObject:
    """The dictionary entries (without SMask) and data of an image and of its opacity mask."""

    entries: bytes
    data: bytes
    mask_entries: bytes
    mask_data: bytes

    def image(self, mask_number: int) -> bytes:
        """The image object, once the object number of its mask is known."""
        return syntax.stream(self.entries + b"/SMask " + syntax.reference(mask_number), self.data)

    def mask(self) -> bytes:
        """The mask object."""
        return syntax.stream(self.mask_entries, self.mask_data)


@lru_cache(maxsize=64)
def image_object(picture_type: str, data: bytes) -> ImageObject:
    """The picture of a seal as an image with opacity.

    Raises ``Refused`` with ``PICTURE_UNSUPPORTED`` (an OFD that cannot be drawn exactly, SVG that reaches outside) or
    ``PICTURE_UNREADABLE``.
    """
    return _encode(*picture_samples(picture_type, data))


def picture_samples(picture_type: str, data: bytes) -> tuple[int, int, bytes]:
    """Width, height and samples (red, green, blue, opacity) of a seal's picture. Raises as ``image_object``."""
    kind = picture_type.upper()
    if kind == "SVG":
        data = _rasterized(data)
    elif kind == "OFD":
        data = _first_page(data)
    elif kind not in _RASTER_TYPES:
        raise Refused(
            "PICTURE_UNSUPPORTED", f"Seal pictures of type {picture_type[:20]} cannot be drawn on a PDF."
        )
    try:
        found = png_samples(data) or _samples(data)
    except Exception as error:  # Pillow's decoders raise a dozen unrelated kinds on bad data.
        raise Refused("PICTURE_UNREADABLE", "The picture in the seal cannot be read.") from error
    if found is None:
        raise Refused("PICTURE_UNSUPPORTED", "The seal picture has too many pixels.")
    return found


def _samples(data: bytes) -> tuple[int, int, bytes] | None:
    """Width, height and samples (red, green, blue, opacity) as Pillow reads them; ``None`` for too many pixels."""
    with _opened(data) as image:
        if image.width * image.height > MAX_PIXELS:
            return None
        return image.width, image.height, image.convert("RGBA").tobytes()


def _opened(data: bytes) -> "Image.Image":
    """The picture; for a PNG, Pillow need not load its other readers."""
    if data.startswith(_PNG):
        from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415 - a tenth of a second with what it loads

        return PngImageFile(io.BytesIO(data))
    from PIL import Image  # noqa: PLC0415 - as above

    return Image.open(io.BytesIO(data))


def _rasterized(data: bytes) -> bytes:
    try:
        svg = svg_text(data)
    except MalformedInput as error:
        raise Refused("PICTURE_UNREADABLE", str(error)) from error
    from gmseal.picture.raster import render_png  # noqa: PLC0415 - font tools, 50 ms that PNG seals never need

    return render_png(svg, SVG_DPI)


def _first_page(data: bytes) -> bytes:
    """The picture of seals as tax authorities issue them: a small OFD, whose first page is drawn."""
    from gmseal.ofd.render.rendering import seal_picture_png  # noqa: PLC0415 - readers of OFD, which few seals need

    try:
        return seal_picture_png(data)
    except Refused as refusal:
        raise Refused("PICTURE_UNSUPPORTED", str(refusal)) from refusal
    except MalformedInput as error:
        raise Refused("PICTURE_UNREADABLE", f"The picture in the seal cannot be read: {error}") from error


def _encode(width: int, height: int, samples: bytes) -> ImageObject:
    """Flate-coded samples; a picture of one colour is stored as that colour and its opacities."""
    size = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % (width, height)
    pixels = set(memoryview(samples).cast("I"))
    few = len(pixels) <= _FEW_COLOURS
    each = (pixel.to_bytes(4, sys.byteorder) for pixel in pixels) if few else ()
    visible = {pixel[:3] for pixel in each if pixel[3]}
    if len(visible) == 1:
        entries = size + b"/ColorSpace[/Indexed/DeviceRGB 0<%s>]/BitsPerComponent 1/Filter/FlateDecode"
        entries %= visible.pop().hex().encode("ascii")
        colours = bytes((width + 7) // 8 * height)
    else:
        entries = size + b"/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode"
        plain = bytearray(3 * width * height)
        for channel in range(3):
            plain[channel::3] = samples[channel::4]
        colours = bytes(plain)
    mask = size + b"/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
    return ImageObject(entries, zlib.compress(colours, 9), mask, zlib.compress(samples[3::4], 9))
