"""The reference device on the conformance bench: what a maker's adapter has to do for a real one."""

from __future__ import annotations

from collections.abc import Callable

from gmseal.sm.keys import PrivateKey, PublicKey
from sealdevice.device.core import ClockReading, Device, Senses
from sealdevice.device.store import DeviceStore, MemoryStore
from sealdevice.errors import Refused
from sealdevice.event import EventKind, PersonCheck
from sealdevice.link import DeviceLink, Message
from sealdevice.permit import PressKind


class ReferenceDevice:
    """A device in this process, on a wire that loses nothing."""

    def __init__(
        self,
        device_id: str,
        *,
        platform: PublicKey,
        now_ms: Callable[[], int],
        make: type[Device] = Device,
        link: type[DeviceLink] = DeviceLink,
        store: DeviceStore | None = None,
    ) -> None:
        self.id = device_id
        self._key = PrivateKey.generate()
        self._platform, self._now_ms, self._make = platform, now_ms, make
        self._talk = link
        self._store = store or MemoryStore()
        self._out: list[Message] = []
        self._start()

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key

    def send(self, message: Message) -> None:
        self._out.extend(self._link.received(message))

    def receive(self) -> list[Message]:
        out, self._out = [*self._out, *self._link.pending()], []
        return out

    def step_up(self, person: PersonCheck) -> None:
        self._device.person_checked(person)

    def try_press(self, permit: str, kind: PressKind) -> None:
        self._attempt(lambda: self._device.press(permit, kind, Senses()))

    def spoil(self, permit: str, kind: PressKind, about: int) -> None:
        self._attempt(lambda: self._device.spoil(permit, kind, about))

    def open_case(self) -> None:
        self._device.sense(EventKind.CASE_OPENED)

    def power_cycle(self) -> None:
        self._out = []
        self._start()

    def _start(self) -> None:
        self._device = self._make(
            self.id,
            key=self._key,
            platform=self._platform,
            store=self._store,
            clock=lambda: ClockReading(self._now_ms()),
        )
        self._link = self._talk(self._device)
        self._out.extend(self._link.connected())

    @staticmethod
    def _attempt(act: Callable[[], object]) -> None:
        try:
            act()
        except Refused:
            return  # The refusal is an event of its own.
