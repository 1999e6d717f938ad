"""API shapes of custody."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Line, Paragraph
from shuangyin.custody.checklist_schemas import PressCheckOut
from shuangyin.people.schemas import Answer, FactorMethod, Id, PersonRef
from shuangyin.scenarios.schemas import ControlsBody

Count = int


class NewSafe(BaseModel):
    """A safe to be registered."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=100)
    place: Line = Field(min_length=1, max_length=200)
    custodian_id: str = Field(max_length=32)


class SealSlot(BaseModel):
    """A seal's slot in a safe."""

    model_config = ConfigDict(extra="forbid")

    seal_id: str = Field(max_length=32)
    slot: Line = Field(min_length=1, max_length=32)


class SafeSealOut(BaseModel):
    """A seal in a safe."""

    seal_id: str
    name: str
    slot: str
    status: str
    whereabouts: str | None


class SafeOut(BaseModel):
    """A safe with what lies in it."""

    id: str
    name: str
    place: str
    custodian: PersonRef
    seals: list[SafeSealOut]
    version: int


class NewOpening(BaseModel):
    """Asks to open a safe for approved requests; the caller is the custodian."""

    model_config = ConfigDict(extra="forbid")

    safe_id: str = Field(max_length=32)
    reviewer_id: str = Field(max_length=32)
    request_ids: list[Id] = Field(min_length=1, max_length=50)


class OpeningConfirmation(BaseModel):
    """One person's own second factor, with his password where two factors are asked for. With account and password it
    is the second person on the same device."""

    model_config = ConfigDict(extra="forbid")

    method: FactorMethod
    code: Answer
    account: str | None = Field(None, max_length=100)
    password: str | None = Field(None, max_length=200)


class NewPress(BaseModel):
    """What was pressed: counts of one seal on one request."""

    model_config = ConfigDict(extra="forbid")

    request_id: str = Field(max_length=32)
    seal_id: str = Field(max_length=32)
    copies: int = Field(ge=1, le=10_000)
    normal: int = Field(0, ge=0, le=100_000, description="Good presses on pages (常规).")
    seam: int = Field(0, ge=0, le=100_000, description="Good presses over a seam (骑缝).")
    cover: int = Field(0, ge=0, le=100_000, description="Good presses over a cover or envelope (封标).")
    spoiled: int = Field(0, ge=0, le=100_000, description="Failed presses (废印).")
    pressed_at: int | None = Field(
        None, description="UTC milliseconds; now when absent, never outside the opening."
    )
    remark: Paragraph | None = Field(None, max_length=500)


class OpeningClose(BaseModel):
    """The seals are back and the safe is shut."""

    model_config = ConfigDict(extra="forbid")

    returned_seal_ids: list[Id] = Field(max_length=50)
    note: Paragraph | None = Field(None, max_length=500)


class PhotoOut(BaseModel):
    """A photo, by its digest."""

    id: str
    request_id: str | None
    use_id: str | None
    moment: str
    sm3: str
    taken_by: PersonRef
    taken_at: int
    url: str


class PhysicalUseOut(BaseModel):
    """One line of the register."""

    id: str
    number: str
    opening_id: str | None = Field(description="Null for a press on a loan.")
    loan_id: str | None = Field(description="Null for a press at a safe.")
    paper_permit_id: str | None = Field(description="Set for a press in an emergency.")
    request_id: str
    request_number: str
    title: str
    reason: str
    seal_id: str
    seal_name: str
    seal_code: str | None
    copies: int
    applied: int
    normal: int
    seam: int
    cover: int
    spoiled: int
    applicant: PersonRef
    approvers: list[PersonRef]
    presser: PersonRef
    reviewer: PersonRef
    pressed_at: int
    returned_at: int | None
    photos: list[PhotoOut]
    verification_url: str
    remark: str | None


class NewPrint(BaseModel):
    """How many controlled prints are made of one document of a request."""

    model_config = ConfigDict(extra="forbid")

    document_version_id: Id
    copies: int = Field(1, ge=1, le=10_000)


class PrintOut(BaseModel):
    """A controlled print: the approved pages with watermark and number."""

    id: str
    number: str
    request_id: str
    document_version_id: str
    source_sm3: str
    sm3: str
    copies: int
    made_by: PersonRef
    made_at: int
    url: str


class PrintMatchOut(BaseModel):
    """What the code of a controlled print says of the paper that carries it."""

    verdict: Literal["matches", "replaced", "other_code"] = Field(
        description="The file it shows is the approved one, was exchanged since, or the code was altered."
    )
    print: PrintOut
    request_number: str
    request_status: str
    title: str


class OpeningSealOut(BaseModel):
    """What an approval allows for one seal and what is registered so far."""

    seal_id: str
    name: str
    permitted_normal: int
    permitted_seam: int
    spare: int
    used_normal: int
    used_seam: int
    used_cover: int
    spoiled: int


class WaitingRequestOut(BaseModel):
    """An approved request that waits for its physical seal."""

    id: str
    number: str
    title: str
    reason: str
    copies: int
    applicant: PersonRef
    approvers: list[PersonRef]
    approved_at: int | None
    paper_description: str | None
    paper_place: str | None
    stub_number: str | None
    controls: ControlsBody = Field(description="What the list asks around the press.")
    uncovered: list[Literal["fence"]] = Field(
        description="Controls that only a smart seal can see to; with one of them the safe is not opened for it."
    )
    document_version_ids: list[str] = Field(description="The approved files, in order.")
    prints: list[PrintOut] = Field(description="Controlled prints made so far.")
    safe_id: str | None = Field(
        description="The safe that holds its seals; null when they lie in several or none."
    )
    seals: list[OpeningSealOut]


class OpeningOut(BaseModel):
    """An opening with its requests, uses and photos."""

    id: str
    number: str
    status: str
    safe: SafeOut
    custodian: PersonRef
    reviewer: PersonRef
    requested_at: int
    expires_at: int = Field(description="Both must have confirmed by then.")
    custodian_confirmed_at: int | None
    reviewer_confirmed_at: int | None
    opened_at: int | None
    closes_by: int | None
    return_by: int | None = Field(
        description="The seals are back by then: so long after the last press, within the session, never overnight."
    )
    late_at: int | None = Field(description="When it was noticed that they are not.")
    closed_at: int | None
    requests: list[WaitingRequestOut]
    checks: list[PressCheckOut] = Field(
        description="Of papers before their press, oldest first; the latest counts."
    )
    uses: list[PhysicalUseOut]
    photos: list[PhotoOut]
    version: int
