"""Several gateways share the devices of one broker and one PostgreSQL; one is killed while events flow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from device_estate import Estate, eventually, found_estate
from running_broker import RunningBroker, running_broker

from sealdevice.event import EventKind
from shuangyin.composition import compose
from shuangyin.core.settings import Settings
from shuangyin.device_sim.mqtt_wire import MqttWire
from shuangyin.devices.gateway.mqtt import read_share

pytestmark = [
    pytest.mark.database,
    pytest.mark.slow,
    pytest.mark.skipif("SHUANGYIN_TEST_DATABASE_URL" not in os.environ, reason="SQLite is for one process"),
]

PRESSES = 25
KILLED = {8: "1/2", 16: "2/2"}
"""After which round the gateway of which share is killed."""
PATIENCE_S = 180.0
"""On a busy machine a process takes its time to start."""


@dataclass
class Gateways:
    """Two processes of `shuangyin gateway`, each with half of the devices."""

    settings: Settings
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, share: str) -> None:
        environment = {
            **os.environ,
            "SHUANGYIN_DATABASE_URL": self.settings.database_url or "",
            "SHUANGYIN_DATA_DIR": str(self.settings.data_dir),
            "SHUANGYIN_KEK": self.settings.kek or "",
            "SHUANGYIN_BROKER_DIR": str(self.folder),
            "SHUANGYIN_LOG_LEVEL": "INFO",
        }
        command = [sys.executable, "-m", "shuangyin", "gateway", "--share", share]
        with self._log(share).open("ab") as log:
            self.processes[share] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def kill(self, share: str) -> None:
        """SIGKILL, so that nothing in the process gets a chance to tidy up."""
        self.processes[share].kill()
        self.processes[share].wait(timeout=10)

    def joined(self, share: str, times: int = 1) -> bool:
        """Whether the gateway of this share has joined the broker so often."""
        return self._log(share).read_text().count("devices.broker_joined") >= times

    def _log(self, share: str) -> Path:
        return self.folder / f"gateway-{share.replace('/', '-')}.log"


@contextmanager
def gateways_of(settings: Settings, folder: Path) -> Iterator[Gateways]:
    gateways = Gateways(settings, folder)
    try:
        for share in KILLED.values():
            gateways.start(share)
        yield gateways
    finally:
        for share in gateways.processes:
            gateways.kill(share)


@pytest.fixture
def estate(settings: Settings) -> Iterator[Estate]:
    platform = compose(settings)
    yield found_estate(platform, 6)
    platform.database.dispose()


@pytest.fixture
def broker(estate: Estate, tmp_path: Path) -> Iterator[RunningBroker]:
    with running_broker(estate.platform, tmp_path / "broker") as running:
        yield running


def test_nothing_is_lost_and_nothing_counted_twice_when_a_gateway_dies(
    estate: Estate, broker: RunningBroker, settings: Settings
) -> None:
    shares = [read_share("1/2"), read_share("2/2")]
    served = [[seal.id for seal in estate.seals if share.serves(seal.id)] for share in shares]
    assert all(served)
    assert sorted(served[0] + served[1]) == [seal.id for seal in estate.seals]
    wires = [
        MqttWire(seal, "http://localhost:1", lambda _z, _e: None, broker.address) for seal in estate.seals
    ]

    def talked() -> bool:
        for wire in wires:
            wire.talk(0.02)
        return all(seal.device.state.acknowledged == seal.device.state.seq for seal in estate.seals)

    with gateways_of(settings, broker.folder) as gateways:
        eventually(lambda: all(map(gateways.joined, KILLED.values())), "both gateways", PATIENCE_S)
        eventually(talked, "the receipts of both gateways", PATIENCE_S)
        for number in range(PRESSES):
            for seal in estate.seals:
                seal.force() if number % 5 == 0 else seal.sense(EventKind.MOVED)
            for wire in wires:
                wire.talk(0.005)
            if number in KILLED:
                gateways.kill(KILLED[number])
                gateways.start(KILLED[number])
        eventually(talked, "all receipts", PATIENCE_S)
        for wire in wires:
            wire.close()
    assert estate.stored_all()
    for seal in estate.seals:
        row = estate.row(seal)
        assert (row.presses, row.unpermitted) == (seal.pressed, seal.pressed)
        assert row.suspect is False
    assert set(estate.alarms()) == {"unauthorised_press", "moved"}
