"""The gateway's threads: one stores, one sends, one brings devices to what they shall be and settles accounts.

Inside `serve` it talks with devices over WebSocket, and on the embedded database over MQTT too. On PostgreSQL the
gateways of MQTT are processes of their own (`shuangyin gateway`), each with a share of the devices.
"""

from __future__ import annotations

from shuangyin.core.periodic import Periodic
from shuangyin.core.platform import Platform
from shuangyin.devices.broker.revoking import Revoking
from shuangyin.devices.commands.reconciling import reconcile
from shuangyin.devices.commands.settling import settle_due
from shuangyin.devices.commands.watching import watch
from shuangyin.devices.gateway.hub import Hub
from shuangyin.devices.gateway.ingest import Ingest
from shuangyin.devices.gateway.mqtt import MqttBroker, Share
from shuangyin.devices.gateway.outbox import Outbox

RECONCILE_S = 1.0
WATCH_S = 600.0
REVOKE_S = 1.0


class Gateway:
    """Everything that runs for devices in one process.

    `share` is this process's part of the devices that speak over MQTT; without one the embedded installation serves
    all of them, if a broker was set, and any other none.
    """

    def __init__(self, platform: Platform, share: Share | None = None) -> None:
        self._hub = platform.port(Hub)
        self._ingest = Ingest(platform, self._hub)
        self._outbox = Outbox(platform, self._hub)
        rounds = [
            Periodic(platform, "device-reconciler", reconcile, period_s=RECONCILE_S),
            Periodic(platform, "device-accounts", settle_due, period_s=RECONCILE_S),
            Periodic(platform, "device-watch", watch, period_s=WATCH_S),
        ]
        folder = platform.settings.broker_dir
        self._broker: MqttBroker | None = None
        if share is None and platform.database.is_sqlite:
            share = Share()
        if folder is not None and share is not None:
            self._broker = MqttBroker(self._hub, folder, share)
            if share.number == 1:
                revoking = Revoking(folder)
                rounds.append(Periodic(platform, "device-revoker", revoking.round, period_s=REVOKE_S))
        self._rounds = tuple(rounds)

    def start(self) -> None:
        """Take messages from now on."""
        if self._broker is not None:
            self._hub.broker = self._broker
            self._broker.start()
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
        if self._broker is not None:
            self._broker.stop()
