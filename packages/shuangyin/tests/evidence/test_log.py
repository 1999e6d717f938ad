"""Entries find their place in the log, nothing is ever signed that is not durable, and outsiders can check it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from typer.testing import CliRunner

from evidencelog.checkpoint import parse_checkpoint
from evidencelog.cli import app as evidencelog_cli
from evidencelog.entry import decode_entry
from evidencelog.log import Integration
from evidencelog.proof import parse_proof, verify_proof
from evidencelog.vkey import parse_vkey
from shuangyin.composition import compose
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.clock import ManualClock
from shuangyin.core.errors import Conflict, ShuangyinError
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import queries, sequencer
from shuangyin.evidence.commands import digest_of, record
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.models import EvidenceEntry, LogCheckpoint, LogHead, LogLeaf
from shuangyin.evidence.sequencer import sequence_pending
from shuangyin.evidence.trees import Tree, advance

ACTOR: Actor = system_actor("0" * 31 + "1")

pytestmark = pytest.mark.database


@pytest.fixture
def platform(settings: Settings, clock: ManualClock) -> Iterator[Platform]:
    """Without the twin, whose binding entries would stand between those that are counted here."""
    platform = compose(settings.model_copy(update={"log_twin": False}), clock=clock)
    yield platform
    platform.database.dispose()


def write(platform: Platform, count: int = 1) -> list[str]:
    def command(work: UnitOfWork) -> list[str]:
        return [
            record(work, ACTOR, kind="test.noted", subject_type="test", subject_id="t1", facts={"n": n}).id
            for n in range(count)
        ]

    return platform.transact(command)


@dataclass(frozen=True)
class Head:
    """A signed head as stored."""

    size: int
    root: str
    note: str


def checkpoints(platform: Platform) -> list[Head]:
    query = select(LogCheckpoint.size, LogCheckpoint.root, LogCheckpoint.note).order_by(LogCheckpoint.size)
    return platform.view(lambda work: [Head(*row) for row in work.session.execute(query).tuples()])


def entry_and_proof(work: UnitOfWork, *, entry_id: str) -> tuple[bytes, bytes]:
    entry = queries.entry_of(work, ACTOR.organization_id, entry_id)
    return entry.body.encode(), queries.proof_of(work, entry_id)


def test_every_entry_has_a_proof_that_an_outsider_accepts(
    platform: Platform, clock: ManualClock, tmp_path: Path
) -> None:
    ids = []
    for count in (3, 300, 1):
        ids += write(platform, count)
        clock.advance(seconds=1)
    assert sequence_pending(platform) == 304
    vkeys = platform.view(public_keys)
    verifiers = [parse_vkey(key) for key in vkeys]
    for place in (0, 2, 255, 256, 303):
        entry, proof = platform.view(partial(entry_and_proof, entry_id=ids[place]))
        proven = verify_proof(parse_proof(proof), entry, verifiers)
        assert proven.index == place
        (tmp_path / "e.json").write_bytes(entry)
        (tmp_path / "e.tlog-proof").write_bytes(proof)
        arguments = ["verify", str(tmp_path / "e.tlog-proof"), "--entry", str(tmp_path / "e.json")]
        arguments += [part for key in vkeys for part in ("--vkey", key)]
        assert CliRunner().invoke(evidencelog_cli, arguments).exit_code == 0


def test_an_entry_holds_what_was_recorded_and_no_free_text(platform: Platform) -> None:
    [entry_id] = write(platform)
    query = select(EvidenceEntry.body, EvidenceEntry.digest).where(EvidenceEntry.id == entry_id)
    body, digest = platform.view(lambda work: work.session.execute(query).tuples().one())
    content = decode_entry(body.encode())
    assert content["facts"] == {"n": 0}
    assert (content["v"], content["kind"], content["id"]) == (1, "test.noted", entry_id)
    assert digest == hashlib.sha256(body.encode()).hexdigest()
    salted = digest_of("同意")
    assert salted["sm3"] == hashlib.new("sm3", bytes.fromhex(salted["salt"]) + "同意".encode()).hexdigest()
    assert digest_of("同意") != salted


def test_a_proof_is_refused_before_the_entry_is_in_a_signed_head(platform: Platform) -> None:
    [entry_id] = write(platform)
    with pytest.raises(Conflict, match="NOT_SEQUENCED"):
        platform.view(lambda work: queries.proof_of(work, entry_id))


def test_heads_only_grow_and_carry_both_signatures(platform: Platform) -> None:
    for count in (1, 2, 3):
        write(platform, count)
        sequence_pending(platform)
    sequence_pending(platform)
    assert [head.size for head in checkpoints(platform)] == [1, 3, 6]
    for head in checkpoints(platform):
        assert parse_checkpoint(head.note.encode()).root.hex() == head.root
        assert head.note.count("\n— ") == 2


def test_a_clock_set_back_a_day_changes_nothing_of_the_order(platform: Platform, clock: ManualClock) -> None:
    first = write(platform, 3)
    sequence_pending(platform)
    clock.advance(seconds=-86_400)
    later = write(platform, 3)
    sequence_pending(platform)
    query = select(LogLeaf.entry_id).order_by(LogLeaf.log_index)
    assert platform.view(lambda work: list(work.session.scalars(query))) == first + later
    assert [head.size for head in checkpoints(platform)] == [3, 6]


class Crash(BaseException):
    """The process is gone: nothing in the product may catch this."""


def test_a_crash_between_commit_and_signature_leaves_an_unsigned_head_that_the_next_round_signs(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(platform, 5)

    def gone(_work: UnitOfWork, _tree: Tree) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(sequencer, "_sign_head", gone)
        with pytest.raises(Crash):
            sequence_pending(platform)
    assert checkpoints(platform) == []
    assert sequence_pending(platform) == 0
    assert [head.size for head in checkpoints(platform)] == [5]


def test_a_crash_before_commit_changes_nothing(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    write(platform, 5)
    original = sequencer._place

    def place_and_crash(work: UnitOfWork, pending: list[str], first: int, hashes: list[bytes]) -> None:
        original(work, pending, first, hashes)
        work.session.flush()
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(sequencer, "_place", place_and_crash)
        with pytest.raises(Crash):
            sequence_pending(platform)
    assert platform.view(lambda work: work.session.scalar(select(LogLeaf.log_index))) is None
    assert sequence_pending(platform) == 5


def test_a_commit_wakes_the_sequencer_and_others_wait_a_second_at_most(platform: Platform) -> None:
    """With an hour between rounds only a wake can place the second entry: the round that placed the first is past."""
    with pytest.raises(ValidationError):
        Settings(data_dir=platform.settings.data_dir, sequencer_period_ms=1001, _env_file=None)
    rare = replace(platform, settings=platform.settings.model_copy(update={"sequencer_period_ms": 3_600_000}))
    thread = sequencer.SequencerThread(rare)
    thread.start()
    try:
        for _ in range(2):
            [entry_id] = write(rare)
            assert _placed(rare, entry_id), "no commit woke the sequencer"
    finally:
        thread.stop()


def _placed(platform: Platform, entry_id: str) -> bool:
    """Whether an entry finds its place within a long patience, which only a sequencer that sleeps uses up."""
    query = select(LogLeaf.log_index).where(LogLeaf.entry_id == entry_id)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if platform.view(lambda work: work.session.scalar(query)) is not None:
            return True
        time.sleep(0.02)
    return False


def test_of_two_sequencers_one_loses_and_no_index_is_given_twice(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(platform, 2)
    sequence_pending(platform)
    write(platform, 3)

    def overtaken(work: UnitOfWork, tree: Tree, head: LogHead, result: Integration) -> None:
        work.session.execute(text("UPDATE log_head SET size = size + 7"))
        advance(work, tree, head, result)

    with monkeypatch.context() as patch:
        patch.setattr("shuangyin.evidence.sequencer.advance", overtaken)
        with pytest.raises(ShuangyinError, match="LOG_MOVED"):
            sequence_pending(platform)
    assert sequence_pending(platform) == 3
    indexes = platform.view(lambda work: list(work.session.scalars(select(LogLeaf.log_index))))
    assert sorted(indexes) == list(range(5))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence_entry SET body = 'x'",
        "DELETE FROM evidence_entry",
        "UPDATE log_leaf SET leaf_hash = 'x'",
        "DELETE FROM log_leaf",
        "UPDATE log_checkpoint SET root = 'x'",
        "DELETE FROM log_checkpoint",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_evidence(platform: Platform, statement: str) -> None:
    write(platform)
    sequence_pending(platform)
    with pytest.raises(DatabaseError), platform.database.writer.begin() as connection:
        connection.execute(text(statement))
