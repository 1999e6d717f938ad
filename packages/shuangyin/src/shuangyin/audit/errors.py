"""Refusals of the audit area."""

from __future__ import annotations

from shuangyin.audit.rules import Objection
from shuangyin.core.errors import Conflict, Refused


def refused(objection: Objection) -> Refused:
    """A rule of audits says no."""
    return Refused(objection.code, objection.text.zh, objection.text.en, details=dict(objection.details))


def audit_closed(month: str) -> Conflict:
    """A closed audit is not changed any more."""
    return Conflict(
        "AUDIT_CLOSED",
        f"{month} 的月度审计已经结束，不再更改。新的差异在下一次审计中处理。",
        f"The audit of {month} is closed and not changed any more. What is new belongs to the next one.",
    )
