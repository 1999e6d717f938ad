"""What kinds of seals there are, as plain values: media, categories, statuses, and the standard of a face."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Medium(StrEnum):
    """What a seal is made of."""

    ELECTRONIC = "electronic"
    PHYSICAL = "physical"


class SealCategory(StrEnum):
    """What a seal is for; apart from the code of GA 241.2, which is coarser."""

    LEGAL_NAME = "legal_name"
    CONTRACT = "contract"
    FINANCE = "finance"
    INVOICE = "invoice"
    LEGAL_REP_NAME = "legal_rep_name"
    DEPARTMENT = "department"
    OTHER = "other"


class SealStatus(StrEnum):
    """The legal status of a seal; where a physical one lies is another thing (`Whereabouts`)."""

    DRAFT = "draft"
    ACCEPTED = "accepted"
    MADE = "made"
    FILED = "filed"
    DELIVERED = "delivered"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    LOST = "lost"
    SCRAPPED = "scrapped"
    SURRENDERED = "surrendered"
    DESTROYED = "destroyed"
    REVOKED = "revoked"


class Whereabouts(StrEnum):
    """Where a physical seal is."""

    IN_SAFE = "in_safe"
    IN_USE = "in_use"
    OUT_ON_LOAN = "out_on_loan"
    MISSING = "missing"
    """Not found where it belongs, until it is found, taken up again or reported lost."""


class Origin(StrEnum):
    """Where an electronic seal comes from: the management unit, or the trial authority of this installation."""

    ISSUED = "issued"
    TRIAL = "trial"


class Begun(StrEnum):
    """How a seal came into the register: entered when it existed already, or applied for here."""

    TAKEN_IN = "taken_in"
    APPLIED = "applied"


class Hold(StrEnum):
    """Why a suspended seal cannot be taken up again, whoever wants it."""

    RENAMED = "renamed"
    REPRESENTATIVE_CHANGED = "representative_changed"
    LICENCE_ENDED = "licence_ended"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class FaceStandard:
    """The face of one kind of seal. Lengths in millimetres; `limit_mm` is the largest side allowed.

    `fixed` sizes admit no other; the rest are usual sizes below the limit.
    """

    category: str
    organizations: tuple[str, ...]
    shape: str
    width_mm: float
    height_mm: float
    centre: str
    border_mm: float
    words: str | None
    limit_mm: float
    fixed: bool
    citation: str
    valid_from: date
    valid_until: date | None
