"""Tables of consent, deletion, impact assessment, and the face templates that hang on them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class DeletionReason(StrEnum):
    """Why personal data was deleted."""

    WITHDRAWN = "withdrawn"
    LEFT = "left"
    RESET = "reset"
    EXPIRED = "expired"


class Consent(Base):
    """That a person agreed to one purpose in one version of its notice, from when until when."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("open_slot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    notice_version: Mapped[str] = mapped_column(String(16))
    given_at: Mapped[int]
    ended_at: Mapped[int | None]
    open_slot: Mapped[str | None] = mapped_column(String(49), doc="Purpose and person while it holds.")


class DataDeletion(Base):
    """Proof that data of one purpose was deleted: what, when, why, and the entry that says so."""

    __tablename__ = "data_deletion"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(16))
    rows: Mapped[int] = mapped_column(doc="So many records were deleted.")
    deleted_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32))


class ImpactAssessment(Base):
    """A personal-information impact assessment (个人信息保护影响评估) for one purpose; never changed, kept three years."""

    __tablename__ = "impact_assessment"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    necessity: Mapped[str] = mapped_column(Text)
    risks: Mapped[str] = mapped_column(Text)
    measures: Mapped[str] = mapped_column(Text)
    assessed_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    assessed_at: Mapped[int]
    keep_until: Mapped[int]


class FaceTemplate(Base):
    """The face template of a person, wrapped, with the model it was made by; one a person, until its last day."""

    __tablename__ = "face_template"

    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    template: Mapped[bytes] = mapped_column(LargeBinary)
    model: Mapped[str] = mapped_column(String(64))
    enrolled_at: Mapped[int]
    delete_at: Mapped[int] = mapped_column(index=True)


class FaceCheck(Base):
    """That a face is to be shown for one act on one subject, turned to the side that was drawn for it; good once."""

    __tablename__ = "face_check"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    turn: Mapped[str] = mapped_column(String(8))
    tries: Mapped[int]
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    answer_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    used_at: Mapped[int | None]
