"""How large an OFD package may be before it is refused, packed and unpacked."""

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdLimits:
    """What is still accepted, in bytes and in numbers.

    ``max_ratio`` is what an entry of more than a mebibyte may expand to, per packed byte: the most
    that Deflate reaches is 1,032, which only bombs and blank bitmaps come near to.
    Beyond 64 MiB the whole package may expand to ``max_total_ratio`` bytes per packed byte, so that what a
    package costs stays in proportion to its size. ``max_references`` counts protected files and stamps over
    all signatures of a package. The depth of XML is limited by the parser itself, to 256 elements.
    """

    max_bytes: int = 300 * MEGABYTE
    max_entries: int = 60_000
    max_unpacked: int = 1024 * MEGABYTE
    max_entry: int = 256 * MEGABYTE
    max_ratio: int = 500
    max_total_ratio: int = 100
    max_xml: int = 16 * MEGABYTE
    max_pages: int = 20_000
    max_documents: int = 64
    max_signatures: int = 200
    max_references: int = 300_000


DEFAULT_LIMITS: Final = OfdLimits()
