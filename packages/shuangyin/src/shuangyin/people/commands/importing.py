"""Import a roster: looked at as a whole, taken as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.named_tables import CellFault, named_rows
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization import commands as organization
from shuangyin.organization import queries as organization_queries
from shuangyin.organization.models import Post, PostKind
from shuangyin.organization.schemas import NewDepartment
from shuangyin.people import queries
from shuangyin.people.commands.persons import add_person, hold
from shuangyin.people.models import Person, PersonStatus
from shuangyin.people.passwords import OneTimePassword, new_one_time_password
from shuangyin.people.roster import COLUMNS, FORM, House, RosterRow, faults_of, parents_of
from shuangyin.people.schemas import NewPerson

_READ_AT_ONCE = 500


def rows_in(content: bytes) -> list[RosterRow]:
    """The rows of an uploaded table. Raises Invalid (ROSTER_COLUMNS, ROSTER_EMPTY, XLSX_…), TooLarge."""
    return [RosterRow(row.number, **row.cells) for row in named_rows(content, FORM)]


def look(work: UnitOfWork, actor: Actor, rows: Sequence[RosterRow]) -> tuple[list[CellFault], list[str]]:
    """What is wrong with a roster, and the departments it would make. Changes nothing."""
    actor.require("people.manage")
    house = _house(work, actor, rows)
    new = [name for name in parents_of(rows, house) if name not in house.departments]
    return faults_of(rows, house), new


def take(
    platform: Platform, actor: Actor, rows: Sequence[RosterRow]
) -> tuple[list[CellFault], list[tuple[Person, OneTimePassword]]]:
    """Add everybody, with departments and posts; with one fault nothing changes. The passwords are shown once."""
    faults = platform.view(lambda work: look(work, actor, rows))[0]
    if faults:
        return faults, []
    # Slow on purpose, so before the transaction begins.
    passwords = [new_one_time_password(platform.settings) for _ in rows]
    return platform.transact(lambda work: _add_all(work, actor, rows, passwords))


def _add_all(
    work: UnitOfWork, actor: Actor, rows: Sequence[RosterRow], passwords: Sequence[OneTimePassword]
) -> tuple[list[CellFault], list[tuple[Person, OneTimePassword]]]:
    house = _house(work, actor, rows)
    faults = faults_of(rows, house)
    if faults:
        return faults, []
    ids = _departments(work, actor, parents_of(rows, house))
    posts = {post.name: post for post in organization_queries.posts(work, actor.organization_id)}
    added = []
    for row, one_time in zip(rows, passwords, strict=True):
        new = NewPerson(name=row.name, account=row.account, department_id=ids.get(row.department))
        person = add_person(work, actor, new, one_time)
        if row.post:
            hold(work, actor, person, posts[row.post])
        added.append((person, one_time))
    return [], added


def _departments(work: UnitOfWork, actor: Actor, parents: dict[str, str | None]) -> dict[str, str]:
    """The ids of all departments by name, those that are missing made, parents first."""
    ids = {one.name: one.id for one in organization_queries.departments(work, actor.organization_id)}
    waiting = [name for name in parents if name not in ids]
    while waiting:
        ready = [name for name in waiting if parents[name] is None or parents[name] in ids]
        for name in ready:
            new = NewDepartment(name=name, parent_id=ids.get(parents[name] or ""))
            ids[name] = organization.add_department(work, actor, new).id
        waiting = [name for name in waiting if name not in ids]
    return ids


def _house(work: UnitOfWork, actor: Actor, rows: Sequence[RosterRow]) -> House:
    departments = organization_queries.departments(work, actor.organization_id)
    names = {one.id: one.name for one in departments}
    posts = organization_queries.posts(work, actor.organization_id)
    persons = work.session.execute(
        select(Person.id, Person.department_id).where(
            Person.organization_id == actor.organization_id, Person.status == PersonStatus.ACTIVE
        )
    ).tuples()
    department_of = dict(persons.all())
    held = queries.held_posts(work, list(department_of), work.now)
    headed = {
        one.post.department_id or department_of.get(one.person_id)
        for one in held
        if one.post.kind == PostKind.DEPARTMENT_HEAD
    }
    return House(
        departments={one.name: names.get(one.parent_id or "") for one in departments},
        offices={post.name: post.is_office for post in posts},
        heading=frozenset(post.name for post in posts if _heads(post)),
        held=frozenset(one.post.name for one in held if one.post.is_office),
        headed=frozenset(names[one] for one in headed if one is not None),
        accounts=_taken(work, rows),
    )


def _heads(post: Post) -> bool:
    return post.kind == PostKind.DEPARTMENT_HEAD or post.is_office


def _taken(work: UnitOfWork, rows: Sequence[RosterRow]) -> frozenset[str]:
    """Which of the accounts are in use, here or elsewhere on the installation."""
    wanted = sorted({row.account.strip().lower() for row in rows})
    found: set[str] = set()
    for at in range(0, len(wanted), _READ_AT_ONCE):
        part = wanted[at : at + _READ_AT_ONCE]
        found |= set(work.session.scalars(select(Person.account).where(Person.account.in_(part))))
    return frozenset(found)


def template_rows() -> Iterator[list[str]]:
    """An empty roster with one invented row, to begin with."""
    yield [text.zh for text in COLUMNS.values()]
    yield ["张三", "zhang-san", "市场部", "", "员工"]
