"""API shapes of audits."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.alarms.models import Verdict
from shuangyin.audit.rules import FindingStatus, Kind, Outcome
from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import Id, NamedRef, PersonRef

Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="Such as 2026-11.")]
Words = Annotated[Paragraph, Field(min_length=1, max_length=1000)]


class NewAudit(BaseModel):
    """The month to audit."""

    model_config = ConfigDict(extra="forbid")

    month: Month


class FindingAnswer(BaseModel):
    """Who is responsible, the cause, and what is done until when; measures and due date together or neither."""

    model_config = ConfigDict(extra="forbid")

    responsible_id: Id
    cause: Words
    rectification: Paragraph | None = Field(None, max_length=1000)
    due_on: date | None = None


class RectificationReport(BaseModel):
    """That the measures were taken, and how."""

    model_config = ConfigDict(extra="forbid")

    note: Words


class FindingSettlement(BaseModel):
    """How a finding is settled, and why."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["explained", "rectified"]
    reason: Words


class FindingCounts(BaseModel):
    """How many findings stand in an audit, by where they stand now."""

    all: int
    carried: int = Field(description="Taken in by an earlier audit and not settled when this one was opened.")
    open: int
    answered: int
    rectified: int
    settled: int
    overdue: int = Field(description="Past the due date of their rectification without a report.")


class MonthlyAuditOut(BaseModel):
    """One monthly audit."""

    id: str
    month: str
    status: Literal["open", "closed"]
    opened_by: PersonRef
    opened_at: int
    closed_by: PersonRef | None
    closed_at: int | None
    ends_at: int = Field(description="When its month is over, UTC milliseconds.")
    findings: FindingCounts
    new_differences: int | None = Field(
        description="Differences that wait to be taken in; null for a closed audit and in lists."
    )
    may_conduct: bool
    version: int


class FiguresOut(BaseModel):
    """Presses and photos of an account; null for what it does not know."""

    permitted: int | None
    spare: int | None
    counted: int | None
    registered_good: int | None
    registered_spoiled: int | None
    photos_asked: int | None
    photographed: int | None


class FindingAlarmOut(BaseModel):
    """The alarm of a finding and its verdict."""

    id: str
    number: str
    verdict: Verdict | None
    remark: str | None


class FindingOut(BaseModel):
    """One finding with its figures when it was taken in and as the accounts have them now (once settled: then)."""

    id: str
    number: str
    audit: NamedRef = Field(description="The audit that took it in, named by its month.")
    kind: Kind
    title_zh: str
    title_en: str
    status: FindingStatus
    overdue: bool
    seal: NamedRef | None
    device: NamedRef | None
    request: NamedRef | None
    paper_permit: NamedRef | None
    stocktake: NamedRef | None
    permit_id: str | None
    alarm: FindingAlarmOut | None
    figures: FiguresOut
    figures_now: FiguresOut
    noticed_at: int
    found_at: int
    responsible: PersonRef | None
    cause: str | None
    rectification: str | None
    due_on: date | None
    answered_by: PersonRef | None
    answered_at: int | None
    rectified_by: PersonRef | None
    rectified_at: int | None
    rectified_note: str | None
    outcome: Outcome | None
    reason: str | None
    settled_by: PersonRef | None
    settled_at: int | None
    may_answer: bool
    may_rectify: bool
    may_settle: bool
    version: int


class Findings(BaseModel):
    """The findings that stand in an audit."""

    items: list[FindingOut]


class AlarmFindingOut(BaseModel):
    """That the difference which an alarm told of is a finding."""

    alarm_id: str
    id: str
    number: str
    status: FindingStatus


class AlarmFindings(BaseModel):
    """The findings of some alarms."""

    items: list[AlarmFindingOut]
