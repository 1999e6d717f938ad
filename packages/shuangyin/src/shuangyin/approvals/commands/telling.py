"""Every act of an approval leaves its entry, in the transaction that makes it true."""

from __future__ import annotations

from collections.abc import Mapping

from evidencelog.entry import JsonValue
from shuangyin.approvals.models import ApprovalRoute
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record


def tell(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, kind: str, facts: Mapping[str, JsonValue]
) -> str:
    """Record an act on a route under its subject; returns the id of the entry."""
    entry = record(
        work,
        actor,
        kind=kind,
        subject_type=route.subject_type,
        subject_id=route.subject_id,
        facts={"route": route.id, **facts},
    )
    return entry.id
