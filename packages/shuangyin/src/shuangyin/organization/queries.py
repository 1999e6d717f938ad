"""Reads of the organization, its departments, posts and counterparties."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Counterparty, Department, Organization, Post, PostKind
from shuangyin.reference.queries import root_office


def get(work: UnitOfWork, organization_id: str) -> Organization:
    """The organization itself. Raises NotFound."""
    found = work.session.get(Organization, organization_id)
    if found is None:
        raise not_found("这个单位", "organization")
    return found


def department(work: UnitOfWork, organization_id: str, department_id: str) -> Department:
    """One department of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(Department).where(
            Department.id == department_id, Department.organization_id == organization_id
        )
    )
    if found is None:
        raise not_found("这个部门", "department")
    return found


def departments(work: UnitOfWork, organization_id: str) -> list[Department]:
    """All departments of the organization, by name."""
    query = select(Department).where(Department.organization_id == organization_id)
    return list(work.session.scalars(query.order_by(Department.name, Department.id)))


def department_names(work: UnitOfWork, department_ids: Collection[str]) -> dict[str, str]:
    """The names of departments that rows of one organization refer to."""
    if not department_ids:
        return {}
    query = select(Department.id, Department.name).where(Department.id.in_(set(department_ids)))
    return dict(work.session.execute(query).tuples().all())


def post(work: UnitOfWork, organization_id: str, post_id: str) -> Post:
    """One post of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(Post).where(Post.id == post_id, Post.organization_id == organization_id)
    )
    if found is None:
        raise not_found("这个岗位", "post")
    return found


def posts(work: UnitOfWork, organization_id: str) -> list[Post]:
    """All posts of the organization, oldest first, those made together in the order of their kinds."""
    found = work.session.scalars(select(Post).where(Post.organization_id == organization_id))
    kinds = list(PostKind)
    return sorted(found, key=lambda one: (one.created_at, kinds.index(PostKind(one.kind)), one.name, one.id))


def post_of_kind(
    work: UnitOfWork, organization_id: str, kind: str, department_id: str | None = None
) -> list[Post]:
    """The posts of a kind that serve a department, or (without one) all posts of the kind.

    A department is served by its own posts of the kind; where it has none, by those that name no department. Of
    the latter, `people.queries.holders(…, department_id=…)` then keeps the holders who belong to the department.
    """
    found = [one for one in posts(work, organization_id) if one.kind == kind]
    if department_id is None:
        return found
    own = [one for one in found if one.department_id == department_id]
    return own or [one for one in found if one.department_id is None]


def head_office(work: UnitOfWork, organization_id: str) -> Post | None:
    """The office of the organization's head, by its kind: legal representative, principal, operator …; None without one."""
    for one in posts(work, organization_id):
        kind = root_office(one.office) if one.office is not None else None
        if kind is not None and kind.root == "unit":
            return one
    return None


def permissions_of(post: Post) -> frozenset[str]:
    """The permission codes of a post."""
    codes: list[str] = json.loads(post.permissions)
    return frozenset(codes)


def counterparty(work: UnitOfWork, actor: Actor, counterparty_id: str) -> Counterparty:
    """One counterparty of the actor's organization. Raises NotFound."""
    found = work.session.scalar(
        select(Counterparty).where(
            Counterparty.id == counterparty_id, Counterparty.organization_id == actor.organization_id
        )
    )
    if found is None:
        raise not_found("这个往来单位", "counterparty")
    return found


def counterparties(
    work: UnitOfWork, actor: Actor, *, after: str | None, limit: int, containing: str = ""
) -> list[Counterparty]:
    """Counterparties of the actor's organization, newest first, whose name or code contains a text."""
    query = select(Counterparty).where(Counterparty.organization_id == actor.organization_id)
    if after is not None:
        query = query.where(Counterparty.id < after)
    if containing:
        matches = Counterparty.name.contains(containing, autoescape=True)
        query = query.where(matches | Counterparty.uscc.contains(containing.upper(), autoescape=True))
    return list(work.session.scalars(query.order_by(Counterparty.id.desc()).limit(limit)))
