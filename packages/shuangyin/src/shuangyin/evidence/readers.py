"""What the evidence area asks of areas above it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork


class SubjectReaders(Protocol):
    """Port: who may read a subject may read its evidence. The composition root joins it to the areas."""

    def require_readable(self, work: UnitOfWork, actor: Actor, subject_type: str, subject_id: str) -> None:
        """Return when the actor may read the subject; raises NotFound otherwise."""
        ...


Subject = tuple[str, str]
"""Type and id of what an entry is about."""


@dataclass(frozen=True, slots=True)
class EntryNames:
    """How people call what entries name by id only; whatever has no name is missing."""

    subjects: Mapping[Subject, str] = field(default_factory=dict)
    persons: Mapping[str, str] = field(default_factory=dict)


class EntrySubjects(Protocol):
    """Port: which subjects of one organization something that people know leads to, and how they are called."""

    def about_digest(self, work: UnitOfWork, organization_id: str, digest: str) -> set[Subject]:
        """The documents with this SM3 or SHA-256 (64 hex digits, small), and the requests they belong to."""
        ...

    def about_number(self, work: UnitOfWork, organization_id: str, number: str) -> set[Subject]:
        """The request, opening or seal use of this number."""
        ...

    def about_seal(self, work: UnitOfWork, organization_id: str, seal_id: str) -> set[Subject]:
        """The seal itself and the requests that ask for it."""
        ...

    def names(
        self,
        work: UnitOfWork,
        organization_id: str,
        subjects: Collection[Subject],
        persons: Collection[str],
    ) -> EntryNames:
        """The names of these subjects and persons."""
        ...
