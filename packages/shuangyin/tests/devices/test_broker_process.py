"""The broker as a child process: started again when it crashes, ended when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from shuangyin.core.errors import Unavailable
from shuangyin.devices.broker.folder import CONFIGURATION
from shuangyin.devices.broker.process import Mosquitto, find_mosquitto, free_ports

PATIENCE_S = 60


@pytest.fixture
def mosquitto(tmp_path: Path) -> Mosquitto:
    program = find_mosquitto()
    assert program is not None, "Debian's mosquitto is needed; make setup installs it."
    (port,) = free_ports(1)
    configuration = (
        f"listener {port} 127.0.0.1\nallow_anonymous true\npid_file {tmp_path}/mosquitto.pid\nuser root\n"
    )
    (tmp_path / CONFIGURATION).write_text(configuration)
    return Mosquitto(program, tmp_path, [port])


def number_of(mosquitto: Mosquitto) -> int:
    """The number of the process that runs now, as mosquitto writes it when it listens; 0 while it writes."""
    return int((mosquitto.folder / "mosquitto.pid").read_text() or 0)


def listens(mosquitto: Mosquitto) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", mosquitto.ports[0])) == 0


def test_a_crashed_broker_is_started_again_and_ends_when_told(mosquitto: Mosquitto) -> None:
    mosquitto.start()
    try:
        first = number_of(mosquitto)
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_S
        while number_of(mosquitto) in (0, first) or not listens(mosquitto):
            assert time.monotonic() < deadline, "it was not started again"
            time.sleep(0.05)
        assert mosquitto.running
    finally:
        mosquitto.stop()
    assert (mosquitto.running, listens(mosquitto)) == (False, False)


def test_a_broker_that_cannot_start_says_why_and_is_not_tried_again(mosquitto: Mosquitto) -> None:
    (mosquitto.folder / CONFIGURATION).write_text("no_such_setting true\n")
    with pytest.raises(Unavailable, match="no_such_setting"):
        mosquitto.start()
    assert not mosquitto.running
