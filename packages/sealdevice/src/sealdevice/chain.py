"""The platform's side of a device's chain: what a received event means. Pure: states and records in, verdicts out.

An event is *next*, or a *duplicate* (told before, byte for byte), *early* (some before it are missing: ask for them
and keep it), or it contradicts what the device said before: a *fork* (another event under a number that is taken, or
one that does not follow), *rolled back* (a device that forgot: counters or boots run backwards) or *from the future*.
A contradiction is never repaired by software; somebody looks at the device.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sealdevice.event import NO_PREVIOUS, PRESSES, Event

MAX_AHEAD_MS: Final = 120_000
"""How far the clock of a device may run before ours."""


class Verdict(StrEnum):
    """What a received event is to the chain of its device."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    EARLY = "early"
    FORK = "fork"
    ROLLED_BACK = "rolled_back"
    FROM_FUTURE = "from_future"


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far a device's chain is known."""

    seq: int = 0
    head: str = NO_PREVIOUS
    boot: int = 0
    presses: int = 0
    time: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the event is; ``state`` is the chain after it, and the same as before unless it is the next."""

    verdict: Verdict
    state: ChainState
    clock_set_back: bool = False


def judge_event(
    state: ChainState, event: Event, digest: str, *, received_at: int, known_digest: str | None = None
) -> Judgement:
    """What a verified event is to the chain.

    ``digest`` is the record's, ``known_digest`` that of the stored event with the same number, if there is one. A clock
    that runs backwards within the chain is told apart and refuses nothing: the order of the chain stands above it.
    """
    if event.seq <= state.seq:
        same = known_digest == digest
        return Judgement(Verdict.DUPLICATE if same else Verdict.FORK, state)
    if event.time > received_at + MAX_AHEAD_MS:
        return Judgement(Verdict.FROM_FUTURE, state)
    if event.seq > state.seq + 1:
        return Judgement(Verdict.EARLY, state)
    if event.previous != state.head:
        return Judgement(Verdict.FORK, state)
    counted = state.presses + (1 if event.kind in PRESSES else 0)
    if event.boot < state.boot or event.presses != counted:
        return Judgement(Verdict.ROLLED_BACK, state)
    after = ChainState(
        seq=event.seq,
        head=digest,
        boot=event.boot,
        presses=event.presses,
        time=max(state.time, event.time),
    )
    return Judgement(Verdict.NEXT, after, clock_set_back=event.time < state.time)
