"""API shapes of seal uses."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.people.schemas import PersonRef


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


class SealingOut(BaseModel):
    """What a request carries after sealing."""

    request_id: str
    made: int = Field(description="How many uses this call made; 0 when all were there.")
    uses: list[SealUseOut]
