"""Refusals of the alarms area."""

from __future__ import annotations

from shuangyin.core.errors import Conflict


def already_handled() -> Conflict:
    """Somebody has given the verdict."""
    return Conflict(
        "ALARM_HANDLED",
        "该预警已有处理意见，意见不得改写。如情况有变，请在新的预警或排查中说明。",
        "This alarm has a verdict, which is not rewritten. What is new belongs to another alarm or an inspection.",
    )
