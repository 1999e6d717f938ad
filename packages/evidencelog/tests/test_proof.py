"""Proof files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidencelog import (
    ArgumentError,
    Code,
    Ed25519Signer,
    EvidenceLogError,
    MalformedError,
    Sm2Signer,
    TileProver,
    TlogProof,
    VerificationError,
    encode_entry,
    make_proof,
    parse_proof,
    sign_checkpoint,
    tree_hash,
    verify_proof,
)
from evidencelog.keys import NoteVerifier
from evidencelog.testing import MemoryLog

ORIGIN = "log.example/one"
ED25519 = Ed25519Signer.generate(ORIGIN)
SM2 = Sm2Signer.generate(ORIGIN)
KEYS: list[NoteVerifier] = [ED25519.verifier, SM2.verifier]
LOG = MemoryLog()
LOG.add([encode_entry({"type": "test", "n": number}) for number in range(300)])
CHECKPOINT = sign_checkpoint(ORIGIN, LOG.state, [ED25519, SM2])
INDEX = 37
ENTRY = LOG.entries[INDEX]
PROOF = make_proof(TileProver(LOG, 300), INDEX, CHECKPOINT)
TEXT = PROOF.to_bytes()


def test_the_text_form() -> None:
    lines = TEXT.decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 37"]
    assert lines[11] == ""
    assert len(PROOF.hashes) == 9
    assert TEXT.partition(b"\n\n")[2] == CHECKPOINT
    assert parse_proof(TEXT) == PROOF
    with_extra = TlogProof(PROOF.index, PROOF.hashes, PROOF.checkpoint, b"\x00more")
    assert with_extra.to_bytes().split(b"\n")[1] == b"extra AG1vcmU="
    assert parse_proof(with_extra.to_bytes()) == with_extra


def test_a_good_proof() -> None:
    proven = verify_proof(parse_proof(TEXT), ENTRY, KEYS, origin=ORIGIN)
    assert proven.index == INDEX
    assert proven.head.checkpoint.size == 300
    assert proven.head.signed_by == tuple(KEYS)


def test_flipping_any_bit_of_the_file_or_the_entry_is_noticed() -> None:
    for at in range(len(TEXT)):
        for bit in (0, 5):
            wrong = TEXT[:at] + bytes((TEXT[at] ^ 1 << bit,)) + TEXT[at + 1 :]
            try:
                proven = verify_proof(parse_proof(wrong), ENTRY, KEYS)
            except EvidenceLogError:
                continue
            # Only the name or the key id of one signature line changed: it is a stranger's line now.
            assert len(proven.head.signed_by) == 1
            assert len(proven.head.ignored) == 1
            assert proven.head.checkpoint == PROOF.head()
    for at in range(len(ENTRY)):
        with pytest.raises(VerificationError) as failure:
            verify_proof(PROOF, ENTRY[:at] + bytes((ENTRY[at] ^ 1,)) + ENTRY[at + 1 :], KEYS)
        assert failure.value.code == Code.INCLUSION_INVALID


def test_wrong_log_wrong_key_wrong_hash() -> None:
    with pytest.raises(VerificationError) as failure:
        verify_proof(PROOF, ENTRY, KEYS, origin="log.example/two")
    assert failure.value.code == Code.CHECKPOINT_ORIGIN
    with pytest.raises(VerificationError) as failure:
        verify_proof(PROOF, ENTRY, [Ed25519Signer.generate(ORIGIN).verifier])
    assert failure.value.code == Code.NOTE_NOT_SIGNED
    with pytest.raises(VerificationError):
        verify_proof(PROOF, ENTRY, KEYS, algorithm=tree_hash("sm3"))


def test_a_proof_of_an_all_sm_log() -> None:
    sm3 = tree_hash("sm3")
    log = MemoryLog(sm3)
    log.add(LOG.entries[:20])
    head = sign_checkpoint("log.example/sm3", log.state, [SM2])
    proof = make_proof(TileProver(log, 20, sm3), 11, head)
    assert verify_proof(proof, LOG.entries[11], [SM2.verifier], algorithm=sm3).index == 11
    with pytest.raises(VerificationError):
        verify_proof(proof, LOG.entries[11], [SM2.verifier])


def test_what_cannot_be_made() -> None:
    with pytest.raises(ArgumentError):
        make_proof(TileProver(LOG, 300), 300, CHECKPOINT)
    with pytest.raises(MalformedError):
        make_proof(TileProver(LOG, 299), 1, CHECKPOINT)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        TEXT[1:],
        TEXT.replace(b"@v1", b"@v2"),
        TEXT.replace(b"index 37", b"index 037"),
        TEXT.replace(b"index 37", b"index -1"),
        TEXT.replace(b"index 37", b"index 9223372036854775808"),
        TEXT.replace(b"index 37", b"extra\nindex 37"),
        TEXT.replace(b"index 37", b"extra AA=\nindex 37"),
        TEXT.replace(b"index 37\n", b""),
        TEXT.replace(b"index 37\n", b"index 37\nAAAA\n"),
        TEXT.replace(b"index 37\n", b"index 37\n" + 64 * (b"A" * 43 + b"=\n")),
        TEXT.replace(b"\n", b"\r\n"),
        TEXT.replace(b"\n\n", b"\n\n\n", 1),
        TEXT[:-1],
        TEXT + b"\n",
        b"\xff" + TEXT,
        TEXT + b"x" * 1_300_000,
    ],
)
def test_other_spellings_are_refused(text: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_proof(text)


@given(st.binary(max_size=200), st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_any_bytes_are_the_proof_or_refused(data: bytes, start: int, end: int) -> None:
    mixed = TEXT[:start] + data + TEXT[end:]
    try:
        proof = parse_proof(mixed)
    except MalformedError:
        return
    assert proof.to_bytes() == mixed
