"""Statements of bundles: are worth what the proven entries say, witnesses count as a policy asks."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evidencelog import MalformedError
from evidencelog.bundle import (
    BundleReport,
    CheckCode,
    ProvenEntry,
    Verdict,
    derive,
    read_bundle,
    verify_bundle,
)
from evidencelog.bundle import vocabulary as vocabulary_module
from evidencelog.bundle.manifest import parse_manifest
from evidencelog.bundle.statement import parse_statement
from evidencelog.bundle.supplement import parse_supplement
from evidencelog.entry import JsonValue
from evidencelog.policy import WitnessPolicy
from evidencelog.vkey import parse_vkey

FROZEN = {
    "vocabulary-1.json": "8c3d554545f07cdf0e1d8fbe1ba774a818a97b4092e29d8b13a108aeebfe11b6",
    "vocabulary-2.json": "7a95f4dc754f2c45e90d5564102eef73335e6d6ae64f079ad6a3a07537fa7c19",
    "report-1.html": "906be82e62a7ffb58775f0858c0ac35c76f067c3bb6dca31c9496ecdb42dabd3",
}
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
    assert {
        "policy.trusted",
        "policy.met",
        "twin.included",
        "statement.derived",
        "file.covered_as",
        "file.report_derived",
    } <= codes(report, "pass")
    assert codes(report, "warn") == {"statement.named", "statement.stated", "file.printout"}
    said = {item.code: item.en for item in report.walk()}
    assert said[CheckCode.FILE_COVERED_AS].endswith("it is the sealed document.")
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
    assert report.statement is None


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
    "twin root": "twin.not_bound",
    "twin index": "twin.not_included",
    "twin of another entry": "twin.not_included",
    "document": "file.damaged",
    "report": "file.damaged",
    "unlisted": "bundle.unlisted_member",
    "text": "statement.contradicted",
    "digest in a stated fact": "statement.digest_not_recorded",
    "digest as a name": "statement.digest_not_recorded",
    "another main entry": "statement.no_main",
    "a main entry that is not there": "statement.no_main",
    "masked with a text": "statement.not_masked",
    "source as the sealed document": "file.other_role",
    "sealed document as the source": "file.other_role",
    "report calls the document's digest something else": "file.report_differs",
    "report calls another the approver": "file.report_differs",
    "report words a code otherwise": "file.report_differs",
    "report names another amount of presses": "file.report_differs",
    "report hides what is not proven": "file.report_differs",
}
OLDER = {
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
}


@pytest.mark.parametrize("what", EXPECTED)
def test_each_lie_is_found_and_named(
    what: str, case: Any, tampered: Mapping[str, Mapping[str, bytes]], rezip: Rezip, tmp_path: Path
) -> None:
    path = rezip(tmp_path / "b.zip", tampered[what])
    report = verify_bundle(path, policy=WitnessPolicy.parse(case.policy))
    assert report.verdict is Verdict.INVALID
    assert EXPECTED[what] in codes(report, "fail")


@pytest.mark.parametrize("what", OLDER)
def test_each_lie_in_an_older_bundle_is_found_and_named(
    what: str, tampered_older: Mapping[str, Mapping[str, bytes]], rezip: Rezip, tmp_path: Path
) -> None:
    policy = WitnessPolicy.parse((DATA / "version-3.policy").read_bytes())
    report = verify_bundle(rezip(tmp_path / "b.zip", tampered_older[what]), policy=policy)
    assert report.verdict is Verdict.INVALID
    assert OLDER[what] in codes(report, "fail")


def test_an_older_bundle_is_read_as_it_was_and_said_to_speak_in_its_makers_words() -> None:
    """So a bundle made over into the older form gains nothing: its labels are marked, and the entries speak."""
    report = verify_bundle(
        DATA / "version-3.zip", policy=WitnessPolicy.parse((DATA / "version-3.policy").read_bytes())
    )
    assert report.verdict is Verdict.VALID
    assert "statement.labels" in codes(report, "warn")
    assert report.statement is not None
    assert [row.ground for row in report.statement.rows() if row.ground.value == "stated"] == []


@pytest.mark.parametrize("name", ["version-4", "version-4-voided"])
def test_a_bundle_of_this_release_stays_valid(name: str) -> None:
    """Its report is compared byte for byte, so whatever changes in words or rendering shows here."""
    report = verify_bundle(
        DATA / f"{name}.zip", policy=WitnessPolicy.parse((DATA / f"{name}.policy").read_bytes())
    )
    assert report.verdict is Verdict.VALID
    assert "file.report_derived" in codes(report, "pass")
    assert ("statement.voided" in codes(report, "warn")) == name.endswith("voided")


def test_the_verifier_speaks_in_words_of_its_own(case: Any, tmp_path: Path) -> None:
    report = verify_bundle(case.write(tmp_path / "b.zip"), policy=WitnessPolicy.parse(case.policy))
    assert report.statement is not None
    assert report.statement.title.zh == "用印证据 印-2026-000009"
    rows = {row.label.zh: row for row in report.statement.rows()}
    assert rows["审批结论"].shown.en == "Approved"
    assert rows["审批意见"].ground.value == "text"
    assert (rows["审批人"].shown.zh, rows["审批人"].ground.value) == ("李然 #person-1", "named")
    assert rows["文件名称"].ground.value == rows["审批环节"].ground.value == "stated"
    assert report.statement.sections[0].entry == 1
    assert all(section.related for section in report.statement.sections)


def test_a_voided_use_is_said_to_be_voided_however_sound_the_evidence(
    case: Any, voided_case: Any, tmp_path: Path
) -> None:
    """The entry that voids it comes right after the use; leaving it out leaves what the entries below it say."""
    path = voided_case.write(tmp_path / "b.zip")
    report = verify_bundle(path, policy=WitnessPolicy.parse(voided_case.policy))
    assert report.verdict is Verdict.VALID
    assert "statement.voided" in codes(report, "warn")
    assert report.statement is not None
    assert report.statement.voided
    assert report.statement.title.zh == "用印证据 印-2026-000009 （已作废）"
    second = report.statement.sections[1]
    assert (second.title.en, second.related) == ("The seal use was voided.", True)
    assert {row.label.zh: row.shown.zh for row in second.rows}["作废原因"] == "文件内容有误"
    standing = verify_bundle(case.write(tmp_path / "a.zip"), policy=WitnessPolicy.parse(case.policy))
    assert standing.statement is not None
    assert not standing.statement.voided
    assert "statement.voided" not in codes(standing, "warn")


def test_an_entry_of_another_use_is_marked(case: Any, tmp_path: Path) -> None:
    """Judge: entries of another request are in the same log and proven; nothing ties them to this use."""
    other: dict[str, JsonValue] = {
        "kind": "approvals.decided",
        "facts": {"decision": "approve"},
        "subject": {"id": "request-2"},
    }
    entries = {
        1: ProvenEntry(
            0, {"kind": "sealing.sealed", "facts": {"number": "n"}, "subject": {"id": "request-1"}}
        ),
        2: ProvenEntry(1, other),
        3: ProvenEntry(2, {"kind": "documents.uploaded", "facts": {"sm3": "d"}}),
        4: ProvenEntry(3, {"kind": "evidence.twin_head", "facts": {"size": 3}}),
    }
    related = {section.entry: section.related for section in derive(entries).sections}
    assert related == {1: True, 2: False, 3: False, 4: True}


def test_words_of_a_version_stay_as_they_are() -> None:
    """Reports are compared byte for byte: whoever changes a word makes a new version of the vocabulary."""
    folder = Path(vocabulary_module.__file__).parent
    for name, digest in FROZEN.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_what_is_malformed_is_refused(
    tampered: Mapping[str, Mapping[str, bytes]],
    tampered_older: Mapping[str, Mapping[str, bytes]],
    rezip: Rezip,
    tmp_path: Path,
) -> None:
    with pytest.raises(MalformedError):
        verify_bundle(rezip(tmp_path / "b.zip", tampered_older["row malformed"]))
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


@pytest.mark.parametrize("parse", [parse_statement, parse_supplement])
@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"format":"evidencelog-statement"}', b"\xff", b"[" * 9_999]
)
def test_statements_that_are_none(data: bytes, parse: Callable[[bytes], object]) -> None:
    with pytest.raises(MalformedError):
        parse(data)
