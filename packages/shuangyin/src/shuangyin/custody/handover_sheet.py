"""The sheet of a hand-over for paper (印章交接单)."""

from __future__ import annotations

from typing import Any

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.handover_queries import handover_out
from shuangyin.custody.models import Handover
from shuangyin.custody.typesetting import named, time_of, typeset_form
from shuangyin.organization.queries import get as organization_of

_KINDS = {
    "seal": "印章",
    "safe": "保险柜",
    "unfinished_use": "未办结用印",
    "imprint_card": "印鉴留存卡",
    "accessory": "附件",
    "original": "原件",
    "original_loan": "借出未还原件",
}
_ROLES = {"giver": "移交人", "receiver": "接收人", "witness": "监交人"}
_STATES = {"pending": "办理中", "done": "已完成", "cancelled": "已取消"}


def handover_sheet(work: UnitOfWork, handover: Handover) -> dict[str, Any]:
    """What the sheet shows."""
    shown = handover_out(work, handover)
    return {
        "organization": organization_of(work, handover.organization_id).name,
        "printed_at": time_of(work.now),
        "number": shown.number,
        "state": _STATES[shown.status],
        "reason": shown.reason,
        "drafted_at": time_of(shown.drafted_at),
        "done_at": time_of(shown.done_at),
        "items": [
            {
                "position": str(one.position),
                "kind": _KINDS[one.kind],
                "name": one.name,
                "found": "未清点" if one.present is None else "齐全" if one.present else "缺失",
                "discrepancy": one.discrepancy or "",
            }
            for one in shown.items
        ],
        "parties": [
            {"role": _ROLES[one.role], "name": named(one.person), "at": time_of(one.confirmed_at)}
            for one in shown.parties
        ],
    }


def typeset_handover(data: dict[str, Any]) -> bytes:
    """The sheet as PDF, A4. Raises Unavailable when typesetting fails."""
    return typeset_form("handover.typ", data)
