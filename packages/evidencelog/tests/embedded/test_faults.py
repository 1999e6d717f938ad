"""Every durable step fails, before and after it took effect, and the log is still one log."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from evidencelog import (
    Code,
    EvidenceLogError,
    FileTileStore,
    StoreError,
    TileProver,
    VerificationError,
    open_checkpoint,
)
from evidencelog.embedded import (
    HeadFence,
    LogDatabase,
    Placed,
    Publisher,
    Sequencer,
    Submission,
    audit_log,
)
from evidencelog.embedded.recovery import reconcile, recover_entries
from evidencelog.errors import FenceError

from .conftest import ORIGIN, LogFolder, entry

BEFORE, AFTER = "before it took effect", "after it took effect"


class Fault:
    """Wraps one step: raises once, before or after the step itself."""

    def __init__(self, when: str) -> None:
        self.when = when
        self.left = 1

    def around(self, step: Callable[..., object]) -> Callable[..., object]:
        def broken(*arguments: object) -> object:
            if self.left and self.when == BEFORE:
                self.left -= 1
                raise StoreError(Code.STORE_IO, "the disk is full")
            result = step(*arguments)
            if self.left:
                self.left -= 1
                raise StoreError(Code.STORE_IO, "the answer was lost")
            return result

        return broken


def commit(sequencer: Sequencer, numbers: range) -> list[Placed | EvidenceLogError]:
    submissions = [Submission(entry(number), lambda _result: None, b"%d" % number) for number in numbers]
    return [result for _, result in sequencer.commit(submissions)]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_commit_that_fails_is_answered_by_what_is_stored(
    folder: LogFolder, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    database = folder.database()
    sequencer = folder.sequencer(database)
    commit(sequencer, range(5))
    monkeypatch.setattr(database, "append", Fault(when).around(database.append))
    results = commit(sequencer, range(5, 9))
    if when == AFTER:
        assert results == [Placed(index) for index in range(5, 9)]
    else:
        assert all(isinstance(result, StoreError) for result in results)
    # The same entries again: those that are there are recognised, the others placed, none twice.
    again = commit(sequencer, range(5, 9))
    assert [place.index for place in again if isinstance(place, Placed)] == [5, 6, 7, 8]
    assert audit_log(folder.database(), [folder.signer.verifier]).size == 9


@pytest.mark.parametrize("step", ["add_head", "write_files", "write_checkpoint", "advance"])
@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_publishing_that_fails_goes_on_in_the_next_round(
    folder: LogFolder, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    database, fence, files = folder.database(), folder.fence(), folder.files()
    publisher = Publisher(database, fence, [folder.signer], files)
    sequencer = Sequencer(database, publisher)
    commit(sequencer, range(300))
    publisher.publish()
    commit(sequencer, range(300, 600))
    owner = {"add_head": database, "advance": fence}.get(step, files)
    monkeypatch.setattr(owner, step, Fault(when).around(getattr(owner, step)))
    with pytest.raises(StoreError):
        publisher.publish()
    # Whoever reads between the rounds finds everything under the checkpoint that is there.
    note = files.read_checkpoint()
    assert note is not None
    head = open_checkpoint(note, [folder.signer.verifier]).checkpoint
    assert TileProver(files, head.size).root() == head.root
    monkeypatch.undo()
    # After a crash here a new process goes on.
    restarted = Publisher(folder.database(), folder.fence(), [folder.signer], folder.files())
    restarted.verify_start()
    assert restarted.publish() == 600
    note = files.read_checkpoint()
    assert note is not None
    assert open_checkpoint(note, [folder.signer.verifier]).checkpoint.size == 600
    assert audit_log(folder.database(), [folder.signer.verifier], folder.fence()).good


def test_a_full_disk_is_told_and_nothing_is_lost(folder: LogFolder) -> None:
    """SQLite's own error for a full disk, brought about by a bound on the size of the file."""
    database = folder.database()
    sequencer = folder.sequencer(database)
    commit(sequencer, range(10))
    pages = database._writer.execute("PRAGMA page_count").fetchone()[0]
    database._writer.execute(f"PRAGMA max_page_count = {pages + 4}")
    big = [Submission(b"x" * 60_000, lambda _result: None)]
    results = [result for _ in range(3) for _, result in sequencer.commit(big)]
    failed = [result for result in results if isinstance(result, StoreError)]
    assert failed
    assert failed[0].code is Code.STORE_IO
    database._writer.execute("PRAGMA max_page_count = 1000000")
    [placed] = [result for _, result in sequencer.commit(big)]
    assert isinstance(placed, Placed)
    report = audit_log(folder.database(), [folder.signer.verifier])
    assert report.good
    assert report.size == placed.index + 1


class TestRestoredCopy:
    """An old copy of the database comes back; the fence and those outside remember more."""

    @pytest.fixture
    def restored(self, folder: LogFolder) -> LogFolder:
        """The log had 300 entries when it was copied, 420 when the copy came back."""
        database = folder.database()
        sequencer = folder.sequencer(database)
        sequencer.start()
        sequencer.add([entry(number) for number in range(300)])
        sequencer.stop()
        database.close()
        path = folder.root / "log" / "log.sqlite3"
        copy = sqlite3.connect(folder.root / "backup.sqlite3")
        source = sqlite3.connect(path)
        source.backup(copy)
        source.close()
        copy.close()
        again = folder.sequencer()
        again.start()
        again.add([entry(number) for number in range(300, 420)])
        again.stop()
        for name in ("log.sqlite3", "log.sqlite3-wal", "log.sqlite3-shm"):
            (path.parent / name).unlink(missing_ok=True)
        (folder.root / "backup.sqlite3").rename(path)
        return folder

    def test_is_not_signed_for(self, restored: LogFolder) -> None:
        with pytest.raises(FenceError) as refused:
            restored.sequencer().start()
        assert refused.value.code is Code.FENCE_BEHIND
        assert restored.database().size() == 300

    def test_that_grows_past_the_fence_with_other_entries_is_not_signed_for(
        self, restored: LogFolder
    ) -> None:
        database = restored.database()
        commit(restored.sequencer(database), range(5000, 5200))
        with pytest.raises(FenceError) as refused:
            restored.sequencer(database).start()
        assert refused.value.code is Code.FENCE_SPLIT

    def test_gets_its_entries_back_from_the_published_files(self, restored: LogFolder) -> None:
        database = restored.database()
        done = recover_entries(database, restored.files(), [restored.signer.verifier])
        assert (done.first, done.size) == (300, 420)
        sequencer = restored.sequencer(database)
        sequencer.start()
        sequencer.stop()
        assert audit_log(restored.database(), [restored.signer.verifier], restored.fence()).good

    def test_takes_nothing_back_that_does_not_lead_to_the_signed_head(self, restored: LogFolder) -> None:
        bundle = next((restored.root / "log" / "public" / "tile" / "entries").glob("001.p/*"))
        data = bytearray(bundle.read_bytes())
        data[-1] ^= 1
        bundle.write_bytes(bytes(data))
        database = restored.database()
        with pytest.raises(FenceError) as refused:
            recover_entries(database, restored.files(), [restored.signer.verifier])
        assert refused.value.code is Code.FENCE_SPLIT
        assert database.size() == 300

    def test_whose_fence_is_gone_too_is_not_signed_for_either(self, restored: LogFolder) -> None:
        """The checkpoint that was published stands for what a witness or an anchor remembers."""
        outside = restored.files().read_checkpoint()
        assert outside is not None
        (restored.root / "fence" / "fence.sqlite3").unlink()
        with pytest.raises(FenceError) as refused:
            restored.sequencer().start()
        assert refused.value.code is Code.FENCE_MISSING
        database = restored.database()
        verifiers = [restored.signer.verifier]
        with pytest.raises(FenceError) as refused:
            reconcile(database, restored.fence(), [outside], verifiers)
        assert refused.value.code is Code.FENCE_BEHIND
        with pytest.raises(FenceError):
            reconcile(database, restored.fence(), [], verifiers)
        recover_entries(database, restored.files(), verifiers)
        assert reconcile(database, restored.fence(), [outside], verifiers).size == 420
        restored.sequencer(database).start()

    def test_is_not_reconciled_with_a_head_that_it_never_signed(self, restored: LogFolder) -> None:
        note = restored.files().read_checkpoint()
        assert note is not None
        forged = note.replace(b"\n420\n", b"\n299\n")
        with pytest.raises(VerificationError):
            reconcile(restored.database(), restored.fence(), [forged], [restored.signer.verifier])


class TestFence:
    """The fence alone: it only ever moves up, along one history."""

    @pytest.fixture
    def fence(self, tmp_path: Path) -> HeadFence:
        return HeadFence(tmp_path / "apart" / "fence.sqlite3")

    def test_moves_up_and_never_down(self, folder: LogFolder, fence: HeadFence) -> None:
        database = folder.database()
        sequencer = folder.sequencer(database)
        publisher = Publisher(database, fence, [folder.signer], FileTileStore(folder.root / "p"))
        for count in (1, 7, 300):
            commit(sequencer, range(count))
            publisher.publish()
            mark = fence.mark(ORIGIN)
            assert mark is not None
            assert (mark.size, mark.root) == (count, database.state().root())

    def test_logs_do_not_share_a_fence(self, folder: LogFolder, fence: HeadFence, tmp_path: Path) -> None:
        database = folder.database()
        commit(folder.sequencer(database), range(4))
        Publisher(database, fence, [folder.signer], FileTileStore(folder.root / "p")).publish()
        other = LogDatabase(tmp_path / "other" / "log.sqlite3", "log.example/other")
        Publisher(other, fence, [folder.signer], FileTileStore(folder.root / "q")).verify_start()
        assert fence.mark("log.example/other") is None
