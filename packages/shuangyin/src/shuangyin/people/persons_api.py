"""Routes of the people of an organization."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, cursor_after, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import queries
from shuangyin.people.commands import persons as commands
from shuangyin.people.passwords import new_one_time_password
from shuangyin.people.schemas import (
    Appointment,
    NewPerson,
    OneTimePasswordOut,
    PersonAdded,
    PersonChange,
    PersonOut,
)
from shuangyin.people.views import person_out, persons_out

router = Routes(prefix="/persons", tags=["people"])

Reader = Annotated[Actor, access("people.read")]
Manager = Annotated[Actor, access("people.manage")]
IdInPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.get("", response_model=Page[PersonOut])
def list_persons(
    platform: PlatformOf,
    actor: Reader,
    q: Annotated[str, Query(max_length=64, pattern=r"^[^\x00]*$", description="Part of the name.")] = "",
    status: Annotated[Literal["active", "left"] | None, Query()] = None,
    department_id: Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PersonOut]:
    """People of the organization, in order of joining."""

    def query(work: UnitOfWork) -> Page[PersonOut]:
        found = queries.persons(
            work,
            actor,
            after=read_cursor(cursor),
            limit=limit + 1,
            containing=q.strip(),
            status=status,
            department_id=department_id,
        )
        shown = found[:limit]
        following = cursor_after(shown[-1].id) if len(found) > limit else None
        return Page(items=persons_out(work, actor, shown), next_cursor=following)

    return platform.view(query)


@router.post("", status_code=201, response_model=PersonAdded)
def add_person(body: NewPerson, actor: Manager, write: Write) -> PersonAdded | Response:
    """Add a person; the one-time password is shown once."""
    one_time = new_one_time_password(write.platform.settings)

    def command(work: UnitOfWork) -> PersonAdded:
        added = commands.add_person(work, actor, body, one_time)
        return PersonAdded(person=person_out(work, actor, added), one_time_password=None)

    # What is stored for the idempotency key must not hold the password, so it is added to the first answer only.
    answer = write.run(actor, command, status=201)
    if isinstance(answer, PersonAdded):
        return answer.model_copy(update={"one_time_password": one_time.words})
    return answer


@router.get("/{person_id}", response_model=PersonOut)
def read_person(person_id: IdInPath, platform: PlatformOf, actor: Reader) -> PersonOut:
    """One person."""
    return platform.view(
        lambda work: person_out(work, actor, queries.person(work, actor.organization_id, person_id))
    )


@router.patch("/{person_id}", response_model=PersonOut)
def change_person(
    person_id: IdInPath, body: PersonChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> PersonOut | Response:
    """Change a person's name or department."""
    return write.run(
        actor,
        lambda work: person_out(work, actor, commands.change_person(work, actor, person_id, body, expected)),
    )


@router.post("/{person_id}/posts", status_code=201, response_model=PersonOut)
def appoint(person_id: IdInPath, body: Appointment, actor: Manager, write: Write) -> PersonOut | Response:
    """Let a person hold a post from now on."""
    return write.run(
        actor,
        lambda work: person_out(work, actor, commands.appoint(work, actor, person_id, body.post_id)),
        status=201,
    )


@router.delete("/{person_id}/posts/{holding_id}", response_model=PersonOut)
def end_holding(
    person_id: IdInPath, holding_id: IdInPath, actor: Manager, write: Write
) -> PersonOut | Response:
    """End a person's holding of a post at once."""
    return write.run(
        actor,
        lambda work: person_out(work, actor, commands.end_holding(work, actor, person_id, holding_id)),
    )


@router.post("/{person_id}/reset", response_model=OneTimePasswordOut)
def reset_access(person_id: IdInPath, actor: Manager, write: Write) -> OneTimePasswordOut | Response:
    """Give a person a one-time password, shown once; his sessions, tokens and second factor end."""
    one_time = new_one_time_password(write.platform.settings)

    def command(work: UnitOfWork) -> OneTimePasswordOut:
        commands.reset_access(work, actor, person_id, one_time)
        return OneTimePasswordOut(one_time_password=None)

    answer = write.run(actor, command)
    if isinstance(answer, OneTimePasswordOut):
        return OneTimePasswordOut(one_time_password=one_time.words)
    return answer
