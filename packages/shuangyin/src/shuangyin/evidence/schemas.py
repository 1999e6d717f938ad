"""API shapes of the evidence area."""

from __future__ import annotations

from pydantic import BaseModel, Field


class EvidenceEntryOut(BaseModel):
    """One entry as people see it."""

    id: str
    kind: str
    zh: str = Field(description="What happened, in Chinese.")
    en: str = Field(description="What happened, in English.")
    subject_type: str
    subject_id: str
    recorded_at: int = Field(description="UTC milliseconds.")
    log_index: int | None = Field(description="Place in the log; null for the moment before it has one.")
    digest: str = Field(description="SHA-256 of the entry's bytes, hex.")


class LogStateOut(BaseModel):
    """The log's head and public keys."""

    origin: str | None
    size: int
    root: str | None = Field(description="SHA-256 tree root, hex.")
    signed_at: int | None
    pending: int
    vkeys: list[str]
