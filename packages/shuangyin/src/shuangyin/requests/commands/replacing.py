"""Replace documents, places or counts of a request while it is in approval, where an approver permitted it."""

from __future__ import annotations

from shuangyin.approvals.commands import replaced
from shuangyin.approvals.queries import route as route_of
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.requests import errors, queries
from shuangyin.requests.commands.conditions import require_confirmed
from shuangyin.requests.commands.drafting import change_content, own
from shuangyin.requests.commands.submitting import checked
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.requests.routing import parts_of
from shuangyin.requests.schemas import RequestReplacement


def replace(
    work: UnitOfWork, actor: Actor, request_id: str, change: RequestReplacement, expected: int | None
) -> UseRequest:
    """Put other documents, places or counts into a request in approval; those who look at what changed decide again.

    What the route was decided by (kind, matter, amount, medium, seals) stays: other ones are another request. Raises
    Refused (REPLACEMENT_NOT_PERMITTED), Conflict (REQUEST_STATE), Stale, and what a submission raises.
    """
    actor.require("requests.apply")
    request = own(work, actor, request_id, expected)
    if request.status != RequestStatus.IN_APPROVAL or request.route_id is None:
        raise errors.wrong_state(request.status)
    before = request.binding
    change_content(work, actor, request, change)
    decided, _ = checked(work, actor, request)
    require_confirmed(work, request, decided.decision.controls)
    request.binding = queries.current_binding(work, request)
    route = route_of(work, request.route_id)
    replaced(work, actor, route, binding=request.binding, parts=parts_of(work, request))
    work.session.flush()
    record(
        work,
        actor,
        kind="requests.replaced",
        subject_type=queries.SUBJECT_TYPE,
        subject_id=request.id,
        facts={
            "from": before,
            "to": request.binding,
            "documents": [one.sm3 for one in queries.documents_of(work, request.id)],
        },
    )
    return request
