"""An administrator sees stuck work and releases it; nobody else does."""

from __future__ import annotations

from platform_world import World, ok, problem

from shuangyin.core.clock import ManualClock
from shuangyin.core.jobs import MAX_ATTEMPTS, ClaimedJob, JobRunner, enqueue
from shuangyin.core.platform import Platform


def fail(world: World, clock: ManualClock) -> str:
    organization = ok(world.client("administrator").get("/api/v1/me"))["organization"]["id"]
    job_id = world.platform.transact(
        lambda work: enqueue(work, "test.note", {}, organization_id=organization)
    )

    def refuse(_platform: Platform, _job: ClaimedJob) -> None:
        message = "the device does not answer"
        raise ConnectionError(message)

    runner = JobRunner(world.platform, {"test.note": refuse})
    for _ in range(MAX_ATTEMPTS):
        runner.run_pending()
        clock.advance(seconds=700)
        ok(world.client("administrator").get("/api/v1/me"))
    return job_id


def test_failed_work_is_seen_with_its_reason_and_released(world: World, clock: ManualClock) -> None:
    job_id = fail(world, clock)
    admin = world.client("administrator")
    [shown] = ok(admin.get("/api/v1/jobs?state=failed"))["items"]
    assert (shown["id"], shown["attempts"]) == (job_id, MAX_ATTEMPTS)
    assert shown["error"] == "ConnectionError: the device does not answer"
    released = ok(admin.post(f"/api/v1/jobs/{job_id}/release"))
    assert (released["state"], released["attempts"]) == ("waiting", 0)
    problem(admin.post(f"/api/v1/jobs/{job_id}/release"), 409, "JOB_NOT_FAILED")
    done: list[str] = []
    JobRunner(world.platform, {"test.note": lambda _platform, job: done.append(job.id)}).run_pending()
    assert done == [job_id]


def test_work_that_waits_for_its_next_try_is_tried_at_once_when_released(world: World) -> None:
    admin = world.client("administrator")
    organization = ok(admin.get("/api/v1/me"))["organization"]["id"]
    request_id = "a" * 32
    payload = {"request_id": request_id}
    world.platform.transact(lambda work: enqueue(work, "test.note", payload, organization_id=organization))
    [waiting] = ok(admin.get("/api/v1/jobs"))["items"]
    assert (waiting["releasable"], waiting["request_id"]) == (False, request_id), (
        "nothing is wrong with it yet"
    )

    def refuse(_platform: Platform, _job: ClaimedJob) -> None:
        message = "the disk is full"
        raise OSError(message)

    JobRunner(world.platform, {"test.note": refuse}).run_pending()
    [stuck] = ok(admin.get("/api/v1/jobs"))["items"]
    assert (stuck["state"], stuck["releasable"], stuck["running"]) == ("waiting", True, False)
    ok(admin.post(f"/api/v1/jobs/{stuck['id']}/release"))
    done: list[str] = []
    JobRunner(world.platform, {"test.note": lambda _platform, job: done.append(job.id)}).run_pending()
    assert done == [stuck["id"]]


def test_nobody_else_sees_or_releases_it(world: World) -> None:
    for kind in ("employee", "custodian", "legal_representative"):
        problem(world.client(kind).get("/api/v1/jobs"), 403, "NOT_PERMITTED")
    problem(world.client("administrator").post(f"/api/v1/jobs/{'f' * 32}/release"), 404, "NOT_FOUND")
