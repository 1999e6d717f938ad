"""API shapes of the life of seals. Times in UTC milliseconds, lengths in millimetres."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.approvals.schemas import ApprovalRouteOut
from shuangyin.core.free_text import Line, Paragraph
from shuangyin.people.schemas import Id, PersonRef
from shuangyin.seals.rules.life import LifeAct
from shuangyin.seals.schemas import (
    LATEST,
    Category,
    Code,
    FaceText,
    FaceWords,
    MediumName,
    Root,
    Sequence,
    Side,
)

Name = Annotated[Line, Field(min_length=1, max_length=100)]
Number = Annotated[Line, Field(min_length=1, max_length=64)]
Instant = Annotated[int, Field(ge=0, le=LATEST)]


class NewApplication(BaseModel):
    """An application to have a seal made. Shape and size default to the standard of its category."""

    model_config = ConfigDict(extra="forbid")

    medium: MediumName
    category: Category
    face_text: FaceText | None = Field(None, description="The organization's name when absent.")
    face_words: FaceWords | None = None
    sequence_number: Sequence | None = None
    shape: Literal["round", "ellipse", "square", "rectangle"] | None = None
    width_mm: Side | None = None
    height_mm: Side | None = None
    root: Root = "unit"
    keeper_person_id: Id | None = None
    counterpart_id: Id | None = None
    replaces_id: Id | None = Field(
        None, description="The suspended or ended seal that it is made to replace."
    )
    reason: Paragraph | None = Field(None, max_length=500)


class StepDetails(BaseModel):
    """What a step states besides its evidence; which of it is needed depends on the act."""

    model_config = ConfigDict(extra="forbid")

    maker_name: Name | None = None
    maker_filing_no: Number | None = None
    seal_code: Code | None = None
    filing_no: Number | None = None
    filing_authority: Name | None = None
    witness_ids: list[Id] = Field(default_factory=list, max_length=10)
    happened_at: Instant | None = None
    counterpart: Literal["revoke", "keep"] | None = Field(
        None, description="Of a surrender: whether the e-seal of the pair ends with it."
    )
    purpose: Name | None = Field(None, description="Of the use for a formality: which one.")
    recipient: Name | None = Field(None, description="Of the use for a formality: who asks for the old seal.")
    presses: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="Of the use for a formality: how many presses are allowed in all."
    )


class NewStep(BaseModel):
    """A step that is asked for; its evidence was uploaded before."""

    model_config = ConfigDict(extra="forbid")

    act: LifeAct
    details: StepDetails = Field(default_factory=StepDetails)
    evidence_ids: list[Id] = Field(default_factory=list, max_length=40)
    reason: Paragraph | None = Field(None, max_length=500)


class StepWithdrawal(BaseModel):
    """Why a step is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Paragraph, Field(min_length=1, max_length=500)]


class NewCheck(BaseModel):
    """A check of an application. Name and number are passed on and not kept."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["registry", "representative", "agent"]
    name: Annotated[Line, Field(min_length=1, max_length=50)] | None = None
    id_number: Annotated[str, Field(min_length=1, max_length=18)] | None = None


class SealWordsOut(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class SealEvidenceOut(BaseModel):
    """A paper or photo of a step."""

    id: str
    kind: str
    words: SealWordsOut
    sm3: str
    media_type: str
    added_by: PersonRef | None
    added_at: int


class SealStepOut(BaseModel):
    """A step of a seal's life that was asked for."""

    id: str
    seal_id: str
    act: str
    words: SealWordsOut
    status: Literal["waiting", "filing", "done", "rejected", "sent_back", "withdrawn", "void"]
    details: StepDetails
    reason: str | None
    binding: str
    route_id: str | None
    asked_by: PersonRef | None
    asked_at: int
    ended_at: int | None
    ended_because: str | None
    obstacle: SealWordsOut | None = Field(
        description="Why the step, not decided yet, would be void if it were approved now."
    )
    evidence: list[SealEvidenceOut]


class SealStepDetailOut(SealStepOut):
    """A step with its seal's name and the route of its approval."""

    seal_name: str
    route: ApprovalRouteOut | None


class SealCheckOut(BaseModel):
    """A check of an application and its outcome."""

    id: str
    kind: str
    words: SealWordsOut
    good: bool
    outcome: str
    checked_by: PersonRef | None
    checked_at: int


class SealNeedOut(BaseModel):
    """A piece of evidence that is needed: any one of these kinds."""

    kinds: list[str]
    words: list[SealWordsOut]


class SealMoveOut(BaseModel):
    """A line of the table of a seal's life."""

    act: str
    words: SealWordsOut
    before: list[str]
    after: str
    media: list[MediumName]
    begun: list[str]
    who: str
    evidence: list[SealNeedOut]
    approval: bool
    telling: str | None
    told_first: bool
    while_in_use: bool


class SealStatusOut(BaseModel):
    """A status and how people call it."""

    status: str
    words: SealWordsOut


class LifeTableOut(BaseModel):
    """The whole table: what may follow what, on what evidence, with whose approval."""

    statuses: list[SealStatusOut]
    moves: list[SealMoveOut]
    diagram: str = Field(description="The same as a state diagram in Mermaid's language.")


class SealFilingOut(BaseModel):
    """Something that a filing authority is told."""

    id: str
    seal_id: str
    seal_name: str
    authority: Literal["police", "management_unit"]
    telling: Literal["new", "status", "cancel"]
    status: Literal["waiting", "accepted", "refused", "mismatch", "replaced"]
    attempts: int
    created_at: int
    next_try_at: int | None
    due_at: int | None
    overdue: bool
    answered_at: int | None
    filing_no: str | None
    problem: SealWordsOut | None
    version: int


class SealTaskOut(BaseModel):
    """Something to be done about a seal, or about the organization's seals."""

    id: str
    kind: str
    words: SealWordsOut
    seal_id: str | None
    seal_name: str | None
    seal_medium: MediumName | None
    cause_seal_id: str | None
    cause_seal_name: str | None
    detail: str | None
    raised_at: int


class TaskEnd(BaseModel):
    """Why a task needs nothing more."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[Paragraph, Field(min_length=1, max_length=500)]


class SealDiscrepancyOut(BaseModel):
    """That an outside register says something else than this one."""

    id: str
    seal_id: str | None
    seal_name: str | None
    outside: str = Field(description="The outside register: police, management_unit or registry.")
    what: str
    ours: str
    theirs: str
    found_at: int
    seen_at: int


class FilingBoardOut(BaseModel):
    """What waits for an authority, what is out of step, and what is to be done."""

    connected: list[str] = Field(description="The outside systems that this installation is connected to.")
    filings: list[SealFilingOut]
    discrepancies: list[SealDiscrepancyOut]
    tasks: list[SealTaskOut]


class SealLifeOut(BaseModel):
    """Where a seal stands in its life, and what may be done next."""

    seal_id: str
    status: str
    words: SealWordsOut
    begun: Literal["taken_in", "applied"]
    hold: str | None
    replaces_id: str | None
    replaces_name: str | None
    replaced_by_id: str | None
    replaced_by_name: str | None
    steps: list[SealStepOut]
    checks: list[SealCheckOut]
    filings: list[SealFilingOut]
    tasks: list[SealTaskOut]
    next: list[SealMoveOut] = Field(description="What the caller may ask for now.")
    waiting: SealStepOut | None = Field(
        description="The step that waits for its approval or for the authority."
    )
    uses: list[UnfinishedUseOut] = Field(description="What of its use is not over.")
    version: int


class UnfinishedUseOut(BaseModel):
    """A use of a seal that is not over."""

    kind: Literal["request", "opening", "loan"]
    id: str
    number: str


SealLifeOut.model_rebuild()
