"""Pictures of seals: comparing them with specimens, and showing them to people with a watermark."""

from __future__ import annotations

import base64
import hmac
import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from pylopdf_fonts_zh_cn import sans_path

MAX_PIXELS = 16_000_000
PREVIEW_DPI = 150
_WATERMARK = (90, 96, 104, 120)
_GREY = (120, 124, 130)


class UnreadablePicture(Exception):
    """The bytes are no picture, or one of too many pixels."""


def same_picture(one: bytes, other: bytes) -> bool:
    """Whether two pictures are the same: the same bytes, or the same pixels once decoded.

    Fully transparent pixels count as equal whatever colour lies under them. Unreadable bytes equal nothing but
    themselves.
    """
    if hmac.compare_digest(one, other):
        return True
    try:
        first, second = decode(one), decode(other)
    except UnreadablePicture:
        return False
    return first.size == second.size and _visible(first) == _visible(second)


def decode(data: bytes) -> Image.Image:
    """A picture as RGBA. Raises UnreadablePicture."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnreadablePicture
            return image.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise UnreadablePicture from error


def is_png(data: bytes) -> bool:
    """Whether the bytes are a readable PNG."""
    try:
        decode(data)
    except UnreadablePicture:
        return False
    return data.startswith(b"\x89PNG\r\n\x1a\n")


@lru_cache(maxsize=128)
def preview_png(data: bytes, width_mm: float, height_mm: float, words: str, *, grey: bool) -> bytes:
    """The picture at screen resolution with `words` across it; grey for a seal that is not in force.

    Raises UnreadablePicture. Nobody gets the full picture through the interface: it is what forgers want.
    """
    size = (round(width_mm / 25.4 * PREVIEW_DPI), round(height_mm / 25.4 * PREVIEW_DPI))
    image = decode(data).resize(size, Image.Resampling.LANCZOS)
    if grey:
        image = Image.merge(
            "RGBA", (*(Image.new("L", size, value) for value in _GREY), image.getchannel("A"))
        )
    image.alpha_composite(_watermark(size, words))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def as_svg(png: bytes, width_mm: float, height_mm: float) -> str:
    """A PNG in an SVG that is as large as the seal in millimetres."""
    encoded = base64.b64encode(png).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm:g}mm" height="{height_mm:g}mm" '
        f'viewBox="0 0 {width_mm:g} {height_mm:g}"><image width="{width_mm:g}" height="{height_mm:g}" '
        f'href="data:image/png;base64,{encoded}"/></svg>\n'
    )


@lru_cache(maxsize=32)
def _watermark(size: tuple[int, int], words: str) -> Image.Image:
    """Words along the diagonal, repeated, on a transparent ground."""
    side = max(size) * 2
    layer = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    height = max(10, min(size) // 9)
    font = ImageFont.truetype(sans_path(), height)
    step = round(draw.textlength(words, font)) + height * 2
    for row, y in enumerate(range(0, side, height * 3)):
        for x in range(-(row % 2) * step // 2, side, step):
            draw.text((x, y), words, font=font, fill=_WATERMARK)
    turned = layer.rotate(30, resample=Image.Resampling.BICUBIC)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return turned.crop((left, top, left + size[0], top + size[1]))


def _visible(image: Image.Image) -> bytes:
    flat = Image.new("RGBA", image.size, (0, 0, 0, 0))
    mask = image.getchannel("A").point(lambda value: 255 if value else 0)
    flat.paste(image, mask=mask)
    return flat.tobytes()
