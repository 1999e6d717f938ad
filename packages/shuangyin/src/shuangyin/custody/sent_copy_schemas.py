"""API shapes of copies that went out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Line
from shuangyin.custody.loan_schemas import LATEST_MS
from shuangyin.people.schemas import Id, PersonRef


class NewSentCopies(BaseModel):
    """Registers copies that went out together."""

    model_config = ConfigDict(extra="forbid")

    copies: int = Field(ge=1, le=10_000)
    recipient: Line = Field(min_length=1, max_length=200)
    way: Literal["courier", "by_hand"]
    courier: Line | None = Field(None, min_length=1, max_length=60, description="The courier's name.")
    tracking: Line | None = Field(None, min_length=1, max_length=60, description="The number of the parcel.")
    sent_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds.")
    due_at: int | None = Field(
        None,
        ge=0,
        le=LATEST_MS,
        description="When they are to be back with the counterparty's seal; null when they stay there.",
    )


class NewReturnedCopies(BaseModel):
    """Checks copies off that came back with the counterparty's seal, with a scan of them."""

    model_config = ConfigDict(extra="forbid")

    copies: int = Field(ge=1, le=10_000)
    document_version_id: Id = Field(description="The scan, uploaded as a document.")
    counterparty_sealed: bool = Field(description="Whether the counterparty's seal is on them.")


class ReturnedCopiesOut(BaseModel):
    """Copies that came back."""

    copies: int
    document_version_id: str
    sm3: str
    registered_by: PersonRef
    registered_at: int


class SentCopiesOut(BaseModel):
    """Copies that went out together."""

    id: str
    number: str
    state: Literal["out", "overdue", "partly_back", "back", "stays", "void"]
    copies: int
    recipient: str
    way: Literal["courier", "by_hand"]
    courier: str | None
    tracking: str | None
    sent_at: int
    due_at: int | None
    registered_by: PersonRef
    back: int = Field(description="Copies that came back.")
    returned: list[ReturnedCopiesOut]
    version: int


class SentCopiesPage(BaseModel):
    """All sendings of a request, and how many copies there are to send."""

    sealed: int = Field(description="Copies that bear a seal.")
    sent: int
    items: list[SentCopiesOut]
    may_send: bool
