"""Smart seals over a real broker: mutual TLS, topics of their own, kills of broker and gateway, revocation."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from device_estate import PATIENCE_S, Estate, eventually, found_estate
from running_broker import RunningBroker, running_broker

from sealdevice.command import CommandKind
from sealdevice.event import EventKind, PersonCheck
from sealdevice.link import Message, Subject, topic_of
from sealdevice.permit import Check
from shuangyin.composition import compose
from shuangyin.core.errors import Forbidden
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.device_sim.mqtt_wire import MqttWire
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices import queries
from shuangyin.devices.commands.telling import command_device
from shuangyin.devices.gateway.running import Gateway
from shuangyin.devices.models import DeviceStatus

pytestmark = pytest.mark.slow
full_only = pytest.mark.skipif("SHUANGYIN_TEST_FULL" not in os.environ, reason="only in make test-full")


@dataclass
class Site:
    """A platform with a broker, and the devices that speak over it."""

    estate: Estate
    broker: RunningBroker
    gateway: Gateway | None = None

    def open(self) -> None:
        self.gateway = Gateway(self.estate.platform)
        self.gateway.start()

    def shut(self) -> None:
        if self.gateway is not None:
            self.gateway.stop()
            self.gateway = None

    @contextmanager
    def joined(self, *seals: SimulatedSeal) -> Iterator[list[MqttWire]]:
        wires = [
            MqttWire(seal, "http://localhost:1", lambda _zh, _en: None, self.broker.address) for seal in seals
        ]
        yield wires
        for wire in wires:
            wire.close()

    def until(
        self, wires: list[MqttWire], look: Callable[[], object], what: str, patience_s: float = PATIENCE_S
    ) -> None:
        """Let the devices talk until something is so."""

        def talked() -> object:
            for wire in wires:
                wire.talk(0.05)
            return look()

        eventually(talked, what, patience_s)


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Iterator[Site]:
    platform = compose(settings.model_copy(update={"broker_dir": tmp_path / "broker"}))
    estate = found_estate(platform, 3)
    with running_broker(platform, tmp_path / "broker") as broker:
        site = Site(estate, broker)
        site.open()
        yield site
        site.shut()
    platform.database.dispose()


def tell_lock(site: Site, seal: SimulatedSeal, kind: CommandKind = CommandKind.LOCK) -> None:
    """Have a device locked, as the reconciler does."""

    def command(work: UnitOfWork) -> None:
        device = queries.locked(work, seal.id)
        device.lock_wanted = kind is CommandKind.LOCK
        device.lock_told = kind.value
        command_device(work, device, kind)

    site.estate.platform.transact(command)


def revoke(site: Site, seal: SimulatedSeal) -> None:
    def command(work: UnitOfWork) -> None:
        device = queries.locked(work, seal.id)
        device.status, device.revoked_at = DeviceStatus.REVOKED, work.now

    site.estate.platform.transact(command)


def delivered(seal: SimulatedSeal) -> bool:
    return seal.device.state.acknowledged == seal.device.state.seq


def test_a_device_tells_and_a_revoked_one_is_cut_off_and_kept_out(site: Site) -> None:
    one, other, _ = site.estate.seals
    with site.joined(one, other) as wires:
        one.sense(EventKind.MOVED)
        site.until(wires, lambda: delivered(one) and delivered(other), "the receipts")
        revoke(site, one)

        with pytest.raises(Forbidden):
            site.until(wires[:1], lambda: False, "the end of a revoked device's connection")
        other.sense(EventKind.MOVED)
        site.until(wires[1:], lambda: delivered(other), "the receipt of the device that stayed")
    assert site.estate.row(other).seq == other.device.state.seq


def test_a_lock_waits_for_its_device_though_the_broker_was_killed_and_events_are_stored_once(
    site: Site,
) -> None:
    one, other, third = site.estate.seals
    with site.joined(one, other, third) as wires:
        site.until(wires, lambda: all(delivered(seal) for seal in site.estate.seals), "the receipts")
        wires[0].drop()
        tell_lock(site, one)
        gone = wires[1:]
        site.until(gone, lambda: site.estate.row(one).next_command == 2, "the command")
        # The broker saves once a second.
        time.sleep(2.5)
        site.shut()
        for seal in (other, third):
            for _ in range(50):
                seal.sense(EventKind.MOVED)
        for wire in gone:
            wire.talk(0.1)
        site.broker.kill()
        for seal in (one, other, third):
            seal.sense(EventKind.MOVED)
        site.broker.start()
        assert one.device.state.locked is None
        # No gateway is there: what locks the device is what the broker kept.
        site.until(wires[:1], lambda: one.device.state.locked == "command", "the lock")
        site.open()
        site.until(wires, lambda: all(delivered(seal) for seal in site.estate.seals), "all receipts")
    assert site.estate.stored_all()
    assert site.estate.row(one).locked_by == "command"


def test_who_speaks_for_another_device_or_speaks_nonsense_does_no_harm(site: Site) -> None:
    one, other, _ = site.estate.seals
    forged = SimulatedSeal(site.estate.platform.clock.now_ms, key=one.key, identity=other.identity)
    forged.start()
    forged.sense(EventKind.UNAUTHORISED_PRESS)
    with site.joined(one, other) as wires:
        site.until(wires, lambda: delivered(one) and delivered(other), "the receipts")
        before = site.estate.row(other).seq
        client = wires[0]._client
        assert client is not None
        refused: list[str] = []
        client.on_publish = lambda _c, _d, _mid, reason, _p: refused.append(str(reason))
        for _, record in forged.device.events(1, 9):
            client.publish(topic_of(other.id, Subject.EVENT), record, qos=1)
        site.until(wires, lambda: len(refused) == forged.device.state.seq, "the answers of the broker")
        assert set(refused) == {"Not authorized"}
        for record in (b"", b"{", b"[" * 30_000, b"\xff" * 1_000, forged.device.events(2, 1)[0][1]):
            wires[0].inject(Message(Subject.EVENT, record))
            wires[0].inject(Message(Subject.HELLO, record))
            wires[0].inject(Message(Subject.ANSWER, record))
        for _ in range(2):
            # More than the broker takes: it ends the connection, and the device comes back.
            wires[0].inject(Message(Subject.EVENT, b"x" * 100_000))
            wires[0].talk(0.2)
        one.sense(EventKind.BATTERY_LOW)
        site.until(wires, lambda: delivered(one), "the receipt after all of it")
    assert site.estate.row(other).seq == before
    assert site.estate.row(one).seq == one.device.state.seq
    assert set(site.estate.alarms()) == {"record_refused", "battery_low"}


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=full_only)])
def test_a_day_of_events_comes_at_once_doubled_and_in_any_order(site: Site, count: int) -> None:
    chance = random.Random(7)
    talkative = site.estate.seals[0]
    for _ in range(count):
        talkative.device.person_checked(PersonCheck("p-1", frozenset({Check.PASSWORD})))
    with site.joined(talkative) as wires:
        wires[0].talk(0.3)
        for _ in range(3):
            # Out of order, told twice, with gaps: what is behind, within and far beyond the window.
            for seq in chance.sample(range(1, talkative.device.state.seq + 1), 20):
                wires[0].inject(Message(Subject.EVENT, talkative.device.events(seq, 1)[0][1]))
            wires[0].talk(0.1)
        # A window of a hundred at a time: so many events take their time, and more on a busy machine.
        site.until(wires, lambda: delivered(talkative), "all receipts", PATIENCE_S + count / 10)
    assert site.estate.stored()[talkative.id] == list(range(1, talkative.device.state.seq + 1))
    assert site.estate.alarms() == {}
