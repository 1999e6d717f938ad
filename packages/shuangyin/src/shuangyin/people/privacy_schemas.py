"""Shapes of consent, deletion, impact assessments and face checks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import PasskeyAct

PurposeCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}$")]


class NoticeText(BaseModel):
    """A sentence in both languages."""

    model_config = ConfigDict(from_attributes=True)

    zh: str
    en: str


class PurposeOut(BaseModel):
    """A purpose with its notice, and how the caller stands to it."""

    code: str
    version: str
    sensitive: bool = Field(
        description="Sensitive personal information: asked for separately, and assessed before."
    )
    title: NoticeText
    what: NoticeText
    why: NoticeText
    impact: NoticeText
    kept: NoticeText
    otherwise: NoticeText = Field(description="What does the same without it.")
    given_at: int | None
    outdated: bool = Field(description="Agreed to an earlier notice: to be asked again.")


class DeletionOut(BaseModel):
    """Proof that data was deleted."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    purpose: str
    reason: Literal["withdrawn", "left", "reset", "expired"]
    rows: int
    deleted_at: int
    entry_id: str


class MyPrivacy(BaseModel):
    """The caller's consents and the proofs of what was deleted."""

    purposes: list[PurposeOut]
    deletions: list[DeletionOut]


class NewConsent(BaseModel):
    """Agrees to one purpose in the version that was read."""

    model_config = ConfigDict(extra="forbid")

    purpose: PurposeCode
    version: Annotated[str, StringConstraints(max_length=16)]


class Withdrawn(BaseModel):
    """What taking a consent back did."""

    deletion: DeletionOut | None = Field(description="Null when there was no data.")


class NewAssessment(BaseModel):
    """An impact assessment (个人信息保护法 56): lawful and necessary, effect and risk, whether the measures fit."""

    model_config = ConfigDict(extra="forbid")

    purpose: PurposeCode
    necessity: Paragraph = Field(min_length=10, max_length=2000)
    risks: Paragraph = Field(min_length=10, max_length=2000)
    measures: Paragraph = Field(min_length=10, max_length=2000)


class AssessmentOut(BaseModel):
    """An impact assessment."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    purpose: str
    necessity: str
    risks: str
    measures: str
    assessed_by: str
    assessed_at: int
    keep_until: int


class PrivacyOverview(BaseModel):
    """Personal information of the organization, in numbers, with its assessments."""

    consents: dict[str, int] = Field(description="Persons who agree, by purpose.")
    faces_stored: int = Field(description="Templates on this installation, over all organizations.")
    faces_to_be_filed: int = Field(description="From so many on they are filed with the cyberspace office.")
    assessments: list[AssessmentOut]
    purposes: list[PurposeOut]


class FaceAct(PasskeyAct):
    """The act on a subject that a face is to confirm."""


class FaceTask(BaseModel):
    """How to show one's face: from the front first, then turned to the side that is named (one's own)."""

    check: str
    turn: Literal["left", "right"]
    expires_at: int


class FaceEnrolment(BaseModel):
    """Asks to enrol one's face. Needs a step-up proof (people.enrol_face, the person's id) and the consent."""

    model_config = ConfigDict(extra="forbid")

    proof: Annotated[str, StringConstraints(max_length=100)] | None = None


class FaceAnswer(BaseModel):
    """A face that was seen: the code to give with method `face`; null when it was enrolled."""

    answer: str | None


class FaceOut(BaseModel):
    """The caller's face, as far as it is kept."""

    offered: bool = Field(description="Whether this installation compares faces.")
    enrolled_at: int | None
    delete_at: int | None
