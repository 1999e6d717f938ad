"""Terms in working days, with days off and worked weekends of the published arrangements."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from shuangyin.core.clock import BEIJING, beijing_time, to_milliseconds
from shuangyin.reference.working_days import known_year, published_calendar

CALENDAR = published_calendar()


def at(text: str) -> int:
    return to_milliseconds(datetime.fromisoformat(text).replace(tzinfo=BEIJING))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-14", True),  # a Saturday that is worked before the Spring Festival
        ("2026-02-16", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-10-10", True),
        ("2026-10-05", False),
        ("2026-11-26", True),
        ("2026-11-28", False),
        ("2025-10-11", True),
        ("2025-10-08", False),
        ("2027-02-08", False),
        ("2031-01-01", True),  # a year of which nothing is known has its weekends off
        ("2031-01-04", False),
    ],
)
def test_days_off_and_worked_weekends(day: str, *, works: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("event", "days", "last_day"),
    [
        ("2026-11-26T10:00", 10, "2026-12-10"),
        ("2026-09-24T23:59", 10, "2026-10-15"),  # over Mid-Autumn and National Day, with 10 October worked
        ("2026-02-13T09:00", 2, "2026-02-24"),
        ("2026-11-26T10:00", 0, "2026-11-26"),
    ],
)
def test_a_term_ends_with_its_last_working_day(event: str, days: int, last_day: str) -> None:
    end = beijing_time(CALENDAR.end_of_working_days(at(event), days))
    assert (end.hour, end.minute) == (0, 0)
    assert beijing_time(CALENDAR.end_of_working_days(at(event), days) - 1).date().isoformat() == last_day


def test_office_hours_are_those_of_working_days() -> None:
    assert CALENDAR.in_office_hours(at("2026-11-26T09:00"))
    assert not CALENDAR.in_office_hours(at("2026-11-26T18:00"))
    assert not CALENDAR.in_office_hours(at("2026-11-28T10:00"))
    assert CALENDAR.in_office_hours(at("2026-10-10T10:00"))


def test_the_data_say_which_years_are_arranged() -> None:
    assert [known_year(year).arranged for year in (2025, 2026, 2027)] == [True, True, False]  # type: ignore[union-attr]
    assert known_year(2028) is None
    for year in (2025, 2026, 2027):
        known = known_year(year)
        assert known is not None
        assert not known.off & known.worked
        assert all(day.weekday() >= 5 for day in known.worked)


def test_what_an_organization_sets_goes_before_what_was_published() -> None:
    days = {
        date(2026, 10, 10): "off",
        date(2026, 10, 5): "worked",
        date(2026, 11, 27): "off",
        date(2026, 11, 28): "worked",
    }
    own = CALENDAR.corrected(days)  # type: ignore[arg-type]  # the kinds are written out above
    assert [own.is_working_day(day) for day in days] == [False, True, False, True]
    assert [CALENDAR.is_working_day(day) for day in days] == [True, False, True, False]
    term = own.end_of_working_days(at("2026-11-26T10:00"), 1)
    assert beijing_time(term - 1).date().isoformat() == "2026-11-28"
    assert not own.in_office_hours(at("2026-11-27T10:00"))
    assert own.after_working_hours(at("2026-11-26T17:00"), 2) == at("2026-11-28T10:00")
