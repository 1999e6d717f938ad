"""Routes of who keeps a safe and of its lock code."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries
from shuangyin.custody.commands import keeping
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.keeping_schemas import KeepingOut, LockCodeChanged, NewDeputy
from shuangyin.custody.keeping_views import keeping_out, require_sees_keeping
from shuangyin.custody.schemas import OpeningConfirmation

router = Routes(tags=["custody"])

Manager = Annotated[Actor, access("seals.manage")]


@router.get("/safes/{safe_id}/keeping", response_model=KeepingOut)
def read_keeping(safe_id: str, platform: PlatformOf, actor: SignedIn) -> KeepingOut:
    """Who may open a safe, and how its lock code stands."""
    require_sees_keeping(actor)
    return platform.view(
        lambda work: keeping_out(work, actor, queries.safe(work, actor.organization_id, safe_id))
    )


@router.post("/safes/{safe_id}/deputies", status_code=201, response_model=KeepingOut)
def name_deputy(safe_id: str, body: NewDeputy, actor: Manager, write: Write) -> KeepingOut | Response:
    """Name a deputy of the custodian, for a term or until it is ended."""

    def command(work: UnitOfWork) -> KeepingOut:
        keeping.name_deputy(
            work,
            actor,
            safe_id,
            person_id=body.person_id,
            from_at=work.now if body.from_at is None else body.from_at,
            until_at=body.until_at,
        )
        return keeping_out(work, actor, queries.safe(work, actor.organization_id, safe_id))

    return write.run(actor, command, status=201)


@router.post("/safes/{safe_id}/deputies/{deputy_id}/end", response_model=KeepingOut)
def end_deputy(safe_id: str, deputy_id: str, actor: Manager, write: Write) -> KeepingOut | Response:
    """End the term of a deputy now; the lock code is then due for change."""

    def command(work: UnitOfWork) -> KeepingOut:
        keeping.end_deputy(work, actor, safe_id, deputy_id)
        return keeping_out(work, actor, queries.safe(work, actor.organization_id, safe_id))

    return write.run(actor, command)


@router.post("/safes/{safe_id}/lock-code-changes", status_code=201, response_model=KeepingOut)
def record_lock_change(
    safe_id: str, body: LockCodeChanged, request: Request, actor: SignedIn, platform: PlatformOf
) -> KeepingOut:
    """Record that the lock code was changed, before a second person who identifies himself here; never the code."""
    platform.view(lambda work: queries.safe(work, actor.organization_id, safe_id))
    shown = shown_by(
        platform,
        actor,
        request,
        OpeningConfirmation(method=body.method, code=body.code, account=body.account, password=body.password),
        safe_id,
    )
    return platform.transact(
        lambda work: keeping_out(
            work, actor, keeping.record_lock_change(work, actor, safe_id, body.reason, shown)
        )
    )
