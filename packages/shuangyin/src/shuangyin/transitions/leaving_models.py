"""Tables of what became of a person's things when he left or changed post."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class TransitionKind(StrEnum):
    """Why a person's things were ended or handed over."""

    LEFT = "left"
    CHANGED_POST = "changed_post"


class PersonTransition(Base):
    """That a person left (离职) or changed post (调岗), by whom, and the digest of everything it did."""

    __tablename__ = "person_transition"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "id"),
        Index(None, "person_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    successor_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    done_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    done_at: Mapped[int] = mapped_column(doc="The one instant of everything it did.")
    reason: Mapped[str] = mapped_column(String(500))
    digest: Mapped[str] = mapped_column(String(64), doc="SM3 over its items; the entry holds it too.")
    entry_id: Mapped[str] = mapped_column(String(32))


class PersonTransitionItem(Base):
    """One thing the person had in hand, as it was called then, and what became of it."""

    __tablename__ = "person_transition_item"

    transition_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("person_transition.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, doc="From 1.")
    organization_id: Mapped[str] = mapped_column(String(32))
    part: Mapped[str] = mapped_column(String(24))
    kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(300))
    outcome: Mapped[str] = mapped_column(String(16))
    to_person_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    why: Mapped[str | None] = mapped_column(String(24))
