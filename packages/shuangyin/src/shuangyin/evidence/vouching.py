"""The state of the log for those who watch it: heads, who vouches, what is wrong, and what audits found."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.witness.client import witnesses_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import queries
from shuangyin.evidence.audit_runs import running_audit
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.models import (
    TWIN_LOG,
    CheckpointRow,
    EvidenceEntry,
    LogAudit,
    LogCosignature,
    LogHead,
    LogLeaf,
    LogProblem,
)
from shuangyin.evidence.problems import open_problems
from shuangyin.evidence.schemas import (
    AuditFindingOut,
    AuditOut,
    AuditSummaryOut,
    LogProblemOut,
    LogStateOut,
    TreeStateOut,
    WitnessStateOut,
)
from shuangyin.evidence.trees import TWIN


def log_state(work: UnitOfWork) -> LogStateOut:
    """Everything that the page of the log's state shows."""
    head = queries.newest_checkpoint(work)
    problems = {row.subject: _problem_out(row) for row in open_problems(work)}
    witnesses = _witnesses(work, head, problems)
    last = work.session.scalar(select(LogAudit).order_by(LogAudit.id.desc()).limit(1))
    return LogStateOut(
        origin=queries.origin(work),
        size=head.size if head else 0,
        root=head.root if head else None,
        signed_at=head.signed_at if head else None,
        pending=queries.pending_count(work),
        vkeys=public_keys(work),
        twin=_twin(work),
        witnesses=witnesses,
        witnesses_needed=work.settings.log_witness_quorum,
        witnesses_reached=sum(not one.behind for one in witnesses),
        problems=list(problems.values()),
        last_audit=None if last is None else _summary(last),
        running_audit=running_audit(work),
    )


def audits(work: UnitOfWork, organization_id: str, *, before: str | None, limit: int) -> list[AuditOut]:
    """Audits that ended, newest first; findings name entries of the caller's organization."""
    query = select(LogAudit).order_by(LogAudit.id.desc()).limit(limit)
    if before is not None:
        query = query.where(LogAudit.id < before)
    rows = list(work.session.scalars(query))
    findings = {row.id: list(json.loads(row.findings)) for row in rows}
    indexes = {one["index"] for found in findings.values() for one in found if one["index"] is not None}
    entries = _entries_at(work, organization_id, indexes)
    return [_audit_out(row, findings[row.id], entries) for row in rows]


def _twin(work: UnitOfWork) -> TreeStateOut | None:
    head = queries.newest_checkpoint(work, TWIN)
    row = work.session.get(LogHead, TWIN_LOG)
    if head is None or row is None:
        return None
    return TreeStateOut(
        origin=row.origin,
        size=head.size,
        root=head.root,
        signed_at=head.signed_at,
        vkeys=public_keys(work, TWIN_LOG),
    )


def _witnesses(
    work: UnitOfWork, head: CheckpointRow | None, problems: Mapping[str, LogProblemOut]
) -> list[WitnessStateOut]:
    found = []
    for witness in witnesses_of(work.settings.log_witnesses):
        last = work.session.scalar(
            select(LogCosignature)
            .where(LogCosignature.key_name == witness.name)
            .order_by(LogCosignature.size.desc())
            .limit(1)
        )
        state = WitnessStateOut(
            name=witness.name,
            url=witness.url,
            last_size=last.size if last else None,
            stated_at=last.stated_at if last else None,
            behind=head is not None and (last is None or last.size < head.size),
            problem=problems.get(f"witness:{witness.name}"),
        )
        found.append(state)
    return found


def _problem_out(row: LogProblem) -> LogProblemOut:
    return LogProblemOut(
        subject=row.subject,
        code=row.code,
        zh=row.zh,
        en=row.en,
        blocking=bool(row.blocking),
        since=row.since,
    )


def _summary(row: LogAudit) -> AuditSummaryOut:
    return AuditSummaryOut(
        finished_at=row.finished_at, size=row.size, differences=len(json.loads(row.findings))
    )


def _entries_at(work: UnitOfWork, organization_id: str, indexes: set[int]) -> dict[int, str]:
    query = (
        select(LogLeaf.log_index, LogLeaf.entry_id)
        .join(EvidenceEntry, EvidenceEntry.id == LogLeaf.entry_id)
        .where(EvidenceEntry.organization_id == organization_id, LogLeaf.log_index.in_(indexes))
    )
    return dict(work.session.execute(query).tuples().all())


_OF_ENTRIES = frozenset({"entry", "tile", "columns", "fact", "object"})
"""Findings whose index is that of an entry; heads and states count entries."""


def _audit_out(row: LogAudit, findings: list[dict[str, object]], entries: Mapping[int, str]) -> AuditOut:
    shown = [
        AuditFindingOut.model_validate(
            {**one, "entry_id": entries.get(one["index"]) if one["what"] in _OF_ENTRIES else None}  # type: ignore[call-overload]  # an index or None
        )
        for one in findings
    ]
    return AuditOut(
        id=row.id,
        started_at=row.started_at,
        finished_at=row.finished_at,
        size=row.size,
        root=row.root,
        checked_facts=row.checked_facts,
        checked_objects=row.checked_objects,
        objects_read=bool(row.objects_read),
        differences=len(shown),
        findings=shown,
    )
