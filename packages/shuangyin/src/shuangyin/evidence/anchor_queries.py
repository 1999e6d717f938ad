"""Reads of anchors: where each stands, and what covers an entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import func, select

from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import LogAnchor, LogAnchoring, LogAnchorReceipt, LogLeaf, LogProblem
from shuangyin.evidence.ports import Anchor, Anchors
from shuangyin.evidence.queries import PlacedEntry, newest_checkpoint
from shuangyin.evidence.schemas import AnchorOut, AnchorReceiptOut, EntryAnchorOut

SENT, CONFIRMED, FAILED = "sent", "confirmed", "failed"
State = Literal["waiting", "sent", "anchored", "failed"]
Covering = tuple[int, int, str | None, str | None, int | None]


def anchor_subject(name: str) -> str:
    """The subject under which an anchor's problem is kept."""
    return f"anchor:{name}"


def last_confirmed(work: UnitOfWork, name: str) -> tuple[LogAnchoring, LogAnchorReceipt] | None:
    """The largest head that the anchor holds for certain, and its receipt."""
    row = work.session.execute(
        select(LogAnchoring, LogAnchorReceipt)
        .join(LogAnchorReceipt, LogAnchorReceipt.id == LogAnchoring.receipt_id)
        .where(LogAnchoring.anchor == name, LogAnchoring.state == CONFIRMED)
        .order_by(LogAnchoring.size.desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def anchor_states(work: UnitOfWork) -> list[AnchorOut]:
    """Where every configured anchor stands, in the order of the settings."""
    return [_anchor_out(work, anchor) for anchor in work.port(Anchors).members]


def receipts_of(work: UnitOfWork, name: str, limit: int) -> list[AnchorReceiptOut]:
    """The latest receipts of an anchor, newest first."""
    rows = work.session.scalars(
        select(LogAnchorReceipt)
        .where(LogAnchorReceipt.anchor == name)
        .order_by(LogAnchorReceipt.id.desc())
        .limit(limit)
    )
    return [
        AnchorReceiptOut(
            id=row.id,
            anchor=row.anchor,
            size=row.size,
            transaction_id=row.transaction_id,
            block_time=row.block_time,
            confirmed_at=row.confirmed_at,
        )
        for row in rows
    ]


def receipt_body(work: UnitOfWork, receipt_id: str) -> bytes:
    """The receipt's bytes. Raises NotFound."""
    row = work.session.get(LogAnchorReceipt, receipt_id)
    if row is None:
        raise not_found("这份回执", "anchor receipt")
    return row.body.encode()


def first_receipts(work: UnitOfWork, least: int) -> list[LogAnchorReceipt]:
    """For every anchor that holds one, the receipt of its first head of at least this size, also of former anchors."""
    first = (
        select(LogAnchoring.anchor, func.min(LogAnchoring.size).label("size"))
        .where(LogAnchoring.state == CONFIRMED, LogAnchoring.size >= least)
        .group_by(LogAnchoring.anchor)
        .subquery()
    )
    rows = work.session.scalars(
        select(LogAnchorReceipt)
        .join(LogAnchoring, LogAnchoring.receipt_id == LogAnchorReceipt.id)
        .join(first, (first.c.anchor == LogAnchoring.anchor) & (first.c.size == LogAnchoring.size))
        .where(LogAnchoring.state == CONFIRMED)
        .order_by(LogAnchorReceipt.id)
    )
    return list(rows)


def anchors_of(work: UnitOfWork, entries: Sequence[PlacedEntry]) -> Mapping[str, list[EntryAnchorOut]]:
    """For every entry (by its id) how each configured anchor covers it."""
    places = {placed.entry.id: placed.log_index for placed in entries}
    result: dict[str, list[EntryAnchorOut]] = {entry_id: [] for entry_id in places}
    for anchor in work.port(Anchors).members:
        covered = _covering(work, anchor.name, [index for index in places.values() if index is not None])
        open_size = _open_size(work, anchor.name)
        fallen = work.session.get(LogProblem, anchor_subject(anchor.name)) is not None
        for entry_id, index in places.items():
            found = None if index is None else covered.get(index)
            result[entry_id].append(_entry_anchor(anchor, index, found, open_size, fallen=fallen))
    return result


def state_of_entry(anchors: Sequence[EntryAnchorOut]) -> Literal["waiting", "anchored", "failed", "none"]:
    """待上链 (waiting), 已上链 (anchored, by at least one) or 失败 (failed, all of them); none without anchors."""
    if not anchors:
        return "none"
    if any(one.state == "anchored" for one in anchors):
        return "anchored"
    return "failed" if all(one.state == "failed" for one in anchors) else "waiting"


def _covering(work: UnitOfWork, name: str, indexes: Sequence[int]) -> Mapping[int, Covering]:
    """For every index the first confirmed head that holds it."""
    if not indexes:
        return {}
    first = (
        select(func.min(LogAnchoring.size))
        .where(
            LogAnchoring.anchor == name,
            LogAnchoring.state == CONFIRMED,
            LogAnchoring.size > LogLeaf.log_index,
        )
        .correlate(LogLeaf)
        .scalar_subquery()
    )
    sizes = work.session.execute(
        select(LogLeaf.log_index, first).where(LogLeaf.log_index.in_(indexes))
    ).tuples()
    by_index = {index: size for index, size in sizes if size is not None}
    rows = work.session.execute(
        select(LogAnchoring.size, LogAnchorReceipt)
        .join(LogAnchorReceipt, LogAnchorReceipt.id == LogAnchoring.receipt_id)
        .where(
            LogAnchoring.anchor == name,
            LogAnchoring.state == CONFIRMED,
            LogAnchoring.size.in_(set(by_index.values())),
        )
    ).tuples()
    receipts = {
        size: (size, row.confirmed_at, row.id, row.transaction_id, row.block_time) for size, row in rows
    }
    return {index: receipts[size] for index, size in by_index.items() if size in receipts}


def _open_size(work: UnitOfWork, name: str) -> int:
    size = work.session.scalar(
        select(func.max(LogAnchoring.size)).where(LogAnchoring.anchor == name, LogAnchoring.state == SENT)
    )
    return size or 0


def _entry_anchor(
    anchor: Anchor, index: int | None, found: Covering | None, open_size: int, *, fallen: bool
) -> EntryAnchorOut:
    if found is not None:
        size, confirmed_at, receipt_id, transaction_id, block_time = found
        return EntryAnchorOut(
            name=anchor.name,
            kind=anchor.kind,
            state="anchored",
            size=size,
            transaction_id=transaction_id,
            block_time=block_time,
            confirmed_at=confirmed_at,
            receipt_id=receipt_id,
        )
    state: State = "failed" if fallen else "waiting"
    if not fallen and index is not None and open_size > index:
        state = "sent"
    return EntryAnchorOut(name=anchor.name, kind=anchor.kind, state=state)


def _anchor_out(work: UnitOfWork, anchor: Anchor) -> AnchorOut:
    last = last_confirmed(work, anchor.name)
    problem = work.session.get(LogProblem, anchor_subject(anchor.name))
    head = newest_checkpoint(work)
    state: State = "waiting"
    if problem is not None:
        state = "failed"
    elif last is not None and head is not None and last[0].size >= head.size:
        state = "anchored"
    elif _open_size(work, anchor.name):
        state = "sent"
    row = work.session.get(LogAnchor, anchor.name)
    return AnchorOut(
        name=anchor.name,
        kind=anchor.kind,
        state=state,
        last_size=last[0].size if last else None,
        last_transaction_id=last[1].transaction_id if last else None,
        last_confirmed_at=last[1].confirmed_at if last else None,
        period_seconds=anchor.period_s,
        identity=row.identity if row else None,
        problem=None if problem is None else problem.zh,
        problem_en=None if problem is None else problem.en,
        problem_code=None if problem is None else problem.code,
    )
