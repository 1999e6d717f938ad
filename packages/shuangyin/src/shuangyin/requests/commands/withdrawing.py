"""Take a request back while it is in approval; throw a draft away."""

from __future__ import annotations

from evidencelog.entry import JsonValue
from shuangyin.approvals.commands import withdraw as withdraw_route
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.requests import errors, queries
from shuangyin.requests.commands.drafting import own, require_editable
from shuangyin.requests.commands.outcomes import take_back
from shuangyin.requests.models import RequestStatus, UseRequest


def withdraw(
    work: UnitOfWork, actor: Actor, request_id: str, *, reason: str, expected: int | None
) -> UseRequest:
    """Withdraw one's own request (撤回). Raises Conflict (REQUEST_STATE) once it is decided."""
    request = own(work, actor, request_id, expected)
    if request.status != RequestStatus.IN_APPROVAL or request.route_id is None:
        raise errors.wrong_state(request.status)
    withdraw_route(work, actor, request.route_id, reason=reason)
    take_back(work, actor, request, RequestStatus.WITHDRAWN)
    return request


def discard(work: UnitOfWork, actor: Actor, request_id: str, expected: int | None) -> UseRequest:
    """Throw one's own draft away, or a request that came back. Its number is not given again, and it stays on record.

    Raises NotFound, Conflict (REQUEST_STATE) for what is under way or decided, Stale.
    """
    request = own(work, actor, request_id, expected)
    require_editable(request)
    before = request.status
    take_back(work, actor, request, RequestStatus.DISCARDED)
    facts: dict[str, JsonValue] = {"number": request.number, "was": before}
    record(
        work,
        actor,
        kind="requests.discarded",
        subject_type=queries.SUBJECT_TYPE,
        subject_id=request.id,
        facts=facts,
    )
    return request
