"""Pure decisions about keeping: when a seal is back too late, when a lock code is due, who keeps a safe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

DAY_MS = 24 * 3_600_000
BEIJING_MS = 8 * 3_600_000
"""Beijing is eight hours ahead of UTC and has had no summer time since 1991."""
ESCALATION_MS = 30 * 60_000
"""So long after the alarm the managers of seals are told too."""


def end_of_day(at: int) -> int:
    """The midnight of Beijing that follows a time, UTC milliseconds."""
    return ((at + BEIJING_MS) // DAY_MS + 1) * DAY_MS - BEIJING_MS


def back_by(*, opened_at: int, closes_by: int, last_press_at: int | None, return_ms: int) -> int:
    """When the seals of an opening have to be back: the rule's time after the last press, within the session of the
    opening, and never overnight."""
    latest = min(closes_by, end_of_day(opened_at))
    return latest if last_press_at is None else min(latest, last_press_at + return_ms)


def return_steps(
    now: int, *, due_at: int, late_at: int | None, escalated_at: int | None
) -> tuple[Literal["late", "escalated"], ...]:
    """What has to be told now of seals that are not back: once that they are late, once more to the managers."""
    steps: list[Literal["late", "escalated"]] = []
    if now > due_at and late_at is None:
        steps.append("late")
    if now >= due_at + ESCALATION_MS and escalated_at is None:
        steps.append("escalated")
    return tuple(steps)


LockDue = Literal["interval", "keeper_changed"]


def lock_due(
    now: int, *, changed_at: int, keeper_changed_at: int | None, left_at: Iterable[int], days: int
) -> LockDue | None:
    """Why the lock code of a safe must be changed now; None while it need not.

    `changed_at` is its last change, or when the safe was registered. It is due once somebody who knew it is no keeper
    any more, and after its interval of `days`.
    """
    ended = [*left_at, *([] if keeper_changed_at is None else [keeper_changed_at])]
    if any(at >= changed_at for at in ended):
        return "keeper_changed"
    return "interval" if now >= changed_at + days * DAY_MS else None


@dataclass(frozen=True, slots=True)
class Term:
    """The term of a deputy: from, until (exclusive; open when null), and when it was ended before its time."""

    person_id: str
    from_at: int
    until_at: int | None
    ended_at: int | None


def keeps(now: int, *, custodian_id: str, deputies: Iterable[Term], person_id: str) -> bool:
    """Whether a person may open a safe now: its custodian, or a deputy within his term."""
    return person_id == custodian_id or any(
        one.person_id == person_id
        and one.from_at <= now
        and (one.until_at is None or now < one.until_at)
        and one.ended_at is None
        for one in deputies
    )
