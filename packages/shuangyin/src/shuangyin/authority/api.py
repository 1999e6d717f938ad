"""Routes of authority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from shuangyin.authority import commands, queries
from shuangyin.authority.models import Act, Grant, GrantStatus
from shuangyin.authority.schemas import GrantEnd, GrantOut, GrantsEnded, NewGrant
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.organization.queries import posts
from shuangyin.people.queries import display
from shuangyin.people.schemas import NamedRef, PersonRef
from shuangyin.seals.queries import named

router = APIRouter(prefix="/grants", tags=["authority"])

Reader = Annotated[Actor, access("authority.read")]


@router.get("", response_model=Page[GrantOut])
def list_grants(
    platform: PlatformOf,
    actor: Reader,
    status: GrantStatus | None = None,
    seal_id: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[GrantOut]:
    """Grants of the organization, newest first."""

    def query(work: UnitOfWork) -> Page[GrantOut]:
        rows = queries.grants(
            work, actor, before=read_cursor(cursor), limit=limit + 1, status=status, seal_id=seal_id
        )
        shown = {one.id: one for one in grants_out(work, rows)}
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@router.post("", status_code=201, response_model=GrantOut)
def give(body: NewGrant, actor: SignedIn, write: Write) -> GrantOut | Response:
    """Give a grant, from the root office or out of a grant that one holds (second factor: act `authority.grant`,
    subject `{seal_id or *}:{act}`)."""
    return write.run(actor, lambda work: grants_out(work, [commands.give(work, actor, body)])[0], status=201)


@router.post("/{grant_id}/end", response_model=GrantsEnded)
def end(
    grant_id: IdInPath, body: GrantEnd, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> GrantsEnded | Response:
    """End a grant and all that was given out of it."""

    def command(work: UnitOfWork) -> GrantsEnded:
        ended = commands.end(work, actor, grant_id, reason=body.reason, expected=expected)
        return GrantsEnded(items=grants_out(work, ended))

    return write.run(actor, command)


def grants_out(work: UnitOfWork, rows: Sequence[Grant]) -> list[GrantOut]:
    """Grants with the names of seals, holders and givers."""
    people = display(
        work, {one for row in rows for one in (row.holder_person_id, row.granted_by_person) if one}
    )
    seals = named(work, {row.seal_id for row in rows if row.seal_id})
    post_names = {post.id: post.name for post in posts(work, rows[0].organization_id)} if rows else {}

    def shown(row: Grant) -> GrantOut:
        holder = row.holder_person_id
        post_id = row.holder_post_id
        return GrantOut(
            id=row.id,
            parent_id=row.parent_id,
            act=Act(row.act),
            seal_id=row.seal_id,
            seal_name=seals[row.seal_id].name if row.seal_id else None,
            holder_person_id=holder,
            holder_person=people.get(holder) if holder else None,
            holder_post_id=post_id,
            holder_post=NamedRef(id=post_id, name=post_names[post_id]) if post_id else None,
            amount_limit_minor=row.amount_limit_minor,
            count_limit=row.count_limit,
            count_reserved=row.count_reserved,
            count_used=row.count_used,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            granted_by=people.get(row.granted_by_person) or PersonRef(id=row.granted_by_person, name="—"),
            granted_at=row.granted_at,
            status=GrantStatus(row.status),
            in_force=row.status == GrantStatus.ACTIVE and row.valid_from <= work.now < row.valid_until,
            ended_at=row.ended_at,
            reason=row.reason,
            end_reason=row.end_reason,
            version=row.version,
        )

    return [shown(row) for row in rows]
