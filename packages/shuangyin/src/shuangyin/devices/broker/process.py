"""mosquitto as a child process on loopback: for a demonstration, a conformance bench, a test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from shuangyin.core.errors import Unavailable
from shuangyin.devices.broker.folder import CONFIGURATION

START_S = 20.0
DEBIAN = Path("/usr/sbin/mosquitto")


def find_mosquitto() -> str | None:
    """The installed mosquitto; Debian puts it where only root's path leads."""
    return shutil.which("mosquitto") or (str(DEBIAN) if DEBIAN.is_file() else None)


class Mosquitto:
    """One process with the configuration in a folder, which `devices.broker.folder` has written for these ports."""

    def __init__(self, program: str, folder: Path, ports: list[int]) -> None:
        self.folder, self.ports = folder, ports
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until it listens. Raises Unavailable (BROKER_START) with the end of its log."""
        log = self.folder / "mosquitto.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603  # Debian's own program, our own file
                [self._program, "-c", str(self.folder / CONFIGURATION)], stdout=out, stderr=out
            )
        deadline = time.monotonic() + START_S
        while not all(_listens(port) for port in self.ports):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = log.read_text(errors="replace")[-1000:]
                raise Unavailable(
                    "BROKER_START",
                    f"消息代理 mosquitto 未能启动：{said}",
                    f"mosquitto did not start: {said}",
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
