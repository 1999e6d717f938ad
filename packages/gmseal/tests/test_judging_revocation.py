"""Revoked before, after, or unknown: what lists and answers come to at the judged instant."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pem

from gmseal.errors import MalformedInput
from gmseal.judging.certificates import MAKER, SIGNER, RevocationJudgement, judge_revocation
from gmseal.judging.log import CheckLog
from gmseal.report import Check, CheckResult, Verdict, decide
from gmseal.sm import curve, der
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.crl import RevocationReason, RevokedCertificate, make_crl, read_crl
from gmseal.sm.extensions import encode_extension
from gmseal.sm.keys import PrivateKey
from gmseal.sm.ocsp import TrialAnswer, make_ocsp_response
from gmseal.trial import TrialAuthority, TrialUnit
from gmseal.trust import TrustStore

DAY = timedelta(days=1)
PASS, WARN, FAIL, OPEN = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL, CheckResult.NOT_CHECKED


class Case:
    """One certificate, an instant, and information about it; days count from the authority's now."""

    def __init__(self, unit: TrialUnit) -> None:
        self.unit = unit
        self.now = unit.authority.now
        self.lists: list[bytes] = []
        self.answers: list[bytes] = []

    def list(self, issued: float, until: float, revoked: float | None = None, **more: Any) -> "Case":
        info = read_certificate(self.unit.certificate)
        since = more.pop("invalid_since", None)
        entry = RevokedCertificate(
            info.serial,
            self.day(revoked or 0),
            more.pop("reason", None),
            None if since is None else self.day(since),
        )
        authority = self.unit.authority
        self.lists.append(
            make_crl(
                issuer=authority.root,
                issuer_key=authority.root_key,
                revoked=() if revoked is None else (entry,),
                this_update=self.day(issued),
                next_update=self.day(until),
                number=len(self.lists) + 1,
            )
        )
        return self

    def answer(
        self, issued: float, revoked: float | None = None, reason: RevocationReason | None = None
    ) -> "Case":
        authority = self.unit.authority
        said = TrialAnswer(
            self.unit.certificate,
            authority.root,
            self.day(issued),
            revoked_at=None if revoked is None else self.day(revoked),
            reason=reason,
        )
        self.answers.append(
            make_ocsp_response(
                [said],
                responder=authority.root,
                responder_key=authority.root_key,
                produced_at=self.day(issued),
            )
        )
        return self

    def day(self, number: float) -> datetime:
        return self.now + number * DAY

    def at(self, instant: float, *, now: float = 30, **more: Any) -> RevocationJudgement:
        trust = replace(self.unit.authority.trust, crls=tuple(self.lists), ocsp_responses=tuple(self.answers))
        log = CheckLog("x")
        found = judge_revocation(
            log, SIGNER, read_certificate(self.unit.certificate), self.day(instant), trust,
            now=self.day(now), **more,
        )  # fmt: skip
        [check] = log.checks()
        assert (check.code, check.result) == ("SIGNER_REVOKED_BEFORE_SIGNING", found.result)
        assert check.en.isascii()
        assert check.en.endswith(".")
        return found


def test_revoked_before_fails_and_revoked_after_passes_with_a_remark(unit: TrialUnit) -> None:
    case = Case(unit).list(5, 12, revoked=3)
    assert case.at(4).result is FAIL
    assert case.at(3).result is FAIL
    after = case.at(2)
    assert (after.result, after.revoked_at, after.source) == (PASS, case.day(3), "CRL")
    assert "revoked later" in after.says[1]
    answered = Case(unit).answer(5, revoked=3)
    assert (answered.at(4).result, answered.at(2).result) == (FAIL, PASS)


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        (None, WARN),
        (RevocationReason.SUPERSEDED, WARN),
        (RevocationReason.KEY_COMPROMISE, OPEN),
        (RevocationReason.CA_COMPROMISE, OPEN),
        (RevocationReason.AA_COMPROMISE, OPEN),
    ],
)
def test_who_has_the_key_may_state_any_time(
    unit: TrialUnit, reason: RevocationReason | None, result: CheckResult
) -> None:
    case = Case(unit).list(5, 12, revoked=3, reason=reason)
    trust = replace(unit.authority.trust, crls=tuple(case.lists))
    certificate = read_certificate(unit.certificate)
    for proven in (True, False):
        log = CheckLog("x")
        judge_revocation(log, SIGNER, certificate, case.day(2), trust, now=case.day(9), proven=proven)
        said = {check.code: check.result for check in log.checks()}
        assert said.pop("SIGNER_REVOKED_BEFORE_SIGNING") is PASS
        assert said == ({} if proven else {"SIGN_TIME_UNPROVEN": result})
        assert (decide(log.checks()) is Verdict.INDETERMINATE) is (result is OPEN and not proven)
    log = CheckLog("x")
    judge_revocation(log, SIGNER, certificate, case.day(4), trust, now=case.day(9), proven=False)
    assert [(check.code, check.result) for check in log.checks()] == [("SIGNER_REVOKED_BEFORE_SIGNING", FAIL)]


def test_not_revoked_needs_information_that_can_speak_of_the_instant(unit: TrialUnit) -> None:
    case = Case(unit).list(5, 12)
    assert case.at(4).result is PASS  # issued after it
    assert case.at(11).result is PASS  # still current then
    late = case.at(13)
    assert (late.result, "no longer current" in late.says[1]) == (OPEN, True)
    assert Case(unit).answer(5).at(4).result is PASS
    assert Case(unit).answer(5).at(6).result is OPEN  # without nextUpdate it speaks of its own instant only
    assert Case(unit).at(1).result is OPEN
    assert Case(unit).list(40, 50).at(1, now=30).result is OPEN  # of the future


def test_a_revocation_is_final_but_a_hold_can_be_lifted(unit: TrialUnit) -> None:
    old_then_silent = Case(unit).list(1, 3, revoked=0.5).list(5, 12)
    assert old_then_silent.at(6).result is FAIL
    hold = RevocationReason.CERTIFICATE_HOLD
    assert Case(unit).list(1, 3, revoked=0.5, reason=hold).at(2).result is FAIL
    assert Case(unit).list(1, 3, revoked=0.5, reason=hold).list(5, 12).at(6).result is PASS
    # Of two that are equally new, the one that knows of the hold counts.
    assert Case(unit).list(5, 12).answer(5, revoked=0.5, reason=hold).at(4).result is FAIL
    removed = RevocationReason.REMOVE_FROM_CRL
    assert Case(unit).list(1, 3, revoked=0.5, reason=removed).at(2).result is PASS


def test_the_graver_of_list_and_answer_counts(unit: TrialUnit) -> None:
    assert Case(unit).list(5, 12).answer(5, revoked=3).at(4).result is FAIL
    assert Case(unit).list(5, 12, revoked=3).answer(6).at(4).result is FAIL


def test_a_key_in_doubt_since_before_is_a_warning(unit: TrialUnit) -> None:
    reason = RevocationReason.KEY_COMPROMISE
    case = Case(unit).list(5, 12, revoked=3, reason=reason, invalid_since=1)
    assert (case.at(0.5).result, case.at(2).result, case.at(4).result) == (PASS, WARN, FAIL)


def test_the_caller_may_tolerate_what_came_after_an_instant(unit: TrialUnit) -> None:
    """GM/T 0031-2025: a maker revoked after createDate is a warning."""
    case = Case(unit).list(5, 12, revoked=3)
    assert case.at(4, tolerated_after=case.day(2)).result is WARN
    assert case.at(4, tolerated_after=case.day(3)).result is FAIL


def test_a_list_issued_after_expiry_may_have_forgotten(unit: TrialUnit) -> None:
    info = read_certificate(unit.certificate)
    ends = (info.not_after - unit.authority.now) / DAY
    forgetful = Case(unit).list(ends + 1, ends + 8)
    found = forgetful.at(1, now=ends + 2)
    assert (found.result, "forgotten" in found.says[1]) == (OPEN, True)
    assert Case(unit).list(ends + 1, ends + 8, revoked=3).at(4, now=ends + 2).result is FAIL
    assert Case(unit).list(ends + 1, ends + 8, revoked=3).at(2, now=ends + 2).result is PASS


def resigned(unit: TrialUnit, data: bytes, *extensions: bytes, key: PrivateKey | None = None) -> bytes:
    """The list with more extensions, signed anew."""
    parts = [child.raw for child in der.parse(read_crl(data).tbs, "").children()]
    inside = der.parse(der.parse(parts[-1], "").content, "").content
    parts[-1] = der.explicit(0, der.sequence(inside, *extensions))
    tbs = der.sequence(*parts)
    signature = (key or unit.authority.root_key).sign(tbs)
    return der.sequence(tbs, curve.ALGORITHM_SM2_WITH_SM3, der.bit_string(signature))


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        (encode_extension("2.5.29.27", der.integer(1), critical=True), "delta"),
        (encode_extension("2.5.29.28", der.sequence(der.implicit(4, b"\xff")), critical=True), "indirect"),
        (encode_extension("2.5.29.28", der.sequence(der.implicit(2, b"\xff")), critical=True), "about this"),
        (encode_extension("2.5.29.28", der.sequence(der.implicit(5, b"\xff")), critical=True), "about this"),
        (
            encode_extension(
                "2.5.29.28",
                der.sequence(
                    der.explicit(0, der.explicit(0, der.implicit(6, b"http://example.invalid/3.crl")))
                ),
                critical=True,
            ),
            "about this",
        ),
        (
            encode_extension("2.5.29.28", der.sequence(der.implicit(3, b"\x06\x40")), critical=True),
            "some reasons",
        ),
        (encode_extension("1.2.3.4", der.integer(1), critical=True), "critical extension"),
    ],
)
def test_lists_that_cannot_speak_of_the_certificate_are_left_aside(
    extension: bytes, words: str, unit: TrialUnit
) -> None:
    case = Case(unit).list(5, 12)
    case.lists = [resigned(unit, case.lists[0], extension)]
    found = case.at(4)
    assert found.result is OPEN
    assert words in found.says[1]


def test_a_list_for_users_and_a_harmless_extension_are_fine(unit: TrialUnit) -> None:
    users = encode_extension("2.5.29.28", der.sequence(der.implicit(1, b"\xff")), critical=True)
    unknown = encode_extension("1.2.3.4", der.integer(1))
    case = Case(unit).list(5, 12)
    case.lists = [resigned(unit, case.lists[0], users, unknown)]
    assert case.at(4).result is PASS


def test_a_forged_list_neither_acquits_nor_accuses(unit: TrialUnit) -> None:
    stranger = PrivateKey.generate()
    for revoked in (None, 3):
        case = Case(unit).list(5, 12, revoked=revoked)
        case.lists = [resigned(unit, case.lists[0], key=stranger)]
        found = case.at(4)
        assert (found.result, "signature" in found.says[1]) == (OPEN, True)


# --- authorities -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def below(authority: TrialAuthority) -> tuple[bytes, bytes, PrivateKey]:
    """A leaf, the middle authority that issued it, and that authority's key."""
    key = PrivateKey.generate()
    middle = authority.issue(CertificateProfile.CA, key, subject=Name("试用中间证书"))
    leaf = issue_certificate(
        subject=Name("叶证书"),
        public_key=PrivateKey.generate().public_key,
        issuer=IssuerRef(middle),
        issuer_key=key,
        profile=CertificateProfile.SIGNER,
        not_before=authority.now,
        not_after=authority.now + 50 * DAY,
    )
    return leaf, middle, key


def judged(
    authority: TrialAuthority, leaf: bytes, middle: bytes, *lists: bytes
) -> tuple[RevocationJudgement, dict[str, Check]]:
    log = CheckLog("x")
    trust = TrustStore(roots=(authority.root,), intermediates=(middle,), crls=lists)
    found = judge_revocation(
        log, MAKER, read_certificate(leaf), authority.now + 4 * DAY, trust, now=authority.now + 30 * DAY
    )
    return found, {check.code: check for check in log.checks()}


def test_authorities_are_judged_too(
    authority: TrialAuthority, below: tuple[bytes, bytes, PrivateKey]
) -> None:
    leaf, middle, key = below
    when = authority.now + 5 * DAY

    def listing(issuer: bytes, issuer_key: PrivateKey, *entries: RevokedCertificate) -> bytes:
        return make_crl(
            issuer=issuer,
            issuer_key=issuer_key,
            revoked=entries,
            this_update=when,
            next_update=when + 7 * DAY,
            number=1,
        )

    of_middle = listing(middle, key)
    silent = listing(authority.root, authority.root_key)
    entry = RevokedCertificate(read_certificate(middle).serial, authority.now + 3 * DAY)
    naming = listing(authority.root, authority.root_key, entry)
    found, checks = judged(authority, leaf, middle, of_middle, silent)
    assert found.result is PASS
    assert [check.result for check in checks.values()] == [PASS, PASS]
    assert set(checks) == {"MAKER_REVOKED", "MAKER_AUTHORITY_REVOKED"}
    found, checks = judged(authority, leaf, middle, of_middle)
    assert found.result is PASS
    assert checks["MAKER_AUTHORITY_REVOKED"].result is OPEN
    found, checks = judged(authority, leaf, middle, of_middle, naming)
    assert found.result is FAIL
    assert checks["MAKER_REVOKED"].result is PASS
    assert checks["MAKER_AUTHORITY_REVOKED"].result is FAIL
    _, checks = judged(authority, leaf, middle)
    assert set(checks) == {"MAKER_REVOKED"}


# --- the trust directory -----------------------------------------------------------------------


def test_a_trust_directory_holds_lists_answers_and_roots_for_time(
    authority: TrialAuthority, tmp_path: Path, unit: TrialUnit
) -> None:
    case = Case(unit).list(5, 12).list(6, 13).answer(5)
    (tmp_path / "root.pem").write_bytes(
        pem.armor("CERTIFICATE", authority.root) + pem.armor("X509 CRL", case.lists[0])
    )
    (tmp_path / "one.crl").write_bytes(case.lists[1])
    (tmp_path / "again.crl").write_bytes(pem.armor("X509 CRL", case.lists[1]))
    (tmp_path / "one.ocsp").write_bytes(case.answers[0])
    (tmp_path / "timestamp").mkdir()
    other = TrialAuthority.create(authority.now)
    (tmp_path / "timestamp" / "tsa-root.der").write_bytes(other.root)
    store = TrustStore.from_directory(tmp_path)
    assert store.roots == (authority.root,)
    assert store.timestamp_roots == (other.root,)
    assert set(store.crls) == set(case.lists)
    assert len(store.crls) == 2
    assert store.ocsp_responses == tuple(case.answers)
    for name, content in (("bad.crl", b"0\x03bad"), ("bad.ocsp", b"bad"), ("worse.crl", b"bad")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MalformedInput, match=name):
            TrustStore.from_directory(tmp_path)
        (tmp_path / name).unlink()
