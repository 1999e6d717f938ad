"""Reads of who has confirmed having read a version of the list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from sqlalchemy import ColumnElement, exists, func, select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person, PersonStatus
from shuangyin.scenarios.models import ScenarioAcknowledgement, ScenarioList

State = Literal["all", "missing", "confirmed"]


def not_acknowledged(work: UnitOfWork, row: ScenarioList) -> list[Person]:
    """The active members of staff who have not confirmed having read a version."""
    query = select(Person).where(*_staff(row.organization_id), ~_has_read(row.id))
    return list(work.session.scalars(query.order_by(Person.id)))


def staff_count(work: UnitOfWork, organization_id: str) -> int:
    """How many active members of staff there are."""
    query = select(func.count()).select_from(Person).where(*_staff(organization_id))
    return work.session.scalar(query) or 0


def counts(work: UnitOfWork, organization_id: str, list_ids: Collection[str]) -> dict[str, int]:
    """How many active members of staff have confirmed having read each list."""
    query = (
        select(ScenarioAcknowledgement.list_id, func.count())
        .join(Person, Person.id == ScenarioAcknowledgement.person_id)
        .where(ScenarioAcknowledgement.list_id.in_(set(list_ids)), *_staff(organization_id))
        .group_by(ScenarioAcknowledgement.list_id)
    )
    return dict(work.session.execute(query).tuples().all())


def own(work: UnitOfWork, actor: Actor, list_ids: Collection[str]) -> dict[str, int]:
    """When the actor confirmed having read each list."""
    query = select(ScenarioAcknowledgement.list_id, ScenarioAcknowledgement.acknowledged_at).where(
        ScenarioAcknowledgement.list_id.in_(set(list_ids)),
        ScenarioAcknowledgement.person_id == actor.person_id,
    )
    return dict(work.session.execute(query).tuples().all())


def of_list(
    work: UnitOfWork, row: ScenarioList, *, state: State, after: str | None, limit: int
) -> list[tuple[Person, ScenarioAcknowledgement | None]]:
    """Active members of staff with what they confirmed about a version, in order of joining."""
    query = (
        select(Person, ScenarioAcknowledgement)
        .outerjoin(
            ScenarioAcknowledgement,
            (ScenarioAcknowledgement.person_id == Person.id) & (ScenarioAcknowledgement.list_id == row.id),
        )
        .where(*_staff(row.organization_id))
        .order_by(Person.id)
        .limit(limit)
    )
    if state != "all":
        said = ScenarioAcknowledgement.id
        query = query.where(said.is_not(None) if state == "confirmed" else said.is_(None))
    if after is not None:
        query = query.where(Person.id > after)
    return [(person, said) for person, said in work.session.execute(query).tuples()]


def _staff(organization_id: str) -> tuple[ColumnElement[bool], ...]:
    return (Person.organization_id == organization_id, Person.status == PersonStatus.ACTIVE)


def _has_read(list_id: str) -> ColumnElement[bool]:
    return exists().where(
        ScenarioAcknowledgement.list_id == list_id, ScenarioAcknowledgement.person_id == Person.id
    )
