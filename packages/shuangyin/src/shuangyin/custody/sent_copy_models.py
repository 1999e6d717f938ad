"""Tables of copies that went out to a counterparty and come back with its seal."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class SentCopies(Versioned, Base):
    """Copies of one request that were sent together: to whom, how, and whether they are to come back."""

    __tablename__ = "sent_copies"
    __table_args__ = (UniqueConstraint("organization_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"), index=True)
    copies: Mapped[int]
    recipient: Mapped[str] = mapped_column(String(200))
    way: Mapped[str] = mapped_column(String(16), doc="`courier` or `by_hand`.")
    courier: Mapped[str | None] = mapped_column(String(60))
    tracking: Mapped[str | None] = mapped_column(String(60))
    sent_at: Mapped[int]
    due_at: Mapped[int | None] = mapped_column(
        doc="When they are back with the other seal; null: they stay there."
    )
    registered_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    registered_at: Mapped[int]
    void_at: Mapped[int | None] = mapped_column(doc="When it was struck out as entered by mistake.")


class ReturnedCopies(Base):
    """Copies that came back with the counterparty's seal, and the scan that shows it."""

    __tablename__ = "returned_copies"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    sent_id: Mapped[str] = mapped_column(String(32), ForeignKey("sent_copies.id"), index=True)
    copies: Mapped[int]
    document_version_id: Mapped[str] = mapped_column(String(32), ForeignKey("document_version.id"))
    sm3: Mapped[str] = mapped_column(String(64))
    registered_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    registered_at: Mapped[int]
