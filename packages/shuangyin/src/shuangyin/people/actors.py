"""From a person to the Actor that commands judge."""

from __future__ import annotations

import json

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person
from shuangyin.people.queries import held_posts


def bare_actor(person: Person) -> Actor:
    """The person without any right: for what he does before he is signed in."""
    return Actor(
        organization_id=person.organization_id,
        person_id=person.id,
        name=person.name,
        permissions=frozenset(),
    )


def actor_of(
    work: UnitOfWork,
    person: Person,
    *,
    scopes: frozenset[str] | None = None,
    must_change: bool = False,
    session_id: str | None = None,
    second_factor_at: int | None = None,
) -> Actor:
    """The person with the rights of the posts he holds at this instant.

    `scopes` narrow them for a bearer token. On a one-time password nobody has any right but to change it.
    """
    held = held_posts(work, [person.id], work.now)
    permissions: set[str] = set()
    for one in held:
        permissions.update(json.loads(one.post.permissions))
    if scopes is not None:
        permissions &= scopes
    if must_change:
        permissions.clear()
    departments = {one.post.department_id for one in held} | {person.department_id}
    return Actor(
        organization_id=person.organization_id,
        person_id=person.id,
        name=person.name,
        permissions=frozenset(permissions),
        post_ids=frozenset(one.post.id for one in held),
        department_ids=frozenset(one for one in departments if one is not None),
        session_id=session_id,
        second_factor_at=second_factor_at,
    )
