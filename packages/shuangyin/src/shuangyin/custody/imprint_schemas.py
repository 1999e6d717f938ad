"""API shapes of compared imprints."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import PersonRef

VerdictOut = Literal["differ", "unclear"]
DecisionOut = Literal["match", "differ", "unclear"]
ReasonOut = Literal[
    "no_resolution",
    "resolution",
    "no_red",
    "several",
    "size",
    "cut_off",
    "no_fit",
    "too_little",
    "poor_fit",
    "strokes_differ",
    "likeness",
    "strokes",
    "hidden",
    "no_difference",
]


class ImprintDecision(BaseModel):
    """What the reviewer decides by his own eyes, whatever the comparison said."""

    model_config = ConfigDict(extra="forbid")

    decision: DecisionOut
    note: Paragraph = Field(min_length=1, max_length=500, description="What he looked at.")


class ImprintUseOut(BaseModel):
    """The line of the register that an imprint is of."""

    id: str
    number: str
    request_id: str
    request_number: str


class ImprintComparisonOut(BaseModel):
    """A compared imprint. The verdict is an aid; only the decision counts."""

    id: str
    seal_id: str
    seal_name: str
    use_id: str | None
    use: ImprintUseOut | None
    scan_url: str
    specimen_url: str
    scan_sm3: str
    specimen_sm3: str
    overlay_url: str | None
    verdict: VerdictOut
    reasons: list[ReasonOut]
    compared_by: PersonRef
    compared_at: int
    decision: DecisionOut | None
    decision_note: str | None
    decided_by: PersonRef | None
    decided_at: int | None
    may_decide: bool
    version: int
