"""API shapes of originals and their loans."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.approvals.schemas import ApprovalRouteOut
from shuangyin.core.free_text import Line, Paragraph
from shuangyin.custody.loan_schemas import LATEST_MS, PartyOut
from shuangyin.custody.schemas import PhotoOut
from shuangyin.people.schemas import Id, PersonRef

Kind = Literal[
    "business_licence",
    "title_deed",
    "qualification",
    "intellectual_property",
    "account_permit",
    "contract",
    "other",
]
OriginalStateOut = Literal["kept", "lent", "missing", "withdrawn"]
LoanState = Literal["asked", "approved", "rejected", "sent_back", "out", "overdue", "returned", "cancelled"]


class OriginalPlace(BaseModel):
    """Where an original lies."""

    model_config = ConfigDict(extra="forbid")

    safe_id: Id
    slot: Line = Field(min_length=1, max_length=32)


class NewOriginal(BaseModel):
    """Enters an original that lies in a safe."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    name: Line = Field(min_length=1, max_length=200)
    reference: Line | None = Field(
        None, min_length=1, max_length=100, description="The number printed on it."
    )
    condition: Paragraph = Field(min_length=1, max_length=500, description="How it looks now.")
    safe_id: Id
    slot: Line = Field(min_length=1, max_length=32)
    route_code: Line | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="Code of the named route by which its loans are approved; the borrower's superior otherwise.",
    )


class LoanRouteOut(BaseModel):
    """A named approval route that may be chosen for the loans of an original."""

    code: str
    name: str


class Reason(BaseModel):
    """Why an original is given up, or what is known of one that was found again."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(min_length=1, max_length=500)


class OriginalOut(BaseModel):
    """An original as the register shows it."""

    id: str
    number: str
    kind: Kind
    name: str
    reference: str | None
    condition: str
    safe_id: str
    safe_name: str
    slot: str
    route_code: str | None
    state: OriginalStateOut
    lent_to: PersonRef | None
    loan_id: str | None
    due_at: int | None
    registered_at: int
    version: int


class NewOriginalLoan(BaseModel):
    """Asks for originals; the caller borrows them."""

    model_config = ConfigDict(extra="forbid")

    original_ids: list[Id] = Field(min_length=1, max_length=20)
    purpose: Paragraph = Field(min_length=1, max_length=500)
    place: Line = Field(min_length=1, max_length=200)
    from_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds.")
    due_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds; the originals are back by then.")


class ReturnedOriginal(BaseModel):
    """In which condition an original came back."""

    model_config = ConfigDict(extra="forbid")

    original_id: Id
    intact: bool
    note: Paragraph | None = Field(None, max_length=500)


class ReturnedOriginals(BaseModel):
    """What the custodian found of several."""

    model_config = ConfigDict(extra="forbid")

    items: list[ReturnedOriginal] = Field(min_length=1, max_length=20)


class OriginalLoanItemOut(BaseModel):
    """An original of a loan."""

    original_id: str
    number: str
    kind: Kind
    name: str
    slot: str
    intact: bool | None
    note: str | None


class OriginalLoanOut(BaseModel):
    """A loan of originals with its persons and what was found on return."""

    id: str
    number: str
    state: LoanState
    borrower: PersonRef
    custodian: PersonRef
    approvers: list[PersonRef]
    safe_name: str
    purpose: str
    place: str
    from_at: int
    due_at: int
    requested_at: int
    decided_at: int | None
    out_at: int | None
    back_at: int | None
    overdue_at: int | None
    escalated_at: int | None
    items: list[OriginalLoanItemOut]
    out: list[PartyOut] = Field(description="Who confirmed that the originals go out.")
    back: list[PartyOut] = Field(description="Who confirmed that they are back.")
    route: ApprovalRouteOut | None = Field(description="Left out of lists.")
    photos: list[PhotoOut] = Field(description="Of the originals back in their slot; left out of lists.")
    i_keep: bool = Field(description="Whether the caller keeps the safe they belong to.")
    version: int
