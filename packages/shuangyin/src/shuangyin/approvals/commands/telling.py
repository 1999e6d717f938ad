"""Every act of an approval leaves its entry, in the transaction that makes it true."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, union_all

from evidencelog.entry import JsonValue
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalConsultation,
    ApprovalCopy,
    ApprovalRoute,
    ApprovalStep,
)
from shuangyin.core.actor import Actor
from shuangyin.core.live import tell_live
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record

TOPIC = "approvals"


def tell(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, kind: str, facts: Mapping[str, JsonValue]
) -> str:
    """Record an act on a route under its subject, and tell the open pages of those it concerns; returns the entry's id.

    Whom it concerns is asked once the transaction is ready to commit, when everybody who is now asked is known.
    """
    entry = record(
        work,
        actor,
        kind=kind,
        subject_type=route.subject_type,
        subject_id=route.subject_id,
        facts={"route": route.id, **facts},
    )
    _tell_pages(work, route)
    return entry.id


def _tell_pages(work: UnitOfWork, route: ApprovalRoute) -> None:
    told: set[str] = work.session.info.setdefault("routes told to pages", set())
    if route.id in told:
        return
    told.add(route.id)
    route_id, organization_id, subject_id = route.id, route.organization_id, route.subject_id

    def tell_now() -> None:
        persons = concerned(work, route_id)
        tell_live(work, organization_id, persons, TOPIC, subject_id)

    work.before_commit(tell_now)


def concerned(work: UnitOfWork, route_id: str) -> set[str]:
    """Who started a route, is or was asked or consulted in it, or has a copy of it."""
    asked = (
        select(ApprovalAssignment.person_id)
        .join(ApprovalStep, ApprovalStep.id == ApprovalAssignment.step_id)
        .where(ApprovalStep.route_id == route_id)
    )
    consulted = (
        select(ApprovalConsultation.person_id)
        .join(ApprovalStep, ApprovalStep.id == ApprovalConsultation.step_id)
        .where(ApprovalStep.route_id == route_id)
    )
    copied = select(ApprovalCopy.person_id).where(ApprovalCopy.route_id == route_id)
    started = select(ApprovalRoute.started_by).where(ApprovalRoute.id == route_id)
    return set(work.session.scalars(union_all(asked, consulted, copied, started)))
