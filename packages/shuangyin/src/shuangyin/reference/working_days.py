"""The working-day calendar: dated data with the days off and the weekends that are worked (调休).

Days are those of Beijing. A year of which the data say nothing has its weekends off and nothing else; a year whose
arrangement is not published yet has the days off that the regulation fixes. `known_year` tells which it is. What an
organization corrects of it lies above this (`organization.calendar`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Literal

from shuangyin.core.clock import BEIJING, beijing_time, to_milliseconds
from shuangyin.core.text import Text

OFFICE_HOURS = (time(9, 0), time(18, 0))
"""When offices are open on a working day; what happens outside of them is out of hours."""
WORKING_HOURS = ((time(9, 0), time(12, 0)), (time(13, 30), time(18, 0)))
"""The hours of a working day that count towards a term in working hours."""
MS_PER_HOUR = 3_600_000
MAX_DAYS = 3_660
"""Ten years: longer than any term that is counted in working time."""
_SATURDAY = 5

DayKind = Literal["off", "worked"]


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The days off of one year, and the weekend days that are worked. `arranged`: by the published arrangement."""

    year: int
    arranged: bool
    source: Text
    off: frozenset[date]
    worked: frozenset[date]


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are working days, and what follows for terms and hours. Instants are UTC milliseconds."""

    off: frozenset[date]
    worked: frozenset[date]

    def corrected(self, days: Mapping[date, DayKind]) -> WorkingCalendar:
        """This calendar with single days set otherwise."""
        off = {day for day, kind in days.items() if kind == "off"}
        worked = {day for day, kind in days.items() if kind == "worked"}
        return WorkingCalendar((self.off - worked) | off, (self.worked - off) | worked)

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on a day."""
        if day in self.worked:
            return True
        return day.weekday() < _SATURDAY and day not in self.off

    def end_of_working_days(self, at_ms: int, days: int) -> int:
        """The instant at which a term of so many working days is over: the midnight that ends the last of them.

        The day of the event itself does not count (Civil Code art. 201).
        """
        day = beijing_time(at_ms).date()
        left = days
        for _ in range(MAX_DAYS):
            if left <= 0:
                break
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return _instant(day + timedelta(days=1), time(0))

    def after_working_hours(self, start_ms: int, hours: float) -> int:
        """The instant at which so many working hours have passed."""
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

    def in_office_hours(self, at_ms: int) -> bool:
        """Whether an instant falls into the office hours of a working day."""
        local = beijing_time(at_ms)
        opens, closes = OFFICE_HOURS
        return self.is_working_day(local.date()) and opens <= local.time() < closes

    def _spans(self, day: date) -> list[tuple[int, int]]:
        if not self.is_working_day(day):
            return []
        return [(_instant(day, begins), _instant(day, ends)) for begins, ends in WORKING_HOURS]


@cache
def published_calendar() -> WorkingCalendar:
    """The calendar as the data have it, without what an organization corrects."""
    years = _years().values()
    return WorkingCalendar(
        frozenset(day for year in years for day in year.off),
        frozenset(day for year in years for day in year.worked),
    )


def known_year(year: int) -> CalendarYear | None:
    """What the data say of a year; None when nothing."""
    return _years().get(year)


@cache
def _years() -> dict[int, CalendarYear]:
    raw = json.loads(
        resources.files("shuangyin.reference").joinpath("working_days.json").read_text(encoding="utf-8")
    )
    return {
        one["year"]: CalendarYear(
            year=one["year"],
            arranged=one["arranged"],
            source=Text(one["source_zh"], one["source_en"]),
            off=frozenset(day for first, last in one["off"] for day in _days(first, last)),
            worked=frozenset(date.fromisoformat(day) for day in one["worked"]),
        )
        for one in raw
    }


def _days(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _instant(day: date, at: time) -> int:
    return to_milliseconds(datetime.combine(day, at, tzinfo=BEIJING))
