"""Tables of who may open a safe beside its custodian, and of changes of its lock code."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class LockReason(StrEnum):
    """Why a lock code was changed: its interval was over, a keeper changed or left, it may be known, or otherwise."""

    INTERVAL = "interval"
    KEEPER_CHANGED = "keeper_changed"
    SUSPECTED = "suspected"
    OTHER = "other"


class SafeDeputy(Base):
    """A deputy (副保管人) of a safe's custodian, from when until when; without an end until it is ended."""

    __tablename__ = "safe_deputy"
    __table_args__ = (Index(None, "safe_id", "person_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    from_at: Mapped[int]
    until_at: Mapped[int | None]
    named_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    named_at: Mapped[int]
    ended_at: Mapped[int | None]


class LockCodeChange(Base):
    """That the lock code of a safe was changed, by whom, before whom and why; never the code."""

    __tablename__ = "lock_code_change"
    __table_args__ = (Index(None, "safe_id", "changed_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"))
    reason: Mapped[str] = mapped_column(String(16))
    changed_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    witness_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    changed_at: Mapped[int]
