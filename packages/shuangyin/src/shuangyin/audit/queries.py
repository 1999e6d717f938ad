"""Reads of audits and findings."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import Select, or_, select

from shuangyin.audit.differences import differences
from shuangyin.audit.models import Audit, AuditFinding, AuditStatus
from shuangyin.audit.months import end_of
from shuangyin.audit.rules import Difference, Figures, Stand, to_find
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork

READ = "audit.read"


def get(work: UnitOfWork, actor: Actor, audit_id: str) -> Audit:
    """One audit of the organization. Raises Forbidden, NotFound."""
    actor.require(READ)
    found = work.session.scalar(
        select(Audit).where(Audit.id == audit_id, Audit.organization_id == actor.organization_id)
    )
    if found is None:
        raise not_found("该次审计", "audit")
    return found


def audits(work: UnitOfWork, actor: Actor, *, before: str | None, limit: int) -> list[Audit]:
    """Audits, latest month first; `before` is a month."""
    actor.require(READ)
    query = select(Audit).where(Audit.organization_id == actor.organization_id)
    if before is not None:
        query = query.where(Audit.month < before)
    return list(work.session.scalars(query.order_by(Audit.month.desc()).limit(limit)))


def latest(work: UnitOfWork, organization_id: str) -> Audit | None:
    """The audit of the latest month."""
    query = select(Audit).where(Audit.organization_id == organization_id)
    return work.session.scalar(query.order_by(Audit.month.desc()).limit(1))


def running(work: UnitOfWork, organization_id: str) -> Audit | None:
    """The audit that is open."""
    return work.session.scalar(select(Audit).where(Audit.open_slot == organization_id))


def finding(work: UnitOfWork, actor: Actor, finding_id: str) -> AuditFinding:
    """One finding of the organization. Raises Forbidden, NotFound."""
    actor.require(READ)
    found = work.session.scalar(
        select(AuditFinding).where(
            AuditFinding.id == finding_id, AuditFinding.organization_id == actor.organization_id
        )
    )
    if found is None:
        raise not_found("该审计问题", "finding")
    return found


def findings(work: UnitOfWork, audit: Audit) -> list[AuditFinding]:
    """What stands in an audit: the findings it took in, and those of earlier ones not settled when it was opened."""
    return list(work.session.scalars(_standing_in(audit).order_by(AuditFinding.id)))


def findings_of_alarms(work: UnitOfWork, actor: Actor, alarm_ids: Collection[str]) -> list[AuditFinding]:
    """The findings of the differences that these alarms told of."""
    actor.require(READ)
    query = select(AuditFinding).where(
        AuditFinding.organization_id == actor.organization_id, AuditFinding.alarm_id.in_(alarm_ids)
    )
    return list(work.session.scalars(query.order_by(AuditFinding.id)))


def unsettled(work: UnitOfWork, organization_id: str) -> list[AuditFinding]:
    """The findings that nobody has settled."""
    query = select(AuditFinding).where(
        AuditFinding.organization_id == organization_id, AuditFinding.settled_at.is_(None)
    )
    return list(work.session.scalars(query.order_by(AuditFinding.id)))


def new_differences(work: UnitOfWork, audit: Audit) -> list[Difference]:
    """The differences noticed before the end of the audit's month that are no findings yet."""
    known = work.session.scalars(
        select(AuditFinding)
        .where(AuditFinding.organization_id == audit.organization_id)
        .order_by(AuditFinding.id)
    ).all()
    return to_find(
        differences(work, audit.organization_id),
        unsettled={one.slot for one in known if one.slot is not None},
        settled={key_of(one): figures_of(one.settled_figures) for one in known if one.settled_figures},
        until=end_of(audit.month),
    )


def figures_now(work: UnitOfWork, found: Sequence[AuditFinding]) -> dict[str, Figures]:
    """The figures of findings as the accounts have them now, by the finding's id."""
    if not found:
        return {}
    now = {one.key: one.figures for one in reversed(differences(work, found[0].organization_id))}
    return {one.id: now.get(key_of(one), figures_of(one.figures)) for one in found}


def key_of(found: AuditFinding) -> str:
    """The key of the difference that a finding is of."""
    return f"{found.kind}/{found.about}"


def figures_of(text: str) -> Figures:
    """Figures as they are kept with a finding."""
    return Figures(**json.loads(text))


def kept_figures(figures: Figures) -> str:
    """Figures as they are kept with a finding."""
    return json.dumps(asdict(figures), sort_keys=True)


def stand_of(found: AuditFinding) -> Stand:
    """Where a finding stands, for the rules."""
    return Stand(
        answered_by=found.answered_by,
        responsible_id=found.responsible_id,
        due_on=found.due_on,
        rectified_by=found.rectified_by,
        settled=found.settled_at is not None,
    )


def is_open(audit: Audit) -> bool:
    """Whether an audit is still open."""
    return audit.status == AuditStatus.OPEN


def _standing_in(audit: Audit) -> Select[tuple[AuditFinding]]:
    return (
        select(AuditFinding)
        .join(Audit, Audit.id == AuditFinding.audit_id)
        .where(
            AuditFinding.organization_id == audit.organization_id,
            Audit.month <= audit.month,
            or_(
                AuditFinding.audit_id == audit.id,
                AuditFinding.settled_at.is_(None),
                AuditFinding.settled_at > audit.opened_at,
            ),
        )
    )
