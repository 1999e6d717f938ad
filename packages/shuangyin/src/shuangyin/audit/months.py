"""Months of audits: ``2026-11``, by the calendar of Beijing."""

from __future__ import annotations

from datetime import datetime, timedelta

from shuangyin.core.clock import BEIJING, beijing_time, to_milliseconds


def month_of(at: int) -> str:
    """The month of an instant, as ``2026-11``."""
    return beijing_time(at).strftime("%Y-%m")


def end_of(month: str) -> int:
    """The instant at which a month is over, UTC milliseconds."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=BEIJING)
    return to_milliseconds((first + timedelta(days=32)).replace(day=1))
