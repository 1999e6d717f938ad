"""Tables of paper permits for emergencies (备用签章方案)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class PaperPermitStatus(StrEnum):
    """Where a paper permit stands: issued, its use entered, or handed back unused.

    Open past its term is no status of its own: it is one that is issued and was noticed.
    """

    ISSUED = "issued"
    ENTERED = "entered"
    UNUSED = "unused"


class PaperPermitKey(Base):
    """The SM2 key by which an organization's paper permits are signed; wrapped at rest."""

    __tablename__ = "paper_permit_key"

    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(130))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]


class PaperPermit(Versioned, Base):
    """One numbered paper permit, issued beforehand, used while device or network fails, and entered afterwards."""

    __tablename__ = "paper_permit"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "status", "settle_by"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"))
    presses: Mapped[int] = mapped_column(doc="The most presses, spoiled ones included, on one request.")
    valid_from: Mapped[int]
    valid_until: Mapped[int]
    settle_by: Mapped[int] = mapped_column(doc="Entered or handed back unused by then; else an alarm.")
    code: Mapped[str] = mapped_column(String(600), doc="What its two-dimensional code holds, signed.")
    status: Mapped[str] = mapped_column(String(16))
    issued_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    issued_at: Mapped[int]
    presser_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    reviewer_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    ended_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    ended_at: Mapped[int | None] = mapped_column(doc="When its use was entered, or it was handed back.")
    overdue_at: Mapped[int | None] = mapped_column(doc="When it was noticed that it is open past its term.")
