"""Tables of originals (原件): licences, title deeds and the like that lie in a safe beside the seals."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class OriginalState(StrEnum):
    """Where an original is: in its slot, lent, not found when it was counted, or given up for good."""

    KEPT = "kept"
    LENT = "lent"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"


class OriginalLoanStatus(StrEnum):
    """Where a loan (借阅) of originals stands.

    Overdue is no status of its own: it is a loan that is out and past its time.
    """

    ASKED = "asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    OUT = "out"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Original(Versioned, Base):
    """One original (原件) in the register, with the slot of the safe that it belongs to."""

    __tablename__ = "original"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "state"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(24), doc="One of `original_rules.KINDS`.")
    name: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str | None] = mapped_column(
        String(100), doc="The number printed on it, such as that of a title deed."
    )
    condition: Mapped[str] = mapped_column(String(500), doc="How it looked when it was last checked.")
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"), index=True)
    slot: Mapped[str] = mapped_column(String(32))
    route_code: Mapped[str | None] = mapped_column(
        String(64), doc="The named route by which its loans are approved; null: the borrower's superior."
    )
    state: Mapped[str] = mapped_column(String(16))
    registered_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    registered_at: Mapped[int]


class OriginalLoan(Versioned, Base):
    """One loan (借阅) of originals out of one safe, asked for by the borrower and approved before they go out."""

    __tablename__ = "original_loan"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "status", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"))
    borrower_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(500))
    place: Mapped[str] = mapped_column(String(200), doc="Where they are taken to.")
    from_at: Mapped[int]
    due_at: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    route_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("approval_route.id"))
    binding: Mapped[str] = mapped_column(String(64), doc="SM3 of what was asked for and is approved.")
    requested_at: Mapped[int]
    decided_at: Mapped[int | None]
    out_at: Mapped[int | None]
    back_at: Mapped[int | None]
    overdue_at: Mapped[int | None] = mapped_column(doc="When it was noticed that the time is over.")
    escalated_at: Mapped[int | None] = mapped_column(doc="When those who manage the seals were told.")


class OriginalLoanItem(Base):
    """An original of a loan, and in which condition it came back."""

    __tablename__ = "original_loan_item"

    loan_id: Mapped[str] = mapped_column(String(32), ForeignKey("original_loan.id"), primary_key=True)
    original_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("original.id"), primary_key=True, index=True
    )
    organization_id: Mapped[str] = mapped_column(String(32))
    intact: Mapped[bool | None] = mapped_column(doc="Null until it was looked at on its return.")
    note: Mapped[str | None] = mapped_column(String(500), doc="What is wrong with it.")
    checked_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    checked_at: Mapped[int | None]
