"""Judging time stamps: those of OpenSSL with RSA and P-256 are good, and each way to be bad is found."""

import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.judging.log import CheckLog
from gmseal.judging.timestamps import TimestampJudgement, judge_timestamp, judge_timestamp_order
from gmseal.report import Check, CheckResult
from gmseal.sm import curve, der
from gmseal.sm.algorithms import SHA1
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.cms import CmsForm, build_signed_data
from gmseal.sm.crl import RevocationReason, RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import TrialTimestampAuthority, build_token, read_token
from gmseal.sm.timestamps.token import TST_INFO, Imprint
from gmseal.trial import TrialAuthority, TrialUnit
from gmseal.trust import TrustStore

DAY = timedelta(days=1)
MESSAGE = b"a signature value"
PASS, WARN, FAIL, OPEN = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL, CheckResult.NOT_CHECKED


def judged(
    token: bytes, trust: TrustStore, at: datetime, message: bytes = MESSAGE
) -> tuple[TimestampJudgement, dict[str, Check]]:
    log = CheckLog("x")
    judgement = judge_timestamp(log, "SIGNATURE_TIMESTAMP", token, message, trust, at)
    checks = {check.code: check for check in log.checks()}
    assert set(checks) <= {"SIGNATURE_TIMESTAMP", "TIMESTAMP_REVOKED", "TIMESTAMP_AUTHORITY_REVOKED"}
    assert (judgement.time is not None) == (judgement.result is PASS)
    for check in checks.values():
        assert check.en.isascii()
        assert check.en.endswith(".")
    return judgement, checks


def reason(
    token: bytes, trust: TrustStore, at: datetime, message: bytes = MESSAGE
) -> tuple[CheckResult, str]:
    judgement, checks = judged(token, trust, at, message)
    return judgement.result, checks["SIGNATURE_TIMESTAMP"].en


@pytest.fixture(scope="module")
def stamper(authority: TrialAuthority) -> TrialTimestampAuthority:
    return authority.timestamps()


def test_a_good_stamp_proves_its_time(authority: TrialAuthority, stamper: TrialTimestampAuthority) -> None:
    judgement, checks = judged(stamper.stamp(MESSAGE), authority.trust, authority.now + DAY)
    assert (judgement.result, judgement.time) == (PASS, authority.now)
    assert judgement.accuracy == timedelta(seconds=1)
    assert judgement.authority is not None
    assert checks["TIMESTAMP_REVOKED"].result is OPEN
    only = TrustStore(timestamp_roots=(authority.root,))
    assert judged(stamper.stamp(MESSAGE), only, authority.now)[0].result is PASS
    other = TrialAuthority.create(authority.now)
    instead = TrustStore(roots=(authority.root,), timestamp_roots=(other.root,))
    assert judged(stamper.stamp(MESSAGE), instead, authority.now)[0].result is not PASS


# --- stamps of another maker -------------------------------------------------------------------


@dataclass(frozen=True)
class Foreign:
    """A root and a time-stamp authority made by OpenSSL, and how it stamps."""

    directory: Path

    def run(self, *arguments: str) -> bytes:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.directory, capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def token(self, digest: str = "sha256") -> bytes:
        (self.directory / "message").write_bytes(MESSAGE)
        self.run("ts", "-query", "-data", "message", f"-{digest}", "-cert", "-out", "query")
        self.run(
            "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query", "-inkey", "tsa.key",
            "-signer", "tsa.pem", "-token_out", "-out", "token",
        )  # fmt: skip
        return (self.directory / "token").read_bytes()

    @property
    def root(self) -> bytes:
        return self.run("x509", "-in", "root.pem", "-outform", "DER")


CONFIGURATION = """
[tsa]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512, sm3
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ess_cert_id_alg = {ess}
signer_digest = sha256
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
"""


@pytest.fixture(scope="module", params=["rsa:2048 sha256", "rsa:2048 sha1", "ec:P-256 sha256"])
def foreign(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    kind, ess = request.param.split()
    made = Foreign(tmp_path_factory.mktemp("foreign"))
    (made.directory / "tsa.cnf").write_text(CONFIGURATION.format(ess=ess))
    (made.directory / "serial").write_text("01")
    key = (
        ["-newkey", kind]
        if kind.startswith("rsa")
        else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    )
    made.run(
        "req", "-x509", *key, "-nodes", "-keyout", "root.key", "-subj", "/CN=Example Root", "-days", "30",
        "-out", "root.pem", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    made.run(
        "req", *key, "-nodes", "-keyout", "tsa.key", "-subj", "/CN=Example TSA", "-out", "tsa.csr", "-new"
    )
    made.run(
        "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-days", "20", "-out", "tsa.pem",
        "-extfile", "tsa.cnf", "-extensions", "ext",
    )  # fmt: skip
    return made


def test_stamps_of_openssl_are_judged(foreign: Foreign) -> None:
    token, trust = foreign.token(), TrustStore(timestamp_roots=(foreign.root,))
    now = datetime.now(UTC)
    judgement, _ = judged(token, trust, now)
    assert judgement.result is PASS
    assert judgement.time is not None
    assert abs(judgement.time - now) < timedelta(minutes=5)
    assert judgement.accuracy == timedelta(seconds=1, milliseconds=500, microseconds=100)
    assert judged(foreign.token("sm3"), trust, now)[0].result is PASS
    assert reason(token, trust, now, b"other")[0] is FAIL
    assert reason(token, TrustStore(), now)[0] is OPEN
    for at in (len(token) - 5, len(token) - 200, 120):
        changed = token[:at] + bytes((token[at] ^ 1,)) + token[at + 1 :]
        assert judged(changed, trust, now)[0].result is not PASS


# --- bad stamps --------------------------------------------------------------------------------


def stamp_by(
    authority: TrialAuthority, certificate: bytes, key: PrivateKey, *, time: datetime | None = None
) -> bytes:
    return build_token(
        imprint=Imprint(curve.SM3, sm3(MESSAGE)),
        policy="1.2.3.4",
        serial=5,
        time=time or authority.now,
        certificate=certificate,
        signer=key,
    )


def test_each_failure_gives_its_reason(authority: TrialAuthority, unit: TrialUnit) -> None:
    key, now = PrivateKey.generate(), authority.now
    certificate = authority.issue(
        CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("TSA"), life=20 * DAY
    )
    trust = authority.trust
    good = stamp_by(authority, certificate, key)
    cases: tuple[tuple[CheckResult, str, bytes, TrustStore, datetime], ...] = (
        (PASS, "good", good, trust, now),
        (FAIL, "malformed", b"token", trust, now),
        (FAIL, "after the time of verification", good, trust, now - DAY),
        (
            FAIL,
            "outside its validity",
            stamp_by(authority, certificate, key, time=now + 11 * DAY),
            trust,
            now + 12 * DAY,
        ),
        (
            FAIL,
            "not one of a time-stamp authority",
            stamp_by(authority, unit.certificate, unit.key),
            trust,
            now,
        ),
        (OPEN, "no root", good, TrustStore(), now),
    )
    for result, words, token, store, at in cases:
        found = reason(token, store, at)
        assert found[0] is result, (words, found)
        assert words in found[1]
    assert "other data" in reason(good, trust, now, b"another message")[1]


def test_a_stamp_over_sha1_proves_nothing(authority: TrialAuthority) -> None:
    key = PrivateKey.generate()
    certificate = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("TSA"))
    weak = build_token(
        imprint=Imprint(SHA1, hashlib.sha1(MESSAGE).digest()), policy="1.2.3.4", serial=5, time=authority.now,
        certificate=certificate, signer=key,
    )  # fmt: skip
    result, words = reason(weak, authority.trust, authority.now)
    assert (result, "proves nothing" in words) == (FAIL, True)


def unwrapped(token: bytes) -> list[bytes]:
    """The fields of the SignedData."""
    inside = der.parse(token, "").fields("", 2, 2)[1].content
    return [child.raw for child in der.parse(inside, "").children()]


def wrapped(fields: list[bytes]) -> bytes:
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, der.sequence(*fields)))


def test_a_stamp_without_its_certificate_needs_it_from_the_store(
    authority: TrialAuthority, stamper: TrialTimestampAuthority
) -> None:
    token = stamper.stamp(MESSAGE)
    fields = unwrapped(token)
    bare = wrapped([fields[0], fields[1], fields[2], fields[4]])
    certificate = read_token(token).certificate
    assert certificate is not None
    result, words = reason(bare, authority.trust, authority.now)
    assert (result, "not at hand" in words) == (OPEN, True)
    store = TrustStore(roots=(authority.root,), intermediates=(certificate,))
    assert reason(bare, store, authority.now)[0] is PASS


def test_another_certificate_of_the_same_name_and_number_is_not_taken(
    authority: TrialAuthority, stamper: TrialTimestampAuthority
) -> None:
    """ESSCertID: the certificate is bound by its digest, not by its name."""
    key, serial = PrivateKey.generate(), 1 << 100

    def issue(days: int) -> bytes:
        return issue_certificate(
            subject=Name("TSA"), public_key=key.public_key, issuer=IssuerRef(authority.root),
            issuer_key=authority.root_key, profile=CertificateProfile.TIMESTAMP_AUTHORITY,
            not_before=authority.now - DAY, not_after=authority.now + days * DAY, serial=serial,
        )  # fmt: skip

    first, second = issue(10), issue(300)
    fields = unwrapped(stamp_by(authority, first, key))
    fields[3] = der.explicit(0, second)
    result, words = reason(wrapped(fields), authority.trust, authority.now)
    assert (result, "bind" in words) == (FAIL, True)


def test_a_stamp_must_sign_that_it_is_one(authority: TrialAuthority) -> None:
    """Signed data over the same octets as plain data is no time stamp."""
    key = PrivateKey.generate()
    certificate = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("TSA"))
    content = read_token(stamp_by(authority, certificate, key)).signed_data.content or b""
    plain = build_signed_data(
        form=CmsForm.RFC5652, digest=sm3(content), content=content, certificate=certificate, signer=key,
        signed_at=authority.now,
    )  # fmt: skip
    fields = unwrapped(plain)
    fields[2] = der.sequence(der.oid(TST_INFO), der.explicit(0, der.octet_string(content)))
    for value in (plain, wrapped(fields)):
        result, words = reason(value, authority.trust, authority.now)
        assert (result, "malformed" in words) == (FAIL, True)


def test_octets_that_are_no_token_can_be_weighed_otherwise(authority: TrialAuthority) -> None:
    log = CheckLog("x")
    found = judge_timestamp(
        log, "SEAL_TIMESTAMP", b"\x01\x02\x03\x04", MESSAGE, authority.trust, authority.now, unreadable=WARN
    )
    assert (found.result, found.time, log.checks()[0].result) == (WARN, None, WARN)


def test_a_revoked_authority_proves_nothing_from_then_on(
    authority: TrialAuthority, stamper: TrialTimestampAuthority
) -> None:
    token = stamper.stamp(MESSAGE)
    serial = read_certificate(read_token(token).certificate or b"").serial
    cases: tuple[tuple[int, RevocationReason | None, CheckResult], ...] = (
        (-1, RevocationReason.SUPERSEDED, FAIL),
        (1, RevocationReason.SUPERSEDED, PASS),
        (1, RevocationReason.UNSPECIFIED, PASS),
        # Whoever has the key can stamp any time he likes: RFC 3161, 4.
        (1, RevocationReason.KEY_COMPROMISE, FAIL),
        (1, None, FAIL),
    )
    for days, why, result in cases:
        listed = make_crl(
            issuer=authority.root, issuer_key=authority.root_key,
            revoked=[RevokedCertificate(serial, authority.now + days * DAY, why)],
            this_update=authority.now + 2 * DAY, next_update=authority.now + 9 * DAY, number=1,
        )  # fmt: skip
        store = TrustStore(roots=(authority.root,), crls=(listed,))
        judgement, checks = judged(token, store, authority.now + 3 * DAY)
        assert judgement.result is result, why
        assert checks["TIMESTAMP_REVOKED"].result is result


@pytest.mark.parametrize(("seconds", "result"), [(-5, PASS), (0, PASS), (1, PASS), (90, WARN), (3600, FAIL)])
def test_the_stated_time_does_not_lie_after_the_stamp(
    authority: TrialAuthority, result: CheckResult, seconds: int, stamper: TrialTimestampAuthority
) -> None:
    judgement, _ = judged(stamper.stamp(MESSAGE), authority.trust, authority.now)
    log = CheckLog("x")
    stated = authority.now + timedelta(seconds=seconds)
    judge_timestamp_order(log, "TIMESTAMP_BEFORE_SIGN_TIME", stated, judgement)
    assert [check.result for check in log.checks()] == [result]


def test_nothing_is_said_of_the_order_without_a_proven_time(authority: TrialAuthority) -> None:
    log = CheckLog("x")
    judge_timestamp_order(log, "X", authority.now, TimestampJudgement(FAIL, None))
    assert log.checks() == ()


@settings(max_examples=250, deadline=None)
@given(position=st.integers(0, 9999), octet=st.integers(0, 255))
def test_a_changed_stamp_is_never_good(
    authority: TrialAuthority, position: int, octet: int, stamper: TrialTimestampAuthority
) -> None:
    token = stamper.stamp(MESSAGE)
    at = position % len(token)
    changed = token[:at] + bytes((octet,)) + token[at + 1 :]
    judgement, _ = judged(changed, authority.trust, authority.now)
    if judgement.result is PASS:
        # Only what lies outside the signature may differ, and the statement may not.
        assert read_token(changed).info == read_token(token).info
