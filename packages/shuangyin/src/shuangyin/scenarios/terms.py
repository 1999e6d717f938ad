"""When which version of the list is in force. Pure: spans in, spans out.

A span runs from `start` (inside) to `end` (outside, None: open). Of an organization's spans no two overlap, and
from the first start on there is no gap: exactly one version is in force at each instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Term:
    """The span of one version, UTC milliseconds."""

    list_id: str
    start: int
    end: int | None

    def holds_at(self, instant: int) -> bool:
        """Whether the version is in force at an instant. A span that ends where it starts never holds."""
        return self.start <= instant and (self.end is None or instant < self.end)


def with_new(terms: Sequence[Term], list_id: str, start: int) -> tuple[Term, ...]:
    """The spans once another version is approved to start at an instant.

    It ends what would still hold then, replaces a version that was to start at the same instant (whose span becomes
    empty: what was approved later counts), and gives way to versions that start later.
    """
    later = [term.start for term in terms if term.start > start and term.end != term.start]
    kept = [
        replace(term, end=start) if term.start <= start and (term.end is None or term.end > start) else term
        for term in terms
    ]
    return (*kept, Term(list_id, start, min(later, default=None)))


def without(terms: Sequence[Term], list_id: str) -> tuple[Term, ...]:
    """The spans once a version that has not started is taken back: what it would have ended goes on."""
    taken = next(term for term in terms if term.list_id == list_id)
    return tuple(
        replace(term, end=taken.end) if term.end == taken.start and term.start < taken.start else term
        for term in terms
        if term is not taken
    )


def in_force_at(terms: Sequence[Term], instant: int) -> Term | None:
    """The span that holds at an instant, None before the first."""
    return next((term for term in terms if term.holds_at(instant)), None)
