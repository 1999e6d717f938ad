"""API shapes of hand-overs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Line, Paragraph
from shuangyin.custody.loan_schemas import PartyOut
from shuangyin.people.schemas import Id, PersonRef


class FurtherItem(BaseModel):
    """A thing that goes along and that the platform does not keep a register of."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["imprint_card", "accessory"]
    name: Line = Field(min_length=1, max_length=200)


class NewHandover(BaseModel):
    """Draws up the sheet: what the giver keeps is listed by itself, further things by name."""

    model_config = ConfigDict(extra="forbid")

    giver_id: str = Field(max_length=32)
    receiver_id: str = Field(max_length=32)
    witness_id: str = Field(max_length=32)
    reason: Paragraph = Field(min_length=1, max_length=500)
    further: list[FurtherItem] = Field(default_factory=list, max_length=100)


class CheckedItem(BaseModel):
    """Whether a thing of the sheet is there; a missing one says what is wrong."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    present: bool
    discrepancy: Paragraph | None = Field(None, max_length=500)


class CheckedItems(BaseModel):
    """What was found of several lines."""

    model_config = ConfigDict(extra="forbid")

    items: list[CheckedItem] = Field(min_length=1, max_length=500)


class HandoverItemOut(BaseModel):
    """One line of the sheet."""

    id: str
    position: int
    kind: Literal["seal", "safe", "unfinished_use", "imprint_card", "accessory", "original", "original_loan"]
    thing_id: str | None
    name: str
    present: bool | None
    discrepancy: str | None


class HandoverOut(BaseModel):
    """A hand-over with its lines and its three persons."""

    id: str
    number: str
    status: Literal["pending", "done", "cancelled"]
    giver: PersonRef
    receiver: PersonRef
    witness: PersonRef
    reason: str
    drafted_at: int
    done_at: int | None
    items: list[HandoverItemOut]
    parties: list[PartyOut]
    version: int
