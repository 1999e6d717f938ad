"""Typeset the weekly statement (用印周报) as a PDF."""

from __future__ import annotations

from typing import Any

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template
from shuangyin.scenarios.sentences import amount_text
from shuangyin.workbench.models import WeeklyStatement
from shuangyin.workbench.statements import StatementLine, lines_of

_MEDIA = {"electronic": "电子", "physical": "实体"}


def sheet_of(found: WeeklyStatement, *, organization: str, printed_at: int) -> dict[str, Any]:
    """The statement with every value as it is to be read."""
    lines = lines_of(found)
    begins, ends = beijing_time(found.from_at), beijing_time(found.until_at - 1)
    return {
        "organization": organization,
        "period": f"{begins:%Y年%m月%d日} 至 {ends:%Y年%m月%d日}",
        "printed_at": f"{beijing_time(printed_at):%Y-%m-%d %H:%M}",
        "digest": found.digest,
        "total_uses": sum(line.uses for line in lines),
        "total_presses": sum(line.presses for line in lines),
        "rows": [_row(line) for line in lines],
    }


def typeset(sheet: dict[str, Any]) -> bytes:
    """The statement as PDF, A4. Raises Unavailable when typesetting fails."""
    failure = Unavailable(
        "SHEET_NOT_TYPESET",
        "用印周报暂时无法排版，请稍后重试。",
        "The statement could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.workbench", "statement.typ", sheet, failure)


def _row(line: StatementLine) -> dict[str, Any]:
    amounts = [amount_text(amount, currency) for currency, amount in sorted(line.amounts.items())]
    if line.unknown_amounts:
        amounts.append(f"未填金额 {line.unknown_amounts} 份")
    uses = f"{line.uses}（作废 {line.voided}）" if line.voided else str(line.uses)
    return {
        "seal_name": line.seal_name,
        "medium": _MEDIA.get(line.medium, line.medium),
        "uses": uses,
        "presses": str(line.presses),
        "requests": str(line.requests),
        "amounts": amounts or ["—"],
    }
