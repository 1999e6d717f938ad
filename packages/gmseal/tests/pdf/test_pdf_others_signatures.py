"""Other people's signatures stay valid beside ours, and ours beside theirs."""

import io
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys, x509
from cryptography import x509 as builder
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gmseal.errors import Refused
from gmseal.pdf import (
    CmsValue,
    InvisibleOrder,
    QrPlacement,
    SealOrder,
    SealPlacement,
    repair_pdf,
    sign_pdf_bytes,
    verify_pdf_bytes,
)
from gmseal.policy import DEFAULT
from gmseal.report import CheckResult, Report, TrustStore, Verdict
from gmseal.trial import TrialUnit

HERE = (SealPlacement(0, 100, 180),)


def failures(report: Report, index: int = 0) -> set[str]:
    checks = [*report.checks, *report.signatures[index].walk()]
    return {check.code for check in checks if check.result is CheckResult.FAIL}


def result_of(report: Report, code: str, index: int = 0) -> CheckResult:
    return next(check.result for check in report.signatures[index].walk() if check.code == code)


@pytest.fixture
def sealed(bench: Any, blueprint: Any) -> bytes:
    path, _ = bench.seal(blueprint(pages=2, annots="direct", form="indirect").table(), placements=HERE)
    return bytes(path.read_bytes())


@pytest.mark.parametrize("seam", [False, True])
def test_a_signature_by_another_program_stays_valid(bench: Any, seam: bool) -> None:
    sample = Path(__file__).parents[4] / "samples" / "signed-by-others.pdf"
    extra = {"qr": QrPlacement(0, 20, 240, "https://example.invalid/v/1")} if seam else {}
    path, _ = bench.seal(sample.read_bytes(), placements=(SealPlacement(0, 120, 200),), **extra)
    listed = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert "Signature Validation: Signature is Valid" in listed
    with path.open("rb") as handle:
        embedded = PdfFileReader(handle).embedded_regular_signatures[0]
        status = validate_pdf_signature(embedded, ValidationContext(trust_roots=[], allow_fetching=False))
    assert status.intact
    assert status.valid
    report = bench.verify(path)
    assert [entry.kind for entry in report.signatures] == ["cms", "seal"]
    assert report.verdict is Verdict.VALID


def test_a_foreign_signature_after_ours_leaves_ours_valid(bench: Any, sealed: bytes) -> None:
    signed = sign_by_pyhanko(sealed)
    report = bench.verify(signed)
    assert {entry.kind for entry in report.signatures} == {"seal", "cms"}
    index = [entry.kind for entry in report.signatures].index("seal")
    assert not failures(report, index)
    assert result_of(report, "ADDED_LATER_ALLOWED", index) is CheckResult.WARN


@pytest.mark.parametrize("digest", ["sha256", "sha1"])
@pytest.mark.parametrize("box", [None, (50, 390, 200, 430)])
def test_what_a_later_signature_shows_needs_somebody_who_vouches_for_it(
    bench: Any, sealed: bytes, digest: str, box: tuple[int, int, int, int] | None
) -> None:
    """By a key that leads to no trusted root, or of a kind that is not judged: its picture may cover the text."""
    signed = sign_by_pyhanko(sealed, md_algorithm=digest, box=box)
    report = bench.verify(signed)
    index = [entry.kind for entry in report.signatures].index("seal")
    assert [entry.kind for entry in report.signatures][1 - index] == (
        "cms" if digest == "sha256" else "foreign"
    )
    found = [check for check in report.signatures[index].walk() if check.code == "UNTRUSTED_APPEARANCE"]
    assert [check.result for check in found] == ([] if box is None else [CheckResult.NOT_CHECKED])
    assert report.verdict is (Verdict.VALID if box is None else Verdict.INDETERMINATE)
    again, _ = bench.seal(signed, placements=(SealPlacement(1, 100, 180),), target="again.pdf")
    assert bench.verify(again).verdict is report.verdict


def test_a_later_signature_that_is_trusted_may_show_something(
    bench: Any, sealed: bytes, unit: TrialUnit
) -> None:
    order = SealOrder(signed_at=bench.now, placements=(SealPlacement(1, 60, 60),))
    value = CmsValue(unit.certificate, unit.key, picture=bench.signer.seal.picture)
    report = bench.verify(sign_pdf_bytes(sealed, order, value))
    assert [entry.kind for entry in report.signatures] == ["seal", "cms"]
    assert report.verdict is Verdict.VALID
    assert "UNTRUSTED_APPEARANCE" not in {check.code for check in report.walk()}
    stranger = verify_pdf_bytes(sign_pdf_bytes(sealed, order, value), TrustStore(), bench.now)
    assert stranger.verdict is Verdict.INDETERMINATE


def sign_by_pyhanko(
    data: bytes,
    *,
    pss: bool = False,
    field: str = "Other",
    box: tuple[int, int, int, int] | None = None,
    **metadata: Any,
) -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    name = builder.Name([builder.NameAttribute(builder.NameOID.COMMON_NAME, "Sample")])
    now = datetime.now(UTC)
    certificate = (
        builder.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(plain),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # the library has no types here
        prefer_pss=pss,
    )
    out = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        signers.PdfSignatureMetadata(field_name=field, **metadata),
        signer=signer,
        new_field_spec=None if box is None else SigFieldSpec(field, box=box),
    )
    return bytes(out.getvalue())


def test_a_signature_with_pss_is_judged(bench: Any, blueprint: Any) -> None:
    signed = sign_by_pyhanko(blueprint().table(), pss=True, md_algorithm="sha256")
    report = bench.verify(signed)
    assert [entry.kind for entry in report.signatures] == ["cms"]
    assert result_of(report, "SIGNATURE_VALUE") is result_of(report, "DATA_HASH") is CheckResult.PASS
    (value,) = [found[1] for found in re.finditer(rb"/Contents ?<([0-9a-fA-F]+?)(?:00)+>", signed)]
    at = signed.index(value) + len(value) - 40
    changed = signed[:at] + (b"00" if signed[at : at + 2] != b"00" else b"11") + signed[at + 2 :]
    assert "SIGNATURE_VALUE" in failures(bench.verify(changed))


def test_a_file_says_that_nobody_judged_some_of_its_signatures(
    bench: Any, blueprint: Any, unit: TrialUnit, sealed: bytes
) -> None:
    """SHA-1 proves nothing, so such a signature is neither good nor bad here."""

    def file_check(report: Report) -> CheckResult:
        return next(check.result for check in report.checks if check.code == "UNJUDGED_SIGNATURE")

    plain = blueprint().table()
    alone = bench.verify(sign_by_pyhanko(plain, md_algorithm="sha1"))
    assert [entry.kind for entry in alone.signatures] == ["foreign"]
    assert (alone.verdict, file_check(alone)) == (Verdict.INDETERMINATE, CheckResult.NOT_CHECKED)
    assert result_of(alone, "FOREIGN_SIGNATURE") is CheckResult.NOT_CHECKED
    good = sign_pdf_bytes(plain, InvisibleOrder(signed_at=bench.now), CmsValue(unit.certificate, unit.key))
    for first in (good, sealed):
        both = sign_by_pyhanko(first, md_algorithm="sha1")
        report = bench.verify(both)
        assert (report.verdict, file_check(report)) == (Verdict.VALID, CheckResult.WARN)
        strict = verify_pdf_bytes(both, bench.trust, bench.now, policy=replace(DEFAULT, strict_form=True))
        assert (strict.verdict, file_check(strict)) == (Verdict.INDETERMINATE, CheckResult.NOT_CHECKED)
    assert "UNJUDGED_SIGNATURE" not in {check.code for check in bench.verify(good).walk()}


@pytest.mark.parametrize(("level", "allowed"), [(1, False), (2, False), (3, True)])
def test_certified_files_take_a_seal_only_when_they_allow_it(
    bench: Any, blueprint: Any, level: int, allowed: bool
) -> None:
    certified = sign_by_pyhanko(blueprint().table(), certify=True, docmdp_permissions=MDPPerm(level))
    if allowed:
        assert bench.verify(bench.seal(certified, placements=HERE)[0]).verdict is Verdict.VALID
        return
    with pytest.raises(Refused) as caught:
        bench.seal(certified, placements=HERE)
    assert caught.value.reason == "DOCMDP_FORBIDS"


def test_a_repair_refuses_signed_files(bench: Any, sealed: bytes) -> None:
    with pytest.raises(Refused) as caught:
        repair_pdf(bench.write(sealed), bench.folder / "clean.pdf")
    assert caught.value.reason == "SIGNED"
