"""What an event of a device's chain changes here: the device's row, the permit's counts, photos, alarms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from evidencelog.entry import JsonValue
from sealdevice.event import PRESSES, Event, EventKind
from sealdevice.permit import PressKind
from shuangyin.alarms.commands import raise_alarm
from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.alarms.models import Alarm
from shuangyin.core.actor import system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import queries
from shuangyin.devices.models import Device, DevicePermit
from shuangyin.devices.rules import Account, Counts, Terms, beyond_permit

ALARMS: Mapping[EventKind, str] = {
    EventKind.UNAUTHORISED_PRESS: "unauthorised_press",
    EventKind.CASE_OPENED: "case_opened",
    EventKind.MOVED: "moved",
    EventKind.FENCE_LEFT: "fence_left",
    EventKind.WRONG_PERSON: "wrong_person",
    EventKind.CLOCK_CHANGED: "clock_changed",
    EventKind.BATTERY_LOW: "battery_low",
    EventKind.PRESS_UNCERTAIN: "press_uncertain",
}
"""Events that are alarms by themselves."""
QUIET = frozenset({EventKind.STARTED, EventKind.PERSON_CHECKED})
"""Events that nobody waits for at a page."""


def touches(event: Event) -> bool:
    """Whether an event changes anything beside the chain of its device."""
    return event.kind not in QUIET or event.battery is not None or event.position is not None


@dataclass
class Effects:
    """Applies events to what one transaction has read; devices and permits are its rows."""

    work: UnitOfWork
    _permits: dict[str, DevicePermit | None] = field(default_factory=dict)
    _alarms: dict[tuple[str, str, str], Alarm] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    """Devices that pages should look at anew."""

    def apply(self, device: Device, event: Event) -> None:
        """Change what this event, the next of its device's chain, changes."""
        if event.battery is not None:
            device.battery = event.battery
        if event.position is not None and event.time >= (device.located_at or 0):
            device.latitude_e7 = event.position.latitude_e7
            device.longitude_e7 = event.position.longitude_e7
            device.accuracy_m, device.located_at = event.position.accuracy_m, event.time
        act = _ACTS.get(event.kind)
        if act is not None:
            act(self, device, event)
        if event.kind not in QUIET:
            self.changed.add(device.id)
        kind = ALARMS.get(event.kind)
        if kind is not None:
            self.alarm(device, kind, event.time, {"seq": event.seq, "permit": event.permit})

    def alarm(
        self, device: Device, kind: str, occurred_at: int, facts: Mapping[str, JsonValue], about: str = ""
    ) -> None:
        """Raise an alarm about a device, or count it on; one that locks has the device locked from here too."""
        key = (device.id, kind, about)
        if key in self._alarms:
            self._alarms[key].occurrences += 1
            self._alarms[key].last_at = self.work.now
        else:
            self._alarms[key] = raise_alarm(
                self.work,
                system_actor(device.organization_id),
                kind,
                subject_type="device",
                subject_id=device.id,
                about=about,
                custodian_ids=queries.custodians(self.work, device),
                occurred_at=occurred_at,
                facts={**facts, "seal": device.seal_id},
            )
        if alarm_kinds()[kind].locks and not device.lock_wanted:
            device.lock_wanted, device.unlock_person_id = True, None
            device.lock_reason = alarm_kinds()[kind].text.zh
        self.changed.add(device.id)

    def expect_permits(self, permit_ids: Collection[str | None]) -> None:
        """Read the permits that events of many devices name, in one go."""
        wanted = {one for one in permit_ids if one is not None}
        if not wanted:
            return
        found = self.work.session.scalars(select(DevicePermit).where(DevicePermit.id.in_(wanted)))
        self._permits.update({**dict.fromkeys(wanted), **{one.id: one for one in found}})

    def permit(self, device: Device, permit_id: str | None) -> DevicePermit | None:
        """The permit that an event names, if it was issued to this device."""
        if permit_id is None:
            return None
        if permit_id not in self._permits:
            self._permits[permit_id] = self.work.session.get(DevicePermit, permit_id)
        found = self._permits[permit_id]
        return found if found is not None and found.device_id == device.id else None

    @property
    def persons(self) -> set[str]:
        """Who presses, reviews or confirms under the permits that were pressed under: they watch live."""
        found = [one for one in self._permits.values() if one is not None]
        named = {one for row in found for one in (row.presser_id, row.reviewer_id, row.confirmer_id)}
        return {one for one in named if one is not None}

    def pressed(self, device: Device, event: Event) -> None:
        """Count a press under its permit, and judge whether the permit allowed it."""
        permit = self.permit(device, event.permit)
        facts: dict[str, JsonValue] = {"seq": event.seq, "permit": event.permit}
        if permit is None:
            device.unpermitted += 1
            if event.kind is not EventKind.UNAUTHORISED_PRESS:
                self.alarm(device, "press_beyond_permit", event.time, facts, about=str(event.permit))
            return
        _add(permit, "pressed", event.press_kind or PressKind.ORDINARY)
        permit.uncertain += event.kind is EventKind.PRESS_UNCERTAIN
        permit.last_press_at = max(permit.last_press_at or 0, event.time)
        _look_again(permit, self.work.now)
        permitted = Counts(permit.ordinary, permit.seam, permit.cover)
        terms = Terms(permitted, permit.spare, permit.not_before, permit.not_after)
        if beyond_permit(terms, account_of(permit), event.time):
            self.alarm(device, "press_beyond_permit", event.time, facts, about=permit.id)

    def spoiled(self, device: Device, event: Event) -> None:
        """Count a press that its device declared spoiled."""
        permit = self.permit(device, event.permit)
        if permit is not None:
            _add(permit, "spoiled", event.press_kind or PressKind.ORDINARY)
            _look_again(permit, self.work.now)

    def taken(self, device: Device, event: Event) -> None:
        """The device holds the permit."""
        permit = self.permit(device, event.permit)
        if permit is not None and permit.taken_at is None:
            permit.taken_at = event.time


def account_of(permit: DevicePermit) -> Account:
    """What was counted under a permit so far."""
    return Account(
        Counts(permit.pressed_ordinary, permit.pressed_seam, permit.pressed_cover),
        Counts(permit.spoiled_ordinary, permit.spoiled_seam, permit.spoiled_cover),
    )


def _add(permit: DevicePermit, what: str, kind: PressKind) -> None:
    name = f"{what}_{kind.value}"
    setattr(permit, name, getattr(permit, name) + 1)


def _look_again(permit: DevicePermit, now: int) -> None:
    """What comes in after the use was ended is settled anew."""
    if permit.slot is None:
        permit.check_at, permit.balanced = now, None


def _locked(_effects: Effects, device: Device, event: Event) -> None:
    """What locked it first stays the reason: the platform's own command follows every tampering."""
    if device.locked_by in (None, "command"):
        device.locked_by = event.detail[0] if event.detail else "unknown"


def _unlocked(_effects: Effects, device: Device, _event: Event) -> None:
    device.locked_by = None


_ACTS: Mapping[EventKind, Callable[[Effects, Device, Event], None]] = {
    **dict.fromkeys(PRESSES, Effects.pressed),
    EventKind.SPOILED: Effects.spoiled,
    EventKind.PERMIT_TAKEN: Effects.taken,
    EventKind.LOCKED: _locked,
    EventKind.UNLOCKED: _unlocked,
}
