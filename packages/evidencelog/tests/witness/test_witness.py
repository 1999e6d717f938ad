"""The witness protocol: every status of the specification, the race it warns of, and monitors."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evidencelog import Code, Ed25519Signer, TileProver, encode_entry, sign_checkpoint, tree_hash
from evidencelog.cosignature import Cosigner
from evidencelog.errors import StoreError
from evidencelog.note import parse_note
from evidencelog.testing import MemoryLog
from evidencelog.text import encode_base64
from evidencelog.witness.record import CosignedHead, WitnessRecord
from evidencelog.witness.service import AddCheckpoint, Witness, WitnessAnswer, WitnessedLog

ORIGIN = "log.example/witnessed"
KEY = Ed25519Signer.generate(ORIGIN)
OTHER_KEY = Ed25519Signer.generate(ORIGIN)


class GrowingLog:
    """A log in memory with its signed heads."""

    def __init__(self, salt: str = "", algorithm: str = "sha-256") -> None:
        self.log = MemoryLog(tree_hash(algorithm))
        self.salt = salt

    def grow_to(self, size: int) -> bytes:
        self.log.add([encode_entry({"n": f"{self.salt}{n}"}) for n in range(self.log.state.size, size)])
        return sign_checkpoint(ORIGIN, self.log.state, [KEY])

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return TileProver(self.log, new, self.log.state.algorithm).consistency_proof(old)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[WitnessRecord]:
    kept = WitnessRecord(tmp_path / "witness.sqlite3")
    yield kept
    kept.close()


@pytest.fixture
def cosigner() -> Cosigner:
    return Cosigner.generate("witness.example/court")


@pytest.fixture
def ask(record: WitnessRecord, cosigner: Cosigner) -> Callable[..., WitnessAnswer]:
    logs = [WitnessedLog(ORIGIN, (KEY.verifier,))]
    witness = Witness([cosigner], logs, record, lambda: 1_790_000_000)

    def add(note: bytes, old: int, proof: tuple[bytes, ...] = ()) -> WitnessAnswer:
        return witness.add_checkpoint(AddCheckpoint(old, proof, note).to_bytes())

    return add


Ask = Callable[..., WitnessAnswer]


def test_heads_that_grow_are_cosigned(ask: Ask, cosigner: Cosigner, record: WitnessRecord) -> None:
    log = GrowingLog()
    old = 0
    for size in (1, 2, 7, 256, 257, 700):
        note = log.grow_to(size)
        answer = ask(note, old, log.proof(old, size) if old else ())
        assert answer.status == 200, answer.body
        text = parse_note(note).text.encode()
        [line] = parse_note(text + b"\n" + answer.body).signatures
        assert cosigner.verifier.verify(text, line.signature)
        newest = record.newest(ORIGIN)
        assert newest is not None
        assert (newest.size, newest.root) == (size, log.log.state.root())
        old = size
    # The same head again is cosigned again.
    assert ask(log.grow_to(700), 700).status == 200


def test_the_statuses_of_the_specification(ask: Ask) -> None:
    log = GrowingLog()
    first = log.grow_to(5)
    assert ask(first, 0).status == 200
    second = log.grow_to(9)
    good = log.proof(5, 9)
    conflict = ask(second, 4, good)
    assert (conflict.status, conflict.media_type, conflict.body) == (409, "text/x.tlog.size", b"5\n")
    assert ask(second, 10, good).status == 400
    assert ask(second, 5, good[:-1]).status == 422
    assert ask(second, 5, (*good, good[0])).status == 422
    assert ask(second, 5, ()).status == 422
    fork = GrowingLog("fork")
    split = ask(fork.grow_to(5), 5)
    assert split.status == 422
    assert split.alarm is not None
    assert ask(fork.grow_to(9), 5, fork.proof(5, 9)).status == 422
    foreign = sign_checkpoint(ORIGIN, log.log.state, [OTHER_KEY])
    assert ask(foreign, 5, good).status == 403
    unknown = sign_checkpoint(
        "log.example/unknown", log.log.state, [Ed25519Signer.generate("log.example/unknown")]
    )
    assert ask(unknown, 0).status == 404
    assert ask(second, 5, good).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n",
        b"old -1\n\nx",
        b"old 0\nnot base64\n\nx",
        b"old 0\n" + encode_base64(b"x" * 31).encode() + b"\n\nx",
        b"old 0\n" + (encode_base64(b"x" * 32).encode() + b"\n") * 64 + b"\nx",
        b"\xff\xfe",
        b"old 0\n\nno checkpoint at all",
    ],
)
def test_what_is_no_request_is_400(record: WitnessRecord, cosigner: Cosigner, body: bytes) -> None:
    witness = Witness([cosigner], [WitnessedLog(ORIGIN, (KEY.verifier,))], record, lambda: 0)
    assert witness.add_checkpoint(body).status == 400


def test_a_slow_request_never_rolls_a_log_back(record: WitnessRecord, cosigner: Cosigner) -> None:
    """The race of the specification: N is checked, N+K is checked and stored, then N would be stored."""
    log = GrowingLog()
    short, long = log.grow_to(4), log.grow_to(9)

    class Overtaken(WitnessRecord):
        """Lets the longer head in between the check and the storing of the shorter."""

        overtake = True

        def advance(self, origin: str, old: CosignedHead | None, new: CosignedHead) -> bool:
            if self.overtake:
                self.overtake = False
                fast = Witness([cosigner], [WitnessedLog(ORIGIN, (KEY.verifier,))], self, lambda: 1)
                assert fast.add_checkpoint(AddCheckpoint(0, (), long).to_bytes()).status == 200
            return super().advance(origin, old, new)

    kept = Overtaken(record._path.with_name("overtaken.sqlite3"))
    slow = Witness([cosigner], [WitnessedLog(ORIGIN, (KEY.verifier,))], kept, lambda: 1)
    answer = slow.add_checkpoint(AddCheckpoint(0, (), short).to_bytes())
    assert (answer.status, answer.body) == (409, b"9\n")
    newest = kept.newest(ORIGIN)
    assert newest is not None
    assert newest.size == 9
    kept.close()


def test_many_at_once_leave_the_largest(record: WitnessRecord, cosigner: Cosigner) -> None:
    log = GrowingLog()
    notes = {size: log.grow_to(size) for size in range(1, 40)}
    witness = Witness([cosigner], [WitnessedLog(ORIGIN, (KEY.verifier,))], record, lambda: 1)
    turn = threading.Lock()
    sizes: list[int] = []

    def send(size: int) -> None:
        with turn:  # one connection, as the application serialises
            newest = record.newest(ORIGIN)
            old = newest.size if newest else 0
            if old > size:
                return
            proof = log.proof(old, size) if 0 < old < size else ()
            answer = witness.add_checkpoint(AddCheckpoint(old, proof, notes[size]).to_bytes())
            if answer.status == 200:
                sizes.append(size)

    threads = [threading.Thread(target=send, args=(size,)) for size in notes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == sorted(sizes)


def test_nothing_is_answered_that_was_not_stored(
    record: WitnessRecord, cosigner: Cosigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise StoreError(Code.STORE_IO, "the disk is full")

    monkeypatch.setattr(record, "advance", full)
    witness = Witness([cosigner], [WitnessedLog(ORIGIN, (KEY.verifier,))], record, lambda: 1)
    with pytest.raises(StoreError):
        witness.add_checkpoint(AddCheckpoint(0, (), GrowingLog().grow_to(3)).to_bytes())


def test_an_sm3_log_is_followed_with_its_own_hash(record: WitnessRecord, cosigner: Cosigner) -> None:
    log = GrowingLog(algorithm="sm3")
    logs = [WitnessedLog(ORIGIN, (KEY.verifier,), tree_hash("sm3"))]
    witness = Witness([cosigner], logs, record, lambda: 1)
    assert witness.add_checkpoint(AddCheckpoint(0, (), log.grow_to(5)).to_bytes()).status == 200
    note = log.grow_to(11)
    request = AddCheckpoint(5, log.proof(5, 11), note)
    assert AddCheckpoint.parse(request.to_bytes()) == request
    assert witness.add_checkpoint(request.to_bytes()).status == 200
