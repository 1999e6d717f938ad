"""Judging: every failure that the standard names is found under its own code."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from seal_builder import put, rebuilt, resigned

from gmseal.policy import STRICT
from gmseal.report import Check, CheckResult, Report, TrustStore, Verdict, decide, walk
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import read_signature
from gmseal.ses.summary import signature_report
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.trial import TrialAuthority, TrialUnit

HASH = sm3(b"document")
DAY = timedelta(days=1)


def failed(checks: tuple[Check, ...]) -> set[str]:
    return {check.code for check in walk(checks) if check.result is CheckResult.FAIL}


def result_of(checks: tuple[Check, ...], code: str) -> CheckResult:
    (found,) = [check.result for check in walk(checks) if check.code == code]
    return found


def signed(unit: TrialUnit, at: datetime | None = None) -> bytes:
    return unit.sealer().sign(HASH, "/ByteRange", at or unit.authority.now)


def test_a_good_signature_is_valid_and_says_so_in_both_languages(unit: TrialUnit) -> None:
    checks = judge_signature(signed(unit), HASH, unit.authority.trust, unit.authority.now)
    assert failed(checks) == set()
    assert decide(checks) is Verdict.VALID
    for check in walk(checks):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in check.zh)
        assert check.en.isascii()
        assert check.en.endswith(".")
        assert check.clause
    assert result_of(checks, "TRIAL_SEAL") is CheckResult.WARN
    codes = [check.code for check in walk(checks)]
    assert codes.index("SIGNATURE_VALUE") < codes.index("SIGNER_NOT_IN_SEAL") < codes.index("SIGNER_CHAIN")
    assert codes.index("DATA_HASH") < codes.index("SEAL_SIGNATURE") < codes.index("MAKER_CHAIN")


def test_without_a_trusted_root_nothing_is_said(unit: TrialUnit) -> None:
    checks = judge_signature(signed(unit), HASH, TrustStore(), unit.authority.now)
    assert decide(checks) is Verdict.INDETERMINATE
    assert failed(checks) == set()
    other = TrialAuthority.create(unit.authority.now)
    assert (
        decide(judge_signature(signed(unit), HASH, other.trust, unit.authority.now)) is Verdict.INDETERMINATE
    )


def test_an_altered_document_is_told(unit: TrialUnit) -> None:
    checks = judge_signature(signed(unit), sm3(b"changed"), unit.authority.trust, unit.authority.now)
    assert failed(checks) == {"DATA_HASH"}
    (check,) = [check for check in walk(checks) if check.code == "DATA_HASH"]
    assert check.zh == "盖章后被改动"
    assert "altered after sealing" in check.en
    assert decide(checks) is Verdict.INVALID


def judge(unit: TrialUnit, data: bytes, *, at: datetime | None = None) -> tuple[Check, ...]:
    return judge_signature(data, HASH, unit.authority.trust, at or unit.authority.now)


def test_a_changed_signed_part_breaks_the_signature(unit: TrialUnit) -> None:
    changed = rebuilt(signed(unit), put(4, der.ia5_string("/Other")), 0)
    assert failed(judge(unit, changed)) == {"SIGNATURE_VALUE"}


def test_a_forged_seal_is_found_though_the_signer_signs_it(unit: TrialUnit) -> None:
    """The forgery that a well-known verifier accepts: the seal's name changed, the maker's signature junk."""
    forged = rebuilt(signed(unit), put(1, der.utf8_string("北京另一家有限公司")), 0, 1, 0, 2)
    assert failed(judge(unit, resigned(forged, unit.key))) == {"SEAL_SIGNATURE"}


def test_a_certificate_that_the_seal_does_not_list_is_found(
    authority: TrialAuthority, unit: TrialUnit
) -> None:
    key = PrivateKey.generate()
    other = authority.issue(CertificateProfile.SIGNER, key, subject=Name("他人"))
    foreign = rebuilt(signed(unit), put(1, der.octet_string(other)))
    assert failed(judge(unit, resigned(foreign, key))) == {"SIGNER_NOT_IN_SEAL"}


def test_versions_must_agree(unit: TrialUnit) -> None:
    changed = rebuilt(signed(unit), put(0, der.integer(5)), 0)
    assert failed(judge(unit, resigned(changed, unit.key))) == {"VERSION_MISMATCH"}


def test_other_algorithms_are_named(unit: TrialUnit) -> None:
    changed = rebuilt(signed(unit), put(2, der.oid("1.2.840.113549.1.1.11")))
    assert failed(judge(unit, changed)) == {"ALGORITHM_MISMATCH"}


def test_a_seal_made_by_a_signer_of_the_same_authority_is_not_one(
    authority: TrialAuthority, unit: TrialUnit
) -> None:
    """A trial signer's certificate leads to the trusted root, yet does not make its owner a seal maker."""
    info, _, algorithm, _ = der.parse(unit.seal, "x").fields("x", 4, 4)
    selfmade = der.sequence(
        info.raw, der.octet_string(unit.certificate), algorithm.raw, der.bit_string(unit.key.sign(info.raw))
    )
    assert failed(judge_seal(selfmade, authority.now, authority.trust)) == {"MAKER_KEYUSAGE"}
    inside = resigned(rebuilt(signed(unit), put(1, selfmade), 0), unit.key)
    assert failed(judge(unit, inside)) == {"MAKER_KEYUSAGE"}


def test_a_broken_chain_is_a_failure_not_a_doubt(authority: TrialAuthority, unit: TrialUnit) -> None:
    forged_certificate = unit.certificate[:-1] + bytes((unit.certificate[-1] ^ 1,))
    changed = rebuilt(signed(unit), put(1, der.octet_string(forged_certificate)))
    assert failed(judge(unit, changed)) == {"SIGNER_CHAIN", "SIGNER_NOT_IN_SEAL"}
    forged_maker = authority.maker[:-1] + bytes((authority.maker[-1] ^ 1,))
    seal = rebuilt(unit.seal, put(1, der.octet_string(forged_maker)))
    assert failed(judge_seal(seal, authority.now, authority.trust)) == {"MAKER_CHAIN"}


def retimed(unit: TrialUnit, at: datetime) -> bytes:
    return resigned(rebuilt(signed(unit), put(2, der.generalized_time(at)), 0), unit.key)


def test_signing_times_outside_seal_certificate_and_present(unit: TrialUnit) -> None:
    now = unit.authority.now
    assert failed(judge(unit, retimed(unit, now - 2 * DAY))) == {"SIGN_TIME_OUTSIDE_SEAL"}
    later = judge(unit, retimed(unit, now + 190 * DAY), at=now + 200 * DAY)
    assert failed(later) == {"SIGN_TIME_OUTSIDE_SEAL"}
    much_later = judge(unit, retimed(unit, now + 370 * DAY), at=now + 371 * DAY)
    assert failed(much_later) == {"SIGN_TIME_OUTSIDE_SEAL", "SIGNER_EXPIRED_AT_SIGNING", "MAKER_EXPIRED"}
    assert failed(judge(unit, signed(unit, now + DAY))) == {"SIGN_TIME_IN_FUTURE"}


def test_a_document_outlives_seal_and_certificates(unit: TrialUnit) -> None:
    checks = judge(unit, signed(unit), at=unit.authority.now + 1000 * DAY)
    assert decide(checks) is Verdict.VALID
    assert result_of(checks, "SIGNER_EXPIRED_SINCE") is CheckResult.WARN
    assert result_of(checks, "SEAL_EXPIRED") is CheckResult.WARN


def test_a_bare_seal_is_judged_as_of_now(authority: TrialAuthority, unit: TrialUnit) -> None:
    def at(days: int) -> set[str]:
        return failed(judge_seal(unit.seal, authority.now + days * DAY, authority.trust))

    assert at(0) == set()
    assert at(-2) == {"SEAL_NOT_YET_VALID"}
    assert at(300) == {"SEAL_EXPIRED"}
    assert at(400) == {"SEAL_EXPIRED", "MAKER_EXPIRED"}
    assert decide(judge_seal(read_seal(unit.seal), authority.now, authority.trust)) is Verdict.VALID


def test_the_mark_of_trial_survives_a_maker_without_it(authority: TrialAuthority, unit: TrialUnit) -> None:
    key = PrivateKey.generate()
    plain = authority.issue(CertificateProfile.SEAL_MAKER, key, subject=Name("制章人"), trial=False)
    info, _, algorithm, _ = der.parse(unit.seal, "x").fields("x", 4, 4)
    seal = der.sequence(info.raw, der.octet_string(plain), algorithm.raw, der.bit_string(key.sign(info.raw)))
    checks = judge_seal(seal, authority.now, authority.trust)
    assert failed(checks) == set()
    assert result_of(checks, "TRIAL_SEAL") is CheckResult.WARN


def test_intermediates_come_from_the_trust_store(authority: TrialAuthority, unit: TrialUnit) -> None:
    middle_key, key = PrivateKey.generate(), PrivateKey.generate()
    middle = authority.issue(CertificateProfile.CA, middle_key, subject=Name("试用中间"))
    certificate = issue_certificate(
        subject=Name("叶"),
        public_key=key.public_key,
        issuer=IssuerRef(middle),
        issuer_key=middle_key,
        profile=CertificateProfile.SIGNER,
        not_before=authority.now - DAY,
        not_after=authority.now + DAY,
    )
    seal = authority.seal_for(certificate, read_seal(unit.seal).picture, name="章", es_id="2")
    made = TrialUnit(authority, "章", key, certificate, seal).sealer().sign(HASH, "p", authority.now)
    without = judge_signature(made, HASH, authority.trust, authority.now)
    assert decide(without) is Verdict.INDETERMINATE
    store = TrustStore(roots=(authority.root,), intermediates=(middle,))
    assert decide(judge_signature(made, HASH, store, authority.now)) is Verdict.VALID


def test_malformed_data_is_a_failed_check_and_never_an_exception(unit: TrialUnit) -> None:
    for data in (b"", b"junk", signed(unit)[:-1], unit.seal):
        checks = judge_signature(data, HASH, unit.authority.trust)
        assert failed(checks) == {"FORMAT_SIGNATURE"}
    assert failed(judge_seal(b"junk", unit.authority.now, unit.authority.trust)) == {"FORMAT_SEAL"}
    later = rebuilt(signed(unit), put(1, der.integer(6)), 0, 1, 0, 0)
    assert decide(judge_signature(later, HASH, unit.authority.trust)) is Verdict.INDETERMINATE


@settings(max_examples=250, deadline=None)
@given(position=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(unit: TrialUnit, position: int, bit: int) -> None:
    good = SIGNED.setdefault("good", signed(unit))
    at = position % len(good)
    bad = good[:at] + bytes((good[at] ^ 1 << bit,)) + good[at + 1 :]
    # Another way to write the same signature is tolerated by default, so a strict reader is asked.
    policy = replace(STRICT, require_revocation=False)
    checks = judge_signature(bad, HASH, unit.authority.trust, unit.authority.now, policy)
    assert decide(checks, policy) is not Verdict.VALID


SIGNED: dict[str, bytes] = {}


def test_the_report_of_a_signature_is_json_able(unit: TrialUnit) -> None:
    signature = read_signature(signed(unit))
    checks = judge_signature(signature, HASH, unit.authority.trust, unit.authority.now)
    entry = signature_report(signature, checks, {"covers": "whole file"})
    assert entry.trial
    assert entry.organization == unit.name
    report = Report(decide(checks), "00", "11", 3, "pdf", (entry,), ())
    told = report.to_dict()
    assert told["verdict"] == "valid"
    assert told["signatures"][0]["signed_at"] == "2026-06-01T04:00:00Z"
    assert told["signatures"][0]["seal"]["width_mm"] == 40
    assert signature_report(None, checks, kind="foreign").kind == "foreign"


def test_verdicts() -> None:
    def check(code: str, result: CheckResult) -> Check:
        return Check(code, result, None, "", "")

    passed = check("A", CheckResult.PASS)
    assert (
        decide([passed, check("B", CheckResult.WARN), check("C", CheckResult.NOT_CHECKED)]) is Verdict.VALID
    )
    assert decide([passed, check("MAKER_CHAIN", CheckResult.NOT_CHECKED)]) is Verdict.INDETERMINATE
    assert (
        decide([check("B", CheckResult.FAIL), check("MAKER_CHAIN", CheckResult.NOT_CHECKED)])
        is Verdict.INVALID
    )
    assert decide([check("NO_SIGNATURE", CheckResult.NOT_CHECKED)]) is Verdict.INDETERMINATE
    assert decide([]) is Verdict.INDETERMINATE
