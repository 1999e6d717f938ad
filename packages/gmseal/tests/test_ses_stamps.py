"""Time stamps over seal signatures, and extensions in them: written, sized, judged."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seal_builder import append, rebuilt

from gmseal.checks import Check, failed_codes, walk
from gmseal.errors import Refused
from gmseal.policy import ARCHIVE
from gmseal.report import CheckResult, Verdict, decide
from gmseal.ses.signature import SealSigner, read_signature, sign_seal_signature
from gmseal.ses.structures import Extension
from gmseal.ses.verify import judge_signature
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name, read_certificate
from gmseal.sm.crl import RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trial import TrialAuthority, TrialUnit
from gmseal.trust import TrustStore

HASH = sm3(b"document")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Clock:
    """A time-stamp authority whose time is set by hand."""

    def __init__(self, authority: TrialAuthority) -> None:
        self.now = authority.now
        key = PrivateKey.generate()
        certificate = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("时间戳"))
        self.source = TrialTimestampAuthority(certificate, key, clock=lambda: self.now)


@pytest.fixture(scope="module")
def clock(authority: TrialAuthority) -> Clock:
    return Clock(authority)


@settings(max_examples=25, deadline=None)
@given(
    prop=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=256),
    value=st.binary(max_size=90),
)
def test_stamped_signatures_fit_the_promised_size(
    unit: TrialUnit, clock: Clock, prop: str, value: bytes
) -> None:
    clock.now = unit.authority.now
    extension = Extension("1.2.156.99.2", critical=False, value=value)
    signer = SealSigner(
        unit.seal, unit.certificate, unit.key, timestamps=clock.source, extensions=(extension,)
    )
    data = signer.sign(HASH, prop, unit.authority.now)
    signature = read_signature(data, strict=True)
    assert signature.findings == ()
    assert (signature.extensions, signature.property_info) == ((extension,), prop)
    assert signature.timestamp is not None
    assert len(data) <= signer.signature_size
    checks = judge_signature(data, HASH, unit.authority.trust, unit.authority.now)
    results = {check.code: check.result for check in walk(checks)}
    assert results["SIGNATURE_TIMESTAMP"] is results["TIMESTAMP_BEFORE_SIGN_TIME"] is CheckResult.PASS
    assert decide(checks, ARCHIVE) is Verdict.VALID


def stamped(unit: TrialUnit, token: bytes) -> bytes:
    data = unit.sealer().sign(HASH, "p", unit.authority.now)
    return rebuilt(data, append(der.explicit(0, der.bit_string(token))))


def test_a_stamp_before_the_stated_time_fails(unit: TrialUnit, clock: Clock) -> None:
    data = unit.sealer().sign(HASH, "p", unit.authority.now)
    value = read_signature(data).signature_value
    later = unit.authority.now + 5 * HOUR

    def judge(hours: float) -> list[str]:
        clock.now = unit.authority.now + hours * HOUR
        token = clock.source.stamp(value)
        made = rebuilt(data, append(der.explicit(0, der.bit_string(token))))
        return failed_codes(judge_signature(made, HASH, unit.authority.trust, later))

    assert judge(0) == judge(4) == judge(-0.1) == []
    assert judge(-1) == ["TIMESTAMP_BEFORE_SIGN_TIME"]
    assert judge(6) == ["SIGNATURE_TIMESTAMP"], "a stamp of the future"


def stamped_after(unit: TrialUnit, clock: Clock, after: timedelta) -> bytes:
    """A signature that states ``now`` and carries a good stamp of later."""
    data = unit.sealer().sign(HASH, "p", unit.authority.now)
    clock.now = unit.authority.now + after
    token = clock.source.stamp(read_signature(data).signature_value)
    return rebuilt(data, append(der.explicit(0, der.bit_string(token))))


def revoked(unit: TrialUnit, certificate: bytes, at: datetime) -> TrustStore:
    crl = make_crl(
        issuer=unit.authority.root,
        issuer_key=unit.authority.root_key,
        revoked=(RevokedCertificate(read_certificate(certificate).serial, at),),
        this_update=at + DAY,
        next_update=at + 400 * DAY,
        number=1,
    )
    return replace(unit.authority.trust, crls=(crl,))


@pytest.mark.parametrize("role", ["signer", "maker"])
def test_who_was_revoked_before_the_proven_time_cannot_state_an_earlier_one(
    unit: TrialUnit, clock: Clock, role: str
) -> None:
    certificate = unit.certificate if role == "signer" else unit.authority.maker
    code = "SIGNER_REVOKED_BEFORE_SIGNING" if role == "signer" else "MAKER_REVOKED"
    trust = revoked(unit, certificate, unit.authority.now + 2 * HOUR)
    later = unit.authority.now + 2 * DAY
    in_time = judge_signature(stamped_after(unit, clock, HOUR), HASH, trust, later)
    assert failed_codes(in_time) == []
    too_late = judge_signature(stamped_after(unit, clock, 3 * HOUR), HASH, trust, later)
    assert failed_codes(too_late) == [code]
    told = {check.code: check for check in walk(too_late)}
    assert told[code].at == told["TIMESTAMP_BEFORE_SIGN_TIME"].at == unit.authority.now + 3 * HOUR
    assert told["SIGN_TIME_IN_FUTURE"].at == unit.authority.now, "the stated time is told too"
    assert told["TIMESTAMP_BEFORE_SIGN_TIME"].result is CheckResult.PASS
    # A stamp that proves nothing moves nothing.
    doubted = replace(trust, timestamp_roots=(TrialAuthority.create(unit.authority.now).root,))
    unproven = judge_signature(stamped_after(unit, clock, 3 * HOUR), HASH, doubted, later)
    assert failed_codes(unproven) == []


def test_seal_and_certificate_must_be_in_force_at_the_proven_time(unit: TrialUnit, clock: Clock) -> None:
    later = unit.authority.now + 350 * DAY
    seal_over = judge_signature(stamped_after(unit, clock, 200 * DAY), HASH, unit.authority.trust, later)
    assert failed_codes(seal_over) == ["SIGN_TIME_OUTSIDE_SEAL"]
    key = PrivateKey.generate()
    short = unit.authority.issue(
        CertificateProfile.SIGNER, key, subject=Name(unit.name, organization=unit.name), life=20 * DAY
    )
    seal = unit.authority.seal_for(short, read_signature(signed_by(unit)).seal.picture, name="章", es_id="1")
    brief = TrialUnit(unit.authority, unit.name, key, short, seal)
    assert failed_codes(judge(stamped_after(brief, clock, DAY), brief, later)) == []
    assert failed_codes(judge(stamped_after(brief, clock, 15 * DAY), brief, later)) == [
        "SIGNER_EXPIRED_AT_SIGNING"
    ]


def signed_by(unit: TrialUnit) -> bytes:
    return unit.sealer().sign(HASH, "p", unit.authority.now)


def judge(data: bytes, unit: TrialUnit, at: datetime) -> tuple[Check, ...]:
    return judge_signature(data, HASH, unit.authority.trust, at)


def test_a_stamp_over_something_else_or_by_nobody_known(unit: TrialUnit, clock: Clock) -> None:
    clock.now = unit.authority.now
    other = stamped(unit, clock.source.stamp(b"another signature"))
    checks = judge_signature(other, HASH, unit.authority.trust, unit.authority.now)
    assert failed_codes(checks) == ["SIGNATURE_TIMESTAMP"]
    elsewhere = replace(unit.authority.trust, timestamp_roots=(TrialAuthority.create(clock.now).root,))
    signer = SealSigner(unit.seal, unit.certificate, unit.key, timestamps=clock.source)
    good = signer.sign(HASH, "p", unit.authority.now)
    checks = judge_signature(good, HASH, elsewhere, unit.authority.now)
    assert decide(checks) is Verdict.VALID
    assert decide(checks, ARCHIVE) is Verdict.INDETERMINATE


def test_octets_that_are_no_stamp_prove_nothing(unit: TrialUnit) -> None:
    made = stamped(unit, b"\1\2\3\4")
    checks = judge_signature(made, HASH, unit.authority.trust, unit.authority.now)
    results = {check.code: check.result for check in walk(checks)}
    assert results["SIGNATURE_TIMESTAMP"] is CheckResult.WARN
    assert (decide(checks), decide(checks, ARCHIVE)) == (Verdict.VALID, Verdict.INDETERMINATE)


@settings(max_examples=60, deadline=None)
@given(octets=st.binary(max_size=60), begins_well=st.booleans())
def test_any_octets_as_stamp_give_a_report(unit: TrialUnit, octets: bytes, *, begins_well: bool) -> None:
    token = der.sequence(der.oid("1.2.840.113549.1.7.2"), octets) if begins_well else octets
    checks = judge_signature(stamped(unit, token), HASH, unit.authority.trust, unit.authority.now)
    assert set(failed_codes(checks)) <= {"SIGNATURE_TIMESTAMP"}
    assert bool(failed_codes(checks)) == begins_well


def test_a_source_that_lags_behind_is_refused(unit: TrialUnit, clock: Clock) -> None:
    clock.now = unit.authority.now - HOUR
    with pytest.raises(Refused) as refused:
        sign_seal_signature(
            seal=unit.seal, data_hash=HASH, property_info="p", certificate=unit.certificate, signer=unit.key,
            signed_at=unit.authority.now, timestamps=clock.source,
        )  # fmt: skip
    assert refused.value.reason == "TIMESTAMP"


def test_the_stamp_does_not_depend_on_trust_in_the_signer(unit: TrialUnit, clock: Clock) -> None:
    clock.now = unit.authority.now
    signer = SealSigner(unit.seal, unit.certificate, unit.key, timestamps=clock.source)
    checks = judge_signature(signer.sign(HASH, "p", clock.now), HASH, TrustStore(), clock.now)
    assert failed_codes(checks) == []
    assert decide(checks) is Verdict.INDETERMINATE
