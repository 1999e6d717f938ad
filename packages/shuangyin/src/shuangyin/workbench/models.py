"""Tables of the home page's area: the weekly statement for who answers for the seals."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class WeeklyStatement(Base):
    """What was sealed in one week, as it was counted when the week was over. Never changed afterwards."""

    __tablename__ = "weekly_statement"
    __table_args__ = (UniqueConstraint("organization_id", "week"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    week: Mapped[str] = mapped_column(String(10), doc="ISO date of its Monday, in Beijing.")
    from_at: Mapped[int]
    until_at: Mapped[int] = mapped_column(doc="The first instant that is not in the week.")
    lines: Mapped[str] = mapped_column(
        Text, doc="JSON list: per seal and medium uses, requests, presses, amounts."
    )
    digest: Mapped[str] = mapped_column(String(64), doc="SM3 of `lines`.")
    made_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32))
    read_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    read_at: Mapped[int | None]
