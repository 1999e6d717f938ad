"""Critical alarms as short text messages, beside what open pages are told.

The transaction that raises an alarm notes whom a message is to tell and puts in a job for each; nothing is sent in it.
A job tells one person what waits for him. Before a try everything is written as if it had been made and nobody had
answered, so that a process which dies on the way leaves what is true: the message may have gone. A try that was refused
or never reached the gateway is repeated up to five times. One that may have been taken is repeated once: the person then
reads the same twice at most, with the same time in it. What was confirmed is never sent again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select

from shuangyin.alarms import queries, rules
from shuangyin.alarms.kinds import TOPIC, alarm_kinds
from shuangyin.alarms.models import Alarm, AlarmMessage
from shuangyin.alarms.rules import MessageState
from shuangyin.core.clock import BEIJING
from shuangyin.core.jobs import ClaimedJob, enqueue
from shuangyin.core.live import tell_live
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.readers import EntrySubjects
from shuangyin.people import messages
from shuangyin.people.sms import gateway
from shuangyin.people.sms_port import SmsProblem

_log = structlog.get_logger(__name__)

JOB_KIND: Final = "alarms.message"
_HOLD_MS: Final = 180_000
"""Longer than any try lasts; what has no outcome by then lost its process."""


@dataclass(frozen=True, slots=True)
class _Message:
    """One message on its way. Its id is what the gateway's own report names."""

    id: str
    organization_id: str
    person_id: str
    phone: str = field(repr=False)
    words: dict[str, str]


def promise(work: UnitOfWork, alarm: Alarm, person_ids: Collection[str]) -> None:
    """Note who is told of a critical alarm by message, where a gateway takes such messages, and put in the jobs."""
    if alarm.severity != "critical" or not gateway(work.platform).tells_alarms:
        return
    reached = messages.reachable(work, person_ids)
    for person_id in sorted(person_ids):
        told = person_id in reached
        work.session.add(
            AlarmMessage(
                alarm_id=alarm.id,
                person_id=person_id,
                organization_id=alarm.organization_id,
                state=MessageState.WAITING if told else MessageState.NO_NUMBER,
                tries=0,
                unsure=0,
            )
        )
        if told:
            _look_again(work, alarm.organization_id, person_id, 0)


def run_job(platform: Platform, job: ClaimedJob) -> None:
    """Tell one person what waits for him, if a message may go to him now."""
    person_id = str(job.payload["person_id"])
    message = platform.transact(lambda work: _prepare(work, person_id))
    if message is None:
        return
    problem = None
    try:
        gateway(platform).send(message.phone, message.words, out_id=message.id, template="alarm")
    except SmsProblem as error:
        _log.warning("alarms.message_not_sent", error_code=error.code, message=message.id)
        problem = error
    platform.transact(lambda work: _settle(work, message, problem))


def _prepare(work: UnitOfWork, person_id: str) -> _Message | None:
    """Choose what the next message tells and count it, or say when to look again."""
    rows = _waiting(work, person_id)
    if any(row.next_at is not None and row.next_at > work.now for row in rows):
        # A try is under way or put off; the job that stands for that instant tells of these too.
        return None
    alarms = {row.alarm_id: work.session.get_one(Alarm, row.alarm_id) for row in rows}
    for row in rows:
        judged = alarms[row.alarm_id].verdict is not None
        row.state = MessageState.NOT_NEEDED if judged else rules.state_after(row.tries, row.unsure)
    rows = [row for row in rows if row.state == MessageState.WAITING]
    if not rows:
        return None
    phone = messages.number_of(work, person_id)
    if phone is None:
        for row in rows:
            row.state = MessageState.NO_NUMBER
        return None
    room = messages.room(work, phone)
    again = any(row.next_at is not None for row in rows)
    told = rows[: rules.how_many(len(rows), room.left, again=again)]
    if not told:
        _put_off(work, rows, room.free_at - work.now)
        return None
    return _begin(work, told, phone, [alarms[row.alarm_id] for row in told])


def _begin(work: UnitOfWork, rows: Sequence[AlarmMessage], phone: str, alarms: Sequence[Alarm]) -> _Message:
    own_id, first = work.new_id(), rows[0]
    for row in rows:
        row.message_id = own_id
        row.tries, row.unsure = row.tries + 1, row.unsure + 1
    messages.count(work, phone, own_id)
    _put_off(work, rows, _HOLD_MS)
    words = rules.words(_told(work, alarms))
    return _Message(own_id, first.organization_id, first.person_id, phone, words)


def _settle(work: UnitOfWork, message: _Message, problem: SmsProblem | None) -> None:
    """Note what became of a try, and see to what still waits for its person."""
    query = select(AlarmMessage).where(AlarmMessage.message_id == message.id)
    rows = list(work.session.scalars(query.with_for_update()))
    for row in rows:
        if problem is None:
            row.state, row.sent_at, row.next_at = MessageState.SENT, work.now, None
            continue
        if not problem.maybe_sent:
            row.unsure -= 1
        row.state = rules.state_after(row.tries, row.unsure)
    work.session.flush()
    if problem is not None and not problem.maybe_sent:
        messages.uncount(work, message.id)
    left = _waiting(work, message.person_id)
    if left and problem is not None:
        _put_off(work, left, rules.delay_ms(max(row.tries for row in rows)))
    elif left:
        _look_again(work, message.organization_id, message.person_id, 0)
    told = {one.person_id for one in queries.recipients(work, [row.alarm_id for row in rows])}
    tell_live(work, message.organization_id, told, TOPIC)


def _waiting(work: UnitOfWork, person_id: str) -> list[AlarmMessage]:
    query = select(AlarmMessage).where(
        AlarmMessage.person_id == person_id, AlarmMessage.state == MessageState.WAITING
    )
    return list(work.session.scalars(query.order_by(AlarmMessage.alarm_id).with_for_update()))


def _put_off(work: UnitOfWork, rows: Sequence[AlarmMessage], delay_ms: int) -> None:
    for row in rows:
        row.next_at = work.now + delay_ms
    _look_again(work, rows[0].organization_id, rows[0].person_id, delay_ms)


def _look_again(work: UnitOfWork, organization_id: str, person_id: str, delay_ms: int) -> None:
    payload = {"person_id": person_id}
    enqueue(work, JOB_KIND, payload, organization_id=organization_id, delay_ms=delay_ms)


def _told(work: UnitOfWork, alarms: Sequence[Alarm]) -> list[rules.Told]:
    """What is said of these alarms: the seal's name where it is known, else what its subject is called."""
    subjects = {one.id: _subjects_of(one) for one in alarms}
    readers: EntrySubjects = work.port(EntrySubjects)  # type: ignore[type-abstract]  # a port is asked for by its protocol
    wanted = {one for named in subjects.values() for one in named}
    names = readers.names(work, alarms[0].organization_id, wanted, ()).subjects
    return [
        rules.Told(
            alarm_kinds()[one.kind].text.zh,
            next((names[key] for key in subjects[one.id] if key in names), one.number),
            f"{datetime.fromtimestamp(one.occurred_at / 1000, BEIJING):%m-%d %H:%M}",
        )
        for one in alarms
    ]


def _subjects_of(alarm: Alarm) -> list[tuple[str, str]]:
    seal = json.loads(alarm.facts).get("seal")
    own = [(alarm.subject_type, alarm.subject_id)] if alarm.subject_type != "person" else []
    return ([("seal", seal)] if isinstance(seal, str) else []) + own
