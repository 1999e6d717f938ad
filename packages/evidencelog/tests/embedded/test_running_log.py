"""A log that runs by itself: what is acknowledged is durable, integrated, published and proved."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidencelog import (
    ArgumentError,
    Code,
    EvidenceLogError,
    LogState,
    StoreError,
    TileProver,
    integrate,
    make_proof,
    open_checkpoint,
    verify_proof,
)
from evidencelog.embedded import LogDatabase, Placed, Sequencer, Submission, audit_log
from evidencelog.embedded.lock import only_one
from evidencelog.tiles import decode_entry_bundle

from .conftest import ORIGIN, LogFolder, entry

Start = Callable[..., Sequencer]


def test_many_threads_get_dense_indexes_and_good_proofs(folder: LogFolder, running: Start) -> None:
    sequencer = running()
    placed: dict[int, int] = {}
    lock = threading.Lock()

    def work(start: int) -> None:
        for number in range(start, start + 40):
            [place] = sequencer.add([entry(number)])
            with lock:
                placed[number] = place.index

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 400, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequencer.stop()
    assert sorted(placed.values()) == list(range(400))
    database = folder.database()
    head = database.head()
    assert head is not None
    assert head[0] == 400
    prover = TileProver(database, 400)
    for number, index in placed.items():
        proof = make_proof(prover, index, head[1])
        verify_proof(proof, entry(number), [folder.signer.verifier], origin=ORIGIN)


def test_published_files_hold_everything_under_the_checkpoint(folder: LogFolder, running: Start) -> None:
    sequencer = running()
    entries = [entry(number) for number in range(700)]
    for start in range(0, 700, 70):
        sequencer.add(entries[start : start + 70])
    sequencer.stop()
    files = folder.files()
    note = files.read_checkpoint()
    assert note is not None
    head = open_checkpoint(note, [folder.signer.verifier], origin=ORIGIN).checkpoint
    assert head.size == 700
    assert TileProver(files, 700).root() == head.root == integrate(LogState.empty(), entries).root
    read = [
        item
        for index, width in ((0, 256), (1, 256), (2, 188))
        for item in decode_entry_bundle(files.read_entries(index, width), width)
    ]
    assert read == entries


def test_a_key_places_an_entry_once(running: Start) -> None:
    sequencer = running()
    results: list[Placed | EvidenceLogError] = []
    done = threading.Semaphore(0)

    def answer(result: Placed | EvidenceLogError) -> None:
        results.append(result)
        done.release()

    def send(*items: tuple[int, bytes]) -> list[Placed | EvidenceLogError]:
        results.clear()
        sequencer.submit([Submission(entry(number), answer, key) for number, key in items])
        for _ in items:
            done.acquire()
        return sorted(results, key=str)

    first = send((1, b"a"), (1, b"a"), (2, b"b"))
    assert [place.index for place in first if isinstance(place, Placed) and not place.repeated] == [0, 1]
    [again] = send((1, b"a"))
    assert again == Placed(0, repeated=True)
    [other] = send((3, b"a"))
    assert isinstance(other, ArgumentError)
    assert other.code is Code.ENTRY_CONFLICT


def test_an_entry_that_is_too_large_takes_no_place(running: Start, folder: LogFolder) -> None:
    sequencer = running()
    with pytest.raises(ArgumentError) as refused:
        sequencer.add([entry(1), b"x" * 65_536])
    assert refused.value.code is Code.ENTRY_TOO_LARGE
    assert folder.database().size() == 0


def test_a_stopped_log_takes_nothing_more(running: Start) -> None:
    sequencer = running()
    sequencer.stop()
    with pytest.raises(StoreError) as refused:
        sequencer.add([entry(1)])
    assert refused.value.code is Code.LOG_STOPPED


def test_boot_goes_on_without_replaying(folder: LogFolder, running: Start) -> None:
    running().add([entry(number) for number in range(300)])
    running().add([entry(300)])
    database = folder.database()
    assert database.state().root() == integrate(LogState.empty(), [entry(n) for n in range(301)]).root


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with only_one(tmp_path / "log"), pytest.raises(StoreError) as refused, only_one(tmp_path / "log"):
        pass
    assert refused.value.code is Code.LOG_BUSY


def test_two_sequencers_on_one_database_never_split_it(folder: LogFolder, running: Start) -> None:
    """Even without the lock: the compare-and-swap lets one of them win each time, the other reads again."""
    one, two = running(), running()
    failures: list[EvidenceLogError] = []
    placed: list[int] = []
    lock = threading.Lock()

    def work(sequencer: Sequencer, start: int) -> None:
        for number in range(start, start + 60):
            try:
                [place] = sequencer.add([entry(number)])
            except StoreError as error:
                with lock:
                    failures.append(error)
            else:
                with lock:
                    placed.append(place.index)

    threads = [threading.Thread(target=work, args=(one, 0)), threading.Thread(target=work, args=(two, 1000))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.stop()
    two.stop()
    assert len(set(placed)) == len(placed)
    assert {error.code for error in failures} <= {Code.LOG_MOVED}
    report = audit_log(folder.database(), [folder.signer.verifier], folder.fence())
    assert report.good, report.findings
    assert report.size == len(placed)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET body = x'00' WHERE idx = 1",
        "DELETE FROM entry WHERE idx = 1",
        "UPDATE head SET note = x'00'",
        "DELETE FROM head",
        "UPDATE tile SET data = zeroblob(length(data))",
        "DELETE FROM tile",
        "UPDATE state SET size = 1",
        "DELETE FROM state",
    ],
)
def test_the_database_refuses_to_change_history(folder: LogFolder, running: Start, statement: str) -> None:
    running().add([entry(number) for number in range(3)])
    connection = sqlite3.connect(folder.root / "log" / "log.sqlite3")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.close()


class TestAudit:
    """History changed by hand, triggers dropped first, as whoever owns the disk can."""

    @pytest.fixture
    def altered(self, folder: LogFolder, running: Start) -> Callable[[str], LogDatabase]:
        for numbers in (range(600), range(600, 650)):
            sequencer = running()
            sequencer.add([entry(number) for number in numbers])
            sequencer.stop()

        def alter(statement: str) -> LogDatabase:
            connection = sqlite3.connect(folder.root / "log" / "log.sqlite3")
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in names:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)
            connection.commit()
            connection.close()
            return folder.database()

        return alter

    @pytest.mark.parametrize(
        ("statement", "what", "index"),
        [
            (
                "UPDATE entry SET body = CAST(replace(body, '421', '422') AS BLOB) WHERE idx = 421",
                "entry",
                421,
            ),
            ("DELETE FROM entry WHERE idx = 77", "entry", 77),
            ("DELETE FROM entry WHERE idx = 649", "state", 650),
            ("UPDATE tile SET data = zeroblob(8192) WHERE level = 0 AND idx = 1", "entry", 256),
            ("UPDATE tile SET data = zeroblob(length(data)) WHERE level = 1", "tile", 0),
            ("DELETE FROM tile WHERE level = 0 AND idx = 2", "tile", 2),
            (
                "UPDATE head SET note = CAST(replace(note, '650', '651') AS BLOB) WHERE size = 650",
                "head",
                650,
            ),
        ],
    )
    def test_the_first_difference_is_named(
        self,
        folder: LogFolder,
        altered: Callable[[str], LogDatabase],
        statement: str,
        what: str,
        index: int,
    ) -> None:
        database = altered(statement)
        report = audit_log(database, [folder.signer.verifier], folder.fence())
        assert not report.good
        assert (what, index) in {(finding.what, finding.index) for finding in report.findings[:3]}

    def test_an_untouched_log_is_good(self, folder: LogFolder, altered: Callable[[str], LogDatabase]) -> None:
        report = audit_log(altered("SELECT 1"), [folder.signer.verifier], folder.fence())
        assert report.good
        assert report.size == 650
        assert report.heads >= 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.integers(min_value=1, max_value=300), min_size=1, max_size=5))
def test_any_batches_give_the_tree_of_all_entries(
    batches: list[int], tmp_path_factory: pytest.TempPathFactory, folder: LogFolder
) -> None:
    own = LogFolder(tmp_path_factory.mktemp("log"), folder.signer)
    database = own.database()
    sequencer = own.sequencer(database)
    entries = [entry(number) for number in range(sum(batches))]
    start = 0
    for count in batches:
        part = [Submission(item, lambda _result: None) for item in entries[start : start + count]]
        assert all(isinstance(result, Placed) for _, result in sequencer.commit(part))
        start += count
    assert database.state().root() == integrate(LogState.empty(), entries).root
    assert audit_log(database, [folder.signer.verifier]).good
