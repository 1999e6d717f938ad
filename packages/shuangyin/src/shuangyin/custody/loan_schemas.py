"""API shapes of loans and of what several parties confirm."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Line, Paragraph
from shuangyin.custody.checklist_schemas import PressCheckOut
from shuangyin.custody.schemas import OpeningSealOut, PhotoOut, PhysicalUseOut
from shuangyin.people.schemas import Id, PersonRef
from shuangyin.scenarios.schemas import ControlsBody

LATEST_MS = 4_102_444_800_000
"""The year 2100: later times are slips of the pen."""


class NewLoan(BaseModel):
    """Agrees on a loan for an approved request; the caller is the custodian."""

    model_config = ConfigDict(extra="forbid")

    request_id: str = Field(max_length=32)
    seal_ids: list[Id] = Field(min_length=1, max_length=20)
    escort_id: str = Field(max_length=32, description="Who takes the seals along and presses.")
    place: Line = Field(min_length=1, max_length=200)
    purpose: Paragraph = Field(min_length=1, max_length=500)
    from_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds.")
    due_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds; the seals are back by then.")


class PartyOut(BaseModel):
    """One of those who confirm a phase, and when he did."""

    role: str
    person: PersonRef
    confirmed_at: int | None


class LoanSealOut(BaseModel):
    """A seal of a loan and where it belongs."""

    seal_id: str
    name: str
    safe_name: str
    slot: str
    whereabouts: str | None


class LoanOut(BaseModel):
    """A loan (外带) with its persons, seals, uses and photos."""

    id: str
    number: str
    state: Literal["pending", "out", "overdue", "returned", "cancelled"]
    request_id: str
    request_number: str
    request_title: str
    place: str
    purpose: str
    custodian: PersonRef
    escort: PersonRef
    applicant: PersonRef
    from_at: int
    due_at: int
    requested_at: int
    out_at: int | None
    back_at: int | None
    overdue_at: int | None
    escalated_at: int | None
    seals: list[LoanSealOut]
    permitted: list[OpeningSealOut] = Field(description="What the approval allows for each seal of the loan.")
    controls: ControlsBody = Field(description="What the list asks around the press.")
    out: list[PartyOut] = Field(description="Who confirmed that the seals go out.")
    back: list[PartyOut] = Field(description="Who confirmed that the seals are back.")
    checks: list[PressCheckOut] = Field(
        description="Of the paper before its press, oldest first; the latest counts."
    )
    uses: list[PhysicalUseOut]
    photos: list[PhotoOut]
    version: int
