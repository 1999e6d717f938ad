"""Shapes of the life of a scenario list: header, drafts, comparison, faults, approval, acknowledgement."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.approvals.schemas import ApprovalRouteOut
from shuangyin.core.free_text import Line, Paragraph, Regulation
from shuangyin.people.schemas import PersonRef
from shuangyin.scenarios.models import ListStatus
from shuangyin.scenarios.schemas import RateBody, Rates, RuleBody, TextOut

MOST_RULES = 2000
"""Rules of one list. A list that needs more is no list that people can read."""
LATEST = 4_102_444_800_000
"""2100-01-01: instants after it are slips of the keyboard."""

Title = Annotated[Line, Field(min_length=1, max_length=100)]
RegulationText = Annotated[Regulation, Field(max_length=20_000)]
Instant = Annotated[int, Field(ge=0, le=LATEST, description="UTC milliseconds.")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
StarterCode = Literal["enterprise", "government", "small_enterprise"]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ListHeader(_Input):
    """What a list says besides its rules; an approver decides on it together with them."""

    title: Title
    regulation_text: RegulationText = Field(
        description="The text of the regulation that the list carries out."
    )
    review_on: date | None = Field(description="The day on which it is to be reviewed.")
    rates: Rates = []
    effective_from: Instant | None = Field(
        None, description="From when it shall be in force; at approval when absent or past by then."
    )


class HeaderChange(_Input):
    """What is to change of a draft's header; what is absent stays."""

    title: Title | None = None
    regulation_text: RegulationText | None = None
    review_on: date | None = None
    rates: Rates | None = None
    effective_from: Instant | None = None


class SwitchBody(_Input):
    """Rules of the list in force that go over to electronic sealing on a day."""

    rules: Annotated[
        list[Annotated[int, Field(ge=1, le=MOST_RULES)]], Field(min_length=1, max_length=100)
    ] = Field(description="Their positions.")
    on: date = Field(description="The day from which it holds, from midnight in Beijing.")


class NewScenarioList(_Input):
    """A draft to begin: from a starter, or as a copy of the list in force."""

    starter: StarterCode | Literal["current"] = "enterprise"
    title: Title | None = None
    regulation_text: RegulationText | None = None
    review_on: date | None = None
    switch: SwitchBody | None = Field(
        None, description="With `current`: what goes over to electronic sealing, and when."
    )


class RulesBody(_Input):
    """All rules of a draft, in order."""

    rules: Annotated[list[RuleBody], Field(min_length=1, max_length=MOST_RULES)]
    rates: Rates | None = Field(
        None, description="Rates of other currencies; those of the draft when absent."
    )


class Withdrawal(_Input):
    """Why a list is taken back."""

    reason: Annotated[Paragraph, Field(min_length=1, max_length=500)]
    proof: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="The second factor, for taking back what is approved."
    )


class Acknowledgement(_Input):
    """What a member of staff confirms having read."""

    binding: Digest = Field(description="The list's binding as it was shown.")


class StarterOut(BaseModel):
    """A starter list that a draft can begin as."""

    code: StarterCode
    title: TextOut
    summary: TextOut
    as_of: date = Field(description="The day on which its facts were checked.")
    rules: int


class ScenarioRuleOut(RuleBody):
    """A rule of a list."""

    model_config = ConfigDict(extra="ignore")

    id: str
    position: int


class ScenarioListSummary(BaseModel):
    """One version of the list, without its rules."""

    id: str
    version_number: int
    title: str
    status: ListStatus = Field(description="As of now, by its dates.")
    origin: str
    rule_count: int
    review_on: date | None
    created_at: int
    created_by: PersonRef
    submitted_at: int | None
    submitted_by: PersonRef | None
    approved_at: int | None
    approved_by: PersonRef | None
    effective_from: int | None
    valid_from: int | None
    valid_until: int | None
    acknowledged: int = Field(description="How many members of staff have confirmed having read it.")
    staff: int = Field(description="How many members of staff there are.")
    mine_acknowledged_at: int | None
    version: int


class ScenarioListOut(ScenarioListSummary):
    """One version of the list, with its rules."""

    regulation_text: str
    rates: list[RateBody]
    binding: str = Field(description="SM3 of header and rules.")
    rules_digest: str | None
    route: ApprovalRouteOut | None = Field(description="Its latest approval.")
    reminded_at: int | None
    rules: list[ScenarioRuleOut]


class FaultOut(BaseModel):
    """Something wrong with a rule of a draft; a blocking one keeps it from being submitted."""

    position: int | None
    code: str
    blocking: bool
    zh: str
    en: str


class FaultsOut(BaseModel):
    """All that is wrong with a list."""

    faults: list[FaultOut]
    blocking: int


class PartChange(BaseModel):
    """One part of a rule or header that differs: a dotted name such as `answer.medium`, and both values."""

    part: str
    before: object
    after: object


class RuleChange(BaseModel):
    """What became of one rule between two versions."""

    kind: Literal["added", "removed", "changed"]
    moved: bool
    position_before: int | None
    position_after: int | None
    name: TextOut
    parts: list[PartChange]


class ListComparison(BaseModel):
    """What differs between two versions of the list."""

    before: ScenarioListSummary | None
    after: ScenarioListSummary
    header: list[PartChange]
    rules: list[RuleChange]
    unchanged: int


class AcknowledgementOut(BaseModel):
    """Whether one member of staff has confirmed having read a version."""

    person: PersonRef
    acknowledged_at: int | None
    entry_id: str | None
