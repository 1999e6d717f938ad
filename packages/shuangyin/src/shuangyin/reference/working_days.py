"""The working-day calendar: dated data with the days off and the weekends that are worked (调休).

Days are those of Beijing. A year of which the data say nothing has its weekends off and nothing else; a year whose
arrangement is not published yet has the days off that the regulation fixes. `known_year` tells which it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources

from shuangyin.core.clock import BEIJING, beijing_time, to_milliseconds
from shuangyin.core.text import Text

OFFICE_HOURS = (time(9, 0), time(18, 0))
"""When offices are open on a working day; what happens outside of them is out of hours."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The days off of one year, and the weekend days that are worked. `arranged`: by the published arrangement."""

    year: int
    arranged: bool
    source: Text
    off: frozenset[date]
    worked: frozenset[date]


def is_working_day(day: date) -> bool:
    """Whether offices work on a day."""
    year = known_year(day.year)
    if year is not None and day in year.worked:
        return True
    if year is not None and day in year.off:
        return False
    return day.weekday() < _SATURDAY


def end_of_working_days(at_ms: int, days: int) -> int:
    """The instant at which a term of so many working days is over: the midnight that ends the last of them.

    The day of the event itself does not count (Civil Code art. 201). UTC milliseconds.
    """
    day = beijing_time(at_ms).date()
    left = days
    while left > 0:
        day += timedelta(days=1)
        left -= is_working_day(day)
    midnight = datetime.combine(day + timedelta(days=1), time(0), tzinfo=BEIJING)
    return to_milliseconds(midnight)


def in_office_hours(at_ms: int) -> bool:
    """Whether an instant falls into the office hours of a working day."""
    local = beijing_time(at_ms)
    opens, closes = OFFICE_HOURS
    return is_working_day(local.date()) and opens <= local.time() < closes


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
