"""How large a PDF may be before it is refused, and how much memory its structure may take."""

from dataclasses import dataclass
from functools import lru_cache

import pikepdf.settings

MEGABYTE = 1024 * 1024

INFLATE_LIMIT = 64 * MEGABYTE
"""Bytes that one cross-reference or object stream may expand to; a million objects need about 10 MiB."""
CONTAINER_LIMIT = 2_000_000
"""Elements of one array or dictionary; each costs qpdf some 60 bytes."""


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """What is still accepted. A whole number of bytes and of pages."""

    max_bytes: int = 300 * MEGABYTE
    max_pages: int = 2000


DEFAULT_LIMITS = PdfLimits()


@lru_cache(maxsize=1)
def guard_memory() -> None:
    """Bounds what qpdf may allocate for hostile input, once for the process.

    The settings belong to the whole process; they only ever turn expansions of more than
    ``INFLATE_LIMIT`` into errors, which no honest file structure reaches.
    """
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=INFLATE_LIMIT,
        png_max_memory=INFLATE_LIMIT,
        tiff_max_memory=INFLATE_LIMIT,
        run_length_max_memory=INFLATE_LIMIT,
        parser_max_container_size=CONTAINER_LIMIT,
        max_stream_filters=4,
    )
