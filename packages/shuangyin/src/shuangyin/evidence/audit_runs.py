"""An audit that somebody asks for: a background job that tells how far it is."""

from __future__ import annotations

import json

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.jobs import ClaimedJob, Job, JobState, enqueue, keep_progress
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import AuditOutcome, audit
from shuangyin.evidence.commands import record
from shuangyin.evidence.schemas import AuditRunOut

JOB_KIND = "evidence.audit"
_SLOT = "evidence.audit"
"""One audit at a time: who asks while one waits or runs is given that one."""


def ask_for_audit(work: UnitOfWork, actor: Actor, *, objects: bool = False) -> AuditRunOut:
    """Let the log be audited in full, in the background. Raises Forbidden without the permission."""
    actor.require("evidence.audit")
    payload = {"asked_by": actor.person_id, "organization": actor.organization_id, "objects": objects}
    job_id = enqueue(work, JOB_KIND, payload, organization_id=actor.organization_id, slot=_SLOT)
    work.session.flush()
    return run_out(work.session.get_one(Job, job_id), work.now)


def run_job(platform: Platform, job: ClaimedJob) -> None:
    """The handler of the job. Running it twice makes two audits, which is no harm."""

    def tell(done: int, total: int) -> None:
        keep_progress(platform, job, {"done": done, "total": total})

    outcome = audit(platform, tell, read_objects=bool(job.payload.get("objects")))
    platform.transact(lambda work: _finish(work, job, outcome))


def _finish(work: UnitOfWork, job: ClaimedJob, outcome: AuditOutcome) -> None:
    asked = Actor(
        organization_id=str(job.payload["organization"]),
        person_id=str(job.payload["asked_by"]),
        name="",
        permissions=frozenset(),
    )
    record(
        work,
        asked,
        kind="evidence.audited",
        subject_type="log",
        subject_id="log",
        facts={
            "audit": outcome.id,
            "size": outcome.size,
            "root": outcome.root,
            "differences": len(outcome.differences),
            "objects": outcome.checked_objects,
            "objects_read": outcome.objects_read,
        },
    )
    row = work.session.get_one(Job, job.id)
    row.payload = json.dumps({**json.loads(row.payload), "audit_id": outcome.id})


def run_of(work: UnitOfWork, run_id: str) -> AuditRunOut:
    """One audit that was asked for. The log is the installation's, so whoever watches it sees it. Raises NotFound."""
    job = work.session.scalar(select(Job).where(Job.id == run_id, Job.kind == JOB_KIND))
    if job is None:
        raise not_found("这次审计", "audit")
    return run_out(job, work.now)


def running_audit(work: UnitOfWork) -> AuditRunOut | None:
    """The audit that waits or runs now."""
    job = work.session.scalar(select(Job).where(Job.kind == JOB_KIND, Job.state == JobState.WAITING).limit(1))
    return None if job is None else run_out(job, work.now)


def run_out(job: Job, now: int) -> AuditRunOut:
    """A job as an audit, at an instant."""
    payload = json.loads(job.payload)
    progress = payload.get("progress", {})
    running = job.state == JobState.WAITING and job.lease_until >= now
    return AuditRunOut(
        id=job.id,
        state="running" if running else job.state,
        done=progress.get("done", 0),
        total=progress.get("total", 0),
        asked_at=job.created_at,
        audit_id=payload.get("audit_id"),
        error=job.last_error,
    )
