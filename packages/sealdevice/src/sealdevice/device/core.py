"""How a device acts. Every act changes the state and writes its event in one commit, and nothing moves before it.

Order of a press, so that a crash at any instant neither loses an impression nor makes one twice:

1. All conditions are judged; a refusal is an event of its own.
2. That the seal will be let go is committed (*arming*).
3. The mechanism presses.
4. The press and its event are committed, the arming is gone.

A device that starts and finds an arming does not know whether step 3 happened. It counts the press, tells it as
uncertain, and somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gmseal.sm.keys import PublicKey, Signer
from sealdevice.command import (
    LOCKS,
    Command,
    CommandKind,
    Confirmation,
    open_command,
    open_confirmation,
    open_receipt,
)
from sealdevice.device.state import MAX_PERMITS, Arming, DeviceState, HeldPermit, read_state, write_state
from sealdevice.device.store import DeviceStore
from sealdevice.errors import Code, Refused, StoreFailure, UntrustedRecord
from sealdevice.event import (
    LOCKING,
    PRESSES,
    SENSED,
    Event,
    EventKind,
    PersonCheck,
    Photo,
    Position,
    TimeSource,
    sign_event,
)
from sealdevice.judging import Objection, Situation, Use, objections_to_press, with_press, with_spoiled
from sealdevice.permit import PressKind, open_permit
from sealdevice.record import read_record

CLOCK_TOLERANCE_MS: Final = 120_000
"""How far the clocks of device and platform may lie apart before the device trusts its own no more."""
PERSON_STAYS_MS: Final = 300_000
"""How long a check of a person at the device holds."""
WRONG_PERSONS: Final = 3
"""After so many failed checks in a row the platform is told."""
EVENTS_KEPT: Final = 1_000
"""Acknowledged events that stay on the device, in case the platform asks again."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A time in milliseconds since 1970 (UTC), and what the clock was last set by."""

    now: int
    source: TimeSource = TimeSource.NETWORK


@dataclass(frozen=True, slots=True)
class Senses:
    """What the device perceives at an instant."""

    position: Position | None = None
    photos: tuple[Photo, ...] = ()
    online: bool = True
    battery: int | None = None


class Device:
    """One smart seal. Not for several threads: a device does one thing at a time."""

    def __init__(
        self,
        device_id: str,
        *,
        key: Signer,
        platform: PublicKey,
        store: DeviceStore,
        clock: Callable[[], ClockReading],
    ) -> None:
        self.id = device_id
        self._key, self._platform, self._store, self._clock = key, platform, store, clock
        kept = store.load()
        self._state = DeviceState() if kept is None else read_state(kept, platform)
        self._checked: dict[str, tuple[PersonCheck, int]] = {}
        self._confirmation: Confirmation | None = None
        self._failures = 0
        self._failed = False
        self._start()

    @property
    def state(self) -> DeviceState:
        """What the device remembers."""
        return self._state

    def take_permit(self, data: bytes) -> bool:
        """Keep a permit; False when it is held already. Raises MalformedRecord, UntrustedRecord, Refused."""
        permit = open_permit(data, self._platform)
        self._require_mine(permit.device)
        held = self._state.permits.get(permit.id)
        if held is not None:
            if held.digest != read_record(data).digest:
                raise Refused("a permit of this id says something else", code=Code.PERMIT_CHANGED)
            return False
        now = self._clock().now
        if permit.not_after <= max(now, self._state.latest):
            raise Refused("the permit has ended", code=Code.PERMIT_EXPIRED)
        permits = {**self._without_ended(now), permit.id: HeldPermit(permit, data, Use())}
        if len(permits) > MAX_PERMITS:
            raise Refused(f"the device holds {MAX_PERMITS} permits already")
        latest = max(self._state.latest, permit.issued_at)
        self._commit(
            replace(self._state, permits=permits, latest=latest), EventKind.PERMIT_TAKEN, permit=permit.id
        )
        return True

    def take_command(self, data: bytes) -> Command:
        """Carry out a command. Raises MalformedRecord, UntrustedRecord, Refused (old or expired)."""
        command = open_command(data, self._platform)
        self._require_mine(command.device)
        is_lock = command.kind in LOCKS
        if command.number <= (self._state.lock_command if is_lock else self._state.command):
            raise Refused("a later command was carried out already", code=Code.COMMAND_OLD)
        # A lock is obeyed however late it comes; anything else that is late may have been overtaken by events.
        late = command.not_after <= max(self._clock().now, self._state.latest)
        if late and command.kind not in (CommandKind.LOCK, CommandKind.CONFIRM_CLOCK):
            raise Refused("the command has expired", code=Code.COMMAND_EXPIRED)
        latest = max(self._state.latest, command.issued_at)
        state = replace(self._state, latest=latest)
        if is_lock:
            state = replace(state, lock_command=command.number)
        else:
            state = replace(state, command=command.number)
        self._carry_out(command, state)
        return command

    def take_confirmation(self, data: bytes) -> None:
        """Hold the confirmation of one press. Raises MalformedRecord, UntrustedRecord, Refused."""
        confirmation = open_confirmation(data, self._platform)
        self._require_mine(confirmation.device)
        if confirmation.not_after <= max(self._clock().now, self._state.latest):
            raise Refused("the confirmation has expired", code=Code.COMMAND_EXPIRED)
        self._confirmation = confirmation

    def person_checked(self, check: PersonCheck) -> None:
        """A person stands at the device and has passed these checks. Ends a lock that waits for him."""
        self._failures = 0
        self._checked[check.person] = (check, self._clock().now)
        state = self._state
        self._commit(state, EventKind.PERSON_CHECKED, persons=(check,))
        if state.locked is not None and state.unlocking == check.person:
            self._commit(
                replace(self._state, locked=None, unlocking=None), EventKind.UNLOCKED, persons=(check,)
            )

    def person_failed(self) -> None:
        """Somebody did not pass; told after several in a row."""
        self._failures += 1
        if self._failures >= WRONG_PERSONS:
            self._failures = 0
            self._commit(self._state, EventKind.WRONG_PERSON)

    def press(
        self, permit_id: str, kind: PressKind, senses: Senses, mechanism: Callable[[], None] = lambda: None
    ) -> int:
        """Press once under a permit; returns the number of the event. Raises Refused with every objection."""
        held = self._held(permit_id)
        reading = self._clock()
        situation = self._situation(permit_id, senses, reading)
        objections = objections_to_press(held.permit, held.use, kind, situation)
        if objections:
            codes = tuple(one.value for one in objections)
            self._commit(
                self._state,
                EventKind.REFUSED,
                permit=permit_id,
                press_kind=kind,
                position=senses.position,
                detail=codes,
            )
            raise Refused("the press is not permitted: " + ", ".join(codes), codes)
        self._keep(replace(self._state, arming=Arming(permit_id, kind)))
        mechanism()
        after = _with_use(self._state, permit_id, with_press(held.use, kind))
        return self._commit(
            replace(after, arming=None),
            EventKind.PRESSED,
            permit=permit_id,
            press_kind=kind,
            persons=situation.persons,
            position=senses.position,
            photos=senses.photos,
            battery=senses.battery,
        )

    def spoil(self, permit_id: str, kind: PressKind, about: int) -> int:
        """Declare a press spoiled (废印); it may be repeated while spare presses are left."""
        held = self._held(permit_id)
        if held.use.spoiled.get(kind, 0) >= held.use.pressed.get(kind, 0):
            raise Refused(
                "there is no press of this kind left that could be spoiled", (Objection.COUNT_USED.value,)
            )
        after = _with_use(self._state, permit_id, with_spoiled(held.permit, held.use, kind))
        return self._commit(after, EventKind.SPOILED, permit=permit_id, press_kind=kind, about=about)

    def photo_taken(self, permit_id: str, about: int, photo: Photo) -> int:
        """A photo of a press that was made before."""
        return self._commit(
            self._state, EventKind.PHOTO_TAKEN, permit=permit_id, about=about, photos=(photo,)
        )

    def sense(self, kind: EventKind, senses: Senses | None = None) -> int:
        """Something the device perceived by itself; an impression without permission and an opened case lock it."""
        if kind not in SENSED:
            raise Refused(f"{kind} is not something that a device senses")
        at = senses or Senses()
        number = self._commit(self._state, kind, position=at.position, photos=at.photos, battery=at.battery)
        if kind in LOCKING:
            number = self._lock(kind.value, self._state)
        return number

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """Number and record of the events from ``first`` on that the device still keeps."""
        return self._store.events(first, limit)

    def waiting(self, limit: int = 100) -> list[tuple[int, bytes]]:
        """Events for which there is no receipt, in order."""
        return self._store.events(self._state.acknowledged + 1, limit)

    def take_receipt(self, data: bytes) -> None:
        """The platform has stored events: they are told no more, and forgotten in time.

        Raises MalformedRecord, UntrustedRecord, and Refused when the receipt is for another history than this
        device's: a platform that holds a forged chain gets no peace from the real device.
        """
        receipt = open_receipt(data, self._platform)
        self._require_mine(receipt.device)
        if receipt.through <= self._state.acknowledged:
            return
        stored = self._store.events(receipt.through, 1)
        if (
            not stored
            or stored[0][0] != receipt.through
            or read_record(stored[0][1]).digest != receipt.digest
        ):
            raise Refused("the receipt is for events that this device did not tell", code=Code.RECEIPT_OTHER)
        self._keep(replace(self._state, acknowledged=receipt.through))
        self._store.forget(receipt.through - EVENTS_KEPT)

    def _start(self) -> None:
        state = replace(self._state, boot=self._state.boot + 1)
        arming = state.arming
        self._commit(state, EventKind.STARTED)
        if arming is None:
            return
        held = self._state.permits.get(arming.permit)
        after = (
            _with_use(self._state, arming.permit, with_press(held.use, arming.kind)) if held else self._state
        )
        self._commit(
            replace(after, arming=None),
            EventKind.PRESS_UNCERTAIN,
            permit=arming.permit,
            press_kind=arming.kind,
        )

    def _carry_out(self, command: Command, state: DeviceState) -> None:
        subject = command.subject or ""
        if command.kind is CommandKind.LOCK:
            self._lock("command", state)
        elif command.kind is CommandKind.UNLOCK:
            self._keep(replace(state, unlocking=subject))
        elif command.kind is CommandKind.DELETE_TEMPLATE:
            self._commit(state, EventKind.TEMPLATE_DELETED, detail=(subject,))
            self._checked.pop(subject, None)
        elif command.kind is CommandKind.RESEND:
            self._keep(replace(state, acknowledged=min(state.acknowledged, (command.first_seq or 1) - 1)))
        elif command.kind is CommandKind.CONFIRM_CLOCK:
            self._confirm_clock(command, state)
        elif subject in state.permits:
            use = replace(state.permits[subject].use, revoked=True)
            self._commit(_with_use(state, subject, use), EventKind.PERMIT_ENDED, permit=subject)
        else:
            self._keep(state)

    def _confirm_clock(self, command: Command, state: DeviceState) -> None:
        if abs(self._clock().now - command.issued_at) > CLOCK_TOLERANCE_MS:
            self._keep(state)
            raise Refused("the device's clock shows another time", (Objection.CLOCK_UNSURE.value,))
        self._commit(replace(state, latest=command.issued_at), EventKind.CLOCK_CHANGED)

    def _lock(self, by: str, state: DeviceState) -> int:
        # A command that comes after tampering locks nothing anew: what locked the device first stays the reason.
        reason = by if state.locked in (None, "command") else state.locked
        number = self._commit(replace(state, locked=reason, unlocking=None), EventKind.LOCKED, detail=(by,))
        self._confirmation = None
        return number

    def _situation(self, permit_id: str, senses: Senses, reading: ClockReading) -> Situation:
        confirmation = self._confirmation
        confirmed = None
        if (
            confirmation is not None
            and confirmation.permit == permit_id
            and reading.now < confirmation.not_after
        ):
            named = self._state.permits[permit_id].permit.confirmer
            confirmed = confirmation.press if confirmation.person == named else None
        return Situation(
            now=max(reading.now, self._state.latest),
            clock_sure=reading.now + CLOCK_TOLERANCE_MS >= self._state.latest,
            online=senses.online,
            locked=self._state.locked is not None,
            persons=tuple(
                check for check, at in self._checked.values() if 0 <= reading.now - at < PERSON_STAYS_MS
            ),
            position=senses.position,
            photos=frozenset(photo.moment for photo in senses.photos),
            confirmed_press=confirmed,
            unsettled=self._state.arming is not None,
        )

    def _held(self, permit_id: str) -> HeldPermit:
        held = self._state.permits.get(permit_id)
        if held is None:
            raise Refused("the device holds no such permit", code=Code.PERMIT_UNKNOWN)
        return held

    def _require_mine(self, device: str) -> None:
        if device != self.id:
            raise UntrustedRecord(Code.RECORD_OTHER_DEVICE, "the record is for another device")

    def _without_ended(self, now: int) -> dict[str, HeldPermit]:
        return {
            name: held
            for name, held in self._state.permits.items()
            if held.permit.not_after > max(now, self._state.latest)
        }

    def _keep(self, state: DeviceState, events: tuple[tuple[int, bytes], ...] = ()) -> None:
        if self._failed:
            raise StoreFailure(
                Code.STORE_IO, "the memory of the device failed before; it has to be started anew"
            )
        try:
            self._store.commit(write_state(state), events)
        except StoreFailure:
            # It is not known whether it was stored. Only a start reads what is true.
            self._failed = True
            raise
        self._state = state

    def _commit(
        self,
        state: DeviceState,
        kind: EventKind,
        *,
        permit: str | None = None,
        press_kind: PressKind | None = None,
        about: int | None = None,
        persons: tuple[PersonCheck, ...] = (),
        position: Position | None = None,
        photos: tuple[Photo, ...] = (),
        battery: int | None = None,
        detail: tuple[str, ...] = (),
    ) -> int:
        reading = self._clock()
        event = Event(
            device=self.id,
            boot=state.boot,
            seq=state.seq + 1,
            previous=state.head,
            kind=kind,
            time=reading.now,
            time_source=reading.source,
            presses=state.presses + (1 if kind in PRESSES else 0),
            permit=permit,
            press_kind=press_kind,
            about=about,
            persons=persons,
            position=position,
            photos=photos,
            battery=battery,
            detail=detail,
        )
        record = sign_event(event, self._key)
        after = replace(
            state,
            seq=event.seq,
            head=read_record(record).digest,
            presses=event.presses,
            latest=max(state.latest, reading.now),
        )
        self._keep(after, ((event.seq, record),))
        return event.seq


def _with_use(state: DeviceState, permit_id: str, use: Use) -> DeviceState:
    held = replace(state.permits[permit_id], use=use)
    return replace(state, permits={**state.permits, permit_id: held})
