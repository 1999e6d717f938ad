"""Shapes of the organization area in the API."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.core.free_text import Line, Paragraph
from shuangyin.organization.models import OrganizationCategory, PostKind, TakesElectronic

Name = Annotated[Line, Field(max_length=100)]
Reference = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Uscc = Annotated[str, StringConstraints(min_length=18, max_length=18)]
PermissionCode = Annotated[str, StringConstraints(max_length=64)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OrganizationOut(BaseModel):
    """The caller's organization."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    uscc: str
    category: OrganizationCategory
    region_code: str
    status: str
    created_at: int
    version: int


class OrganizationChange(_Input):
    """What is to change of the organization; what is absent stays. The USCC of an organization never changes."""

    name: Name | None = None
    category: OrganizationCategory | None = None
    region_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")] | None = None


class DepartmentOut(BaseModel):
    """A department."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    parent_id: str | None
    created_at: int
    version: int


class NewDepartment(_Input):
    """A department to add."""

    name: Name
    parent_id: Reference | None = None


class DepartmentChange(_Input):
    """What is to change of a department; what is absent stays."""

    name: Name | None = None
    parent_id: Reference | None = None


class PostOut(BaseModel):
    """A post and what it may do."""

    id: str
    name: str
    kind: PostKind
    department_id: str | None
    permissions: list[str]
    is_office: bool
    office: str | None = Field(description="Which root office it is; null for every other post.")
    created_at: int
    version: int


class NewPost(_Input):
    """A post to add."""

    name: Name
    kind: PostKind
    department_id: Reference | None = None
    permissions: Annotated[list[PermissionCode], Field(max_length=200)] | None = Field(
        None, description="What it may do; what posts of its kind begin with when absent."
    )
    is_office: bool = Field(
        default=False,
        description="A root office; an organization has one for itself, and one of each other root.",
    )
    office: Annotated[str, StringConstraints(max_length=32)] | None = Field(
        None,
        description="Which root office it is (GET /reference/root-offices); the usual one of its kind when absent.",
    )


class PostChange(_Input):
    """What is to change of a post; what is absent stays."""

    name: Name | None = None
    permissions: Annotated[list[PermissionCode], Field(max_length=200)] | None = None


class PermissionOut(BaseModel):
    """A permission that a post can carry."""

    code: str
    zh: str
    en: str


class CounterpartyOut(BaseModel):
    """An outside organization."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    uscc: str | None
    uscc_exception: str | None
    takes_electronic: TakesElectronic = Field(description="As it was stated.")
    capability: TakesElectronic = Field(
        description="As decisions see it today: unknown once the day of the recheck has passed."
    )
    checked_at: int | None
    recheck_on: date | None
    note: str
    created_at: int
    version: int


class NewCounterparty(_Input):
    """An outside organization to register."""

    name: Name
    uscc: Uscc | None = None
    uscc_exception: Annotated[Line, Field(max_length=200)] | None = Field(
        None, description="Why a code is taken although its check character fails."
    )
    takes_electronic: TakesElectronic = TakesElectronic.UNKNOWN
    note: Annotated[Paragraph, Field(max_length=500)] = ""


class CounterpartyChange(_Input):
    """What is to change of a counterparty; what is absent stays."""

    name: Name | None = None
    uscc: Uscc | None = None
    uscc_exception: Annotated[Line, Field(max_length=200)] | None = None
    takes_electronic: TakesElectronic | None = None
    note: Annotated[Paragraph, Field(max_length=500)] | None = None


class CapabilityStatement(_Input):
    """What was found out about a counterparty's e-seals. A yes or a no needs a proof: a note or a document."""

    takes_electronic: TakesElectronic
    proof_note: Annotated[Paragraph, Field(max_length=500)] = ""
    proof_document_id: Reference | None = None
    recheck_on: date | None = Field(None, description="The last day on which it counts.")


class CapabilityOut(BaseModel):
    """One statement in a counterparty's history."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    takes_electronic: TakesElectronic
    proof_note: str
    proof_document_id: str | None
    recheck_on: date | None
    checked_at: int
    checked_by: str
    entry_id: str
