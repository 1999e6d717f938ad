"""How much drawing is accepted, and the list of what could not be drawn as it stands."""

import time
from dataclasses import dataclass
from typing import Final

from gmseal.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """Bounds of one page.

    ``seconds`` is for reading the page and setting its parts. ``max_painted_pages`` bounds the time of making
    pixels: how often the page's area may be painted over.
    """

    max_objects: int = 100_000
    max_segments: int = 3_000_000
    max_depth: int = 24
    max_nested: int = 2
    max_image_pixels: int = 40_000_000
    max_page_image_pixels: int = 120_000_000
    max_painted_pages: float = 4000
    max_output_pixels: int = 40_000_000
    seconds: float = 20.0


DEFAULT_LIMITS: Final = RenderLimits()


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something that the picture does not show as the file says it; ``count`` tells how often.

    ``code`` is stable, ``detail`` names the thing (a font, a format, a character).
    """

    code: str
    detail: str
    count: int


class Budget:
    """What one page may still use, shared with everything nested in it."""

    def __init__(self, limits: RenderLimits = DEFAULT_LIMITS) -> None:
        """The clock starts now."""
        self.limits = limits
        self._notes: dict[tuple[str, str], int] = {}
        self.renew()

    def renew(self) -> None:
        """Another page may use as much again; the notes stay."""
        self.objects = 0
        self.segments = 0
        self.pixels = 0
        self._deadline = time.monotonic() + self.limits.seconds

    def spend_object(self) -> None:
        """One more object or glyph. Raises ``Refused`` (``RENDER_LIMIT``)."""
        self.objects += 1
        if self.objects > self.limits.max_objects:
            raise Refused("RENDER_LIMIT", f"The page has more than {self.limits.max_objects} objects.")
        if self.objects % 64 == 0 and time.monotonic() > self._deadline:
            raise Refused("RENDER_LIMIT", "The page takes too long to draw.")

    def spend_segments(self, count: int) -> None:
        """So many more segments of paths. Raises ``Refused`` (``RENDER_LIMIT``)."""
        self.segments += count
        if self.segments > self.limits.max_segments:
            raise Refused("RENDER_LIMIT", "The paths of the page have too many segments.")

    def affords_image(self, pixels: int) -> bool:
        """Counts an image when it may still be drawn."""
        limits = self.limits
        if pixels > limits.max_image_pixels or self.pixels + pixels > limits.max_page_image_pixels:
            return False
        self.pixels += pixels
        return True

    def note(self, code: str, detail: str = "") -> None:
        """Remember what is not drawn as it stands."""
        key = (code, detail[:80])
        if key in self._notes or len(self._notes) < 200:
            self._notes[key] = self._notes.get(key, 0) + 1

    @property
    def notes(self) -> tuple[Unsupported, ...]:
        """Everything remembered, in the order it was met."""
        return tuple(Unsupported(code, detail, count) for (code, detail), count in self._notes.items())
