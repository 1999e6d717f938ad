"""The 22 failures that the standards tell apart: each is reached, alone, under its own code."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from seal_builder import append, field, put, rebuilt, remade, resigned, with_seal

from gmseal.checks import failed_codes, walk
from gmseal.policy import ARCHIVE, DEFAULT, STRICT, V4, V5, Policy
from gmseal.report import CheckResult, TrustStore, Verdict, decide
from gmseal.ses.signature import read_signature
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name, read_certificate
from gmseal.sm.crl import RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trial import TrialUnit

HASH = sm3(b"document")
DAY = timedelta(days=1)


class Scene:
    """A unit, whom the verifier trusts, and when he judges; a failure is made by changing one of them."""

    def __init__(self, unit: TrialUnit) -> None:
        self.unit, self.authority = unit, unit.authority
        self.trust = self.authority.trust
        self.at = self.authority.now

    def signed(self, at: datetime | None = None) -> bytes:
        return self.unit.sealer().sign(HASH, "/ByteRange", at or self.authority.now)

    def judge(self, data: bytes, policy: Policy = DEFAULT) -> list[str]:
        return failed_codes(judge_signature(data, HASH, self.trust, self.at, policy))

    def judge_seal(self, data: bytes, policy: Policy = DEFAULT) -> list[str]:
        return failed_codes(judge_seal(data, self.at, self.trust, policy))

    def revoke(self, certificate: bytes, at: datetime) -> None:
        crl = make_crl(
            issuer=self.authority.root,
            issuer_key=self.authority.root_key,
            revoked=(RevokedCertificate(read_certificate(certificate).serial, at),),
            this_update=at + DAY,
            next_update=at + 400 * DAY,
            number=1,
        )
        self.trust = replace(self.trust, crls=(crl,))
        self.at = at + 2 * DAY

    def stamp(self, message: bytes, at: datetime) -> bytes:
        key = PrivateKey.generate()
        certificate = self.authority.issue(
            CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("时间戳")
        )
        token = TrialTimestampAuthority(certificate, key, clock=lambda: at).stamp(message)
        return der.explicit(0, der.bit_string(token))

    def version_5(self) -> bytes:
        header = der.sequence(der.ia5_string("ES"), der.integer(5), der.ia5_string("EXAMPLE"))
        return remade(self.unit, put(0, header))


def with_certificate(scene: Scene, certificate: bytes, key: PrivateKey) -> bytes:
    """A signature by somebody else whom the seal lists."""
    seal = remade(scene.unit, put(3, der.sequence(der.octet_string(certificate))), 2)
    inside = rebuilt(rebuilt(scene.signed(), put(1, seal), 0), put(1, der.octet_string(certificate)))
    return resigned(inside, key)


def broken(certificate: bytes) -> bytes:
    return certificate[:-1] + bytes((certificate[-1] ^ 1,))


def signer_chain(scene: Scene) -> list[str]:
    certificate = broken(scene.unit.certificate)
    return scene.judge(with_certificate(scene, certificate, scene.unit.key))


def signer_key_usage(scene: Scene) -> list[str]:
    key = PrivateKey.generate()
    certificate = scene.authority.issue(CertificateProfile.CA, key, subject=Name("机构"))
    return scene.judge(with_certificate(scene, certificate, key))


def signer_expired(scene: Scene) -> list[str]:
    key = PrivateKey.generate()
    certificate = scene.authority.issue(
        CertificateProfile.SIGNER, key, subject=Name("过期"), life=timedelta(days=5)
    )
    return scene.judge(with_certificate(scene, certificate, key))


def signer_revoked(scene: Scene) -> list[str]:
    scene.revoke(scene.unit.certificate, scene.authority.now - DAY)
    return scene.judge(scene.signed())


def not_in_seal(scene: Scene) -> list[str]:
    key = PrivateKey.generate()
    other = scene.authority.issue(CertificateProfile.SIGNER, key, subject=Name("他人"))
    return scene.judge(resigned(rebuilt(scene.signed(), put(1, der.octet_string(other))), key))


def maker_chain(scene: Scene) -> list[str]:
    seal = rebuilt(scene.unit.seal, put(1, der.octet_string(broken(scene.authority.maker))))
    return scene.judge(with_seal(scene.unit, scene.signed(), seal))


def maker_expired(scene: Scene) -> list[str]:
    scene.at += 400 * DAY
    longer = remade(scene.unit, put(6, der.generalized_time(scene.at + DAY)), 2)
    return scene.judge_seal(longer)


def maker_revoked(scene: Scene) -> list[str]:
    scene.revoke(scene.authority.maker, scene.authority.now - DAY)
    return scene.judge(scene.signed())


def maker_key_usage(scene: Scene) -> list[str]:
    info = field(scene.unit.seal, 0).raw
    own = rebuilt(scene.unit.seal, put(1, der.octet_string(scene.unit.certificate)))
    own = rebuilt(own, put(3, der.bit_string(scene.unit.key.sign(info))))
    return scene.judge(with_seal(scene.unit, scene.signed(), own))


def seal_period(days: int) -> Callable[[Scene], list[str]]:
    def judge(scene: Scene) -> list[str]:
        scene.at += days * DAY
        return scene.judge_seal(scene.unit.seal)

    return judge


def seal_stamp(scene: Scene) -> list[str]:
    return scene.judge_seal(rebuilt(scene.version_5(), append(scene.stamp(b"other", scene.at))))


def signature_stamp(scene: Scene) -> list[str]:
    return scene.judge(rebuilt(scene.signed(), append(scene.stamp(b"other", scene.at))))


def stamp_before_signing(scene: Scene) -> list[str]:
    data = scene.signed()
    value = read_signature(data).signature_value
    return scene.judge(rebuilt(data, append(scene.stamp(value, scene.at - DAY))))


def outside_seal(scene: Scene) -> list[str]:
    late = scene.authority.now + 190 * DAY
    scene.at = late
    return scene.judge(
        resigned(rebuilt(scene.signed(), put(2, der.generalized_time(late)), 0), scene.unit.key)
    )


def forged_name(scene: Scene) -> list[str]:
    forged = rebuilt(scene.signed(), put(1, der.utf8_string("北京另一家有限公司")), 0, 1, 0, 2)
    return scene.judge(resigned(forged, scene.unit.key))


def versions(scene: Scene) -> list[str]:
    return scene.judge(resigned(rebuilt(scene.signed(), put(0, der.integer(5)), 0), scene.unit.key))


FAILURES: dict[str, Callable[[Scene], list[str]]] = {
    "FORMAT_SEAL": lambda scene: scene.judge_seal(scene.unit.seal[:-1]),
    "FORMAT_SIGNATURE": lambda scene: scene.judge(scene.signed()[:-1]),
    "VERSION_MISMATCH": versions,
    "SEAL_SIGNATURE": forged_name,
    "MAKER_CHAIN": maker_chain,
    "MAKER_EXPIRED": maker_expired,
    "MAKER_REVOKED": maker_revoked,
    "MAKER_KEYUSAGE": maker_key_usage,
    "SEAL_NOT_YET_VALID": seal_period(-2),
    "SEAL_EXPIRED": seal_period(200),
    "SEAL_TIMESTAMP": seal_stamp,
    "SIGNATURE_VALUE": lambda scene: scene.judge(rebuilt(scene.signed(), put(4, der.ia5_string("/x")), 0)),
    "SIGNER_NOT_IN_SEAL": not_in_seal,
    "SIGNER_CHAIN": signer_chain,
    "SIGNER_EXPIRED_AT_SIGNING": signer_expired,
    "SIGNER_REVOKED_BEFORE_SIGNING": signer_revoked,
    "SIGNER_KEYUSAGE": signer_key_usage,
    "SIGN_TIME_OUTSIDE_SEAL": outside_seal,
    "DATA_HASH": lambda scene: failed_codes(
        judge_signature(scene.signed(), sm3(b"changed"), scene.trust, scene.at)
    ),
    "SIGNATURE_TIMESTAMP": signature_stamp,
    "TIMESTAMP_BEFORE_SIGN_TIME": stamp_before_signing,
    "ALGORITHM_MISMATCH": lambda scene: scene.judge(
        rebuilt(scene.signed(), put(2, der.oid("1.2.840.113549.1.1.11")))
    ),
}


@pytest.mark.parametrize("code", FAILURES)
def test_each_failure_is_told_from_the_others(unit: TrialUnit, code: str) -> None:
    scene = Scene(unit)
    assert scene.judge(scene.signed()) == []
    assert FAILURES[code](scene) == [code]


def test_there_are_22() -> None:
    assert len(FAILURES) == 22


# --- before and after, and what a policy makes of it ---------------------------------------------


def test_revoked_or_expired_after_signing_is_no_failure(unit: TrialUnit) -> None:
    scene = Scene(unit)
    data = scene.signed()
    scene.revoke(unit.certificate, scene.authority.now + DAY)
    assert scene.judge(data) == []
    scene.at += 1000 * DAY
    assert scene.judge(data) == []


@pytest.mark.parametrize(("policy", "version", "failed"), [
    (DEFAULT, 4, ["MAKER_EXPIRED"]),
    (ARCHIVE, 4, []),
    (DEFAULT, 5, []),
])  # fmt: skip
def test_a_maker_who_expired_since_is_a_warning_where_the_rules_say_so(
    unit: TrialUnit, policy: Policy, version: int, failed: list[str]
) -> None:
    scene = Scene(unit)
    scene.at += 400 * DAY
    start = scene.version_5() if version == 5 else unit.seal
    longer = rebuilt(start, put(6, der.generalized_time(scene.at + DAY)), 0, 2)
    seal = resigned(longer, scene.authority.maker_key)
    checks = judge_seal(seal, scene.at, scene.trust, policy)
    assert failed_codes(checks) == failed
    results = {check.code: check.result for check in walk(checks)}
    assert results["MAKER_EXPIRED"] is (CheckResult.FAIL if failed else CheckResult.WARN)


@pytest.mark.parametrize(("policy", "version", "failed"), [
    (DEFAULT, 4, ["MAKER_REVOKED"]),
    (ARCHIVE, 4, []),
    (DEFAULT, 5, []),
])  # fmt: skip
def test_a_maker_who_was_revoked_since_is_a_warning_where_the_rules_say_so(
    unit: TrialUnit, policy: Policy, version: int, failed: list[str]
) -> None:
    scene = Scene(unit)
    seal = scene.version_5() if version == 5 else unit.seal
    scene.revoke(scene.authority.maker, scene.authority.now + DAY)
    checks = judge_seal(seal, scene.at, scene.trust, policy)
    assert failed_codes(checks) == failed
    results = {check.code: check.result for check in walk(checks)}
    assert results["MAKER_REVOKED"] is (CheckResult.FAIL if failed else CheckResult.WARN)


def test_a_maker_who_was_not_good_at_creation_is_never_excused(unit: TrialUnit) -> None:
    scene = Scene(unit)
    early = scene.authority.now - 20 * DAY
    moved = rebuilt(scene.version_5(), put(4, der.generalized_time(early)), 0, 2)
    seal = resigned(rebuilt(moved, put(5, der.generalized_time(early)), 0, 2), scene.authority.maker_key)
    for policy in (DEFAULT, ARCHIVE):
        assert failed_codes(judge_seal(seal, scene.at, scene.trust, policy)) == ["MAKER_EXPIRED"]
    scene.revoke(scene.authority.maker, scene.authority.now - DAY)
    for policy in (DEFAULT, ARCHIVE):
        assert failed_codes(judge_seal(scene.version_5(), scene.at, scene.trust, policy)) == ["MAKER_REVOKED"]


def test_a_policy_for_one_version_refuses_the_other(unit: TrialUnit) -> None:
    scene = Scene(unit)
    assert scene.judge_seal(unit.seal, V4) == scene.judge_seal(scene.version_5(), V5) == []
    assert (
        scene.judge_seal(unit.seal, V5) == scene.judge_seal(scene.version_5(), V4) == ["VERSION_NOT_ACCEPTED"]
    )
    assert scene.judge_seal(unit.seal, V5.accepting(4)) == []


def test_a_strict_policy_leaves_nothing_unchecked(unit: TrialUnit) -> None:
    scene = Scene(unit)
    data = scene.signed()
    checks = judge_signature(data, HASH, scene.trust, scene.at, STRICT)
    assert failed_codes(checks) == []
    assert decide(checks, STRICT) is Verdict.INDETERMINATE, "nobody said whether anything was revoked"
    crl = make_crl(
        issuer=scene.authority.root,
        issuer_key=scene.authority.root_key,
        revoked=(),
        this_update=scene.authority.now,
        next_update=scene.authority.now + 9 * DAY,
        number=1,
    )
    known = replace(scene.trust, crls=(crl,))
    assert decide(judge_signature(data, HASH, known, scene.at, STRICT), STRICT) is Verdict.VALID


def test_signed_before_the_seal_was_made_is_remarked(unit: TrialUnit) -> None:
    scene = Scene(unit)
    early = scene.signed(scene.authority.now - timedelta(hours=1))
    results = {
        check.code: check.result for check in walk(judge_signature(early, HASH, scene.trust, scene.at))
    }
    assert results["SIGNED_BEFORE_SEAL_MADE"] is CheckResult.WARN


def test_every_step_names_its_clause_and_speaks_both_languages(unit: TrialUnit) -> None:
    scene = Scene(unit)
    for data in (scene.signed(), with_seal(unit, scene.signed(), scene.version_5())):
        for check in walk(judge_signature(data, None, TrustStore(), scene.at)):
            assert check.clause
            assert any("\u4e00" <= sign <= "\u9fff" for sign in check.zh)
            assert check.en.endswith(".")
