"""A device alone: what it permits, refuses, remembers and tells, with and without a connection, and across a crash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from device_desk import INSIDE, MINUTE, NOON, PLATFORM_KEY, PRESSER, REVIEWER, SQUARE, Desk, permit_of

from sealdevice.command import (
    Command,
    CommandKind,
    Confirmation,
    Receipt,
    sign_command,
    sign_confirmation,
    sign_receipt,
)
from sealdevice.device.core import ClockReading, Device, Senses
from sealdevice.device.store import MemoryStore, SqliteStore
from sealdevice.errors import Code, Refused, SealDeviceError, StoreFailure, UntrustedRecord
from sealdevice.event import EventKind, Photo, Position
from sealdevice.judging import Objection
from sealdevice.permit import Check, PhotoMoment, PressKind, sign_permit
from sealdevice.record import read_record

ORDINARY = PressKind.ORDINARY
NOTHING = Senses()


def refused(desk: Desk, *, kind: PressKind = ORDINARY, senses: Senses = NOTHING) -> tuple[str, ...]:
    with pytest.raises(Refused) as found:
        desk.device.press("permit-1", kind, senses)
    assert desk.told()[-1].kind is EventKind.REFUSED
    assert desk.told()[-1].detail == found.value.objections
    return found.value.objections


def command(
    desk: Desk,
    number: int,
    kind: CommandKind,
    subject: str | None = None,
    *,
    issued_at: int | None = None,
    not_after: int | None = None,
) -> None:
    issued = desk.now if issued_at is None else issued_at
    ends = issued + MINUTE if not_after is None else not_after
    desk.device.take_command(
        sign_command(Command("device-1", number, kind, issued, ends, subject), PLATFORM_KEY)
    )


def test_presses_are_counted_by_kind_and_no_further() -> None:
    desk = Desk()
    desk.take(permit_of())
    desk.persons()
    desk.device.press("permit-1", ORDINARY, Senses())
    desk.device.press("permit-1", PressKind.SEAM, Senses())
    desk.device.press("permit-1", ORDINARY, Senses())
    assert refused(desk) == (Objection.COUNT_USED,)
    assert refused(desk, kind=PressKind.SEAM) == (Objection.COUNT_USED,)
    assert refused(desk, kind=PressKind.COVER) == (Objection.COUNT_USED,)
    assert desk.told()[-1].presses == 3


def test_a_spare_press_serves_only_to_repeat_a_spoiled_one() -> None:
    desk = Desk()
    desk.take(permit_of())
    desk.persons()
    first = desk.device.press("permit-1", ORDINARY, Senses())
    desk.device.press("permit-1", ORDINARY, Senses())
    assert refused(desk) == (Objection.COUNT_USED,)
    desk.device.spoil("permit-1", ORDINARY, first)
    again = desk.device.press("permit-1", ORDINARY, Senses())
    desk.device.spoil("permit-1", ORDINARY, again)
    assert refused(desk) == (Objection.SPARE_USED,), "the second spoiled press is beyond the one spare"
    with pytest.raises(Refused):
        desk.device.spoil("permit-1", PressKind.COVER, 1)


def test_every_named_person_passes_every_check_and_not_long_before() -> None:
    desk = Desk()
    desk.take(permit_of())
    assert refused(desk) == (Objection.PERSON_MISSING,)
    desk.device.person_checked(replace(PRESSER, passed=frozenset({Check.FACE})))
    desk.device.person_checked(REVIEWER)
    assert refused(desk) == (Objection.CHECK_MISSING,)
    desk.persons()
    desk.now += 5 * MINUTE
    assert refused(desk) == (Objection.PERSON_MISSING,)


@pytest.mark.parametrize(
    ("offset", "objections"), [(-1, (Objection.NOT_YET,)), (60 * MINUTE, (Objection.EXPIRED,))]
)
def test_the_window_is_closed_to_the_millisecond(offset: int, objections: tuple[Objection, ...]) -> None:
    desk = Desk(now=NOON - MINUTE)
    desk.take(permit_of(issued_at=NOON - MINUTE))
    desk.now = NOON + offset
    desk.persons()
    assert refused(desk) == objections
    desk.now = NOON if offset < 0 else NOON + 60 * MINUTE
    desk.persons()
    if offset < 0:
        assert desk.device.press("permit-1", ORDINARY, Senses()) > 0


def test_a_fence_asks_for_a_position_that_is_surely_inside() -> None:
    desk = Desk()
    desk.take(permit_of(fence=SQUARE))
    desk.persons()
    assert refused(desk) == (Objection.POSITION_UNKNOWN,)
    vague = Senses(position=Position(SQUARE.latitude_e7, SQUARE.longitude_e7, 5_000))
    assert refused(desk, senses=vague) == (Objection.POSITION_UNKNOWN,)
    edge = Senses(position=Position(SQUARE.latitude_e7 + 26_000, SQUARE.longitude_e7, 20))
    assert refused(desk, senses=edge) == (Objection.OUTSIDE_FENCE,), "289 m away, give or take 20"
    assert desk.device.press("permit-1", ORDINARY, INSIDE) > 0


def test_photos_before_and_at_the_press_are_asked_for() -> None:
    desk = Desk()
    desk.take(permit_of(photos=frozenset({PhotoMoment.BEFORE, PhotoMoment.AFTER})))
    desk.persons()
    assert refused(desk) == (Objection.PHOTO_MISSING,)
    before = Photo(PhotoMoment.BEFORE, "cd" * 32, 40_000)
    number = desk.device.press("permit-1", ORDINARY, Senses(photos=(before,)))
    desk.device.photo_taken("permit-1", number, Photo(PhotoMoment.AFTER, "ef" * 32, 41_000))
    assert [one.about for one in desk.told()][-1] == number


def test_offline_only_where_the_permit_says_so() -> None:
    desk = Desk()
    desk.take(permit_of(offline=False))
    desk.persons()
    assert refused(desk, senses=Senses(online=False)) == (Objection.OFFLINE,)
    assert desk.device.press("permit-1", ORDINARY, Senses(online=True)) > 0


def test_a_confirmation_serves_one_press_of_one_permit_by_the_named_person() -> None:
    desk = Desk()
    desk.take(permit_of(confirmer="p-chief", offline=False))
    desk.persons()
    assert refused(desk) == (Objection.NOT_CONFIRMED,)

    def confirm(press: int, person: str = "p-chief") -> None:
        given = Confirmation("device-1", "permit-1", press, person, desk.now, desk.now + MINUTE)
        desk.device.take_confirmation(sign_confirmation(given, PLATFORM_KEY))

    confirm(1, "p-other")
    assert refused(desk) == (Objection.NOT_CONFIRMED,)
    confirm(1)
    desk.device.press("permit-1", ORDINARY, Senses())
    assert refused(desk) == (Objection.NOT_CONFIRMED,), "the same confirmation does not serve twice"
    confirm(2)
    desk.now += MINUTE
    assert refused(desk) == (Objection.NOT_CONFIRMED,), "it is over"


def test_permits_for_others_ended_or_changed_are_refused_and_a_repeated_one_changes_nothing() -> None:
    desk = Desk()
    with pytest.raises(UntrustedRecord) as other:
        desk.take(permit_of(device="device-2"))
    assert other.value.code is Code.RECORD_OTHER_DEVICE
    with pytest.raises(Refused) as ended:
        desk.take(permit_of(not_before=NOON - 2, not_after=NOON))
    assert ended.value.code is Code.PERMIT_EXPIRED
    signed = sign_permit(permit_of(), PLATFORM_KEY)
    assert desk.device.take_permit(signed)
    desk.persons()
    desk.device.press("permit-1", ORDINARY, Senses())
    assert not desk.device.take_permit(signed)
    assert not desk.device.take_permit(sign_permit(permit_of(), PLATFORM_KEY)), (
        "signed again, it says the same"
    )
    with pytest.raises(Refused) as changed:
        desk.take(permit_of(spare=50))
    assert changed.value.code is Code.PERMIT_CHANGED
    desk.device.press("permit-1", ORDINARY, Senses())
    assert refused(desk) == (Objection.COUNT_USED,), "a permit shown again gives no new presses"


def test_a_lock_is_sticky_and_ends_only_by_command_and_person() -> None:
    desk = Desk()
    desk.take(permit_of())
    command(desk, 5, CommandKind.LOCK)
    desk.start()
    desk.persons()
    assert refused(desk) == (Objection.LOCKED,)
    with pytest.raises(Refused) as old:
        command(desk, 5, CommandKind.UNLOCK, "p-presser")
    assert old.value.code is Code.COMMAND_OLD
    command(desk, 6, CommandKind.UNLOCK, "p-presser")
    assert refused(desk) == (Objection.LOCKED,), "until the named person stands at the device"
    desk.device.person_checked(REVIEWER)
    assert refused(desk) == (Objection.LOCKED,)
    desk.device.person_checked(PRESSER)
    assert desk.device.press("permit-1", ORDINARY, Senses()) > 0


def test_a_lock_that_was_overtaken_by_other_commands_is_obeyed() -> None:
    desk = Desk()
    command(desk, 7, CommandKind.DELETE_TEMPLATE, "p-presser")
    command(desk, 5, CommandKind.LOCK)
    assert desk.device.state.locked == "command"
    with pytest.raises(Refused):
        command(desk, 6, CommandKind.DELETE_TEMPLATE, "p-presser")


def test_a_late_lock_is_obeyed_and_a_late_unlock_is_not() -> None:
    desk = Desk()
    with pytest.raises(Refused) as late:
        command(desk, 1, CommandKind.UNLOCK, "p-presser", not_after=NOON)
    assert late.value.code is Code.COMMAND_EXPIRED
    command(desk, 1, CommandKind.LOCK, not_after=NOON)
    assert desk.device.state.locked == "command"


@pytest.mark.parametrize("kind", [EventKind.UNAUTHORISED_PRESS, EventKind.CASE_OPENED])
def test_tampering_locks_the_device_by_itself(kind: EventKind) -> None:
    desk = Desk()
    desk.take(permit_of())
    desk.persons()
    desk.device.sense(kind)
    assert [one.kind for one in desk.told()][-2:] == [kind, EventKind.LOCKED]
    desk.start()
    desk.persons()
    assert Objection.LOCKED in refused(desk)


def test_drift_and_a_low_battery_are_told_and_lock_nothing() -> None:
    desk = Desk()
    desk.device.sense(EventKind.FENCE_LEFT, INSIDE)
    desk.device.sense(EventKind.BATTERY_LOW, Senses(battery=7))
    assert desk.device.state.locked is None
    assert desk.told()[-1].battery == 7
    with pytest.raises(Refused):
        desk.device.sense(EventKind.PRESSED)


def test_several_wrong_persons_in_a_row_are_told() -> None:
    desk = Desk()
    desk.device.person_failed()
    desk.device.person_failed()
    desk.device.person_checked(PRESSER)
    desk.device.person_failed()
    desk.device.person_failed()
    assert EventKind.WRONG_PERSON not in [one.kind for one in desk.told()]
    desk.device.person_failed()
    assert desk.told()[-1].kind is EventKind.WRONG_PERSON


def test_a_clock_set_back_extends_no_permit() -> None:
    desk = Desk()
    desk.take(permit_of())
    desk.now = NOON + 70 * MINUTE
    desk.persons()
    assert refused(desk) == (Objection.EXPIRED,)
    desk.now = NOON + 5 * MINUTE
    desk.persons()
    assert refused(desk) == (Objection.CLOCK_UNSURE, Objection.EXPIRED)


def test_a_clock_that_ran_ahead_is_trusted_again_by_command_when_it_shows_the_right_time() -> None:
    desk = Desk()
    desk.now = NOON + 365 * 24 * 60 * MINUTE
    desk.device.sense(EventKind.MOVED)
    desk.now = NOON
    with pytest.raises(Refused):
        desk.take(permit_of())
    with pytest.raises(Refused) as wrong:
        command(desk, 1, CommandKind.CONFIRM_CLOCK, issued_at=NOON + 10 * MINUTE)
    assert wrong.value.objections == (Objection.CLOCK_UNSURE,)
    command(desk, 2, CommandKind.CONFIRM_CLOCK)
    desk.take(permit_of())
    desk.persons()
    assert desk.device.press("permit-1", ORDINARY, Senses()) > 0


def test_a_revoked_permit_and_a_deleted_template_are_told() -> None:
    desk = Desk()
    desk.take(permit_of())
    desk.persons()
    command(desk, 1, CommandKind.REVOKE_PERMIT, "permit-1")
    assert refused(desk) == (Objection.REVOKED,)
    command(desk, 2, CommandKind.DELETE_TEMPLATE, "p-presser")
    assert desk.told()[-1].detail == ("p-presser",)
    assert Objection.PERSON_MISSING.value in refused(desk)
    command(desk, 3, CommandKind.REVOKE_PERMIT, "permit-unknown")


def receipt(desk: Desk, through: int, digest: str | None = None) -> None:
    stored = dict(desk.store.events(1, 10_000))
    known = digest or read_record(stored[through]).digest
    desk.device.take_receipt(sign_receipt(Receipt("device-1", through, known), PLATFORM_KEY))


def test_events_wait_for_their_receipt_and_can_be_asked_for_again() -> None:
    desk = Desk()
    desk.take(permit_of())
    desk.persons()
    assert [seq for seq, _ in desk.device.waiting()] == [1, 2, 3, 4]
    receipt(desk, 3)
    receipt(desk, 2)
    assert [seq for seq, _ in desk.device.waiting()] == [4]
    for through, digest in ((4, "ab" * 32), (99, "ab" * 32)):
        with pytest.raises(Refused) as other:
            receipt(desk, through, digest)
        assert other.value.code is Code.RECEIPT_OTHER, "a receipt for another history is none"
    plain = Command("device-1", 1, CommandKind.RESEND, NOON, NOON + 1, None, 2)
    desk.device.take_command(sign_command(plain, PLATFORM_KEY))
    assert [seq for seq, _ in desk.device.waiting()] == [2, 3, 4]


class PowerCutError(Exception):
    """The device loses power here."""


def test_a_crash_while_pressing_counts_the_press_as_uncertain() -> None:
    desk = Desk()
    desk.take(permit_of())
    desk.persons()

    def cut() -> None:
        raise PowerCutError

    with pytest.raises(PowerCutError):
        desk.device.press("permit-1", ORDINARY, Senses(), cut)
    assert refused(desk) == (Objection.PRESS_UNSETTLED,)
    desk.start()
    assert [one.kind for one in desk.told()][-2:] == [EventKind.STARTED, EventKind.PRESS_UNCERTAIN]
    desk.persons()
    desk.device.press("permit-1", ORDINARY, Senses())
    assert refused(desk) == (Objection.COUNT_USED,), "the uncertain press is counted"


class FailingStore(MemoryStore):
    """Fails at the n-th commit, after or before it was stored."""

    def __init__(self) -> None:
        super().__init__()
        self.commits_left = 10**9
        self.stored = False

    def commit(self, state: bytes, events: tuple[tuple[int, bytes], ...] = ()) -> None:
        self.commits_left -= 1
        if self.commits_left == 0:
            if self.stored:
                super().commit(state, events)
            raise StoreFailure(Code.STORE_IO, "told to fail")
        super().commit(state, events)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("at", [1, 2])
def test_a_failing_memory_stops_the_device_and_loses_no_impression(at: int, stored: bool) -> None:
    store = FailingStore()
    desk = Desk(store)
    desk.take(permit_of())
    desk.persons()
    pressed: list[int] = []
    store.commits_left, store.stored = at, stored
    with pytest.raises(StoreFailure):
        desk.device.press("permit-1", ORDINARY, Senses(), lambda: pressed.append(1))
    assert len(pressed) == at - 1, "nothing moves before the arming is stored"
    with pytest.raises(StoreFailure, match="started anew"):
        desk.device.sense(EventKind.MOVED)
    desk.start()
    counted = desk.told()[-1].presses
    assert counted >= len(pressed)
    assert counted <= 1


def test_a_file_keeps_everything_and_a_changed_file_is_noticed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "device.db")
    desk = Desk(store)
    desk.take(permit_of())
    desk.persons()
    desk.device.press("permit-1", ORDINARY, Senses())
    before = desk.device.state
    store.close()
    again = Desk(SqliteStore(tmp_path / "device.db"))
    assert again.device.state.permits == before.permits
    assert again.device.state.boot == before.boot + 1
    assert again.device.state.presses == 1
    broken = MemoryStore()
    broken.commit(b'{"v":1}')
    with pytest.raises(StoreFailure) as found:
        Desk(broken)
    assert found.value.code is Code.STORE_ALTERED


def test_a_full_device_says_so_and_ended_permits_make_room() -> None:
    desk = Desk()
    for number in range(200):
        desk.take(permit_of(id=f"permit-{number}", not_after=NOON + MINUTE))
    with pytest.raises(Refused):
        desk.take(permit_of(id="one-more"))
    desk.now = NOON + MINUTE
    desk.take(permit_of(id="one-more"))


def test_the_error_family_is_one() -> None:
    assert issubclass(StoreFailure, SealDeviceError)
    assert ClockReading(1).now == 1
    with pytest.raises(Refused):
        Desk().device.press("no-such", ORDINARY, Senses())
    assert isinstance(Desk().device, Device)
