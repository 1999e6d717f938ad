"""Critical alarms by message over a gateway that is a server of its own: once, within limits, whatever it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from message_gateway import PHONE, joined_gateway, with_phone
from platform_world import World, ok
from sqlalchemy import select, update

from shuangyin.alarms.commands import raise_alarm
from shuangyin.alarms.models import AlarmMessage
from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.sms import StandInSms
from shuangyin.core.actor import system_actor
from shuangyin.core.jobs import Job
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.models import Person
from shuangyin.people.privacy_models import Consent
from shuangyin.people.sms_port import SmsGateway

pytestmark = pytest.mark.database_full

TEMPLATE = "SMS_2"


@pytest.fixture
def gateway(world: World) -> Iterator[StandInSms]:
    """The custodian has a number; the administrator, who handles alarms, has none."""
    with joined_gateway(world, timeout_seconds=0.3, alarm_template=TEMPLATE) as standin:
        with_phone(world, standin, "custodian")
        yield standin


def told(gateway: StandInSms) -> list[dict[str, str]]:
    """What the messages about alarms say, the oldest first."""
    return [json.loads(str(one["text"])) for one in gateway.messages if one["template"] == TEMPLATE]


def raise_in(work: UnitOfWork, world: World, kind: str = "case_opened", about: str = "") -> str:
    organization = work.session.scalars(select(Person.organization_id).limit(1)).one()
    return raise_alarm(
        work,
        system_actor(organization),
        kind,
        subject_type="device",
        subject_id="d" * 32,
        about=about,
        custodian_ids=[world.id("custodian")],
    ).id


def raised(world: World, kind: str = "case_opened", about: str = "") -> str:
    alarm_id = world.platform.transact(lambda work: raise_in(work, world, kind, about))
    world.settle()
    return alarm_id


def states(world: World, alarm_id: str) -> dict[str, Any]:
    """What everybody who sees the alarm reads about its messages, by role."""
    found = ok(world.client("custodian").get(f"/api/v1/alarms/{alarm_id}"))
    return {one["role"]: one["message"] for one in found["recipients"]}


def later(world: World, minutes: float) -> None:
    world.clock.advance(seconds=minutes * 60)
    # His session is over by then.
    world.members["custodian"].client = None
    world.settle()


@pytest.mark.database
def test_who_has_a_number_is_told_once_and_the_page_says_so(world: World, gateway: StandInSms) -> None:
    alarm_id = raised(world)
    [words] = told(gateway)
    number = ok(world.client("custodian").get(f"/api/v1/alarms/{alarm_id}"))["number"]
    # Nobody has this device, so that it has no name.
    assert (words["about"], words["what"]) == (number, "外壳被打开")
    assert gateway.messages[-1]["phone"] == PHONE
    assert states(world, alarm_id) == {"custodian": "sent", "manager": "no_number"}
    assert raised(world) == alarm_id
    later(world, 24 * 60)
    assert len(told(gateway)) == 1


def test_what_only_warns_is_told_on_the_pages_alone(world: World, gateway: StandInSms) -> None:
    alarm_id = raised(world, "battery_low")
    assert (told(gateway), states(world, alarm_id)) == ([], {"custodian": None, "manager": None})


def test_an_alarm_that_is_rolled_back_tells_nobody(world: World, gateway: StandInSms) -> None:
    def fails(work: UnitOfWork) -> None:
        raise_in(work, world)
        work.session.flush()
        raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError):
        world.platform.transact(fails)
    world.settle()
    assert told(gateway) == []


def test_without_a_gateway_or_its_template_nothing_waits(world: World) -> None:
    def waiting() -> list[str]:
        query = select(Job.id).where(Job.kind == "alarms.message")
        return world.platform.view(lambda work: list(work.session.scalars(query)))

    assert states(world, raised(world, about="1")) == {"custodian": None, "manager": None}
    with joined_gateway(world) as standin:
        with_phone(world, standin, "custodian")
        assert states(world, raised(world, about="2")) == {"custodian": None, "manager": None}
    assert waiting() == []


def test_what_the_gateway_refuses_is_tried_again_and_given_up_in_the_end(
    world: World, gateway: StandInSms
) -> None:
    # It says of each message that it had it before, or too many: it did not take it.
    gateway.misbehave(Fault.DUPLICATE)
    first = raised(world, about="1")
    assert states(world, first)["custodian"] == "waiting"
    second = raised(world, about="2")
    gateway.misbehave(None)
    later(world, 2)
    [words] = told(gateway)
    assert words["what"] == "外壳被打开等2项预警"
    assert [states(world, one)["custodian"] for one in (first, second)] == ["sent", "sent"]
    gateway.misbehave(Fault.DUPLICATE)
    third = raised(world, about="3")
    for minutes in (2, 6, 16, 61):
        later(world, minutes)
    assert states(world, third)["custodian"] == "failed"
    gateway.misbehave(None)
    later(world, 24 * 60)
    assert len(told(gateway)) == 1


def test_what_may_have_gone_is_sent_once_more_and_then_called_unclear(
    world: World, gateway: StandInSms
) -> None:
    gateway.misbehave(Fault.SLOW)
    alarm_id = raised(world)
    assert (len(told(gateway)), states(world, alarm_id)["custodian"]) == (1, "waiting")
    later(world, 2)
    assert (len(told(gateway)), states(world, alarm_id)["custodian"]) == (2, "unclear")
    gateway.misbehave(None)
    later(world, 24 * 60)
    assert len(told(gateway)) == 2
    assert told(gateway)[0] == told(gateway)[1]


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.CONTRADICTORY])
def test_a_gateway_that_hangs_up_or_gives_no_receipt_and_is_well_again(
    world: World, gateway: StandInSms, fault: Fault
) -> None:
    gateway.misbehave(fault)
    alarm_id = raised(world)
    assert states(world, alarm_id)["custodian"] == "waiting"
    gateway.misbehave(None)
    later(world, 2)
    assert (len(told(gateway)), states(world, alarm_id)["custodian"]) == (1, "sent")


def test_a_process_that_dies_while_it_sends_leaves_the_alarm_to_be_told(
    world: World, gateway: StandInSms
) -> None:
    ports: Any = world.platform.ports
    well = ports[SmsGateway]

    class Dying:
        tells_alarms = True

        def send(self, *_: object, **__: object) -> str:
            raise RuntimeError("the process ends here")

    ports[SmsGateway] = Dying()
    alarm_id = raised(world)
    ports[SmsGateway] = well
    later(world, 1)
    assert (told(gateway), states(world, alarm_id)["custodian"]) == ([], "waiting")
    later(world, 3)
    assert (len(told(gateway)), states(world, alarm_id)["custodian"]) == (1, "sent")


def test_a_storm_is_five_messages_an_hour_of_which_the_last_tells_of_all(
    world: World, gateway: StandInSms
) -> None:
    alarms = world.platform.transact(
        lambda work: [raise_in(work, world, about=str(number)) for number in range(60)]
    )
    world.settle()
    assert [one["what"] for one in told(gateway)] == ["外壳被打开"] * 4 + ["外壳被打开等56项预警"]
    assert {states(world, one)["custodian"] for one in alarms} == {"sent"}
    more, judged = (raised(world, about=about) for about in ("61", "62"))
    body = {"verdict": "real", "remark": "已到场查看，设备完好。"}
    ok(world.client("custodian").post(f"/api/v1/alarms/{judged}/verdict", json=body))
    assert (len(told(gateway)), states(world, more)["custodian"]) == (5, "waiting")
    later(world, 61)
    assert told(gateway)[5:] == [{**told(gateway)[5], "what": "外壳被打开"}]
    assert [states(world, one)["custodian"] for one in (more, judged)] == ["sent", "not_needed"]
    for hour in range(24):
        raised(world, about=f"at {hour}")
        later(world, 59)
    # Twenty in any 24 hours, and six before these began.
    assert 14 <= len(told(gateway)) - 6 <= 20


def test_a_number_serves_what_its_owner_agreed_to(world: World, gateway: StandInSms) -> None:
    earlier = update(Consent).where(Consent.purpose == "phone").values(notice_version="2026-11")
    world.platform.transact(lambda work: work.session.execute(earlier))
    assert states(world, raised(world, about="1"))["custodian"] == "no_number"
    assert told(gateway) == []


def test_a_number_that_was_withdrawn_meanwhile_is_not_used(world: World, gateway: StandInSms) -> None:
    gateway.misbehave(Fault.DUPLICATE)
    alarm_id = raised(world)
    ok(world.client("custodian").delete("/api/v1/me/phone"), 204)
    gateway.misbehave(None)
    later(world, 2)
    assert (told(gateway), states(world, alarm_id)["custodian"]) == ([], "no_number")


def test_no_number_stands_in_plain(world: World, gateway: StandInSms) -> None:
    raised(world)

    def everything(work: UnitOfWork) -> list[str]:
        messages = work.session.scalars(select(AlarmMessage))
        return [
            *work.session.scalars(select(EvidenceEntry.body)),
            *work.session.scalars(select(Job.payload)),
            *(repr(vars(one)) for one in messages),
        ]

    assert [one for one in world.platform.view(everything) if PHONE in one] == []
