"""Judging signed data: the variants in use are good, and every failure has its own code."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.checks import walk
from gmseal.errors import Refused
from gmseal.judging.cms import CmsJudgement, judge_cms
from gmseal.policy import STRICT
from gmseal.report import CheckResult, TrustStore, Verdict, decide
from gmseal.sm import curve, der
from gmseal.sm.algorithms import ALGORITHM_SM2_SIGNATURE, ALGORITHM_SM3
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.cms import CmsForm, build_signed_data, read_signed_data
from gmseal.sm.cms.building import attribute
from gmseal.sm.cms.forms import (
    CONTENT_TYPE,
    GB_DATA,
    GB_SIGNED_DATA,
    MESSAGE_DIGEST,
    PKCS7_DATA,
    TIMESTAMP_TOKEN,
)
from gmseal.sm.crl import RevocationReason, RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.trial import TrialAuthority, TrialUnit

OpenSsl = Callable[..., CompletedProcess[bytes]]
DAY = timedelta(days=1)
DOCUMENT = "<Signature>…</Signature>".encode()
DIGEST = sm3(DOCUMENT)
FORMS = list(CmsForm)


def failed(judgement: CmsJudgement) -> set[str]:
    return {check.code for check in walk(judgement.checks) if check.result is CheckResult.FAIL}


def results(judgement: CmsJudgement) -> dict[str, CheckResult]:
    return {check.code: check.result for check in walk(judgement.checks)}


def signed(unit: TrialUnit, form: CmsForm = CmsForm.GBT35275, **more: Any) -> bytes:
    arguments: dict[str, Any] = {
        "form": form,
        "digest": DIGEST,
        "certificate": unit.certificate,
        "signer": unit.key,
        "signed_at": unit.authority.now,
    } | more
    return build_signed_data(**arguments)


def judge(unit: TrialUnit, value: bytes, **more: Any) -> CmsJudgement:
    arguments: dict[str, Any] = {
        "expected_digest": DIGEST,
        "trust": unit.authority.trust,
        "at": unit.authority.now,
    } | more
    return judge_cms(value, **arguments)


@pytest.mark.parametrize("form", FORMS)
def test_a_good_value_is_valid_and_says_so_in_both_languages(form: CmsForm, unit: TrialUnit) -> None:
    judgement = judge(unit, signed(unit, form, timestamp=unit.authority.timestamps()))
    assert decide(judgement.checks) is Verdict.VALID
    assert failed(judgement) == set()
    assert judgement.findings == ()
    assert judgement.signed_at == judgement.timestamp_at == unit.authority.now
    assert judgement.signer is not None
    assert judgement.signer.der == unit.certificate
    for check in walk(judgement.checks):
        assert re.search("[\u4e00-\u9fff]", check.zh)
        assert check.en.isascii()
        assert check.en.endswith(".")
        assert check.clause
    order = [check.code for check in walk(judgement.checks)]
    expected = [
        "FORMAT_SIGNATURE", "CONFORMANCE", "ALGORITHM_MISMATCH", "SIGNATURE_VALUE", "SIGNER_CHAIN",
        "SIGNER_KEYUSAGE", "TRIAL_CERTIFICATE", "SIGNER_EXPIRED_AT_SIGNING", "SIGNER_REVOKED_BEFORE_SIGNING",
        "SIGN_TIME_IN_FUTURE", "DATA_HASH", "SIGNATURE_TIMESTAMP", "TIMESTAMP_REVOKED",
        "TIMESTAMP_BEFORE_SIGN_TIME",
    ]  # fmt: skip
    assert order == expected


def test_each_failure_has_its_code(unit: TrialUnit) -> None:
    now, value = unit.authority.now, signed(unit)
    assert failed(judge(unit, value, expected_digest=sm3(b"changed"))) == {"DATA_HASH"}
    assert failed(judge(unit, b"junk")) == {"FORMAT_SIGNATURE"}
    assert failed(judge(unit, value, at=now - DAY)) == {"SIGN_TIME_IN_FUTURE"}
    assert decide(judge(unit, value, trust=TrustStore()).checks) is Verdict.INDETERMINATE
    late = signed(unit, signed_at=now + 400 * DAY)
    assert failed(judge(unit, late, at=now + 400 * DAY)) == {"SIGNER_EXPIRED_AT_SIGNING"}
    since = judge(unit, value, at=now + 400 * DAY)
    assert failed(since) == set()
    assert results(since)["SIGNER_EXPIRED_SINCE"] is CheckResult.WARN
    unknown = judge(unit, value, expected_digest=None)
    assert results(unknown)["DATA_HASH"] is CheckResult.NOT_CHECKED
    assert results(judge(unit, value))["SIGNATURE_TIMESTAMP"] is CheckResult.NOT_CHECKED


def test_who_may_not_sign_is_told(authority: TrialAuthority, unit: TrialUnit) -> None:
    key = PrivateKey.generate()
    value = signed(unit)
    fields = parts(value)
    certificate = authority.issue(CertificateProfile.CA, key, subject=Name("试用中间证书"))
    info = read_certificate(certificate)
    attributes = der.set_of(
        attribute(CONTENT_TYPE, der.oid(GB_DATA)), attribute(MESSAGE_DIGEST, der.octet_string(DIGEST))
    )
    fields["certificates"] = der.explicit(0, certificate)
    fields["signers"] = der.tlv(der.SET, signer_info(info.der, key.sign(attributes), attributes))
    assert failed(judge(unit, joined(fields))) == {"SIGNER_KEYUSAGE"}


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signer who puts in whatever the source of time stamps answers, as foreign programs do."""
    monkeypatch.setattr("gmseal.sm.cms.building.stamped", lambda source, value, _at: source.stamp(value))


@pytest.mark.usefixtures("careless")
def test_revocation_counts_from_the_proven_time(unit: TrialUnit) -> None:
    """Signed by its own statement before the revocation; the time stamp proves that it was after."""
    authority, now = unit.authority, unit.authority.now
    serial = read_certificate(unit.certificate).serial
    listed = make_crl(
        issuer=authority.root, issuer_key=authority.root_key, revoked=[RevokedCertificate(serial, now + DAY)],
        this_update=now + 3 * DAY, next_update=now + 9 * DAY, number=1,
    )  # fmt: skip
    trust = replace(authority.trust, crls=(listed,))
    stated = judge(unit, signed(unit), trust=trust, at=now + 4 * DAY)
    assert results(stated)["SIGNER_REVOKED_BEFORE_SIGNING"] is CheckResult.PASS
    later = authority.timestamps(clock=lambda: now + 2 * DAY)
    proven = judge(unit, signed(unit, timestamp=later), trust=trust, at=now + 4 * DAY)
    assert failed(proven) == {"SIGNER_REVOKED_BEFORE_SIGNING"}
    early = authority.timestamps(clock=lambda: now - DAY)
    assert failed(judge(unit, signed(unit, timestamp=early), at=now)) == {"TIMESTAMP_BEFORE_SIGN_TIME"}


@pytest.mark.parametrize("form", FORMS)
def test_a_stolen_key_leaves_the_time_of_signed_data_open_too(form: CmsForm, unit: TrialUnit) -> None:
    """Signed data that stand alone: only a time stamp inside, or somebody who vouches for when they were there, helps."""
    authority, now = unit.authority, unit.authority.now
    serial = read_certificate(unit.certificate).serial
    stolen = RevokedCertificate(serial, now + DAY, RevocationReason.KEY_COMPROMISE)
    listed = make_crl(
        issuer=authority.root, issuer_key=authority.root_key, revoked=[stolen],
        this_update=now + 3 * DAY, next_update=now + 9 * DAY, number=1,
    )  # fmt: skip
    more: dict[str, Any] = {"trust": replace(authority.trust, crls=(listed,)), "at": now + 4 * DAY}
    alone = judge(unit, signed(unit, form), **more)
    assert results(alone)["SIGN_TIME_UNPROVEN"] is CheckResult.NOT_CHECKED
    assert decide(alone.checks) is Verdict.INDETERMINATE
    stamped = judge(unit, signed(unit, form, timestamp=authority.timestamps()), **more)
    assert "SIGN_TIME_UNPROVEN" not in results(stamped)
    assert decide(stamped.checks) is Verdict.VALID
    for existed_by, said in ((now + DAY / 2, CheckResult.PASS), (now + 2 * DAY, CheckResult.NOT_CHECKED)):
        vouched = judge(unit, signed(unit, form), existed_by=existed_by, **more)
        assert results(vouched)["SIGN_TIME_UNPROVEN"] is said
        assert decide(vouched.checks) is (
            Verdict.VALID if said is CheckResult.PASS else Verdict.INDETERMINATE
        )


class Replayed:
    """A source that answers with a token over something else."""

    token_size = 4096

    def __init__(self, unit: TrialUnit) -> None:
        self._source = unit.authority.timestamps()

    def stamp(self, _message: bytes) -> bytes:
        return self._source.stamp(b"another signature")


def test_a_signer_refuses_a_stamp_that_a_verifier_would_refuse(unit: TrialUnit) -> None:
    early = unit.authority.timestamps(clock=lambda: unit.authority.now - DAY)
    for source in (Replayed(unit), early):
        with pytest.raises(Refused) as caught:
            signed(unit, timestamp=source)
        assert caught.value.reason == "TIMESTAMP"


@pytest.mark.usefixtures("careless")
def test_a_stamp_of_another_signature_is_told(unit: TrialUnit) -> None:
    judgement = judge(unit, signed(unit, timestamp=Replayed(unit)))
    assert failed(judgement) == {"SIGNATURE_TIMESTAMP"}
    assert judgement.timestamp_at is None


def test_authorities_that_come_along_help_but_are_not_trusted(
    authority: TrialAuthority, unit: TrialUnit
) -> None:
    key, leaf_key = PrivateKey.generate(), PrivateKey.generate()
    middle = authority.issue(CertificateProfile.CA, key, subject=Name("试用中间证书"))
    leaf = issue_certificate(
        subject=Name("叶证书"), public_key=leaf_key.public_key, issuer=IssuerRef(middle), issuer_key=key,
        profile=CertificateProfile.SIGNER, not_before=authority.now, not_after=authority.now + 50 * DAY,
    )  # fmt: skip
    alone = signed(unit, certificate=leaf, signer=leaf_key)
    helped = signed(unit, certificate=leaf, signer=leaf_key, extra_certificates=(middle,))
    assert results(judge(unit, alone))["SIGNER_CHAIN"] is CheckResult.NOT_CHECKED
    assert results(judge(unit, helped))["SIGNER_CHAIN"] is CheckResult.PASS
    rooted = signed(unit, certificate=leaf, signer=leaf_key, extra_certificates=(middle, authority.root))
    assert results(judge(unit, rooted, trust=TrustStore()))["SIGNER_CHAIN"] is CheckResult.NOT_CHECKED


# --- variants that products write --------------------------------------------------------------


def parts(value: bytes) -> dict[str, bytes]:
    inside = der.parse(der.parse(value, "").fields("", 2, 2)[1].content, "")
    names = ("version", "digests", "content", "certificates", "signers")
    return dict(zip(names, (child.raw for child in inside.children()), strict=True))


def joined(fields: dict[str, bytes]) -> bytes:
    return der.sequence(der.oid(GB_SIGNED_DATA), der.explicit(0, der.sequence(*fields.values())))


def signer_info(
    certificate: bytes,
    signature: bytes,
    attributes: bytes = b"",
    unsigned: bytes = b"",
    algorithm: bytes = ALGORITHM_SM2_SIGNATURE,
) -> bytes:
    info = read_certificate(certificate)
    return der.sequence(
        der.integer(1),
        der.sequence(info.issuer_raw, der.tlv(der.INTEGER, bytes.fromhex(info.serial))),
        ALGORITHM_SM3,
        b"\xa0" + attributes[1:] if attributes else b"",
        algorithm,
        der.octet_string(signature),
        unsigned,
    )


def variant(
    unit: TrialUnit,
    content: bytes | None,
    message: bytes,
    *,
    attributes: bytes = b"",
    content_type: str = GB_DATA,
    signature: bytes | None = None,
    algorithm: bytes = ALGORITHM_SM2_SIGNATURE,
) -> bytes:
    """Signed data of GB/T 35275 with this content, signed over ``message``."""
    fields = parts(signed(unit))
    inside = b"" if content is None else der.explicit(0, der.octet_string(content))
    fields["content"] = der.sequence(der.oid(content_type), inside)
    value = unit.key.sign(message) if signature is None else signature
    fields["signers"] = der.tlv(
        der.SET, signer_info(unit.certificate, value, attributes, algorithm=algorithm)
    )
    return joined(fields)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (DIGEST, DIGEST),
        (base64.b64encode(DIGEST), base64.b64encode(DIGEST)),
        (DOCUMENT, DOCUMENT),
        (None, DIGEST),
        (None, DOCUMENT),
    ],
)
def test_values_without_signed_attributes(content: bytes | None, message: bytes, unit: TrialUnit) -> None:
    value = variant(unit, content, message)
    assert failed(judge(unit, value, message=DOCUMENT)) == set()
    changed = judge(unit, value, expected_digest=sm3(b"other"), message=b"other")
    assert failed(changed) == ({"DATA_HASH"} if content is not None else {"SIGNATURE_VALUE"})
    junk = judge(unit, variant(unit, content, b"something else"), message=DOCUMENT)
    assert failed(junk) == {"SIGNATURE_VALUE"}


def test_without_the_document_a_detached_value_cannot_be_judged(unit: TrialUnit) -> None:
    judgement = judge(unit, variant(unit, None, DIGEST), expected_digest=None)
    assert results(judgement)["SIGNATURE_VALUE"] is CheckResult.NOT_CHECKED


def signed_attributes(digest: bytes = DIGEST, content_type: str = GB_DATA) -> bytes:
    return der.set_of(
        attribute(CONTENT_TYPE, der.oid(content_type)), attribute(MESSAGE_DIGEST, der.octet_string(digest))
    )


def test_signed_attributes_over_content_of_each_kind(unit: TrialUnit) -> None:
    for content, digest in (
        (None, DIGEST),
        (DOCUMENT, DIGEST),
        (DIGEST, DIGEST),
        (DIGEST, sm3(DIGEST)),
        (base64.b64encode(DIGEST), DIGEST),
    ):
        attributes = signed_attributes(digest)
        assert failed(judge(unit, variant(unit, content, attributes, attributes=attributes))) == set()
    for content, digest, kind in (
        (b"something else", DIGEST, GB_DATA),
        (DOCUMENT, sm3(b"something else"), GB_DATA),
        (None, DIGEST, PKCS7_DATA),
        (None, sm3(DIGEST), GB_DATA),
    ):
        attributes = signed_attributes(digest, kind)
        assert failed(judge(unit, variant(unit, content, attributes, attributes=attributes))) == {"DATA_HASH"}


def test_the_pkcs7_identifier_inside_is_read_and_named(unit: TrialUnit) -> None:
    attributes = signed_attributes(content_type=PKCS7_DATA)
    value = variant(unit, None, attributes, attributes=attributes, content_type=PKCS7_DATA)
    judgement = judge(unit, value)
    assert failed(judgement) == set()
    assert [finding.code for finding in judgement.findings] == ["CMS_FOREIGN_CONTENT_TYPE"]


def raw(signature: bytes) -> bytes:
    return curve.decode_signature(signature)


def negative(signature: bytes) -> bytes:
    """r and s with the zero in front left out, where a set bit would need it."""
    rs = raw(signature)
    return der.sequence(der.tlv(der.INTEGER, rs[:32]), der.tlv(der.INTEGER, rs[32:]))


def with_top_bit(key: PrivateKey, message: bytes) -> bytes:
    """A signature one of whose numbers has its top bit set; every second one has."""
    signatures = (key.sign(message) for _ in range(200))
    return next(found for found in signatures if raw(found)[0] & 0x80)


def test_signatures_of_other_forms_are_read_and_named(unit: TrialUnit) -> None:
    good = with_top_bit(unit.key, DIGEST)
    for signature, code in ((raw(good), "CMS_RAW_SIGNATURE"), (negative(good), "CMS_NEGATIVE_NUMBER")):
        value = variant(unit, None, DIGEST, signature=signature)
        judgement = judge(unit, value)
        assert failed(judgement) == set()
        assert [finding.code for finding in judgement.findings] == [code]
        assert failed(judge(unit, value, policy=STRICT)) == {"CONFORMANCE"}
    by_curve = variant(unit, None, DIGEST, algorithm=der.sequence(der.oid(curve.SM2_CURVE)))
    assert [finding.code for finding in judge(unit, by_curve).findings] == ["CMS_KEY_ALGORITHM"]


def test_attributes_in_another_order_are_read_and_named(unit: TrialUnit) -> None:
    members = [child.raw for child in der.parse(signed_attributes(), "").children()]
    attributes = der.tlv(der.SET, b"".join(reversed(members)))
    judgement = judge(unit, variant(unit, None, attributes, attributes=attributes))
    assert failed(judgement) == set()
    assert [finding.code for finding in judgement.findings] == ["CMS_ATTRIBUTES_UNSORTED"]


def test_what_could_be_read_in_two_ways_is_refused(unit: TrialUnit) -> None:
    """Two digests in the signed attributes, or one attribute with two values."""
    other = attribute(MESSAGE_DIGEST, der.octet_string(sm3(b"x")))
    first = attribute(MESSAGE_DIGEST, der.octet_string(DIGEST))
    kind = attribute(CONTENT_TYPE, der.oid(GB_DATA))
    both = der.sequence(
        der.oid(MESSAGE_DIGEST), der.set_of(der.octet_string(DIGEST), der.octet_string(sm3(b"x")))
    )
    for attributes in (der.set_of(kind, first, other), der.set_of(kind, both)):
        value = variant(unit, None, attributes, attributes=attributes)
        assert failed(judge(unit, value)) == {"FORMAT_SIGNATURE"}


def test_a_certificate_that_is_not_there(unit: TrialUnit) -> None:
    fields = parts(signed(unit))
    del fields["certificates"]
    judgement = judge(unit, joined(fields))
    assert decide(judgement.checks) is Verdict.INDETERMINATE
    assert results(judgement)["SIGNATURE_VALUE"] is CheckResult.NOT_CHECKED
    known = replace(unit.authority.trust, intermediates=(unit.certificate,))
    assert failed(judge(unit, joined(fields), trust=known)) == set()


def test_several_signers_are_told(unit: TrialUnit) -> None:
    fields = parts(signed(unit))
    one = der.parse(fields["signers"], "").content
    fields["signers"] = der.tlv(der.SET, one + one)
    assert results(judge(unit, joined(fields)))["OTHER_SIGNERS"] is CheckResult.WARN
    fields["signers"] = der.tlv(der.SET, b"")
    assert failed(judge(unit, joined(fields))) == {"FORMAT_SIGNATURE"}


def test_a_bad_token_inside_is_told(unit: TrialUnit) -> None:
    fields = parts(signed(unit))
    attributes = signed_attributes()
    junk = der.explicit(1, attribute(TIMESTAMP_TOKEN, der.sequence(der.oid("1.2.3"))))
    signer = signer_info(unit.certificate, unit.key.sign(attributes), attributes, junk)
    fields["signers"] = der.tlv(der.SET, signer)
    assert failed(judge(unit, joined(fields))) == {"SIGNATURE_TIMESTAMP"}


# --- another maker -----------------------------------------------------------------------------


def test_cms_of_openssl_with_rsa_is_judged(openssl: OpenSsl) -> None:
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-subj", "/CN=Example", "-out", "c.pem",
        "-days", "30", files={"file": DOCUMENT},
    )  # fmt: skip
    trust = TrustStore(roots=(openssl("x509", "-in", "c.pem", "-outform", "DER").stdout,))

    def by_name(name: str) -> bytes:
        return hashlib.new(name, DOCUMENT).digest()

    now = datetime.now(UTC)
    pss = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32")
    for more in ((), ("-nodetach",), ("-stream", "-nodetach"), ("-noattr", "-nodetach"), pss):
        made = openssl(
            "cms", "-sign", "-binary", "-in", "file", "-signer", "c.pem", "-inkey", "k", "-outform", "DER",
            "-md", "sha256", *more,
        )  # fmt: skip
        judgement = judge_cms(made.stdout, by_name, trust, now)
        assert failed(judgement) == set(), judgement
        assert results(judgement)["SIGNATURE_VALUE"] is CheckResult.PASS
        assert ("CMS_BER_ENCODING" in {each.code for each in judgement.findings}) == ("-stream" in more)
        assert "DATA_HASH" in failed(judge_cms(made.stdout, sm3(b"x"), trust, now))
        signature = read_signed_data(made.stdout).signers[0].signature
        forged = made.stdout.replace(signature, signature[:-1] + bytes((signature[-1] ^ 1,)))
        assert failed(judge_cms(forged, by_name, trust, now)) == {"SIGNATURE_VALUE"}


# --- whatever the bytes ------------------------------------------------------------------------


@settings(max_examples=250, deadline=None)
@given(position=st.integers(0, 9999), octet=st.integers(0, 255), form=st.sampled_from(FORMS))
def test_a_changed_value_is_never_good_for_other_content(
    form: CmsForm, position: int, octet: int, unit: TrialUnit
) -> None:
    value = signed(unit, form)
    at = position % len(value)
    changed = value[:at] + bytes((octet,)) + value[at + 1 :]
    judgement = judge(unit, changed)
    if decide(judgement.checks) is Verdict.VALID:
        [signer] = judgement.signed_data.signers if judgement.signed_data is not None else ()
        assert signer.message_digest == DIGEST
        assert judgement.signed_at == unit.authority.now
        assert judgement.signer is not None
        assert judgement.signer.der == unit.certificate
    assert failed(judge(unit, changed, expected_digest=sm3(b"x")))


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_octets_are_a_failed_format(data: bytes, unit: TrialUnit) -> None:
    assert failed(judge(unit, data)) == {"FORMAT_SIGNATURE"}
