"""Reads of hand-overs."""

from __future__ import annotations

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import views
from shuangyin.custody.handover_schemas import HandoverItemOut, HandoverOut
from shuangyin.custody.loan_views import parties_out
from shuangyin.custody.models import Handover, HandoverItem

RIGHTS = ("custody.read", "seals.manage")


def parties(handover: Handover) -> dict[str, str]:
    """Who confirms: role → person."""
    return {
        "giver": handover.giver_id,
        "receiver": handover.receiver_id,
        "witness": handover.witness_id,
    }


def get(work: UnitOfWork, actor: Actor, handover_id: str) -> Handover:
    """One hand-over, for its three persons and for those who may read custody or manage seals. Raises NotFound."""
    found = work.session.scalar(
        select(Handover).where(Handover.id == handover_id, Handover.organization_id == actor.organization_id)
    )
    if found is None or not (
        any(actor.may(one) for one in RIGHTS) or actor.person_id in parties(found).values()
    ):
        raise not_found("该交接", "hand-over")
    return found


def handovers(
    work: UnitOfWork, actor: Actor, *, status: str | None, before: str | None, limit: int
) -> list[Handover]:
    """Hand-overs, newest first: one's own, or all for those who may read custody or manage seals."""
    query = select(Handover).where(Handover.organization_id == actor.organization_id)
    if not any(actor.may(one) for one in RIGHTS):
        own = actor.person_id
        query = query.where(
            or_(Handover.giver_id == own, Handover.receiver_id == own, Handover.witness_id == own)
        )
    if status is not None:
        query = query.where(Handover.status == status)
    if before is not None:
        query = query.where(Handover.id < before)
    return list(work.session.scalars(query.order_by(Handover.id.desc()).limit(limit)))


def items(work: UnitOfWork, handover_id: str) -> list[HandoverItem]:
    """The lines of a sheet, in order."""
    query = select(HandoverItem).where(HandoverItem.handover_id == handover_id)
    return list(work.session.scalars(query.order_by(HandoverItem.position)))


def handover_out(work: UnitOfWork, handover: Handover) -> HandoverOut:
    """A hand-over as it is shown."""
    roles = parties(handover)
    people = views.People(work, roles.values())
    return HandoverOut.model_validate(
        {
            "id": handover.id,
            "number": handover.number,
            "status": handover.status,
            "giver": people(handover.giver_id),
            "receiver": people(handover.receiver_id),
            "witness": people(handover.witness_id),
            "reason": handover.reason,
            "drafted_at": handover.drafted_at,
            "done_at": handover.done_at,
            "items": [
                HandoverItemOut.model_validate(one, from_attributes=True) for one in items(work, handover.id)
            ],
            "parties": parties_out(work, people, handover.id, "handover", roles),
            "version": handover.version,
        }
    )
