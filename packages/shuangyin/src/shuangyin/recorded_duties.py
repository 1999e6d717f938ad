"""What duties after a use, weekly statements and the organization's calendar say now about facts that entries recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import String, cast, null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import RowKey
from shuangyin.organization.models import CalendarDay
from shuangyin.recorded_comparing import (
    Content,
    Facts,
    RecordedArea,
    brings,
    past_of,
    row_of,
    states,
    subject_of,
    text_differs,
)
from shuangyin.requests.models import ArchiveCopy, DutyKind, RequestDuty
from shuangyin.workbench.models import WeeklyStatement


def _duty_opened(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A duty is overdue or fulfilled exactly when an entry says so, and has the scans that the entry names."""
    row = row_of(work, RequestDuty, facts.get("duty"))
    if facts.get("duty_kind") == DutyKind.COUNTERSIGNED:
        return _awaited(work, content, facts)
    past = {
        one.kind: one
        for one in past_of(work, "request", subject_of(content), *_DUTY_LATER)
        if one.facts.get("duty") == facts.get("duty")
    }
    overdue, fulfilled = (past.get(kind) for kind in _DUTY_LATER)
    stated = {
        "request_id": subject_of(content),
        "kind": facts.get("duty_kind"),
        "due_at": facts.get("due_at"),
        "compulsory": facts.get("compulsory"),
        "opened_at": content.get("at"),
        "overdue_at": overdue.at if overdue else None,
        "fulfilled_at": fulfilled.at if fulfilled else None,
        "fulfilled_by": fulfilled.actor if fulfilled else None,
    }
    said = states(row, stated)
    if said is not None:
        return said
    copies = list(work.session.scalars(select(ArchiveCopy).where(ArchiveCopy.duty_id == row.id)))
    recorded = fulfilled.facts.get("copies") if fulfilled else []
    if not isinstance(recorded, list) or sorted(one.sm3 for one in copies) != sorted(map(str, recorded)):
        return "ArchiveCopy.sm3 is not what was recorded"
    for one in copies:
        said = said or states(one, {"request_id": row.request_id, "added_at": row.fulfilled_at})
    note = fulfilled.facts.get("note") if fulfilled else None
    return said or text_differs(row.note, note, "RequestDuty.note")


def _awaited(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """Copies that are to come back may be owed again with another time: the last entry about the duty counts, and its
    scans are those of what came back."""
    row = row_of(work, RequestDuty, facts.get("duty"))
    past = [
        one
        for one in past_of(work, "request", subject_of(content), "requests.duty_opened", *_DUTY_LATER)
        if one.facts.get("duty") == facts.get("duty")
    ]
    opened = [one for one in past if one.kind == "requests.duty_opened"]
    ended = past[-1] if past[-1].kind == "requests.duty_fulfilled" else None
    stated = {
        "request_id": subject_of(content),
        "kind": facts.get("duty_kind"),
        "due_at": opened[-1].facts.get("due_at"),
        "opened_at": opened[0].at,
        "fulfilled_at": ended.at if ended else None,
        "fulfilled_by": ended.actor if ended else None,
    }
    back = past_of(work, "request", subject_of(content), "custody.copies_back")
    kept = set(work.session.scalars(select(ArchiveCopy.sm3).where(ArchiveCopy.duty_id == facts.get("duty"))))
    if kept != {one.facts.get("sm3") for one in back}:
        return "ArchiveCopy.sm3 is not what was recorded"
    return states(row, stated)


_DUTY_LATER = ("requests.duty_overdue", "requests.duty_fulfilled")


def _statement_made(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    query = select(WeeklyStatement).where(
        WeeklyStatement.organization_id == subject_of(content), WeeklyStatement.week == str(facts.get("week"))
    )
    row = work.session.scalar(query)
    stated = {
        "digest": facts.get("sm3"),
        "made_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    said = states(row, stated)
    if said is None and row is not None and hashlib.new("sm3", row.lines.encode()).hexdigest() != row.digest:
        return "WeeklyStatement.lines is not what was recorded"
    return said


def _calendar_set(work: UnitOfWork, content: Content, _facts: Facts) -> str | None:
    """The days that differ from the published arrangement are those that the entries leave, compared at the last one."""
    past = past_of(work, "organization", subject_of(content), "organization.calendar_set")
    if past[-1].id != content.get("id"):
        return None
    left: dict[str, tuple[str, str, int]] = {}
    for one in sorted(past, key=lambda each: each.at):
        for day, kind in _days(one.facts):
            left[day] = (kind, one.actor, one.at)
    wanted = {day: said for day, said in left.items() if said[0] != "published"}
    query = select(CalendarDay).where(CalendarDay.organization_id == subject_of(content))
    kept = {row.day: (row.kind, row.set_by, row.set_at) for row in work.session.scalars(query)}
    return None if kept == wanted else "CalendarDay is not what was recorded"


def _days(facts: Facts) -> Iterator[tuple[str, str]]:
    days = facts.get("days")
    for one in days if isinstance(days, list) else ():
        day, _, kind = str(one).partition(":")
        yield day, kind


def _days_brought(content: Content, facts: Facts) -> Iterator[RowKey]:
    for day, kind in _days(facts):
        if kind != "published":
            yield ("calendar_day", f"{subject_of(content)}/{day}/{content.get('at')}")


_DAY_ID = CalendarDay.organization_id + "/" + CalendarDay.day + "/" + cast(CalendarDay.set_at, String)
DUTIES = RecordedArea(
    tables=frozenset({"request_duty", "archive_copy", "weekly_statement", "calendar_day"}),
    comparisons={
        "requests.duty_opened": _duty_opened,
        "workbench.statement_made": _statement_made,
        "organization.calendar_set": _calendar_set,
    },
    brings={
        "requests.duty_opened": brings("request_duty", "facts", "duty"),
        "workbench.statement_made": brings("weekly_statement of entry", "id"),
        "organization.calendar_set": _days_brought,
    },
    rows=(
        ("request_duty", select(RequestDuty.id, null()).order_by(RequestDuty.id)),
        ("weekly_statement of entry", select(WeeklyStatement.entry_id, null()).order_by(WeeklyStatement.id)),
        ("calendar_day", select(_DAY_ID, null()).order_by(CalendarDay.day)),
    ),
)
"""Of a day the note is not recorded: it is shown and decides nothing."""
