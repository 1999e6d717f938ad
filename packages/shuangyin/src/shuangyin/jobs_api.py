"""Background work that is stuck: an administrator sees why and releases it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict, not_found
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.writing import Write
from shuangyin.core.jobs import Job, JobState
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record

router = APIRouter(prefix="/jobs", tags=["jobs"])

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
    error: str | None = Field(description="Why the last try failed: the kind of error and its sentence.")


def job_out(job: Job) -> JobOut:
    """A job for the API."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=JobState(job.state),
        attempts=job.attempts,
        run_at=job.run_at,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=job.last_error,
    )


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
        return page_of(rows, limit, lambda row: row.id, job_out)

    return platform.view(query)


@router.post("/{job_id}/release", response_model=JobOut)
def release(job_id: str, actor: Manager, write: Write) -> JobOut | Response:
    """Try failed work again now. Raises Conflict for work that has not failed."""

    def command(work: UnitOfWork) -> JobOut:
        job = work.session.scalar(
            select(Job).where(Job.id == job_id, Job.organization_id == actor.organization_id)
        )
        if job is None:
            raise not_found("这项后台任务", "background job")
        if job.state != JobState.FAILED:
            raise Conflict(
                "JOB_NOT_FAILED",
                "该任务没有失败，无需重新执行。",
                "This job has not failed; there is nothing to release.",
            )
        job.state = JobState.WAITING
        job.attempts = 0
        job.run_at = work.now
        job.finished_at = None
        work.after_commit(work.platform.wake_jobs.set)
        facts = {"kind": job.kind}
        record(work, actor, kind="jobs.released", subject_type="job", subject_id=job.id, facts=facts)
        return job_out(job)

    return write.run(actor, command)
