"""Shapes of leaving and of changing post in the API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.core.free_text import Line
from shuangyin.people.schemas import Id, PersonOut, PersonRef

PartCode = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,24}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PartChoice(_Input):
    """What is chosen for one part in place of the usual."""

    part: PartCode
    action: Literal["keep", "end", "hand_over"] | None = Field(
        default=None, description="`keep` only when the person stays."
    )
    successor_id: Id | None = None


class LeavingChoices(_Input):
    """How a person's things are to be dealt with."""

    successor_id: Id | None = Field(default=None, description="Takes over what can be handed over.")
    parts: Annotated[list[PartChoice], Field(max_length=32)] = []
    reason: Annotated[Line, Field(max_length=500)] = ""


class LeaveBody(LeavingChoices):
    """The person leaves now. `seen` is the digest of the preview that was looked at."""

    seen: Digest | None = None
    proof: Annotated[str, StringConstraints(max_length=100)] | None = None


class ChangePostChoices(LeavingChoices):
    """The holdings that end, the posts that begin, and what goes with them."""

    ending: Annotated[list[Id], Field(max_length=32)] = []
    beginning: Annotated[list[Id], Field(max_length=32)] = []


class ChangePostBody(ChangePostChoices):
    """The person changes post now."""

    seen: Digest | None = None
    proof: Annotated[str, StringConstraints(max_length=100)] | None = None


class TransitionItemOut(BaseModel):
    """One thing, what becomes of it, and why or what has to be done first."""

    kind: str
    kind_text: str
    id: str
    label: str
    outcome: Literal["ended", "handed_over", "stays", "blocked", "left_open"]
    outcome_text: str
    to: PersonRef | None
    why: str | None
    why_text: str | None


class PartPlanOut(BaseModel):
    """One part: how many things, how many of each outcome, and the first of them."""

    part: str
    text: str
    actions: list[str]
    action: str
    total: int
    outcomes: dict[str, int]
    items: list[TransitionItemOut] = Field(description="The first hundred; blocked ones first.")


class TransitionPreview(BaseModel):
    """What would happen now."""

    parts: list[PartPlanOut]
    total: int
    blocked: int
    digest: str = Field(description="Send it as `seen`, so that nothing else happens than what was shown.")


class TransitionOut(BaseModel):
    """That a person left or changed post."""

    id: str
    number: str
    kind: Literal["left", "changed_post"]
    person: PersonRef | None
    successor: PersonRef | None
    done_by: PersonRef | None
    done_at: int
    reason: str
    items: int
    sm3: str
    entry_id: str


class PersonLeft(BaseModel):
    """The person who left, how much of his access ended, and the record with its proof sheet."""

    person: PersonOut
    ended_posts: int
    ended_sessions: int
    ended_tokens: int
    transition: TransitionOut


class PersonMoved(BaseModel):
    """The person in his new posts, and the record with its proof sheet."""

    person: PersonOut
    transition: TransitionOut
