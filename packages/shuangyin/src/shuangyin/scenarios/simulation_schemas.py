"""Shapes of simulations in the API and in their stored lines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.people.schemas import PersonRef
from shuangyin.scenarios.models import SimulationStatus
from shuangyin.scenarios.schemas import TextOut


class NewSimulation(BaseModel):
    """A simulation over past uses."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[int, Field(ge=1, le=3660)] = Field(365, description="How far back, in days.")


class SimulationOut(BaseModel):
    """A simulation and how far it is."""

    id: str
    list_id: str
    before_version: int
    source: Literal["requests", "table"]
    status: SimulationStatus
    total: int | None
    done: int
    changed: int
    refused: int
    current: bool = Field(description="Whether the rules are still those that were asked.")
    asked_by: PersonRef
    asked_at: int
    finished_at: int | None


class NamedRule(BaseModel):
    """A rule of a version, by place and name."""

    position: int
    name: TextOut


class AnswerSummary(BaseModel):
    """An answer in short."""

    medium: str
    sentence: TextOut
    route: TextOut
    high_risk: bool
    covered: bool


class LineContent(BaseModel):
    """What a line of a simulation says: a change from → to and the rules that make it, or why a row was not read."""

    parts: list[str] = []
    before: AnswerSummary | None = None
    after: AnswerSummary | None = None
    rules_before: list[NamedRule] = Field([], description="Rules that only decide in the version before.")
    rules_after: list[NamedRule] = Field([], description="Rules that only decide in the version asked.")
    row: int | None = None
    column: str | None = None
    problem: TextOut | None = None


class SimulationLineOut(LineContent):
    """A line of a simulation."""

    id: str
    reference: str
    request_id: str | None
