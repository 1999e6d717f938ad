"""Reads of alarms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from shuangyin.alarms.models import Alarm, AlarmMessage, AlarmRecipient
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork

READ = "alarms.read"


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """Which alarms are asked for."""

    open: bool | None = None
    severity: str | None = None
    kind: str | None = None
    subject_id: str | None = None
    before: str | None = None


def get(work: UnitOfWork, actor: Actor, alarm_id: str) -> Alarm:
    """One alarm that the actor may see. Raises NotFound."""
    found = work.session.scalar(_visible(actor).where(Alarm.id == alarm_id))
    if found is None:
        raise not_found("该预警", "alarm")
    return found


def alarms(work: UnitOfWork, actor: Actor, wanted: AlarmFilter, *, limit: int) -> list[Alarm]:
    """Alarms that the actor may see, newest first."""
    query = _visible(actor)
    if wanted.open is not None:
        query = query.where(Alarm.verdict.is_(None) if wanted.open else Alarm.verdict.is_not(None))
    for column, value in (
        (Alarm.severity, wanted.severity),
        (Alarm.kind, wanted.kind),
        (Alarm.subject_id, wanted.subject_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.before is not None:
        query = query.where(Alarm.id < wanted.before)
    return list(work.session.scalars(query.order_by(Alarm.id.desc()).limit(limit)))


def open_alarms(work: UnitOfWork, subject_type: str, subject_id: str) -> list[Alarm]:
    """The alarms about a subject that nobody has judged yet."""
    query = select(Alarm).where(
        Alarm.subject_type == subject_type, Alarm.subject_id == subject_id, Alarm.verdict.is_(None)
    )
    return list(work.session.scalars(query.order_by(Alarm.id)))


def open_count(work: UnitOfWork, actor: Actor) -> int:
    """How many alarms that the actor may see wait for a verdict."""
    waiting = _visible(actor).where(Alarm.verdict.is_(None)).subquery()
    return work.session.scalar(select(func.count()).select_from(waiting)) or 0


def recipients(work: UnitOfWork, alarm_ids: Collection[str]) -> list[AlarmRecipient]:
    """Who was told of these alarms."""
    query = select(AlarmRecipient).where(AlarmRecipient.alarm_id.in_(set(alarm_ids)))
    return list(work.session.scalars(query.order_by(AlarmRecipient.alarm_id, AlarmRecipient.person_id)))


def messages(work: UnitOfWork, alarm_ids: Collection[str]) -> dict[tuple[str, str], AlarmMessage]:
    """What became of the messages about these alarms, by alarm and person."""
    query = select(AlarmMessage).where(AlarmMessage.alarm_id.in_(set(alarm_ids)))
    return {(one.alarm_id, one.person_id): one for one in work.session.scalars(query)}


def is_recipient(work: UnitOfWork, alarm_id: str, person_id: str) -> bool:
    """Whether a person was told of an alarm."""
    return work.session.get(AlarmRecipient, (alarm_id, person_id)) is not None


def _visible(actor: Actor) -> Select[tuple[Alarm]]:
    query = select(Alarm).where(Alarm.organization_id == actor.organization_id)
    if actor.may(READ):
        return query
    told = select(AlarmRecipient.alarm_id).where(AlarmRecipient.person_id == actor.person_id)
    return query.where(Alarm.id.in_(told))
