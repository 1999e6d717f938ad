"""Tables of stocktakes (盘点) of what lies in a safe: seals and originals."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class StocktakeStatus(StrEnum):
    """Where a stocktake stands: being counted and confirmed, done by both, or called off."""

    PENDING = "pending"
    DONE = "done"
    CANCELLED = "cancelled"


class Stocktake(Versioned, Base):
    """One stocktake (盘点) of a safe: what the register expects there against what two persons find."""

    __tablename__ = "stocktake"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("safe_slot"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"))
    safe_slot: Mapped[str | None] = mapped_column(
        String(32), doc="The safe's id while pending: one at a time."
    )
    counter_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    witness_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    status: Mapped[str] = mapped_column(String(16))
    begun_at: Mapped[int]
    ends_at: Mapped[int] = mapped_column(doc="Until then the safe is kept shut for it.")
    done_at: Mapped[int | None]


class StocktakeLine(Base):
    """One seal of a stocktake: expected and found, and the account of its presses up to then.

    The totals run from the first use; what belongs to this stocktake is their difference to the last one's, so that no
    press falls between two stocktakes.
    """

    __tablename__ = "stocktake_line"
    __table_args__ = (UniqueConstraint("stocktake_id", "position"), Index(None, "seal_id", "id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    stocktake_id: Mapped[str] = mapped_column(String(32), ForeignKey("stocktake.id"))
    position: Mapped[int] = mapped_column(doc="From 1.")
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"))
    slot: Mapped[str] = mapped_column(String(32))
    whereabouts: Mapped[str | None] = mapped_column(String(16), doc="By the register, when it was counted.")
    expected: Mapped[bool] = mapped_column(doc="Whether the register has it in its slot.")
    found: Mapped[bool | None] = mapped_column(doc="Null until it was looked at.")
    discrepancy: Mapped[str | None] = mapped_column(String(500))
    permitted: Mapped[int | None] = mapped_column(doc="Good presses approved so far; null until it is done.")
    spare: Mapped[int | None] = mapped_column(doc="Spare presses for spoiled ones so far.")
    pressed: Mapped[int | None] = mapped_column(doc="Presses made so far, by the device where there is one.")
    good: Mapped[int | None] = mapped_column(doc="Good presses registered so far.")
    spoiled: Mapped[int | None] = mapped_column(doc="Spoiled presses registered so far.")
    balanced: Mapped[bool | None]


class StocktakeOriginal(Base):
    """One original of a stocktake: whether the register has it in its slot, and whether it was found there."""

    __tablename__ = "stocktake_original"
    __table_args__ = (UniqueConstraint("stocktake_id", "original_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    stocktake_id: Mapped[str] = mapped_column(String(32), ForeignKey("stocktake.id"))
    original_id: Mapped[str] = mapped_column(String(32), ForeignKey("original.id"))
    slot: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), doc="By the register, when it was counted.")
    expected: Mapped[bool]
    found: Mapped[bool | None] = mapped_column(doc="Null until it was looked at.")
    discrepancy: Mapped[str | None] = mapped_column(String(500))
