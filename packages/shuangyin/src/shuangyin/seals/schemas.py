"""API shapes of the seal register. Lengths in millimetres, times in UTC milliseconds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Line, Paragraph
from shuangyin.people.schemas import Id, PersonRef

Category = Literal["legal_name", "contract", "finance", "invoice", "legal_rep_name", "department", "other"]
Root = Literal["unit", "party", "union", "league"]
MediumName = Literal["electronic", "physical"]
LATEST = 253_402_300_799_000
"""The end of the year 9999 in UTC milliseconds."""

FaceText = Annotated[Line, Field(min_length=1, max_length=80)]
FaceWords = Annotated[Line, Field(min_length=1, max_length=20)]
Side = Annotated[float, Field(ge=8, le=60)]
Code = Annotated[str, Field(pattern=r"^[0-9]{13}([0-9])?$")]
Sequence = Annotated[int, Field(ge=1, le=99)]


class _Filed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    filing_no: Line | None = Field(None, min_length=1, max_length=64)
    filing_authority: Line | None = Field(None, min_length=1, max_length=200)
    filed_at: int | None = Field(None, ge=0, le=LATEST)


class NewPhysicalSeal(_Filed):
    """A physical seal to be registered. Shape and size default to the standard of its category."""

    category: Category
    face_text: FaceText | None = Field(None, description="The organization's name when absent.")
    face_words: FaceWords | None = Field(None, description="The usual words of the category when absent.")
    sequence_number: Sequence | None = None
    shape: Literal["round", "ellipse", "square", "rectangle"] | None = None
    width_mm: Side | None = None
    height_mm: Side | None = None
    seal_code: Code | None = None
    root: Root = Field("unit", description="Whose root office grants its use.")
    keeper_person_id: Id | None = None
    counterpart_id: Id | None = None


class NewTrialSeal(BaseModel):
    """A trial e-seal to be made: after a physical counterpart, or from face data."""

    model_config = ConfigDict(extra="forbid")

    counterpart_id: Id | None = None
    category: Category | None = Field(None, description="Needed when there is no counterpart.")
    face_text: FaceText | None = None
    face_words: FaceWords | None = None
    sequence_number: Sequence | None = None
    seal_code: Code | None = None
    root: Root = Field(
        "unit", description="Whose root office grants its use; the counterpart's when there is one."
    )
    keeper_person_id: Id | None = None


class FilingChange(_Filed):
    """The filing of a seal, entered later."""


class SealAct(BaseModel):
    """Puts a seal into force, suspends it or takes it up again."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph | None = Field(None, max_length=500)


class NewKeeper(BaseModel):
    """Who keeps the seal from now on."""

    model_config = ConfigDict(extra="forbid")

    person_id: Id


class CounterpartOut(BaseModel):
    """The seal of the other medium with the same face."""

    id: str
    name: str
    medium: MediumName


class SealOut(BaseModel):
    """A seal in the register."""

    id: str
    medium: MediumName
    name: str
    face_text: str
    face_words: str | None
    category: str
    ga_type: str
    sequence_number: int | None
    shape: str
    width_mm: float
    height_mm: float
    seal_code: str | None
    es_id: str | None
    origin: Literal["issued", "trial"] | None
    status: str
    whereabouts: str | None
    root: str = Field(description="Whose root office grants its use: unit, party, union or league.")
    counterpart_id: str | None
    counterpart: CounterpartOut | None
    keeper: PersonRef | None
    filing_no: str | None
    filing_authority: str | None
    filed_at: int | None
    valid_from: int | None
    valid_until: int | None
    has_specimen: bool
    version: int


class SealEventOut(BaseModel):
    """Something that happened to a seal."""

    id: str
    at: int
    kind: str
    status_after: str
    person: PersonRef | None
    note: str | None


class RemarkOut(BaseModel):
    """A remark in both languages."""

    zh: str
    en: str


class CertificateOut(BaseModel):
    """The signer's certificate of an e-seal."""

    subject: str
    issuer: str
    serial: str
    not_before: int
    not_after: int
    trial: bool


class SealDetailOut(SealOut):
    """A seal with its history."""

    events: list[SealEventOut]
    remarks: list[RemarkOut]
    certificate: CertificateOut | None
    actions: list[str] = Field(
        description="What the caller may do now: activate, suspend, resume, set_keeper, set_filing, file_specimen."
    )
