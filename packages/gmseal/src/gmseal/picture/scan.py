"""A seal picture from a scan or photograph of an imprint.

Red ink is separated from paper and black text by what the ink takes out of the light: the paper's own
colour is measured first and divided out, so tinted paper stays paper. Where black text runs under the ink
both are dark; such pixels belong to the imprint when red surrounds them. Everything is Pillow arithmetic on
whole channels; only a small preview is walked pixel by pixel, to find what belongs together.
"""

import io
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageOps

from gmseal.errors import MalformedInput, Refused
from gmseal.picture.face import MAX_SIDE_MM, MIN_SIDE_MM, SealFace
from gmseal.picture.raster import MAX_PIXELS, encode_png
from gmseal.picture.regions import Box, red_regions
from gmseal.picture.tilt import tilt_of

MAX_SCAN_PIXELS = 40_000_000
"""An A4 page at 600 dpi is 35 million; more is a mistake or an attack."""
MAX_SCAN_BYTES = 64 << 20
MIN_IMPRINT_PIXELS = 100
"""A smaller imprint is 10 mm at 250 dpi: too coarse to be a seal picture."""
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
_RED_HUE = 21
"""Hues (of 256) to either side of pure red that are ink: 30 degrees."""
_FAINTEST = 36
"""Redness (of 255) below which a pixel is paper, shadow or compression noise."""
_ASPECT_TOLERANCE = 0.05
_PREVIEW_SIDE = 320


@dataclass(frozen=True, slots=True)
class ScannedPicture:
    """A seal picture taken from paper: transparent PNG, its size in mm, and how far it was turned upright."""

    png: bytes
    width_mm: float
    height_mm: float
    turned_degrees: float


def picture_from_scan(
    data: bytes,
    *,
    dpi: float | None = None,
    width_mm: float | None = None,
    height_mm: float | None = None,
    deskew: bool = False,
    output_dpi: int | None = None,
) -> ScannedPicture:
    """The one red imprint in a scan or photograph, cropped, on a transparent ground.

    Its size is ``width_mm`` and ``height_mm`` (one is enough) or follows from ``dpi``, or from the resolution
    that the file states. ``deskew`` turns a tilted imprint upright. ``output_dpi`` resamples the picture.

    Raises ``MalformedInput`` for what is no image, and ``Refused`` with ``SCAN_TOO_LARGE``,
    ``SCAN_NO_IMPRINT``, ``SCAN_SEVERAL_IMPRINTS``, ``SCAN_CUT_OFF``, ``SCAN_TOO_COARSE``,
    ``SCAN_SIZE_UNKNOWN`` or ``SCAN_SIZE``.
    """
    image, stated_dpi = _opened(data)
    red, colour = _redness(image)
    box = _imprint(red)
    alpha = _opacity(red, image, box)
    turned = 0.0
    if deskew:
        turned = tilt_of(alpha)
        if turned:
            alpha = alpha.rotate(turned, Image.Resampling.BICUBIC, expand=True)
    inked = alpha.point(lambda value: 255 if value > 96 else 0).getbbox()
    if inked is None or min(inked[2] - inked[0], inked[3] - inked[1]) < MIN_IMPRINT_PIXELS:
        message = f"The imprint has fewer than {MIN_IMPRINT_PIXELS} pixels across; scan it with 300 dpi."
        raise Refused("SCAN_TOO_COARSE", message)
    alpha = alpha.crop(inked)
    width, height = _size(alpha, dpi or stated_dpi, width_mm, height_mm)
    alpha = _resampled(alpha, width, height, output_dpi)
    shown = Image.new("RGB", alpha.size, colour)
    shown.putalpha(alpha)
    return ScannedPicture(encode_png(shown, width, height), width, height, turned)


def _opened(data: bytes) -> tuple[Image.Image, float | None]:
    """The image as RGB, upright as its camera held it, and the resolution its file states."""
    if len(data) > MAX_SCAN_BYTES:
        raise Refused("SCAN_TOO_LARGE", f"A scan has at most {MAX_SCAN_BYTES >> 20} MiB.")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            small_enough = image.width * image.height <= MAX_SCAN_PIXELS
            if small_enough:
                return _flattened(ImageOps.exif_transpose(image)), _plausible(image.info.get("dpi"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pass  # Pillow's own limit is higher than ours and says the same.
    except Exception as error:  # Pillow's decoders raise a dozen unrelated kinds on bad data.
        raise MalformedInput("The scan is no image that can be read.") from error
    raise Refused("SCAN_TOO_LARGE", "The scan has too many pixels; an A4 page at 600 dpi is enough.")


def _flattened(image: Image.Image) -> Image.Image:
    """The image as RGB on white."""
    if "A" in image.getbands() or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def _plausible(stated: object) -> float | None:
    """The file's resolution, when it is one that scanners use; 72 and 96 are what programs write unasked."""
    if not isinstance(stated, tuple) or len(stated) != 2:
        return None
    across, down = (float(value) for value in stated)
    return across if 100 <= across <= 2400 and abs(across - down) < 1 else None


def _redness(image: Image.Image) -> tuple[Image.Image, tuple[int, int, int]]:
    """How much each pixel is red ink (0 to 255), and the standard colour of seals."""
    level = _without_tint(image)
    red, green, blue = level.split()
    excess = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    hue = level.convert("HSV").getchannel("H")
    is_red = hue.point(lambda value: 255 if value <= _RED_HUE or value >= 256 - _RED_HUE else 0)
    colour = (int(SealFace.COLOUR[1:3], 16), int(SealFace.COLOUR[3:5], 16), int(SealFace.COLOUR[5:7], 16))
    return ImageChops.multiply(excess, is_red), colour


def _without_tint(image: Image.Image) -> Image.Image:
    """The image with its paper made white: each channel is stretched by the paper's own brightness."""
    small = image.copy()
    small.thumbnail((200, 200))
    channels = []
    for band, preview in zip(image.split(), small.split(), strict=True):
        paper = max(_quantile(preview, 0.7), 64)
        channels.append(band.point(lambda value, top=paper: min(255, value * 255 // top)))
    return Image.merge("RGB", channels)


def _quantile(band: Image.Image, share: float) -> int:
    wanted, seen = share * band.width * band.height, 0
    for value, count in enumerate(band.histogram()):
        seen += count
        if seen >= wanted:
            return value
    return 255


def _imprint(red: Image.Image) -> Box:
    """The box of the only imprint, with some room around it. Raises ``Refused``."""
    mask = red.point(lambda value: 255 if value > _FAINTEST else 0)
    scale = max(1.0, max(red.size) / _PREVIEW_SIDE)
    size = (max(1, round(red.width / scale)), max(1, round(red.height / scale)))
    preview = mask.resize(size, Image.Resampling.BOX).point(lambda value: 255 if value > 40 else 0)
    regions = red_regions(preview)
    if not regions or max(regions[0].width, regions[0].height) * scale < MIN_IMPRINT_PIXELS / 2:
        raise Refused("SCAN_NO_IMPRINT", "There is no red imprint in the scan.")
    if preview.histogram()[255] > 0.75 * size[0] * size[1]:
        raise Refused("SCAN_NO_IMPRINT", "Nearly the whole scan is red; an imprint stands on paper.")
    largest = regions[0]
    if any(other.width * other.height > 0.15 * largest.width * largest.height for other in regions[1:]):
        raise Refused("SCAN_SEVERAL_IMPRINTS", "There are several red imprints in the scan; crop it to one.")
    # A picture cropped to the imprint touches all four edges; one that touches fewer lost a part.
    touching = [
        largest.left <= 0,
        largest.top <= 0,
        largest.right >= size[0],
        largest.bottom >= size[1],
    ]
    if any(touching) and not all(touching):
        raise Refused("SCAN_CUT_OFF", "The imprint runs over the edge of the scan.")
    return largest.scaled(red.width / size[0], red.height / size[1], within=red.size, margin=scale * 2)


def _opacity(red: Image.Image, image: Image.Image, box: Box) -> Image.Image:
    """The imprint's opacity: redness stretched to its own strongest ink, gaps under black text closed."""
    crop = red.crop(box.corners)
    ink = crop.histogram()
    ink[: _FAINTEST + 1] = [0] * (_FAINTEST + 1)
    total, seen, full = sum(ink), 0, 255
    for value, count in enumerate(ink):
        seen += count
        if seen >= total * 0.6:
            full = max(value, _FAINTEST + 20)
            break
    faint = _FAINTEST * 0.6
    alpha = crop.point(lambda value: round(max(0.0, min(1.0, (value - faint) / (full - faint))) * 255))
    radius = max(3, min(15, round(max(crop.size) * 0.012) | 1))
    closed = alpha.filter(ImageFilter.MaxFilter(radius)).filter(ImageFilter.MinFilter(radius))
    dark = image.crop(box.corners).convert("L").point(lambda value: 255 if value < 90 else 0)
    return ImageChops.lighter(alpha, ImageChops.multiply(closed, dark))


def _size(
    alpha: Image.Image, dpi: float | None, width_mm: float | None, height_mm: float | None
) -> tuple[float, float]:
    aspect = alpha.height / alpha.width
    if width_mm is None and height_mm is None:
        if dpi is None or not 50 <= dpi <= 4800:
            message = "State the resolution of the scan (50 to 4800 dpi) or the size of the imprint in mm."
            raise Refused("SCAN_SIZE_UNKNOWN", message)
        width_mm, height_mm = alpha.width / dpi * 25.4, alpha.height / dpi * 25.4
    width = width_mm if width_mm is not None else (height_mm or 0.0) / aspect
    height = height_mm if height_mm is not None else width * aspect
    if not (MIN_SIDE_MM <= width <= MAX_SIDE_MM and MIN_SIDE_MM <= height <= MAX_SIDE_MM):
        message = f"The imprint would be {width:.1f} x {height:.1f} mm; a seal is {MIN_SIDE_MM:g} to "
        raise Refused("SCAN_SIZE", f"{message}{MAX_SIDE_MM:g} mm wide and high.")
    if abs(height / width / aspect - 1) > _ASPECT_TOLERANCE:
        raise Refused("SCAN_SIZE", "The imprint in the scan has other proportions than the size stated.")
    return round(width, 3), round(height, 3)


def _resampled(alpha: Image.Image, width_mm: float, height_mm: float, dpi: int | None) -> Image.Image:
    """Square pixels at the wanted resolution, or at the scan's own up to what a seal picture may have."""
    if dpi is None:
        dpi = round(min(alpha.width / width_mm * 25.4, 600))
    if not 72 <= dpi <= 2400:
        raise Refused("PICTURE_TOO_LARGE", "The resolution of a seal picture is 72 to 2400 dots per inch.")
    size = (max(1, round(width_mm / 25.4 * dpi)), max(1, round(height_mm / 25.4 * dpi)))
    if size[0] * size[1] > MAX_PIXELS:
        raise Refused("PICTURE_TOO_LARGE", "The seal picture has too many pixels.")
    return alpha if size == alpha.size else alpha.resize(size, Image.Resampling.LANCZOS)
