"""What a simulation asks of the area that keeps use requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.scenarios.rules import Facts


@dataclass(frozen=True, slots=True)
class PastUse:
    """A use that was asked for: its request's id and number, and what was known of it."""

    id: str
    number: str
    facts: Facts


class PastUses(Protocol):
    """Port: the submitted uses of an organization, in the order of their ids."""

    def count(self, work: UnitOfWork, organization_id: str, since: int) -> int:
        """How many were submitted from an instant on."""
        ...

    def page(
        self, work: UnitOfWork, organization_id: str, since: int, *, after: str | None, limit: int
    ) -> list[PastUse]:
        """The next of them behind an id."""
        ...
