"""The full audit of the platform's log: every stored byte recomputed, every fact compared with its entry.

1. Indexes, hashes, tiles, state, signed heads and fence (evidencelog.embedded.auditing), for both trees.
2. The columns by which entries are found say what the entries say; no entry is lost between use case and log.
3. The facts of the business areas are what their entries recorded (the port `BusinessFacts`).
4. And the other way round: every row that an entry must have recorded is recorded by exactly one, which it names.
5. The stored files are there, and their rows say the digests that entries record; when it is asked, each file is read.

What differs is named, kept as the outcome of the audit, and shown as a problem until an audit is clean.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError

from evidencelog.embedded.auditing import AuditFinding, audit_log
from evidencelog.embedded.fence import HeadFence
from evidencelog.entry import decode_entry
from evidencelog.errors import EvidenceLogError
from evidencelog.hashing import TreeHash
from evidencelog.keys import NoteVerifier
from evidencelog.log import LogState
from evidencelog.vkey import parse_vkey
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.kept_objects import ObjectCount, examine_objects
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.kinds import sentence_of
from shuangyin.evidence.models import EvidenceEntry, LogAudit, LogHead, LogLeaf, PendingEntry
from shuangyin.evidence.problems import clear_problem, close_unconfigured, note_problem
from shuangyin.evidence.trees import MAIN, TWIN, DatabaseTiles, Tree

_log = structlog.get_logger(__name__)
_FIRST_AUDIT_S = 60.0
MAX_FINDINGS = 200
"""Findings that are kept of one audit; after so many differences one more says nothing new."""
_ORDER = {"entry": 0, "columns": 1, "fact": 2, "object": 3, "tile": 4, "state": 5, "fence": 6, "head": 7}
"""Causes before consequences: one altered entry contradicts every head that was signed after it."""
_UNREADABLE = "what it speaks of cannot be read any more"
_BROKEN_OFF = "what it speaks of cannot be looked up; nothing after it was compared"
_WHAT_ZH = {
    "entry": "第 {index} 条存证与写入日志时不同",
    "tile": "第 {index} 块默克尔节点与其下的存证不符",
    "state": "日志当前状态与存储的 {index} 条存证不符",
    "head": "{index} 条时签署的检查点与存证不符",
    "fence": "存证与水位记录的 {index} 条不符",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `what` is the kind of thing, `index` its place in the log when it has one."""

    what: str
    index: int | None
    zh: str
    en: str


RowKey = tuple[str, str]
"""A row that entries record: its table and its id."""


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """A row that must have been recorded; `entry_id` is the entry it says so of itself, None where it says nothing."""

    key: RowKey
    entry_id: str | None


class BusinessFacts(Protocol):
    """Who knows what the tables of the areas say now about a recorded fact."""

    def compare(self, work: UnitOfWork, kind: str, content: Mapping[str, Any]) -> str | None:
        """None when the tables agree with an entry of this kind, else what differs (in English).

        Also None for kinds whose facts have moved on since, as they may.
        """
        ...

    def covers(self, kind: str) -> bool:
        """True when entries of this kind can be compared."""
        ...

    def recorded_by(self, kind: str, content: Mapping[str, Any]) -> Collection[RowKey]:
        """The rows that an entry brought into being; none for most kinds."""
        ...

    def rows(self, work: UnitOfWork) -> Iterator[RecordedRow]:
        """Every row that there is only because an entry records it."""
        ...


@dataclass(frozen=True, slots=True)
class AuditOutcome:
    """What an audit came to."""

    id: str
    size: int
    root: str
    checked_facts: int
    checked_objects: int
    objects_read: bool
    differences: tuple[Difference, ...]


Progress = Callable[[int, int], None]
"""Told from time to time how many of how many steps are done; it must not use the audit's own session."""
_TOLD_EVERY = 5000


def _tell_nobody(_done: int, _total: int) -> None:
    return None


OBJECTS_PROBLEM = "audit:objects"
"""The problem that files were altered in place: only an audit that reads them can say that it is over."""


def audit(
    platform: Platform, progress: Progress = _tell_nobody, *, read_objects: bool = False
) -> AuditOutcome:
    """Run a full audit and keep its outcome. The log is read as of one moment, stored files after it."""
    started_at = platform.clock.now_ms()
    differences, size, root, checked = platform.view_at_once(lambda work: _examine(work, progress))
    objects = ObjectCount()
    damaged = [
        Difference(
            "object",
            one.index,
            f"第 {one.index} 条存证（{one.kind}）所记文件 {one.named}：{one.zh}",
            f"entry {one.index} ({one.kind}), {one.named}: {one.en}",
        )
        for one in islice(
            examine_objects(platform, objects, read=read_objects, progress=lambda done: progress(done, done)),
            MAX_FINDINGS,
        )
    ]
    differences += damaged
    kept = sorted(differences, key=lambda item: _ORDER.get(item.what, 0))[:MAX_FINDINGS]

    def store(work: UnitOfWork) -> AuditOutcome:
        row = LogAudit(
            id=work.new_id(),
            started_at=started_at,
            finished_at=work.now,
            size=size,
            root=root,
            checked_facts=checked,
            checked_objects=objects.checked,
            objects_read=int(read_objects),
            findings=json.dumps([asdict(item) for item in kept], ensure_ascii=False),
        )
        work.session.add(row)
        if kept:
            note_problem(work, "audit", "log.audit_differs", kept[0].zh, kept[0].en)
        else:
            clear_problem(work, "audit")
        if read_objects and damaged:
            note_problem(work, OBJECTS_PROBLEM, "log.objects_differ", damaged[0].zh, damaged[0].en)
        elif read_objects:
            clear_problem(work, OBJECTS_PROBLEM)
        close_unconfigured(work)
        return AuditOutcome(row.id, size, root, checked, objects.checked, read_objects, tuple(kept))

    return platform.transact(store)


class _StoredTree:
    """One tree as `audit_log` reads it."""

    def __init__(self, work: UnitOfWork, tree: Tree, head: LogHead) -> None:
        self._work = work
        self._tree = tree
        self._tiles = DatabaseTiles(work, tree)
        self._head = head

    @property
    def origin(self) -> str:
        return self._head.origin

    @property
    def algorithm(self) -> TreeHash:
        return self._tree.algorithm

    def numbered_entries(self, first: int = 0) -> Iterator[tuple[int, bytes]]:
        rows = self._work.session.execute(
            select(LogLeaf.log_index, EvidenceEntry.body)
            .outerjoin(EvidenceEntry, EvidenceEntry.id == LogLeaf.entry_id)
            .where(LogLeaf.log_index >= first)
            .order_by(LogLeaf.log_index)
            .execution_options(yield_per=2000)
        )
        for index, body in rows:
            if body is not None:  # an entry that is gone shows as a gap
                yield index, body.encode()

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        return self._tiles.read_tile(level, index, width)

    def heads(self) -> Iterator[tuple[int, bytes]]:
        heads = self._tree.checkpoints
        for size, note in self._work.session.execute(select(heads.size, heads.note).order_by(heads.size)):
            yield size, note.encode()

    def read_state(self) -> LogState:
        return LogState.from_bytes(self._head.edge)


def _examine(work: UnitOfWork, progress: Progress) -> tuple[list[Difference], int, str, int]:
    differences: list[Difference] = []
    size, root, done = 0, "", 0
    heads = [(tree, work.session.get(LogHead, tree.id)) for tree in (MAIN, TWIN)]
    stored = [(tree, head) for tree, head in heads if head is not None]
    total = sum(head.size for _, head in stored) + (stored[0][1].size if stored else 0)
    progress(0, total)
    for tree, head in stored:  # 1.
        before = done
        verifiers: list[NoteVerifier] = [parse_vkey(text) for text in public_keys(work, tree.id)]
        report = audit_log(
            _StoredTree(work, tree, head),
            verifiers,
            work.port(HeadFence),
            lambda count, before=before: progress(min(before + count, total), total),  # type: ignore[misc]  # the default binds the loop's value
        )
        done = before + head.size
        differences.extend(_of_tree(tree, report.findings, differences))
        if tree is MAIN:
            size, root = report.size, report.root.hex()
    found, checked = _examine_facts(work, lambda count: progress(min(done + count, total), total))
    progress(total, total)
    return differences + found, size, root, checked


def _of_tree(tree: Tree, findings: Sequence[AuditFinding], told: Sequence[Difference]) -> list[Difference]:
    """Findings in words. An entry that was altered differs in both trees and is told once; of what else differs in the
    twin it is said that it is the twin's."""
    zh, en = ("", "") if tree is MAIN else ("国密孪生树：", "In the twin (SM3): ")
    before = {(one.what, one.index) for one in told if one.what == "entry"}
    return [
        Difference(one.what, one.index, zh + _WHAT_ZH[one.what].format(index=one.index), en + one.sentence)
        for one in findings
        if (one.what, one.index) not in before
    ]


def _examine_facts(work: UnitOfWork, progress: Callable[[int], None]) -> tuple[list[Difference], int]:
    differences: list[Difference] = []
    checked = 0
    facts = work.port(BusinessFacts)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    recorded: dict[RowKey, str] = {}
    for number, (entry, index) in enumerate(_placed(work), 1):
        if number % _TOLD_EVERY == 0:
            progress(number)
        differences.extend(_columns(entry, index))  # 2.
        if index is None or not facts.covers(entry.kind):
            continue
        checked += 1
        content = _content(entry)
        said, brought = _compared(work, facts, entry.kind, content)  # 3.
        if said is not None:
            differences.append(_fact(entry, index, said))
        if said is _BROKEN_OFF:
            return differences, checked
        for key in brought:  # 4.
            if key in recorded:
                differences.append(_fact(entry, index, f"another entry records {key[0]} {key[1]} too"))
            else:
                recorded[key] = entry.id
    return differences + _unrecorded(work, facts, recorded), checked


def _compared(
    work: UnitOfWork, facts: BusinessFacts, kind: str, content: Mapping[str, Any]
) -> tuple[str | None, Collection[RowKey]]:
    """What of the tables differs from an entry, and the rows it brought. What was altered so that it cannot even be
    read differs too: whoever alters history could otherwise end the audit with a value of another form."""
    try:
        return facts.compare(work, kind, content), facts.recorded_by(kind, content)
    except OperationalError:
        raise  # The database is away; the next round tries again.
    except Exception as error:
        _log.warning("audit.not_comparable", kind=kind, error=type(error).__name__)
        return (_UNREADABLE if _still_answers(work) else _BROKEN_OFF), ()


def _still_answers(work: UnitOfWork) -> bool:
    """A database may take no more questions in a transaction in which it refused one."""
    try:
        work.session.execute(select(1))
    except DBAPIError:
        return False
    return True


def _fact(entry: EvidenceEntry, index: int, said: str) -> Difference:
    sentence = sentence_of(entry.kind)
    zh = f"第 {index} 条存证（{sentence.zh.rstrip('。')}）与现有业务数据不符"
    return Difference("fact", index, zh, f"entry {index} ({sentence.en.rstrip('.')}, {entry.kind}): {said}")


def _unrecorded(work: UnitOfWork, facts: BusinessFacts, recorded: dict[RowKey, str]) -> list[Difference]:
    """The rows that no entry records, or that name another one; what each row needs is used up by it."""
    found = [row for row in facts.rows(work) if _is_unrecorded(row, recorded)][:MAX_FINDINGS]
    return [_without_entry(work, row) for row in found]


def _is_unrecorded(row: RecordedRow, recorded: dict[RowKey, str]) -> bool:
    entry_id = recorded.pop(row.key, None)
    return entry_id is None or row.entry_id not in (None, entry_id)


def _without_entry(work: UnitOfWork, row: RecordedRow) -> Difference:
    table, row_id = row.key
    index = work.session.scalar(select(LogLeaf.log_index).where(LogLeaf.entry_id == (row.entry_id or "")))
    if index is None:
        zh, en = "没有存证", "no entry records it"
    else:
        zh, en = f"其所指第 {index} 条存证不是它的", f"entry {index}, which it names, is not its own"
    return Difference("fact", index, f"业务记录 {table} {row_id}：{zh}", f"{table} {row_id}: {en}")


def _placed(work: UnitOfWork) -> Iterator[tuple[EvidenceEntry, int | None]]:
    rows = work.session.execute(
        select(EvidenceEntry, LogLeaf.log_index, PendingEntry.entry_id)
        .outerjoin(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .outerjoin(PendingEntry, PendingEntry.entry_id == EvidenceEntry.id)
        .order_by(LogLeaf.log_index)
        .execution_options(yield_per=1000)
    )
    for entry, index, pending in rows:
        yield entry, (-1 if index is None and pending is not None else index)


def _columns(entry: EvidenceEntry, index: int | None) -> Iterator[Difference]:
    if index == -1:
        return
    if index is None:
        zh, en = f"存证 {entry.id} 没有进入日志", f"entry {entry.id} never found its place in the log"
        yield Difference("entry", None, zh, en)
        return
    content = _content(entry)
    subject = content.get("subject")
    said = (
        content.get("id"),
        content.get("organization"),
        content.get("kind"),
        content.get("actor"),
        content.get("at"),
        subject.get("type") if isinstance(subject, dict) else None,
        subject.get("id") if isinstance(subject, dict) else None,
        hashlib.sha256(entry.body.encode()).hexdigest(),
    )
    kept = (
        entry.id,
        entry.organization_id,
        entry.kind,
        entry.actor_id,
        entry.recorded_at,
        entry.subject_type,
        entry.subject_id,
        entry.digest,
    )
    if said != kept:
        zh = f"第 {index} 条存证的检索列与其内容不符"
        yield Difference("columns", index, zh, f"the columns of entry {index} do not say what the entry says")


def _content(entry: EvidenceEntry) -> Mapping[str, Any]:
    try:
        return decode_entry(entry.body.encode())
    except EvidenceLogError:
        return {}


class AuditThread:
    """Audits the log every so many hours, beginning soon after the start."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-audit", daemon=True)

    def start(self) -> None:
        if self._platform.settings.log_audit_hours > 0:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def _run(self) -> None:
        pause = _FIRST_AUDIT_S
        while not self._stop.wait(pause):
            pause = self._platform.settings.log_audit_hours * 3600
            try:
                audit(self._platform)
            except Exception:
                # A database that is away is no finding; the next round tries again.
                _log.exception("audit.failed")
