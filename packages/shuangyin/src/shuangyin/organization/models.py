"""Tables of the organization."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class OrganizationStatus(StrEnum):
    """Whether an organization works on this installation."""

    ACTIVE = "active"
    CLOSED = "closed"


class OrganizationCategory(StrEnum):
    """What kind of organization it is; rules about seals and posts may differ by it."""

    ENTERPRISE = "enterprise"
    GOVERNMENT = "government"
    PUBLIC_INSTITUTION = "public_institution"
    SOCIAL_ORGANIZATION = "social_organization"
    OTHER = "other"


class PostKind(StrEnum):
    """What a post is for. What it may do is data of the post, not of its kind."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    DEPARTMENT_HEAD = "department_head"
    EMPLOYEE = "employee"
    CUSTODIAN = "custodian"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    AFFILIATED_OFFICE = "affiliated_office"


class TakesElectronic(StrEnum):
    """Whether a counterparty accepts electronic seals."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Organization(Versioned, Base):
    """A unit (单位) with its unified social credit code."""

    __tablename__ = "organization"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    category: Mapped[str] = mapped_column(String(32))
    region_code: Mapped[str] = mapped_column(String(6))
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int]


class Department(Versioned, Base):
    """A department (部门); departments form a tree."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    name: Mapped[str] = mapped_column(String(100))
    parent_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("department.id"))
    created_at: Mapped[int]


class Post(Versioned, Base):
    """A post (岗位) and what it may do.

    A post without a department serves the whole organization; for a head of department it means the department of
    whoever holds it. `office` names a root office by its code in the reference data: that of the unit itself (its legal
    representative, principal …), or of its Party organization, union or League. `office_slot` is filled for root
    offices and null for every other post, so that there is at most one of each root.
    """

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("office_slot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), index=True)
    department_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("department.id"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(32))
    permissions: Mapped[str] = mapped_column(Text, doc="JSON list of permission codes, sorted.")
    is_office: Mapped[bool] = mapped_column(doc="A root office, from which all authority is granted.")
    office: Mapped[str | None] = mapped_column(String(32), doc="Code of reference/root_offices.json.")
    office_slot: Mapped[str | None] = mapped_column(String(48))
    created_at: Mapped[int]


class Counterparty(Versioned, Base):
    """An outside organization (往来单位) and whether it can take e-seals, checked when."""

    __tablename__ = "counterparty"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    name: Mapped[str] = mapped_column(String(100))
    uscc: Mapped[str | None] = mapped_column(String(18))
    uscc_exception: Mapped[str | None] = mapped_column(
        String(200), doc="Why a code whose check character fails was taken all the same."
    )
    takes_electronic: Mapped[str] = mapped_column(String(16))
    checked_at: Mapped[int | None] = mapped_column(doc="When it was last asked whether it takes e-seals.")
    recheck_on: Mapped[str | None] = mapped_column(
        String(10),
        doc="The last day (ISO) on which the statement counts; after it the capability is unknown.",
    )
    note: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[int]


class CounterpartyCapability(Base):
    """What was found out about a counterparty's e-seals, when, by whom and on what proof. Rows are never changed."""

    __tablename__ = "counterparty_capability"
    __table_args__ = (Index(None, "counterparty_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    counterparty_id: Mapped[str] = mapped_column(String(32), ForeignKey("counterparty.id"))
    takes_electronic: Mapped[str] = mapped_column(String(16))
    proof_note: Mapped[str] = mapped_column(String(500), doc="Whom was asked, what was seen.")
    proof_document_id: Mapped[str | None] = mapped_column(String(32), doc="A document that shows it.")
    recheck_on: Mapped[str | None] = mapped_column(String(10))
    checked_at: Mapped[int]
    checked_by: Mapped[str] = mapped_column(String(32))
    entry_id: Mapped[str] = mapped_column(String(32), doc="The evidence entry.")


class CalendarDay(Base):
    """A day that the organization has set otherwise than the published arrangement of holidays has it."""

    __tablename__ = "calendar_day"

    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True, doc="ISO, a day of Beijing.")
    kind: Mapped[str] = mapped_column(String(8), doc="off | worked")
    note: Mapped[str] = mapped_column(String(200))
    set_by: Mapped[str] = mapped_column(String(32))
    set_at: Mapped[int]
