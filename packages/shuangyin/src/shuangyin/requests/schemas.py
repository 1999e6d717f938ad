"""Shapes of requests in the API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.approvals.schemas import ApprovalRouteOut
from shuangyin.core.free_text import Line, Paragraph
from shuangyin.evidence.schemas import EntryAnchorOut
from shuangyin.people.schemas import NamedRef, PersonRef
from shuangyin.requests.models import DutyKind, RequestStatus
from shuangyin.scenarios.schemas import (
    Amount,
    Code,
    Currency,
    DecisionFacts,
    DecisionOut,
    Region,
    TextOut,
)

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Title = Annotated[Line, Field(min_length=1, max_length=200)]
Reason = Annotated[Paragraph, Field(max_length=1000)]
PartyName = Annotated[Line, Field(max_length=100)]
Medium = Literal["electronic", "physical"]
Page = Annotated[int, Field(ge=0, le=100_000, description="From 0.")]
Length = Annotated[float, Field(ge=-10_000, le=10_000, allow_inf_nan=False, description="Millimetres.")]
Presses = Annotated[int, Field(ge=0, le=10_000)]
Action = Literal["edit", "submit", "discard", "withdraw", "urge", "replace", "decide", "seal", "open_safe"]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlaceBody(_Input):
    """A place of a whole seal: top-left corner, from the top left of the page as shown."""

    page: Page
    x_mm: Length
    y_mm: Length
    document: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None, description="Position of the document in the request, from 1; every document when absent."
    )


class SeamBody(_Input):
    """A riding seam (骑缝章) over all pages: `y_mm` is the distance along the edge, from the top or from the left."""

    edge: Literal["right", "left", "top", "bottom"] = "right"
    y_mm: Length


class QrBody(_Input):
    """Where the QR code to the verification page goes."""

    page: Page
    x_mm: Length
    y_mm: Length
    size_mm: Length = 15


class RequestSealBody(_Input):
    """What is asked of one seal. Of an electronic one the counts follow from its places and seam; of a physical one they
    are of all copies together, and when absent what its places and seam take on every copy."""

    seal_id: Id
    presses_applied: Presses | None = None
    seam_presses: Presses | None = None
    placements: Annotated[list[PlaceBody], Field(max_length=200)] = []
    seam: SeamBody | None = None
    qr: QrBody | None = None


class AttachmentBody(_Input):
    """A paper that comes with a request: a document version and what kind of paper it is."""

    document_version_id: Id
    kind: Code = Field(description="Code of the table of paper kinds.")


class ExceptionBody(_Input):
    """Which rules of the list in force a use asks to be excepted from, and why."""

    rule_ids: Annotated[list[Id], Field(min_length=1, max_length=20)]
    reason: Annotated[Paragraph, Field(min_length=1, max_length=1000)]


ContractNumber = Annotated[Line, Field(min_length=1, max_length=64)]
DuplicateReason = Annotated[Paragraph, Field(min_length=1, max_length=500)]
PaperDescription = Annotated[Paragraph, Field(min_length=1, max_length=1000)]
PaperPlace = Annotated[Line, Field(min_length=1, max_length=200)]
Attachments = Annotated[list[AttachmentBody], Field(max_length=20)]


class RequestBody(_Input):
    """A request as its applicant writes it. A draft may be incomplete; submission says what is missing."""

    title: Title
    document_kind: Code
    matter: Code | None = None
    channel: Code | None = None
    reason: Reason = ""
    amount_minor: Amount | None = Field(None, description="Unknown when absent; never read as zero.")
    currency: Currency = "CNY"
    counterparty_id: Id | None = None
    counterparty_name: PartyName = ""
    copies: Annotated[int, Field(ge=1, le=10_000)] = 1
    medium: Medium | None = Field(None, description="What the scenario list decides when absent.")
    document_version_ids: Annotated[list[Id], Field(max_length=20)] = []
    seals: Annotated[list[RequestSealBody], Field(max_length=20)] = []
    platform: Code | None = None
    region: Region | None = None
    contract_number: ContractNumber | None = None
    amends_request_id: Id | None = Field(
        None, description="The request of the contract that this one amends."
    )
    part_of_request_id: Id | None = Field(None, description="The first request of a deal that is split.")
    exception: ExceptionBody | None = None
    duplicate_reason: DuplicateReason | None = Field(
        None, description="Why the same paper or contract is sealed again."
    )
    paper_description: PaperDescription | None = Field(
        None,
        description="Of a paper that exists only on paper: with it and `paper_place` no document need be uploaded; the "
        "platform writes a sheet that describes it.",
    )
    paper_place: PaperPlace | None = None
    formality_id: Id | None = Field(
        None, description="The approved use of an old seal for a formality of a rename (`GET /formalities`)."
    )
    attachments: Attachments = []


class NewRequest(RequestBody):
    """A draft to begin."""


class RequestChange(_Input):
    """What is to change of a draft; what is absent stays."""

    title: Title | None = None
    document_kind: Code | None = None
    matter: Code | None = None
    channel: Code | None = None
    reason: Reason | None = None
    amount_minor: Amount | None = None
    currency: Currency | None = None
    counterparty_id: Id | None = None
    counterparty_name: PartyName | None = None
    copies: Annotated[int, Field(ge=1, le=10_000)] | None = None
    medium: Medium | None = None
    document_version_ids: Annotated[list[Id], Field(max_length=20)] | None = None
    seals: Annotated[list[RequestSealBody], Field(max_length=20)] | None = None
    platform: Code | None = None
    region: Region | None = None
    contract_number: ContractNumber | None = None
    amends_request_id: Id | None = None
    part_of_request_id: Id | None = None
    exception: ExceptionBody | None = None
    duplicate_reason: DuplicateReason | None = None
    paper_description: PaperDescription | None = None
    paper_place: PaperPlace | None = None
    formality_id: Id | None = None
    attachments: Attachments | None = None


class PreviewFacts(DecisionFacts):
    """What is known of a use before it is submitted, with what adds up and what it may repeat."""

    request_id: Id | None = Field(None, description="The draft itself, which repeats nothing.")
    contract_number: ContractNumber | None = None
    counterparty_name: PartyName = ""
    amends_request_id: Id | None = None
    part_of_request_id: Id | None = None
    formality_id: Id | None = None
    excepted_rule_ids: Annotated[list[Id], Field(max_length=20, default_factory=list)]
    document_version_ids: Annotated[list[Id], Field(max_length=20, default_factory=list)]


class LikeRequest(BaseModel):
    """Another request that this one repeats or may belong together with."""

    why: Literal["document", "contract", "counterparty"]
    request_id: str
    number: str
    status: RequestStatus
    amount_minor: int | None
    currency: str
    at: int


class PreviewOut(DecisionOut):
    """The answer of the list, and what the use repeats or may belong together with."""

    duplicates: list[LikeRequest] = Field([], description="Sealing again must be confirmed with a reason.")
    nearby: list[LikeRequest] = Field(
        [], description="Recent requests with the same counterparty: do they belong to one deal?"
    )


class RequestSubmission(_Input):
    """Whom the applicant chose where a step of the route lets him, and the persons that fields of the form name."""

    choices: Annotated[
        dict[str, Annotated[list[Id], Field(max_length=20)]],
        Field(max_length=20, description="Chosen approvers by step key, as the plan of the route names it."),
    ] = {}
    fields: Annotated[
        dict[str, Id], Field(max_length=20, description="Persons by the name of the form's field.")
    ] = {}


class RequestReplacement(_Input):
    """What is replaced while a request is in approval; what is absent stays."""

    document_version_ids: Annotated[list[Id], Field(min_length=1, max_length=20)] | None = None
    seals: Annotated[list[RequestSealBody], Field(min_length=1, max_length=20)] | None = Field(
        None, description="The same seals with other places or counts."
    )
    copies: Annotated[int, Field(ge=1, le=10_000)] | None = None


class PlannedStepOut(BaseModel):
    """A step as the route would have it now, and whom it would ask."""

    key: str
    name_zh: str
    name_en: str
    mode: str
    second_factor: str
    persons: list[PersonRef]
    instead_of: list[PersonRef] = Field(
        description="Those named who are not asked: they left, may not approve, or applied themselves."
    )
    ended_as: str | None
    choose: bool = Field(description="Whether the applicant chooses its approvers.")
    form_field: str | None
    due_hours: float | None


class ChoiceOut(BaseModel):
    """A step whose approvers the applicant chooses, and among whom."""

    key: str
    name: TextOut
    persons: list[PersonRef]


class NamingOut(BaseModel):
    """A step whose approver a field of the request names."""

    key: str
    name: TextOut
    field: str


class RoutePlanOut(BaseModel):
    """The route that a submission would start now. `missing` is the step that nobody could decide, `unfit` are those
    whom the applicant named or chose and who cannot be asked: a submission is refused until he chooses others.
    """

    steps: list[PlannedStepOut]
    to_choose: list[ChoiceOut]
    to_name: list[NamingOut] = Field(description="Fields of the request that name an approver.")
    unfit: list[ChoiceOut]
    missing: TextOut | None


class NewIssueForm(_Input):
    """A 签发单 that approves documents of a request. `covers` empty: all of its documents as they are now."""

    number: Annotated[Line, Field(min_length=1, max_length=64)]
    source: Annotated[Line, Field(min_length=1, max_length=64)] = "paper"
    document_version_id: Id | None = Field(None, description="The form itself, uploaded as a document.")
    covers: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]], Field(max_length=20)
    ] = []
    signed_by: Annotated[Line, Field(min_length=1, max_length=50)]
    signed_post: Annotated[Line, Field(min_length=1, max_length=100)]
    signed_on: date
    opinion: Annotated[Paragraph, Field(min_length=1, max_length=1000)]


class RequestWithdrawal(_Input):
    """Why a request is withdrawn."""

    reason: Annotated[Paragraph, Field(max_length=500)] = ""


class RequestDocumentOut(BaseModel):
    """A document of a request, in the version that is asked for."""

    document_version_id: str
    document_id: str
    version_number: int
    position: int
    title: str
    file_name: str
    sm3: str
    size: int
    pages: int
    page_sizes: list[tuple[float, float]]
    signed_by_others: bool


class ArchiveCopyOut(BaseModel):
    """A scan or receipt that was filed."""

    document_version_id: str
    document_id: str
    title: str
    file_name: str
    sm3: str


class AttachmentOut(BaseModel):
    """A paper that comes with a request."""

    document_version_id: str
    document_id: str
    kind: str
    kind_name: TextOut
    title: str
    file_name: str
    sm3: str


class DutyFulfilment(_Input):
    """With what a duty is done: the scans of the sealed papers, or how they were handed over."""

    document_version_ids: Annotated[list[Id], Field(max_length=50)] = []
    note: Annotated[Paragraph, Field(max_length=500)] = ""


class DutyOut(BaseModel):
    """What is still to be done after a use, or how it was done."""

    kind: DutyKind
    state: Literal["open", "overdue", "fulfilled"]
    compulsory: bool = Field(
        description="While it is overdue its applicant applies for no further use of this kind."
    )
    opened_at: int
    due_at: int | None = Field(description="Null: no term is set.")
    fulfilled_at: int | None
    fulfilled_by: PersonRef | None
    note: str | None
    copies: list[ArchiveCopyOut]


class OwedDutyOut(BaseModel):
    """A duty that is not fulfilled, with the request it lies on."""

    id: str
    request_id: str
    number: str
    title: str
    applicant: PersonRef
    duty: DutyOut


class RequestSealOut(BaseModel):
    """What is asked of one seal, and how it looks."""

    id: str
    seal_id: str
    name: str
    medium: Medium
    category: str
    width_mm: float
    height_mm: float
    status: str
    keeper: PersonRef | None
    picture_url: str
    presses_applied: int
    seam_presses: int
    placements: list[PlaceBody]
    seam: SeamBody | None
    qr: QrBody | None


class VoidedOut(BaseModel):
    """That a use was voided. Time in UTC milliseconds."""

    at: int
    by: PersonRef
    code: str = Field(description="Why; outsiders are told this, and not the reason in words.")
    zh: str
    en: str
    reason: str
    entry_id: str


class RequestUseOut(BaseModel):
    """A seal use of a request."""

    model_config = ConfigDict(extra="ignore")

    id: str
    number: str
    medium: Medium
    seal_id: str
    seal_name: str
    position: int
    executed_at: int
    presser: PersonRef | None
    on_behalf_of: PersonRef | None = Field(
        None, description="The absent person for whom the presser acted under a delegation."
    )
    status: str
    voided: VoidedOut | None = Field(None, description="Null while the use stands.")
    verification_url: str
    document_id: str
    sealed_version_id: str | None
    sealed_version_number: int | None


class TimelineItem(BaseModel):
    """One thing that happened to a request, with the evidence entry that records it."""

    at: int
    kind: str
    zh: str
    en: str
    person: PersonRef | None
    comment: str | None
    entry_id: str | None
    anchor_state: Literal["waiting", "anchored", "failed", "none"] = Field(
        description="待上链, 已上链 (by at least one anchor), 失败 (every anchor; tried again), or no anchor is set."
    )
    anchors: list[EntryAnchorOut]


class RequestSummary(BaseModel):
    """A request as lists show it."""

    id: str
    number: str
    status: RequestStatus
    title: str
    document_kind: str
    amount_minor: int | None
    currency: str
    counterparty_name: str
    medium: Medium
    seal_names: list[str]
    applicant: PersonRef
    waiting_for: list[PersonRef] = Field(description="Whose decision it waits for.")
    created_at: int
    submitted_at: int | None
    approved_at: int | None
    sealed_at: int | None
    version: int


class RequestOut(RequestSummary):
    """A request with all that its page shows."""

    matter: str | None
    channel: str | None
    reason: str
    department: NamedRef | None
    department_id: str | None
    document_kind_name: TextOut
    counterparty_id: str | None
    copies: int
    decision: DecisionOut | None = Field(description="As of submission; the present one for a draft.")
    list_version: int | None
    high_risk: bool
    binding: str | None
    documents: list[RequestDocumentOut]
    seals: list[RequestSealOut]
    approval: ApprovalRouteOut | None
    step_id: str | None = Field(description="The step that the caller may decide now.")
    timeline: list[TimelineItem]
    uses: list[RequestUseOut]
    platform: str | None
    region: str | None
    contract_number: str | None
    amends_request_id: str | None
    part_of_request_id: str | None
    exception: ExceptionBody | None
    duplicate_reason: str | None
    duplicates: list[LikeRequest]
    nearby: list[LikeRequest]
    paper_description: str | None
    paper_place: str | None
    formality_id: str | None
    stub_number: str | None
    attachments: list[AttachmentOut]
    duties: list[DutyOut] = Field(description="What the list asks for after the use; empty before it.")
    done: bool = Field(description="Sealed, and no duty is left.")
    actions: list[Action] = Field(description="What the caller may do now.")
