"""Jobs survive failures and dead workers, and run once when all goes well."""

from __future__ import annotations

import tempfile
from dataclasses import replace

import pytest
from sqlalchemy import select

from shuangyin.core.clock import ManualClock
from shuangyin.core.errors import Conflict
from shuangyin.core.jobs import MAX_ATTEMPTS, ClaimedJob, Job, JobRunner, JobState, enqueue
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.serve import tidy

pytestmark = pytest.mark.database


def put(platform: Platform, slot: str | None = None) -> str:
    return platform.transact(lambda work: enqueue(work, "test.note", {"text": "盖章"}, slot=slot))


def state(platform: Platform, job_id: str) -> tuple[str, int, str | None]:
    def read(work: UnitOfWork) -> tuple[str, int, str | None]:
        job = work.session.get_one(Job, job_id)
        return job.state, job.attempts, job.last_error

    return platform.view(read)


def test_a_job_runs_once_with_its_payload(platform: Platform) -> None:
    seen: list[ClaimedJob] = []
    job_id = put(platform)
    runner = JobRunner(platform, {"test.note": lambda _platform, job: seen.append(job)})
    assert runner.run_pending() == 1
    assert runner.run_pending() == 0
    assert [(job.id, dict(job.payload)) for job in seen] == [(job_id, {"text": "盖章"})]
    assert state(platform, job_id)[0] == JobState.DONE


def test_a_job_put_in_by_a_failed_command_does_not_exist(platform: Platform) -> None:
    def fails(work: UnitOfWork) -> None:
        enqueue(work, "test.note", {})
        raise Conflict("TEST", "不行", "no")

    with pytest.raises(Conflict):
        platform.transact(fails)
    assert platform.view(lambda work: work.session.scalar(select(Job.id))) is None


def test_one_job_waits_in_a_slot_and_the_slot_is_free_again_after_it(platform: Platform) -> None:
    first = put(platform, slot="seal:1")
    assert put(platform, slot="seal:1") == first
    JobRunner(platform, {"test.note": lambda _platform, _job: None}).run_pending()
    assert put(platform, slot="seal:1") != first


def test_a_failing_job_is_tried_again_later_and_then_waits_for_a_person(
    platform: Platform, clock: ManualClock
) -> None:
    def fails(_platform: Platform, _job: ClaimedJob) -> None:
        message = "the chain is down"
        raise ConnectionError(message)

    runner = JobRunner(platform, {"test.note": fails})
    job_id = put(platform)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert runner.run_pending() == 1
        assert runner.run_pending() == 0, "it must wait before the next try"
        assert state(platform, job_id)[1] == attempt
        clock.advance(seconds=700)
    assert state(platform, job_id) == (JobState.FAILED, MAX_ATTEMPTS, "ConnectionError: the chain is down")


def test_the_platforms_own_errors_are_kept_in_both_languages(platform: Platform) -> None:
    def refuses(_platform: Platform, _job: ClaimedJob) -> None:
        raise Conflict("TEST", "柜门未关", "The safe stands open.")

    job_id = put(platform)
    JobRunner(platform, {"test.note": refuses}).run_pending()
    assert state(platform, job_id)[2] == "TEST: 柜门未关\nTEST: The safe stands open."


def test_a_dead_workers_job_is_taken_over_when_its_lease_ends(platform: Platform, clock: ManualClock) -> None:
    seen: list[int] = []
    job_id = put(platform)
    dead = JobRunner(platform, {"test.note": lambda _platform, _job: None})
    assert dead._claim() is not None  # and then the process is gone
    alive = JobRunner(platform, {"test.note": lambda _platform, job: seen.append(job.attempts)})
    assert alive.run_pending() == 0
    clock.advance(seconds=platform.settings.job_lease_seconds + 1)
    assert alive.run_pending() == 1
    assert seen == [2]
    assert state(platform, job_id)[0] == JobState.DONE


def test_the_embedded_server_takes_the_jobs_of_a_dead_one_at_once(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds the lock of its installation, so the lease of another process is a dead one's. No time passes here."""
    # A server puts what libraries keep for a moment into its own folder; this process goes on after it.
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)
    # A server puts what libraries keep for a moment into its own folder; this process goes on after it.
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)
    job_id = put(platform)
    dead = JobRunner(platform, {"test.note": lambda _platform, _job: None})
    assert dead._claim() is not None  # and then the process is gone
    seen: list[int] = []
    alive = JobRunner(platform, {"test.note": lambda _platform, job: seen.append(job.attempts)})
    shared = platform.settings.model_copy(update={"database_url": "postgresql://shared"})
    tidy(replace(platform, settings=shared))
    assert alive.run_pending() == 0, "where others may be alive the lease holds"
    tidy(replace(platform, settings=shared.model_copy(update={"database_url": None})))
    assert alive.run_pending() == 1
    assert seen == [2]
    assert state(platform, job_id)[0] == JobState.DONE
