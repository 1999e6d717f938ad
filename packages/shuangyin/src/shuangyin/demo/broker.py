"""The broker of smart seals beside a demonstrated installation: mosquitto on free ports of loopback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shuangyin.core.errors import Unavailable
from shuangyin.demo.report import StepFailed
from shuangyin.devices.broker.process import Mosquitto, free_ports

if TYPE_CHECKING:
    from shuangyin.demo.server import Server


class Broker:
    """One mosquitto with the configuration that `shuangyin broker` writes for an installation."""

    def __init__(self, program: str, folder: Path) -> None:
        self._mosquitto = Mosquitto(program, folder, free_ports(2))

    @property
    def folder(self) -> Path:
        return self._mosquitto.folder

    @property
    def address(self) -> str:
        """Where devices reach it."""
        return f"mqtts://localhost:{self._mosquitto.ports[0]}"

    def start(self, server: Server) -> None:
        """Write the folder and start, before the platform serves; does nothing when it runs already.

        Raises StepFailed with the end of mosquitto's log.
        """
        if self._mosquitto.running:
            return
        devices, gateways = (str(one) for one in self._mosquitto.ports)
        server.command(
            "broker", "--folder", str(self.folder), "--bind", "127.0.0.1",
            "--port", devices, "--gateway-port", gateways,
        )  # fmt: skip
        try:
            self._mosquitto.start()
        except Unavailable as error:
            raise StepFailed(error.text.en) from error

    def stop(self) -> None:
        """End it."""
        self._mosquitto.stop()
