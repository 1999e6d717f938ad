"""Tables of audits."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class AuditStatus(StrEnum):
    """Where an audit stands."""

    OPEN = "open"
    CLOSED = "closed"


class Audit(Versioned, Base):
    """One monthly audit (月度审计) of the accounts of physical impressions."""

    __tablename__ = "audit"
    __table_args__ = (UniqueConstraint("organization_id", "month"), UniqueConstraint("open_slot"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    month: Mapped[str] = mapped_column(String(7), doc="Such as 2026-11, by the calendar of Beijing.")
    status: Mapped[str] = mapped_column(String(16))
    open_slot: Mapped[str | None] = mapped_column(
        String(32), doc="The organization's id while it is open: one at a time."
    )
    opened_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    opened_at: Mapped[int]
    closed_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    closed_at: Mapped[int | None]


class AuditFinding(Versioned, Base):
    """One finding (问题): a difference of the accounts, who answers for it, its rectification, and how it was settled.

    It is never removed. `audit_id` is the audit that took it in; it stands in every later one too that was opened
    before it was settled.
    """

    __tablename__ = "audit_finding"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("slot"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    audit_id: Mapped[str] = mapped_column(String(32), ForeignKey("audit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40), doc="One of `rules.Kind`.")
    about: Mapped[str] = mapped_column(String(100), doc="What tells it apart from others of its kind.")
    slot: Mapped[str | None] = mapped_column(
        String(160), doc="Kind and `about` while it is not settled: one finding for one difference."
    )
    seal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal.id"))
    device_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("device.id"))
    request_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("use_request.id"))
    permit_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("device_permit.id"))
    paper_permit_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("paper_permit.id"))
    stocktake_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("stocktake.id"))
    alarm_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("alarm.id"), index=True)
    figures: Mapped[str] = mapped_column(Text, doc="JSON of `rules.Figures` when it was taken in.")
    noticed_at: Mapped[int] = mapped_column(doc="When the difference was noticed.")
    found_at: Mapped[int] = mapped_column(doc="When it was taken in.")
    responsible_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    cause: Mapped[str | None] = mapped_column(String(1000))
    rectification: Mapped[str | None] = mapped_column(String(1000), doc="Null when nothing has to be done.")
    due_on: Mapped[str | None] = mapped_column(String(10), doc="Day in Beijing, as 2026-12-01.")
    answered_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    answered_at: Mapped[int | None]
    rectified_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    rectified_at: Mapped[int | None]
    rectified_note: Mapped[str | None] = mapped_column(String(1000))
    outcome: Mapped[str | None] = mapped_column(String(16), doc="One of `rules.Outcome`.")
    reason: Mapped[str | None] = mapped_column(String(1000))
    settled_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    settled_at: Mapped[int | None]
    settled_figures: Mapped[str | None] = mapped_column(Text, doc="The figures when it was settled.")
