"""What a simulated device says when: new events at once, a hello each minute, and all again when a receipt is overdue."""

from __future__ import annotations

import time

from sealdevice.link import HELLO_S, PATIENCE_S, Message
from shuangyin.device_sim.seal import SimulatedSeal


class Pace:
    """The messages of one device on one connection, in their time."""

    def __init__(self, seal: SimulatedSeal) -> None:
        self._seal = seal
        self._hello_at = self._receipt_at = 0.0

    def greeting(self) -> list[Message]:
        """Where the device stands, and what has no receipt."""
        self._hello_at = self._receipt_at = time.monotonic()
        return self._seal.link.connected()

    def due(self) -> list[Message]:
        """What is to be said now."""
        now, state = time.monotonic(), self._seal.device.state
        if state.acknowledged == state.seq:
            self._receipt_at = now
        if now - self._receipt_at >= PATIENCE_S:
            return self.greeting()
        if now - self._hello_at >= HELLO_S:
            self._hello_at = now
            return self._seal.link.standing()
        return self._seal.link.pending()

    def receipted(self) -> None:
        """A receipt came: the patience with the next one begins anew."""
        self._receipt_at = time.monotonic()
