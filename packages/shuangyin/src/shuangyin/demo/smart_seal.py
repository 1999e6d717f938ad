"""One simulated smart seal that a story holds in its hands: it speaks MQTT over the broker, its photos go over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from sealdevice.event import EventKind
from sealdevice.permit import PressKind
from shuangyin.demo.person import Person
from shuangyin.demo.report import StepFailed
from shuangyin.device_sim.mqtt_wire import MqttWire
from shuangyin.device_sim.photographs import Camera
from shuangyin.device_sim.seal import SimulatedSeal

PATIENCE_S = 60.0
TALK_S = 0.1
_Found = TypeVar("_Found")


class SmartSeal:
    """A device and its connection. Nothing moves unless it is told to: each wait lets both sides talk."""

    def __init__(self, administrator: Person, server: str, broker: str, *, name: str) -> None:
        added = administrator.post_json("/devices", {"name": name, "maker": "模拟设备"})
        seed = time.time_ns()
        self.seal = SimulatedSeal(lambda: time.time_ns() // 1_000_000, camera=Camera(None, seed=seed))
        self.said: list[str] = []
        self.wire = MqttWire(self.seal, server, lambda zh, _en: self.said.append(zh), broker)
        self.seal.enrolled(self.wire.enrol(added["code"]))

    @property
    def id(self) -> str:
        return self.seal.id

    def until(self, look: Callable[[], _Found | None], what: str) -> _Found:
        """Talk until something is so; what `look` finds at last. Raises StepFailed when it does not come about."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := look()):
            if time.monotonic() > deadline:
                message = f"{what} did not come about in {PATIENCE_S:.0f} s; the device said {self.said[-5:]}"
                raise StepFailed(message)
            self.wire.talk(TALK_S)
        return found

    def take(self, permit: dict[str, Any]) -> None:
        """Wait for a permit, and let its persons stand before the device with everything that it asks of them."""
        held = self.until(
            lambda: next((one for one in self.seal.permits() if one.id == permit["id"]), None), "the permit"
        )
        self.seal.step_up(*(one.person for one in held.persons))

    def press(self, permit: dict[str, Any], kind: PressKind = PressKind.ORDINARY) -> int | None:
        """Try to press once; the number of the event, or None when the device refused."""
        return self.seal.press(str(permit["id"]), kind)

    def sense(self, kind: EventKind) -> None:
        """Let the device perceive something."""
        self.seal.sense(kind)

    def told(self) -> None:
        """Wait until the platform has every event and every photo. Raises StepFailed when that does not happen."""
        if not self.wire.settled(PATIENCE_S):
            message = f"events or photos were not delivered; the device said {self.said[-5:]}"
            raise StepFailed(message)

    def close(self) -> None:
        """End the connection."""
        self.wire.close()
