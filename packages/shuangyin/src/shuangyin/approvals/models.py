"""Tables of approvals."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class RouteStatus(StrEnum):
    """Where a route (审批流程) stands. All but `running` are final; a resubmission starts a new route."""

    RUNNING = "running"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"


class StepStatus(StrEnum):
    """Where a step (节点) stands. `cancelled` steps were never decided because the route ended before."""

    WAITING = "waiting"
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    CANCELLED = "cancelled"


class ApprovalRoute(Versioned, Base):
    """The approval of one subject, bound to what was shown.

    `running_slot` is the subject while the route runs and null after, so that a subject has one running route.
    """

    __tablename__ = "approval_route"
    __table_args__ = (
        UniqueConstraint("running_slot"),
        Index(None, "organization_id", "subject_type", "subject_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16))
    binding: Mapped[str] = mapped_column(String(64), doc="SM3 of what is approved.")
    started_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    started_at: Mapped[int]
    ended_at: Mapped[int | None]
    urged_at: Mapped[int | None] = mapped_column(doc="When the starter last urged (催办).")
    running_slot: Mapped[str | None] = mapped_column(String(65))


class ApprovalStep(Versioned, Base):
    """One step of a route. `barred_person_id` may not decide it: separation of duties."""

    __tablename__ = "approval_step"
    __table_args__ = (UniqueConstraint("route_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    route_id: Mapped[str] = mapped_column(String(32), ForeignKey("approval_route.id"))
    position: Mapped[int] = mapped_column(doc="From 1.")
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    mode: Mapped[str] = mapped_column(String(16))
    second_factor: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[int | None]
    due_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    barred_person_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    changes: Mapped[int] = mapped_column(
        doc="Rises when only the step's assignments change, and with it the version."
    )


class ApprovalAssignment(Base):
    """That a person is asked at a step, for himself or on behalf of another."""

    __tablename__ = "approval_assignment"
    __table_args__ = (
        UniqueConstraint("step_id", "person_id"),
        Index(None, "person_id", "status", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    step_id: Mapped[str] = mapped_column(String(32), ForeignKey("approval_step.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    position: Mapped[int] = mapped_column(doc="The order in which persons of an `in_turn` step are asked.")
    on_behalf_of: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    transferred_from: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    note: Mapped[str | None] = mapped_column(String(500), doc="Why it was transferred.")
    entry_id: Mapped[str | None] = mapped_column(String(32), doc="The evidence entry of the transfer.")
    status: Mapped[str] = mapped_column(String(16))


class ApprovalDecision(Base):
    """What one person said at a step, and to what.

    `slot` is the step for 或签 and step with person otherwise: the database itself refuses a second decision.
    """

    __tablename__ = "approval_decision"
    __table_args__ = (UniqueConstraint("slot"), Index(None, "person_id", "id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    step_id: Mapped[str] = mapped_column(String(32), ForeignKey("approval_step.id"), index=True)
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    decision: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[int]
    binding: Mapped[str] = mapped_column(String(64))
    second_factor: Mapped[str] = mapped_column(String(16), doc="What covered it: a proof, or the window.")
    entry_id: Mapped[str] = mapped_column(String(32), doc="The evidence entry of this decision.")
    slot: Mapped[str] = mapped_column(String(65))
