"""Tables of use requests."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class RequestStatus(StrEnum):
    """Where a use request stands."""

    DRAFT = "draft"
    IN_APPROVAL = "in_approval"
    APPROVED = "approved"
    SEALING = "sealing"
    SEALED = "sealed"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    VOIDED = "voided"
    DISCARDED = "discarded"


class UseRequest(Versioned, Base):
    """One use request (用印申请). `binding` is what approvals are bound to, null before submission."""

    __tablename__ = "use_request"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "status", "id"),
        Index(None, "applicant_id", "id"),
        Index(None, "contract_number"),
        Index(None, "amends_request_id"),
        Index(None, "part_of_request_id"),
        Index(None, "allowance_slot", unique=True),
        Index(None, "formality_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    applicant_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    department_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("department.id"))
    title: Mapped[str] = mapped_column(String(200))
    document_kind: Mapped[str] = mapped_column(String(64))
    matter: Mapped[str | None] = mapped_column(String(64))
    channel: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(1000))
    amount_minor: Mapped[int | None] = mapped_column(
        doc="In the smallest unit of the currency; null: unknown."
    )
    currency: Mapped[str] = mapped_column(String(3))
    counterparty_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("counterparty.id"))
    counterparty_name: Mapped[str] = mapped_column(String(100))
    copies: Mapped[int]
    medium: Mapped[str] = mapped_column(String(16), doc="electronic | physical")
    decision: Mapped[str | None] = mapped_column(Text, doc="JSON of the decision at submission.")
    list_version: Mapped[int | None] = mapped_column(doc="The version of the list that decided.")
    high_risk: Mapped[bool]
    route_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("approval_route.id"))
    created_at: Mapped[int]
    submitted_at: Mapped[int | None]
    approved_at: Mapped[int | None]
    sealed_at: Mapped[int | None]
    binding: Mapped[str | None] = mapped_column(String(64))
    binding_covers: Mapped[int] = mapped_column(
        doc="What the binding covers: 1 what was asked for, 2 also what the list decided, 3 also channel and "
        "department (docs/adr/0021)."
    )
    changes: Mapped[int] = mapped_column(
        doc="Rises when only documents or seals change, and with it the version."
    )
    platform: Mapped[str | None] = mapped_column(String(64), doc="Where the paper is handed in.")
    region: Mapped[str | None] = mapped_column(String(8), doc="Where it is used: GB/T 2260, or foreign.")
    contract_number: Mapped[str | None] = mapped_column(String(64))
    amends_request_id: Mapped[str | None] = mapped_column(
        String(32), doc="The request of the contract that this one amends; their amounts add up."
    )
    part_of_request_id: Mapped[str | None] = mapped_column(
        String(32), doc="The first request of a deal that is split; their amounts add up."
    )
    exception_rules: Mapped[str | None] = mapped_column(
        Text, doc="JSON list of the rules from which an exception is asked."
    )
    exception_reason: Mapped[str | None] = mapped_column(String(1000))
    duplicate_reason: Mapped[str | None] = mapped_column(
        String(500), doc="Why the same paper or contract is sealed again, in the applicant's words."
    )
    paper_description: Mapped[str | None] = mapped_column(
        String(1000), doc="What a paper is that exists only on paper before it is sealed."
    )
    paper_place: Mapped[str | None] = mapped_column(String(200), doc="Where on that paper the seal goes.")
    stub_number: Mapped[str | None] = mapped_column(String(32), doc="Number of the stub in the book.")
    formality_id: Mapped[str | None] = mapped_column(
        String(32), doc="The approved step that lets an old seal be used for a formality of a rename."
    )
    allowance_slot: Mapped[str | None] = mapped_column(
        String(120), doc="holder:kind:month:count while the request counts against a monthly allowance."
    )


class RequestDocument(Base):
    """A document version that a request asks to seal, with the digest it had then."""

    __tablename__ = "request_document"
    __table_args__ = (UniqueConstraint("request_id", "position"), Index(None, "document_version_id"))

    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"), primary_key=True)
    document_version_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("document_version.id"), primary_key=True
    )
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    sm3: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(doc="From 1.")


class RequestAttachment(Base):
    """A paper that comes with a request and is not sealed: a resolution, a review, the specimen of a form."""

    __tablename__ = "request_attachment"
    __table_args__ = (UniqueConstraint("request_id", "position"), Index(None, "document_version_id"))

    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"), primary_key=True)
    document_version_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("document_version.id"), primary_key=True
    )
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    kind: Mapped[str] = mapped_column(String(64), doc="Code of the table of paper kinds.")
    sm3: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(doc="From 1.")


class DutyKind(StrEnum):
    """What is still to be done after a use: the scan of the sealed paper, the hand-over to another platform, the copies
    that the counterparty has not sent back with its seal."""

    ARCHIVE_COPY = "archive_copy"
    HAND_OVER = "hand_over"
    COUNTERSIGNED = "countersigned"


class RequestDuty(Base):
    """A duty that the list lays on a request once it is sealed. The request is done when it has none left."""

    __tablename__ = "request_duty"
    __table_args__ = (
        UniqueConstraint("request_id", "kind"),
        Index(None, "organization_id", "fulfilled_at", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"))
    kind: Mapped[str] = mapped_column(String(16))
    compulsory: Mapped[bool] = mapped_column(
        doc="While it is overdue its applicant applies for no further such use."
    )
    opened_at: Mapped[int]
    due_at: Mapped[int | None] = mapped_column(doc="Null: no term is set.")
    overdue_at: Mapped[int | None] = mapped_column(doc="When it was noticed that the term had passed.")
    fulfilled_at: Mapped[int | None]
    fulfilled_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    note: Mapped[str | None] = mapped_column(String(500))


class ArchiveCopy(Base):
    """A scan or receipt with which a duty of a request was fulfilled."""

    __tablename__ = "archive_copy"
    __table_args__ = (Index(None, "document_version_id"),)

    duty_id: Mapped[str] = mapped_column(String(32), ForeignKey("request_duty.id"), primary_key=True)
    document_version_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("document_version.id"), primary_key=True
    )
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"), index=True)
    sm3: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[int]


class RequestSeal(Base):
    """What a request asks of one seal: how many presses, where.

    Pages in `placements` and `qr` count from 0, lengths are millimetres from the top left of the page as shown.
    """

    __tablename__ = "request_seal"
    __table_args__ = (UniqueConstraint("request_id", "seal_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"))
    position: Mapped[int] = mapped_column(doc="From 1.")
    presses_applied: Mapped[int] = mapped_column(doc="Whole impressions.")
    seam_presses: Mapped[int] = mapped_column(doc="Impressions over a riding seam (骑缝).")
    placements: Mapped[str] = mapped_column(Text, doc="JSON [{page, x_mm, y_mm}].")
    seam: Mapped[str | None] = mapped_column(Text, doc="JSON {edge, y_mm} or null.")
    qr: Mapped[str | None] = mapped_column(Text, doc="JSON {page, x_mm, y_mm, size_mm} or null.")
