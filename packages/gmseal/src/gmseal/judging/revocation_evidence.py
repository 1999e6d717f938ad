"""What revocation lists and OCSP answers say about one certificate, and what that means for an instant."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from gmseal.judging.log import Sentence
from gmseal.judging.revocation import RevocationJudgement, unknown
from gmseal.judging.roles import Role
from gmseal.report import CheckResult
from gmseal.sm.certificate_info import CertificateInfo
from gmseal.sm.crl import RevocationReason
from gmseal.sm.revocation import Evidence, Obstacle, evidence_about, issuer_of
from gmseal.trust import TrustStore

MAX_AUTHORITIES: Final = 8
"""How far up a chain revocation is followed."""

_OBSTACLES: Final[dict[Obstacle, Sentence]] = {
    Obstacle.UNREADABLE: ("吊销信息无法读取", "the information cannot be read"),
    Obstacle.OTHER_CERTIFICATES: (
        "没有该证书颁发者的吊销信息",
        "none of the information is about this certificate",
    ),
    Obstacle.INDIRECT: ("不支持间接吊销列表", "an indirect list is not used"),
    Obstacle.DELTA: ("不支持增量吊销列表", "a delta list is not used"),
    Obstacle.UNKNOWN_EXTENSION: ("吊销信息含有未知的关键扩展", "it holds an unknown critical extension"),
    Obstacle.BAD_SIGNATURE: ("吊销信息的签名验证不通过", "the signature on the information is not good"),
    Obstacle.IN_FUTURE: ("吊销信息的时间晚于验证时间", "the information is of the future"),
    Obstacle.UNKNOWN_TO_RESPONDER: (
        "OCSP 服务不掌握该证书",
        "the OCSP responder does not know the certificate",
    ),
}
_ORDER: Final = list(Obstacle)


def assess(
    role: Role,
    info: CertificateInfo,
    at: datetime,
    trust: TrustStore,
    *,
    now: datetime,
    tolerated_after: datetime | None,
    annulling: Collection[RevocationReason | None],
) -> RevocationJudgement:
    """``assess_revocation`` where there is something to look at."""
    issuer = issuer_of(info, _candidates(trust))
    if issuer is None:
        return unknown(role, ("缺少颁发者证书", "the issuer's certificate is not at hand"))
    evidence, obstacles = evidence_about(info, issuer, trust.crls, trust.ocsp_responses, now)
    revoked = _revoked_before(evidence, at)
    if revoked is not None:
        return _before(role, revoked, tolerated_after)
    annulled = _annulled(evidence, annulling)
    if annulled is not None:
        return _annulment(role, annulled)
    usable = [each for each in evidence if each.covers(at) and (each.complete or each.revoked_at)]
    if not usable:
        return unknown(role, _why(evidence, obstacles, at))
    newest = max(usable, key=lambda each: each.issued_at)
    later = next((each for each in usable if each.revoked_at is not None), None)
    return _after(role, later, at) if later is not None else _good(role, newest)


def _candidates(trust: TrustStore) -> tuple[bytes, ...]:
    return trust.intermediates + trust.roots


def authorities_above(info: CertificateInfo, trust: TrustStore) -> list[CertificateInfo]:
    """The authorities above the certificate that are not roots."""
    found: list[CertificateInfo] = []
    issuer = issuer_of(info, _candidates(trust))
    while issuer is not None and not issuer.self_issued and issuer not in found:
        found.append(issuer)
        issuer = issuer_of(issuer, _candidates(trust)) if len(found) < MAX_AUTHORITIES else None
    return found


def _revoked_before(evidence: list[Evidence], at: datetime) -> Evidence | None:
    """The evidence of a revocation at or before ``at``.

    A revocation is final, whatever list it was found in; only a hold may have been lifted since,
    so of holds only those in the newest information count.
    """
    before = [each for each in evidence if each.revoked_at is not None and each.revoked_at <= at]
    final = [each for each in before if each.reason is not RevocationReason.CERTIFICATE_HOLD]
    if final:
        return min(final, key=lambda each: each.revoked_at or each.issued_at)
    newest = max(evidence, key=lambda each: (each.issued_at, each.revoked_at is not None), default=None)
    return newest if newest is not None and newest in before else None


def _annulled(evidence: list[Evidence], annulling: Collection[RevocationReason | None]) -> Evidence | None:
    """The evidence of a revocation that reaches back. A reason that is given outweighs one that is not."""
    revoked = [each for each in evidence if each.revoked_at is not None]
    told = [each for each in revoked if each.reason is not None] or revoked
    return next((each for each in told if each.reason in annulling), None)


def _why(evidence: list[Evidence], obstacles: list[Obstacle], at: datetime) -> Sentence:
    if any(each.covers(at) for each in evidence):
        return (
            "吊销信息不完整，或在证书过期之后签发，可能已不包含该证书",
            "the information is for some reasons only, or so late that it may have forgotten the certificate",
        )
    if evidence:
        return (
            "吊销信息早于所判定的时间且已过期",
            "the information is older than the judged time and no longer current then",
        )
    return _OBSTACLES[max(obstacles, key=_ORDER.index)]


def _good(role: Role, evidence: Evidence) -> RevocationJudgement:
    says = (f"{role.zh}证书未被吊销", f"The {role.en}'s certificate was not revoked.")
    return RevocationJudgement(CheckResult.PASS, says, source=evidence.source, issued_at=evidence.issued_at)


def _after(role: Role, evidence: Evidence, at: datetime) -> RevocationJudgement:
    day = f"{evidence.revoked_at:%Y-%m-%d %H:%M:%S} UTC"
    if evidence.invalid_since is not None and evidence.invalid_since <= at:
        says = (
            f"{role.zh}证书后来被吊销（{day}），颁发者称此前密钥已不可靠",
            f"The {role.en}'s certificate was revoked later, on {day}, and its issuer doubts the key since before.",
        )
        return _told(CheckResult.WARN, says, evidence)
    says = (
        f"{role.zh}证书当时未被吊销，后于 {day} 被吊销",
        f"The {role.en}'s certificate was not revoked then; it was revoked later, on {day}.",
    )
    return _told(CheckResult.PASS, says, evidence)


def _annulment(role: Role, evidence: Evidence) -> RevocationJudgement:
    day = f"{evidence.revoked_at:%Y-%m-%d %H:%M:%S} UTC"
    says = (
        f"{role.zh}证书于 {day} 被吊销，其原因使此前的签名也不可信",
        f"The {role.en}'s certificate was revoked on {day} for a reason that leaves nothing it signed believable.",
    )
    return _told(CheckResult.FAIL, says, evidence)


def _before(role: Role, evidence: Evidence, tolerated_after: datetime | None) -> RevocationJudgement:
    day = f"{evidence.revoked_at:%Y-%m-%d %H:%M:%S} UTC"
    says = (
        f"{role.zh}证书已于 {day} 被吊销",
        f"The {role.en}'s certificate was revoked on {day}.",
    )
    tolerated = (
        tolerated_after is not None
        and evidence.revoked_at is not None
        and evidence.revoked_at > tolerated_after
    )
    return _told(CheckResult.WARN if tolerated else CheckResult.FAIL, says, evidence)


def _told(result: CheckResult, says: Sentence, evidence: Evidence) -> RevocationJudgement:
    return RevocationJudgement(
        result, says, evidence.revoked_at, evidence.reason, evidence.source, evidence.issued_at
    )
