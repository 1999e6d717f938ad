"""API shapes of the home page."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shuangyin.approvals.schemas import ApprovalItem
from shuangyin.evidence.schemas import EvidenceEntryOut
from shuangyin.requests.schemas import RequestSummary


class AlertOut(BaseModel):
    """One line of alerts."""

    level: Literal["info", "warning", "danger"]
    zh: str
    en: str
    link: str | None = Field(description="A path of the user interface.")


class ConfirmOut(AlertOut):
    """An opening, hand-over or stocktake that waits for the caller's confirmation."""

    until: int | None = Field(description="When it is too late, UTC milliseconds; of openings only.")


class TaskOut(BaseModel):
    """Something that setting up the organization needs, and whether it is done."""

    key: str
    zh: str
    en: str
    link: str = Field(description="A path of the user interface.")
    done: bool


class WorkbenchCounts(BaseModel):
    """How many of each."""

    todo: int
    mine_running: int
    to_seal: int = Field(
        description="Approved electronic requests that wait for the caller, as `/seal-uses/waiting` lists them."
    )
    to_press: int = Field(description="Approved requests that wait for a physical seal the caller keeps.")
    openings: int


class WorkbenchOut(BaseModel):
    """The home page, different for every person."""

    todo: list[ApprovalItem]
    to_confirm: list[ConfirmOut] = Field(
        description="What several persons confirm together and waits for the caller, openings first."
    )
    mine: list[RequestSummary]
    seals: list[AlertOut]
    counts: WorkbenchCounts
    setup: list[TaskOut] = Field(
        description="For those who manage the organization, until all of it is done."
    )
    entries: list[EvidenceEntryOut] = Field(
        description="The newest evidence, for those who may read all of it."
    )
