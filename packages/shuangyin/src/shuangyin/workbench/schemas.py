"""API shapes of the home page."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shuangyin.approvals.schemas import ApprovalItem
from shuangyin.requests.schemas import RequestSummary


class AlertOut(BaseModel):
    """One line of alerts."""

    level: Literal["info", "warning", "danger"]
    zh: str
    en: str
    link: str | None = Field(description="A path of the user interface.")


class WorkbenchCounts(BaseModel):
    """How many of each."""

    todo: int
    mine_running: int
    to_seal: int = Field(
        description="Approved requests, of either medium, that wait for a seal the caller keeps."
    )
    openings: int


class WorkbenchOut(BaseModel):
    """The home page, different for every person."""

    todo: list[ApprovalItem]
    mine: list[RequestSummary]
    seals: list[AlertOut]
    counts: WorkbenchCounts
