"""Keys, signed notes and checkpoints."""

import hashlib
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from evidencelog import (
    ArgumentError,
    Checkpoint,
    Code,
    Ed25519Signer,
    EvidenceLogError,
    MalformedError,
    Sm2Signer,
    VerificationError,
    generate_signer,
    open_checkpoint,
    parse_checkpoint,
    parse_skey,
    parse_vkey,
)
from evidencelog.checkpoint import sign_checkpoint
from evidencelog.keys import _ED25519_P as P
from evidencelog.keys import _ED25519_SMALL_ORDER_Y as Y
from evidencelog.keys import SM2_TYPE, Ed25519Verifier, NoteVerifier, Signer
from evidencelog.note import MAX_SIGNATURES, NoteSignature, SignedNote, open_note, parse_note, sign_note
from gmseal.sm.keys import PublicKey

NAME = "log.example/一号"
ED25519 = Ed25519Signer(NAME, hashlib.sha256(b"a key for tests").digest())
SM2 = Sm2Signer.generate(NAME)
HEAD = Checkpoint(NAME, 20_852_163, hashlib.sha256(b"root").digest())
NOTE = sign_checkpoint(HEAD, [ED25519, SM2])

# The example note in the C2SP signed-note specification, with the key that Go's package documentation gives.
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_published_example() -> None:
    opened = open_note(PETER_NOTE.encode(), [parse_vkey(PETER_VKEY)])
    assert opened.text.startswith("If you think")
    with pytest.raises(VerificationError):
        open_note(PETER_NOTE.replace("answer", "Answer").encode(), [parse_vkey(PETER_VKEY)])


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])
def test_key_texts_are_read_back(algorithm: str) -> None:
    signer = generate_signer(NAME, algorithm)
    again = parse_skey(signer.skey + "\n")
    assert again.verifier == signer.verifier == parse_vkey(signer.verifier.vkey)
    assert again.verifier.algorithm == algorithm
    assert signer.verifier.verify(b"message", again.sign(b"message"))
    assert not signer.verifier.verify(b"another", again.sign(b"message"))
    assert not signer.verifier.verify(b"message", b"")


@pytest.mark.parametrize("signer", [ED25519, SM2], ids=["ed25519", "sm2"])
def test_every_character_of_a_key_counts(signer: Signer) -> None:
    for text, parse in ((signer.verifier.vkey, parse_vkey), (signer.skey, parse_skey)):
        for at, character in enumerate(text):
            wrong = text[:at] + ("A" if character != "A" else "B") + text[at + 1 :]
            with pytest.raises(MalformedError):
                parse(wrong)


def test_keys_that_are_refused() -> None:
    for name in ("", "a b", "a+b", "a\u3000b", "a\nb", "x" * 256, "a\ud800"):
        with pytest.raises(MalformedError):
            generate_signer(name, "ed25519")
    with pytest.raises(ArgumentError):
        generate_signer("a", "rsa")
    identity, order_two, not_a_value = (1, 2**255 - 20, 2**255 - 18)
    for y in (identity, order_two, not_a_value, 0):
        with pytest.raises(MalformedError):
            Ed25519Verifier("a", y.to_bytes(32, "little"))
    off_curve = bytes((4,)) + bytes(64)
    key_id = hashlib.sha256(b"a\n" + SM2_TYPE + off_curve).hexdigest()[:8]
    for data in (SM2_TYPE + off_curve, SM2_TYPE + off_curve[:-1], b"\x06" + bytes(32), b""):
        with pytest.raises(MalformedError):
            parse_vkey(f"a+{key_id}+{b64encode(data).decode()}")


def test_points_of_small_order_are_really_refused() -> None:
    """The constant for the points of order eight is right: eight times such a point is the neutral element."""
    d = -121665 * pow(121666, -1, P) % P
    x2 = (Y * Y - 1) * pow(d * Y * Y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x if x * x % P == x2 else x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == x2
    point = (x, Y)
    for _ in range(3):
        x, y = point
        t = d * x * x * y * y
        point = (2 * x * y * pow(1 + t, -1, P) % P, (y * y + x * x) * pow(1 - t, -1, P) % P)
    assert point == (0, 1)


def test_a_checkpoint_has_the_prescribed_form() -> None:
    lines = NOTE.decode().split("\n")
    assert lines[0] == NAME
    assert lines[1] == "20852163"
    assert lines[3] == ""
    assert lines[4].startswith(f"— {NAME} ")
    assert lines[5].startswith(f"— {NAME} ")
    assert lines[6:] == [""]
    opened = open_checkpoint(NOTE, [ED25519.verifier, SM2.verifier], origin=NAME)
    assert opened.checkpoint == HEAD == parse_checkpoint(NOTE)
    assert opened.signed_by == (ED25519.verifier, SM2.verifier)
    assert opened.ignored == ()


def test_one_known_key_is_enough_and_the_others_are_ignored() -> None:
    known: NoteVerifier
    for known in (ED25519.verifier, SM2.verifier):
        opened = open_checkpoint(NOTE, [known])
        assert opened.signed_by == (known,)
        assert len(opened.ignored) == 1
    stranger = generate_signer(NAME, "sm2").verifier
    with pytest.raises(VerificationError) as failure:
        open_checkpoint(NOTE, [stranger])
    assert failure.value.code == Code.NOTE_NOT_SIGNED
    with pytest.raises(VerificationError):
        open_checkpoint(NOTE, [])
    with pytest.raises(VerificationError) as failure:
        open_checkpoint(NOTE, [ED25519.verifier], origin="log.example/二号")
    assert failure.value.code == Code.CHECKPOINT_ORIGIN


def test_a_bad_line_of_a_known_key_spoils_the_note() -> None:
    note = parse_note(NOTE)
    for at, good in enumerate(note.signatures):
        bad = NoteSignature(good.name, good.key_id, good.signature[:-1] + bytes((good.signature[-1] ^ 1,)))
        lines = [bad if place == at else line for place, line in enumerate(note.signatures)]
        with pytest.raises(VerificationError) as failure:
            open_note(SignedNote(note.text, tuple(lines)).to_bytes(), [ED25519.verifier, SM2.verifier])
        assert failure.value.code == Code.SIGNATURE_INVALID


def test_flipping_any_bit_is_noticed() -> None:
    keys: list[NoteVerifier] = [ED25519.verifier, SM2.verifier]
    for at in range(len(NOTE)):
        wrong = NOTE[:at] + bytes((NOTE[at] ^ 1,)) + NOTE[at + 1 :]
        try:
            opened = open_checkpoint(wrong, keys)
        except EvidenceLogError:
            continue
        # What remains is a change of name or key id of one line: that line is now a stranger's, the other is good.
        assert opened.checkpoint == HEAD
        assert len(opened.signed_by) == 1


def test_an_sm2_signature_has_one_spelling() -> None:
    signature = SM2.sign(b"message")
    assert not SM2.verifier.verify(b"message", signature + b"\x00")
    assert signature[0] == 0x30
    assert signature[1] == len(signature) - 2
    assert not SM2.verifier.verify(b"message", b"\x30\x81" + signature[1:])


def test_limits_of_notes() -> None:
    line = NoteSignature("w", b"abcd", b"x")
    note = sign_note("text\n", [ED25519], [line] * (MAX_SIGNATURES - 1))
    assert open_note(note, [ED25519.verifier]).verified == (ED25519.verifier,)
    with pytest.raises(MalformedError):
        sign_note("text\n", [ED25519], [line] * MAX_SIGNATURES)
    with pytest.raises(MalformedError):
        parse_note(b"x" * 1_000_001)
    for text in ("", "no newline", "control \x00\n", "lone \ud800\n", "cr \r\n"):
        with pytest.raises(MalformedError):
            sign_note(text, [ED25519])
    with pytest.raises(MalformedError):
        sign_note("text\n", [])


def test_two_keys_must_not_share_name_and_id() -> None:
    class Twin(Ed25519Verifier):
        @property
        def key_id(self) -> bytes:
            return ED25519.verifier.key_id

    twin = Twin(NAME, Ed25519Signer.generate(NAME).verifier._key_bytes[1:])
    with pytest.raises(ArgumentError):
        open_note(NOTE, [ED25519.verifier, twin])


def test_a_signer_that_fails_is_found_before_the_signature_leaves() -> None:
    class Faulty:
        verifier = SM2.verifier

        def sign(self, message: bytes) -> bytes:
            return SM2.sign(message + b"!")

    with pytest.raises(EvidenceLogError) as failure:
        sign_checkpoint(HEAD, [Faulty()])
    assert failure.value.code == Code.SIGNING_FAILED


def test_a_key_store_that_only_signs_is_enough() -> None:
    class Store:
        public_key = PublicKey.from_point(SM2._key.public_key.point)

        def sign(self, message: bytes) -> bytes:
            return SM2.sign(message)

    signer = Sm2Signer(NAME, Store())
    assert open_checkpoint(sign_checkpoint(HEAD, [signer]), [SM2.verifier]).checkpoint == HEAD
    with pytest.raises(ArgumentError):
        _ = signer.skey


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint("a", -1, bytes(32)),
        Checkpoint("a", 2**63, bytes(32)),
        Checkpoint("a", 1, bytes(31)),
        Checkpoint("a", 1, bytes(32), ("",)),
        Checkpoint("a", 1, bytes(32), ("x\n",)),
    ],
)
def test_checkpoints_that_cannot_be_written(head: Checkpoint) -> None:
    with pytest.raises(MalformedError):
        sign_checkpoint(head, [ED25519])


@pytest.mark.parametrize(
    "size", ["", "01", "+1", "-1", " 1", "1 ", "1_0", "１", "9223372036854775808", "1e3", "0x1"]
)
def test_sizes_have_one_spelling(size: str) -> None:
    text = f"origin\n{size}\n{'A' * 43}=\n"
    with pytest.raises(MalformedError):
        open_checkpoint(sign_note(text, [ED25519]), [ED25519.verifier])


@given(st.text(), st.lists(st.tuples(st.text(), st.binary(max_size=80)), max_size=3))
def test_any_text_is_a_note_or_refused(text: str, lines: list[tuple[str, bytes]]) -> None:
    signatures = tuple(NoteSignature(name, data[:4], data[4:]) for name, data in lines)
    data = (
        SignedNote(text, signatures).to_bytes()
        if max(text, default="") < "\ud800"
        else text.encode(errors="replace")
    )
    try:
        note = parse_note(data)
    except MalformedError:
        return
    assert note.to_bytes() == data


@given(st.binary(max_size=300))
def test_any_bytes_are_a_checkpoint_or_refused(data: bytes) -> None:
    for attempt in (data, data + NOTE, NOTE[: len(data)] + data):
        try:
            open_checkpoint(attempt, [ED25519.verifier, SM2.verifier])
        except EvidenceLogError:
            continue
        assert attempt == NOTE


def openssl(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, check=False, timeout=30)


@pytest.mark.parametrize("tampered", [False, True])
def test_openssl_verifies_the_sm2_line(tmp_path: Path, *, tampered: bool) -> None:
    note = parse_note(NOTE)
    line = next(line for line in note.signatures if line.key_id == SM2.verifier.key_id)
    point = parse_vkey(SM2.verifier.vkey)
    assert point.algorithm == "sm2"
    spki = PublicKey.from_point(SM2.verifier._key_bytes[len(SM2_TYPE) :]).to_spki_der()
    (tmp_path / "key.der").write_bytes(spki)
    (tmp_path / "signature").write_bytes(line.signature)
    (tmp_path / "text").write_bytes(note.text.encode() + (b"x" if tampered else b""))
    arguments = (
        "pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin -digest sm3 -in text -sigfile signature"
    )
    done = openssl(tmp_path, *arguments.split(), "-pkeyopt", "distid:1234567812345678")
    assert (done.returncode == 0) is not tampered, done.stderr
    assert (b"Signature Verified Successfully" in done.stdout) is not tampered


@pytest.mark.parametrize("tampered", [False, True])
def test_openssl_verifies_the_ed25519_line(tmp_path: Path, *, tampered: bool) -> None:
    note = parse_note(NOTE)
    line = next(line for line in note.signatures if line.key_id == ED25519.verifier.key_id)
    raw = ED25519.verifier._key_bytes[1:]
    pem = Ed25519PublicKey.from_public_bytes(raw).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "signature").write_bytes(line.signature)
    (tmp_path / "text").write_bytes(note.text.encode() + (b"x" if tampered else b""))
    arguments = "pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature"
    done = openssl(tmp_path, *arguments.split())
    assert (done.returncode == 0) is not tampered, done.stderr
