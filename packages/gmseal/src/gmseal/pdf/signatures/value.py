"""What fills the hole of a signature dictionary: one interface for every kind of signature."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gmseal.errors import Refused
from gmseal.pdf.placement import SealOrder
from gmseal.ses.seal import SealPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class InvisibleOrder:
    """A signature that shows nothing on any page; ``signed_at`` is what the signer states."""

    signed_at: datetime
    reason: str | None = None
    location: str | None = None
    field_name: str | None = None

    def __post_init__(self) -> None:
        if self.signed_at.tzinfo is None:
            raise Refused("TIME_ZONE", "The time of signing needs a time zone.")


SignatureOrder = SealOrder | InvisibleOrder
"""Where a signature is seen and what it says of itself: places for a picture, or none."""


class SignatureValue(Protocol):
    """Makes the value of one kind of signature; may sign many files."""

    @property
    def names(self) -> tuple[str, str]:
        """Filter and SubFilter of the signature dictionary."""
        ...

    @property
    def signer_name(self) -> str:
        """Who signs, for programs that show the dictionary's Name."""
        ...

    @property
    def picture(self) -> SealPicture | None:
        """What is drawn at the places of an order; ``None`` when this signer has no picture."""
        ...

    @property
    def digest_algorithm(self) -> str:
        """The digest of the byte range that is signed, as ``hashlib`` names it."""
        ...

    @property
    def room(self) -> int:
        """The most octets that ``sign`` returns; a multiple of a value's real size wastes the file's."""
        ...

    def sign(self, digest: bytes, signed_at: datetime) -> bytes:
        """The value over the digest of a byte range. Raises ``GmsealError``."""
        ...
