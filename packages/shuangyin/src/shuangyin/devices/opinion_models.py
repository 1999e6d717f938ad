"""Tables of residents' opinions that are given on the spot (居民意见征询)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class Opinion(StrEnum):
    """What a household says."""

    AGREE = "agree"
    DISAGREE = "disagree"
    ABSTAIN = "abstain"


class OpinionSurvey(Versioned, Base):
    """Asking the households of one list, each once, within a time; its forms take the seal of one approved request."""

    __tablename__ = "opinion_survey"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("request_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"))
    question: Mapped[str] = mapped_column(String(500))
    opens_at: Mapped[int]
    closes_at: Mapped[int]
    begun_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    begun_at: Mapped[int]
    closed_at: Mapped[int | None]
    closed_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))


class SurveyHousehold(Base):
    """One household of the list, and the one opinion that it gave.

    Who signed is wrapped: he is nobody of the organization. `event_id` is the press by which the form was sealed.
    """

    __tablename__ = "survey_household"
    __table_args__ = (
        UniqueConstraint("survey_id", "label"),
        UniqueConstraint("position", "survey_id"),
        UniqueConstraint("event_id"),
        Index(None, "survey_id", "opinion"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    survey_id: Mapped[str] = mapped_column(String(32), ForeignKey("opinion_survey.id"))
    position: Mapped[int] = mapped_column(doc="From 1, as in the list.")
    label: Mapped[str] = mapped_column(String(100), doc="Building, entrance and room.")
    area_cm2: Mapped[int | None] = mapped_column(
        doc="Floor area in square centimetres, where the list has it."
    )
    opinion: Mapped[str | None] = mapped_column(String(16))
    signer: Mapped[bytes | None] = mapped_column(LargeBinary)
    remark: Mapped[str | None] = mapped_column(Text)
    loan_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("loan.id"))
    event_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("device_event.id"))
    recorded_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    recorded_at: Mapped[int | None]
