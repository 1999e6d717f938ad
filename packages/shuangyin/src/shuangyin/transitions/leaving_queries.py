"""Reads of what became of people's things."""

from __future__ import annotations

from sqlalchemy import func, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.transitions.leaving_models import PersonTransition, PersonTransitionItem


def transition(work: UnitOfWork, actor: Actor, transition_id: str) -> PersonTransition:
    """One record of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(PersonTransition).where(
            PersonTransition.id == transition_id, PersonTransition.organization_id == actor.organization_id
        )
    )
    if found is None:
        raise not_found("这份离职或调岗记录", "record of leaving or changing post")
    return found


def readable_transition(work: UnitOfWork, actor: Actor, transition_id: str) -> PersonTransition:
    """One record for who may read it: who manages people, and who ordered it himself. Raises Forbidden, NotFound."""
    own = select(PersonTransition.id).where(
        PersonTransition.id == transition_id,
        PersonTransition.organization_id == actor.organization_id,
        PersonTransition.done_by == actor.person_id,
    )
    if work.session.scalar(own) is None:
        actor.require("people.manage")
    return transition(work, actor, transition_id)


def transitions(
    work: UnitOfWork, actor: Actor, *, person_id: str | None, before: str | None, limit: int
) -> list[PersonTransition]:
    """Records of the organization, of one person where one is named, newest first."""
    query = select(PersonTransition).where(PersonTransition.organization_id == actor.organization_id)
    if person_id is not None:
        query = query.where(PersonTransition.person_id == person_id)
    if before is not None:
        query = query.where(PersonTransition.id < before)
    return list(work.session.scalars(query.order_by(PersonTransition.id.desc()).limit(limit)))


def items_of(work: UnitOfWork, transition_id: str) -> list[PersonTransitionItem]:
    """Everything a record names, in order."""
    query = select(PersonTransitionItem).where(PersonTransitionItem.transition_id == transition_id)
    return list(work.session.scalars(query.order_by(PersonTransitionItem.position)))


def item_counts(work: UnitOfWork, ids: list[str]) -> dict[str, int]:
    """How many things each of these records names."""
    rows = work.session.execute(
        select(PersonTransitionItem.transition_id, func.count())
        .where(PersonTransitionItem.transition_id.in_(ids))
        .group_by(PersonTransitionItem.transition_id)
    ).tuples()
    return dict(rows.all())
