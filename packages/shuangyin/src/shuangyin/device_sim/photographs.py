"""Photos as a seal's camera would take them: a page of a document, lit and tilted a little, never twice the same."""

from __future__ import annotations

import io
import random
from functools import lru_cache
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw

from shuangyin.core.errors import Invalid

PAGE_DPI = 60
MARK = (176, 32, 42)


class Camera:
    """Takes photos of the pages of a PDF; without one, of a blank sheet. The same seed takes the same photos."""

    def __init__(self, document: Path | None = None, *, seed: int = 0) -> None:
        """Raises Invalid (DOCUMENT_UNREADABLE) for a document that is no PDF."""
        try:
            # Now, so that a mistake is told at once and not at the first press.
            _page(document)
        except (OSError, pypdfium2.PdfiumError) as error:
            raise Invalid(
                "DOCUMENT_UNREADABLE",
                f"{document} 不是可以读取的 PDF，请核对 --document。",
                f"{document} is no PDF that can be read; check --document.",
            ) from error
        self._document = document
        self._random = random.Random(seed)  # noqa: S311  # pictures, no secrets
        self._taken = 0

    def take(self) -> bytes:
        """One JPEG."""
        self._taken += 1
        page = _page(self._document).copy()
        draw = ImageDraw.Draw(page)
        left, top = self._random.randrange(page.width // 2), self._random.randrange(page.height // 2)
        size = page.width // 5
        draw.ellipse((left, top, left + size, top + size), outline=MARK, width=4)
        # What makes every photo another one is a line of the camera, as real ones print it.
        draw.text(
            (6, page.height - 16), f"SIMULATED {self._taken:06d} {self._random.getrandbits(48):012x}", fill=0
        )
        photo = page.rotate(self._random.uniform(-2, 2), fillcolor=(120, 110, 100))
        out = io.BytesIO()
        photo.save(out, "JPEG", quality=60)
        return out.getvalue()


@lru_cache(maxsize=8)
def _page(document: Path | None) -> Image.Image:
    if document is None:
        return Image.new("RGB", (496, 702), (250, 248, 244))
    with pypdfium2.PdfDocument(document) as opened:
        image: Image.Image = opened[0].render(scale=PAGE_DPI / 72).to_pil().convert("RGB")
    return image
