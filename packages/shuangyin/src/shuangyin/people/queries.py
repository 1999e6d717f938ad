"""Reads of people and the posts they hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Post
from shuangyin.people.models import ApiToken, Credential, Person, PersonStatus, PostHolding
from shuangyin.people.schemas import PersonRef


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post that is held now, and since when."""

    holding_id: str
    person_id: str
    post: Post
    from_at: int


def held_at(at: int | BindParameter[int], holding: Any = PostHolding) -> ColumnElement[bool]:
    """The condition that a holding is open at an instant. A holding ends at once: `until_at` itself is outside.

    `holding` is the class, or the columns of its table for a statement that reads no objects.
    """
    return and_(holding.from_at <= at, or_(holding.until_at.is_(None), holding.until_at > at))


def person(work: UnitOfWork, organization_id: str, person_id: str) -> Person:
    """One person of the organization, also one who left. Raises NotFound."""
    found = work.session.scalar(
        select(Person).where(Person.id == person_id, Person.organization_id == organization_id)
    )
    if found is None:
        raise not_found("这位人员", "person")
    return found


def persons(
    work: UnitOfWork,
    actor: Actor,
    *,
    after: str | None,
    limit: int,
    containing: str = "",
    status: str | None = None,
    department_id: str | None = None,
) -> list[Person]:
    """People of the actor's organization in order of joining, whose name (or account) contains a text."""
    query = select(Person).where(Person.organization_id == actor.organization_id)
    if after is not None:
        query = query.where(Person.id > after)
    if containing:
        matches = Person.name.contains(containing, autoescape=True)
        if actor.may("people.manage"):
            matches = matches | Person.account.contains(containing.lower(), autoescape=True)
        query = query.where(matches)
    if status is not None:
        query = query.where(Person.status == status)
    if department_id is not None:
        query = query.where(Person.department_id == department_id)
    return list(work.session.scalars(query.order_by(Person.id).limit(limit)))


def held_posts(work: UnitOfWork, person_ids: Collection[str], at: int) -> list[HeldPost]:
    """The posts that these persons hold at an instant, in the order they got them."""
    if not person_ids:
        return []
    rows = work.session.execute(
        select(PostHolding.id, PostHolding.person_id, Post, PostHolding.from_at)
        .join(Post, Post.id == PostHolding.post_id)
        .where(PostHolding.person_id.in_(set(person_ids)), held_at(at))
        .order_by(PostHolding.from_at, PostHolding.id)
    ).tuples()
    return [HeldPost(*row) for row in rows]


def holders(
    work: UnitOfWork,
    organization_id: str,
    post_ids: Iterable[str],
    at: int,
    *,
    department_id: str | None = None,
) -> list[Person]:
    """The active persons who hold any of the posts at an instant, in order of joining, each once.

    With a department, of the holders of posts that name no department only those who belong to it are kept.
    """
    query = (
        select(Person)
        .distinct()
        .join(PostHolding, PostHolding.person_id == Person.id)
        .join(Post, Post.id == PostHolding.post_id)
        .where(
            Person.organization_id == organization_id,
            Person.status == PersonStatus.ACTIVE,
            PostHolding.post_id.in_(list(post_ids)),
            held_at(at),
        )
        .order_by(Person.id)
    )
    if department_id is not None:
        query = query.where(
            or_(
                Post.department_id == department_id,
                and_(Post.department_id.is_(None), Person.department_id == department_id),
            )
        )
    return list(work.session.scalars(query))


def permissions_at(work: UnitOfWork, person_id: str, at: int) -> frozenset[str]:
    """What a person's posts allow at an instant."""
    codes: set[str] = set()
    for held in held_posts(work, [person_id], at):
        codes.update(json.loads(held.post.permissions))
    return frozenset(codes)


def holds_permission(work: UnitOfWork, organization_id: str, person_id: str, permission: str) -> bool:
    """Whether an active person of the organization holds a permission now."""
    active = work.session.scalar(
        select(Person.id).where(
            Person.id == person_id,
            Person.organization_id == organization_id,
            Person.status == PersonStatus.ACTIVE,
        )
    )
    return active is not None and permission in permissions_at(work, person_id, work.now)


def persons_permitted(work: UnitOfWork, organization_id: str, permission: str) -> list[Person]:
    """The active persons of the organization who hold a permission now."""
    query = select(Post).where(Post.organization_id == organization_id)
    posts = [post.id for post in work.session.scalars(query) if permission in json.loads(post.permissions)]
    return holders(work, organization_id, posts, work.now)


def display(work: UnitOfWork, person_ids: Iterable[str]) -> dict[str, PersonRef]:
    """How to name these persons, with the post each has held longest. Ids that are nobody's are left out."""
    ids = set(person_ids)
    if not ids:
        return {}
    names = dict(
        work.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).tuples().all()
    )
    posts: dict[str, str] = {}
    for held in held_posts(work, ids, work.now):
        posts.setdefault(held.person_id, held.post.name)
    return {id_: PersonRef(id=id_, name=name, post=posts.get(id_)) for id_, name in names.items()}


def enrolled(work: UnitOfWork, person_ids: Collection[str]) -> set[str]:
    """Those of the persons who have confirmed a second factor."""
    query = select(Credential.person_id).where(
        Credential.person_id.in_(set(person_ids)), Credential.totp_secret.is_not(None)
    )
    return set(work.session.scalars(query))


def tokens(work: UnitOfWork, actor: Actor) -> list[ApiToken]:
    """The actor's own bearer tokens that have not ended, newest first."""
    query = select(ApiToken).where(
        ApiToken.person_id == actor.person_id, ApiToken.ended_at.is_(None), ApiToken.expires_at > work.now
    )
    return list(work.session.scalars(query.order_by(ApiToken.id.desc())))
