"""Whether an image object of a PDF is the picture of a seal: as this library writes it, or by its samples."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pikepdf

from gmseal.pdf import syntax
from gmseal.pdf.expansion import check_stream
from gmseal.pdf.image import MAX_PIXELS, image_object, picture_samples
from gmseal.ses.seal import SealPicture

if TYPE_CHECKING:
    from PIL import Image

_WIDTH: Final = 300
"""Pixels across in which samples are compared: a stroke of a seal's ring text is two wide."""
_BLUR: Final = 2
_FARTHEST: Final = 48
"""Of 255, how far the colours of one place may differ. JPEG and a third of the resolution were measured at 20 to 31, one
character of the ring text in place of a similar one at 155."""
_MASK: Final = b"/GmsealMask"
"""Stands for the reference to the mask, whose number differs from file to file."""
_HARMLESS: Final = frozenset(
    {
        *("/Type", "/Subtype", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Filter", "/Length"),
        *("/SMask", "/DecodeParms", "/Interpolate", "/Intent", "/Name"),
    }
)
"""Entries with which the samples that are decoded are those that are seen."""


def same_image(shown: pikepdf.Stream, picture: SealPicture, *, by_samples: Callable[[], bool]) -> bool | None:
    """Whether the image shows the picture, opacity included; ``None`` when it cannot be said.

    Where ``by_samples`` says no, nothing is decoded, and only an image as this library writes it is known.

    Raises ``Refused`` when the picture of the seal cannot be drawn.
    """
    expected = image_object(picture.type, picture.data)
    mask = shown.get("/SMask")
    if (
        isinstance(mask, pikepdf.Stream)
        and _as_written(shown, expected.entries + b"/SMask" + _MASK, expected.data, mask)
        and _as_written(mask, expected.mask_entries, expected.mask_data)
    ):
        return True
    if not by_samples():
        return None
    try:
        found = _with_opacity(shown)
    except Exception:
        return None
    return None if found is None else _same_samples(found, *picture_samples(picture.type, picture.data))


def _as_written(
    found: pikepdf.Stream, entries: bytes, data: bytes, mask: pikepdf.Stream | None = None
) -> bool:
    """Whether an image is this one, entry by entry and octet by octet."""
    spelled = _spelled(entries, len(data))
    if mask is not None:
        spelled = spelled.replace(_MASK, syntax.reference(*mask.objgen))
    return found.stream_dict.unparse(resolved=True) == spelled and bytes(found.read_raw_bytes()) == data


@lru_cache(maxsize=128)
def _spelled(entries: bytes, length: int) -> bytes:
    """As qpdf spells a dictionary, its keys in their order."""
    return pikepdf.Object.parse(b"<<%s/Length %d>>" % (entries, length)).unparse(resolved=True)


def _same_samples(found: "Image.Image", width: int, height: int, samples: bytes) -> bool:
    """Both on white, in one size, a little blurred: nowhere may they be of different colours."""
    from PIL import Image, ImageChops, ImageFilter  # noqa: PLC0415 - a tenth of a second, for other programs' marks

    size = (_WIDTH, max(1, round(_WIDTH * height / width)))
    wanted = Image.frombytes("RGBA", (width, height), samples)
    one, two = (
        _flat(each).resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.BoxBlur(_BLUR))
        for each in (found, wanted)
    )
    return max(ImageChops.difference(one, two).tobytes()) <= _FARTHEST


def _flat(image: "Image.Image") -> "Image.Image":
    from PIL import Image  # noqa: PLC0415 - as above

    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _with_opacity(shown: pikepdf.Stream) -> "Image.Image | None":
    """The image with its opacities; ``None`` where what is seen is not the samples alone."""
    colours = _decoded(shown)
    mask = shown.get("/SMask")
    if colours is None or mask is None:
        return None if colours is None else colours.convert("RGBA")
    opacities = _decoded(mask) if isinstance(mask, pikepdf.Stream) else None
    if opacities is None or mask.get("/ColorSpace") != "/DeviceGray":
        return None
    colours = colours.convert("RGBA")
    colours.putalpha(opacities.convert("L").resize(colours.size))
    return colours


def _decoded(image: pikepdf.Stream) -> "Image.Image | None":
    sides: tuple[object, object] = image.get("/Width"), image.get("/Height")
    width, height = (side if isinstance(side, int) else 0 for side in sides)
    if not 0 < width * height <= MAX_PIXELS or image.keys() - _HARMLESS:
        return None
    check_stream(image)
    return pikepdf.PdfImage(image).as_pil_image()
