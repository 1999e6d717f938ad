"""Shapes of the home page in the API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shuangyin.approvals.schemas import ApprovalItem
from shuangyin.requests.schemas import RequestSummary


class WorkbenchAlert(BaseModel):
    """Something about the organization's seals that the caller should know, and where it is shown."""

    level: Literal["info", "warning", "danger"]
    code: str
    zh: str
    en: str
    link: str | None = Field(description="Address within the user interface.")


class WorkbenchCounts(BaseModel):
    """How much there is of each."""

    todo: int
    mine_running: int
    to_seal: int = Field(description="Approved requests that wait for a seal the caller keeps.")
    openings: int = Field(description="Safes that stand open, or openings that wait for the caller.")


class WorkbenchOut(BaseModel):
    """What needs the caller, what he waits for, what is to be known about the seals."""

    todo: list[ApprovalItem]
    mine: list[RequestSummary]
    seals: list[WorkbenchAlert]
    counts: WorkbenchCounts
