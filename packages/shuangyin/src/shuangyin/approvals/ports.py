"""What approvals ask of areas above them: what a subject is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be approved."""

    type: str
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class SubjectCard:
    """What a list of approvals shows of a subject. The amount is in the smallest unit of the currency."""

    number: str
    applicant_id: str
    document_kind: str
    amount_minor: int | None
    currency: str
    medium: str
    seal_names: tuple[str, ...]
    counterparty_name: str
    high_risk: bool
    status: str


class SubjectHandler(Protocol):
    """Port: one kind of subject. Its calls run in the transaction of the decision that causes them."""

    def approved(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        """The last step was approved."""
        ...

    def rejected(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        """A step was rejected; the route is over."""
        ...

    def sent_back(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        """A step sent it back to the applicant; the route is over."""
        ...

    def may_read(self, work: UnitOfWork, actor: Actor, subject_id: str) -> bool:
        """Whether the actor may see the subject."""
        ...

    def current_binding(self, work: UnitOfWork, subject_id: str) -> str:
        """The digest of what is to be approved, recomputed from its present state."""
        ...

    def cards(self, work: UnitOfWork, subject_ids: Collection[str]) -> Mapping[str, SubjectCard]:
        """What a list shows of these subjects."""
        ...


class ApprovalSubjects(Protocol):
    """Port: the handler of every kind of subject."""

    def handler(self, subject_type: str) -> SubjectHandler:
        """The handler of a kind of subject; a missing one is a fault of the composition root."""
        ...


@dataclass(frozen=True, slots=True)
class SubjectTable:
    """`ApprovalSubjects` over a table."""

    handlers: Mapping[str, SubjectHandler]

    def handler(self, subject_type: str) -> SubjectHandler:
        return self.handlers[subject_type]


def subjects(work: UnitOfWork) -> ApprovalSubjects:
    """The joined implementation."""
    return work.port(ApprovalSubjects)  # type: ignore[type-abstract]  # a port is looked up by its protocol


class Delegations(Protocol):
    """Port: who stands in for somebody who is absent. The authority area implements it."""

    def delegates_of(self, work: UnitOfWork, person_id: str, at: int) -> Sequence[str]:
        """The persons who may approve in somebody's place at an instant, in order; empty when he is not absent."""
        ...


class NoDelegations:
    """`Delegations` where nobody delegates."""

    def delegates_of(self, work: UnitOfWork, person_id: str, at: int) -> Sequence[str]:
        return ()


def delegates_of(work: UnitOfWork, person_id: str, at: int) -> Sequence[str]:
    """Who stands in for a person at an instant; empty when he is not absent."""
    return work.port(Delegations).delegates_of(work, person_id, at)  # type: ignore[type-abstract]  # a port


def implementations() -> dict[type, object]:
    """Nobody delegates unless an area above says otherwise."""
    return {Delegations: NoDelegations()}
