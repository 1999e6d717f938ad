"""API shapes of paper permits."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Paragraph
from shuangyin.custody.loan_schemas import LATEST_MS
from shuangyin.custody.schemas import PhotoOut, PhysicalUseOut
from shuangyin.people.schemas import Id, PersonRef


class NewPaperPermits(BaseModel):
    """Issues numbered paper permits for one seal, to be kept ready for an emergency."""

    model_config = ConfigDict(extra="forbid")

    safe_id: Id
    seal_id: Id
    count: int = Field(1, ge=1, le=50, description="How many permits.")
    presses: int = Field(ge=1, le=200, description="The most presses under each, spoiled ones included.")
    days: int = Field(30, ge=1, le=366, description="How many days they are valid from now.")


class PaperPermitCode(BaseModel):
    """The text of a permit's two-dimensional code."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=1000)


class PaperPermitUse(PaperPermitCode):
    """What was pressed under a paper permit, as written on it."""

    request_id: Id
    pressed_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds.")
    presser_id: Id
    reviewer_id: Id
    copies: int = Field(ge=1, le=10_000)
    normal: int = Field(0, ge=0, le=1000)
    seam: int = Field(0, ge=0, le=1000)
    cover: int = Field(0, ge=0, le=1000)
    spoiled: int = Field(0, ge=0, le=1000)
    remark: Paragraph | None = Field(None, max_length=500)
    proof: str | None = Field(
        None,
        max_length=100,
        description="Where the list asks for a face or two factors: the presser's step-up proof.",
    )


class PaperPermitOut(BaseModel):
    """A paper permit and what became of it."""

    id: str
    number: str
    status: Literal["issued", "entered", "unused"]
    overdue: bool = Field(description="Neither entered nor handed back in time.")
    safe_id: str
    safe_name: str
    seal_id: str
    seal_name: str
    presses: int
    valid_from: int
    valid_until: int
    settle_by: int
    issued_by: PersonRef
    issued_at: int
    ended_by: PersonRef | None
    ended_at: int | None
    use: PhysicalUseOut | None
    photos: list[PhotoOut]
    version: int


class PermitVerdict(BaseModel):
    """What a code says of itself, when its signature is good."""

    number: str
    status: Literal["issued", "entered", "unused"]
    valid_now: bool
    seal_name: str
    presses: int
    valid_from: int
    valid_until: int
