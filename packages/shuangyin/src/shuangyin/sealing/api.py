"""Routes of sealing."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.errors import NotFound
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import Id
from shuangyin.requests import queries as requests
from shuangyin.sealing import commands, queries
from shuangyin.sealing.schemas import (
    SealingOut,
    SealOrderIn,
    SealUseOut,
    VoidIn,
    VoidReasonOut,
    WaitingSealingOut,
)
from shuangyin.sealing.void_reasons import void_reasons
from shuangyin.sealing.waiting import waiting_for, waiting_out

router = Routes()
Voider = Annotated[Actor, access(commands.VOID_RIGHT)]
_uses = Routes(prefix="/seal-uses", tags=["sealing"])
_requests = Routes(prefix="/requests", tags=["sealing"])


@_requests.post("/{request_id}/seal", response_model=SealingOut)
def seal(
    request_id: Id,
    body: SealOrderIn,
    platform: PlatformOf,
    actor: SignedIn,
) -> SealingOut:
    """The keeper puts his e-seals on an approved request, or whoever was granted or delegated the use of them.

    Repeating it changes nothing.
    """
    made = commands.seal_by_keeper(platform, actor, request_id, proof=body.proof)

    def query(work: UnitOfWork) -> SealingOut:
        uses = queries.uses_out(work, queries.of_request(work, request_id))
        return SealingOut(request_id=request_id, made=made, uses=uses)

    return platform.view(query)


@_uses.get("", response_model=Page[SealUseOut])
def list_uses(
    platform: PlatformOf,
    actor: SignedIn,
    request_id: Id | None = None,
    seal_id: Id | None = None,
    medium: Literal["electronic", "physical"] | None = None,
    person_id: Annotated[Id | None, Query(description="Who applied for the use or made it.")] = None,
    number: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SealUseOut]:
    """Seal uses of both media that the caller may see, newest first."""

    def query(work: UnitOfWork) -> Page[SealUseOut]:
        wanted = queries.UseFilter(request_id, seal_id, medium, person_id, number, read_cursor(cursor))
        rows = queries.list_uses(work, actor, wanted, limit=limit + 1)
        shown = {use.id: out for use, out in zip(rows, queries.uses_out(work, rows), strict=True)}
        return page_of(rows, limit, lambda use: use.id, lambda use: shown[use.id])

    return platform.view(query)


@_uses.get("/waiting", response_model=list[WaitingSealingOut])
def list_waiting(platform: PlatformOf, actor: SignedIn) -> list[WaitingSealingOut]:
    """The approved electronic requests that wait for the caller: seals that he keeps, or may use by grant or delegation.

    Oldest first, at most 200. Those of physical seals are at `/custody/waiting`.
    """
    return platform.view(lambda work: waiting_out(work, waiting_for(work, actor)))


@_uses.get("/void-reasons", response_model=list[VoidReasonOut])
def list_void_reasons(_actor: SignedIn) -> list[VoidReasonOut]:
    """The reasons that a use may be voided for, in the order in which they are offered."""
    return [VoidReasonOut(code=code, zh=words.zh, en=words.en) for code, words in void_reasons().items()]


@_uses.post("/{use_id}/void", response_model=SealUseOut)
def void(use_id: Id, body: VoidIn, write: Write, actor: Voider) -> SealUseOut | Response:
    """Void a use that must not stand (second factor: act `sealing.void`, subject its id).

    It is kept with its file. The public check and the evidence bundle say that it is voided, when and why.
    """

    def command(work: UnitOfWork) -> SealUseOut:
        commands.void_use(work, actor, use_id, code=body.code, reason=body.reason, proof=body.proof)
        return queries.uses_out(work, [queries.get(work, actor.organization_id, use_id)])[0]

    return write.run(actor, command)


@_uses.get("/{use_id}", response_model=SealUseOut)
def read_use(use_id: Id, platform: PlatformOf, actor: SignedIn) -> SealUseOut:
    """One seal use, for who may read its request."""

    def query(work: UnitOfWork) -> SealUseOut:
        use = queries.get(work, actor.organization_id, use_id)
        _require_readable(work, actor, use.request_id)
        return queries.uses_out(work, [use])[0]

    return platform.view(query)


def _require_readable(work: UnitOfWork, actor: Actor, request_id: str) -> None:
    try:
        requests.get(work, actor, request_id)
    except NotFound:
        # Custodians, and who may void, read uses of requests that are none of theirs otherwise.
        if not any(actor.may(one) for one in queries.READ_ALL):
            raise


router.include(_uses)
router.include(_requests)
