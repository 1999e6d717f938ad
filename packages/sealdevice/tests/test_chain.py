"""The chain of a device's events as the platform judges it."""

from __future__ import annotations

from dataclasses import replace

from device_desk import DEVICE_KEY, MINUTE, NOON, PLATFORM_KEY, Desk, permit_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sealdevice.chain import ChainState, Verdict, judge_event
from sealdevice.command import Command, CommandKind, sign_command
from sealdevice.device.core import Senses
from sealdevice.errors import Refused
from sealdevice.event import PRESSES, EventKind, TimeSource, open_event, sign_event
from sealdevice.permit import PressKind
from sealdevice.record import read_record

KEY = DEVICE_KEY.public_key


def chain_of(desk: Desk) -> list[tuple[int, bytes]]:
    return desk.store.events(1, 10_000)


def receive(state: ChainState, record: bytes, known: dict[int, str]) -> tuple[Verdict, ChainState]:
    event, digest = open_event(record, KEY), read_record(record).digest
    judged = judge_event(state, event, digest, received_at=NOON, known_digest=known.get(event.seq))
    if judged.verdict is Verdict.NEXT:
        known[event.seq] = digest
    return judged.verdict, judged.state


def some_events() -> Desk:
    desk = Desk()
    desk.take(permit_of())
    desk.persons()
    desk.device.press("permit-1", PressKind.ORDINARY, Senses())
    return desk


def test_in_order_early_again_and_forked() -> None:
    records = [record for _, record in chain_of(some_events())]
    state, known = ChainState(), dict[int, str]()
    verdict, state = receive(state, records[0], known)
    assert verdict is Verdict.NEXT
    assert receive(state, records[2], known) == (Verdict.EARLY, state)
    for record in records[1:]:
        verdict, state = receive(state, record, known)
        assert verdict is Verdict.NEXT
    assert receive(state, records[1], known) == (Verdict.DUPLICATE, state)
    forged = sign_event(replace(open_event(records[1], KEY), kind=EventKind.MOVED), DEVICE_KEY)
    assert receive(state, forged, known) == (Verdict.FORK, state), (
        "another event under a number that is taken"
    )
    other = replace(open_event(records[-1], KEY), seq=state.seq + 1, previous="12" * 32)
    assert receive(state, sign_event(other, DEVICE_KEY), known)[0] is Verdict.FORK, "it does not follow"


def test_a_device_that_forgot_or_runs_ahead_is_told_apart() -> None:
    desk = some_events()
    state, known = ChainState(), dict[int, str]()
    for _, record in chain_of(desk):
        _, state = receive(state, record, known)
    last = open_event(chain_of(desk)[-1][1], KEY)
    plain = replace(last, seq=state.seq + 1, previous=state.head, kind=EventKind.MOVED)

    def verdict_of(**changed: object) -> Verdict:
        event = replace(plain, **changed)  # type: ignore[arg-type]
        return receive(state, sign_event(event, DEVICE_KEY), dict(known))[0]

    assert verdict_of() is Verdict.NEXT
    assert verdict_of(presses=0) is Verdict.ROLLED_BACK
    assert verdict_of(presses=7) is Verdict.ROLLED_BACK
    assert verdict_of(time=NOON + 3 * MINUTE) is Verdict.FROM_FUTURE
    state = replace(state, boot=9)
    assert verdict_of() is Verdict.ROLLED_BACK


def test_a_clock_set_back_is_told_and_refuses_nothing() -> None:
    desk = some_events()
    state, known = ChainState(), dict[int, str]()
    for _, record in chain_of(desk):
        _, state = receive(state, record, known)
    last = open_event(chain_of(desk)[-1][1], KEY)
    back = replace(
        last, seq=state.seq + 1, previous=state.head, kind=EventKind.MOVED, time=1, time_source=TimeSource.OWN
    )
    record = sign_event(back, DEVICE_KEY)
    judged = judge_event(state, back, read_record(record).digest, received_at=NOON)
    assert (judged.verdict, judged.clock_set_back) == (Verdict.NEXT, True)


class PowerCutError(Exception):
    """The device loses power while it presses."""


class DeviceLife(RuleBasedStateMachine):
    """Whatever happens to a device, its impressions stay within the permits and its chain tells them all."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.made = 0
        self.cut = 0
        self.permits = 0
        self.commands = 0

    @rule(ordinary=st.integers(1, 3), seam=st.integers(0, 1), spare=st.integers(0, 2))
    def permit(self, ordinary: int, seam: int, spare: int) -> None:
        if self.permits == 3:
            return
        self.permits += 1
        counts = {PressKind.ORDINARY: ordinary, PressKind.SEAM: seam, PressKind.COVER: 0}
        until = self.desk.now + 60 * MINUTE
        self.desk.take(permit_of(id=f"permit-{self.permits}", counts=counts, spare=spare, not_after=until))

    @rule()
    def persons(self) -> None:
        self.desk.persons()

    @precondition(lambda self: self.permits)
    @rule(
        which=st.integers(1, 3),
        kind=st.sampled_from(PressKind),
        cut=st.sampled_from(("no", "before", "after")),
    )
    def press(self, which: int, kind: PressKind, cut: str) -> None:
        def mechanism() -> None:
            self.made += cut != "before"
            if cut != "no":
                self.cut += 1
                raise PowerCutError

        try:
            self.desk.device.press(f"permit-{which}", kind, Senses(), mechanism)
        except Refused:
            return
        except PowerCutError:
            self.desk.start()

    @precondition(lambda self: self.permits)
    @rule(which=st.integers(1, 3), kind=st.sampled_from(PressKind))
    def spoil(self, which: int, kind: PressKind) -> None:
        try:
            self.desk.device.spoil(f"permit-{which}", kind, 1)
        except Refused:
            return

    @rule()
    def restart(self) -> None:
        self.desk.start()

    @rule(lock=st.booleans())
    def lock_or_unlock(self, lock: bool) -> None:
        self.commands += 1
        kind, subject = (CommandKind.LOCK, None) if lock else (CommandKind.UNLOCK, "p-presser")
        command = Command("device-1", self.commands, kind, self.desk.now, self.desk.now + 1, subject)
        self.desk.device.take_command(sign_command(command, PLATFORM_KEY))

    @rule(minutes=st.integers(0, 10))
    def time_passes(self, minutes: int) -> None:
        self.desk.now += minutes * MINUTE

    @invariant()
    def impressions_stay_within_the_permits(self) -> None:
        for held in self.desk.device.state.permits.values():
            assert held.use.presses <= held.permit.most_presses
            assert sum(held.use.credited.values()) <= held.permit.spare

    @invariant()
    def no_impression_is_lost(self) -> None:
        counted = self.desk.device.state.presses
        assert self.made <= counted <= self.made + self.cut
        assert self.desk.device.state.arming is None

    def teardown(self) -> None:
        state, known = ChainState(), dict[int, str]()
        presses = 0
        for _, record in chain_of(self.desk):
            event = open_event(record, KEY)
            judged = judge_event(state, event, read_record(record).digest, received_at=self.desk.now)
            assert judged.verdict is Verdict.NEXT
            known[event.seq] = read_record(record).digest
            state = judged.state
            presses += event.kind in PRESSES
        assert presses == self.desk.device.state.presses
        assert (state.seq, state.head) == (self.desk.device.state.seq, self.desk.device.state.head)


TestDeviceLife = DeviceLife.TestCase
TestDeviceLife.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
