"""Shapes of the scenario list in the API and in its rules' stored JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.core.free_text import NO_NUL, Line, Regulation
from shuangyin.organization.models import PostKind
from shuangyin.people.schemas import PersonRef
from shuangyin.scenarios.models import ListStatus
from shuangyin.scenarios.rules import Basis, Medium, Mode, Order, Photo, Scope, Seam, SecondFactor, Strength
from shuangyin.seals.models import SealCategory

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]
Codes = Annotated[list[Code], Field(max_length=100)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[int, Field(ge=0, le=10**15, description="In the smallest unit of the currency.")]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextOut(BaseModel):
    """A sentence in both languages."""

    model_config = ConfigDict(from_attributes=True)

    zh: str
    en: str


class ConditionsBody(_Input):
    """When a rule matches; what is absent or empty asks for nothing. Amounts: `from` inclusive, `below` exclusive."""

    document_kinds: Codes = []
    matters: Codes = []
    channels: Codes = []
    counterparty: Annotated[list[Literal["yes", "no", "unknown"]], Field(max_length=3)] = []
    departments: Annotated[list[Id], Field(max_length=100)] = []
    amount_from_minor: Amount | None = None
    amount_below_minor: Amount | None = None
    currency: Currency = "CNY"


class RouteStepBody(_Input):
    """A step of the approval route."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    post_kind: PostKind
    scope: Scope = "applicant_department"
    mode: Mode = "any"
    second_factor: SecondFactor = "window"


class ControlsBody(_Input):
    """What has to be done around a use."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    seam: Seam = "allowed"
    qr: bool = False
    copies_max: Annotated[int, Field(ge=1, le=10_000)] | None = None
    photo: Photo = "none"
    keep_electronic_copy: bool = False


class AnswerBody(_Input):
    """What a rule says; absent parts are left to other rules."""

    medium: Medium | None = None
    order: Order | None = None
    seal_categories: Annotated[list[SealCategory], Field(max_length=7)] = []
    route: Annotated[list[RouteStepBody], Field(max_length=10)] = []
    controls: ControlsBody | None = None
    high_risk: bool = False


class RuleBody(_Input):
    """One rule of a list. Their order in the list is their order of precedence among equals."""

    name_zh: Annotated[Line, Field(min_length=1, max_length=100)]
    name_en: Annotated[Line, Field(min_length=1, max_length=200)]
    conditions: ConditionsBody
    answer: AnswerBody
    strength: Strength
    basis: Basis
    citation: Code | None = None
    reason_zh: Annotated[Line, Field(min_length=1, max_length=500)]
    reason_en: Annotated[Line, Field(min_length=1, max_length=1000)]


class RulesBody(_Input):
    """All rules of a draft, in order."""

    rules: Annotated[list[RuleBody], Field(min_length=1, max_length=2000)]


class NewScenarioList(_Input):
    """A draft to begin: from a starter, or as a copy of the list in force."""

    starter: Literal["enterprise", "current"] = "enterprise"
    title: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    regulation_text: Annotated[Regulation, Field(max_length=20_000)] | None = None
    review_on: date | None = None


class ListEnforcement(_Input):
    """The second factor for putting a list into force."""

    proof: Annotated[str, StringConstraints(max_length=200)] | None = None


class ScenarioRuleOut(RuleBody):
    """A rule of a list."""

    model_config = ConfigDict(extra="ignore")

    id: str
    position: int


class ScenarioListOut(BaseModel):
    """One version of the list, with its rules."""

    id: str
    version_number: int
    title: str
    status: ListStatus
    regulation_text: str
    review_on: str | None
    created_at: int
    created_by: PersonRef
    approved_by: PersonRef | None
    valid_from: int | None
    valid_until: int | None
    rules_digest: str | None
    rules: list[ScenarioRuleOut]
    version: int


class DecisionFacts(_Input):
    """What is known of a use. An absent amount is unknown and takes the highest route."""

    document_kind: Code
    matter: Code | None = None
    channel: Code | None = None
    amount_minor: Amount | None = None
    currency: Currency = "CNY"
    counterparty_id: Id | None = None
    department_id: Id | None = Field(None, description="The caller's own department when absent.")


class RouteStepOut(RouteStepBody):
    """A step of the route that was decided, with the name of the post."""

    name: TextOut


class ReasonOut(BaseModel):
    """A rule that shaped the decision: `zh` and `en` are its reason, `decided` the parts it decided."""

    rule_id: str
    rule: TextOut
    zh: str
    en: str
    citation: str | None
    strength: Strength
    basis: Basis
    decided: list[str]


class LostOut(BaseModel):
    """A rule that matched and lost, and to what."""

    rule_id: str
    rule: TextOut
    zh: str
    en: str


class RefusedMediumOut(BaseModel):
    """A medium that the list excludes, with the rule's reason and citation."""

    medium: Literal["electronic", "physical"]
    rule_id: str
    rule: TextOut
    reason: TextOut
    citation: str | None
    strength: Strength
    basis: Basis


class ChangeOut(BaseModel):
    """One fact that, if it were otherwise, would lead to another answer."""

    fact: str
    value: str | int | None
    medium: str
    zh: str
    en: str


class DecidedSeal(BaseModel):
    """A seal in force that fits the decision."""

    id: str
    name: str
    medium: Literal["electronic", "physical"]
    category: str
    width_mm: float
    height_mm: float
    status: str
    for_category: str = Field(description="The category of the decision that this seal serves.")
    keeper: PersonRef | None
    picture_url: str


class DecisionOut(BaseModel):
    """The answer of the list: which medium, which seals, whose consent, and why."""

    medium: Medium
    order: Order | None
    sentence: TextOut
    seal_categories: list[str]
    seals: list[DecidedSeal]
    missing_seals: list[str] = Field(description="Categories of which no seal is in force.")
    route: list[RouteStepOut]
    controls: ControlsBody
    high_risk: bool
    covered: bool = Field(
        description="False when the rules leave medium or approval open and the strictest general answer is added."
    )
    reasons: list[ReasonOut]
    lost: list[LostOut]
    refused_media: list[RefusedMediumOut]
    changes: list[ChangeOut]
    list_version: int
    rule_ids: list[str]
