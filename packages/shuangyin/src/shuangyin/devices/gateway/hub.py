"""Where connections and the thread that stores meet: what came in, who is connected, and what is to go out.

Safe for threads. The web server's loop, the MQTT client's thread and the gateway's own threads all call it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sealdevice.link import Message

MOST_WAITING = 20_000
"""So many messages wait to be stored; whoever brings more waits."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a device whose connection showed who it is.

    `done` is called once it is stored or refused; after many of them, :meth:`Hub.flush`.
    """

    device_id: str
    message: Message
    done: Callable[[], None]


class Connection(Protocol):
    """One device's own connection to this process."""

    def send(self, message: Message) -> None:
        """Send a message; called from any thread, never waits."""
        ...

    def close(self) -> None:
        """End the connection; the device comes back by itself."""
        ...


class Broker(Protocol):
    """The way to devices that are not connected to this process."""

    def send(
        self, device_id: str, message: Message, *, retain: bool = False, expires_s: int | None = None
    ) -> None:
        """Publish a message for a device."""
        ...

    def flush(self) -> None:
        """Put on the wire what was gathered: acknowledgements and receipts."""
        ...

    def serves(self, device_id: str) -> bool:
        """Whether messages to this device are this process's to send."""
        ...

    def redeliver(self) -> None:
        """Have everything delivered again that was not acknowledged."""
        ...


class Hub:
    """The meeting place of one process."""

    def __init__(self) -> None:
        self.incoming: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
        self.wake = threading.Event()
        self.republish_wanted = threading.Event()
        """Set when the broker may have lost what it kept for devices."""
        self.broker: Broker | None = None
        self.running = False
        self._lock = threading.Lock()
        self._greeted: set[str] = set()
        self._connections: dict[str, Connection] = {}

    @property
    def full(self) -> bool:
        """Whether so much waits to be stored that nothing more should be read."""
        return self.incoming.qsize() >= MOST_WAITING

    def attach(self, device_id: str, connection: Connection) -> None:
        """A device is connected here. An earlier connection of the same device ends: the newest is the live one."""
        with self._lock:
            earlier = self._connections.get(device_id)
            self._connections[device_id] = connection
        if earlier is not None:
            earlier.close()

    def detach(self, device_id: str, connection: Connection) -> None:
        """The connection has ended."""
        with self._lock:
            if self._connections.get(device_id) is connection:
                del self._connections[device_id]

    def greeted(self, device_ids: set[str]) -> None:
        """These devices have said where they stand: whatever is open for them is to be sent now."""
        with self._lock:
            self._greeted |= device_ids
        self.wake.set()

    def take_greeted(self) -> set[str]:
        """The devices that have said so since this was asked last."""
        with self._lock:
            found, self._greeted = self._greeted, set()
        return found

    def connected(self) -> set[str]:
        """The devices that are connected to this process itself."""
        with self._lock:
            return set(self._connections)

    def send(
        self, device_id: str, message: Message, *, retain: bool = False, expires_s: int | None = None
    ) -> bool:
        """Send over the device's own connection, else over the broker; False when neither is this process's."""
        with self._lock:
            connection = self._connections.get(device_id)
        if connection is not None:
            connection.send(message)
            return True
        if self.broker is not None and self.broker.serves(device_id):
            self.broker.send(device_id, message, retain=retain, expires_s=expires_s)
            return True
        return False

    def flush(self) -> None:
        """Put on the wire what the broker's connection has gathered."""
        if self.broker is not None:
            self.broker.flush()

    def drop(self, device_id: str) -> None:
        """End a device's connection, so that it tells again what was not stored."""
        with self._lock:
            connection = self._connections.pop(device_id, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """End every connection, because the process stops."""
        self.running = False
        for device_id in self.connected():
            self.drop(device_id)
