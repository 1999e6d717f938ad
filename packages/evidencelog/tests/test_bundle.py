"""Evidence bundles: what a good one shows, and what every kind of tampering leads to."""

import hashlib
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidencelog import (
    ArgumentError,
    Code,
    Ed25519Signer,
    EvidenceLogError,
    MalformedError,
    Sm2Signer,
    StoreError,
    TileProver,
    encode_entry,
    make_proof,
    sign_checkpoint,
    tree_hash,
)
from evidencelog.bundle import (
    BundleLimits,
    BundleReport,
    CheckCode,
    EntrySource,
    FileRole,
    FileSource,
    Verdict,
    read_bundle,
    verify_bundle,
    write_bundle,
)
from evidencelog.keys import NoteVerifier
from evidencelog.testing import MemoryLog

ORIGIN = "log.example/one"
ED25519 = Ed25519Signer.generate(ORIGIN)
SM2 = Sm2Signer.generate(ORIGIN)
KEYS: list[NoteVerifier] = [ED25519.verifier, SM2.verifier]
DOCUMENT = b"%PDF-1.7 an invented contract" * 50
PHOTO = b"an invented photo"
EMPTY_END = b"PK\x05\x06" + bytes(18)
NOW = 1_767_225_600_000


def sm3_hex(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


@dataclass
class Case:
    log: MemoryLog
    sources: list[EntrySource]

    def entry(self, at: int) -> bytes:
        return self.sources[at].data


@pytest.fixture(scope="module")
def case() -> Case:
    log = MemoryLog()
    log.add([encode_entry({"type": "other", "n": number}) for number in range(50)])
    log.add([encode_entry({"type": "sealed", "document": {"sha256": hashlib.sha256(DOCUMENT).hexdigest()}})])
    first = sign_checkpoint(ORIGIN, log.state, [ED25519, SM2])
    first_size = log.state.size
    log.add([encode_entry({"type": "pressed", "photos": [{"sm3": sm3_hex(PHOTO)}]})])
    second = sign_checkpoint(ORIGIN, log.state, [ED25519, SM2])
    sources = [
        EntrySource(log.entries[50], make_proof(TileProver(log, first_size), 50, first)),
        EntrySource(log.entries[51], make_proof(TileProver(log, log.state.size), 51, second)),
    ]
    return Case(log, sources)


def write(path: Path, case: Case, **changes: Any) -> Path:
    arguments: dict[str, Any] = {
        "origin": ORIGIN,
        "created_at_ms": NOW,
        "entries": case.sources,
        "vkeys": [key.vkey for key in KEYS],
        "files": [
            FileSource("合同.pdf", FileRole.SEALED_DOCUMENT, "application/pdf", DOCUMENT),
            FileSource("photos/1.jpg", FileRole.PHOTO, "image/jpeg", PHOTO),
            FileSource("seal.cer", FileRole.CERTIFICATE, "application/pkix-cert", b"0\x00"),
        ],
        "about": {"用印申请": "用印-2026-000123"},
    }
    write_bundle(path, **{**arguments, **changes})
    return path


@pytest.fixture
def bundle(tmp_path: Path, case: Case) -> Path:
    return write(tmp_path / "bundle.zip", case)


def codes(report: BundleReport, result: str) -> set[CheckCode]:
    return {item.code for item in report.walk() if item.result.value == result and not item.children}


def rewrite(path: Path, change: Callable[[dict[str, bytes]], Mapping[str, bytes]]) -> Path:
    """Take a bundle apart, change its members, and zip them again."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in change(members).items():
            archive.writestr(name, data)
    return path


def with_manifest(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    def apply(members: dict[str, bytes]) -> dict[str, bytes]:
        manifest = json.loads(members["manifest.json"])
        change(manifest)
        return {**members, "manifest.json": json.dumps(manifest).encode()}

    return rewrite(path, apply)


def test_a_good_bundle_under_trusted_keys(bundle: Path) -> None:
    for trusted in (KEYS, KEYS[:1], KEYS[1:]):
        report = verify_bundle(bundle, trusted)
        assert report.verdict is Verdict.VALID
        assert codes(report, "fail") == codes(report, "not_checked") == set()
        covered = [item.en for item in report.walk() if item.code is CheckCode.FILE_COVERED]
        assert "index 50" in covered[0]
        assert "SHA-256" in covered[0]
        assert "index 51" in covered[1]
        assert "SM3" in covered[1]
        assert CheckCode.FILE_UNPROTECTED in codes(report, "warn")
    assert report.about == {"用印申请": "用印-2026-000123"}
    assert json.loads(json.dumps(report.to_dict()))["verdict"] == "valid"
    assert all(item.zh and item.en and "{" not in item.zh + item.en for item in report.walk())


def test_without_trusted_keys_nothing_is_called_valid(bundle: Path) -> None:
    report = verify_bundle(bundle)
    assert report.verdict is Verdict.INDETERMINATE
    assert codes(report, "not_checked") == {CheckCode.KEYS_FROM_BUNDLE}
    assert codes(report, "fail") == set()


def test_a_bundle_forged_with_other_keys(tmp_path: Path) -> None:
    """Whoever makes up a whole log with keys of his own convinces no reader who knows the right key: nothing is proven."""
    forger = Ed25519Signer.generate(ORIGIN)
    log = MemoryLog()
    log.add([encode_entry({"document": hashlib.sha256(DOCUMENT).hexdigest()})])
    head = sign_checkpoint(ORIGIN, log.state, [forger])
    sources = [EntrySource(log.entries[0], make_proof(TileProver(log, 1), 0, head))]
    path = tmp_path / "forged.zip"
    write_bundle(path, origin=ORIGIN, created_at_ms=NOW, entries=sources, vkeys=[forger.verifier.vkey])
    assert verify_bundle(path).verdict is Verdict.INDETERMINATE
    report = verify_bundle(path, KEYS)
    assert report.verdict is Verdict.INDETERMINATE
    assert codes(report, "fail") == set()
    assert codes(report, "not_checked") == {CheckCode.HEAD_NOT_SIGNED}
    assert report.statement is None
    assert codes(report, "warn") == {CheckCode.KEYS_UNTRUSTED_EXTRA}


def test_equal_contents_give_equal_bytes(tmp_path: Path, case: Case) -> None:
    one, two = write(tmp_path / "1.zip", case), write(tmp_path / "2.zip", case)
    assert one.read_bytes() == two.read_bytes()
    again = write(one, case, about={})
    assert again.read_bytes() != two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.zip", "2.zip"]


def test_documents_from_disk_and_large_ones(tmp_path: Path, case: Case) -> None:
    blank = tmp_path / "scan.bmp"
    blank.write_bytes(bytes(5 << 20))  # compresses a thousandfold, and is no bomb
    path = write(tmp_path / "b.zip", case, files=[FileSource("scan.bmp", FileRole.OTHER, "image/bmp", blank)])
    assert read_bundle(path).files[0].size == 5 << 20
    with pytest.raises(StoreError):
        write(path, case, files=[FileSource("x", FileRole.OTHER, "image/bmp", tmp_path / "missing")])


def flip_middle(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("entries/000001.json", CheckCode.NOT_INCLUDED),
        ("files/合同.pdf", CheckCode.FILE_DAMAGED),
        ("files/photos/1.jpg", CheckCode.FILE_DAMAGED),
    ],
)
def test_a_changed_member_is_found(bundle: Path, member: str, expected: CheckCode) -> None:
    rewrite(bundle, lambda members: {**members, member: flip_middle(members[member])})
    report = verify_bundle(bundle, KEYS)
    assert report.verdict is Verdict.INVALID
    assert expected in codes(report, "fail")


def test_another_document_with_a_manifest_to_match(bundle: Path) -> None:
    """The manifest is believed in nothing: the digest must stand in a proven entry."""
    forged = DOCUMENT + b" for ten times the amount"

    def swap(manifest: dict[str, Any]) -> None:
        manifest["files"][0].update(
            size=len(forged), sha256=hashlib.sha256(forged).hexdigest(), sm3=sm3_hex(forged)
        )

    with_manifest(bundle, swap)
    rewrite(bundle, lambda members: {**members, "files/合同.pdf": forged})
    report = verify_bundle(bundle, KEYS)
    assert report.verdict is Verdict.INVALID
    assert codes(report, "fail") == {CheckCode.FILE_NOT_COVERED}


def test_a_document_named_only_by_an_entry_that_was_not_proved(bundle: Path, case: Case) -> None:
    proof = case.sources[0].proof.to_bytes()
    wrong = proof.replace(b"index 50", b"index 49")
    rewrite(bundle, lambda members: {**members, "proofs/000001.tlog-proof": wrong})
    report = verify_bundle(bundle, KEYS)
    assert codes(report, "fail") == {CheckCode.NOT_INCLUDED, CheckCode.FILE_NOT_COVERED}


def test_a_changed_head_or_signature(bundle: Path, case: Case) -> None:
    proof = case.sources[1].proof.to_bytes()
    rewrite(
        bundle, lambda members: {**members, "proofs/000002.tlog-proof": proof.replace(b"\n52\n", b"\n53\n")}
    )
    report = verify_bundle(bundle, KEYS)
    assert CheckCode.HEAD_SIGNATURE_INVALID in codes(report, "fail")


def test_a_log_that_shows_two_histories(tmp_path: Path, case: Case) -> None:
    other = MemoryLog()
    other.add([*case.log.entries[:51], encode_entry({"type": "another history"})])
    head = sign_checkpoint(ORIGIN, other.state, [ED25519, SM2])
    source = EntrySource(other.entries[51], make_proof(TileProver(other, 52), 51, head))
    path = write(tmp_path / "split.zip", case, entries=[*case.sources, source])
    report = verify_bundle(path, KEYS)
    assert report.verdict is Verdict.INVALID
    assert codes(report, "fail") == {CheckCode.HEADS_SPLIT}


def test_a_head_of_another_log(tmp_path: Path, case: Case) -> None:
    head = sign_checkpoint("log.example/two", case.log.state, [ED25519])
    source = EntrySource(case.log.entries[3], make_proof(TileProver(case.log, 52), 3, head))
    report = verify_bundle(write(tmp_path / "b.zip", case, entries=[source], files=[]), KEYS)
    assert report.verdict is Verdict.INVALID
    assert codes(report, "fail") == {CheckCode.HEAD_OTHER_ORIGIN}


def test_an_entry_of_unknown_form_is_not_called_valid(tmp_path: Path) -> None:
    log = MemoryLog()
    log.add([b"not JSON"])
    head = sign_checkpoint(ORIGIN, log.state, [ED25519])
    path = tmp_path / "b.zip"
    source = EntrySource(b"not JSON", make_proof(TileProver(log, 1), 0, head))
    write_bundle(path, origin=ORIGIN, created_at_ms=NOW, entries=[source], vkeys=[])
    assert verify_bundle(path, KEYS).verdict is Verdict.INDETERMINATE
    assert codes(verify_bundle(path), "not_checked") == {CheckCode.KEYS_NONE, CheckCode.HEAD_NOT_SIGNED}


def test_a_bundle_of_an_all_sm_log(tmp_path: Path) -> None:
    sm3 = tree_hash("sm3")
    log = MemoryLog(sm3)
    log.add([encode_entry({"n": number}) for number in range(9)])
    head = sign_checkpoint(ORIGIN, log.state, [SM2])
    source = EntrySource(log.entries[4], make_proof(TileProver(log, 9, sm3), 4, head))
    path = tmp_path / "b.zip"
    write_bundle(
        path, origin=ORIGIN, created_at_ms=NOW, entries=[source], vkeys=[SM2.verifier.vkey], algorithm=sm3
    )
    assert verify_bundle(path, KEYS).verdict is Verdict.VALID
    with_manifest(path, lambda manifest: manifest["log"].update(hash="sha-256"))
    assert codes(verify_bundle(path, KEYS), "fail") == {CheckCode.NOT_INCLUDED}


def test_a_member_that_nobody_named(bundle: Path) -> None:
    rewrite(bundle, lambda members: {**members, "files/more.pdf": b"x"})
    report = verify_bundle(bundle, KEYS)
    assert report.verdict is Verdict.INVALID
    assert codes(report, "fail") == {CheckCode.UNLISTED}


def test_a_key_of_a_later_kind_is_left_aside(bundle: Path) -> None:
    rewrite(bundle, lambda members: {**members, "keys/000001.vkey": b"log.example/one+00000000+Bg==\n"})
    report = verify_bundle(bundle, KEYS)
    assert report.verdict is Verdict.VALID
    assert CheckCode.KEYS_UNSUPPORTED in codes(report, "warn")


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "files/../../evil",
        "/files/evil",
        "files//evil",
        "files/./evil",
        "files\\evil",
        "files/C:evil",
        "files/evil.",
        "files/ evil",
        "files/",
        "files",
        "other/evil",
        "files/evil\x7f",
        "files/" + "x" * 300,
    ],
)
def test_names_that_lead_elsewhere_are_refused(bundle: Path, name: str) -> None:
    rewrite(bundle, lambda members: {**members, name: b"x"})
    with pytest.raises(MalformedError):
        read_bundle(bundle)


@pytest.mark.parametrize(
    "name", ["", "../evil", "/evil", "a//b", "./evil", "a\\b", "C:evil", "evil.", " evil", "a/"]
)
def test_no_reader_gets_such_names_from_us(bundle: Path, case: Case, name: str) -> None:
    before = bundle.read_bytes()
    with pytest.raises(MalformedError):
        write(bundle, case, files=[FileSource(name, FileRole.OTHER, "text/plain", b"")])
    assert bundle.read_bytes() == before


def broken_manifests() -> list[Callable[[dict[str, Any]], None]]:
    return [
        lambda m: m.update(format="zip"),
        lambda m: m.update(version=True),
        lambda m: m.update(version="1"),
        lambda m: m.update(later=1),
        lambda m: m.pop("log"),
        lambda m: m.update(created_at_ms=-1),
        lambda m: m.update(created_at_ms=1.5),
        lambda m: m.update(created_at_ms=float("nan")),
        lambda m: m.update(entries=[]),
        lambda m: m.update(entries={}),
        lambda m: m.update(keys=[1]),
        lambda m: m.update(keys=["files/x"]),
        lambda m: m["log"].update(hash="md5"),
        lambda m: m["log"].update(hash=None),
        lambda m: m["log"].update(origin=""),
        lambda m: m["log"].update(origin="a\nb"),
        lambda m: m["entries"].append(m["entries"][0]),
        lambda m: m["entries"][0].update(file="ENTRIES/000002.json"),
        lambda m: m["entries"][0].update(file="entries/missing.json"),
        lambda m: m["files"][0].update(role="anything"),
        lambda m: m["files"][0].update(role=[]),
        lambda m: m["files"][0].update(media_type="x"),
        lambda m: m["files"][0].update(sha256="AB" * 32),
        lambda m: m["files"][0].update(size="1"),
        lambda m: m.update(about={"a": 1}),
        lambda m: m.update(about=[]),
        lambda m: m["about"].update(a="x" * 3000),
    ]


@pytest.mark.parametrize("at", range(len(broken_manifests())))
def test_malformed_manifests(bundle: Path, at: int) -> None:
    with_manifest(bundle, broken_manifests()[at])
    with pytest.raises(MalformedError) as failure:
        read_bundle(bundle)
    assert failure.value.code == Code.BUNDLE_MALFORMED


def test_a_later_version_says_so(bundle: Path) -> None:
    with_manifest(bundle, lambda manifest: manifest.update(version=5, anything={"new": True}))
    with pytest.raises(MalformedError) as failure:
        read_bundle(bundle)
    assert failure.value.code == Code.BUNDLE_UNKNOWN_VERSION


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"format":1,"format":1}'])
def test_a_manifest_that_is_not_json(bundle: Path, manifest: bytes) -> None:
    rewrite(bundle, lambda members: {**members, "manifest.json": manifest})
    with pytest.raises(MalformedError):
        read_bundle(bundle)


@pytest.mark.parametrize(
    "limits",
    [
        BundleLimits(archive_bytes=100),
        BundleLimits(members=3),
        BundleLimits(member_bytes=100),
        BundleLimits(total_bytes=3000),
        BundleLimits(text_bytes=2000),
    ],
)
def test_limits(bundle: Path, limits: BundleLimits) -> None:
    with pytest.raises(MalformedError) as failure:
        read_bundle(bundle, limits)
    assert failure.value.code == Code.BUNDLE_LIMIT


def test_a_zip_bomb_is_stopped_early(bundle: Path) -> None:
    rewrite(bundle, lambda members: {**members, "files/合同.pdf": bytes(64 << 20)})
    with pytest.raises(MalformedError) as failure:
        read_bundle(bundle)
    assert failure.value.code == Code.BUNDLE_LIMIT


def test_odd_zip_files_are_refused(bundle: Path, tmp_path: Path) -> None:
    good = bundle.read_bytes()
    odd = tmp_path / "odd.zip"
    for data in (b"", b"PK\x03\x04", b"#!/bin/sh\n" + good, good[:-30], good[:200], b"x" * 5000):
        odd.write_bytes(data)
        with pytest.raises(MalformedError):
            read_bundle(odd)
    with pytest.raises(MalformedError):
        read_bundle(tmp_path / "missing.zip")
    with pytest.raises(MalformedError):
        read_bundle(tmp_path)


def rezip(path: Path, name: str, prepare: Callable[[zipfile.ZipInfo], None], comment: bytes = b"") -> None:
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            info = zipfile.ZipInfo(member)
            if member == name:
                prepare(info)
            archive.writestr(info, data)
        archive.comment = comment


def test_links_comments_and_unusual_compression_are_refused(bundle: Path, case: Case) -> None:
    name = "files/seal.cer"
    kinds: list[tuple[Callable[[zipfile.ZipInfo], None], bytes]] = [
        (lambda info: setattr(info, "external_attr", 0o120777 << 16), b""),
        (lambda info: setattr(info, "compress_type", zipfile.ZIP_LZMA), b""),
        (lambda info: None, b"a comment"),
    ]
    for prepare, comment in kinds:
        write(bundle, case)
        rezip(bundle, name, prepare, comment)
        with pytest.raises(MalformedError):
            read_bundle(bundle)
    write(bundle, case)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(name, b"second")
    with pytest.raises(MalformedError):
        read_bundle(bundle)


def test_what_cannot_be_written(tmp_path: Path, case: Case) -> None:
    path = tmp_path / "b.zip"
    with pytest.raises(ArgumentError):
        write(path, case, entries=[EntrySource(b"x" * 65_536, case.sources[0].proof)])
    with pytest.raises(MalformedError):
        write(path, case, vkeys=["nonsense"])
    with pytest.raises(MalformedError):
        write(path, case, entries=[])
    with pytest.raises(MalformedError):
        write(path, case, origin="a\nb")
    assert list(tmp_path.iterdir()) == []


def test_any_damage_is_noticed_or_harmless(bundle: Path, tmp_path: Path) -> None:
    """Single flipped bytes anywhere in the ZIP never raise anything else, and never make another truth valid."""
    good = bundle.read_bytes()
    rng = random.Random(5)
    damaged = tmp_path / "damaged.zip"
    texts = [member.data for member in read_bundle(bundle).entries]
    for at in sorted(rng.sample(range(len(good)), 600)):
        damaged.write_bytes(good[:at] + bytes((good[at] ^ rng.choice([1, 32, 255]),)) + good[at + 1 :])
        try:
            report = verify_bundle(damaged, KEYS)
        except EvidenceLogError:
            continue
        if report.verdict is Verdict.VALID:
            assert [member.data for member in read_bundle(damaged).entries] == texts


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_after_the_magic(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "any.zip"
    path.write_bytes(
        b"PK\x03\x04" + data.draw(st.binary(max_size=400)) + data.draw(st.sampled_from([b"", EMPTY_END]))
    )
    with pytest.raises(MalformedError):
        read_bundle(path)
