"""Thousands of simulated devices in one process, each with its own TLS connection to the broker."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence

from sealdevice.link import SUBSCRIBED, Message, Subject, topic_of
from shuangyin.device_sim.mqtt_packets import (
    PUBLISH,
    SUBACK,
    Packet,
    PacketReader,
    connect,
    puback,
    publish,
    read_publish,
    subscribe,
)
from shuangyin.device_sim.mqtt_wire import SESSION_S, broker_address, device_context
from shuangyin.device_sim.pace import Pace
from shuangyin.device_sim.seal import SimulatedSeal

KEEPALIVE_S = 600
AT_ONCE = 50
"""So many devices connect at the same time: a handshake is work for both ends."""
ANSWER_S = 60.0


class FleetDevice:
    """One device of a fleet. `receipted_at` and `locked_at` say when (monotonic seconds), for whoever measures."""

    def __init__(self, seal: SimulatedSeal) -> None:
        self.seal = seal
        self.receipted_at: dict[int, float] = {}
        self.locked_at: float | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = 0
        self._subscribed = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None
        self._pace = Pace(seal)

    async def join(self, broker: str) -> None:
        """Connect, subscribe and say where it stands. Raises OSError, TimeoutError."""
        host, port = broker_address(broker)
        reader, self._writer = await asyncio.open_connection(host, port, ssl=device_context(self.seal))
        self._listener = asyncio.create_task(self._listen(reader))
        self._writer.write(connect(self.seal.id, keepalive_s=KEEPALIVE_S, session_s=SESSION_S))
        self._writer.write(subscribe(1, [topic_of(self.seal.id, one) for one in SUBSCRIBED]))
        async with asyncio.timeout(ANSWER_S):
            await self._subscribed.wait()
        self.say(self._pace.greeting())

    def talk(self) -> None:
        """Say what is new; a hello each minute, and when a receipt is overdue."""
        self.say(self._pace.due())

    def say(self, messages: Iterable[Message]) -> None:
        """Put messages on the wire."""
        if self._writer is None:
            return
        for message in messages:
            self._numbers = self._numbers % 65_000 + 2
            self._writer.write(publish(self._numbers, topic_of(self.seal.id, message.subject), message.data))

    async def leave(self) -> None:
        """End the connection; the session stays at the broker."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await self._listener
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @property
    def delivered(self) -> bool:
        """Whether the platform has everything."""
        return self.seal.device.state.acknowledged == self.seal.device.state.seq

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        packets = PacketReader()
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                for packet in packets.feed(data):
                    self._take(packet)
        self._writer = None

    def _take(self, packet: Packet) -> None:
        if packet.type == SUBACK:
            self._subscribed.set()
        elif packet.type == PUBLISH:
            topic, number, payload = read_publish(packet)
            before = self.seal.device.state.acknowledged
            answers = self.seal.received(Message(Subject(topic.rsplit("/", 1)[1]), payload))
            self._note(before)
            if number is not None and self._writer is not None:
                self._writer.write(puback(number))
            self.say(answers)

    def _note(self, before: int) -> None:
        state, now = self.seal.device.state, time.monotonic()
        if state.acknowledged > before:
            self._pace.receipted()
            self.receipted_at.update(dict.fromkeys(range(before + 1, state.acknowledged + 1), now))
        if state.locked is not None and self.locked_at is None:
            self.locked_at = now


async def join_all(devices: Sequence[FleetDevice], broker: str, at_once: int = AT_ONCE) -> None:
    """Connect all of them, some at a time. Raises OSError, TimeoutError."""
    room = asyncio.Semaphore(at_once)

    async def join(device: FleetDevice) -> None:
        async with room:
            await device.join(broker)

    await asyncio.gather(*(join(device) for device in devices))


async def talk_until_delivered(
    devices: Sequence[FleetDevice], patience_s: float, pause_s: float = 0.05
) -> bool:
    """Let all of them talk until the platform has everything; whether that came about in time."""
    until = time.monotonic() + patience_s
    while not all(device.delivered for device in devices):
        if time.monotonic() > until:
            return False
        for device in devices:
            if not device.delivered:
                device.talk()
        await asyncio.sleep(pause_s)
    return True


async def leave_all(devices: Sequence[FleetDevice]) -> None:
    """End all connections."""
    await asyncio.gather(*(device.leave() for device in devices))
