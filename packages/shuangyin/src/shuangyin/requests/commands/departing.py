"""What becomes of the applications of a person who leaves."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.approvals.commands.departing import end_started
from shuangyin.approvals.models import ApprovalRoute, RouteStatus
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.requests import queries
from shuangyin.requests.commands.outcomes import take_back
from shuangyin.requests.models import RequestStatus, UseRequest

UNFINISHED = (
    RequestStatus.DRAFT,
    RequestStatus.SENT_BACK,
    RequestStatus.IN_APPROVAL,
    RequestStatus.APPROVED,
    RequestStatus.SEALING,
)


def unfinished_of(work: UnitOfWork, organization_id: str, person_id: str) -> list[UseRequest]:
    """The person's applications on which something is still to be done."""
    query = select(UseRequest).where(
        UseRequest.organization_id == organization_id,
        UseRequest.applicant_id == person_id,
        UseRequest.status.in_([one.value for one in UNFINISHED]),
    )
    return list(work.session.scalars(query.order_by(UseRequest.id)))


def end_undecided(work: UnitOfWork, actor: Actor, request: UseRequest, *, reason: str) -> None:
    """Take an application back that is not approved yet: its applicant cannot answer for it any more."""
    if request.status == RequestStatus.IN_APPROVAL and request.route_id is not None:
        route = work.session.get_one(ApprovalRoute, request.route_id, with_for_update=True)
        if route.status == RouteStatus.RUNNING:
            end_started(work, actor, route, reason=reason)
    take_back(work, actor, request, RequestStatus.WITHDRAWN)
    record(
        work,
        actor,
        kind="requests.applicant_left",
        subject_type=queries.SUBJECT_TYPE,
        subject_id=request.id,
        facts={"applicant": request.applicant_id, "reason": dict(digest_of(reason))},
    )
