"""Routes of grants; those of questions, delegations and duties are in `questions_api` and `duties_api`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response
from sqlalchemy import func, select

from shuangyin.authority import duties_api, queries, questions_api
from shuangyin.authority.commands import grants as commands
from shuangyin.authority.kinds import GrantStatus
from shuangyin.authority.models import Grant
from shuangyin.authority.schemas import (
    GrantAnswer,
    GrantEnd,
    GrantOut,
    GrantsOut,
    NewGrant,
    OfficeOut,
    Reconfirmation,
)
from shuangyin.authority.views import grants_out
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.organization.models import Post
from shuangyin.people.models import PostHolding
from shuangyin.people.queries import display
from shuangyin.people.schemas import NamedRef, PersonRef
from shuangyin.reference.queries import root_office

router = Routes()
_grants = Routes(prefix="/grants", tags=["authority"])
_authority = Routes(prefix="/authority", tags=["authority"])

Reader = Annotated[Actor, access("authority.read")]
IdInQuery = Annotated[str | None, Query(max_length=32)]


@_grants.get("", response_model=Page[GrantOut])
def list_grants(
    platform: PlatformOf,
    actor: Reader,
    status: GrantStatus | None = None,
    seal_id: IdInQuery = None,
    parent_id: IdInQuery = None,
    scope: Annotated[
        Literal["all", "top", "mine", "unconfirmed"],
        Query(
            description="`top`: grants of the root offices themselves; `mine`: those that the caller holds; "
            "`unconfirmed`: those that the new holder of a root office has not answered for."
        ),
    ] = "all",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[GrantOut]:
    """Grants of the organization, newest first; with `parent_id` or scope `top`, one level of the tree."""

    def query(work: UnitOfWork) -> Page[GrantOut]:
        rows = queries.grants(
            work,
            actor,
            before=read_cursor(cursor),
            limit=limit + 1,
            status=status,
            seal_id=seal_id,
            parent_id=parent_id,
            top=scope == "top",
            mine=scope == "mine",
            unconfirmed=scope == "unconfirmed",
        )
        shown = {one.id: one for one in grants_out(work, actor, rows)}
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@_grants.post("", status_code=201, response_model=GrantOut)
def give(body: NewGrant, actor: SignedIn, write: Write) -> GrantOut | Response:
    """Give a grant, from a root office or out of a grant that one holds (second factor: act `authority.grant`,
    subject `{seal_id or *}:{act}`)."""
    return write.run(actor, lambda work: _out(work, actor, commands.give(work, actor, body)), status=201)


@_grants.post("/reconfirm", response_model=GrantsOut)
def reconfirm(body: Reconfirmation, actor: SignedIn, write: Write) -> GrantsOut | Response:
    """The new holder of a root office stands by grants of his predecessor (second factor: act `authority.reconfirm`,
    subject the grant's id, or `{number}:{organization id}` for several)."""

    def command(work: UnitOfWork) -> GrantsOut:
        confirmed = commands.reconfirm(work, actor, body.grant_ids, proof=body.proof)
        return GrantsOut(items=grants_out(work, actor, confirmed))

    return write.run(actor, command)


@_grants.get("/{grant_id}", response_model=GrantsOut)
def read(grant_id: IdInPath, platform: PlatformOf, actor: Reader) -> GrantsOut:
    """A grant and the line it stands in, from the root grant down to it."""

    def query(work: UnitOfWork) -> GrantsOut:
        row = queries.grant_of(work, actor.organization_id, grant_id)
        return GrantsOut(items=grants_out(work, actor, queries.lineage(work, row)))

    return platform.view(query)


@_grants.post("/{grant_id}/accept", response_model=GrantOut)
def accept(
    grant_id: IdInPath, body: GrantAnswer, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> GrantOut | Response:
    """Take a grant on; before that it cannot be used (second factor: act `authority.accept`, subject the id)."""

    def command(work: UnitOfWork) -> GrantOut:
        return _out(work, actor, commands.accept(work, actor, grant_id, proof=body.proof, expected=expected))

    return write.run(actor, command)


@_grants.post("/{grant_id}/decline", response_model=GrantOut)
def decline(
    grant_id: IdInPath, body: GrantEnd, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> GrantOut | Response:
    """Do not take a grant on (second factor: a recent one, or act `authority.accept`, subject the id)."""

    def command(work: UnitOfWork) -> GrantOut:
        declined = commands.decline(
            work, actor, grant_id, reason=body.reason, proof=body.proof, expected=expected
        )
        return _out(work, actor, declined)

    return write.run(actor, command)


@_grants.post("/{grant_id}/end", response_model=GrantsOut)
def end(
    grant_id: IdInPath, body: GrantEnd, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> GrantsOut | Response:
    """End a grant and all that was given out of it, or give it back (second factor: act `authority.end`, subject the
    id)."""

    def command(work: UnitOfWork) -> GrantsOut:
        ended = commands.end(work, actor, grant_id, reason=body.reason, proof=body.proof, expected=expected)
        return GrantsOut(items=grants_out(work, actor, ended))

    return write.run(actor, command)


@_authority.get("/offices", response_model=Page[OfficeOut])
def offices(platform: PlatformOf, actor: Reader) -> Page[OfficeOut]:
    """The root offices: where the tree of authority begins."""
    return platform.view(lambda work: Page(items=_offices(work, actor), next_cursor=None))


def _out(work: UnitOfWork, actor: Actor, grant: Grant) -> GrantOut:
    return grants_out(work, actor, [grant])[0]


def _offices(work: UnitOfWork, actor: Actor) -> list[OfficeOut]:
    posts = list(
        work.session.scalars(
            select(Post)
            .where(Post.organization_id == actor.organization_id, Post.office_slot.is_not(None))
            .order_by(Post.office_slot)
        )
    )
    held = select(PostHolding.post_id, PostHolding.person_id).where(
        PostHolding.post_id.in_([post.id for post in posts]), PostHolding.until_at.is_(None)
    )
    holders = dict(work.session.execute(held).tuples().all())
    people = display(work, holders.values())
    ends = queries.office_ends(work, actor.organization_id)
    return [_office_out(work, post, people.get(holders.get(post.id, "")), ends.get(post.id, [])) for post in posts]  # fmt: skip


def _office_out(work: UnitOfWork, post: Post, holder: PersonRef | None, ends: list[int]) -> OfficeOut:
    open_ = (
        Grant.granted_by_post == post.id,
        Grant.depth == 0,
        Grant.status.in_((GrantStatus.ACTIVE, GrantStatus.OFFERED)),
    )
    waiting: list[Grant] = []
    if ends:
        waiting = list(work.session.scalars(select(Grant).where(*open_, Grant.confirmed_at < max(ends))))
    lapses = [at for one in waiting if (at := queries.lapse(work, one, {post.id: ends})) is not None]
    office = root_office(post.office) if post.office else None
    return OfficeOut(
        post=NamedRef(id=post.id, name=post.name),
        office=post.office or "legal_representative",
        root=office.root if office else "unit",
        holder=holder,
        grants=work.session.scalar(select(func.count()).select_from(Grant).where(*open_)) or 0,
        to_reconfirm=len(lapses),
        reconfirm_by=min(lapses, default=None),
    )


for _part in (questions_api.router, duties_api.router, _authority, _grants):
    router.include(_part)
