"""API shapes of the evidence area."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class EntryAnchorOut(BaseModel):
    """How one anchor covers one entry."""

    name: str
    kind: Literal["ethereum", "chainmaker", "rfc3161"]
    state: Literal["waiting", "sent", "anchored", "failed"] = Field(
        description="待上链, sent and not yet deep enough, 已上链, 失败 (tried again by itself)."
    )
    size: int | None = Field(None, description="Size of the first anchored head that holds the entry.")
    transaction_id: str | None = Field(None, description="Transaction on the chain, or serial of the token.")
    block_time: int | None = Field(None, description="The outside's own time, UTC milliseconds.")
    confirmed_at: int | None = Field(None, description="When we found it confirmed, UTC milliseconds.")
    receipt_id: str | None = Field(None, description="GET /evidence/receipts/{id} gives the receipt.")


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
    anchor_state: Literal["waiting", "anchored", "failed", "none"] = Field(
        description="待上链, 已上链 (by at least one anchor), 失败 (every anchor; tried again), or no anchor is set."
    )
    anchors: list[EntryAnchorOut]


class AnchorOut(BaseModel):
    """Where one configured anchor stands."""

    name: str
    kind: Literal["ethereum", "chainmaker", "rfc3161"]
    state: Literal["waiting", "sent", "anchored", "failed"] = Field(
        description="`anchored` when it holds the newest head, `failed` while it has a problem."
    )
    last_size: int | None = Field(description="Size of the newest head that it holds for certain.")
    last_transaction_id: str | None
    last_confirmed_at: int | None = Field(description="UTC milliseconds.")
    period_seconds: int
    identity: str | None = Field(description="The chain and contract it was found to be.")
    problem: str | None = Field(description="What is wrong now, in Chinese.")
    problem_en: str | None
    problem_code: str | None


class AnchorReceiptOut(BaseModel):
    """One receipt of an anchor; its whole text is at /evidence/receipts/{id}."""

    id: str
    anchor: str
    size: int
    transaction_id: str
    block_time: int | None = Field(description="The outside's own time, UTC milliseconds.")
    confirmed_at: int = Field(description="UTC milliseconds.")


class LogStateOut(BaseModel):
    """The log's head and public keys."""

    origin: str | None
    size: int
    root: str | None = Field(description="SHA-256 tree root, hex.")
    signed_at: int | None
    pending: int
    vkeys: list[str]
