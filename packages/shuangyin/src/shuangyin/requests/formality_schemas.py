"""Shapes of formalities of a rename in the API."""

from __future__ import annotations

from pydantic import BaseModel, Field

from shuangyin.people.schemas import NamedRef


class FormalityOut(BaseModel):
    """An old seal that may be pressed for one formality of a rename, and how often still."""

    id: str
    seal: NamedRef
    category: str
    purpose: str
    recipient: str
    presses: int
    left: int = Field(description="Presses that no request has taken up.")
    approved_at: int


class FormalitiesOut(BaseModel):
    """The formalities for which old seals can still be used, newest first."""

    items: list[FormalityOut]
