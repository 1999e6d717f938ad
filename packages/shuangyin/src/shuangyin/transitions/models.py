"""What happened to an organization as a whole, and everything that followed at that instant."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class Transition(Base):
    """One command that crossed areas; never changed. `items` is its proof: each thing with what became of it."""

    __tablename__ = "transition"
    __table_args__ = (Index(None, "organization_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    kind: Mapped[str] = mapped_column(String(32), doc="renamed | representative_changed")
    before: Mapped[str] = mapped_column(String(100), doc="The name, or the person's id, before.")
    after: Mapped[str] = mapped_column(String(100), doc="The name, or the person's id, after.")
    notice_no: Mapped[str] = mapped_column(String(64), doc="Number of the registry's notice of the change.")
    items: Mapped[str] = mapped_column(Text, doc="JSON list of what followed.")
    done_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    done_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32))
