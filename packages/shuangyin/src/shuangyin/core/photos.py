"""What kind of picture some bytes are, by their content and not by their name."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

MAX_PHOTO_PIXELS = 80_000_000
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A readable picture: its media type, its size in pixels, its resolution in dots per inch where it states one."""

    media_type: str
    width: int
    height: int
    dots_per_inch: tuple[float, float] | None


def read_photo(data: bytes) -> Photo | None:
    """What is known of a picture (JPEG, PNG, WebP); None for everything else, damaged pictures included."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind = image.format or ""
            if kind not in _TYPES or image.width * image.height > MAX_PHOTO_PIXELS:
                return None
            dots = image.info.get("dpi")
            photo = Photo(
                _TYPES[kind],
                image.width,
                image.height,
                (float(dots[0]), float(dots[1]))
                if isinstance(dots, tuple) and len(dots) == 2
                else None,  # across and down
            )
            image.verify()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
    return photo
