"""The formats of documents that the platform seals, told apart by their first bytes and never by a name."""

from __future__ import annotations

from enum import StrEnum

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


class Format(StrEnum):
    """A format by its media type."""

    PDF = "application/pdf"
    OFD = "application/ofd"

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        return ".ofd" if self is Format.OFD else ".pdf"


def format_of(head: bytes) -> Format:
    """The format that these first bytes may be: an OFD is a ZIP archive, and everything else is judged as a PDF."""
    return Format.OFD if head.startswith(_ZIP) else Format.PDF
