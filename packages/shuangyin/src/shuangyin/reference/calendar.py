"""Working days and working hours in Beijing: Monday to Friday, but for the dated holidays and 调休.

The arrangement of a year is announced near the end of the year before. Of a year whose arrangement is not in the data,
every Monday to Friday is a working day.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any

from shuangyin.core.clock import BEIJING, beijing_time, to_milliseconds

MS_PER_HOUR = 3_600_000
MAX_DAYS = 3_660
"""Ten years: longer than any term that is counted in working time."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are working days, and which parts of a day are working hours (Beijing time)."""

    hours: tuple[tuple[time, time], ...]
    holidays: frozenset[date]
    working_weekends: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on this day."""
        if day in self.working_weekends:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def after_working_hours(self, start_ms: int, hours: float) -> int:
        """The instant at which so many working hours have passed since `start_ms` (UTC milliseconds)."""
        left = round(hours * MS_PER_HOUR)
        day = beijing_time(start_ms).date()
        for _ in range(MAX_DAYS):
            for begins, ends in self._spans(day):
                begun = max(begins, start_ms)
                if begun < ends:
                    if left <= ends - begun:
                        return begun + left
                    left -= ends - begun
            day += timedelta(days=1)
        return start_ms + round(hours * MS_PER_HOUR)

    def after_working_days(self, start_ms: int, days: int) -> int:
        """The last instant of the day on which so many working days after the one of `start_ms` have passed."""
        day = beijing_time(start_ms).date()
        left = days
        for _ in range(MAX_DAYS):
            if left <= 0:
                break
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return to_milliseconds(datetime.combine(day + timedelta(days=1), time(), BEIJING)) - 1

    def _spans(self, day: date) -> list[tuple[int, int]]:
        if not self.is_working_day(day):
            return []
        return [
            (
                to_milliseconds(datetime.combine(day, begins, BEIJING)),
                to_milliseconds(datetime.combine(day, ends, BEIJING)),
            )
            for begins, ends in self.hours
        ]


@cache
def working_calendar() -> WorkingCalendar:
    """The calendar from the data file."""
    raw: dict[str, Any] = json.loads(
        resources.files("shuangyin.reference").joinpath("working_time.json").read_text(encoding="utf-8")
    )
    holidays: set[date] = set()
    for first, last in raw["holidays"]:
        day, end = date.fromisoformat(first), date.fromisoformat(last)
        while day <= end:
            holidays.add(day)
            day += timedelta(days=1)
    return WorkingCalendar(
        hours=tuple((time.fromisoformat(begins), time.fromisoformat(ends)) for begins, ends in raw["hours"]),
        holidays=frozenset(holidays),
        working_weekends=frozenset(date.fromisoformat(day) for day in raw["working_weekends"]),
    )
