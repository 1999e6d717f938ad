"""Shapes of approvals in the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.approvals.models import RouteStatus, StepStatus
from shuangyin.approvals.rules import AssignmentStatus, DecisionKind, SecondFactorRule, StepMode
from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import PersonRef

Comment = Annotated[Paragraph, Field(max_length=1000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Proof = Annotated[str, StringConstraints(max_length=200)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApprovalItem(BaseModel):
    """One line of the approval lists (待办, 已办)."""

    step_id: str
    route_id: str
    subject_type: str
    subject_id: str
    title: str
    number: str
    applicant: PersonRef
    step_name_zh: str
    step_name_en: str
    since: int
    due: int | None
    urged_at: int | None
    document_kind: str
    amount_minor: int | None
    currency: str
    medium: str
    seal_names: list[str]
    counterparty_name: str
    high_risk: bool
    second_factor: SecondFactorRule
    binding: str = Field(description="To be sent back with the decision: what is decided on.")
    status: StepStatus
    subject_status: str
    decision: DecisionKind | None
    decided_at: int | None
    version: int


class AssignmentOut(BaseModel):
    """A person who is asked at a step."""

    person: PersonRef
    on_behalf_of: PersonRef | None
    transferred_from: PersonRef | None
    status: AssignmentStatus


class ApprovalDecisionOut(BaseModel):
    """What one person said."""

    person: PersonRef
    decision: DecisionKind
    comment: str
    decided_at: int
    entry_id: str = Field(description="The evidence entry of this decision.")


class ApprovalStepOut(BaseModel):
    """A step of a route."""

    id: str
    position: int
    name_zh: str
    name_en: str
    mode: StepMode
    second_factor: SecondFactorRule
    status: StepStatus
    opened_at: int | None
    due_at: int | None
    ended_at: int | None
    assignments: list[AssignmentOut]
    decisions: list[ApprovalDecisionOut]
    version: int


class ApprovalRouteOut(BaseModel):
    """The approval of one subject."""

    route_id: str
    subject_type: str
    subject_id: str
    title: str
    status: RouteStatus
    binding: str
    started_at: int
    ended_at: int | None
    urged_at: int | None
    steps: list[ApprovalStepOut]
    version: int


class ApprovalStepDetail(BaseModel):
    """A step with the route it belongs to, and whether the caller may decide it now."""

    step: ApprovalStepOut
    route: ApprovalRouteOut
    may_decide: bool


class NewDecision(_Input):
    """A decision on a step."""

    decision: DecisionKind
    comment: Comment = ""
    binding: Digest
    proof: Proof | None = None


class StepTransfer(_Input):
    """To whom a step goes, and why."""

    person_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    reason: Annotated[Paragraph, Field(min_length=1, max_length=500)]
