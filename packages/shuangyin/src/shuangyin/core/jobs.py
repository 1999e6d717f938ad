"""Background jobs: a lease table in the same database, so that no job exists without its event nor the reverse.

A job is put in by the command that causes it, in the command's transaction. A worker claims it with a conditional
update (portable SQL, no SKIP LOCKED), runs its handler and marks it done. A worker that dies leaves a lease that
ends; another takes the job. Handlers must therefore be able to run twice.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import CursorResult, String, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
_FIRST_RETRY_MS = 1_000
_LAST_RETRY_MS = 600_000
_POLL_SECONDS = 0.5


class JobState(StrEnum):
    """Where a job stands. `failed` waits for an administrator, who sees why and can release it."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of work to be done after a commit."""

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("slot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str | None] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[str] = mapped_column(Text)
    slot: Mapped[str | None] = mapped_column(
        String(128), doc="Unique while the job waits: one job per thing."
    )
    state: Mapped[str] = mapped_column(String(16), default=JobState.WAITING, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[int]
    lease_owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int]
    finished_at: Mapped[int | None]


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this worker holds the lease of."""

    id: str
    kind: str
    organization_id: str | None
    payload: Mapping[str, Any]
    attempts: int


Handler = Callable[[Platform, ClaimedJob], None]


def enqueue(
    work: UnitOfWork,
    kind: str,
    payload: Mapping[str, object],
    *,
    organization_id: str | None = None,
    slot: str | None = None,
    delay_ms: int = 0,
) -> str:
    """Put a job in with the current transaction. With a `slot`, a job that still waits there is not doubled."""
    if slot is not None:
        waiting = work.session.scalar(select(Job.id).where(Job.slot == slot))
        if waiting is not None:
            return waiting
    job = Job(
        id=work.new_id(),
        organization_id=organization_id,
        kind=kind,
        payload=json.dumps(payload, ensure_ascii=False),
        slot=slot,
        run_at=work.now + delay_ms,
        created_at=work.now,
    )
    work.session.add(job)
    work.after_commit(work.platform.wake_jobs.set)
    return job.id


def keep_progress(platform: Platform, job: ClaimedJob, progress: Mapping[str, int]) -> None:
    """Tell how far a long job is, and keep its lease: a worker that reports is alive."""
    lease_until = platform.clock.now_ms() + platform.settings.job_lease_seconds * 1000

    def keep(work: UnitOfWork) -> None:
        row = work.session.get(Job, job.id)
        if row is None or row.state != JobState.WAITING:
            return
        row.payload = json.dumps({**json.loads(row.payload), "progress": dict(progress)}, ensure_ascii=False)
        row.lease_until = max(row.lease_until, lease_until)

    platform.transact(keep)


def release_leases(work: UnitOfWork) -> int:
    """Take back the leases of every worker, because all of them are dead; returns how many.

    Only for a process that knows itself alone, before its own worker starts: the embedded server, which holds the
    lock of its installation. Where several processes share a database a lease simply ends.
    """
    released = work.session.execute(
        update(Job)
        .where(Job.state == JobState.WAITING, Job.lease_owner.is_not(None))
        .values(lease_owner=None, lease_until=0)
    )
    return released.rowcount if isinstance(released, CursorResult) else 0


def _reason_of(error: Exception) -> str:
    """Why a job failed: what is told to users in Chinese and English, a line each; of other errors kind and text."""
    if isinstance(error, ShuangyinError):
        return f"{error.code}: {error.text.zh}\n{error.code}: {error.text.en}"
    return f"{type(error).__name__}: {error}"


class JobRunner:
    """A worker: one thread that claims and runs jobs until told to stop."""

    def __init__(self, platform: Platform, handlers: Mapping[str, Handler]) -> None:
        self._platform = platform
        self._handlers = handlers
        self._owner = secrets.token_hex(16)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the job in hand and end the thread."""
        self._stop.set()
        self._platform.wake_jobs.set()
        self._thread.join(timeout=30)

    def run_pending(self) -> int:
        """Run every job that is due, in this thread; returns how many ran."""
        count = 0
        while (job := self._claim()) is not None:
            self._execute(job)
            count += 1
        return count

    def _run(self) -> None:
        while not self._stop.is_set():
            self._platform.wake_jobs.clear()
            try:
                ran = self.run_pending()
            except Exception:
                _log.exception("jobs.loop_failed")
                ran = 0
            if not ran:
                self._platform.wake_jobs.wait(_POLL_SECONDS)

    def _claim(self) -> ClaimedJob | None:
        now = self._platform.clock.now_ms()
        due = (
            Job.state == JobState.WAITING,
            Job.run_at <= now,
            Job.lease_until < now,
            Job.kind.in_(self._handlers),
        )
        if self._platform.view(lambda work: work.session.scalar(select(Job.id).where(*due).limit(1))) is None:
            return None
        lease_until = now + self._platform.settings.job_lease_seconds * 1000

        def claim(work: UnitOfWork) -> ClaimedJob | None:
            job_id = work.session.scalar(select(Job.id).where(*due).order_by(Job.run_at, Job.id).limit(1))
            if job_id is None:
                return None
            taken = work.session.execute(
                update(Job)
                .where(Job.id == job_id, *due)
                .values(lease_owner=self._owner, lease_until=lease_until, attempts=Job.attempts + 1)
            )
            if not isinstance(taken, CursorResult) or taken.rowcount != 1:
                return None
            job = work.session.get_one(Job, job_id)
            return ClaimedJob(job.id, job.kind, job.organization_id, json.loads(job.payload), job.attempts)

        return self._platform.transact(claim)

    def _execute(self, job: ClaimedJob) -> None:
        log = _log.bind(job_id=job.id, kind=job.kind, attempt=job.attempts)
        try:
            self._handlers[job.kind](self._platform, job)
        except Exception as error:  # whatever a handler raises must end in the job's row
            log.warning("job.failed", error=type(error).__name__, exc_info=True)
            self._finish_failed(job, error)
        else:
            self._platform.transact(
                lambda work: self._mark(work, job, JobState.DONE, error=None, run_at=None)
            )
            log.info("job.done")

    def _finish_failed(self, job: ClaimedJob, error: Exception) -> None:
        final = job.attempts >= MAX_ATTEMPTS
        delay = min(_LAST_RETRY_MS, _FIRST_RETRY_MS * 2 ** (job.attempts - 1))
        state = JobState.FAILED if final else JobState.WAITING
        run_at = None if final else self._platform.clock.now_ms() + delay
        reason = _reason_of(error)[:2000]
        self._platform.transact(lambda work: self._mark(work, job, state, error=reason, run_at=run_at))

    def _mark(
        self, work: UnitOfWork, job: ClaimedJob, state: JobState, *, error: str | None, run_at: int | None
    ) -> None:
        values: dict[str, object] = {
            "state": state,
            "lease_owner": None,
            "lease_until": 0,
            "last_error": error,
        }
        if run_at is not None:
            values["run_at"] = run_at
        if state is not JobState.WAITING:
            values |= {"finished_at": work.now, "slot": None}
        # A worker whose lease has ended must not overwrite what the next one did.
        work.session.execute(
            update(Job).where(Job.id == job.id, Job.lease_owner == self._owner).values(**values)
        )
