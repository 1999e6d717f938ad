"""An audit finds stored files that are no longer those whose digests the log records, and says what it looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from platform_world import ok, problem
from sqlalchemy import select

from shuangyin.core.objects import StoredObject
from shuangyin.core.platform import Platform
from shuangyin.documents.models import DocumentVersion, VersionOrigin
from shuangyin.evidence.auditing import audit
from shuangyin.evidence.problems import close_unconfigured, note_problem, open_problems

AUDITS = "/api/v1/evidence/audits"


def differences(platform: Platform, *, read: bool) -> list[str]:
    return [one.en for one in audit(platform, read_objects=read).differences]


def problems(platform: Platform) -> set[str]:
    return platform.view(lambda work: {row.code for row in open_problems(work)})


def stored(platform: Platform, origin: VersionOrigin) -> tuple[str, StoredObject, Path]:
    """The version, its object, and the file of the ciphertext."""

    def find(work: Any) -> tuple[str, StoredObject]:
        version = work.session.scalars(
            select(DocumentVersion).where(DocumentVersion.origin == origin)
        ).first()
        row = work.session.get_one(StoredObject, version.object_id)
        work.session.expunge_all()
        return version.id, row

    version_id, row = platform.view(find)
    [path] = platform.settings.data_dir.rglob(row.name)
    return version_id, row, path


def flipped(data: bytes) -> bytes:
    return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "replaced": flipped,
    "cut": lambda data: data[:-1],
    "missing": lambda _data: None,
}


@pytest.mark.parametrize("origin", [VersionOrigin.UPLOADED, VersionOrigin.SEALED])
def test_a_file_that_was_touched_is_found_and_named(
    story: Any, platform: Platform, origin: VersionOrigin
) -> None:
    story.sealed()
    story.world.settle()
    assert differences(platform, read=True) == []
    version_id, row, path = stored(platform, origin)
    whole = path.read_bytes()
    for what, damage in DAMAGES.items():
        path.unlink()
        data = damage(whole)
        if data is not None:
            path.write_bytes(data)
        [said] = differences(platform, read=True)
        assert f"DocumentVersion {version_id}" in said, what
        assert problems(platform) >= {"log.audit_differs", "log.objects_differ"}
        quick = differences(platform, read=False)
        assert quick == ([] if what == "replaced" else [said]), (
            "without reading, rows and lengths are looked at"
        )
        assert "log.objects_differ" in problems(platform), "only an audit that reads can say that it is over"
        path.write_bytes(whole)
        assert differences(platform, read=True) == []
        assert problems(platform) == set()
    _changed_row(platform, row, version_id)


def _changed_row(platform: Platform, row: StoredObject, version_id: str) -> None:
    def write(sm3: str) -> None:
        def change(work: Any) -> None:
            work.session.get_one(StoredObject, row.id).sm3 = sm3

        platform.transact(change)

    write("0" * 64)
    assert any(f"DocumentVersion {version_id}" in said for said in differences(platform, read=False))
    write(row.sm3)
    assert differences(platform, read=False) == []


def test_an_audit_says_what_it_looked_at(story: Any, platform: Platform) -> None:
    story.upload((Path(__file__).parents[4] / "samples" / "notice.pdf").read_bytes())
    story.world.settle()
    auditor = story.world.client("auditor")
    for asked, read in ((None, False), ({"objects": True}, True)):
        story.world.clock.advance(seconds=1)
        run = ok(auditor.post(AUDITS, json=asked) if asked else auditor.post(AUDITS), 202)
        story.world.settle()
        assert ok(auditor.get(f"{AUDITS}/runs/{run['id']}"))["state"] == "done"
        newest = ok(auditor.get(AUDITS))["items"][0]
        assert (newest["objects_read"], newest["differences"]) == (read, 0)
        assert newest["checked_objects"] == 1
    problem(story.world.client("employee").post(AUDITS, json={"objects": True}), 403, "NOT_PERMITTED")


def test_what_is_no_longer_configured_is_no_problem_for_ever(platform: Platform) -> None:
    def note(work: Any) -> None:
        note_problem(work, "witness:gone.example/one", "witness.unreachable", "见证方无响应", "It is silent")
        note_problem(work, "anchor:gone", "anchor.unreachable", "锚定服务无响应", "It is silent")
        note_problem(
            work, "witness:liar.example", "witness.ahead", "另一段历史", "Another history", blocking=True
        )
        note_problem(work, "log", "log.failed", "无法签署", "It cannot be signed")

    platform.transact(note)
    for _ in range(2):
        platform.transact(close_unconfigured)
        left = platform.view(lambda work: {row.subject: row.en for row in open_problems(work)})
        # What contradicts the log is not taken back by taking the witness out of the settings.
        assert left == {
            "witness:liar.example": "Another history (no longer configured)",
            "log": "It cannot be signed",
        }
