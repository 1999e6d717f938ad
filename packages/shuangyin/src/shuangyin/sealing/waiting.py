"""Approved electronic requests that wait for somebody: whose seals he may put on, oldest first."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from shuangyin.authority.judging import open_delegations
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.requests import queries as requests
from shuangyin.requests.authorizing import seals_for
from shuangyin.requests.models import RequestSeal, RequestStatus, UseRequest
from shuangyin.sealing.plan import uses_by_place
from shuangyin.sealing.schemas import WaitingSealingOut
from shuangyin.seals.models import Seal

MOST = 200
"""A list of more is not read; whoever keeps so many sees the rest when the oldest are sealed."""


def waiting_for(work: UnitOfWork, actor: Actor) -> list[UseRequest]:
    """The approved electronic requests of which the actor may put on a seal that is not on yet, oldest first."""
    query = select(UseRequest).where(
        UseRequest.organization_id == actor.organization_id,
        UseRequest.medium == "electronic",
        UseRequest.status == RequestStatus.APPROVED,
        _concerning(work, actor),
    )
    rows = work.session.scalars(query.order_by(UseRequest.id).limit(MOST))
    return [one for one in rows if _waits(work, actor, one)]


def waiting_out(work: UnitOfWork, rows: list[UseRequest]) -> list[WaitingSealingOut]:
    """As the API shows them."""
    names = requests.seal_names(work, [one.id for one in rows])
    people = display(work, {one.applicant_id for one in rows})
    return [
        WaitingSealingOut(
            request_id=one.id,
            number=one.number,
            title=one.title,
            applicant=people[one.applicant_id],
            seal_names=names[one.id],
            approved_at=one.approved_at or one.created_at,
        )
        for one in rows
    ]


def _concerning(work: UnitOfWork, actor: Actor) -> ColumnElement[bool]:
    """Narrows what is judged one by one, so that the home of who keeps nothing costs two small queries."""
    if open_delegations(work, actor.person_id, work.now):
        # What a delegator may do is known only by asking for each request.
        return UseRequest.organization_id == actor.organization_id
    granted = UseRequest.id.in_(requests.granted_to(actor))
    if not actor.may("sealing.execute"):
        return granted
    kept = (
        select(RequestSeal.request_id)
        .join(Seal, Seal.id == RequestSeal.seal_id)
        .where(Seal.keeper_person_id == actor.person_id)
    )
    return UseRequest.id.in_(kept) | granted


def _waits(work: UnitOfWork, actor: Actor, request: UseRequest) -> bool:
    """Of several keepers, who has put on his own waits for nothing any more."""
    on = {seal_id for seal_id, _ in uses_by_place(work, request.id)}
    return not seals_for(work, actor, request) <= on
