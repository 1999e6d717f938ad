"""Take a request back before anything was done for it; throw a draft away."""

from __future__ import annotations

from evidencelog.entry import JsonValue
from shuangyin.approvals.commands import withdraw as withdraw_route
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.requests import errors, queries
from shuangyin.requests.commands.drafting import own, require_editable
from shuangyin.requests.commands.outcomes import take_back
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.requests.uses import begun_uses


def withdraw(
    work: UnitOfWork, actor: Actor, request_id: str, *, reason: str, expected: int | None
) -> UseRequest:
    """Withdraw one's own request (撤回): in approval, or approved and not wanted any more, which would otherwise keep
    its seals from being ended and its counts reserved for good.

    Raises Conflict (REQUEST_STATE) in another state, Conflict (REQUEST_BEGUN) once somebody has begun to seal.
    """
    request = own(work, actor, request_id, expected)
    if request.status == RequestStatus.APPROVED:
        _give_up(work, actor, request, reason)
    elif request.status == RequestStatus.IN_APPROVAL and request.route_id is not None:
        withdraw_route(work, actor, request.route_id, reason=reason)
        take_back(work, actor, request, RequestStatus.WITHDRAWN)
    else:
        raise errors.wrong_state(request.status)
    return request


def _give_up(work: UnitOfWork, actor: Actor, request: UseRequest, reason: str) -> None:
    # An opening and a loan lock the request when they begin: neither of both acts misses the other.
    work.session.refresh(request, with_for_update=True)
    if request.status != RequestStatus.APPROVED:
        raise errors.wrong_state(request.status)
    if begun_uses(work).begun(work, request.id):
        raise errors.request_begun()
    take_back(work, actor, request, RequestStatus.WITHDRAWN)
    record(
        work,
        actor,
        kind="requests.given_up",
        subject_type=queries.SUBJECT_TYPE,
        subject_id=request.id,
        facts={"number": request.number, "reason": dict(digest_of(reason))},
    )


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
