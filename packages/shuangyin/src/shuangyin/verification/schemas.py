"""API shapes of the public check."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class BilingualOut(BaseModel):
    """The same words in both languages."""

    model_config = ConfigDict(from_attributes=True)

    zh: str
    en: str


class PublicUseOut(BaseModel):
    """A seal use as outsiders see it: no person, no title."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    medium: str
    seal_name: str
    category: str
    trial: bool
    organization: str
    uscc: str
    filing_no: str | None
    filing_authority: str | None
    filed_at: int | None
    seal_then: str = Field(description="Status of the seal when it was used.")
    seal_now: str
    use_status: str
    voided_at: int | None = None
    void_reason: str | None = Field(None, description="Code of why it was voided.")
    executed_at: int
    authority_valid: bool
    document_sm3: str
    log_index: int | None


class FileCheckOut(BaseModel):
    """What was found out about an uploaded file."""

    code: str = Field(description="Stable: SAME_FILE, ALTERED_AFTER_SEALING, NOT_REGISTERED, …")
    level: Literal["good", "info", "warn", "bad", "unknown"]
    word: BilingualOut
    sentence: BilingualOut
    registered: bool
    trial: bool
    sm3: str
    size: int
    uses: list[PublicUseOut]
    report: dict[str, Any] | None = Field(
        description="gmseal-report/2; null when the file is no readable PDF or OFD."
    )
