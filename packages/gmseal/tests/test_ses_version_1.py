"""GM/T 0031-2014: structures built here by hand, as nothing here writes them, are read and judged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from seal_builder import Version1, utc_time

from gmseal.checks import failed_codes, walk
from gmseal.errors import Refused
from gmseal.policy import STRICT, V4
from gmseal.report import CheckResult, Verdict, decide
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import SealSigner, read_signature
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trial import TrialUnit
from gmseal.trust import TrustStore

OpenSsl = Callable[..., CompletedProcess[bytes]]
DOCUMENT = b"document"


@pytest.fixture
def built(unit: TrialUnit) -> Version1:
    made = Version1(unit)
    made.data_hash = sm3(DOCUMENT)
    return made


def codes(unit: TrialUnit, built: Version1) -> list[str]:
    return failed_codes(
        judge_signature(built.signature(), sm3(DOCUMENT), unit.authority.trust, unit.authority.now)
    )


def test_a_good_signature_of_version_1_is_valid(unit: TrialUnit, built: Version1) -> None:
    data = built.signature()
    signature = read_signature(data)
    assert (signature.version, signature.seal.version, signature.seal.header_version) == (1, 1, 1)
    assert signature.signed_at == unit.authority.now
    assert signature.certificate == unit.certificate
    checks = judge_signature(signature, sm3(DOCUMENT), unit.authority.trust, unit.authority.now)
    assert failed_codes(checks) == []
    assert decide(checks) is Verdict.VALID
    assert {check.clause for check in walk(checks)} >= {"GM/T 0031-2014 6.2.3", "GM/T 0031-2014 6.1.2"}
    assert decide(judge_seal(signature.seal, unit.authority.now, unit.authority.trust)) is Verdict.VALID


def test_openssl_agrees_on_what_the_maker_signs(unit: TrialUnit, built: Version1, openssl: OpenSsl) -> None:
    seal = read_seal(built.seal())
    done = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "maker.pem", "-sigfile", "sig", "-in", "signed",
        "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
        files={
            "maker.pem": unit.authority.maker_key.public_key.to_spki_pem(),
            "sig": seal.signature,
            "signed": seal.signed,
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_maker_signs_certificate_and_algorithm_too(unit: TrialUnit, built: Version1) -> None:
    """The range of version 4, the info alone, is not what version 1 signs."""
    built.sign_seal = lambda signed: unit.authority.maker_key.sign(
        next(der.parse(signed, "x").children()).raw
    )
    assert codes(unit, built) == ["SEAL_SIGNATURE"]


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("2026-06-01 12:00:00", {"TIME_AS_TEXT", "TIME_WITHOUT_ZONE"}),
        ("2026-06-01T12:00:00.000+08:00", {"TIME_AS_TEXT"}),
        ("2026-06-01T04:00:00Z", {"TIME_AS_TEXT"}),
    ],
)
def test_the_time_is_read_as_text(built: Version1, text: str, findings: set[str]) -> None:
    built.time_info = text.encode()
    signature = read_signature(built.signature())
    assert signature.signed_at == datetime(2026, 6, 1, 4, tzinfo=UTC)
    assert {found.code for found in signature.findings} == findings


def test_the_time_is_read_as_a_time_in_der(built: Version1) -> None:
    built.time_info = utc_time(built.now)
    signature = read_signature(built.signature(), strict=True)
    assert (signature.signed_at, signature.findings) == (built.now, ())


def test_the_time_is_read_from_a_stamp(unit: TrialUnit, built: Version1) -> None:
    key = PrivateKey.generate()
    certificate = unit.authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("时间戳"))
    authority = TrialTimestampAuthority(certificate, key, clock=lambda: unit.authority.now)
    built.time_info = authority.stamp(built.data_hash)
    signature = read_signature(built.signature())
    assert signature.signed_at == unit.authority.now
    checks = judge_signature(signature, built.data_hash, unit.authority.trust, unit.authority.now)
    results = {check.code: check.result for check in walk(checks)}
    assert results["SIGNATURE_TIMESTAMP"] is CheckResult.NOT_CHECKED
    assert decide(checks) is Verdict.VALID


def test_nonsense_as_time_is_malformed(unit: TrialUnit, built: Version1) -> None:
    for octets in (b"", b"soon", b"2026-13-01 00:00:00", b"\xff" * 8, b"\x17\x01\x00"):
        built.time_info = octets
        assert codes(unit, built) == ["FORMAT_SIGNATURE"]


def test_the_three_readings_of_the_list(unit: TrialUnit, built: Version1) -> None:
    assert codes(unit, built) == []
    built.entries = [unit.certificate]
    assert codes(unit, built) == []
    assert [found.code for found in read_seal(built.seal()).findings] == ["LIST_OF_BARE_CERTIFICATES"]
    built.entries = [der.ia5_string("SIGNER-1")]
    seal = read_seal(built.seal())
    assert seal.signer_ids == ("SIGNER-1",)
    assert [found.code for found in seal.findings] == ["LIST_OF_IDS"]
    checks = judge_signature(built.signature(), built.data_hash, unit.authority.trust, unit.authority.now)
    assert failed_codes(checks) == []
    assert decide(checks) is Verdict.INDETERMINATE, "an identifier says nothing about a certificate"
    built.entries = [der.octet_string(unit.authority.maker)]
    assert codes(unit, built) == ["SIGNER_NOT_IN_SEAL"]


@pytest.mark.parametrize("stated", [2, 3, 11])
def test_the_structure_decides_not_the_number(unit: TrialUnit, built: Version1, stated: int) -> None:
    built.header_version = built.version = stated
    assert codes(unit, built) == []
    assert [found.code for found in read_seal(built.seal()).findings] == ["HEADER_VERSION"]
    built.version = 1
    assert codes(unit, built) == ["VERSION_MISMATCH"]


class RsaPerson:
    """Somebody with an RSA key and a certificate by his own root."""

    def __init__(self, digest: str, now: datetime) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.hash: hashes.HashAlgorithm = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[digest]
        self.oid = {"sha1": "1.2.840.113549.1.1.5", "sha256": "1.2.840.113549.1.1.11"}[digest]
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example RSA")])
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(77)
            .not_valid_before(now - timedelta(days=5))
            .not_valid_after(now + timedelta(days=500))
        )
        self.certificate = built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, padding.PKCS1v15(), self.hash)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_rsa_is_verified_and_sha1_called_weak(unit: TrialUnit, digest: str) -> None:
    person = RsaPerson(digest, unit.authority.now)
    built = Version1(unit, maker_certificate=person.certificate)
    built.certificate, built.algorithm = person.certificate, der.oid(person.oid)
    built.sign_seal = built.sign = person.sign
    built.entries = [der.octet_string(person.certificate)]
    built.time_info = utc_time(built.now)
    hashed = hashes.Hash(person.hash)
    hashed.update(DOCUMENT)
    built.data_hash = hashed.finalize()
    trust = TrustStore(roots=(person.certificate,))
    asked: list[str] = []

    def document(name: str) -> bytes:
        asked.append(name)
        return built.data_hash

    checks = judge_signature(built.signature(), document, trust, unit.authority.now)
    assert failed_codes(checks) == []
    assert decide(checks) is Verdict.VALID
    assert asked == [digest]
    signature = read_signature(built.signature())
    weak = [found.code for found in signature.all_findings() if found.code == "WEAK_HASH"]
    assert len(weak) == (2 if digest == "sha1" else 0)
    strict = failed_codes(judge_signature(signature, document, trust, unit.authority.now, STRICT))
    assert ("CONFORMANCE" in strict) == (digest == "sha1")
    # An SM3 digest says nothing about a document that was hashed otherwise.
    open_ = judge_signature(signature, sm3(DOCUMENT), trust, unit.authority.now)
    assert decide(open_) is Verdict.INDETERMINATE
    assert failed_codes(judge_signature(signature, lambda _: b"other", trust, unit.authority.now)) == [
        "DATA_HASH"
    ]
    built.sign = lambda message: person.sign(message + b"!")
    assert failed_codes(judge_signature(built.signature(), document, trust, unit.authority.now)) == [
        "SIGNATURE_VALUE"
    ]


def test_an_rsa_name_on_an_sm2_key_is_told(unit: TrialUnit, built: Version1) -> None:
    built.algorithm = der.oid("1.2.840.113549.1.1.11")
    assert "ALGORITHM_MISMATCH" in codes(unit, built)


def test_version_1_is_no_longer_used_and_not_always_accepted(unit: TrialUnit, built: Version1) -> None:
    with pytest.raises(Refused) as refused:
        SealSigner(built.seal(), unit.certificate, unit.key)
    assert refused.value.reason == "SEAL_VERSION"
    checks = judge_signature(built.signature(), built.data_hash, unit.authority.trust, unit.authority.now, V4)
    assert set(failed_codes(checks)) == {"VERSION_NOT_ACCEPTED"}


BUILT: dict[str, bytes] = {}


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(unit: TrialUnit, position: int, bit: int) -> None:
    if not BUILT:
        version_1 = Version1(unit)
        version_1.time_info = utc_time(version_1.now)
        BUILT["good"] = version_1.signature()
    good = BUILT["good"]
    at = position % len(good)
    bad = good[:at] + bytes((good[at] ^ 1 << bit,)) + good[at + 1 :]
    policy = replace(STRICT, require_revocation=False)
    checks = judge_signature(bad, bytes(32), unit.authority.trust, unit.authority.now, policy)
    assert decide(checks, policy) is not Verdict.VALID
