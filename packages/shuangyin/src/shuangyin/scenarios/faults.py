"""A fault of a draft, and what is known of the world that its rules speak of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from shuangyin.core.text import Text
from shuangyin.scenarios.rules import Facts

Severity = Literal["blocks", "warns"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, of the rule at a position or of the list as a whole, with facts that show it where there are such."""

    position: int | None
    code: str
    text: Text
    severity: Severity = "blocks"
    example: Facts | None = None

    @property
    def blocking(self) -> bool:
        """Whether the list cannot be approved with it."""
        return self.severity == "blocks"


@dataclass(frozen=True, slots=True)
class Known:
    """What exists when a draft is checked; None: not looked up, so nothing is said about it.

    `seals` are the categories and media of which a seal is in force, `seals_ended` those that once had one;
    `posts_held` the kinds of posts that somebody holds; `routes` the codes of named routes that can be used; `names` are names of codes, for examples.
    """

    kinds: Collection[str]
    citations: Collection[str]
    platforms: Collection[str] | None = None
    departments: Collection[str] | None = None
    prerequisites: Collection[str] | None = None
    seals: Collection[tuple[str, str]] | None = None
    seals_ended: Collection[tuple[str, str]] = ()
    posts_held: Collection[str] | None = None
    routes: Collection[str] | None = None
    persons: Collection[str] | None = None
    names: Mapping[str, Text] = field(default_factory=dict)

    @staticmethod
    def unknown(named: Sequence[str], known: Collection[str] | None) -> list[str]:
        """Those of the named that do not exist."""
        return [] if known is None else [code for code in named if code not in known]
