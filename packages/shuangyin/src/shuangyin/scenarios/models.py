"""Tables of the scenario list."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class ListStatus(StrEnum):
    """Where a version of the list stands.

    Only a draft can be edited. What is sent back, rejected, withdrawn or recalled is a draft again. `approved`
    waits for the instant from which it is in force.
    """

    DRAFT = "draft"
    IN_APPROVAL = "in_approval"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


class ScenarioList(Versioned, Base):
    """One version of an organization's scenario list (用印场景清单).

    The dates rule: from `valid_from` on and before `valid_until` the version is in force, whatever `status` still
    says; `scenarios.terms` keeps the spans of an organization from overlapping. `in_force_slot` is the organization
    while the row says that it is in force and null otherwise.
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
    origin: Mapped[str] = mapped_column(
        String(64), doc="What the draft began as: `starter:CODE`, `list:ID` or `file`."
    )
    rates: Mapped[str] = mapped_column(
        Text, default="[]", doc="JSON [{currency, fen_per_unit, as_of}]: what other currencies are worth."
    )
    effective_from: Mapped[int | None] = mapped_column(
        doc="The instant from which it shall be in force; null: at approval."
    )
    submitted_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    submitted_at: Mapped[int | None]
    route_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("approval_route.id"), doc="The latest approval."
    )
    approved_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    approved_at: Mapped[int | None]
    valid_from: Mapped[int | None]
    valid_until: Mapped[int | None]
    rules_digest: Mapped[str | None] = mapped_column(
        String(64), doc="SM3 of the rules, kept with every change."
    )
    in_force_slot: Mapped[str | None] = mapped_column(String(32))
    reminded_at: Mapped[int | None] = mapped_column(doc="When staff were last reminded to read it.")


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


class ScenarioAcknowledgement(Base):
    """That a member of staff confirms having read a version of the list, and which rules it had."""

    __tablename__ = "scenario_acknowledgement"
    __table_args__ = (UniqueConstraint("list_id", "person_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    list_id: Mapped[str] = mapped_column(String(32), ForeignKey("scenario_list.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    acknowledged_at: Mapped[int]
    binding: Mapped[str] = mapped_column(String(64), doc="SM3 of header and rules that were read.")
    entry_id: Mapped[str] = mapped_column(String(32), doc="The evidence entry.")


class SimulationStatus(StrEnum):
    """Where a simulation stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class ScenarioSimulation(Base):
    """What a version of the list would have answered to past uses or to an uploaded table.

    `done` counts the uses that are compared and `cursor` is the last of them: a worker that takes the job over goes
    on from there, because both are written with the changes they belong to.
    """

    __tablename__ = "scenario_simulation"
    __table_args__ = (Index(None, "list_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    list_id: Mapped[str] = mapped_column(String(32), ForeignKey("scenario_list.id"))
    before_list_id: Mapped[str] = mapped_column(String(32), ForeignKey("scenario_list.id"))
    rules_digest: Mapped[str] = mapped_column(String(64), doc="SM3 of the rules that were asked.")
    source: Mapped[str] = mapped_column(String(16), doc="requests | table")
    since: Mapped[int | None] = mapped_column(doc="Of past uses: those submitted from then on.")
    object_id: Mapped[str | None] = mapped_column(String(32), doc="The uploaded table.")
    format: Mapped[str | None] = mapped_column(String(8), doc="xlsx | csv")
    status: Mapped[str] = mapped_column(String(16))
    total: Mapped[int | None] = mapped_column(doc="Uses to compare; null while it is not known.")
    done: Mapped[int]
    changed: Mapped[int]
    refused: Mapped[int] = mapped_column(doc="Rows of the table that could not be read.")
    cursor: Mapped[str | None] = mapped_column(String(32))
    asked_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    asked_at: Mapped[int]
    finished_at: Mapped[int | None]


class ScenarioSimulationLine(Base):
    """One use whose decision would change, or one row that could not be read."""

    __tablename__ = "scenario_simulation_line"
    __table_args__ = (Index(None, "simulation_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    simulation_id: Mapped[str] = mapped_column(String(32), ForeignKey("scenario_simulation.id"))
    reference: Mapped[str] = mapped_column(String(100), doc="Number of the request, or row of the table.")
    request_id: Mapped[str | None] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(Text, doc="JSON; see simulating.LineContent.")
