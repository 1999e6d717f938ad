"""Tables of the scenario list."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class ListStatus(StrEnum):
    """Where a version of the list stands. Only a draft can be edited."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


class ScenarioList(Versioned, Base):
    """One version of an organization's scenario list (用印场景清单).

    `in_force_slot` is the organization while the version is in force and null otherwise: there is one at a time.
    """

    __tablename__ = "scenario_list"
    __table_args__ = (
        UniqueConstraint("organization_id", "version_number"),
        UniqueConstraint("in_force_slot"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    version_number: Mapped[int]
    title: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(16))
    regulation_text: Mapped[str] = mapped_column(
        Text, doc="The text of the regulation that the list carries out."
    )
    review_on: Mapped[str | None] = mapped_column(
        String(10), doc="The day (ISO) on which it is to be reviewed."
    )
    created_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    created_at: Mapped[int]
    approved_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    valid_from: Mapped[int | None]
    valid_until: Mapped[int | None]
    rates: Mapped[str] = mapped_column(
        Text, default="[]", doc="JSON [{currency, fen_per_unit, as_of}]: what other currencies are worth."
    )
    rules_digest: Mapped[str | None] = mapped_column(String(64), doc="SM3 of the rules as put into force.")
    in_force_slot: Mapped[str | None] = mapped_column(String(32))


class ScenarioRule(Base):
    """One rule of a list: under which conditions, which answer, how strong, on which ground."""

    __tablename__ = "scenario_rule"
    __table_args__ = (UniqueConstraint("list_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    list_id: Mapped[str] = mapped_column(String(32), ForeignKey("scenario_list.id"))
    position: Mapped[int] = mapped_column(doc="From 1.")
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(200))
    conditions: Mapped[str] = mapped_column(Text, doc="JSON; see scenarios.rules.Conditions.")
    answer: Mapped[str] = mapped_column(Text, doc="JSON; see scenarios.rules.Answer.")
    strength: Mapped[str] = mapped_column(String(16))
    basis: Mapped[str] = mapped_column(String(32))
    citation: Mapped[str | None] = mapped_column(String(64), doc="Id of a citation in the reference tables.")
    reason_zh: Mapped[str] = mapped_column(String(500))
    reason_en: Mapped[str] = mapped_column(String(1000))
