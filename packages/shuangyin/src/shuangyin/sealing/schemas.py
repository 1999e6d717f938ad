"""API shapes of seal uses."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import PersonRef
from shuangyin.requests.schemas import VoidedOut


class SealUseOut(BaseModel):
    """One seal use. Times in UTC milliseconds, digests SM3 in hex."""

    id: str
    number: str
    request_id: str
    request_number: str
    medium: str
    seal_id: str
    seal_name: str
    position: int = Field(description="Electronic: the document's place in the request; physical: a count.")
    executed_at: int
    presser: PersonRef | None = Field(description="Null when the platform sealed within a grant.")
    on_behalf_of: PersonRef | None = Field(
        None, description="The absent person for whom the presser acted under a delegation."
    )
    grant_id: str | None
    authority_valid: bool
    status: str
    voided: VoidedOut | None = Field(None, description="Null while the use stands.")
    presses: dict[str, int]
    source_sm3: str = Field(description="The approved file.")
    document_sm3: str = Field(description="The registered file.")
    document_id: str
    sealed_version_id: str | None
    sealed_version_number: int | None
    verification_url: str
    entry_id: str | None


class SealOrderIn(BaseModel):
    """A keeper puts his seals on a request."""

    model_config = ConfigDict(extra="forbid")

    proof: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Step-up proof for act sealing.execute on the request's id.",
    )


class WaitingSealingOut(BaseModel):
    """An approved electronic request that waits for the caller to put a seal on."""

    request_id: str
    number: str
    title: str
    applicant: PersonRef
    seal_names: list[str] = Field(description="Of all its seals.")
    approved_at: int = Field(description="Since when it waits, UTC milliseconds.")


class VoidIn(BaseModel):
    """A use is voided: a code that outsiders are told, and words that they are not."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")] = Field(
        description="One of `GET /seal-uses/void-reasons`."
    )
    reason: Annotated[Paragraph, Field(min_length=1, max_length=500)]
    proof: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Step-up proof for act sealing.void on the use's id.",
    )


class VoidReasonOut(BaseModel):
    """A reason that a use may be voided for."""

    code: str
    zh: str
    en: str


class SealingOut(BaseModel):
    """What a request carries after sealing."""

    request_id: str
    made: int = Field(description="How many uses this call made; 0 when all were there.")
    uses: list[SealUseOut]
