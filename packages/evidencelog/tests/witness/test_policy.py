"""Cosignatures and policies: who counts, how often, and what a forged line does."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidencelog import (
    Code,
    Ed25519Signer,
    EvidenceLogError,
    LogState,
    MalformedError,
    Sm2Signer,
    VerificationError,
    integrate,
    parse_vkey,
    sign_checkpoint,
)
from evidencelog.cosignature import Cosigner
from evidencelog.note import parse_note
from evidencelog.policy import WitnessPolicy
from evidencelog.witness.client import with_lines

ORIGIN = "log.example/policy"
LOG = Ed25519Signer.generate(ORIGIN)
LOG_SM2 = Sm2Signer.generate(ORIGIN)
WITNESSES = {name: Cosigner.generate(f"witness.example/{name}") for name in ("bank", "court", "notary")}
SM2_WITNESS = Cosigner.generate("witness.example/bank", "sm2")


def head(*cosigners: Cosigner, time_s: int = 1_790_000_000, entries: int = 3) -> bytes:
    state = integrate(LogState.empty(), [b"%d" % number for number in range(entries)]).new_state
    note = sign_checkpoint(ORIGIN, state, [LOG, LOG_SM2])
    text = parse_note(note).text.encode()
    return with_lines(note, [cosigner.cosign(text, time_s) for cosigner in cosigners])


def policy(threshold: int) -> WitnessPolicy:
    witnesses = {name: [cosigner.verifier] for name, cosigner in WITNESSES.items()}
    return WitnessPolicy.of([LOG.verifier], witnesses, threshold)


@pytest.mark.parametrize("threshold", [0, 1, 2, 3])
@pytest.mark.parametrize("present", [0, 1, 2, 3])
def test_a_quorum_is_so_many_of_the_witnesses(threshold: int, present: int) -> None:
    note = head(*list(WITNESSES.values())[:present])
    if present >= threshold:
        opened = policy(threshold).open(note, origin=ORIGIN)
        assert len(opened.witnesses) == present
        assert all(stated.time_s == 1_790_000_000 for stated in opened.witnesses.values())
    else:
        with pytest.raises(VerificationError) as refused:
            policy(threshold).open(note, origin=ORIGIN)
        assert refused.value.code is Code.POLICY_QUORUM


def test_a_witness_with_two_keys_counts_once() -> None:
    keys = {
        "bank": [WITNESSES["bank"].verifier, SM2_WITNESS.verifier],
        "court": [WITNESSES["court"].verifier],
    }
    both = WitnessPolicy.of([LOG.verifier], keys, 2)
    with pytest.raises(VerificationError):
        both.open(head(WITNESSES["bank"], SM2_WITNESS))
    assert set(both.open(head(SM2_WITNESS, WITNESSES["court"])).witnesses) == {"bank", "court"}


@pytest.mark.parametrize("cosigner", [WITNESSES["bank"], SM2_WITNESS], ids=["ed25519", "sm2"])
def test_every_changed_byte_of_a_cosignature_refuses_the_head(cosigner: Cosigner) -> None:
    note = head(cosigner)
    keys = {"bank": [cosigner.verifier]}
    believed = WitnessPolicy.of([LOG.verifier], keys, 1)
    parsed = parse_note(note)
    line = parsed.signatures[-1]
    for position in range(len(line.signature)):
        changed = bytearray(line.signature)
        changed[position] ^= 1
        bad = type(line)(line.name, line.key_id, bytes(changed))
        with pytest.raises(VerificationError) as refused:
            believed.open(with_lines(note, [bad]))
        assert refused.value.code is Code.SIGNATURE_INVALID


def test_a_cosignature_on_another_head_does_not_count() -> None:
    other = parse_note(head(WITNESSES["bank"], entries=4)).signatures[-1]
    with pytest.raises(VerificationError):
        policy(1).open(with_lines(head(), [other]))


def test_a_witness_never_stands_for_the_log() -> None:
    stranger = sign_checkpoint(ORIGIN, LogState.empty(), [Ed25519Signer.generate("x")])
    text = parse_note(stranger).text.encode()
    note = with_lines(stranger, [WITNESSES["bank"].cosign(text, 1)])
    with pytest.raises(VerificationError) as refused:
        policy(1).open(note)
    assert refused.value.code is Code.NOTE_NOT_SIGNED


def test_keys_of_both_kinds_read_back() -> None:
    for cosigner in (*WITNESSES.values(), SM2_WITNESS):
        assert parse_vkey(cosigner.verifier.vkey) == cosigner.verifier
    assert parse_vkey(LOG_SM2.verifier.vkey) == LOG_SM2.verifier


def text_form(*lines: str) -> bytes:
    vkeys = {name: cosigner.verifier.vkey for name, cosigner in WITNESSES.items()}
    return "\n".join(line.format(log=LOG.verifier.vkey, **vkeys) for line in lines).encode() + b"\n"


def test_groups_of_groups() -> None:
    believed = WitnessPolicy.parse(
        text_form(
            "log {log}  # the operator",
            "witness bank {bank}",
            "witness court {court}",
            "witness notary {notary}",
            "group state any court notary",
            "group all-sides all bank state",
            "quorum all-sides",
        )
    )
    bank, court, notary = (WITNESSES[name] for name in ("bank", "court", "notary"))
    assert believed.open(head(bank, notary)).witnesses.keys() == {"bank", "notary"}
    with pytest.raises(VerificationError):
        believed.open(head(court, notary))
    with pytest.raises(VerificationError):
        believed.open(head(bank))


@pytest.mark.parametrize(
    "lines",
    [
        ("log {log}",),
        ("quorum none",),
        ("log {log}", "quorum bank"),
        ("log {log}", "witness bank {bank}", "group g 2 bank", "quorum g"),
        ("log {log}", "witness bank {bank}", "group g 0 bank", "quorum g"),
        ("log {log}", "group g 1 g", "quorum g"),
        ("log {log}", "witness bank {bank}", "witness again {bank}", "quorum bank"),
        ("log {log}", "witness bank {bank}", "witness bank {court}", "quorum bank"),
        ("log {log}", "witness bank {log}", "quorum bank"),
        ("log {bank}", "quorum none"),
        ("log {log}", "quorum none", "quorum none"),
        ("log {log}", "witness bank {bank}", "group a any bank", "group b any bank", "quorum a"),
        ("log", "quorum none"),
        ("nonsense here",),
        ("log not-a-key", "quorum none"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(MalformedError):
        WitnessPolicy.parse(text_form(*lines))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_policy_or_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(EvidenceLogError):
        WitnessPolicy.parse(data)


def test_openssl_accepts_a_cosignature_of_sm2(tmp_path: Path) -> None:
    """The signed text is header, time and checkpoint; the line's signature follows its eight bytes of time."""
    import subprocess  # noqa: PLC0415 - one test asks a program of the system

    from gmseal.sm.keys import PublicKey  # noqa: PLC0415 - as above

    line = parse_note(head(SM2_WITNESS, time_s=1_800_000_000)).signatures[-1]
    point = SM2_WITNESS.verifier.key_bytes[-65:]
    (tmp_path / "key.pem").write_bytes(PublicKey.from_point(point).to_spki_pem())
    (tmp_path / "signature").write_bytes(line.signature[8:])
    text = parse_note(head()).text
    (tmp_path / "text").write_bytes(f"cosignature/v1\ntime 1800000000\n{text}".encode())
    done = subprocess.run(
        [
            "openssl",
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            "key.pem",
            "-rawin",
            "-digest",
            "sm3",
            "-pkeyopt",
            "distid:1234567812345678",
            "-sigfile",
            "signature",
            "-in",
            "text",
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
