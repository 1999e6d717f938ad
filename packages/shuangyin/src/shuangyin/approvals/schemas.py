"""Shapes of approvals in the API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.approvals.models import RouteStatus, StepStatus
from shuangyin.approvals.rules import AssignmentStatus, DecisionKind, SecondFactorRule, StepMode
from shuangyin.approvals.rules.changes import Happened
from shuangyin.approvals.rules.definitions import FactPart
from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import PersonRef

Comment = Annotated[Paragraph, Field(max_length=1000)]
Reason = Annotated[Paragraph, Field(min_length=1, max_length=500)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Proof = Annotated[str, StringConstraints(max_length=200)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Persons = Annotated[list[Id], Field(min_length=1, max_length=50)]


class Input(BaseModel):
    """A body that is sent: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class SubjectLine(BaseModel):
    """What every list says of the subject of an approval."""

    route_id: str
    subject_type: str
    subject_id: str
    title: str
    number: str
    applicant: PersonRef
    document_kind: str
    amount_minor: int | None
    currency: str
    medium: str
    seal_names: list[str]
    counterparty_name: str
    high_risk: bool
    subject_status: str


class ApprovalItem(SubjectLine):
    """One line of the approval lists (待办, 已办)."""

    step_id: str
    step_name_zh: str
    step_name_en: str
    since: int
    due: int | None
    urged_at: int | None
    second_factor: SecondFactorRule
    binding: str = Field(description="To be sent back with the decision: what is decided on.")
    status: StepStatus
    decision: DecisionKind | None
    decided_at: int | None
    on_behalf_of: PersonRef | None = Field(
        description="The absent person in whose place the caller is asked."
    )
    version: int


class RouteItem(SubjectLine):
    """One line of 抄送给我, 我发起 and of the page of stuck approvals."""

    status: RouteStatus
    step_name_zh: str | None = Field(description="The open step; null once the route has ended.")
    step_name_en: str | None
    due: int | None
    waiting_for: list[PersonRef]
    started_at: int
    ended_at: int | None
    copied_at: int | None
    copied_by: PersonRef | None
    read_at: int | None
    stuck_since: int | None
    stuck_reason: str | None


class ConsultationItem(SubjectLine):
    """One line of 征询我的."""

    id: str
    step_name_zh: str
    step_name_en: str
    asked_by: PersonRef
    question: str
    asked_at: int
    answer: str | None
    answered_at: int | None


class ApprovalCounts(BaseModel):
    """How many of each wait for the caller; `stuck` only for those who release stuck approvals."""

    todo: int
    consulted: int
    stuck: int | None


class AssignmentOut(BaseModel):
    """A person who is asked at a step."""

    person: PersonRef
    on_behalf_of: PersonRef | None
    transferred_from: PersonRef | None
    status: AssignmentStatus
    source: str = Field(description="Why he is asked: route, transfer, delegate, superior, administrator.")


class ApprovalDecisionOut(BaseModel):
    """What one person said. One that was superseded counts no longer."""

    person: PersonRef
    on_behalf_of: PersonRef | None
    decision: DecisionKind
    comment: str
    decided_at: int
    entry_id: str = Field(description="The evidence entry of this decision.")
    superseded: bool
    carried: bool = Field(description="Whether it was made at an earlier step or before a resubmission.")


class ConsultationOut(BaseModel):
    """An opinion that was asked for at a step."""

    id: str
    person: PersonRef
    asked_by: PersonRef
    question: str
    asked_at: int
    answer: str | None
    answered_at: int | None


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
    ended_as: str | None = Field(
        description="skipped, repeated, carried, issue_form or timed_out; null when decided."
    )
    added_by: PersonRef | None
    note: str | None
    returns_to: str | None = Field(description="The step that is asked next, past those in between.")
    turn: int
    assignments: list[AssignmentOut]
    decisions: list[ApprovalDecisionOut]
    consultations: list[ConsultationOut]
    version: int


class DifferenceOut(BaseModel):
    """One part of what is approved that was replaced. `before` and `after` say or point to what it was and is."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    kind: FactPart
    happened: Happened
    zh: str
    en: str
    before: str
    after: str


class RevisionOut(BaseModel):
    """A replacement of what a route is about."""

    number: int
    made_by: PersonRef
    made_at: int
    from_binding: str
    to_binding: str
    asked_again: int = Field(description="How many decisions no longer counted.")
    differences: list[DifferenceOut]
    entry_id: str


class CopyOut(BaseModel):
    """Who was sent a copy."""

    person: PersonRef
    copied_by: PersonRef
    copied_at: int
    read_at: int | None


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
    stuck_since: int | None
    replaceable: bool = Field(description="Whether the starter may replace documents now.")
    steps: list[ApprovalStepOut]
    revisions: list[RevisionOut]
    copies: list[CopyOut]
    version: int


class ApprovalStepDetail(BaseModel):
    """A step with the route it belongs to, and whether the caller may decide it now."""

    step: ApprovalStepOut
    route: ApprovalRouteOut
    may_decide: bool


class NewDecision(Input):
    """A decision on a step."""

    decision: DecisionKind
    comment: Comment = ""
    binding: Digest
    proof: Proof | None = None


class BatchDecision(NewDecision):
    """One of many decisions."""

    step_id: Id
    version: int | None = Field(None, description="The version of the step that was read.")


class DecisionBatch(Input):
    """Many decisions at once. `proof` covers the ordinary ones: act `approvals.decide_batch`, subject as computed by
    `POST /approvals/decisions/digest`."""

    items: Annotated[list[BatchDecision], Field(min_length=1, max_length=100)]
    proof: Proof | None = None


class BatchDigest(BaseModel):
    """What one proof for a batch is asked for."""

    act: str
    subject: str


class BatchItemOut(BaseModel):
    """What became of one decision of a batch."""

    step_id: str
    status: StepStatus | None
    code: str | None
    zh: str | None
    en: str | None
    details: dict[str, object]


class BatchOut(BaseModel):
    """What became of a batch, in the order it was sent."""

    items: list[BatchItemOut]
    decided: int
    refused: int


class StepTransfer(Input):
    """To whom a step goes, and why."""

    person_id: Id
    reason: Reason


class StepAddition(Input):
    """Whom to ask in a step of their own, before or after one's own decision (加签)."""

    person_ids: Persons
    when: Literal["before", "after"]
    mode: StepMode = StepMode.ALL
    reason: Reason


class StepConsultation(Input):
    """Whose opinion is asked for (征询)."""

    person_ids: Persons
    question: Reason


class ConsultationAnswer(Input):
    """An opinion."""

    opinion: Annotated[Paragraph, Field(min_length=1, max_length=1000)]


class SendBack(Input):
    """To which earlier step a route is sent back, and how it goes on."""

    to_step_id: Id
    then: Literal["onward", "straight_back"]
    comment: Comment
    binding: Digest
    proof: Proof | None = None


class ReplacementPermission(Input):
    """Why the starter may replace documents."""

    reason: Reason


class Copies(Input):
    """To whom copies go."""

    person_ids: Annotated[list[Id], Field(min_length=1, max_length=100)]


class StuckAct(Input):
    """Why an administrator steps in, with his second factor."""

    reason: Reason
    proof: Proof | None = None


class StuckAssignment(StuckAct):
    """Who is to decide."""

    person_id: Id


class IssueFormOut(BaseModel):
    """A 签发单 and whether it was checked."""

    id: str
    subject_type: str
    subject_id: str
    number: str
    source: str
    document_version_id: str | None
    form_sm3: str | None
    covers: list[str]
    signed_by: str
    signed_post: str
    signed_on: str
    opinion: str
    registered_by: PersonRef
    registered_at: int
    checked_by: PersonRef | None
    checked_at: int | None


class IssueFormCheck(Input):
    """The second factor for checking a form."""

    proof: Proof | None = None
