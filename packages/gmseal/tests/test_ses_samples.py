"""Seals and signatures by another program: the verdicts that were found for them by independent means.

The files lie beside the checkout and are not part of the project; without them nothing is tested here.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmseal.checks import failed_codes, walk
from gmseal.errors import MalformedInput
from gmseal.policy import STRICT
from gmseal.report import CheckResult, TrustStore, Verdict, decide
from gmseal.ses.files import verify_der
from gmseal.ses.mathematics import maker_signature_is_good
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import read_signature
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm.certificates import read_certificate

BESIDE = Path(__file__).parents[4] / "shared" / "samples"
SAMPLES = Path(os.environ.get("GMSEAL_SAMPLES", BESIDE)) / "ofd"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="samples of other makers are not at hand")

WITHIN = {
    "UserV1.esl": datetime(2021, 1, 1, tzinfo=UTC),
    "UserV4.esl": datetime(2021, 1, 1, tzinfo=UTC),
    "UserV5.esl": datetime(2026, 6, 1, tzinfo=UTC),
    "UserV5_ts.esl": datetime(2026, 6, 1, tzinfo=UTC),
}


@pytest.mark.parametrize(("name", "version"), [("UserV1.esl", 1), ("UserV4.esl", 4), ("UserV5.esl", 5)])
def test_the_makers_signature_is_good_in_every_version(name: str, version: int) -> None:
    data = (SAMPLES / name).read_bytes()
    seal = read_seal(data, strict=True)
    assert (seal.version, seal.findings) == (version, ())
    assert maker_signature_is_good(seal)
    assert seal.maker.public_key.verify(seal.signature, seal.signed)
    damaged = bytearray(data)
    damaged[data.index(seal.picture.data) + 900] ^= 1
    assert failed_codes(judge_seal(bytes(damaged), WITHIN[name], TrustStore()))[0] == "SEAL_SIGNATURE"


def test_version_1_and_4_are_good_but_for_the_unknown_root() -> None:
    for name in ("UserV1.esl", "UserV4.esl"):
        checks = judge_seal((SAMPLES / name).read_bytes(), WITHIN[name], TrustStore())
        assert failed_codes(checks) == []
        assert decide(checks) is Verdict.INDETERMINATE


def test_the_makers_own_certificate_as_root_closes_the_chain_or_ends_it() -> None:
    """The sample's authority issued both certificates; a root that did not sign them is not believed."""
    seal = read_seal((SAMPLES / "UserV4.esl").read_bytes())
    checks = judge_seal(seal, WITHIN["UserV4.esl"], TrustStore(roots=(seal.signer_certificates[0],)))
    assert decide(checks) is not Verdict.VALID


def test_version_5_was_made_with_a_certificate_that_had_ended() -> None:
    """Made in 2026 with a certificate that ended in 2022: the createDate rule of GM/T 0031-2025 tells it."""
    data = (SAMPLES / "UserV5.esl").read_bytes()
    assert read_certificate(read_seal(data).maker_certificate).not_after.year == 2022
    assert failed_codes(judge_seal(data, WITHIN["UserV5.esl"], TrustStore())) == ["MAKER_EXPIRED"]


def test_octets_that_are_no_time_stamp_are_a_finding() -> None:
    data = (SAMPLES / "UserV5_ts.esl").read_bytes()
    report = verify_der(data, TrustStore(), WITHIN["UserV5_ts.esl"])
    assert [found.code for found in report.findings] == ["TIMESTAMP_NOT_A_TOKEN"]
    assert not report.strict_reader.accepts
    results = {check.code: check.result for check in report.walk()}
    assert results["SEAL_SIGNATURE"] is CheckResult.PASS
    assert results["SEAL_TIMESTAMP"] is results["CONFORMANCE"] is CheckResult.WARN
    strict = verify_der(data, TrustStore(), WITHIN["UserV5_ts.esl"], STRICT)
    assert "CONFORMANCE" in failed_codes(strict.checks)
    with pytest.raises(MalformedInput):
        read_seal(data, strict=True)


@pytest.mark.parametrize("name", ["SignedValueV4.dat", "SignedValueV5.dat"])
def test_signatures_parse_and_are_mathematically_good(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    signature = read_signature(data, strict=True)
    assert signature.signer.public_key.verify(signature.signature, signature.raw_tbs)
    checks = judge_signature(signature, signature.data_hash, TrustStore())
    results = {check.code: check.result for check in walk(checks)}
    for code in ("SIGNATURE_VALUE", "SIGNER_NOT_IN_SEAL", "SEAL_SIGNATURE", "VERSION_MISMATCH", "DATA_HASH"):
        assert results[code] is CheckResult.PASS
    assert decide(checks) is not Verdict.VALID
    assert decide(judge_signature(signature, None, TrustStore())) is not Verdict.VALID
