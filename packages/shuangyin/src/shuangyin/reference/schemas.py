"""Shapes of the code tables: of their data files and in the API."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Dated(BaseModel):
    """An entry of a code table with the days it holds; null is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    zh: str
    en: str
    valid_from: date | None = None
    valid_until: date | None = None


class DocumentKindOut(Dated):
    """A kind of document that may be sealed, and what is asked about it."""

    has_amount: bool = Field(description="Whether an amount is asked for.")
    has_counterparty: bool = Field(description="Whether a counterparty is asked for.")


class PaperKindOut(Dated):
    """A kind of paper that is attached to a request, such as a resolution that must exist before it is routed."""


class RegionOut(Dated):
    """A region of Beijing (GB/T 2260 and codes in registered use)."""

    offered: bool = Field(description="Whether it is offered for choice; abolished codes are only accepted.")


class RootOfficeOut(Dated):
    """An office from which authority is granted: the unit's own by kind of organization, or of Party, union, League."""

    root: Literal["unit", "party", "union", "league"] = Field(description="Whose seals it grants the use of.")
    categories: list[str] = Field(
        description="The kinds of organizations that have it, the usual ones first."
    )


class CitationOut(Dated):
    """An article of law or regulation that a rule leans on. `zh` and `en` are its title."""

    kind: Literal["law", "regulation", "standard"]
    article: str
    summary_zh: str
    summary_en: str


class MatterOut(Dated):
    """What a paper is about, where rules tell matters of one kind of document apart."""


class ChannelOut(Dated):
    """By which way a paper is handled, online or on site, where rules tell such ways apart."""


class PlatformOut(Dated):
    """Where a paper is handed in: which media it takes, and how a paper goes there and back."""

    media: list[Literal["electronic", "physical"]]
    takes_zh: str = Field(description="What the platform takes.")
    takes_en: str
    hand_over_zh: str = Field(description="How a paper is handed over to it and comes back.")
    hand_over_en: str
