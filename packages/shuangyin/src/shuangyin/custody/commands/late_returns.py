"""Notice seals that are not back in time: the two of the opening are told at once, the managers of seals after that."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import system_actor
from shuangyin.core.live import tell_live
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.commands.openings import TOPIC
from shuangyin.custody.keeping_queries import back_by
from shuangyin.custody.keeping_rules import return_steps
from shuangyin.custody.models import Opening, OpeningStatus
from shuangyin.evidence.commands import record
from shuangyin.people.queries import persons_permitted

AT_ONCE = 200
"""Openings that one round looks at."""
_KINDS = {"late": "custody.return_late", "escalated": "custody.return_escalated"}


def notice_late_returns(platform: Platform) -> int:
    """Write down once that seals are not back in time, and once that it was escalated; returns how many were told."""
    return platform.transact(_notice)


def _notice(work: UnitOfWork) -> int:
    query = (
        select(Opening)
        .where(Opening.status == OpeningStatus.OPEN, Opening.escalated_at.is_(None))
        .order_by(Opening.opened_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    told = 0
    for opening in list(work.session.scalars(query)):
        due_at = back_by(work, opening)
        if due_at is None:
            continue
        for step in return_steps(
            work.now, due_at=due_at, late_at=opening.late_at, escalated_at=opening.escalated_at
        ):
            _tell(work, opening, step, due_at)
            told += 1
    work.session.flush()
    return told


def _tell(work: UnitOfWork, opening: Opening, step: str, due_at: int) -> None:
    persons = {opening.custodian_id, opening.reviewer_id}
    if step == "late":
        opening.late_at = work.now
    else:
        opening.escalated_at = work.now
        for right in ("seals.manage", "custody.read"):
            persons |= {one.id for one in persons_permitted(work, opening.organization_id, right)}
    actor = system_actor(opening.organization_id)
    record(
        work,
        actor,
        kind=_KINDS[step],
        subject_type="opening",
        subject_id=opening.id,
        facts={"due_at": due_at},
    )
    if step == "late":
        raise_alarm(
            work,
            actor,
            "return_late",
            subject_type="opening",
            subject_id=opening.id,
            custodian_ids=persons,
            occurred_at=due_at,
        )
    tell_live(work, opening.organization_id, persons, TOPIC, opening.id)
