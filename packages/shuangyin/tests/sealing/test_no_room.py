"""No room at any durable step of one seal use: nothing is half done, the answer says why, and afterwards it is sealed once."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from platform_world import problem
from sqlalchemy import event, func, select

from shuangyin.core.objects import ObjectStore
from shuangyin.core.platform import Platform
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.sealing.models import SealUse

Fault = Callable[[Platform, pytest.MonkeyPatch], Any]


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def half_written(_store: ObjectStore, _stored: object, target: Path) -> None:
    target.write_bytes(b"%PDF-1.7 half of it")
    full()


@contextmanager
def patched(monkeypatch: pytest.MonkeyPatch, target: object, name: str, value: object) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(target, name, value)
        yield


@contextmanager
def database_full(platform: Platform, at: int | None) -> Iterator[None]:
    """SQLite says that it is full at the writer's insert number `at`, or when it commits."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    count = 0

    def statement(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        nonlocal count
        count += sql.startswith("INSERT")
        if sql.startswith("INSERT") and count == at:
            raise error

    def commit(_connection: Any) -> None:
        if count:  # what only read has nothing to lose
            raise error

    engine = platform.database.writer
    hooks: list[tuple[str, Callable[..., None]]] = [("before_cursor_execute", statement)]
    if at is None:
        hooks.append(("commit", commit))
    for name, hook in hooks:
        event.listen(engine, name, hook)
    try:
        yield
    finally:
        for name, hook in hooks:
            event.remove(engine, name, hook)


FAULTS: dict[str, Fault] = {
    "the decrypted source": lambda _p, m: patched(m, ObjectStore, "copy_to", half_written),
    "the sealed file": lambda _p, m: patched(m, os, "fsync", full),
    "the ciphertext": lambda _p, m: patched(m, ObjectStore, "_publish", full),
    "its name": lambda _p, m: patched(m, Path, "rename", full),
    "the first row": lambda p, _m: database_full(p, 1),
    "a later row": lambda p, _m: database_full(p, 3),
    "the commit": lambda p, _m: database_full(p, None),
}


def left_behind(platform: Platform) -> tuple[int, ...]:
    """Uses, versions and entries of sealing, and files in the work folder or half written."""

    def count(work: Any) -> tuple[int, ...]:
        entries = select(func.count()).where(EvidenceEntry.kind == "sealing.sealed")
        rows = (
            select(func.count()).select_from(SealUse),
            select(func.count()).select_from(DocumentVersion),
            entries,
        )
        return tuple(work.session.scalar(one) for one in rows)

    folder = platform.settings.data_dir
    files = [*(folder / "work").iterdir(), *(folder / "objects").glob(".incoming-*")]
    return (*platform.view(count), len(files))


def test_no_room_at_any_step_leaves_nothing_half_done(
    story: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = story.approved()
    before = left_behind(platform)
    client = story.world.client("custodian")
    for what, fault in FAULTS.items():
        proof = story.world.step_up("custodian", "sealing.execute", request_id)
        with fault(platform, monkeypatch):
            answer = client.post(f"/api/v1/requests/{request_id}/seal", json={"proof": proof})
        assert answer.status_code == 503, (what, answer.text)
        problem(answer, 503, "STORAGE_FULL")
        assert left_behind(platform) == before, what
        assert story.get("employee", f"/requests/{request_id}")["status"] == "approved", what
    story.seal(request_id)
    assert len(story.uses_of(request_id)) == 1
    story.world.settle()
    assert story.get("employee", f"/requests/{request_id}")["status"] == "sealed"
