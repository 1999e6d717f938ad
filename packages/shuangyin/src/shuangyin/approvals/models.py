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
    """Where a step (节点) stands. `cancelled` steps were never decided because the route ended before.

    `skipped` steps were left out by the route's own rule, because their approver is the applicant.
    """

    WAITING = "waiting"
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class ApprovalRoute(Versioned, Base):
    """The approval of one subject, bound to what was shown.

    `running_slot` is the subject while the route runs and null after, so that a subject has one running route.
    """

    __tablename__ = "approval_route"
    __table_args__ = (
        UniqueConstraint("running_slot"),
        Index(None, "organization_id", "subject_type", "subject_id"),
        Index(None, "started_by", "id"),
        Index(None, "stuck_since"),
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
    high_risk: Mapped[bool] = mapped_column(doc="Never passed for lack of an answer.")
    parts: Mapped[str | None] = mapped_column(
        Text, doc="JSON of what the binding covers, part by part, to show what a replacement changed."
    )
    facts: Mapped[str | None] = mapped_column(
        Text, doc="JSON of what it was planned by, to plan again while it runs."
    )
    definition_version_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("route_version.id"))
    replaceable_by: Mapped[str | None] = mapped_column(
        String(32),
        ForeignKey("person.id"),
        doc="Who permitted the starter to replace documents, until he does.",
    )
    stuck_since: Mapped[int | None] = mapped_column(doc="Since when nobody can decide its open step.")
    stuck_reason: Mapped[str | None] = mapped_column(String(24))


class ApprovalStep(Versioned, Base):
    """One step of a route. `barred_person_id` may not decide it: separation of duties."""

    __tablename__ = "approval_step"
    __table_args__ = (
        UniqueConstraint("route_id", "position"),
        Index(None, "status", "due_at"),
    )

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
    turn: Mapped[int] = mapped_column(doc="From 1; rises when the step is to be decided again.")
    definition: Mapped[str | None] = mapped_column(Text, doc="JSON of what it was planned from.")
    ended_as: Mapped[str | None] = mapped_column(
        String(16),
        doc="How it ended without a decision of its own: skipped, repeated, issue_form, timed_out.",
    )
    added_by: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("person.id"), doc="Who added it (加签)."
    )
    note: Mapped[str | None] = mapped_column(String(500), doc="Why it was added or sent back to.")
    returns_to: Mapped[str | None] = mapped_column(
        String(32), doc="The step that sent it back and is asked next, past those in between."
    )
    acted_at: Mapped[int | None] = mapped_column(doc="When its time-out last made something happen.")


class ApprovalAssignment(Base):
    """That a person is asked at a step, for himself or on behalf of another."""

    __tablename__ = "approval_assignment"
    __table_args__ = (
        UniqueConstraint("step_id", "person_id"),
        Index(None, "person_id", "status", "id"),
        Index(None, "status", "step_id"),
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
    source: Mapped[str] = mapped_column(
        String(16), doc="Why he is asked: route, transfer, delegate, superior, administrator."
    )


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
    second_factor: Mapped[str] = mapped_column(
        String(16), doc="What covered it: two factors, a proof, or the window."
    )
    entry_id: Mapped[str] = mapped_column(String(32), doc="The evidence entry of this decision.")
    slot: Mapped[str] = mapped_column(String(80))
    on_behalf_of: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    seen: Mapped[str | None] = mapped_column(
        Text, doc="JSON list of the SM3 digests of the files shown to him."
    )
    superseded_at: Mapped[int | None] = mapped_column(
        doc="Since when it no longer counts: the step was sent back to, or what it was made on replaced."
    )
    carried_from: Mapped[str | None] = mapped_column(
        String(32), doc="The decision of an earlier step or route it stands for."
    )


class ApprovalConsultation(Base):
    """That an approver asked somebody for his opinion (征询), which decides nothing."""

    __tablename__ = "approval_consultation"
    __table_args__ = (Index(None, "person_id", "answered_at", "id"), Index(None, "step_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    step_id: Mapped[str] = mapped_column(String(32), ForeignKey("approval_step.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    asked_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32))
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[int | None]
    answer_entry_id: Mapped[str | None] = mapped_column(String(32))


class ApprovalCopy(Base):
    """That a person was sent a copy (抄送) of a route: he may read it and is asked nothing."""

    __tablename__ = "approval_copy"
    __table_args__ = (UniqueConstraint("route_id", "person_id"), Index(None, "person_id", "id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    route_id: Mapped[str] = mapped_column(String(32), ForeignKey("approval_route.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    copied_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    copied_at: Mapped[int]
    read_at: Mapped[int | None]


class ApprovalRevision(Base):
    """That what a route is about was replaced while it ran, or between it and the route before."""

    __tablename__ = "approval_revision"
    __table_args__ = (UniqueConstraint("route_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    route_id: Mapped[str] = mapped_column(String(32), ForeignKey("approval_route.id"))
    number: Mapped[int] = mapped_column(doc="From 1.")
    from_binding: Mapped[str] = mapped_column(String(64))
    to_binding: Mapped[str] = mapped_column(String(64))
    differences: Mapped[str] = mapped_column(Text, doc="JSON list of what differs.")
    asked_again: Mapped[int] = mapped_column(doc="How many decisions no longer count.")
    made_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    made_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32))


class IssueForm(Base):
    """A 签发单: the record of an office that a paper was approved for issue, on paper or in another system.

    It counts for steps only once `checked_by` has compared it with the documents it names; what another system sends
    by an interface token that may do so is checked by that system.
    """

    __tablename__ = "issue_form"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "subject_type", "subject_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64), doc="`paper`, or the name of the system it came from.")
    document_version_id: Mapped[str | None] = mapped_column(String(32), doc="The form itself as a document.")
    form_sm3: Mapped[str | None] = mapped_column(String(64))
    covers: Mapped[str] = mapped_column(
        Text, doc="JSON list of the SM3 digests of the documents it approves."
    )
    signed_by: Mapped[str] = mapped_column(String(50))
    signed_post: Mapped[str] = mapped_column(String(100))
    signed_on: Mapped[str] = mapped_column(String(10), doc="ISO date.")
    opinion: Mapped[str] = mapped_column(Text)
    registered_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    registered_at: Mapped[int]
    checked_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    checked_at: Mapped[int | None]
    entry_id: Mapped[str] = mapped_column(String(32))


class DefinitionStatus(StrEnum):
    """Whether a named route may be used by new requests."""

    ACTIVE = "active"
    RETIRED = "retired"


class RouteDefinition(Versioned, Base):
    """A named route (流程) that scenario rules and other subjects can use; its steps are in its versions."""

    __tablename__ = "route_definition"
    __table_args__ = (UniqueConstraint("organization_id", "code"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(16))
    current_number: Mapped[int] = mapped_column(doc="The number of the version that new requests get.")
    created_at: Mapped[int]


class RouteVersion(Base):
    """The steps of a named route as they were at some time. Never changed: running requests keep theirs."""

    __tablename__ = "route_version"
    __table_args__ = (UniqueConstraint("definition_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    definition_id: Mapped[str] = mapped_column(String(32), ForeignKey("route_definition.id"))
    number: Mapped[int] = mapped_column(doc="From 1.")
    steps: Mapped[str] = mapped_column(Text, doc="JSON list of steps.")
    digest: Mapped[str] = mapped_column(String(64), doc="SM3 of `steps`.")
    made_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    made_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32))
