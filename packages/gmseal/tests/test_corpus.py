"""The conformance corpus in tests/vectors: its files, and files made anew, give the verdicts that are written there."""

import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import der_walker as walker
import pytest
from click.testing import CliRunner
from corpus import INDEX, TABLE, as_table, describe, judge, write_corpus
from der_walker import Signed

from gmseal.cli.application import app
from gmseal.policy import POLICIES
from gmseal.ses.deviations import Deviation

VECTORS = Path(__file__).parent / "vectors"
ENTRIES: list[dict[str, Any]] = json.loads((VECTORS / INDEX).read_text("utf-8"))
OpenSsl = Callable[..., subprocess.CompletedProcess[bytes]]
EXIT_STATUS = {"valid": 0, "invalid": 1, "unreadable": 2, "indeterminate": 3}
FAILURES = {
    "FORMAT_SEAL", "FORMAT_SIGNATURE", "VERSION_MISMATCH", "SEAL_SIGNATURE", "MAKER_CHAIN", "MAKER_EXPIRED",
    "MAKER_REVOKED", "MAKER_KEYUSAGE", "SEAL_NOT_YET_VALID", "SEAL_EXPIRED", "SEAL_TIMESTAMP", "SIGNATURE_VALUE",
    "SIGNER_NOT_IN_SEAL", "SIGNER_CHAIN", "SIGNER_EXPIRED_AT_SIGNING", "SIGNER_REVOKED_BEFORE_SIGNING",
    "SIGNER_KEYUSAGE", "SIGN_TIME_OUTSIDE_SEAL", "DATA_HASH", "SIGNATURE_TIMESTAMP", "TIMESTAMP_BEFORE_SIGN_TIME",
    "ALGORITHM_MISMATCH",
}  # fmt: skip
"""The failures that the standards tell apart."""


def ids(entry: dict[str, Any]) -> str:
    return str(entry["name"])


@pytest.mark.parametrize("entry", ENTRIES, ids=ids)
def test_a_file_is_judged_as_written(entry: dict[str, Any]) -> None:
    at = datetime.fromisoformat(entry["at"])
    for policy in POLICIES:
        told = judge(VECTORS, entry["name"], entry["trust"], at, policy)
        assert {"verdict": told.verdict, "fails": list(told.fails)} == entry["policies"][policy], policy
        assert list(told.findings) == entry["findings"]
        if policy == "default":
            assert list(told.warns) == entry["warnings"]


@pytest.mark.parametrize("entry", ENTRIES, ids=ids)
def test_the_command_ends_with_its_status(entry: dict[str, Any]) -> None:
    place, trust = VECTORS / entry["name"], VECTORS / entry["trust"]
    command = ["verify", str(place), "--trust", str(trust), "--at", entry["at"], "--json"]
    done = CliRunner().invoke(app, command)
    wanted = entry["policies"]["default"]
    assert done.exit_code == EXIT_STATUS[wanted["verdict"]], done.output
    assert json.loads(done.stdout)["verdict"] == wanted["verdict"]


def test_files_made_anew_are_judged_the_same(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    for fresh, written in zip(describe(tmp_path), ENTRIES, strict=True):
        assert fresh == written


def test_every_failure_and_every_deviation_is_there() -> None:
    failed = {code for entry in ENTRIES for code in entry["policies"]["default"]["fails"]}
    assert failed >= FAILURES
    found = {code for entry in ENTRIES for code in entry["findings"]}
    # SHA-1 goes with RSA in version 1, which has its own tests; UTCTime has been seen in no real file.
    assert found >= {one.value for one in Deviation} - {"WEAK_HASH", "TIME_OF_OTHER_TYPE"}


def test_each_failure_of_the_standards_stands_alone_somewhere() -> None:
    alone = {
        tuple(entry["policies"]["default"]["fails"])
        for entry in ENTRIES
        if len(entry["policies"]["default"]["fails"]) == 1
    }
    # Another algorithm has another digest, so in a document the data hash fails with it.
    assert {code for codes in alone for code in codes} >= FAILURES - {"ALGORITHM_MISMATCH"}


def test_the_table_and_the_folder_are_those_of_the_index() -> None:
    assert (VECTORS / TABLE).read_text("utf-8") == as_table(ENTRIES)
    names = {entry["name"] for entry in ENTRIES}
    assert names == {
        path.name for path in VECTORS.iterdir() if path.suffix in {".esl", ".dat", ".ofd", ".pdf"}
    }
    assert len(names) == len(ENTRIES)
    assert sum(path.stat().st_size for path in VECTORS.rglob("*")) < 3 << 20


# --- by others ----------------------------------------------------------------------------------

NOT_DER = {"RAW_SIGNATURE", "BITS_TRIMMED", "NEGATIVE_NUMBER"}
"""Findings of files whose signature values OpenSSL cannot be given as they stand."""
NO_VALUE = {
    "seal-cut-short.esl", "seal-format.esl", "signature-format.dat", "ofd-sign-bare.ofd", "ofd-algorithm-mismatch.ofd",
    "pdf-unsigned.pdf", "ofd-unsigned.ofd",
}  # fmt: skip
"""Files whose values cannot be read, have no certificate, or are not there."""
SM2 = walker.SM2_WITH_SM3


def values_in(path: Path) -> Iterator[bytes]:
    """Every signature value of a document, and every seal, found without gmseal."""
    data = path.read_bytes()
    if path.suffix == ".ofd":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist() if name.endswith("SignedValue.dat"))
    elif path.suffix == ".pdf":
        for found in re.findall(rb"/Contents<([0-9a-f]{8,})>", data):
            yield walker.node(bytes.fromhex(found.decode())).whole
    else:
        yield data


def signed_in(value: bytes) -> Iterator[Signed]:
    first = walker.node(value).parts[0]
    if first.tag == walker.OID:
        yield from walker.signed_data(value)
    elif first.parts[0].tag == walker.INTEGER:
        yield from walker.seal_signature(value)
    else:
        yield from walker.whole_seal(value)


def accepts(openssl: OpenSsl, signed: Signed) -> bool:
    done = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-sigfile", "sig", "-in", "message",
        "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
        files={
            "key": walker.public_key_pem(signed.certificate),
            "sig": signed.signature,
            "message": signed.message,
        },
    )  # fmt: skip
    assert done.returncode == 0 or b"Failure" in done.stdout + done.stderr, done.stderr
    return done.returncode == 0


def test_openssl_agrees_on_every_value(openssl: OpenSsl) -> None:
    """Each signature value of seals, signatures, signed data, stamps, certificates and lists: good, or bad where we say so."""
    root = (VECTORS / "trust" / "root.cer").read_bytes()
    judged: dict[Signed, bool] = {walker.issued(root, root): True}
    for lists in VECTORS.glob("trust*/root.crl"):
        judged[walker.issued(lists.read_bytes(), (lists.parent / "root.cer").read_bytes(), "list")] = True
    for entry in ENTRIES:
        if entry["name"] in NO_VALUE or NOT_DER & set(entry["findings"]):
            continue
        fails = set(entry["policies"]["default"]["fails"])
        for signed in (one for value in values_in(VECTORS / entry["name"]) for one in signed_in(value)):
            if walker.algorithm(signed.certificate) != SM2:
                continue
            wrong = {"seal": "SEAL_SIGNATURE", "signature": "SIGNATURE_VALUE"}.get(signed.what)
            judged.setdefault(signed, wrong not in fails)
            chain = {"seal": "MAKER_CHAIN", "signature": "SIGNER_CHAIN"}.get(signed.what)
            stranger = signed.what == "signature" and "forged" in entry["name"]
            judged.setdefault(walker.issued(signed.certificate, root), chain not in fails and not stranger)
    assert {signed.what for signed in judged} == {"seal", "signature", "cms", "stamp", "certificate", "list"}
    assert len(judged) > 100
    assert sum(not good for good in judged.values()) >= 7
    for signed, good in judged.items():
        assert accepts(openssl, signed) is good, signed.what


def test_another_verifier_agrees(ofd_peer: list[str]) -> None:
    """On packages about which no program is known to differ; the command ends with 0 when the signatures are good."""
    for entry in (one for one in ENTRIES if one["form"] == "OFD" and not one["peers"]):
        verdict = entry["policies"]["default"]["verdict"]
        if verdict in {"valid", "invalid"}:
            command = [*ofd_peer, str(VECTORS / entry["name"])]
            done = subprocess.run(command, capture_output=True, check=False, timeout=120)
            assert (done.returncode == 0) is (verdict == "valid"), (entry["name"], done.stdout, done.stderr)
