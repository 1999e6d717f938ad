"""What the starter of a route can do with it: withdraw it, urge those who are asked."""

from __future__ import annotations

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.commands.ending import end_route
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import ApprovalRoute, RouteStatus
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of

URGE_AGAIN_MS = 30 * 60_000
"""How long the starter waits before urging again, so that urging stays worth reading."""


def withdraw(work: UnitOfWork, actor: Actor, route_id: str, *, reason: str) -> ApprovalRoute:
    """End a running route because its starter takes the subject back. Raises Conflict when it has ended."""
    route = queries.running_for_change(work, actor, route_id)
    if route.started_by != actor.person_id:
        raise errors.no_such_route()
    end_route(work, route, RouteStatus.WITHDRAWN)
    tell(work, actor, route, "approvals.withdrawn", {"reason": digest_of(reason)})
    return route


def urge(work: UnitOfWork, actor: Actor, route_id: str) -> ApprovalRoute:
    """Remind those who are asked. Raises Conflict (URGED_LATELY) within half an hour of the last time."""
    route = queries.running_for_change(work, actor, route_id)
    if route.started_by != actor.person_id:
        raise errors.no_such_route()
    if route.urged_at is not None and work.now < route.urged_at + URGE_AGAIN_MS:
        left = route.urged_at + URGE_AGAIN_MS - work.now
        raise errors.urged_lately(-(-left // 60_000))
    route.urged_at = work.now
    waiting: list[JsonValue] = list(queries.waiting_for(work, route.id))
    tell(work, actor, route, "approvals.urged", {"persons": waiting})
    return route
