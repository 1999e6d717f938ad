"""Tables of authority."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class Act(StrEnum):
    """What a grant lets its holder do. `auto_seal` lets the platform seal without a person at the keyboard."""

    AUTO_SEAL = "auto_seal"
    PRESS = "press"
    APPROVE = "approve"
    APPLY = "apply"


class GrantStatus(StrEnum):
    """Whether a grant can be acted on. Ended is final."""

    ACTIVE = "active"
    ENDED = "ended"


class ReservationStatus(StrEnum):
    """What became of a reserved count: reserved at submission, used at sealing, released on refusal."""

    RESERVED = "reserved"
    USED = "used"
    RELEASED = "released"


class Grant(Versioned, Base):
    """A grant (授权) of the organization, given by an office. It never exceeds its parent.

    Null limits mean "as far as the parent reaches". Counts of a grant include those of its descendants, so that
    all children together stay within it. `status` is a word about ending only; time is judged by the dates.
    """

    __tablename__ = "authority_grant"
    __table_args__ = (Index(None, "organization_id", "act", "seal_id", "status"), Index(None, "parent_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    parent_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("authority_grant.id"))
    act: Mapped[str] = mapped_column(String(16))
    seal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal.id"))
    holder_person_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    holder_post_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("post.id"))
    amount_limit_minor: Mapped[int | None] = mapped_column(doc="Largest amount of one use, in fen (CNY).")
    count_limit: Mapped[int | None] = mapped_column(doc="How many uses, descendants' uses included.")
    count_reserved: Mapped[int]
    count_used: Mapped[int]
    valid_from: Mapped[int]
    valid_until: Mapped[int] = mapped_column(doc="The first instant at which it no longer holds.")
    granted_by_person: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    granted_by_post: Mapped[str | None] = mapped_column(String(32), ForeignKey("post.id"))
    granted_at: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    ended_at: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(500))
    end_reason: Mapped[str | None] = mapped_column(String(500))


class GrantReservation(Base):
    """One count of a grant that a subject (a use request, for one seal) holds or has used.

    `slot` is subject and seal while the count is reserved or used, so that one use never takes two counts.
    """

    __tablename__ = "grant_reservation"
    __table_args__ = (UniqueConstraint("slot"), Index(None, "subject_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    grant_id: Mapped[str] = mapped_column(String(32), ForeignKey("authority_grant.id"))
    subject_id: Mapped[str] = mapped_column(String(32))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"))
    status: Mapped[str] = mapped_column(String(16))
    reserved_at: Mapped[int]
    slot: Mapped[str | None] = mapped_column(String(65))
