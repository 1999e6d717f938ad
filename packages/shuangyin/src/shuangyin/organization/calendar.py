"""The working days of one organization: the published arrangement with the days that it has set otherwise.

Units have working days of their own, and an arrangement may be published before the data of the platform have it; so
whoever manages an organization corrects single days or imports a year, each change with its entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import Invalid
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.models import CalendarDay, Organization
from shuangyin.reference.working_days import DayKind, WorkingCalendar, published_calendar

_KEPT = "working_calendar"


@dataclass(frozen=True, slots=True)
class DaySetting:
    """What a day shall be: off, worked, or again as published."""

    day: date
    kind: Literal["off", "worked", "published"]
    note: str = ""


def calendar_of(work: UnitOfWork, organization_id: str) -> WorkingCalendar:
    """The calendar by which terms and office hours of this organization count; read once in a unit of work."""
    kept: WorkingCalendar | None = work.session.info.get((_KEPT, organization_id))
    if kept is not None:
        return kept
    query = select(CalendarDay.day, CalendarDay.kind).where(CalendarDay.organization_id == organization_id)
    days: dict[date, DayKind] = {
        date.fromisoformat(day): "off" if kind == "off" else "worked"
        for day, kind in work.session.execute(query).tuples()
    }
    found = published_calendar().corrected(days)
    work.session.info[_KEPT, organization_id] = found
    return found


def end_of_term(work: UnitOfWork, organization_id: str, at_ms: int, days: int) -> int:
    """When a term of so many working days of this organization is over."""
    return calendar_of(work, organization_id).end_of_working_days(at_ms, days)


def corrections(work: UnitOfWork, organization_id: str, year: int) -> Sequence[CalendarDay]:
    """The days of a year that the organization has set otherwise, in order."""
    query = (
        select(CalendarDay)
        .where(
            CalendarDay.organization_id == organization_id,
            CalendarDay.day >= f"{year:04d}-01-01",
            CalendarDay.day <= f"{year:04d}-12-31",
        )
        .order_by(CalendarDay.day)
    )
    return list(work.session.scalars(query))


def set_days(work: UnitOfWork, actor: Actor, settings: Sequence[DaySetting]) -> None:
    """Set days off or worked, or as published again. Terms that run already keep their ends.

    Raises Forbidden, Invalid (CALENDAR_DAY_TWICE) for a day that is named twice.
    """
    actor.require("organization.manage")
    _require_once(settings)
    # Two who set days at the same moment do it one after the other.
    work.session.execute(
        select(Organization.id).where(Organization.id == actor.organization_id).with_for_update()
    )
    there = _rows(work, actor.organization_id, settings)
    changed: list[JsonValue] = []
    for one in settings:
        row = there.get(one.day.isoformat())
        if (row.kind if row else "published", row.note if row else "") == (one.kind, one.note):
            continue
        changed.append(f"{one.day.isoformat()}:{one.kind}")
        if row is not None:
            work.session.delete(row)
            work.session.flush()
        if one.kind != "published":
            work.session.add(
                CalendarDay(
                    organization_id=actor.organization_id,
                    day=one.day.isoformat(),
                    kind=one.kind,
                    note=one.note,
                    set_by=actor.person_id,
                    set_at=work.now,
                )
            )
    if not changed:
        return
    work.session.flush()
    work.session.info.pop((_KEPT, actor.organization_id), None)
    record(
        work,
        actor,
        kind="organization.calendar_set",
        subject_type="organization",
        subject_id=actor.organization_id,
        facts={"days": changed},
    )


def _rows(
    work: UnitOfWork, organization_id: str, settings: Sequence[DaySetting]
) -> Mapping[str, CalendarDay]:
    query = select(CalendarDay).where(
        CalendarDay.organization_id == organization_id,
        CalendarDay.day.in_([one.day.isoformat() for one in settings]),
    )
    return {row.day: row for row in work.session.scalars(query)}


def _require_once(settings: Sequence[DaySetting]) -> None:
    seen: set[date] = set()
    for number, one in enumerate(settings, start=1):
        if one.day in seen:
            raise Invalid(
                "CALENDAR_DAY_TWICE",
                f"第 {number} 行的 {one.day.isoformat()} 与前面的重复，本次未作任何改动。请删去重复的一行。",
                f"Line {number}: {one.day.isoformat()} was named before; nothing was changed. Remove one of the lines.",
                details={"line": number, "day": one.day.isoformat()},
            )
        seen.add(one.day)
