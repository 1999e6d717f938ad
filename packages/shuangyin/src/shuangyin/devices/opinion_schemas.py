"""API shapes of residents' opinions."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Line, Paragraph
from shuangyin.custody.loan_schemas import LATEST_MS
from shuangyin.people.schemas import Id, PersonRef

OpinionCode = Literal["agree", "disagree", "abstain"]
MOST_HOUSEHOLDS = 5_000


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ListedHousehold(_Input):
    """One household of the list."""

    label: Line = Field(min_length=1, max_length=100, description="Building, entrance and room.")
    area_cm2: int | None = Field(None, ge=1, le=10**9, description="Floor area in square centimetres.")


class NewSurvey(_Input):
    """Begins a survey of the households of a list, under one approved request."""

    request_id: Id
    question: Paragraph = Field(min_length=1, max_length=500)
    opens_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds.")
    closes_at: int = Field(ge=0, le=LATEST_MS, description="UTC milliseconds.")
    households: list[ListedHousehold] = Field(min_length=1, max_length=MOST_HOUSEHOLDS)


class GivenOpinion(_Input):
    """Who signed for a household, and what it says."""

    signer: Line = Field(min_length=1, max_length=50)
    opinion: OpinionCode
    remark: Paragraph | None = Field(None, max_length=500)


class WithdrawnOpinion(_Input):
    """Why an opinion was recorded wrongly."""

    reason: Paragraph = Field(min_length=1, max_length=500)


class ShareOut(BaseModel):
    """Households and their floor area."""

    households: int
    area_cm2: int


class TallyOut(BaseModel):
    """How the opinions add up; `pressed` is what the seal's devices counted under the request, spoiled ones left out."""

    listed: ShareOut
    agree: ShareOut
    disagree: ShareOut
    abstain: ShareOut
    given: int
    open: int
    pressed: int
    unpressed: int = Field(description="Opinions without a press of a device that still stands.")


class HouseholdOut(BaseModel):
    """A household and its opinion."""

    id: str
    position: int
    label: str
    area_cm2: int | None
    opinion: OpinionCode | None
    signer: str | None
    remark: str | None
    recorded_by: PersonRef | None
    recorded_at: int | None
    press: int | None = Field(description="Number of the device's event by which the form was sealed.")
    press_spoiled: bool = Field(description="That press was declared spoiled afterwards.")


class SurveyOut(BaseModel):
    """A survey and how far it is."""

    id: str
    number: str
    request_id: str
    request_number: str
    request_title: str
    question: str
    opens_at: int
    closes_at: int
    begun_by: PersonRef
    begun_at: int
    closed_at: int | None
    closed_by: PersonRef | None
    state: Literal["waiting", "open", "closed"]
    tally: TallyOut
    may_record: bool
    may_close: bool
    version: int
