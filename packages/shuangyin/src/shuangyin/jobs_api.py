"""Background work that is stuck: an administrator sees why and releases it."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict, not_found
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.jobs import Job, JobState
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record

router = Routes(prefix="/jobs", tags=["jobs"])

Manager = Annotated[Actor, access("jobs.manage")]


class JobOut(BaseModel):
    """One piece of background work."""

    id: str
    kind: str
    state: JobState
    attempts: int
    run_at: int = Field(description="When it is tried next, UTC milliseconds.")
    created_at: int
    finished_at: int | None
    error: str | None = Field(
        description="Why the last try failed: code and sentence in Chinese and English, a line each; or kind and text."
    )
    running: bool = Field(description="Whether a worker has it in hand now.")
    request_id: str | None = Field(description="The use request it serves, if it serves one.")
    releasable: bool = Field(
        description="Whether it may be tried again now: it failed, or waits after a failed try."
    )


def job_out(job: Job, now: int) -> JobOut:
    """A job for the API, as it stands at an instant."""
    request_id = json.loads(job.payload).get("request_id")
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=JobState(job.state),
        attempts=job.attempts,
        run_at=job.run_at,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=job.last_error,
        running=_is_running(job, now),
        request_id=request_id if isinstance(request_id, str) else None,
        releasable=_is_stuck(job, now),
    )


def _is_running(job: Job, now: int) -> bool:
    return job.state == JobState.WAITING and job.lease_until >= now


def _is_stuck(job: Job, now: int) -> bool:
    """Whether it failed for good, or waits for its next try after a failed one."""
    tried = job.state == JobState.WAITING and job.last_error is not None and job.run_at > now
    return job.state == JobState.FAILED or (tried and not _is_running(job, now))


@router.get("", response_model=Page[JobOut])
def list_jobs(
    platform: PlatformOf,
    actor: Manager,
    state: Annotated[JobState | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JobOut]:
    """The organization's background work, newest first."""
    before = read_cursor(cursor)

    def query(work: UnitOfWork) -> Page[JobOut]:
        found = select(Job).where(Job.organization_id == actor.organization_id)
        if state is not None:
            found = found.where(Job.state == state)
        if before is not None:
            found = found.where(Job.id < before)
        rows = list(work.session.scalars(found.order_by(Job.id.desc()).limit(limit + 1)))
        return page_of(rows, limit, lambda row: row.id, lambda row: job_out(row, work.now))

    return platform.view(query)


@router.post("/{job_id}/release", response_model=JobOut)
def release(job_id: str, actor: Manager, write: Write) -> JobOut | Response:
    """Try again now what failed or waits after a failed try. Raises Conflict for other work."""

    def command(work: UnitOfWork) -> JobOut:
        job = work.session.scalar(
            select(Job).where(Job.id == job_id, Job.organization_id == actor.organization_id)
        )
        if job is None:
            raise not_found("这项后台任务", "background job")
        if not _is_stuck(job, work.now):
            raise Conflict(
                "JOB_NOT_FAILED",
                "该任务没有失败或正在执行，无需重新执行。",
                "This job has not failed or is running; there is nothing to release.",
            )
        job.state = JobState.WAITING
        job.attempts = 0
        job.run_at = work.now
        job.finished_at = None
        work.after_commit(work.platform.wake_jobs.set)
        facts = {"kind": job.kind}
        record(work, actor, kind="jobs.released", subject_type="job", subject_id=job.id, facts=facts)
        return job_out(job, work.now)

    return write.run(actor, command)
