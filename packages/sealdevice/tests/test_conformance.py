"""The conformance bench passes the reference and names what each spoiled device does wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from device_desk import NOON, PLATFORM_KEY

from sealdevice.command import Command, CommandKind, open_command, open_receipt
from sealdevice.conformance import Bench
from sealdevice.device.core import Device, Senses
from sealdevice.device.state import HeldPermit
from sealdevice.device.store import MemoryStore
from sealdevice.event import EventKind
from sealdevice.fields import read_object
from sealdevice.judging import Use
from sealdevice.permit import PressKind, read_permit_body
from sealdevice.record import read_record
from sealdevice.reference import ReferenceDevice


def findings_of(make: type[Device]) -> set[str]:
    device = ReferenceDevice(
        "device-1", platform=PLATFORM_KEY.public_key, now_ms=lambda: NOON, make=make, store=MemoryStore()
    )
    bench = Bench(device, PLATFORM_KEY, now_ms=lambda: NOON)
    return {one.check for one in bench.run()}


def test_the_reference_device_keeps_the_contract() -> None:
    assert findings_of(Device) == set()


class ForgetsTheCount(Device):
    def press(
        self, permit_id: str, kind: PressKind, senses: Senses, mechanism: Callable[[], None] = lambda: None
    ) -> int:
        held = self._held(permit_id)
        fresh = {**self._state.permits, permit_id: replace(held, use=Use())}
        self._state = replace(self._state, permits=fresh)
        return super().press(permit_id, kind, senses, mechanism)


class TakesAnyPermit(Device):
    def take_permit(self, data: bytes) -> bool:
        permit = read_permit_body(read_object(read_record(data).body))
        held = HeldPermit(permit, data, Use())
        self._state = replace(self._state, permits={**self._state.permits, permit.id: held})
        return True


class ForgetsTheLock(Device):
    def _start(self) -> None:
        self._state = replace(self._state, locked=None)
        super()._start()


class UnlocksByCommandAlone(Device):
    def take_command(self, data: bytes) -> Command:
        command = open_command(data, self._platform)
        if command.kind is CommandKind.UNLOCK:
            self._keep(replace(self._state, locked=None))
            return command
        return super().take_command(data)


class BelievesAnyReceipt(Device):
    def take_receipt(self, data: bytes) -> None:
        through = open_receipt(data, self._platform).through
        self._keep(replace(self._state, acknowledged=min(through, self._state.seq)))


class KeepsQuietAboutItsCase(Device):
    def sense(self, kind: EventKind, senses: Senses | None = None) -> int:
        return self._state.seq if kind is EventKind.CASE_OPENED else super().sense(kind, senses)


@pytest.mark.parametrize(
    ("make", "check"),
    [
        (ForgetsTheCount, "permit_taken"),
        (TakesAnyPermit, "forged_permits"),
        (ForgetsTheLock, "lock"),
        (UnlocksByCommandAlone, "lock"),
        (BelievesAnyReceipt, "receipts"),
        (KeepsQuietAboutItsCase, "tampering"),
    ],
)
def test_what_a_device_does_wrong_is_named(make: type[Device], check: str) -> None:
    assert check in findings_of(make)
