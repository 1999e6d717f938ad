"""The table of imprints that were compared with the filed specimen of their seal."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class ImprintComparison(Versioned, Base):
    """One scan of an imprint, what the comparison said of it, and what the reviewer decided."""

    __tablename__ = "imprint_comparison"
    __table_args__ = (Index(None, "organization_id", "seal_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"))
    use_id: Mapped[str | None] = mapped_column(
        String(32),
        ForeignKey("physical_use.id"),
        index=True,
        doc="The line of the register it is of, if it is known.",
    )
    scan_object_id: Mapped[str] = mapped_column(String(32), ForeignKey("stored_object.id"))
    scan_sm3: Mapped[str] = mapped_column(String(64))
    specimen_sm3: Mapped[str] = mapped_column(String(64), doc="The specimen it was compared with.")
    overlay_object_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("stored_object.id"))
    verdict: Mapped[str] = mapped_column(String(16), doc="`differ` or `unclear`: an aid, never a decision.")
    reasons: Mapped[str] = mapped_column(Text, doc="JSON list of codes.")
    compared_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    compared_at: Mapped[int]
    decision: Mapped[str | None] = mapped_column(String(16), doc="What the reviewer decided by his own eyes.")
    decision_note: Mapped[str | None] = mapped_column(String(500))
    decided_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    decided_at: Mapped[int | None]
