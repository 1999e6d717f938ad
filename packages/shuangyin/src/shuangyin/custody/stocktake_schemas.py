"""API shapes of stocktakes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Paragraph
from shuangyin.custody.loan_schemas import PartyOut
from shuangyin.people.schemas import Id, PersonRef


class NewStocktake(BaseModel):
    """Begins the count of a safe; the caller counts."""

    model_config = ConfigDict(extra="forbid")

    safe_id: str = Field(max_length=32)
    witness_id: str = Field(max_length=32, description="Who watches the count (监盘人).")


class CountedSeal(BaseModel):
    """Whether a seal or an original lies in its slot; where that is not what the register says, what is wrong."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    found: bool
    discrepancy: Paragraph | None = Field(None, max_length=500)


class CountedSeals(BaseModel):
    """What was found of several seals and originals, each by the id of its line."""

    model_config = ConfigDict(extra="forbid")

    lines: list[CountedSeal] = Field(min_length=1, max_length=200)


class AccountOut(BaseModel):
    """Presses since the last stocktake of this seal: permitted, spare included, ≥ pressed = registered."""

    since: int | None = Field(description="When the last stocktake was done; null for the first.")
    permitted: int
    spare: int
    pressed: int = Field(description="By the device where the seal is in one, else as registered.")
    good: int
    spoiled: int
    balanced: bool


class StocktakeLineOut(BaseModel):
    """One seal of a stocktake."""

    id: str
    position: int
    seal_id: str
    name: str
    slot: str
    whereabouts: str | None
    expected: bool
    found: bool | None
    discrepancy: str | None
    account: AccountOut


class StocktakeOriginalOut(BaseModel):
    """One original of a stocktake."""

    id: str
    original_id: str
    number: str
    name: str
    slot: str
    state: str = Field(description="By the register, when it was counted.")
    expected: bool
    found: bool | None
    discrepancy: str | None


class StocktakeOut(BaseModel):
    """A stocktake with its seals and its two persons."""

    id: str
    number: str
    status: Literal["pending", "done", "cancelled"]
    over: bool = Field(description="Whether its time has passed without both having confirmed.")
    safe_id: str
    safe_name: str
    safe_place: str
    counter: PersonRef
    witness: PersonRef
    begun_at: int
    ends_at: int
    done_at: int | None
    lines: list[StocktakeLineOut]
    originals: list[StocktakeOriginalOut]
    parties: list[PartyOut]
    version: int
