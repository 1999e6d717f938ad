"""Bundles of version 2: statements are worth what the proven entries say, witnesses count as a policy asks."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evidencelog import MalformedError
from evidencelog.bundle import BundleReport, CheckCode, Verdict, read_bundle, verify_bundle
from evidencelog.bundle.manifest import parse_manifest
from evidencelog.bundle.statement import parse_statement
from evidencelog.policy import WitnessPolicy
from evidencelog.vkey import parse_vkey

DATA = Path(__file__).parents[1] / "data" / "bundles"
Rezip = Callable[[Path, Mapping[str, bytes]], Path]


def codes(report: BundleReport, result: str) -> set[str]:
    return {item.code.value for item in report.walk() if item.result.value == result and not item.children}


def test_a_bundle_of_the_first_release_is_read_as_it_was() -> None:
    keys = [parse_vkey(text) for text in (DATA / "version-1.vkeys").read_text().split()]
    bundle = read_bundle(DATA / "version-1.zip")
    assert bundle.manifest.version == 1
    assert bundle.statement is None
    assert parse_manifest(bundle.manifest.to_bytes()) == bundle.manifest
    for trusted in (keys[:1], keys[1:], keys):
        report = verify_bundle(DATA / "version-1.zip", trusted)
        assert report.verdict is Verdict.VALID
        assert codes(report, "warn") <= {"file.unprotected", "keys.untrusted_extra"}


def test_a_good_bundle_under_a_policy(case: Any, tmp_path: Path) -> None:
    path = case.write(tmp_path / "b.zip")
    policy = WitnessPolicy.parse(case.policy)
    report = verify_bundle(path, policy=policy)
    assert report.verdict is Verdict.VALID
    assert {"policy.trusted", "policy.met", "twin.included", "statement.proven", "file.covered"} <= codes(
        report, "pass"
    )
    assert codes(report, "warn") == {"statement.worded", "statement.stated", "file.unprotected"}
    said = {item.code: item.en for item in report.walk()}
    assert said[CheckCode.STATEMENT_PROVEN].startswith("4 row(s)")
    assert "w1 (2026-" in said[CheckCode.POLICY_MET]
    assert "w3" not in said[CheckCode.POLICY_MET]
    assert read_bundle(path).statement == case.extras.statement


def test_the_policy_inside_is_not_trusted_but_shown(case: Any, tmp_path: Path) -> None:
    report = verify_bundle(case.write(tmp_path / "b.zip"))
    assert report.verdict is Verdict.INDETERMINATE
    assert codes(report, "not_checked") == {"keys.from_bundle"}
    assert "policy.met" in codes(report, "pass")


def test_a_policy_that_asks_for_more_witnesses_is_not_met(case: Any, tmp_path: Path) -> None:
    policy = WitnessPolicy.parse(case.policy.replace(b"group g 2", b"group g 3"))
    report = verify_bundle(case.write(tmp_path / "b.zip"), policy=policy)
    assert report.verdict is Verdict.INVALID
    assert "policy.quorum" in codes(report, "fail")
    # What was not proven carries no statement either.
    assert "statement.not_proven" in codes(report, "fail")


def test_a_witness_alone_does_not_speak_for_the_log(case: Any, tmp_path: Path) -> None:
    witness = parse_vkey(case.vkeys[2])
    assert "head.not_signed" in str(
        codes(verify_bundle(case.write(tmp_path / "b.zip"), [witness]), "not_checked")
    )


EXPECTED = {
    "entry": "entry.not_included",
    "index": "entry.not_included",
    "size": "head.signature_invalid",
    "origin": "head.signature_invalid",
    "path": "entry.not_included",
    "without a cosignature": "policy.quorum",
    "shown digest": "statement.contradicted",
    "claimed and shown digest": "statement.contradicted",
    "digest without basis": "statement.digest_not_recorded",
    "number": "statement.contradicted",
    "number as text": "statement.contradicted",
    "time": "statement.contradicted",
    "comment": "statement.contradicted",
    "another person": "statement.contradicted",
    "a path that leads nowhere": "statement.contradicted",
    "an entry that is not there": "statement.not_proven",
    "twin root": "twin.not_bound",
    "twin index": "twin.not_included",
    "twin of another entry": "twin.not_included",
    "document": "file.damaged",
    "report": "file.damaged",
    "unlisted": "bundle.unlisted_member",
}


@pytest.mark.parametrize("what", EXPECTED)
def test_each_lie_is_found_and_named(
    what: str, case: Any, tampered: Mapping[str, Mapping[str, bytes]], rezip: Rezip, tmp_path: Path
) -> None:
    path = rezip(tmp_path / "b.zip", tampered[what])
    report = verify_bundle(path, policy=WitnessPolicy.parse(case.policy))
    assert report.verdict is Verdict.INVALID
    assert EXPECTED[what] in codes(report, "fail")


def test_what_is_malformed_is_refused(
    tampered: Mapping[str, Mapping[str, bytes]], rezip: Rezip, tmp_path: Path
) -> None:
    left = {what for what in tampered if what not in EXPECTED} - {"receipt", "key broken"}
    assert len(left) > 5
    for what in left:
        with pytest.raises(MalformedError):
            verify_bundle(rezip(tmp_path / "b.zip", tampered[what]))


def test_a_receipt_of_an_unknown_kind_is_said_to_be_unchecked(
    case: Any, tampered: Mapping[str, Mapping[str, bytes]], rezip: Rezip, tmp_path: Path
) -> None:
    report = verify_bundle(
        rezip(tmp_path / "b.zip", tampered["receipt"]), policy=WitnessPolicy.parse(case.policy)
    )
    assert report.verdict is Verdict.INDETERMINATE
    assert codes(report, "not_checked") == {"receipt.not_checked"}


def test_every_byte_of_a_proof_counts(
    case: Any, members: Mapping[str, bytes], rezip: Rezip, tmp_path: Path
) -> None:
    """One bit anywhere in a proof file, signatures included: refused, or a signature line is of a key unknown then.

    Lines of unknown keys are passed over (C2SP signed-note); that one of two keys signed is then all that is said.
    """
    policy = WitnessPolicy.parse(case.policy)
    name = "proofs/000001.tlog-proof"
    proof = members[name]
    for at in range(0, len(proof), 3):
        changed = proof[:at] + bytes((proof[at] ^ (1 << at % 7),)) + proof[at + 1 :]
        path = rezip(tmp_path / "b.zip", {**members, name: changed})
        try:
            report = verify_bundle(path, policy=policy)
        except MalformedError:
            continue
        if report.verdict is not Verdict.INVALID:
            signed = [item.en for item in report.walk() if item.code is CheckCode.HEAD_SIGNED]
            assert not ("ed25519" in signed[0] and "sm2" in signed[0]), at


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"format":"evidencelog-statement"}', b"\xff", b"[" * 9_999]
)
def test_statements_that_are_none(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_statement(data)
