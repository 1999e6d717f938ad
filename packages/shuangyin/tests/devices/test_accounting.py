"""Whatever permits, presses, offline periods, crashes and replays there are: the account balances or an alarm is raised.

The reference device, the judgement of chains and the rules of the accounts, with a wire between them that loses, doubles
and reorders; no database, so that many histories are tried.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from gmseal.sm.keys import PrivateKey
from sealdevice.chain import ChainState, Verdict, judge_event
from sealdevice.command import Receipt, sign_receipt
from sealdevice.device.store import MemoryStore
from sealdevice.event import PRESSES, Event, EventKind, open_event
from sealdevice.link import Message, Subject
from sealdevice.permit import Check, NamedPerson, Permit, PressKind, Role, sign_permit
from sealdevice.record import read_record
from shuangyin.custody.rules import Presses
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.rules import Account, Counts, Terms, beyond_permit, to_register

PLATFORM = PrivateKey.generate()
DEVICE = PrivateKey.generate()
NOON = 1_790_000_000_000
HOUR = 3_600_000
KINDS = tuple(PressKind)
IDENTITY = {
    "device_id": "device-1",
    "platform_key": PLATFORM.public_key.point.hex(),
    "certificate": "",
    "authority": "",
}


class PowerCut(Exception):
    """The mechanism lost its power."""


@dataclass
class Ledger:
    """The platform's account of one device, in memory."""

    chain: ChainState = field(default_factory=ChainState)
    stored: dict[int, str] = field(default_factory=dict)
    terms: dict[str, Terms] = field(default_factory=dict)
    pressed: dict[str, dict[PressKind, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    spoiled: dict[str, dict[PressKind, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    registered: dict[str, Presses] = field(default_factory=lambda: defaultdict(lambda: Presses(0, 0, 0, 0)))
    unpermitted: int = 0
    alarms: set[str] = field(default_factory=set)

    def take(self, record: bytes, now: int) -> None:
        event, digest = open_event(record, DEVICE.public_key), read_record(record).digest
        judged = judge_event(
            self.chain, event, digest, received_at=now, known_digest=self.stored.get(event.seq)
        )
        if judged.verdict in (Verdict.FORK, Verdict.ROLLED_BACK):
            self.alarms.add("contradiction")
        if judged.verdict is Verdict.NEXT:
            self.chain, self.stored[event.seq] = judged.state, digest
            self._count(event)

    def account(self, permit: str) -> Account:
        return Account(_counts(self.pressed[permit]), _counts(self.spoiled[permit]))

    def settle(self) -> None:
        """Enter what the register lacks; what cannot be entered is a difference."""
        for permit in self.terms:
            counted = self.account(permit).presses
            lacking = to_register(counted, self.registered[permit])
            if lacking is not None:
                self.registered[permit] = counted
            elif counted != self.registered[permit]:
                self.alarms.add("count_difference")

    def _count(self, event: Event) -> None:
        kind = event.press_kind or PressKind.ORDINARY
        if event.kind in PRESSES:
            terms = self.terms.get(event.permit or "")
            if event.kind is EventKind.UNAUTHORISED_PRESS:
                self.alarms.add("unauthorised_press")
            if event.kind is EventKind.PRESS_UNCERTAIN:
                self.alarms.add("press_uncertain")
            if terms is None:
                self.unpermitted += 1
                if event.kind is not EventKind.UNAUTHORISED_PRESS:
                    self.alarms.add("press_beyond_permit")
                return
            self.pressed[event.permit or ""][kind] += 1
            if beyond_permit(terms, self.account(event.permit or ""), event.time):
                self.alarms.add("press_beyond_permit")
        elif event.kind is EventKind.SPOILED and event.permit in self.terms:
            self.spoiled[event.permit][kind] += 1


def _counts(of: dict[PressKind, int]) -> Counts:
    return Counts(of[PressKind.ORDINARY], of[PressKind.SEAM], of[PressKind.COVER])


def _by_kind(counts: Counts) -> tuple[int, int, int]:
    return counts.ordinary, counts.seam, counts.cover


class Accounting(RuleBasedStateMachine):
    """A device in use, with everything that goes wrong on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.store = MemoryStore()
        self.seal = SimulatedSeal(lambda: self.now, key=DEVICE, store=self.store)
        self.seal.enrolled(IDENTITY)
        self.ledger = Ledger()
        self.online = True
        self.obeys = True
        self.cut = self.ghosts = 0
        self.backup: tuple[MemoryStore, int] | None = None
        self.forgot = False

    @rule(ordinary=st.integers(0, 2), seam=st.integers(0, 1), spare=st.integers(0, 1))
    def permit(self, ordinary: int, seam: int, spare: int) -> None:
        """A permit is issued; it waits when the device is away, and a second one of its kind says the same."""
        if not self.online or ordinary + seam == 0:
            return
        name = f"permit-{len(self.ledger.terms)}"
        checks = frozenset({Check.PASSWORD})
        permit = Permit(
            id=name,
            device=self.seal.id,
            seal="seal-1",
            request="request-1",
            documents=("00" * 32,),
            persons=(NamedPerson("p-1", Role.PRESSER, checks),),
            counts={PressKind.ORDINARY: ordinary, PressKind.SEAM: seam, PressKind.COVER: 0},
            spare=spare,
            not_before=self.now,
            not_after=self.now + HOUR,
            issued_at=self.now,
            offline=True,
        )
        self.ledger.terms[name] = Terms(Counts(ordinary, seam), spare, permit.not_before, permit.not_after)
        self.seal.received(Message(Subject.PERMIT, sign_permit(permit, PLATFORM)))

    @rule(kind=st.sampled_from(KINDS), dies=st.sampled_from((None, None, None, "before", "after")))
    def press(self, kind: PressKind, dies: str | None) -> None:
        """Somebody tries to press; now and then the power fails before or after the mechanism moved."""
        held = self.seal.permits()
        if not held:
            return
        self.seal.step_up("p-1")
        before = self.seal.device.state.presses

        def failing() -> None:
            self.seal.pressed += dies == "after"
            raise PowerCut

        if dies is not None:
            self.seal._mechanism = failing  # type: ignore[method-assign]
        try:
            self.seal.press(held[0].id, kind)
        except PowerCut:
            self.cut += 1
            self.ghosts += dies == "before"
        finally:
            self.seal.__dict__.pop("_mechanism", None)
        self.seal.start()
        assert self.seal.device.state.presses in (before, before + 1)

    @rule(kind=st.sampled_from(KINDS))
    def spoil(self, kind: PressKind) -> None:
        held = self.seal.permits()
        if held:
            self.seal.spoil(self.seal.device.state.seq, held[0].id, kind)

    @rule()
    def unauthorised(self) -> None:
        self.seal.force()

    @rule(kind=st.sampled_from(KINDS), times=st.integers(1, 4))
    def disobey(self, kind: PressKind, times: int) -> None:
        """The device was altered: it presses whatever its permit says, and signs that it did."""
        held = self.seal.permits()
        for _ in range(times if held else 0):
            self.obeys = False
            self.seal.pressed += 1
            self.seal.device._commit(
                self.seal.device.state, EventKind.PRESSED, permit=held[0].id, press_kind=kind
            )

    @rule(minutes=st.integers(1, 50))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * 60_000

    @rule()
    def restart(self) -> None:
        self.seal.start()

    @rule(online=st.booleans())
    def network(self, online: bool) -> None:
        self.online = self.seal.online = online

    @rule()
    def keep_a_backup(self) -> None:
        self.backup = copy.deepcopy(self.store), self.seal.device.state.seq

    @precondition(lambda self: self.backup is not None)
    @rule()
    def bring_the_backup_back(self) -> None:
        """The memory of the device is set back: what it told since then, it tells otherwise."""
        assert self.backup is not None
        store, seq = self.backup
        self.forgot = self.forgot or seq < self.ledger.chain.seq
        self.store = self.seal.store = copy.deepcopy(store)
        # Without this it might say the same again, to the millisecond, and would have forgotten nothing that shows.
        self.now += 1_000
        self.seal.start()

    @rule(chance=st.randoms(use_true_random=False))
    def talk(self, chance: object) -> None:
        """What the wire does: loses, doubles, reorders."""
        if not self.online:
            return
        waiting = [record for _, record in self.seal.device.waiting()]
        told = [one for one in waiting for _ in range(chance.choice((0, 1, 1, 2)))]  # type: ignore[attr-defined]
        chance.shuffle(told)  # type: ignore[attr-defined]
        for record in told:
            self.ledger.take(record, self.now)
        self._receipt()

    @rule()
    def replay(self) -> None:
        """Everything that the device still holds is told once more."""
        for _, record in self.seal.device.events(1, 1_000):
            self.ledger.take(record, self.now)

    @rule()
    def settle(self) -> None:
        self.ledger.settle()

    def _receipt(self) -> None:
        if self.ledger.chain.seq:
            receipt = Receipt(self.seal.id, self.ledger.chain.seq, self.ledger.chain.head)
            self.seal.received(Message(Subject.RECEIPT, sign_receipt(receipt, PLATFORM)))

    def teardown(self) -> None:
        """At last the device is there and tells everything: the account balances, or the right alarm was raised."""
        for _, record in self.seal.device.events(1, 10_000):
            self.ledger.take(record, self.now)
        self.ledger.settle()
        ledger, alarms = self.ledger, self.ledger.alarms
        under = sum(ledger.account(one).pressed.total for one in ledger.terms)
        assert under + ledger.unpermitted == ledger.chain.presses, (
            "every counted press is under a permit or none"
        )
        if self.forgot:
            assert "contradiction" in alarms, "a device that forgot is found out when it speaks"
        if "contradiction" not in alarms:
            self._whole(alarms)
        for permit, terms in ledger.terms.items():
            account = ledger.account(permit)
            pairs = zip(_by_kind(account.pressed), _by_kind(terms.permitted), strict=True)
            repeated = sum(max(0, pressed - permitted) for pressed, permitted in pairs)
            within = repeated <= min(terms.spare, account.spoiled.total)
            assert within or "press_beyond_permit" in alarms
            balanced = ledger.registered[permit] == account.presses
            assert balanced or "count_difference" in alarms
        if self.obeys:
            assert "press_beyond_permit" not in alarms, "a device that obeys is never blamed"

    def _whole(self, alarms: set[str]) -> None:
        """Of a device that contradicted nothing every impression is known."""
        ledger = self.ledger
        assert ledger.chain.seq == self.seal.device.state.seq
        assert ledger.chain.presses == self.seal.device.state.presses
        if self.backup is None:
            assert ledger.chain.presses == self.seal.pressed + self.ghosts, "no impression is missing"
            assert bool(self.cut) == ("press_uncertain" in alarms)
            assert bool(ledger.unpermitted) == ("unauthorised_press" in alarms)


TestAccounting = Accounting.TestCase
TestAccounting.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
