"""Routes of an organization's working days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.free_text import Line
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.calendar import DaySetting, calendar_of, corrections, set_days
from shuangyin.reference.working_days import known_year

FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST_AT_ONCE = 400

router = Routes(prefix="/organization/calendar", tags=["organization"])

Reader = Annotated[Actor, access("organization.read")]
Manager = Annotated[Actor, access("organization.manage")]


class CalendarCorrection(BaseModel):
    """A day that the organization has set otherwise than the published arrangement."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    kind: Literal["off", "worked"]
    note: str
    set_by: str
    set_at: int


class CalendarOut(BaseModel):
    """A year as terms and office hours count it. Without a source nothing is known but its weekends."""

    year: int
    arranged: bool = Field(description="False: the arrangement of the year is not in the data.")
    source_zh: str | None
    source_en: str | None
    off: list[date]
    worked: list[date] = Field(description="Weekend days that are worked.")
    corrections: list[CalendarCorrection]


class DayBody(BaseModel):
    """What one day shall be; `published` takes a correction away."""

    model_config = ConfigDict(extra="forbid")

    day: Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
    kind: Literal["off", "worked", "published"]
    note: Annotated[Line, Field(max_length=200)] = ""


class DaysBody(BaseModel):
    """Days to be set, all or none of them."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[list[DayBody], Field(min_length=1, max_length=MOST_AT_ONCE)]


@router.get("", response_model=CalendarOut)
def read_calendar(
    platform: PlatformOf,
    actor: Reader,
    year: Annotated[
        int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="The present one when absent.")
    ] = None,
) -> CalendarOut:
    """The days off and the worked weekends of a year, where they come from, and what was corrected."""
    return platform.view(lambda work: _out(work, actor.organization_id, year or beijing_time(work.now).year))


@router.put("/days", response_model=CalendarOut)
def put_days(body: DaysBody, actor: Manager, write: Write) -> CalendarOut | Response:
    """Correct days, or import a year: all of them or none. Answers with the year of the first."""

    def command(work: UnitOfWork) -> CalendarOut:
        set_days(work, actor, [DaySetting(one.day, one.kind, one.note) for one in body.days])
        return _out(work, actor.organization_id, body.days[0].day.year)

    return write.run(actor, command)


def _out(work: UnitOfWork, organization_id: str, year: int) -> CalendarOut:
    known = known_year(year)
    source = known.source if known else Text("", "")
    calendar = calendar_of(work, organization_id)
    return CalendarOut(
        year=year,
        arranged=known is not None and known.arranged,
        source_zh=source.zh or None,
        source_en=source.en or None,
        off=sorted(day for day in calendar.off if day.year == year),
        worked=sorted(day for day in calendar.worked if day.year == year),
        corrections=[
            CalendarCorrection.model_validate(one) for one in corrections(work, organization_id, year)
        ],
    )
