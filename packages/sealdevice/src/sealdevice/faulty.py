"""Devices that each break one rule of the contract: what the conformance bench has to find, and nothing but that.

They exist so that a maker, and our own tests, can see each check fail. Nobody builds a product from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sealdevice.command import open_receipt
from sealdevice.device.core import ClockReading, Device, Senses
from sealdevice.device.state import HeldPermit
from sealdevice.errors import MalformedRecord
from sealdevice.event import EventKind, PersonCheck
from sealdevice.fields import read_object
from sealdevice.judging import Situation, Use
from sealdevice.link import DeviceLink, Message
from sealdevice.permit import PressKind, open_permit, read_permit_body
from sealdevice.record import read_record


class Fault(StrEnum):
    """The rule that a device breaks; named as the check that finds it."""

    HELLO = "hello"
    PERMIT_TAKEN = "permit_taken"
    FORGED_PERMITS = "forged_permits"
    SPARE = "spare"
    PERSONS = "persons"
    LOCK = "lock"
    RECEIPTS = "receipts"
    ABSURD_MESSAGES = "absurd_messages"
    TAMPERING = "tampering"


class ForgetsItsStarts(Device):
    """Every start has the same number."""

    def _start(self) -> None:
        if self._state.boot:
            self._state = replace(self._state, boot=self._state.boot - 1)
        super()._start()


class CountsAnewWhenToldAgain(Device):
    """A permit that comes a second time gives its presses a second time."""

    def take_permit(self, data: bytes) -> bool:
        fresh = super().take_permit(data)
        if not fresh:
            permit = read_permit_body(read_object(read_record(data).body))
            held = {**self._state.permits, permit.id: HeldPermit(permit, data, Use())}
            self._keep(replace(self._state, permits=held))
        return fresh


class TakesWhatHasEnded(Device):
    """A permit whose time is over is taken all the same."""

    def take_permit(self, data: bytes) -> bool:
        permit = open_permit(data, self._platform)
        ended = permit.not_after <= self._clock().now and permit.id not in self._state.permits
        if not ended or permit.device != self.id:
            return super().take_permit(data)
        held = {**self._state.permits, permit.id: HeldPermit(permit, data, Use())}
        self._commit(replace(self._state, permits=held), EventKind.PERMIT_TAKEN, permit=permit.id)
        return True


class SpendsItsSpareFreely(Device):
    """Spare presses serve for anything."""

    def _held(self, permit_id: str) -> HeldPermit:
        held = super()._held(permit_id)
        return replace(held, use=replace(held.use, credited={PressKind.ORDINARY: held.permit.spare}))


class KnowsEverybody(Device):
    """Whoever a permit names is taken to be there."""

    def _situation(self, permit_id: str, senses: Senses, reading: ClockReading) -> Situation:
        named = self._held(permit_id).permit.persons
        there = tuple(PersonCheck(one.person, one.checks) for one in named)
        return replace(super()._situation(permit_id, senses, reading), persons=there)


class ForgetsTheLock(Device):
    """A loss of power unlocks it."""

    def _start(self) -> None:
        self._state = replace(self._state, locked=None)
        super()._start()


class BelievesAnyReceipt(Device):
    """A receipt for another history ends the telling."""

    def take_receipt(self, data: bytes) -> None:
        through = open_receipt(data, self._platform).through
        self._keep(replace(self._state, acknowledged=min(through, self._state.seq)))


class KeepsQuietAboutItsCase(Device):
    """An opened case is nobody's business."""

    def sense(self, kind: EventKind, senses: Senses | None = None) -> int:
        return self._state.seq if kind is EventKind.CASE_OPENED else super().sense(kind, senses)


class DiesOfNonsense(DeviceLink):
    """After a message that is no record it hears nothing any more."""

    _deaf = False

    def received(self, message: Message) -> list[Message]:
        try:
            read_record(message.data)
        except MalformedRecord:
            self._deaf = True
        return [] if self._deaf else super().received(message)


@dataclass(frozen=True, slots=True)
class Made:
    """What a device consists of."""

    device: type[Device] = Device
    link: type[DeviceLink] = DeviceLink


FAULTY: Final[Mapping[Fault, Made]] = {
    Fault.HELLO: Made(ForgetsItsStarts),
    Fault.PERMIT_TAKEN: Made(CountsAnewWhenToldAgain),
    Fault.FORGED_PERMITS: Made(TakesWhatHasEnded),
    Fault.SPARE: Made(SpendsItsSpareFreely),
    Fault.PERSONS: Made(KnowsEverybody),
    Fault.LOCK: Made(ForgetsTheLock),
    Fault.RECEIPTS: Made(BelievesAnyReceipt),
    Fault.ABSURD_MESSAGES: Made(link=DiesOfNonsense),
    Fault.TAMPERING: Made(KeepsQuietAboutItsCase),
}
"""For each rule a device that breaks it."""
