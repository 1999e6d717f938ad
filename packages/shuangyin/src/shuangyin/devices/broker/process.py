"""mosquitto as a child process on loopback: for a demonstration, a conformance bench, a test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from shuangyin.core.errors import Unavailable
from shuangyin.devices.broker.folder import CONFIGURATION

START_S = 20.0
AGAIN_AFTER_S = 0.5
DEBIAN = Path("/usr/sbin/mosquitto")


def find_mosquitto() -> str | None:
    """The installed mosquitto; Debian puts it where only root's path leads."""
    return shutil.which("mosquitto") or (str(DEBIAN) if DEBIAN.is_file() else None)


class Mosquitto:
    """One broker with the configuration in a folder, which `devices.broker.folder` has written for these ports.

    A process that ends unasked is started again, as a service manager does for a broker that is installed: Debian 12's
    mosquitto 2.0.11 is known to crash, and devices and gateways join again by themselves.
    """

    def __init__(self, program: str, folder: Path, ports: list[int]) -> None:
        self.folder, self.ports = folder, ports
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None
        self._ending = threading.Event()
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether it was started and not ended, be it between two processes."""
        return self._keeper is not None and self._keeper.is_alive()

    def start(self) -> None:
        """Start and wait until it listens. Raises Unavailable (BROKER_START) with the end of its log."""
        self._ending.clear()
        log = self.folder / "mosquitto.log"
        log.unlink(missing_ok=True)
        process = self._launched()
        deadline = time.monotonic() + START_S
        while not all(_listens(port) for port in self.ports):
            if process is None or process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = log.read_text(errors="replace")[-1000:]
                raise Unavailable(
                    "BROKER_START",
                    f"消息代理 mosquitto 未能启动：{said}",
                    f"mosquitto did not start: {said}",
                )
            time.sleep(0.05)
        self._keeper = threading.Thread(target=self._keep, name="mosquitto", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """End it."""
        with self._lock:
            self._ending.set()
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
        if self._process is not None:
            self._process.wait(timeout=20)
        if self._keeper is not None:
            self._keeper.join(timeout=20)

    def _launched(self) -> subprocess.Popen[bytes] | None:
        """A new process, unless it is to end."""
        with self._lock, (self.folder / "mosquitto.log").open("ab") as out:
            if self._ending.is_set():
                return None
            self._process = subprocess.Popen(  # noqa: S603  # Debian's own program, our own file
                [self._program, "-c", str(self.folder / CONFIGURATION)], stdout=out, stderr=out
            )
            return self._process

    def _keep(self) -> None:
        process = self._process
        while process is not None:
            process.wait()
            if self._ending.wait(AGAIN_AFTER_S):
                return
            process = self._launched()


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
