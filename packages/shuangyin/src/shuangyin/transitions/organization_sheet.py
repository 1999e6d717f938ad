"""The proof sheet of a change of the whole organization: before and after, and what followed at that instant."""

from __future__ import annotations

import hashlib
import json

from evidencelog.entry import decode_entry
from evidencelog.errors import EvidenceLogError
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.organization.queries import get as organization_of
from shuangyin.people.queries import display
from shuangyin.transitions.models import Transition
from shuangyin.transitions.organization_words import KINDS, OUTCOMES, TITLES, word_of
from shuangyin.transitions.proof_sheet import Cell, ProofSheet, minute, second

_LEADS = {
    "renamed": "自上述时间起，刻有原名称的印章停止使用；此前已盖印的文件仍按当时的事实查验。",
    "representative_changed": "自上述时间起，前任的职务、个人授权与名章停止使用，下列事项同时移交、终止或转为待办。",
}


def transition(work: UnitOfWork, actor: Actor, transition_id: str) -> Transition:
    """One change of the organization. Raises NotFound."""
    found = work.session.get(Transition, transition_id)
    if found is None or found.organization_id != actor.organization_id:
        raise not_found("这项单位变更", "change of the organization")
    return found


def sheet_of(work: UnitOfWork, row: Transition) -> ProofSheet:
    """The sheet with every value as it is to be read."""
    names = {key: one.name for key, one in display(work, [row.done_by, row.before, row.after]).items()}
    items = json.loads(row.items)
    organization, title = organization_of(work, row.organization_id).name, word_of(TITLES, row.kind).zh
    recorded = _recorded(work, row)
    rows = [
        [
            Cell(str(number)),
            Cell(word_of(KINDS, one["kind"]).zh),
            Cell(one["name"]),
            Cell(word_of(OUTCOMES, one["outcome"]).zh),
            Cell(second(row.done_at)),
        ]
        for number, one in enumerate(items, start=1)
    ]
    return ProofSheet(
        title=f"{title}证明单",
        organization=organization,
        facts=[
            [f"变更前：{names.get(row.before, row.before)}"],
            [f"变更后：{names.get(row.after, row.after)}"],
            [f"登记机关通知书文号：{row.notice_no}", f"办理人：{names.get(row.done_by, row.done_by)}"],
            [f"办理时间：{second(row.done_at)}", f"共 {len(items)} 项"],
        ],
        lead=_LEADS.get(row.kind, ""),
        empty="没有随之变动的事项。",
        headers=["序", "类别", "事项", "结果", "时间"],
        widths=[9, 34, 0, 36, 34],
        rows=rows,
        digest=f"事项摘要（加盐 SM3）：{recorded.get('sm3', '—')}",
        unchanged=_salted(recorded, row.items) == recorded.get("sm3"),
        entry=row.entry_id,
        signatures=["办理人", "复核人"],
        printed_at=minute(work.now),
    )


def _recorded(work: UnitOfWork, row: Transition) -> dict[str, str]:
    """Salt and digest of the items as the entry has them; empty when the entry is gone or cannot be read."""
    entry = work.session.get(EvidenceEntry, row.entry_id)
    try:
        content = decode_entry(entry.body.encode()) if entry is not None else {}
    except EvidenceLogError:
        return {}
    facts = content.get("facts")
    found = facts.get("items") if isinstance(facts, dict) else None
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _salted(recorded: dict[str, str], text: str) -> str | None:
    try:
        salt = bytes.fromhex(recorded.get("salt", "-"))
    except ValueError:
        return None
    return hashlib.new("sm3", salt + text.encode()).hexdigest()
