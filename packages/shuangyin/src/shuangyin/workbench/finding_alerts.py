"""What monthly audits want of a person, as lines of the home page. No database, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.workbench.rules import Alert


@dataclass(frozen=True, slots=True)
class FindingsFact:
    """The unsettled findings as they concern one person; `over` when he conducts an open audit whose month is over."""

    audit_id: str
    month: str
    to_answer: int
    overdue: int
    to_settle: int
    over: bool


def finding_alerts(fact: FindingsFact) -> tuple[Alert, ...]:
    """Findings past their due date, to be answered and to be settled, and an audit that is to be closed."""
    link = f"/audits/{fact.audit_id}"
    found = []
    if fact.overdue:
        text = Text(
            f"{fact.overdue} 个审计问题整改逾期，请办理并报告。",
            f"Findings past the due date of their rectification: {fact.overdue}. Deal with them and report it.",
        )
        found.append(Alert("danger", text, link))
    if fact.to_answer:
        text = Text(
            f"{fact.to_answer} 个审计问题待答复。", f"Findings of the audit to be answered: {fact.to_answer}."
        )
        found.append(Alert("warning", text, link))
    if fact.to_settle:
        text = Text(
            f"{fact.to_settle} 个审计问题待结清。", f"Findings of the audit to be settled: {fact.to_settle}."
        )
        found.append(Alert("warning", text, link))
    if fact.over:
        text = Text(
            f"{fact.month} 已过，该月的审计待结束。", f"{fact.month} is over; its audit is to be closed."
        )
        found.append(Alert("info", text, link))
    return tuple(found)
