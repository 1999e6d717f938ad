"""Images of a page, decoded within limits and handed on in a form that every viewer reads."""

import io
from typing import TYPE_CHECKING, Final

from gmseal.ofd.render.budget import Budget
from gmseal.ofd.render.scene import Raster

if TYPE_CHECKING:
    from PIL import Image

_FORMATS: Final = ("PNG", "JPEG", "BMP", "TIFF", "GIF")
_UNSUPPORTED: Final = frozenset({"GBIG2", "JB2", "JBIG2", "JBIG", "JP2", "JPX"})


def raster_of(
    data: bytes | None, stated: str | None, budget: Budget, mask: bytes | None = None
) -> Raster | None:
    """The image, or None with a note. ``mask`` is an image whose bright parts let this one show."""
    if data is None:
        budget.note("IMAGE_MISSING")
        return None
    kind = (stated or "").upper().lstrip(".")
    if kind in _UNSUPPORTED or data[:8] == b"\x97JB2\r\n\x1a\n":
        budget.note("IMAGE_FORMAT", kind or "JBIG2")
        return None
    from PIL import Image  # noqa: PLC0415 - readers of OFD do not need it

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if not budget.affords_image(image.width * image.height):
                budget.note("IMAGE_TOO_LARGE", f"{image.width} x {image.height}")
                return None
            image.load()
            if mask is None and image.format == "JPEG" and image.mode in {"L", "RGB"}:
                return Raster(data, "image/jpeg", image.width, image.height)
            return _as_png(image, mask, budget)
    except Exception as error:
        budget.note("IMAGE_UNREADABLE", kind or type(error).__name__)
        return None


def _as_png(image: "Image.Image", mask: bytes | None, budget: Budget) -> Raster:
    transparent = "A" in image.getbands() or "transparency" in image.info
    if image.mode.startswith("I;16") or image.mode == "I":
        # Sixteen bits a sample: a plain conversion would make everything white.
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    shown = image.convert("RGBA" if transparent or mask is not None else "RGB")
    if mask is not None:
        shown.putalpha(_mask(mask, shown, budget))
    out = io.BytesIO()
    shown.save(out, "PNG", compress_level=1)
    return Raster(out.getvalue(), "image/png", shown.width, shown.height)


def _mask(data: bytes, image: "Image.Image", budget: Budget) -> "Image.Image":
    from PIL import Image, ImageChops  # noqa: PLC0415 - see above

    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        if not budget.affords_image(opened.width * opened.height):
            budget.note("IMAGE_TOO_LARGE", f"mask of {opened.width} x {opened.height}")
            return image.getchannel("A")
        mask = opened.convert("L")
    if mask.size != image.size:
        mask = mask.resize(image.size)
    return ImageChops.multiply(mask, image.getchannel("A"))
