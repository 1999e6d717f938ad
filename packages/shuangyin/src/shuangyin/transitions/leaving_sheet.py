"""The proof sheet (离职交接证明单) of a person: every thing that was in hand, what became of it, and when."""

from __future__ import annotations

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import queries as people
from shuangyin.transitions import leaving_queries as queries
from shuangyin.transitions.changing_post import PARTS as PARTS_OF_CHANGE
from shuangyin.transitions.leaving import PARTS, digest_of_lines
from shuangyin.transitions.leaving_models import PersonTransition, PersonTransitionItem, TransitionKind
from shuangyin.transitions.leaving_parts import KINDS, OUTCOMES, WHY, Outcome, Why
from shuangyin.transitions.proof_sheet import Cell, ProofSheet, minute, second

_TITLES = {TransitionKind.LEFT: "离职交接证明单", TransitionKind.CHANGED_POST: "调岗交接证明单"}
_LEADS = {
    TransitionKind.LEFT: "自上述时间起，下列事项同时终止或移交，该人员不能再以相应身份办理任何事项。",
    TransitionKind.CHANGED_POST: "自上述时间起，下列事项同时终止、移交或保留，该人员不能再以所免岗位办理任何事项。",
}
_LEFT_OPEN = "经本单位负责人决定立即离职，标明遗留待处理的事项不随之了结，已转为待办。"
_PARTS = {part.code: part.text.zh for part in (*PARTS, *PARTS_OF_CHANGE)}


def sheet_of(work: UnitOfWork, found: PersonTransition, *, organization: str) -> ProofSheet:
    """The sheet with every value as it is to be read."""
    items = queries.items_of(work, found.id)
    ids = {found.person_id, found.done_by, *(one.to_person_id for one in items if one.to_person_id)}
    names = {key: one.name for key, one in people.display(work, ids).items()}
    kind, at = TransitionKind(found.kind), second(found.done_at)
    recomputed = digest_of_lines(
        (one.part, one.kind, one.subject_id, one.outcome, one.to_person_id or "") for one in items
    )
    person, done_by = names.get(found.person_id, found.person_id), names.get(found.done_by, found.done_by)
    return ProofSheet(
        title=_TITLES[kind],
        organization=organization,
        facts=[
            [f"单位：{organization}", f"编号：{found.number}"],
            [f"人员：{person}", f"办理人：{done_by}"],
            [f"办理时间：{at}", f"共 {len(items)} 项"],
            [f"事由：{found.reason or '—'}"],
        ],
        lead=_LEADS[kind] + (_LEFT_OPEN if any(one.outcome == Outcome.LEFT_OPEN for one in items) else ""),
        empty="该人员手中没有事项。",
        headers=["序", "类别", "事项", "结果", "接任", "时间"],
        widths=[9, 28, 0, 22, 18, 34],
        rows=[_row(number, one, names, at) for number, one in enumerate(items, start=1)],
        digest=f"事项摘要（SM3）：{found.digest}",
        unchanged=recomputed == found.digest,
        entry=found.entry_id,
        signatures=["移交人", "接任人", "办理人"],
        printed_at=minute(work.now),
    )


def _row(number: int, item: PersonTransitionItem, names: dict[str, str], at: str) -> list[Cell]:
    kind = KINDS[item.kind].zh
    return [
        Cell(str(number)),
        Cell(_PARTS.get(item.part, item.part)),
        Cell(f"{kind} {item.label}".strip(), WHY[Why(item.why)].zh if item.why else ""),
        Cell(OUTCOMES[Outcome(item.outcome)].zh),
        Cell(names.get(item.to_person_id or "", "—")),
        Cell(at),
    ]
