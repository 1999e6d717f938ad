"""Which alarms one message tells of, how often it is tried, and its words. No database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TRIES: Final = 5
UNSURE: Final = 2
"""Tries that may have reached the person: told twice is better than not at all, told five times is not."""
_DELAYS_MS: Final = (60_000, 5 * 60_000, 15 * 60_000, 60 * 60_000)
WORD_LENGTH: Final = 20
"""Longest value, in characters: gateways refuse longer variables of a template, at 15 to 35 by provider."""


class MessageState(StrEnum):
    """What became of the message that is to tell one person of one alarm."""

    WAITING = "waiting"
    SENT = "sent"
    """The gateway took it; whether the telephone got it, it does not say."""
    FAILED = "failed"
    UNCLEAR = "unclear"
    """The gateway may have taken it: it was reached and gave no usable answer."""
    NO_NUMBER = "no_number"
    NOT_NEEDED = "not_needed"
    """The alarm had its verdict before the message could go."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says of one alarm. `about` is what people call its subject, `time` that of Beijing."""

    title: str
    about: str
    time: str


def how_many(waiting: int, left: int, *, again: bool) -> int:
    """How many of the alarms that wait for one person the next message tells of, the oldest first.

    One by one as long as the limit leaves room for more than one; the last message within it tells of all, and so does
    one that was put off or is tried again.
    """
    if left <= 0:
        return 0
    return waiting if again or left == 1 else min(waiting, 1)


def state_after(tries: int, unsure: int) -> MessageState:
    """Where a message stands after tries that nobody confirmed, `unsure` of which got no clear refusal."""
    if unsure >= UNSURE:
        return MessageState.UNCLEAR
    if tries >= TRIES:
        return MessageState.UNCLEAR if unsure else MessageState.FAILED
    return MessageState.WAITING


def delay_ms(tries: int) -> int:
    """How long after so many tries the next one comes."""
    return _DELAYS_MS[min(tries, len(_DELAYS_MS)) - 1]


def words(told: Sequence[Told]) -> dict[str, str]:
    """The values of the gateway's template: `about`, `what` and `time`, of the first alarm and how many there are."""
    first, subjects = told[0], {one.about for one in told}
    what = f"等{len(told)}项预警" if len(told) > 1 else ""
    about = f"等{len(subjects)}处" if len(subjects) > 1 else ""
    return {"about": _cut(first.about, about), "what": _cut(first.title, what), "time": first.time}


def _cut(text: str, ending: str) -> str:
    most = WORD_LENGTH - len(ending)
    return (text if len(text) <= most else text[: most - 1] + "…") + ending
