"""The twin tree, the fence, witnesses, audits: what others see, and what happens when history was changed."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text

from evidencelog import TileProver, tree_hash
from evidencelog.checkpoint import open_checkpoint
from evidencelog.cosignature import Cosigner
from evidencelog.embedded.fence import HeadFence
from evidencelog.entry import decode_entry
from evidencelog.errors import Code, StoreError
from evidencelog.log import LogState, integrate, sign_checkpoint
from evidencelog.note import parse_note
from evidencelog.policy import WitnessPolicy
from evidencelog.proof import parse_proof
from evidencelog.store import FileTileStore
from evidencelog.tiles import decode_entry_bundle
from evidencelog.vkey import parse_vkey
from evidencelog.witness.client import WitnessClient
from evidencelog.witness.record import CosignedHead, WitnessRecord
from evidencelog.witness.service import Witness, WitnessedLog
from shuangyin.composition import compose
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.clock import ManualClock
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import queries
from shuangyin.evidence.auditing import audit
from shuangyin.evidence.commands import record
from shuangyin.evidence.keys import load_signers, public_keys
from shuangyin.evidence.models import TWIN_LOG, EvidenceEntry, LogProblem
from shuangyin.evidence.problems import open_problems
from shuangyin.evidence.reconciling import reconcile
from shuangyin.evidence.sequencer import TWIN_HEAD, _integrate_batch, sequence_pending
from shuangyin.evidence.trees import TWIN, DatabaseTiles
from shuangyin.evidence.witnessing import ask_witnesses

ACTOR: Actor = system_actor("0" * 31 + "1")


def write(platform: Platform, count: int = 1) -> list[str]:
    def command(work: UnitOfWork) -> list[str]:
        return [
            record(work, ACTOR, kind="test.noted", subject_type="test", subject_id="t1", facts={"n": n}).id
            for n in range(count)
        ]

    return platform.transact(command)


def problems(platform: Platform) -> list[LogProblem]:
    def query(work: UnitOfWork) -> list[LogProblem]:
        found = list(open_problems(work))
        work.session.expunge_all()
        return found

    return platform.view(query)


def newest(platform: Platform) -> bytes:
    def query(work: UnitOfWork) -> bytes:
        head = queries.newest_checkpoint(work)
        assert head is not None
        return queries.cosigned_note(work, head)

    return platform.view(query)


def twin_size(work: UnitOfWork) -> int:
    head = queries.newest_checkpoint(work, TWIN)
    return 0 if head is None else head.size


@pytest.mark.database_full
class TestTwin:
    def test_its_head_stands_in_the_log_and_can_be_recomputed(self, platform: Platform) -> None:
        write(platform, 300)
        sequence_pending(platform)

        def query(work: UnitOfWork) -> tuple[list[bytes], dict[str, object], bytes, bytes]:
            bodies = queries.entry_bundle(work, 0, 400)
            binding = decode_entry(bodies[300])
            head = queries.newest_checkpoint(work, TWIN)
            assert head is not None
            facts = binding["facts"]
            assert isinstance(facts, dict)
            assert binding["kind"] == TWIN_HEAD
            bound = TileProver(DatabaseTiles(work, TWIN), int(str(facts["size"])), tree_hash("sm3")).root()
            return bodies, dict(facts), bound, head.note.encode()

        bodies, facts, bound, note = platform.view(query)
        assert facts["size"] == 300
        assert facts["sm3_root"] == bound.hex()
        algorithm = tree_hash("sm3")
        assert integrate(LogState.empty(algorithm), bodies[:300]).root == bound
        keys = [parse_vkey(text) for text in platform.view(lambda work: public_keys(work, TWIN_LOG))]
        opened = open_checkpoint(note, keys)
        assert opened.checkpoint.origin.endswith("/sm3")
        assert opened.checkpoint.root == integrate(LogState.empty(algorithm), bodies).root
        assert {key.algorithm for key in opened.signed_by} == {"ed25519", "sm2"}

    def test_every_bound_size_has_a_signed_head(self, platform: Platform) -> None:
        """Also when the process ended after a batch was bound and before the twin was signed."""
        write(platform, 3)
        sequence_pending(platform)
        write(platform, 2)
        platform.transact(_integrate_batch)
        sequence_pending(platform)
        write(platform)
        sequence_pending(platform)

        def query(work: UnitOfWork) -> list[int]:
            bodies = [decode_entry(body) for body in queries.entry_bundle(work, 0, 99)]
            bound = [body["facts"] for body in bodies if body["kind"] == TWIN_HEAD]
            sizes = [int(str(facts["size"])) for facts in bound if isinstance(facts, dict)]
            assert all(work.session.get(TWIN.checkpoints, size) is not None for size in sizes)
            return sizes

        assert platform.view(query) == [3, 6, 8]
        assert audit(platform).differences == ()

    def test_a_twin_that_begins_later_takes_in_what_it_missed(
        self, settings: Settings, clock: ManualClock
    ) -> None:
        before = compose(settings.model_copy(update={"log_twin": False}), clock=clock)
        write(before, 5)
        sequence_pending(before)
        before.database.dispose()
        after = compose(settings, clock=clock)
        write(after, 2)
        sequence_pending(after)
        assert audit(after).differences == ()
        assert after.view(twin_size) == 8
        after.database.dispose()

    def test_the_log_rests_when_nothing_happens(self, platform: Platform) -> None:
        write(platform)
        sequence_pending(platform)
        assert sequence_pending(platform) == 0
        assert sequence_pending(platform) == 0


class TestRestoredCopy:
    """SQLite: the database file of yesterday comes back."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        if settings.database_url:
            pytest.skip("the copy of a server's database is made by the server's tools")
        return settings

    @pytest.fixture
    def restored(
        self, settings: Settings, clock: ManualClock, tmp_path: Path
    ) -> Iterator[tuple[Platform, bytes]]:
        platform = compose(settings, clock=clock)
        write(platform, 5)
        sequence_pending(platform)
        with (
            closing(sqlite3.connect(settings.sqlite_path)) as source,
            closing(sqlite3.connect(tmp_path / "backup.sqlite3")) as backup,
        ):
            source.backup(backup)
        write(platform, 5)
        sequence_pending(platform)
        outside = newest(platform)
        platform.database.dispose()
        for path in settings.data_dir.glob("shuangyin.sqlite3*"):
            path.unlink()
        shutil.copy(tmp_path / "backup.sqlite3", settings.sqlite_path)
        again = compose(settings, clock=clock)
        yield again, outside
        again.database.dispose()

    def test_is_not_signed_for_and_says_so(self, restored: tuple[Platform, bytes]) -> None:
        platform, _ = restored
        size = parse_note(newest(platform)).text.split("\n")[1]
        write(platform)
        sequence_pending(platform)
        assert parse_note(newest(platform)).text.split("\n")[1] == size
        [problem] = problems(platform)
        assert (problem.subject, problem.code) == ("log", "fence.behind")
        assert "不能签署" in problem.zh

    def test_is_not_signed_for_when_it_has_outgrown_the_fence(self, restored: tuple[Platform, bytes]) -> None:
        platform, _ = restored
        write(platform, 50)
        sequence_pending(platform)
        [problem] = problems(platform)
        assert problem.code == "fence.split"

    def test_without_its_fence_is_reconciled_only_with_what_others_remember(
        self, restored: tuple[Platform, bytes], settings: Settings, clock: ManualClock
    ) -> None:
        platform, outside = restored
        for path in settings.effective_fence_file.parent.iterdir():
            path.unlink()
        platform.database.dispose()
        again = compose(settings, clock=clock)
        write(again)
        sequence_pending(again)
        assert [problem.code for problem in problems(again)] == ["fence.missing"]
        with pytest.raises(Exception, match="somebody remembers"):
            reconcile(again, [outside])
        reconcile(again, [newest(again)])
        sequence_pending(again)
        assert problems(again) == []
        again.database.dispose()


def client_origin(work: UnitOfWork) -> str:
    origin = queries.origin(work)
    assert origin is not None
    return origin


def record_of(witness: Witness) -> WitnessRecord:
    return witness._record


class TestWitnesses:
    @pytest.fixture
    def witness(self, platform: Platform, tmp_path: Path) -> Callable[[], tuple[WitnessClient, Witness]]:
        """A witness in process behind the client's own protocol; only the line between them is left out."""

        def make() -> tuple[WitnessClient, Witness]:
            keys = tuple(parse_vkey(text) for text in platform.view(public_keys))
            cosigners = [
                Cosigner.generate("witness.example/a"),
                Cosigner.generate("witness.example/a", "sm2"),
            ]
            log = WitnessedLog(keys[0].name, keys)
            service = Witness(cosigners, [log], WitnessRecord(tmp_path / "w.sqlite3"), lambda: 1_793_500_000)
            client = WitnessClient(
                "witness.example/a", "http://127.0.0.1:1", tuple(c.verifier for c in cosigners)
            )
            return client, service

        return make

    @pytest.fixture
    def connected(
        self,
        witness: Callable[[], tuple[WitnessClient, Witness]],
        monkeypatch: pytest.MonkeyPatch,
        platform: Platform,
    ) -> tuple[WitnessClient, Witness]:
        write(platform, 3)
        sequence_pending(platform)
        client, service = witness()
        from evidencelog.http_exchange import HttpAnswer  # noqa: PLC0415 - the line is replaced here only
        from evidencelog.witness import client as client_module  # noqa: PLC0415 - as above

        def exchange(_method: str, _url: str, body: bytes, **_: object) -> HttpAnswer:
            answer = service.add_checkpoint(body)
            return HttpAnswer(answer.status, answer.media_type, answer.body)

        monkeypatch.setattr(client_module, "exchange", exchange)
        return client, service

    @pytest.mark.database_full
    def test_their_lines_are_in_the_checkpoint_and_in_every_proof(
        self, platform: Platform, connected: tuple[WitnessClient, Witness]
    ) -> None:
        client, _ = connected
        [outcome] = ask_witnesses(platform, [client])
        assert outcome.error is None
        assert ask_witnesses(platform, [client]) == ()
        keys = [parse_vkey(text) for text in platform.view(public_keys)]
        policy = WitnessPolicy.of(keys, {"a": list(client.verifiers)}, 1)
        assert policy.open(newest(platform)).witnesses["a"].time_s == 1_793_500_000
        [entry_id] = write(platform)
        sequence_pending(platform)
        ask_witnesses(platform, [client])
        proof = parse_proof(platform.view(lambda work: queries.proof_of(work, entry_id)))
        assert len(policy.open(proof.checkpoint).witnesses) == 1

    def test_a_witness_that_remembers_more_stops_the_signing(
        self, platform: Platform, connected: tuple[WitnessClient, Witness]
    ) -> None:
        """The operator's keys signed a longer history somewhere else, and this witness has seen it."""
        client, service = connected
        ask_witnesses(platform, [client])
        signers = platform.transact(lambda work: load_signers(work, client_origin(work)))
        other = integrate(LogState.empty(), [b"%d" % number for number in range(500)])
        note = sign_checkpoint(signers[0].verifier.name, other.new_state, signers)
        record_of(service).advance(
            signers[0].verifier.name,
            record_of(service).newest(signers[0].verifier.name),
            CosignedHead(500, other.root, note),
        )
        write(platform)
        sequence_pending(platform)
        before = newest(platform)
        [outcome] = ask_witnesses(platform, [client])
        assert outcome.error is not None
        [problem] = problems(platform)
        assert (problem.code, problem.blocking) == ("witness.ahead", 1)
        write(platform)
        sequence_pending(platform)
        assert newest(platform) == before
        with pytest.raises(Exception, match="somebody remembers"):
            reconcile(platform, [note])

    def test_a_silent_witness_is_a_problem_until_it_answers(
        self, platform: Platform, connected: tuple[WitnessClient, Witness], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, _ = connected
        with monkeypatch.context() as patch:

            def down(*_: object) -> object:
                raise StoreError(Code.WITNESS_UNREACHABLE, "no answer")

            patch.setattr(WitnessClient, "cosign", down)
            ask_witnesses(platform, [client])
        [problem] = problems(platform)
        assert (problem.subject, problem.blocking) == ("witness:witness.example/a", 0)
        ask_witnesses(platform, [client])
        assert problems(platform) == []


class TestAudit:
    @pytest.mark.parametrize(
        ("statement", "what"),
        [
            ("UPDATE evidence_entry SET body = replace(body, '\"n\":2', '\"n\":7')", "entry"),
            (
                "DELETE FROM evidence_entry WHERE id = (SELECT entry_id FROM log_leaf WHERE log_index = 3)",
                "entry",
            ),
            ("UPDATE evidence_entry SET kind = 'test.other' WHERE kind = 'test.noted'", "columns"),
            ("UPDATE log_tile SET data = zeroblob(length(data)) WHERE level = 0", "entry"),
            ("UPDATE log_twin_tile SET data = zeroblob(length(data)) WHERE level = 0", "entry"),
            ("UPDATE log_checkpoint SET root = 'x', note = replace(note, 'A', 'B')", "head"),
        ],
    )
    def test_what_was_changed_by_hand_is_named(
        self, settings: Settings, platform: Platform, statement: str, what: str
    ) -> None:
        if settings.database_url:
            pytest.skip("the triggers are dropped by hand on SQLite")
        write(platform, 5)
        sequence_pending(platform)
        with closing(sqlite3.connect(settings.sqlite_path)) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)
            connection.commit()
        outcome = audit(platform)
        assert what in {difference.what for difference in outcome.differences}
        [problem] = problems(platform)
        assert problem.subject == "audit"

    def test_an_entry_that_never_reached_the_log_is_named(self, platform: Platform) -> None:
        write(platform, 2)
        with platform.database.writer.begin() as connection:
            connection.execute(text("DELETE FROM evidence_pending"))
        assert [difference.what for difference in audit(platform).differences] == ["entry", "entry"]


def merkle_root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle_root(leaves[:left]) + merkle_root(leaves[left:])).digest()


def test_static_files_are_published(settings: Settings, clock: ManualClock, tmp_path: Path) -> None:
    folders = {"log_publish_dir": tmp_path / "public", "log_entries_dir": tmp_path / "entries"}
    published = settings.model_copy(update=folders)
    platform = compose(published, clock=clock)
    for count in (300, 5):
        write(platform, count)
        sequence_pending(platform)
    files = FileTileStore(tmp_path / "public")
    note = files.read_checkpoint()
    assert note == newest(platform)
    head = open_checkpoint(note, [parse_vkey(text) for text in platform.view(public_keys)]).checkpoint
    assert TileProver(files, head.size).root() == head.root
    twin = FileTileStore(tmp_path / "public" / "sm3")
    note = twin.read_checkpoint()
    assert note is not None
    assert not (tmp_path / "public" / "tile" / "entries").exists()
    # Who is given the entries, and nothing else, comes to the signed root by hashing alone (RFC 6962, 2.1).
    given = FileTileStore(tmp_path / "entries")
    assert given.read_checkpoint() == newest(platform)
    entries: list[bytes] = []
    for first in range(0, head.size, 256):
        width = min(256, head.size - first)
        entries += decode_entry_bundle(given.read_entries(first // 256, width), width)
    assert merkle_root([hashlib.sha256(b"\0" + entry).digest() for entry in entries]) == head.root
    assert (tmp_path / "entries").stat().st_mode & 0o077 == 0
    kinds = platform.view(lambda work: set(work.session.scalars(select(EvidenceEntry.kind))))
    assert kinds == {"test.noted", TWIN_HEAD}
    assert isinstance(platform.port(HeadFence), HeadFence)
    platform.database.dispose()
