"""What one sealing puts on a PDF: seals, riding seams, QR codes.

Millimetres from the top left of the page as displayed.
"""

from dataclasses import dataclass, field
from datetime import datetime

from gmseal.errors import Refused
from gmseal.placement import (
    Edge,
    KeywordPlacement,
    SealPlacement,
    SeamPages,
    SeamPlacement,
    Slice,
    check_page,
    seam_slices,
)
from gmseal.places import Places
from gmseal.qr_code import MAX_QR_MM, MIN_QR_MM, QrBeside, QrPlacement

__all__ = [
    "MAX_QR_MM",
    "MIN_QR_MM",
    "Edge",
    "FieldPlacement",
    "KeywordPlacement",
    "Placement",
    "Places",
    "QrBeside",
    "QrPlacement",
    "SealOrder",
    "SealPlacement",
    "SeamPages",
    "SeamPlacement",
    "Slice",
    "check_page",
    "seam_slices",
]


@dataclass(frozen=True, slots=True)
class FieldPlacement:
    """A seal in the middle of every rectangle that shows a form field, named in full (``buyer.seal``).

    With ``fill`` the field is an empty signature field, and takes the seal instead of a new one.
    """

    name: str
    fill: bool = False


Placement = SealPlacement | KeywordPlacement | FieldPlacement
"""Where a whole seal goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOrder:
    """Everything one sealing puts on a document.

    The signature field shows the first placement (the one that fills a field, if any), or the first slice of the seam when there is no
    placement. ``filter_name`` and ``sub_filter`` name the kind of signature to other programs (a pair
    found in practice; GM/T 0112-2021 is the norm). ``property_info`` describes the protected range
    inside the seal signature.
    """

    signed_at: datetime
    placements: tuple[Placement, ...] = ()
    seam: SeamPlacement | None = None
    qr: QrPlacement | QrBeside | None = None
    reason: str | None = None
    location: str | None = None
    property_info: str = "/ByteRange"
    filter_name: str = "Gomain.GMPkiLite"
    sub_filter: str = "GM.sm2seal"
    field_name: str | None = field(default=None)

    def __post_init__(self) -> None:
        if self.signed_at.tzinfo is None:
            raise Refused("TIME_ZONE", "The time of signing needs a time zone.")
        if not self.placements and self.seam is None:
            raise Refused("NOTHING_TO_PLACE", "A sealing needs at least one place for the seal.")

    @property
    def only_fills(self) -> bool:
        """Whether nothing is added to any page: one signature field that is there takes the seal."""
        return (
            self.seam is None
            and self.qr is None
            and len(self.placements) == 1
            and isinstance(self.placements[0], FieldPlacement)
            and self.placements[0].fill
        )
