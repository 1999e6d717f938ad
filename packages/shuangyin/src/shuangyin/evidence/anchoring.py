"""Taking signed heads to the anchors, and finding out what became of them. Sealing never waits for any of it.

One round for one anchor, under a lease, so that one account is only ever used by one process:

1. The outside is the chain and contract that it was before; another one stops the anchor until an administrator
   confirms it.
2. The newest head that the outside holds is one that our log contains. If it is not, our database is an old copy or
   was altered: signing stops until the log is reconciled.
3. Heads that count as confirmed are looked at again, newest first, until one still stands; those that a
   reorganisation took are on their way again.
4. Every head on its way is looked at, in the order of its transactions: confirmed with its receipt, failed, sent
   again when the outside forgot it, or signed anew with a higher fee when it waits too long.
5. When nothing is on its way and the period is over, the newest head is signed, stored, and only then sent.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import CursorResult, select, update

from evidencelog.anchors import AnchorReceipt, outside_id
from evidencelog.checkpoint import Checkpoint, parse_checkpoint
from evidencelog.errors import EvidenceLogError
from evidencelog.tree import TileProver
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.anchor_queries import CONFIRMED, FAILED, SENT, anchor_subject, last_confirmed
from shuangyin.evidence.models import (
    LogAnchor,
    LogAnchoring,
    LogAnchorReceipt,
    LogAnchorTransaction,
    LogCheckpoint,
)
from shuangyin.evidence.ports import (
    REFUSED,
    RESET,
    Anchor,
    AnchorProblem,
    Anchors,
    Fate,
    Outcome,
    RememberedHead,
    SignedTransaction,
)
from shuangyin.evidence.problems import clear_problem, note_problem
from shuangyin.evidence.queries import newest_checkpoint
from shuangyin.evidence.queries import origin as log_origin
from shuangyin.evidence.trees import DatabaseTiles

_log = structlog.get_logger(__name__)

LEASE_MS = 120_000
_POLL_S = 1.0
_FIRST_RETRY_MS = 1_000
_LAST_RETRY_MS = 300_000
_REVIEWED = 32
"""How many confirmed heads are looked at again when the newest of them is gone."""
AHEAD = "anchor.ahead"
SPLIT = "anchor.split"


@dataclass(frozen=True, slots=True)
class _Underway:
    """One head with all its transactions, as read from the database."""

    id: str
    head: Checkpoint
    number: int | None
    signed_at: int
    sent: tuple[SignedTransaction, ...]


def anchor_round(platform: Platform, anchor: Anchor) -> bool:
    """One round for one anchor; False when another process has it in hand or it is not time yet."""
    if not platform.view(lambda work: _may_begin(work, anchor.name)):
        return False
    owner = secrets.token_hex(16)
    if not platform.transact(lambda work: _claim(work, anchor.name, owner)):
        return False
    try:
        _round(platform, anchor)
    except AnchorProblem as problem:
        code, text = problem.code, str(problem)
        platform.transact(lambda work: _fail(work, anchor.name, code, text))
    else:
        platform.transact(lambda work: _well(work, anchor.name))
    finally:
        platform.transact(lambda work: _release(work, anchor.name, owner))
    return True


def confirm_anchor(work: UnitOfWork, name: str) -> bool:
    """An administrator has looked: the outside may be another chain or contract from now on.

    What the old one held counts no longer, since nobody can look it up; its receipts stay. False when no such anchor was ever used.
    """
    row = work.session.get(LogAnchor, name)
    if row is None:
        return False
    row.identity, row.next_nonce, row.failures, row.retry_at = None, 0, 0, 0
    work.session.execute(
        update(LogAnchoring)
        .where(LogAnchoring.anchor == name, LogAnchoring.state.in_((SENT, CONFIRMED)))
        .values(state=FAILED, reason="the chain was replaced", changed_at=work.now)
    )
    clear_problem(work, anchor_subject(name))
    return True


def heads_of_anchors(platform: Platform) -> list[Checkpoint]:
    """The newest heads of our log that the anchors hold now, for reconciling. Raises AnchorProblem."""
    origin = platform.view(log_origin)
    if origin is None:
        return []
    held = [anchor.remembered(origin) for anchor in platform.port(Anchors).members]
    return [Checkpoint(origin, one.size, one.root) for one in held if one is not None]


class AnchorThread:
    """One thread for every anchor, so that a slow one delays nobody."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(anchor,), name=f"anchor-{anchor.name}", daemon=True)
            for anchor in platform.port(Anchors).members
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=30)

    def _run(self, anchor: Anchor) -> None:
        while not self._stop.wait(_POLL_S):
            try:
                anchor_round(self._platform, anchor)
            except Exception:
                # The database may be away for a moment; the next round tries again.
                _log.exception("anchors.round_failed", anchor=anchor.name)


def _round(platform: Platform, anchor: Anchor) -> None:
    newest = platform.view(_newest)
    if newest is None:
        return
    due = newest if platform.view(lambda work: _is_due(work, anchor, newest)) else None
    _require_same(platform, anchor)  # 1
    remembered = anchor.remembered(newest.origin)
    # Our own head is read after theirs, so that one that another process anchored meanwhile is no surprise.
    if remembered is not None and not platform.transact(
        lambda work: _contains(work, anchor.name, remembered)
    ):  # 2
        return
    _review(platform, anchor)  # 3
    for one in platform.view(lambda work: _underway(work, anchor.name)):  # 4
        _follow(platform, anchor, one)
    rests = due is None and not platform.view(lambda work: _underway(work, anchor.name))
    if rests:
        platform.transact(lambda work: _rest(work, anchor))
    if due is not None and not platform.view(lambda work: _underway(work, anchor.name)):  # 5
        above = remembered.size if remembered is not None else -1
        if due.size > above:
            _begin(platform, anchor, due)


def _require_same(platform: Platform, anchor: Anchor) -> None:
    found = anchor.identity()

    def compare(work: UnitOfWork) -> str:
        row = work.session.get_one(LogAnchor, anchor.name)
        if row.identity is None:
            row.identity = found
        return row.identity

    known = platform.transact(compare)
    if known != found:
        raise AnchorProblem(
            RESET,
            f"it was {known} and is now {found}; confirm with `shuangyin log confirm-anchor {anchor.name}`",
        )


def _contains(work: UnitOfWork, name: str, remembered: RememberedHead) -> bool:
    head = newest_checkpoint(work)
    stored = head.size if head is not None else 0
    code = None
    if remembered.size > stored:
        code = AHEAD
    elif remembered.size and TileProver(DatabaseTiles(work), remembered.size).root() != remembered.root:
        code = SPLIT
    if code is None:
        return True
    zh = f"链 {name} 上已有 {remembered.size} 条的检查点，与这里的日志不符，已停止签署"
    en = f"The anchor {name} holds a head of {remembered.size} entries that is not one of this log"
    note_problem(work, anchor_subject(name), code, zh, en, blocking=True)
    return False


def _review(platform: Platform, anchor: Anchor) -> None:
    """Look again at what counts as confirmed, newest first, until one still stands."""
    if anchor.final:
        return
    for one in platform.view(lambda work: _confirmed(work, anchor.name)):
        outcome = anchor.look(one.head, one.number, one.sent)
        if outcome.fate is Fate.CONFIRMED:
            return
        _log.warning("anchors.reorganised", anchor=anchor.name, size=one.head.size)
        platform.transact(lambda work, one=one: _set(work, one.id, SENT, None))  # type: ignore[misc]  # the default binds the loop's value


def _follow(platform: Platform, anchor: Anchor, one: _Underway) -> None:
    outcome = anchor.look(one.head, one.number, one.sent)
    if outcome.fate is Fate.CONFIRMED and outcome.receipt is not None:
        receipt = outcome.receipt
        platform.transact(lambda work: _keep(work, anchor.name, one, receipt))
    elif outcome.fate is Fate.REJECTED:
        platform.transact(lambda work: _set(work, one.id, FAILED, outcome.reason))
        raise AnchorProblem(REFUSED, outcome.reason)
    elif outcome.fate is Fate.UNKNOWN:
        for transaction in one.sent:
            anchor.send(transaction)
    elif platform.clock.now_ms() - one.signed_at > anchor.patience_s * 1000 and _waits(outcome):
        newer = anchor.sign(one.head, one.number, one.sent)
        platform.transact(lambda work: _add_transaction(work, one.id, newer))
        anchor.send(newer)


def _waits(outcome: Outcome) -> bool:
    """A transaction that stands in a block only waits for depth; a higher fee would not help it."""
    return outcome.receipt is None and not outcome.reason


def _begin(platform: Platform, anchor: Anchor, head: Checkpoint) -> None:
    number = anchor.next_number()
    if number is not None:
        known = platform.view(lambda work: work.session.get_one(LogAnchor, anchor.name).next_nonce)
        number = max(number, known)
    signed = anchor.sign(head, number, ())
    platform.transact(lambda work: _add(work, anchor.name, head, number, signed))
    anchor.send(signed)
    look = platform.view(lambda work: _underway(work, anchor.name))
    # An authority answers at once; a chain usually says that it is too early.
    for one in look:
        _follow(platform, anchor, one)


# ---------------------------------------------------------------- rows


def _may_begin(work: UnitOfWork, name: str) -> bool:
    """Asked without writing, since it is asked every second."""
    row = work.session.get(LogAnchor, name)
    waits = row is not None and (row.retry_at > work.now or row.lease_until >= work.now)
    return not waits and _newest(work) is not None


def _claim(work: UnitOfWork, name: str, owner: str) -> bool:
    if work.session.get(LogAnchor, name) is None:
        work.session.add(LogAnchor(name=name, next_nonce=0, failures=0, retry_at=0, lease_until=0))
        work.session.flush()
    claimed = work.session.execute(
        update(LogAnchor)
        .where(LogAnchor.name == name, LogAnchor.lease_until < work.now, LogAnchor.retry_at <= work.now)
        .values(lease_owner=owner, lease_until=work.now + LEASE_MS)
        .execution_options(synchronize_session=False)
    )
    return isinstance(claimed, CursorResult) and claimed.rowcount == 1


def _release(work: UnitOfWork, name: str, owner: str) -> None:
    work.session.execute(
        update(LogAnchor)
        .where(LogAnchor.name == name, LogAnchor.lease_owner == owner)
        .values(lease_owner=None, lease_until=0)
    )


def _fail(work: UnitOfWork, name: str, code: str, text: str) -> None:
    row = work.session.get_one(LogAnchor, name)
    row.failures += 1
    row.retry_at = work.now + min(_FIRST_RETRY_MS * 2 ** min(row.failures - 1, 12), _LAST_RETRY_MS)
    kind = next((one.kind for one in work.port(Anchors).members if one.name == name), "")
    what = "时间戳服务" if kind == "rfc3161" else "上链"
    note_problem(
        work, anchor_subject(name), code, f"{what} {name} 失败：{text}", f"The anchor {name}: {text}"
    )


def _well(work: UnitOfWork, name: str) -> None:
    row = work.session.get_one(LogAnchor, name)
    if row.failures:
        row.failures = 0
        clear_problem(work, anchor_subject(name))


def _rest(work: UnitOfWork, anchor: Anchor) -> None:
    """Nothing new to anchor and nothing on its way: what is confirmed is looked at again after a period."""
    work.session.get_one(LogAnchor, anchor.name).retry_at = work.now + anchor.period_s * 1000


def _newest(work: UnitOfWork) -> Checkpoint | None:
    head = newest_checkpoint(work)
    return None if head is None or head.size == 0 else parse_checkpoint(head.note.encode())


def _is_due(work: UnitOfWork, anchor: Anchor, head: Checkpoint) -> bool:
    """Whether the head is larger than what the anchor holds, and a period has passed since the last one."""
    last = last_confirmed(work, anchor.name)
    begun = work.session.scalar(
        select(LogAnchoring.started_at)
        .where(LogAnchoring.anchor == anchor.name)
        .order_by(LogAnchoring.id.desc())
        .limit(1)
    )
    too_early = begun is not None and work.now - begun < anchor.period_s * 1000
    return not too_early and (last is None or last[0].size < head.size)


def _underway(work: UnitOfWork, name: str) -> list[_Underway]:
    rows = work.session.scalars(
        select(LogAnchoring)
        .where(LogAnchoring.anchor == name, LogAnchoring.state == SENT)
        .order_by(LogAnchoring.id)
    )
    return [_read(work, row) for row in rows]


def _confirmed(work: UnitOfWork, name: str) -> list[_Underway]:
    rows = work.session.scalars(
        select(LogAnchoring)
        .where(LogAnchoring.anchor == name, LogAnchoring.state == CONFIRMED)
        .order_by(LogAnchoring.size.desc())
        .limit(_REVIEWED)
    )
    return [_read(work, row) for row in rows]


def _read(work: UnitOfWork, row: LogAnchoring) -> _Underway:
    transactions = list(
        work.session.scalars(
            select(LogAnchorTransaction)
            .where(LogAnchorTransaction.anchoring_id == row.id)
            .order_by(LogAnchorTransaction.id)
        )
    )
    checkpoint = parse_checkpoint(work.session.get_one(LogCheckpoint, row.size).note.encode())
    sent = tuple(SignedTransaction(each.transaction_id, bytes.fromhex(each.raw)) for each in transactions)
    # A bare head is what is anchored: extension lines are nobody's statement.
    head = replace(checkpoint, extensions=())
    return _Underway(row.id, head, row.nonce, transactions[-1].signed_at if transactions else 0, sent)


def _add(
    work: UnitOfWork, name: str, head: Checkpoint, number: int | None, signed: SignedTransaction
) -> None:
    row = LogAnchoring(
        id=work.new_id(),
        anchor=name,
        size=head.size,
        root=head.root.hex(),
        nonce=number,
        state=SENT,
        started_at=work.now,
        changed_at=work.now,
    )
    work.session.add(row)
    if number is not None:
        work.session.get_one(LogAnchor, name).next_nonce = number + 1
    _add_transaction(work, row.id, signed)


def _add_transaction(work: UnitOfWork, anchoring_id: str, signed: SignedTransaction) -> None:
    work.session.add(
        LogAnchorTransaction(
            id=work.new_id(),
            anchoring_id=anchoring_id,
            transaction_id=signed.transaction_id,
            raw=signed.raw.hex(),
            signed_at=work.now,
        )
    )


def _set(work: UnitOfWork, anchoring_id: str, state: str, reason: str | None) -> None:
    row = work.session.get_one(LogAnchoring, anchoring_id)
    row.state, row.reason, row.changed_at = state, reason, work.now


def _keep(work: UnitOfWork, name: str, one: _Underway, receipt: AnchorReceipt) -> None:
    try:
        body, found_by = receipt.to_bytes().decode(), outside_id(receipt)
    except EvidenceLogError as error:
        raise AnchorProblem(REFUSED, f"its answer makes no receipt: {error}") from error
    row = LogAnchorReceipt(
        id=work.new_id(),
        anchor=name,
        size=one.head.size,
        transaction_id=found_by,
        block_time=receipt.block.time_ms if receipt.block else receipt.verified_at_ms,
        body=body,
        confirmed_at=work.now,
    )
    work.session.add(row)
    _set(work, one.id, CONFIRMED, None)
    work.session.get_one(LogAnchoring, one.id).receipt_id = row.id
