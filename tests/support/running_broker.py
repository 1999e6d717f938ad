"""mosquitto as a process of its own on free ports, with the configuration that `shuangyin broker` writes."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shuangyin.core.platform import Platform
from shuangyin.devices.broker.folder import Addresses, write_folder
from shuangyin.devices.broker.process import free_ports
from shuangyin.devices.trust import authority, revoked_serials

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
START_S = 10


@dataclass
class RunningBroker:
    """A broker and its folder."""

    folder: Path
    device_port: int
    gateway_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"mqtts://localhost:{self.device_port}"

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_S
        while not listens(self.gateway_port):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=10)


@contextmanager
def running_broker(platform: Platform, folder: Path) -> Iterator[RunningBroker]:
    """A broker that trusts the devices of this platform."""
    trusted = platform.transact(authority)
    revoked = platform.view(revoked_serials)
    device_port, gateway_port = free_ports(2)
    addresses = Addresses((), device_port, gateway_port, bind="127.0.0.1")
    write_folder(folder, trusted, addresses, revoked, platform.clock.now_ms(), user="root")
    broker = RunningBroker(folder, device_port, gateway_port)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def listens(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
