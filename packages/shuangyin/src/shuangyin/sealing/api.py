"""Routes of sealing."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from shuangyin.core.actor import Actor
from shuangyin.core.errors import NotFound
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import Id
from shuangyin.requests import queries as requests
from shuangyin.sealing import commands, queries
from shuangyin.sealing.schemas import SealingOut, SealOrderIn, SealUseOut

router = APIRouter()
_uses = APIRouter(prefix="/seal-uses", tags=["sealing"])
_requests = APIRouter(prefix="/requests", tags=["sealing"])


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
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SealUseOut]:
    """Seal uses of both media that the caller may see, newest first."""

    def query(work: UnitOfWork) -> Page[SealUseOut]:
        wanted = queries.UseFilter(request_id, seal_id, medium, person_id, read_cursor(cursor))
        rows = queries.list_uses(work, actor, wanted, limit=limit + 1)
        shown = {use.id: out for use, out in zip(rows, queries.uses_out(work, rows), strict=True)}
        return page_of(rows, limit, lambda use: use.id, lambda use: shown[use.id])

    return platform.view(query)


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
        # The custodian reads uses of requests that are none of his otherwise.
        if not actor.may("custody.read"):
            raise


router.include_router(_uses)
router.include_router(_requests)
