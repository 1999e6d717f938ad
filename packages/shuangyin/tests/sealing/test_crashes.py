"""Whatever breaks while a request is sealed: it is still approved, or sealed once; a rerun seals it once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from shuangyin.core.errors import Conflict
from shuangyin.core.objects import ObjectStore, StoredObject, WrittenObject
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.requests.models import UseRequest
from shuangyin.sealing.commands import electronic, execute
from shuangyin.sealing.files import seal_documents
from shuangyin.sealing.models import SealUse

pytestmark = pytest.mark.database_full


class Killed(BaseException):
    """The process ends here: nothing below it gets a chance to answer."""


def state(platform: Platform, request_id: str) -> tuple[str, int, int, int]:
    """Status, uses, sealed versions, evidence of sealing."""
    with platform.database.read_session() as session:
        return (
            session.get_one(UseRequest, request_id).status,
            len(session.scalars(select(SealUse)).all()),
            len(session.scalars(select(DocumentVersion).where(DocumentVersion.origin == "sealed")).all()),
            len(session.scalars(select(EvidenceEntry).where(EvidenceEntry.kind == "sealing.sealed")).all()),
        )


APPROVED = ("approved", 0, 0, 0)
SEALED = ("sealed", 1, 1, 1)


def fail_once(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: BaseException, *, after: bool
) -> None:
    """The next call of a function raises, before it does anything or after it did everything."""
    original: Callable[..., Any] = getattr(owner, name)
    left = [error]

    def broken(*arguments: Any, **options: Any) -> Any:
        if left and not after:
            raise left.pop()
        result = original(*arguments, **options)
        if left:
            raise left.pop()
        return result

    monkeypatch.setattr(owner, name, broken)


POINTS = [
    (ObjectStore, "copy_to", False),
    (ObjectStore, "copy_to", True),
    (ObjectStore, "write", False),
    (ObjectStore, "_publish", False),
    (ObjectStore, "_publish", True),
    (ObjectStore, "write", True),
    (electronic, "add_sealed_version", False),
    (electronic, "add_sealed_version", True),
    (electronic, "record_use", False),
    (electronic, "record_use", True),
    (electronic, "mark_sealed", False),
    (electronic, "mark_sealed", True),
]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Killed()], ids=["fails", "killed"])
@pytest.mark.parametrize(
    ("owner", "name", "after"),
    POINTS,
    ids=[f"{name} {'after' if after else 'before'}" for _, name, after in POINTS],
)
def test_a_break_at_any_point_leaves_the_request_approved_and_a_rerun_seals_it_once(
    story: Any,
    platform: Platform,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    after: bool,
    error: BaseException,
) -> None:
    story.grant_automatic_sealing()
    request_id = story.approved()
    fail_once(monkeypatch, owner, name, error, after=after)
    with pytest.raises(type(error)):
        execute(platform, request_id)
    assert state(platform, request_id) == APPROVED
    assert list(settings.work_dir.iterdir()) == [], "no plaintext stays behind"
    assert execute(platform, request_id) == 1
    assert state(platform, request_id) == SEALED
    assert execute(platform, request_id) == 0
    assert state(platform, request_id) == SEALED


@pytest.mark.database
def test_a_job_that_broke_is_done_by_its_next_run(
    story: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.grant_automatic_sealing()
    request_id = story.approved()
    fail_once(monkeypatch, ObjectStore, "write", OSError(28, "No space left on device"), after=False)
    story.world.settle()
    assert state(platform, request_id) == APPROVED
    story.world.clock.advance(seconds=5)
    story.world.settle()
    assert state(platform, request_id) == SEALED


@pytest.mark.database
def test_two_runs_at_once_seal_once(story: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    story.grant_automatic_sealing()
    request_id = story.approved()
    together = threading.Barrier(2, timeout=30)
    original = seal_documents

    def meet(*arguments: Any) -> Any:
        files = original(*arguments)
        together.wait()
        return files

    monkeypatch.setattr(electronic, "seal_documents", meet)
    made: list[int] = []
    refused: list[Exception] = []

    def run() -> None:
        try:
            made.append(execute(platform, request_id))
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(made) == 1, (made, refused)
    assert len(made) + len(refused) == 2
    assert state(platform, request_id) == SEALED


@pytest.mark.database
def test_what_changes_between_sealing_and_commit_is_seen(
    story: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.grant_automatic_sealing()
    request_id = story.approved()
    original = seal_documents

    def suspend_meanwhile(*arguments: Any) -> Any:
        files = original(*arguments)
        story.post("administrator", f"/seals/{story.seal_id}/suspend", {"reason": "核查"})
        return files

    monkeypatch.setattr(electronic, "seal_documents", suspend_meanwhile)
    story.world.settle()
    assert state(platform, request_id) == APPROVED


def test_a_sealed_file_that_does_not_verify_never_leaves(
    story: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.grant_automatic_sealing()
    request_id = story.approved()
    original = ObjectStore.copy_to

    def other_bytes(store: ObjectStore, stored: StoredObject, target: Any) -> None:
        original(store, stored, target)
        with target.open("ab") as file:
            file.write(b"%")

    monkeypatch.setattr(ObjectStore, "copy_to", other_bytes)
    with pytest.raises(Exception, match="SOURCE_DIFFERS"):
        execute(platform, request_id)
    assert state(platform, request_id) == APPROVED


@pytest.mark.database
def test_ciphertext_without_a_row_is_all_that_a_late_break_leaves(
    story: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.grant_automatic_sealing()
    request_id = story.approved()
    written: list[WrittenObject] = []
    original = ObjectStore.write

    def keep(store: ObjectStore, *arguments: Any, **options: Any) -> WrittenObject:
        written.append(original(store, *arguments, **options))
        return written[-1]

    monkeypatch.setattr(ObjectStore, "write", keep)
    fail_once(monkeypatch, electronic, "mark_sealed", Killed(), after=True)
    with pytest.raises(Killed):
        execute(platform, request_id)
    with platform.database.read_session() as session:
        names = set(session.scalars(select(StoredObject.name)))
    assert len(written) == 1
    assert written[0].name not in names, "no row, hence no key: nobody can read it"
