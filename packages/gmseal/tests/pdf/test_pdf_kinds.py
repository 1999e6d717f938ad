"""Kinds of signatures that we write ourselves: signed data of both forms, and time stamps, judged by others too."""

import io
import re
import subprocess
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms

from gmseal.errors import GmsealError, Refused
from gmseal.pdf import (
    CmsValue,
    InvisibleOrder,
    SealOrder,
    SealPlacement,
    SeamPlacement,
    seal_pdf_bytes,
    sign_pdf_bytes,
    verify_pdf_bytes,
)
from gmseal.policy import ARCHIVE, STRICT
from gmseal.report import CheckResult, Report, TrustStore, Verdict, walk
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name, read_certificate
from gmseal.sm.cms import CmsForm
from gmseal.sm.crl import RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey
from gmseal.sm.ocsp import TrialAnswer, make_ocsp_response
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trial import TrialAuthority, TrialUnit

HERE = (SealPlacement(0, 100, 180),)


def result_of(report: Report, code: str, index: int = 0) -> CheckResult:
    return next(check.result for check in report.signatures[index].walk() if check.code == code)


def value_in(data: bytes) -> bytes:
    """The signature value as anybody would cut it out."""
    found = re.search(rb"/Contents<([0-9a-f]+)>", data)
    assert found
    padded = bytes.fromhex(found[1].decode())
    return padded[: der.parse_prefix(padded).end]


def covered(data: bytes) -> bytes:
    found = re.search(rb"/ByteRange\[([^]]*)\]", data)
    assert found
    start, hole, after, length = (int(number) for number in found[1].split())
    return data[start:hole] + data[after : after + length]


@pytest.fixture(scope="module")
def stamper(authority: TrialAuthority) -> TrialTimestampAuthority:
    key = PrivateKey.generate()
    certificate = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("双印试用时间戳"))
    return TrialTimestampAuthority(certificate, key, clock=lambda: authority.now)


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize("stamped", [True, False])
@pytest.mark.parametrize("form", list(CmsForm))
def test_signed_data_is_judged_by_what_it_is(
    bench: Any,
    blueprint: Any,
    unit: TrialUnit,
    stamper: TrialTimestampAuthority,
    form: CmsForm,
    stamped: bool,
    visible: bool,
) -> None:
    value = CmsValue(
        unit.certificate,
        unit.key,
        form=form,
        picture=bench.signer.seal.picture,
        timestamp=stamper if stamped else None,
        names=("Somebody", "any.name"),
    )
    order = (
        SealOrder(signed_at=bench.now, placements=HERE) if visible else InvisibleOrder(signed_at=bench.now)
    )
    data = sign_pdf_bytes(blueprint(pages=2).packed(), order, value)
    report = verify_pdf_bytes(data, bench.trust, bench.now)
    assert report.verdict is Verdict.VALID, [check for check in report.walk() if check.result != "pass"]
    entry = report.signatures[0]
    assert entry.kind == ("gbt35275" if form is CmsForm.GBT35275 else "cms")
    assert entry.organization == unit.name
    assert entry.coverage
    assert entry.coverage["sub_filter"] == "any.name"
    stamp = result_of(report, "SIGNATURE_TIMESTAMP")
    assert stamp is (CheckResult.PASS if stamped else CheckResult.NOT_CHECKED)
    assert verify_pdf_bytes(data, TrustStore(), bench.now).verdict is Verdict.INDETERMINATE
    changed = data.replace(b"/Filter/Somebody", b"/Filter/Somebodi")
    assert verify_pdf_bytes(changed, bench.trust, bench.now).verdict is Verdict.INVALID
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not pdf.check_pdf_syntax()


def test_openssl_verifies_signed_data_over_the_byte_range(
    bench: Any, blueprint: Any, unit: TrialUnit, openssl: Any
) -> None:
    data = sign_pdf_bytes(
        blueprint().table(), InvisibleOrder(signed_at=bench.now), CmsValue(unit.certificate, unit.key)
    )
    digest = openssl("dgst", "-sm3", "-r", "covered", files={"covered": covered(data)}).stdout.split()[0]
    info = cms.ContentInfo.load(value_in(data))["content"]["signer_infos"][0]
    attributes = info["signed_attrs"]
    digests = [one["values"][0] for one in attributes if one["type"].native == "message_digest"]
    assert digests[0].native.hex() == digest.decode()
    files = {
        "tbs": b"\x31" + attributes.dump()[1:],
        "value": info["signature"].native,
        "key.der": unit.key.public_key.to_spki_der(),
    }
    done = openssl(
        *("pkeyutl", "-verify", "-rawin", "-in", "tbs", "-sigfile", "value", "-digest", "sm3"),
        *("-pubin", "-keyform", "DER", "-inkey", "key.der", "-pkeyopt", "distid:1234567812345678"),
        files=files,
    )
    assert b"Verified Successfully" in done.stdout, done.stderr
    listed = subprocess.run(
        ["pdfsig", "-nocert", bench.write(data, "cms.pdf")], capture_output=True, text=True, check=False
    ).stdout
    assert "Total document signed" in listed


def test_a_seal_signature_with_a_time_stamp(
    bench: Any, blueprint: Any, stamper: TrialTimestampAuthority
) -> None:
    order = SealOrder(signed_at=bench.now, placements=HERE, seam=SeamPlacement(100))
    data = seal_pdf_bytes(blueprint(pages=3).table(), order, bench.signer, timestamp=stamper)
    report = verify_pdf_bytes(data, bench.trust, bench.now)
    assert report.verdict is Verdict.VALID
    stamped = next(check for check in report.walk() if check.code == "SIGNATURE_TIMESTAMP")
    assert (stamped.result, stamped.at) == (CheckResult.PASS, bench.now)
    assert verify_pdf_bytes(data, bench.trust, bench.now, policy=ARCHIVE).verdict is Verdict.VALID
    value = value_in(data)
    parts = list(der.parse(value, "SES_Signature").children())
    assert parts[4].tag == 0xA0
    assert len(value) * 2 > len(re.findall(rb"/Contents<([0-9a-f]+)>", data)[0]) - 3000, (
        "little room is wasted"
    )


class Growing:
    """A source of time stamps whose announced size is wrong."""

    token_size = 8

    def __init__(self, source: TrialTimestampAuthority) -> None:
        self._source = source

    def stamp(self, message: bytes) -> bytes:
        return self._source.stamp(message)


def test_a_token_larger_than_announced_leaves_no_file(
    bench: Any, blueprint: Any, stamper: TrialTimestampAuthority
) -> None:
    order = SealOrder(signed_at=bench.now, placements=HERE)
    with pytest.raises(Refused) as caught:
        seal_pdf_bytes(blueprint().table(), order, bench.signer, timestamp=Growing(stamper))
    assert caught.value.reason == "TIMESTAMP_TOO_LARGE"


class Outgrowing(CmsValue):
    """A signer who announces too little room: more certificates than expected."""

    room = 10


def test_a_full_container_is_made_again_with_the_size_it_needs(
    bench: Any, blueprint: Any, unit: TrialUnit
) -> None:
    value = Outgrowing(unit.certificate, unit.key)
    value.room = 100
    data = sign_pdf_bytes(blueprint().packed(), InvisibleOrder(signed_at=bench.now), value)
    assert verify_pdf_bytes(data, bench.trust, bench.now).verdict is Verdict.VALID


def test_places_need_a_picture(bench: Any, blueprint: Any, unit: TrialUnit) -> None:
    order = SealOrder(signed_at=bench.now, placements=HERE)
    with pytest.raises(Refused) as caught:
        sign_pdf_bytes(blueprint().table(), order, CmsValue(unit.certificate, unit.key))
    assert caught.value.reason == "NO_PICTURE"


@pytest.mark.parametrize("kind", ["/CRLs", "/OCSPs"])
@pytest.mark.parametrize("revoked", [False, True])
def test_revocation_that_the_file_carries_is_used(
    bench: Any, blueprint: Any, unit: TrialUnit, authority: TrialAuthority, kind: str, revoked: bool
) -> None:
    """The document security store (ISO 32000-2, 12.8.4.3): signed by the authority, so anybody may bring it."""
    at = authority.now - timedelta(hours=1)
    if kind == "/CRLs":
        serial = read_certificate(unit.certificate).serial
        evidence = make_crl(
            issuer=authority.root,
            issuer_key=authority.root_key,
            revoked=(RevokedCertificate(serial, at),) if revoked else (),
            this_update=authority.now,
            next_update=authority.now + timedelta(days=9),
            number=1,
        )
    else:
        answer = TrialAnswer(
            certificate=unit.certificate,
            issuer=authority.root,
            this_update=authority.now,
            next_update=authority.now + timedelta(days=1),
            revoked_at=at if revoked else None,
        )
        evidence = make_ocsp_response(
            [answer],
            responder=authority.root,
            responder_key=authority.root_key,
            produced_at=authority.now,
            digest="sm3",
        )
    source = blueprint(
        catalog_extra=f"/DSS<<{kind}[15 0 R]>>",
        more={15: b"<</Length %d>>stream\n%s\nendstream" % (len(evidence), evidence)},
    )
    value = CmsValue(unit.certificate, unit.key)
    data = sign_pdf_bytes(source.table(), InvisibleOrder(signed_at=bench.now), value)
    report = verify_pdf_bytes(data, bench.trust, bench.now)
    assert result_of(report, "SIGNER_REVOKED_BEFORE_SIGNING") is (
        CheckResult.FAIL if revoked else CheckResult.PASS
    )
    assert report.verdict is (Verdict.INVALID if revoked else Verdict.VALID)


def test_kinds_one_after_the_other(bench: Any, blueprint: Any, unit: TrialUnit) -> None:
    """Signed data with a picture on every page, then a seal: each allows for the other."""
    value = CmsValue(unit.certificate, unit.key, picture=bench.signer.seal.picture)
    first = SealOrder(signed_at=bench.now, placements=HERE, seam=SeamPlacement(60))
    data = sign_pdf_bytes(blueprint(pages=2).table(), first, value)
    data = seal_pdf_bytes(data, SealOrder(signed_at=bench.now, seam=SeamPlacement(150)), bench.signer)
    data = sign_pdf_bytes(data, InvisibleOrder(signed_at=bench.now), value)
    report = verify_pdf_bytes(data, bench.trust, bench.now, policy=STRICT)
    assert [entry.kind for entry in report.signatures] == ["cms", "seal", "cms"]
    assert not [check for check in report.walk() if check.result is CheckResult.FAIL]
    coverage = report.signatures[0].coverage or {}
    assert coverage["revisions_after"] == [
        {"closed_by": "Seal2", "added": ["a further signature", "marks of a further seal"]},
        {"closed_by": "Seal3", "added": ["a further signature"]},
    ]
    assert (coverage["signatures_before"], coverage["signatures_after"]) == (0, 2)


def test_policies_are_carried_through(bench: Any, blueprint: Any, stamper: TrialTimestampAuthority) -> None:
    order = SealOrder(signed_at=bench.now, placements=HERE)
    plain = seal_pdf_bytes(blueprint().table(), order, bench.signer)
    report = verify_pdf_bytes(plain, bench.trust, bench.now, policy=ARCHIVE)
    assert (report.policy, report.verdict) == ("archive", Verdict.INDETERMINATE)


def test_values_of_no_kind_are_reports_not_errors(bench: Any, blueprint: Any, unit: TrialUnit) -> None:
    """Signed data damaged at every so many bytes: each time a verdict, never another exception."""
    data = sign_pdf_bytes(
        blueprint().table(), InvisibleOrder(signed_at=bench.now), CmsValue(unit.certificate, unit.key)
    )
    start = data.index(b"/Contents<") + 10
    for position in range(start, start + 2 * len(value_in(data)), 40):
        changed = (
            data[:position] + (b"f" if data[position : position + 1] != b"f" else b"0") + data[position + 1 :]
        )
        try:
            report = verify_pdf_bytes(changed, bench.trust, bench.now)
        except GmsealError:
            continue
        assert report.verdict is not Verdict.VALID, position
        assert list(walk(report.signatures[0].checks))
