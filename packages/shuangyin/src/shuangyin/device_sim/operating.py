"""Who stands before a simulated device: carries out lines such as ``press 3 seam`` or ``misbehave moved``."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from sealdevice.event import EventKind, PersonCheck
from sealdevice.permit import Check, Permit, PressKind
from shuangyin.core.errors import Invalid
from shuangyin.device_sim.misbehaving import Misbehaviour, misbehave
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.device_sim.wire import Wire, lock_words

PERMIT_WAIT_S: Final = 120.0
SETTLE_S: Final = 60.0
MOST_PRESSES: Final = 1_000
_WORDS: Final = {PressKind.ORDINARY: "页面", PressKind.SEAM: "骑缝", PressKind.COVER: "封标"}


class Operator:
    """Does one thing after another at one device."""

    def __init__(
        self, seal: SimulatedSeal, wire: Wire, say: Callable[[str, str], None], *, offline_s: float = 6.0
    ) -> None:
        self._seal, self._wire, self._say, self._offline_s = seal, wire, say, offline_s
        self._wanted: deque[tuple[int, PressKind, float]] = deque()
        """Presses that wait for a permit: how many, of which kind, and until when."""

    def do(self, line: str) -> None:
        """Carry out one line. Raises Invalid (SIMULATOR_LINE) for one that means nothing.

        A press for which there is no permit yet waits for one, while other lines are carried out (`go_on`).
        """
        word, *rest = line.split() or [""]
        acts: dict[str, Callable[[list[str]], object]] = {
            "": lambda _: None,
            "press": self._press,
            "spoil": self._spoil,
            "check": lambda _: self._check(),
            "misbehave": self._misbehave,
            "state": lambda _: self.tell_state(),
            "settle": lambda _: self.settle(),
            "offline": lambda _: self._network(there=False),
            "online": lambda _: self._network(there=True),
            "jig": self._jig,
        }
        if word not in acts:
            raise _unknown(line)
        acts[word](rest)

    def go_on(self) -> None:
        """Press what waited for a permit, once one is there; say so when none came in time."""
        while self._wanted:
            count, kind, until = self._wanted[0]
            permit = self._permit()
            if permit is None and self._wire.wanted and time.monotonic() < until:
                return
            self._wanted.popleft()
            self._press_under(permit, count, kind)

    def wait(self) -> None:
        """Wait until nothing waits for a permit any more."""
        while self._wanted:
            self._wire.talk(0.2)
            self.go_on()

    def settle(self) -> bool:
        """Wait until the platform has everything; whether it came to that."""
        done = self._wire.settled(SETTLE_S)
        if done:
            self._say("事件与照片已全部送达", "everything is delivered")
        else:
            self._say("仍有事件或照片未送达", "something is still to be delivered")
        return done

    def tell_state(self) -> None:
        """Say how the device stands."""
        state = self._seal.device.state
        self._say(
            f"事件 {state.seq}，已回执 {state.acknowledged}，盖章 {state.presses}，待传照片 {len(self._seal.photos)}",
            f"events {state.seq}, receipted {state.acknowledged}, presses {state.presses}",
        )
        self._say(*lock_words(self._seal))

    def _press(self, words: list[str]) -> None:
        count, kind = _count_and_kind(words)
        self._wanted.append((count, kind, time.monotonic() + PERMIT_WAIT_S))
        self.go_on()
        if self._wanted:
            self._say(
                f"还没有用印许可，未盖章；许可在 {PERMIT_WAIT_S:.0f} 秒内到达时即盖章",
                f"no permit yet, nothing pressed; it presses when one comes within {PERMIT_WAIT_S:.0f} seconds",
            )

    def _press_under(self, permit: Permit | None, count: int, kind: PressKind) -> None:
        if permit is None:
            self._say("没有用印许可，未盖章", "no permit, nothing pressed")
            return
        self._check(permit)
        for _ in range(count):
            number = self._seal.press(permit.id, kind)
            if number is None:
                why = ", ".join(self._seal.objections)
                self._say(f"设备拒绝盖章：{why}", f"the device refused: {why}")
                return
            self._say(f"已盖章（{_WORDS[kind]}），事件 {number}", f"pressed ({kind.value}), event {number}")
            self._wire.talk(0.05)
        self._wire.upload()

    def _spoil(self, words: list[str]) -> None:
        if len(words) != 1 or not words[0].isdecimal():
            raise _unknown("spoil " + " ".join(words))
        if self._seal.spoil(int(words[0])):
            self._say(f"事件 {words[0]} 记为废印", f"event {words[0]} is spoiled")
        else:
            self._say("设备拒绝记为废印", "the device refused to note it as spoiled")

    def _check(self, permit: Permit | None = None) -> None:
        """The persons of the permit stand before it and pass what it asks; also whoever may unlock it."""
        if permit is not None:
            for one in permit.persons:
                self._seal.device.person_checked(PersonCheck(one.person, one.checks))
        elif (unlocking := self._seal.device.state.unlocking) is not None:
            self._seal.step_up(unlocking)
            self._say(*lock_words(self._seal))

    def _misbehave(self, words: list[str]) -> None:
        if len(words) != 1 or words[0] not in set(Misbehaviour):
            raise _unknown("misbehave " + " ".join(words))
        self._say(f"演练异常：{words[0]}", f"misbehaving on purpose: {words[0]}")
        misbehave(Misbehaviour(words[0]), self._seal, self._wire, offline_s=self._offline_s)
        self._say(*lock_words(self._seal))

    def _jig(self, words: list[str]) -> None:
        """One act of a conformance bench (``sealdevice.conformance.DeviceUnderTest``); answered with a line of its own."""
        act, *rest = words or [""]
        seal = self._seal
        try:
            if act == "step-up":
                seal.step_up(rest[0], checks=frozenset(Check(one) for one in rest[1].split(",")))
            elif act == "press":
                seal.press(rest[0], PressKind(rest[1]), photographed=False)
            elif act == "spoil":
                seal.spoil(int(rest[2]), rest[0], PressKind(rest[1]))
            elif act == "open-case":
                seal.sense(EventKind.CASE_OPENED)
            elif act == "power-cycle":
                self._wire.drop()
                seal.start()
            else:
                raise _unknown("jig " + " ".join(words))
        except (IndexError, ValueError) as error:
            raise _unknown("jig " + " ".join(words)) from error
        self._wire.talk(0.2)
        self._say("台架动作完成", f"jig done: {act}")

    def _network(self, *, there: bool) -> None:
        self._wire.wanted = self._seal.online = there
        self._say(*(("网络恢复", "online") if there else ("已断网", "offline")))

    def _permit(self) -> Permit | None:
        """A permit that is good now."""
        now = self._seal.now_ms()
        return next((one for one in self._seal.permits() if one.not_before <= now < one.not_after), None)


def _count_and_kind(words: list[str]) -> tuple[int, PressKind]:
    count, kind = 1, PressKind.ORDINARY
    for word in words:
        if word.isdecimal() and 1 <= int(word) <= MOST_PRESSES:
            count = int(word)
        elif word in set(PressKind):
            kind = PressKind(word)
        else:
            raise _unknown("press " + " ".join(words))
    return count, kind


def _unknown(line: str) -> Invalid:
    kinds = " | ".join(one.value for one in Misbehaviour)
    return Invalid(
        "SIMULATOR_LINE",
        f"不认识「{line.strip()[:80]}」。可用：press [次数] [ordinary|seam|cover]、spoil 事件号、check、state、settle、"
        f"offline、online、quit、misbehave {kinds}",
        f"{line.strip()[:80]!r} means nothing here. There are: press [COUNT] [ordinary|seam|cover], spoil EVENT, check, "
        f"state, settle, offline, online, quit, misbehave {kinds}",
    )
