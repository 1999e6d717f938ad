"""Routes of alarms."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import Query, Response

from shuangyin.alarms import commands, queries
from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.alarms.models import Alarm, AlarmMessage, AlarmRecipient, Verdict
from shuangyin.alarms.rules import MessageState
from shuangyin.alarms.schemas import AlarmCount, AlarmKindOut, AlarmKinds, AlarmOut, NewVerdict, RecipientOut
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.readers import EntrySubjects
from shuangyin.people.queries import display
from shuangyin.people.schemas import Id, PersonRef

router = Routes(prefix="/alarms", tags=["alarms"])


@router.get("", response_model=Page[AlarmOut])
def list_alarms(
    *,
    platform: PlatformOf,
    actor: SignedIn,
    state: Literal["open", "handled", "all"] = "open",
    severity: Literal["critical", "warning"] | None = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    subject_id: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlarmOut]:
    """Alarms that the caller was told of, or all with the right to see them; newest first."""
    wanted = queries.AlarmFilter(
        open=None if state == "all" else state == "open",
        severity=severity,
        kind=kind,
        subject_id=subject_id,
        before=read_cursor(cursor),
    )

    def query(work: UnitOfWork) -> Page[AlarmOut]:
        rows = queries.alarms(work, actor, wanted, limit=limit + 1)
        shown = {one.id: one for one in _out(work, actor, rows)}
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@router.get("/count", response_model=AlarmCount)
def count(platform: PlatformOf, actor: SignedIn) -> AlarmCount:
    """How many alarms wait for a verdict."""
    return platform.view(lambda work: AlarmCount(open=queries.open_count(work, actor)))


@router.get("/kinds", response_model=AlarmKinds)
def kinds(_actor: SignedIn) -> AlarmKinds:
    """All kinds of alarms with their defaults."""
    return AlarmKinds(
        items=[
            AlarmKindOut(
                code=one.code,
                title_zh=one.text.zh,
                title_en=one.text.en,
                severity=one.severity,
                locks=one.locks,
                after_ms=one.after_ms,
            )
            for one in alarm_kinds().values()
        ]
    )


@router.get("/{alarm_id}", response_model=AlarmOut)
def read_alarm(alarm_id: Id, platform: PlatformOf, actor: SignedIn) -> AlarmOut:
    """One alarm."""
    return platform.view(lambda work: _out(work, actor, [queries.get(work, actor, alarm_id)])[0])


@router.post("/{alarm_id}/verdict", response_model=AlarmOut)
def judge(alarm_id: Id, body: NewVerdict, actor: SignedIn, write: Write) -> AlarmOut | Response:
    """Say whether an alarm was false or real, and what was done about it."""

    def command(work: UnitOfWork) -> AlarmOut:
        alarm = commands.give_verdict(work, actor, alarm_id, body.verdict, body.remark)
        return _out(work, actor, [alarm])[0]

    return write.run(actor, command)


def _out(work: UnitOfWork, actor: Actor, rows: list[Alarm]) -> list[AlarmOut]:
    told = queries.recipients(work, [row.id for row in rows])
    messages = queries.messages(work, [row.id for row in rows])
    people = display(
        work, {one.person_id for one in told} | {row.handled_by for row in rows if row.handled_by}
    )
    about = {(row.subject_type, row.subject_id) for row in rows}
    readers: EntrySubjects = work.port(EntrySubjects)  # type: ignore[type-abstract]  # a port is asked for by its protocol
    named = readers.names(work, actor.organization_id, about, ()).subjects
    return [
        _one(
            row,
            actor,
            [one for one in told if one.alarm_id == row.id],
            messages,
            people,
            named.get((row.subject_type, row.subject_id)),
        )
        for row in rows
    ]


def _one(
    row: Alarm,
    actor: Actor,
    told: list[AlarmRecipient],
    messages: dict[tuple[str, str], AlarmMessage],
    people: dict[str, PersonRef],
    subject_name: str | None,
) -> AlarmOut:
    kind = alarm_kinds()[row.kind]
    mine = actor.may(commands.RIGHT) or actor.person_id in {one.person_id for one in told}
    return AlarmOut(
        id=row.id,
        number=row.number,
        kind=row.kind,
        title_zh=kind.text.zh,
        title_en=kind.text.en,
        severity=row.severity,
        locks=kind.locks,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        subject_name=subject_name,
        facts=json.loads(row.facts),
        occurrences=row.occurrences,
        occurred_at=row.occurred_at,
        raised_at=row.raised_at,
        last_at=row.last_at,
        entry_id=row.entry_id,
        recipients=[_told(one, people, messages.get((row.id, one.person_id))) for one in told],
        verdict=None if row.verdict is None else Verdict(row.verdict),
        remark=row.remark,
        handled_by=people.get(row.handled_by) if row.handled_by else None,
        handled_at=row.handled_at,
        may_judge=row.verdict is None and mine,
    )


def _told(one: AlarmRecipient, people: dict[str, PersonRef], message: AlarmMessage | None) -> RecipientOut:
    return RecipientOut(
        person=people[one.person_id],
        role=one.role,
        message=None if message is None else MessageState(message.state),
        message_at=None if message is None else message.sent_at,
    )
