"""The broker of smart seals beside a demonstrated installation: mosquitto on free ports of loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shuangyin.demo.report import StepFailed

if TYPE_CHECKING:
    from shuangyin.demo.server import Server

START_S = 20
DEBIAN = Path("/usr/sbin/mosquitto")


def find_mosquitto() -> str | None:
    """The installed mosquitto; Debian puts it where only root's path leads."""
    return shutil.which("mosquitto") or (str(DEBIAN) if DEBIAN.is_file() else None)


class Broker:
    """One mosquitto with the configuration that `shuangyin broker` writes for an installation."""

    def __init__(self, program: str, folder: Path) -> None:
        self.folder = folder
        self._program = program
        self._ports = _free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where devices reach it."""
        return f"mqtts://localhost:{self._ports[0]}"

    def start(self, server: Server) -> None:
        """Write the folder and start, before the platform serves; does nothing when it runs already.

        Raises StepFailed with the end of mosquitto's log.
        """
        if self._process is not None and self._process.poll() is None:
            return
        devices, gateways = (str(one) for one in self._ports)
        server.command(
            "broker", "--folder", str(self.folder), "--bind", "127.0.0.1",
            "--port", devices, "--gateway-port", gateways,
        )  # fmt: skip
        log = self.folder / "mosquitto.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603  # Debian's own program, our own file
                [self._program, "-c", str(self.folder / "mosquitto.conf")], stdout=out, stderr=out
            )
        deadline = time.monotonic() + START_S
        while not all(_listens(port) for port in self._ports):
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = "mosquitto did not start: " + log.read_text(errors="replace")[-2000:]
                raise StepFailed(message)
            time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)


def _free_ports(count: int) -> list[int]:
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
