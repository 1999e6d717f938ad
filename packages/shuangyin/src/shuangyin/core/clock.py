"""Time, injected: UTC milliseconds since 1970."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Where the platform gets the time from."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that only moves when told to; for tests and simulations."""

    def __init__(self, now_ms: int = 1_793_500_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, *, seconds: float) -> None:
        self._now_ms += int(seconds * 1000)


def to_datetime(milliseconds: int) -> datetime:
    """The moment as an aware UTC datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def to_milliseconds(moment: datetime) -> int:
    """An aware datetime as UTC milliseconds."""
    return int(moment.timestamp() * 1000)


def beijing_time(milliseconds: int) -> datetime:
    """The moment on a clock in Beijing, for screen and paper."""
    return to_datetime(milliseconds).astimezone(BEIJING)
