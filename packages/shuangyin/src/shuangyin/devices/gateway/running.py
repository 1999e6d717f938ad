"""The gateway's threads: one stores, one sends, one brings devices to what they shall be and settles accounts."""

from __future__ import annotations

from shuangyin.core.periodic import Periodic
from shuangyin.core.platform import Platform
from shuangyin.devices.commands.reconciling import reconcile
from shuangyin.devices.commands.settling import settle_due
from shuangyin.devices.commands.watching import watch
from shuangyin.devices.gateway.hub import Hub
from shuangyin.devices.gateway.ingest import Ingest
from shuangyin.devices.gateway.outbox import Outbox

RECONCILE_S = 1.0
WATCH_S = 600.0


class Gateway:
    """Everything that runs for devices in one process. The broker is joined to the hub before `start`."""

    def __init__(self, platform: Platform) -> None:
        self._hub = platform.port(Hub)
        self._ingest = Ingest(platform, self._hub)
        self._outbox = Outbox(platform, self._hub)
        self._rounds = (
            Periodic(platform, "device-reconciler", reconcile, period_s=RECONCILE_S),
            Periodic(platform, "device-accounts", settle_due, period_s=RECONCILE_S),
            Periodic(platform, "device-watch", watch, period_s=WATCH_S),
        )

    def start(self) -> None:
        """Take messages from now on."""
        self._ingest.start()
        self._outbox.start()
        for one in self._rounds:
            one.start()
        self._hub.running = True

    def stop(self) -> None:
        """End connections, store what is in hand, end the threads."""
        self._hub.close()
        for one in self._rounds:
            one.stop()
        self._outbox.stop()
        self._ingest.stop()
