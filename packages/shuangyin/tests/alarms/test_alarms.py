"""Alarms: one for one thing however often it is seen, told to whom it concerns, judged once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from platform_world import World, ok, problem
from same_moment import at_once
from sqlalchemy import select

from shuangyin.alarms.commands import raise_alarm
from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.alarms.models import Alarm
from shuangyin.core.actor import system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person

pytestmark = pytest.mark.database


def raised(world: World, kind: str = "silent", about: str = "", subject: str = "d" * 32) -> str:
    """Raise an alarm about a device that nobody has; the custodian is told."""

    def command(work: UnitOfWork) -> str:
        organization = work.session.scalars(select(Person.organization_id).limit(1)).one()
        return raise_alarm(
            work,
            system_actor(organization),
            kind,
            subject_type="device",
            subject_id=subject,
            about=about,
            custodian_ids=[world.id("custodian")],
        ).id

    return world.platform.transact(command)


def judge(world: World, alarm_id: str, kind: str = "custodian", verdict: str = "real") -> Any:
    body = {"verdict": verdict, "remark": "已到场查看，设备完好。"}
    return world.client(kind).post(f"/api/v1/alarms/{alarm_id}/verdict", json=body)


def test_the_same_thing_is_one_alarm_until_it_is_judged_and_then_another(world: World) -> None:
    first = raised(world)
    assert raised(world) == first
    other = raised(world, about="another permit")
    assert other != first
    found = ok(world.client("custodian").get(f"/api/v1/alarms/{first}"))
    assert (found["occurrences"], found["may_judge"], found["subject_name"]) == (2, True, None)
    assert found["severity"] == alarm_kinds()["silent"].severity
    handled = ok(judge(world, first))
    assert (handled["verdict"], handled["handled_by"]["name"], handled["may_judge"]) == (
        "real",
        "王岚",
        False,
    )
    problem(judge(world, first), 409, "ALARM_HANDLED")
    assert raised(world) not in (first, other)


def test_who_was_not_told_and_may_not_see_alarms_learns_nothing(world: World) -> None:
    alarm_id = raised(world)
    employee = world.client("employee")
    problem(employee.get(f"/api/v1/alarms/{alarm_id}"), 404, "NOT_FOUND")
    problem(judge(world, alarm_id, "employee"), 404, "NOT_FOUND")
    assert ok(employee.get("/api/v1/alarms"))["items"] == []
    assert ok(employee.get("/api/v1/alarms/count"))["open"] == 0
    assert ok(world.client("custodian").get("/api/v1/alarms/count"))["open"] == 1


def test_the_first_alarm_seen_by_several_at_once_is_one(world: World) -> None:
    """Nothing is there that they could wait for: no alarm, no counter of numbers."""
    line = threading.Barrier(4)
    met: set[int] = set()

    def act() -> None:
        def command(work: UnitOfWork) -> str:
            organization = work.session.scalars(select(Person.organization_id).limit(1)).one()
            if threading.get_ident() not in met and not world.platform.database.is_sqlite:
                # On PostgreSQL all have begun before anybody writes.
                met.add(threading.get_ident())
                line.wait()
            actor = system_actor(organization)
            return raise_alarm(work, actor, "moved", subject_type="device", subject_id="e" * 32).id

        world.platform.transact(command)

    assert at_once([act] * 4) == []
    rows = world.platform.view(
        lambda work: work.session.execute(select(Alarm.number, Alarm.occurrences)).all()
    )
    assert [occurrences for _, occurrences in rows] == [4]
