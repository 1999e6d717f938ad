"""Until when a step is to be decided, and what happens when it is not. Pure: the calendar is given."""

from __future__ import annotations

from typing import Protocol

from shuangyin.approvals.rules.definitions import Hours, OnTimeout, Timeout

MS_PER_HOUR = 3_600_000


class Calendar(Protocol):
    """What deadlines ask of the working calendar."""

    def after_working_hours(self, start_ms: int, hours: float) -> int:
        """The instant at which so many working hours have passed."""
        ...


def due_after(timeout: Timeout, start_ms: int, calendar: Calendar) -> int:
    """When a step that opened at `start_ms` runs out (UTC milliseconds)."""
    if timeout.counted is Hours.WORKING:
        return calendar.after_working_hours(start_ms, timeout.hours)
    return start_ms + round(timeout.hours * MS_PER_HOUR)


def on_timeout(timeout: Timeout | None, *, high_risk: bool, asks_each_time: bool) -> OnTimeout:
    """What happens when a step runs out. Nothing of high risk, and nothing that asks for a second factor each time,
    ever passes for lack of an answer: there people are reminded."""
    if timeout is None:
        return OnTimeout.REMIND
    if timeout.then is OnTimeout.PASS and (high_risk or asks_each_time):
        return OnTimeout.REMIND
    return timeout.then
