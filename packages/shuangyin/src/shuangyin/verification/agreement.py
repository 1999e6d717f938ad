"""Whether a use is what its entry in the log says. Of one that is not, nothing is shown and nothing is proven.

1. The entry is there and can be read.
2. It has its place in the log, with these bytes, or is on its way there.
3. It is that of a seal use, of this one and of no other, and what it states of it is what the use says now.

A use could otherwise be invented in the database by borrowing the entry of a true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from evidencelog.entry import decode_entry
from evidencelog.errors import EvidenceLogError
from evidencelog.hashing import SHA256
from shuangyin.core.errors import Conflict
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import BusinessFacts
from shuangyin.evidence.models import EvidenceEntry, LogProblem, PendingEntry
from shuangyin.evidence.problems import note_problem
from shuangyin.evidence.queries import leaf_of
from shuangyin.sealing.models import SealUse

RECORD_DISAGREES: Final = "RECORD_DISAGREES"
_USE_KINDS: Final = frozenset({"sealing.sealed", "sealing.pressed"})
_log = structlog.get_logger(__name__)


def require_agreement(work: UnitOfWork, use: SealUse) -> None:
    """Raises Conflict (RECORD_DISAGREES), and the alarm, when a use is not what its entry says."""
    agreeing(work, [use])


def agreeing(work: UnitOfWork, uses: Sequence[SealUse]) -> list[SealUse]:
    """Those uses that are what their entries say; the others raise the alarm.

    Raises Conflict (RECORD_DISAGREES) when there are uses but none that agrees.
    """
    said = [(use, disagreement(work, use)) for use in uses]
    good = [use for use, differs in said if differs is None]
    bad = [(use, differs) for use, differs in said if differs is not None]
    for use, differs in bad:
        _log.error("verification.record_disagrees", number=use.number, differs=differs)
    if bad:
        _raise_alarm(work, bad[0][0], bad[0][1])
    if bad and not good:
        raise _disagrees()
    return good


def disagreement(work: UnitOfWork, use: SealUse) -> str | None:
    """What is wrong with a use, None when it is what its entry says."""
    entry = work.session.get(EvidenceEntry, use.entry_id) if use.entry_id else None
    if entry is None:  # 1.
        return "no entry records it"
    try:
        content = decode_entry(entry.body.encode())
    except EvidenceLogError:
        return "its entry cannot be read"
    said = _misplaced(work, entry)  # 2.
    if said is not None:
        return said
    kind, facts = content.get("kind"), content.get("facts")  # 3.
    if not isinstance(kind, str) or kind not in _USE_KINDS or not isinstance(facts, dict):
        return "its entry is none of a seal use"
    if facts.get("use") != use.id or content.get("id") != entry.id:
        return "its entry is that of another use"
    recorded = work.port(BusinessFacts)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    return recorded.compare(work, kind, content)


def _misplaced(work: UnitOfWork, entry: EvidenceEntry) -> str | None:
    leaf = leaf_of(work, entry.id)
    if leaf is None:
        waits = work.session.get(PendingEntry, entry.id) is not None
        return None if waits else "its entry is not in the log"
    same = leaf.leaf_hash == SHA256.leaf(entry.body.encode()).hex()
    return None if same else "its entry is not the one in the log"


def _raise_alarm(work: UnitOfWork, use: SealUse, differs: str) -> None:
    """Show the problem of a failed audit to those who watch the log; an audit will name all of it."""
    number = use.number

    def note(alarm: UnitOfWork) -> None:
        # What an audit found says more, and stays.
        if alarm.session.get(LogProblem, "audit") is None:
            zh = f"用印 {number} 的记录与存证日志不符，请运行全量审计"
            en = f"the record of use {number} does not agree with the log ({differs}); run a full audit"
            note_problem(alarm, "audit", "log.audit_differs", zh, en)

    # This work only reads; the alarm is written by one of its own.
    work.platform.transact(note)


def _disagrees() -> Conflict:
    return Conflict(
        RECORD_DISAGREES,
        "这条用印记录与存证日志不符，请勿采信；管理人员已收到告警。请向用印单位核实。",
        "This record does not agree with the log and is not to be relied on. Those in charge have been alarmed; "
        "ask the organization.",
    )
