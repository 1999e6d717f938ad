"""Judging OFD with eyes that are not ours: random changes, files of other programs, other verifiers."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ofd_writer import OfdPlan, read_files, with_files

from gmseal.errors import GmsealError
from gmseal.ofd import Protection, verify_ofd
from gmseal.report import CheckResult, TrustStore, Verdict
from gmseal.trial import TrialAuthority

BESIDE = Path(__file__).parents[5] / "shared" / "samples"
SAMPLES = Path(os.environ.get("GMSEAL_SAMPLES", BESIDE)) / "ofd"


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_whatever_the_bytes_a_report_or_an_error(authority: TrialAuthority, sealed: bytes, data: Any) -> None:
    changed = bytearray(sealed)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
        if not changed:
            break
    try:
        report = verify_ofd(bytes(changed), authority.trust, authority.now)
    except GmsealError:
        return
    assert report.verdict in set(Verdict)
    report.to_dict()


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_the_files_say_a_report_or_an_error(
    authority: TrialAuthority, sealed: bytes, data: Any
) -> None:
    """The archive is sound, one of its files is not: what is inside reaches every reader."""
    files = read_files(sealed)
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        junk = data.draw(
            st.sampled_from([b"", b"<", b">", b'"', b"\xff", b"0", b"-1", b"/..", b"ofd:", b"\x30\x80"])
        )
        content[at : at + data.draw(st.integers(0, 20))] = junk
    try:
        verify_ofd(with_files(sealed, {name: bytes(content)}), authority.trust, authority.now).to_dict()
    except GmsealError:
        return


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")
@pytest.mark.parametrize(
    ("name", "verdict", "failed"),
    [
        ("allprotected.ofd", Verdict.INDETERMINATE, set()),
        ("V4RideRight.ofd", Verdict.INDETERMINATE, set()),
        ("h.ofd", Verdict.INVALID, {"FILE_DIGESTS"}),
        (
            "SESV4SignDoc.ofd",
            Verdict.INVALID,
            {"SIGNER_EXPIRED_AT_SIGNING", "MAKER_EXPIRED", "SIGN_TIME_OUTSIDE_SEAL"},
        ),
    ],
)
def test_files_of_others(name: str, verdict: Verdict, failed: set[str]) -> None:
    report = verify_ofd(SAMPLES / name, TrustStore())
    assert report.verdict is verdict
    assert {step.code for step in report.walk() if step.result is CheckResult.FAIL} == failed
    for signature in range(len(report.signatures)):
        found = {step.code: step.result for step in report.signatures[signature].walk()}
        for code in ("SIGNATURE_VALUE", "SEAL_SIGNATURE", "DATA_HASH", "SEAL_FILE", "COVERAGE"):
            assert found[code] is CheckResult.PASS
        assert found["FILE_DIGESTS"] is (
            CheckResult.FAIL if (name, signature) == ("h.ofd", 0) else CheckResult.PASS
        )


def test_another_verifier_agrees(ofd: Any, sealed: bytes, ofd_peer: list[str]) -> None:
    """The command gets a file and exits with 0 when its signatures are good."""
    page = "Doc_0/Pages/Page_0/Content.xml"
    cases = {
        "one": (sealed, True),
        "two": (ofd.seal(sealed), True),
        "whole": (ofd.seal(OfdPlan().build(), protection=Protection.WHOLE), True),
        "signed-data": (ofd.certify(OfdPlan().build()), True),
        "page-changed": (with_files(sealed, {page: read_files(sealed)[page] + b" "}), False),
    }
    for name, (data, good) in cases.items():
        path = ofd.folder / f"{name}.ofd"
        path.write_bytes(data)
        command = [*ofd_peer, str(path)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120)
        assert (done.returncode == 0) is good, (name, done.stdout, done.stderr)
        assert (ofd.verify(data).verdict is Verdict.VALID) is good
