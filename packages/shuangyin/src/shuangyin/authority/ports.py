"""What authority asks of areas above it: who did what of a request, for the separation of duties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SubjectDuties:
    """Who applied for a subject and who approved it last; `number` is how people call it."""

    number: str
    applicant_id: str
    final_approver_ids: frozenset[str]


class DutySubjects(Protocol):
    """Port: the subjects of which duties are kept apart."""

    def duties(self, work: UnitOfWork, actor: Actor, subject_id: str) -> SubjectDuties:
        """Who did what of a subject that the actor may read. Raises NotFound."""
        ...

    def numbers(self, work: UnitOfWork, organization_id: str, subject_ids: set[str]) -> Mapping[str, str]:
        """The numbers of subjects, for lists."""
        ...


def duty_subjects(work: UnitOfWork) -> DutySubjects:
    """The joined implementation."""
    return work.port(DutySubjects)  # type: ignore[type-abstract]  # a port is looked up by its protocol
