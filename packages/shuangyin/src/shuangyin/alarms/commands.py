"""Raise an alarm, and say what it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.alarms import errors, messages, queries
from shuangyin.alarms.kinds import TOPIC, alarm_kinds
from shuangyin.alarms.models import Alarm, AlarmRecipient, Verdict
from shuangyin.core.actor import Actor
from shuangyin.core.live import tell_live
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.queries import persons_permitted

RIGHT = "alarms.handle"


def raise_alarm(
    work: UnitOfWork,
    actor: Actor,
    kind: str,
    *,
    subject_type: str,
    subject_id: str,
    about: str = "",
    custodian_ids: Iterable[str] = (),
    occurred_at: int | None = None,
    facts: Mapping[str, JsonValue] | None = None,
) -> Alarm:
    """Raise an alarm of a kind of `kinds.json` about a subject, or count it on to the one that is open.

    `about` tells two things apart that may be wrong with one subject at once. Told live, once this transaction is
    durable: the custodians that the caller names, and whoever may handle alarms; of a critical one by message too. `facts`
    hold ids, codes and counts; the seal's id among them as `seal` lets the message name the seal.
    """
    slot = f"{kind}/{subject_type}/{subject_id}/{about}"[:200]
    found = work.session.scalar(select(Alarm).where(Alarm.slot == slot))
    if found is not None:
        found.occurrences += 1
        found.last_at = work.now
        return found
    alarm_id = work.new_id()
    stated = dict(facts or {})
    entry = record(
        work,
        actor,
        kind="alarms.raised",
        subject_type=subject_type,
        subject_id=subject_id,
        facts={"alarm": alarm_id, "kind": kind, **stated},
    )
    alarm = Alarm(
        id=alarm_id,
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "预警"),
        kind=kind,
        severity=alarm_kinds()[kind].severity,
        subject_type=subject_type,
        subject_id=subject_id,
        slot=slot,
        facts=json.dumps(stated, ensure_ascii=False, sort_keys=True),
        occurrences=1,
        occurred_at=work.now if occurred_at is None else occurred_at,
        raised_at=work.now,
        last_at=work.now,
        entry_id=entry.id,
    )
    work.session.add(alarm)
    work.session.flush()
    _tell(work, alarm, custodian_ids)
    return alarm


def give_verdict(work: UnitOfWork, actor: Actor, alarm_id: str, verdict: Verdict, remark: str) -> Alarm:
    """Say whether an alarm was false or real, and what was done. Raises NotFound, Forbidden, Conflict."""
    alarm = queries.get(work, actor, alarm_id)
    if not queries.is_recipient(work, alarm.id, actor.person_id):
        actor.require(RIGHT)
    if alarm.verdict is not None:
        raise errors.already_handled()
    entry = record(
        work,
        actor,
        kind="alarms.judged",
        subject_type=alarm.subject_type,
        subject_id=alarm.subject_id,
        facts={
            "alarm": alarm.id,
            "kind": alarm.kind,
            "verdict": verdict.value,
            "remark": digest_of(remark),
            "occurrences": alarm.occurrences,
        },
    )
    alarm.verdict, alarm.remark = verdict.value, remark
    alarm.handled_by, alarm.handled_at = actor.person_id, work.now
    alarm.verdict_entry_id, alarm.slot = entry.id, None
    work.session.flush()
    told = queries.recipients(work, [alarm.id])
    tell_live(work, alarm.organization_id, [one.person_id for one in told], TOPIC, alarm.id)
    return alarm


def _tell(work: UnitOfWork, alarm: Alarm, custodian_ids: Iterable[str]) -> None:
    roles = {one.id: "manager" for one in persons_permitted(work, alarm.organization_id, RIGHT)}
    roles |= dict.fromkeys(custodian_ids, "custodian")
    work.session.add_all(
        AlarmRecipient(
            alarm_id=alarm.id, person_id=person_id, organization_id=alarm.organization_id, role=role
        )
        for person_id, role in sorted(roles.items())
    )
    work.session.flush()
    tell_live(work, alarm.organization_id, roles, TOPIC, alarm.id)
    messages.promise(work, alarm, roles)
