"""Shapes of the scenario list in the API and in its rules' stored JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shuangyin.core.free_text import NO_NUL, Line
from shuangyin.organization.models import PostKind
from shuangyin.people.schemas import PersonRef
from shuangyin.scenarios.rules import (
    Approver,
    ArchiveDuty,
    Basis,
    ExceptionRule,
    IfApplicant,
    IfNobody,
    IfRepeated,
    Medium,
    Mode,
    OneMedium,
    OnTimeout,
    Order,
    Photo,
    PhotoMoment,
    Scope,
    Seam,
    SecondFactor,
    Strength,
    UseFactor,
)
from shuangyin.seals.models import SealCategory

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]
Codes = Annotated[list[Code], Field(max_length=100)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[int, Field(ge=0, le=10**15, description="In the smallest unit of the currency.")]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Ids = Annotated[list[Id], Field(max_length=100)]
RegionPart = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}([0-9]{2}([0-9]{2})?)?|foreign)$")]
Region = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]{6}|foreign)$"),
    Field(description="Where the paper is used: a code of GB/T 2260, or foreign."),
]


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
    departments: Ids = []
    amount_from_minor: Amount | None = None
    amount_below_minor: Amount | None = None
    currency: Currency = "CNY"
    platforms: Codes = []
    regions: Annotated[
        list[RegionPart],
        Field(max_length=100, description="Beginnings of GB/T 2260 codes (11: all of Beijing), or foreign."),
    ] = []


class StepConditionsBody(_Input):
    """When a step of a route is taken at all; what is absent asks for nothing, an unknown amount meets all."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    media: Annotated[list[OneMedium], Field(max_length=2)] = []
    seal_categories: Annotated[list[SealCategory], Field(max_length=7)] = []
    departments: Ids = []
    amount_from_minor: Amount | None = None
    amount_below_minor: Amount | None = None
    currency: Currency = "CNY"


class RouteStepBody(_Input):
    """A step of the approval route: who decides, how, and what to do when nobody can."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    post_kind: PostKind | None = Field(
        None, description="Of a step by post, and of a choice among the holders of a post."
    )
    scope: Scope = "applicant_department"
    mode: Mode = "any"
    second_factor: SecondFactor = "window"
    approver: Approver = "post"
    person_id: Id | None = Field(None, description="Of a step by one person.")
    levels: Annotated[int, Field(ge=1, le=10)] | None = Field(
        None, description="Of a chain of superiors: how many, from the nearest."
    )
    choice: Ids = Field([], description="Among whom the applicant chooses.")
    form_field: Code | None = Field(None, description="The field of the request that names the person.")
    when: StepConditionsBody = StepConditionsBody()
    if_applicant: IfApplicant = "superior"
    if_repeated: IfRepeated = "adjacent"
    if_nobody: IfNobody = "superior"
    timeout_hours: Annotated[int, Field(ge=1, le=720)] | None = None
    on_timeout: OnTimeout = Field("remind", description="Never `pass` for a high-risk use.")
    route_code: Code | None = Field(
        None, description="Of a named route, whose steps stand in the place of this one."
    )

    @model_validator(mode="after")
    def _names_somebody(self) -> RouteStepBody:
        named = {
            "post": self.post_kind,
            "person": self.person_id,
            "department_head": True,
            "superiors": self.levels,
            "applicant_choice": self.choice or self.post_kind,
            "form_field": self.form_field,
            "named_route": self.route_code,
        }
        if not named[self.approver]:
            raise ValueError(f"a step by {self.approver} names whom it asks")
        return self


class NoteBody(_Input):
    """A note in both languages."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    zh: Annotated[Line, Field(min_length=1, max_length=300)]
    en: Annotated[Line, Field(min_length=1, max_length=600)]


class ControlsBody(_Input):
    """What has to be done around a use."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    seam: Seam = "allowed"
    qr: bool = False
    copies_max: Annotated[int, Field(ge=1, le=10_000)] | None = None
    photo: Photo = "none"
    keep_electronic_copy: bool = Field(
        default=False, description="Sealed physically, with an electronic copy kept."
    )
    second_factor: UseFactor = "window"
    timestamp: bool = False
    photo_moments: Annotated[list[PhotoMoment], Field(max_length=4)] = []
    face_check: bool = False
    fence: bool = False
    watermark: bool = False
    supervisor: bool = Field(default=False, description="A third person (监印人) watches the press.")
    archive: ArchiveDuty = "none"
    archive_working_days: Annotated[int, Field(ge=1, le=366)] | None = None
    prerequisites: Annotated[list[Code], Field(max_length=20)] = Field(
        [], description="Kinds of papers that are attached before the request is routed."
    )
    stub_numbered: bool = Field(default=False, description="Issued from a book with numbered stubs.")
    monthly_allowance: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None, description="How many a holder may have in a month; beyond it a request is refused."
    )
    paper_only: bool = Field(
        default=False, description="A paper that exists only on paper before it is sealed."
    )
    hand_over: Annotated[list[NoteBody], Field(max_length=5)] = Field(
        [], description="What another platform is given, and how."
    )


class AnswerBody(_Input):
    """What a rule says; absent parts are left to other rules."""

    medium: Medium | None = None
    order: Order | None = None
    seal_categories: Annotated[list[SealCategory], Field(max_length=7)] = []
    route: Annotated[list[RouteStepBody], Field(max_length=10)] = []
    controls: ControlsBody | None = None
    high_risk: bool = False
    exception: ExceptionRule = Field(
        "by_basis",
        description="Whether one use can be excepted by a recorded approval: by basis, an internal rule can.",
    )


class RateBody(_Input):
    """What one unit of a currency is worth, as the organization sets it for this list."""

    currency: Currency
    fen_per_unit: Annotated[
        str,
        StringConstraints(pattern=r"^(0\.0{0,5}[1-9][0-9]{0,5}|[1-9][0-9]{0,8}(\.[0-9]{1,6})?)$"),
        Field(description="Fen for one unit of the currency, at most six decimals: 712.34 for a dollar."),
    ]
    as_of: date


Rates = Annotated[list[RateBody], Field(max_length=50)]


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


class DecisionFacts(_Input):
    """What is known of a use. An absent amount is unknown and takes the highest route."""

    document_kind: Code
    matter: Code | None = None
    channel: Code | None = Field(
        None,
        description="By which way it is handled: a code of the table of channels, or one that a rule names.",
    )
    amount_minor: Amount | None = None
    currency: Currency = "CNY"
    counterparty_id: Id | None = None
    department_id: Id | None = Field(None, description="The caller's own department when absent.")
    platform: Code | None = Field(
        None, description="Where the paper is handed in: a code of the table of platforms."
    )
    region: Region | None = None


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
    demanded_by: list[str] = Field([], description="All rules that exclude it, the strongest first.")
    exceptable: bool = Field(default=False, description="Whether an exception can be asked for.")
    not_exceptable_by: str | None = Field(None, description="The rule that admits no exception.")
    exception: TextOut | None = Field(None, description="Whether an exception is possible, and who gives it.")


class ExceptedOut(BaseModel):
    """A rule that does not limit this use, provided that the approver of the list consents."""

    rule_id: str
    rule: TextOut
    zh: str
    en: str


class AmountPartOut(BaseModel):
    """One of several amounts that add up."""

    label: str
    amount_minor: int | None
    currency: str


class ChangeOut(BaseModel):
    """One fact that, if it were otherwise, would lead to another answer."""

    fact: str
    value: str | int | None
    medium: str
    zh: str
    en: str


class AskedOut(BaseModel):
    """A fact by which the list tells uses of this kind apart, and the values that its rules name."""

    fact: Literal["matter", "channel", "platform", "region"]
    values: list[str]


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
    asked: list[AskedOut] = Field(
        [], description="What to ask about a use of this kind, so that every rule for it can come to apply."
    )
    list_version: int
    rule_ids: list[str]
    excepted: list[ExceptedOut] = []
    total_minor: int | None = Field(
        None, description="What the amounts that add up come to; null when one is not known."
    )
    parts: list[AmountPartOut] = Field([], description="The amounts that add up, when there are several.")
