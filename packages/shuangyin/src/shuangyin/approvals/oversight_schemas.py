"""Shapes of named routes in the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.approvals.models import DefinitionStatus
from shuangyin.approvals.rules import SecondFactorRule, StepMode
from shuangyin.approvals.rules.definitions import (
    MAX_LEVELS,
    ApproverKind,
    FactPart,
    Hours,
    OnTimeout,
    WhenAbsent,
    WhenApplicant,
    WhenNobody,
    WhenRepeated,
)
from shuangyin.approvals.schemas import Id
from shuangyin.core.free_text import NO_NUL, Line
from shuangyin.organization.models import PostKind
from shuangyin.people.schemas import PersonRef

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Name = Annotated[Line, Field(min_length=1, max_length=100)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]
Amount = Annotated[int, Field(ge=0, le=10**15, description="In the smallest unit of the currency.")]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApproversBody(_Input):
    """Whom a step asks."""

    kind: ApproverKind
    post_kind: PostKind | None = None
    scope: Annotated[str, StringConstraints(pattern=r"^(applicant_department|organization)$")] = (
        "applicant_department"
    )
    person_ids: Annotated[list[Id], Field(max_length=50)] = []
    levels: Annotated[int, Field(ge=1, le=MAX_LEVELS)] = 1
    form_field: Word | None = None


class RouteConditionsBody(_Input):
    """When a step is part of the route; empty parts ask for nothing, an unknown amount meets every limit."""

    media: Annotated[list[Word], Field(max_length=4)] = []
    seal_categories: Annotated[list[Word], Field(max_length=20)] = []
    departments: Annotated[list[Id], Field(max_length=100)] = []
    applicants: Annotated[list[Id], Field(max_length=100)] = []
    amount_from_minor: Amount | None = None
    amount_below_minor: Amount | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"


class SpecialCasesBody(_Input):
    """What to do in the cases that every office knows."""

    applicant: WhenApplicant = WhenApplicant.SUPERIOR
    repeated: WhenRepeated = WhenRepeated.ADJACENT
    absent: WhenAbsent = WhenAbsent.SUPERIOR
    nobody: WhenNobody = WhenNobody.ERROR


class TimeoutBody(_Input):
    """After how many hours something happens, and what. Nothing of high risk passes for lack of an answer."""

    hours: Annotated[float, Field(ge=0.5, le=720, allow_inf_nan=False)]
    counted: Hours = Hours.WORKING
    then: OnTimeout = OnTimeout.REMIND


class StepDefinitionBody(_Input):
    """One step of a named route. `looks_at` empty: at everything, so that every replacement asks again."""

    key: Code
    name_zh: Name
    name_en: Name
    approvers: ApproversBody
    mode: StepMode = StepMode.ANY
    second_factor: SecondFactorRule = SecondFactorRule.WINDOW
    conditions: RouteConditionsBody = RouteConditionsBody()
    special: SpecialCasesBody = SpecialCasesBody()
    timeout: TimeoutBody | None = None
    looks_at: Annotated[list[FactPart], Field(max_length=5)] = []
    issue_form_counts: bool = False


class NewRouteDefinition(_Input):
    """A named route to write."""

    code: Code
    name: Name
    steps: Annotated[list[StepDefinitionBody], Field(min_length=1, max_length=20)]


class RouteDefinitionChange(_Input):
    """What is to change of a named route; what is absent stays. Other steps make a new version."""

    name: Name | None = None
    steps: Annotated[list[StepDefinitionBody], Field(min_length=1, max_length=20)] | None = None
    active: bool | None = None


class RouteVersionOut(BaseModel):
    """The steps of a named route as they were at some time."""

    id: str
    number: int
    sm3: str
    made_by: PersonRef
    made_at: int
    entry_id: str
    steps: list[StepDefinitionBody]


class RouteDefinitionOut(BaseModel):
    """A named route with its versions, the newest first."""

    id: str
    code: str
    name: str
    status: DefinitionStatus
    current_number: int
    created_at: int
    versions: list[RouteVersionOut]
    version: int
