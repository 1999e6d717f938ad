"""Does a maker's device keep the contract? Drives one and says, check by check, what it does wrong.

The device stands behind :class:`DeviceUnderTest`: a wire, and a hand that steps up, presses, opens the case and cuts
the power (for a real device an operator who follows prompts, or a jig). Nothing of it is trusted but its public key.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from gmseal.sm.keys import PrivateKey, PublicKey
from sealdevice.chain import ChainState, Verdict, judge_event
from sealdevice.command import Command, CommandKind, Receipt, sign_command, sign_receipt
from sealdevice.errors import SealDeviceError
from sealdevice.event import PRESSES, Event, EventKind, PersonCheck, open_event
from sealdevice.link import WINDOW, Message, Subject, read_answer, read_hello
from sealdevice.permit import Check, NamedPerson, Permit, PressKind, Role, sign_permit
from sealdevice.record import read_record

HOUR_MS: Final = 3_600_000
TRIALS: Final = 3
"""Messages have no certain time: what a slow line can bring about is held against a device only when it comes so often."""
PRESSER: Final = PersonCheck("conformance-presser", frozenset({Check.PASSWORD}))


class DeviceUnderTest(Protocol):
    """A device on the bench. It trusts the key of :class:`Bench` as its platform's and shows the right time."""

    @property
    def id(self) -> str: ...

    @property
    def public_key(self) -> PublicKey: ...

    def send(self, message: Message) -> None:
        """Put a message on the wire to the device."""
        ...

    def receive(self) -> list[Message]:
        """What the device has sent since the last call; waits until it falls silent."""
        ...

    def step_up(self, person: PersonCheck) -> None:
        """Let this person pass these checks at the device."""
        ...

    def try_press(self, permit: str, kind: PressKind) -> None:
        """Try to press once under a permit; whether it moved is seen in the events."""
        ...

    def spoil(self, permit: str, kind: PressKind, about: int) -> None:
        """Declare the press with this event number spoiled."""
        ...

    def open_case(self) -> None:
        """Open the case."""
        ...

    def power_cycle(self) -> None:
        """Cut the power and give it back; the device connects again."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a device does wrong. ``check`` is the name of the check, stable over versions."""

    check: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one numbered check came out; ``sentences`` say what was wrong."""

    number: int
    check: str
    title: str
    sentences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.sentences


class Bench:
    """The platform's side: signs, listens, keeps the chain, and remembers what was wrong."""

    def __init__(
        self, device: DeviceUnderTest, key: PrivateKey, *, now_ms: Callable[[], int] | None = None
    ) -> None:
        self.device, self.key = device, key
        self.now_ms = now_ms or (lambda: time.time_ns() // 1_000_000)
        self.findings: list[Finding] = []
        self.answers: dict[str, bool] = {}
        self.hellos: list[tuple[int, int]] = []
        self.told: set[int] = set()
        self._state, self._stored = ChainState(), dict[int, tuple[str, Event]]()
        self._check = ""
        self._numbers = 0

    def run(self, done: Callable[[Outcome], None] | None = None) -> list[Finding]:
        """Run every check in order; a check that cannot be carried out is a finding too. ``done`` hears of each."""
        for number, check in enumerate(CHECKS, start=1):
            self._check = name_of(check)
            try:
                check(self)
            except SealDeviceError as error:
                self.wrong(f"the check could not be finished: {error}")
            if done is not None:
                done(self._outcome(number, check))
        return self.findings

    def outcomes(self) -> list[Outcome]:
        """Every check in order, with what was found wrong so far; numbers and names are stable over versions."""
        return [self._outcome(number, check) for number, check in enumerate(CHECKS, start=1)]

    def _outcome(self, number: int, check: Callable[[Bench], None]) -> Outcome:
        return Outcome(
            number,
            name_of(check),
            (check.__doc__ or "").strip().splitlines()[0],
            tuple(one.sentence for one in self.findings if one.check == name_of(check)),
        )

    def wrong(self, sentence: str) -> None:
        """Note a fault of the device."""
        self.findings.append(Finding(self._check, sentence))

    def expect(self, holds: bool, sentence: str) -> None:  # noqa: FBT001 (reads as an assertion)
        """Note a fault unless it holds."""
        if not holds:
            self.wrong(sentence)

    @property
    def events(self) -> list[Event]:
        """The chain as far as it was received in order."""
        return [self._stored[seq][1] for seq in sorted(self._stored)]

    def presses(self, permit: str) -> int:
        """Impressions the device told of under a permit."""
        return sum(one.permit == permit and one.kind in PRESSES for one in self.events)

    def listen(self, *, receipts: bool = True) -> None:
        """Take what the device sent until it falls silent."""
        while messages := self.device.receive():
            events = [one for one in messages if one.subject is Subject.EVENT]
            for message in messages:
                self._take(message)
            if not receipts:
                break
            if events and self._state.seq:
                self.give_receipt(self._state.seq, self._state.head)

    def give_receipt(self, through: int, digest: str, key: PrivateKey | None = None) -> None:
        """Send a receipt."""
        record = sign_receipt(Receipt(self.device.id, through, digest), key or self.key)
        self.device.send(Message(Subject.RECEIPT, record))

    def forgets_after_receipt(self) -> bool:
        """Give a receipt for all that came, restart the device; whether it tells none of that again.

        A single "no" proves nothing: nobody says that a receipt has arrived, so the loss of power may have come first.
        """
        covered = self._state.seq
        self.give_receipt(covered, self._state.head)
        self.device.power_cycle()
        self.told.clear()
        self.listen()
        return all(seq > covered for seq in self.told)

    def permit(self, name: str, *, presses: int = 1, spare: int = 0) -> Permit:
        """A permit for one person and ordinary presses, from an hour ago until in an hour."""
        now = self.now_ms()
        return Permit(
            id=f"conformance-{name}",
            device=self.device.id,
            seal="conformance-seal",
            request="conformance-request",
            documents=("00" * 32,),
            persons=(NamedPerson(PRESSER.person, Role.PRESSER, PRESSER.passed),),
            counts={PressKind.ORDINARY: presses, PressKind.SEAM: 0, PressKind.COVER: 0},
            spare=spare,
            not_before=now - HOUR_MS,
            not_after=now + HOUR_MS,
            issued_at=now,
            offline=True,
        )

    def tell(self, subject: Subject, record: bytes) -> bool | None:
        """Send a record; returns whether the device took it, None when it did not answer."""
        self.device.send(Message(subject, record))
        self.listen()
        return self.answers.get(read_record(record).digest)

    def command(
        self, kind: CommandKind, subject: str | None = None, *, number: int | None = None
    ) -> bool | None:
        """Send a command, by default with the next number."""
        self._numbers += number is None
        now = self.now_ms()
        command = Command(self.device.id, number or self._numbers, kind, now, now + HOUR_MS, subject, None)
        where = Subject.LOCK if kind in (CommandKind.LOCK, CommandKind.UNLOCK) else Subject.COMMAND
        return self.tell(where, sign_command(command, self.key))

    def press(self, permit: str) -> bool:
        """Let the presser step up and press; returns whether the device told of an impression."""
        before = self.presses(permit)
        self.device.step_up(PRESSER)
        self.device.try_press(permit, PressKind.ORDINARY)
        self.listen()
        return self.presses(permit) > before

    def _take(self, message: Message) -> None:
        try:
            if message.subject is Subject.HELLO:
                hello = read_hello(message.data)
                self.hellos.append((hello.boot, hello.seq))
            elif message.subject is Subject.ANSWER:
                answer = read_answer(message.data)
                self.answers[answer.digest] = answer.taken
            elif message.subject is Subject.EVENT:
                self._take_event(message.data)
        except SealDeviceError as error:
            self.wrong(f"a message of the subject {message.subject} is not as it has to be: {error}")

    def _take_event(self, data: bytes) -> None:
        event, digest = open_event(data, self.device.public_key), read_record(data).digest
        self.told.add(event.seq)
        known = self._stored.get(event.seq)
        judged = judge_event(
            self._state,
            event,
            digest,
            received_at=self.now_ms(),
            known_digest=known[0] if known else None,
        )
        if judged.verdict is Verdict.NEXT:
            self._stored[event.seq] = (digest, event)
            self._state = judged.state
        elif judged.verdict not in (Verdict.DUPLICATE, Verdict.EARLY):
            self.wrong(f"the event {event.seq} is {judged.verdict}")


def name_of(check: Callable[[Bench], None]) -> str:
    """The name of a check."""
    return check.__name__.removeprefix("check_")


def check_hello(bench: Bench) -> None:
    """A device says where it stands first of all, and counts its starts."""
    bench.device.power_cycle()
    bench.listen()
    bench.expect(bool(bench.hellos), "no hello after a connection")
    bench.device.power_cycle()
    bench.listen()
    boots = [boot for boot, _ in bench.hellos]
    bench.expect(len(boots) >= 2 and boots[-1] == boots[-2] + 1, "the boot number does not rise by one")


def check_permit_taken(bench: Bench) -> None:
    """A good permit is taken and serves for exactly its count."""
    permit = bench.permit("taken", presses=2)
    bench.expect(
        bench.tell(Subject.PERMIT, sign_permit(permit, bench.key)) is True, "a good permit is not taken"
    )
    bench.expect(bench.press(permit.id), "a permitted press is not told")
    bench.tell(Subject.PERMIT, sign_permit(permit, bench.key))
    bench.expect(bench.press(permit.id), "the second permitted press is not told")
    bench.expect(not bench.press(permit.id), "a press beyond the count was made")


def check_forged_permits(bench: Bench) -> None:
    """Permits of another signer, for another device, that ended, or that changed are refused."""
    good = bench.permit("forged")
    stranger = PrivateKey.generate()
    wrongs = {
        "of another signer": sign_permit(good, stranger),
        "for another device": sign_permit(replace(good, device="another"), bench.key),
        "that has ended": sign_permit(
            replace(good, not_before=good.not_before - HOUR_MS, not_after=good.not_before), bench.key
        ),
    }
    for what, record in wrongs.items():
        bench.expect(bench.tell(Subject.PERMIT, record) is not True, f"a permit {what} was taken")
        bench.expect(not bench.press(good.id), f"a press was made under a permit {what}")
    bench.tell(Subject.PERMIT, sign_permit(good, bench.key))
    more = sign_permit(replace(good, counts={**good.counts, PressKind.ORDINARY: 9}), bench.key)
    bench.expect(bench.tell(Subject.PERMIT, more) is not True, "a permit took the place of one with its id")
    bench.press(good.id)
    bench.expect(not bench.press(good.id), "a changed permit gave more presses")


def check_spare(bench: Bench) -> None:
    """A spare press serves only to repeat a spoiled one."""
    permit = bench.permit("spare", presses=1, spare=1)
    bench.tell(Subject.PERMIT, sign_permit(permit, bench.key))
    bench.press(permit.id)
    bench.expect(not bench.press(permit.id), "the spare press was used though nothing was spoiled")
    made = [one.seq for one in bench.events if one.permit == permit.id and one.kind is EventKind.PRESSED]
    bench.device.spoil(permit.id, PressKind.ORDINARY, made[-1] if made else 1)
    bench.listen()
    bench.expect(bench.press(permit.id), "a spoiled press cannot be repeated though a spare one is left")
    bench.expect(bench.presses(permit.id) <= permit.most_presses, "more presses than permit and spare")


def check_persons(bench: Bench) -> None:
    """Without the named person there is no press."""
    permit = replace(
        bench.permit("persons"),
        persons=(NamedPerson("conformance-nobody", Role.PRESSER, frozenset({Check.PASSWORD})),),
    )
    bench.tell(Subject.PERMIT, sign_permit(permit, bench.key))
    bench.expect(not bench.press(permit.id), "a press was made without the person that the permit names")


def check_lock(bench: Bench) -> None:
    """A lock holds over a loss of power and ends only by a later command and a person at the device."""
    permit = bench.permit("lock", presses=3)
    bench.tell(Subject.PERMIT, sign_permit(permit, bench.key))
    bench.expect(bench.command(CommandKind.LOCK) is True, "a lock is not answered")
    locked_by = bench._numbers  # noqa: SLF001 (the bench's own counter)
    bench.expect(not bench.press(permit.id), "a locked device pressed")
    bench.device.power_cycle()
    bench.listen()
    bench.expect(not bench.press(permit.id), "the lock did not outlast a loss of power")
    bench.command(CommandKind.UNLOCK, PRESSER.person, number=locked_by)
    bench.expect(not bench.press(permit.id), "an unlock that was overtaken by the lock ended it")
    bench.command(CommandKind.UNLOCK, "conformance-somebody")
    bench.expect(not bench.press(permit.id), "a lock ended without the person that the unlock names")
    bench.command(CommandKind.UNLOCK, PRESSER.person)
    bench.expect(bench.press(permit.id), "the lock does not end by command and person")


def check_receipts(bench: Bench) -> None:
    """Events are told again until a good receipt covers them, and no more than a window at once."""
    bench.device.step_up(PRESSER)
    bench.listen(receipts=False)
    last = bench.events[-1]
    bench.give_receipt(last.seq, "ab" * 32)
    bench.give_receipt(last.seq, bench._state.head, PrivateKey.generate())  # noqa: SLF001 (as above)
    bench.device.power_cycle()
    bench.told.clear()
    for _ in range(TRIALS):
        if len(bench.told) < 2:
            bench.listen(receipts=False)
    bench.expect(len(bench.told) >= 2, "a wrong receipt made the device forget an event")
    bench.expect(len(bench.told) <= WINDOW, f"more than {WINDOW} events came before a receipt")
    bench.listen()
    forgets = any(bench.forgets_after_receipt() for _ in range(TRIALS))
    bench.expect(forgets, "events that have a receipt are told again")


def check_absurd_messages(bench: Bench) -> None:
    """Nonsense does no harm."""
    for data in (b"", b"{", b"[" * 30_000, b"\xff" * 1_000, b'{"v":1}', b" " * 60_000):
        for subject in (Subject.PERMIT, Subject.COMMAND, Subject.LOCK, Subject.CONFIRMATION, Subject.RECEIPT):
            bench.device.send(Message(subject, data))
    bench.listen()
    permit = bench.permit("absurd")
    taken = bench.tell(Subject.PERMIT, sign_permit(permit, bench.key))
    bench.expect(taken is True, "after absurd messages the device does not answer")


def check_tampering(bench: Bench) -> None:
    """A device whose case is opened locks itself and says so. The last check: it leaves the device locked."""
    permit = bench.permit("tampering")
    bench.tell(Subject.PERMIT, sign_permit(permit, bench.key))
    bench.device.open_case()
    bench.listen()
    bench.expect(any(one.kind is EventKind.CASE_OPENED for one in bench.events), "an opened case is not told")
    bench.expect(not bench.press(permit.id), "an opened device pressed")


CHECKS: Final[tuple[Callable[[Bench], None], ...]] = (
    check_hello,
    check_permit_taken,
    check_forged_permits,
    check_spare,
    check_persons,
    check_lock,
    check_receipts,
    check_absurd_messages,
    check_tampering,
)
