"""The sheet of a stocktake for paper (印章盘点表)."""

from __future__ import annotations

from typing import Any

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.stocktake_models import Stocktake
from shuangyin.custody.stocktake_queries import stocktake_out
from shuangyin.custody.stocktake_schemas import StocktakeLineOut, StocktakeOriginalOut
from shuangyin.custody.typesetting import named, time_of, typeset_form
from shuangyin.organization.queries import get as organization_of

_ROLES = {"counter": "盘点人", "witness": "监盘人"}
_STATES = {"pending": "盘点中", "done": "已完成", "cancelled": "已取消"}
_WHEREABOUTS = {"in_safe": "在库", "in_use": "使用中", "out_on_loan": "外带", "missing": "未找到"}


def stocktake_sheet(work: UnitOfWork, stocktake: Stocktake) -> dict[str, Any]:
    """What the sheet shows."""
    shown = stocktake_out(work, stocktake)
    return {
        "organization": organization_of(work, stocktake.organization_id).name,
        "printed_at": time_of(work.now),
        "number": shown.number,
        "state": _STATES[shown.status],
        "safe": f"{shown.safe_name}（{shown.safe_place}）",
        "begun_at": time_of(shown.begun_at),
        "done_at": time_of(shown.done_at),
        "lines": [_row(one) for one in shown.lines],
        "originals": [_original_row(one) for one in shown.originals],
        "parties": [
            {"role": _ROLES[one.role], "name": named(one.person), "at": time_of(one.confirmed_at)}
            for one in shown.parties
        ],
    }


def typeset_stocktake(data: dict[str, Any]) -> bytes:
    """The sheet as PDF, A4 landscape. Raises Unavailable when typesetting fails."""
    return typeset_form("stocktake.typ", data)


_KEPT = {"kept": "在库", "lent": "借出", "missing": "缺失"}


def _original_row(line: StocktakeOriginalOut) -> dict[str, str]:
    return {
        "number": line.number,
        "name": line.name,
        "slot": line.slot,
        "expected": _KEPT.get(line.state, "—"),
        "found": "未清点" if line.found is None else "在" if line.found else "不在",
        "discrepancy": line.discrepancy or "",
    }


def _row(line: StocktakeLineOut) -> dict[str, str]:
    account = line.account
    return {
        "position": str(line.position),
        "name": line.name,
        "slot": line.slot,
        "expected": _WHEREABOUTS.get(line.whereabouts or "", "—"),
        "found": "未清点" if line.found is None else "在" if line.found else "不在",
        "since": time_of(account.since) or "启用",
        "permitted": f"{account.permitted}+{account.spare}",
        "pressed": str(account.pressed),
        "good": str(account.good),
        "spoiled": str(account.spoiled),
        "balanced": "相符" if account.balanced else "不符",
        "discrepancy": line.discrepancy or "",
    }
