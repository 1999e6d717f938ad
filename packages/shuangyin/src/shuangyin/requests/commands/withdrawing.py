"""Take a request back while it is in approval."""

from __future__ import annotations

from shuangyin.approvals.commands import withdraw as withdraw_route
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests import errors
from shuangyin.requests.commands.drafting import own
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
