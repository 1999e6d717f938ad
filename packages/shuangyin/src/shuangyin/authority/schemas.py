"""Shapes of authority in the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.authority.models import Act, GrantStatus
from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import NamedRef, PersonRef

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Reason = Annotated[Paragraph, Field(min_length=1, max_length=500)]
Time = Annotated[int, Field(ge=0, le=253_402_300_799_000, description="UTC milliseconds.")]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GrantOut(BaseModel):
    """A grant as it stands."""

    id: str
    parent_id: str | None
    act: Act
    seal_id: str | None
    seal_name: str | None
    holder_person_id: str | None
    holder_person: PersonRef | None
    holder_post_id: str | None
    holder_post: NamedRef | None
    amount_limit_minor: int | None
    count_limit: int | None
    count_reserved: int
    count_used: int
    valid_from: int
    valid_until: int
    granted_by: PersonRef
    granted_at: int
    status: GrantStatus
    in_force: bool = Field(description="Active, and within its time now.")
    ended_at: int | None
    reason: str
    end_reason: str | None
    version: int


class NewGrant(_Input):
    """A grant to give. Limits that are absent are the parent's."""

    act: Act
    parent_id: Id | None = None
    seal_id: Id | None = None
    holder_person_id: Id | None = None
    holder_post_id: Id | None = None
    amount_limit_minor: Annotated[int, Field(ge=0, le=10**15)] | None = None
    count_limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    valid_from: Time | None = Field(None, description="Now when absent.")
    valid_until: Time | None = Field(
        None, description="When absent: the parent's end, or a year after the beginning."
    )
    reason: Reason
    proof: Annotated[str, StringConstraints(max_length=200)] | None = None


class GrantEnd(_Input):
    """Why a grant ends."""

    reason: Reason


class GrantsEnded(BaseModel):
    """All grants that ended: the one asked for first, then those given out of it."""

    items: list[GrantOut]
