"""A platform and a device on one desk: keys, a clock that the test turns, permits with sensible defaults."""

from __future__ import annotations

from dataclasses import replace

from gmseal.sm.keys import PrivateKey
from sealdevice.device.core import ClockReading, Device, Senses
from sealdevice.device.store import DeviceStore, MemoryStore
from sealdevice.event import Event, PersonCheck, Position, open_event
from sealdevice.permit import Check, Fence, NamedPerson, Permit, PressKind, Role, sign_permit

NOON = 1_800_000_000_000
MINUTE = 60_000
PLATFORM_KEY = PrivateKey.generate()
DEVICE_KEY = PrivateKey.generate()
PRESSER = PersonCheck("p-presser", frozenset({Check.FACE, Check.PASSWORD}))
REVIEWER = PersonCheck("p-reviewer", frozenset({Check.CARD}))
SQUARE = Fence(399_042_000, 1_164_074_000, 300)
INSIDE = Senses(position=Position(399_043_000, 1_164_075_000, 20))


def permit_of(**changed: object) -> Permit:
    """A permit of two ordinary presses, one seam and one spare, for two persons, from noon for an hour."""
    plain = Permit(
        id="permit-1",
        device="device-1",
        seal="seal-1",
        request="request-1",
        documents=("ab" * 32,),
        persons=(
            NamedPerson("p-presser", Role.PRESSER, frozenset({Check.FACE, Check.PASSWORD})),
            NamedPerson("p-reviewer", Role.REVIEWER, frozenset({Check.CARD})),
        ),
        counts={PressKind.ORDINARY: 2, PressKind.SEAM: 1, PressKind.COVER: 0},
        spare=1,
        not_before=NOON,
        not_after=NOON + 60 * MINUTE,
        issued_at=NOON,
        offline=True,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


class Desk:
    """A device under the test's clock."""

    def __init__(self, store: DeviceStore | None = None, *, now: int = NOON) -> None:
        self.now = now
        self.store = store or MemoryStore()
        self.device = self.start()

    def start(self) -> Device:
        """Start the device anew on what its store holds."""
        self.device = Device(
            "device-1",
            key=DEVICE_KEY,
            platform=PLATFORM_KEY.public_key,
            store=self.store,
            clock=lambda: ClockReading(self.now),
        )
        return self.device

    def take(self, permit: Permit) -> None:
        """Hand the device a permit."""
        self.device.take_permit(sign_permit(permit, PLATFORM_KEY))

    def persons(self) -> None:
        """Presser and reviewer step up and pass."""
        self.device.person_checked(PRESSER)
        self.device.person_checked(REVIEWER)

    def told(self) -> list[Event]:
        """All events the device keeps, verified."""
        return [open_event(record, DEVICE_KEY.public_key) for _, record in self.store.events(1, 10_000)]
