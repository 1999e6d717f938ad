"""Judging whether a certificate had been revoked at an instant.

GB/T 38540-2020, 7.3: a certificate revoked before the signature makes it invalid, one revoked
after it does not. The information must be able to speak of that instant: issued at or after it,
or still current then. An old list says nothing about a later signature.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gmseal.judging.log import CheckLog, Sentence
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


@dataclass(frozen=True, slots=True)
class RevocationJudgement:
    """What is known about a revocation as of the judged instant.

    ``result``: PASS not revoked, or revoked only later (then ``revoked_at`` says when); FAIL revoked
    before; WARN revoked in a way that leaves a doubt or that the caller tolerates; NOT_CHECKED when
    nothing can be said. ``issued_at`` is when the deciding list or answer was issued.
    """

    result: CheckResult
    says: Sentence
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None
    source: str | None = None
    issued_at: datetime | None = None


def assess_revocation(
    role: Role,
    info: CertificateInfo,
    at: datetime,
    trust: TrustStore,
    *,
    now: datetime | None = None,
    tolerated_after: datetime | None = None,
    annulling: Collection[RevocationReason | None] = (),
) -> RevocationJudgement:
    """Decide, without writing anything down; see ``judge_revocation`` for the parameters."""
    if not trust.crls and not trust.ocsp_responses:
        return _unknown(role, ("未提供吊销信息", "no revocation information was given"))
    issuer = issuer_of(info, _candidates(trust))
    if issuer is None:
        return _unknown(role, ("缺少颁发者证书", "the issuer's certificate is not at hand"))
    evidence, obstacles = evidence_about(
        info, issuer, trust.crls, trust.ocsp_responses, now or datetime.now(UTC)
    )
    revoked = _revoked_before(evidence, at)
    if revoked is not None:
        return _before(role, revoked, tolerated_after)
    annulled = _annulled(evidence, annulling)
    if annulled is not None:
        return _annulment(role, annulled)
    usable = [each for each in evidence if each.covers(at) and (each.complete or each.revoked_at)]
    if not usable:
        return _unknown(role, _why(evidence, obstacles, at))
    newest = max(usable, key=lambda each: each.issued_at)
    later = next((each for each in usable if each.revoked_at is not None), None)
    return _after(role, later, at) if later is not None else _good(role, newest)


def judge_revocation(
    log: CheckLog,
    role: Role,
    info: CertificateInfo,
    at: datetime,
    trust: TrustStore,
    *,
    now: datetime | None = None,
    tolerated_after: datetime | None = None,
    annulling: Collection[RevocationReason | None] = (),
) -> RevocationJudgement:
    """Whether the certificate, or an authority above it, was revoked as of ``at``; writes it down.

    ``now`` is the verifier's time: information of the future is not believed. A revocation after
    ``tolerated_after`` is a warning instead of a failure; GM/T 0031-2025 wants that for a maker's
    certificate that was good when the seal was made (then it is the seal's ``createDate``). A
    revocation for a reason in ``annulling`` (None: no reason given) counts whenever it was made.

    1. The certificate itself, under ``role.revoked``.
    2. Each authority between it and the root, under ``role.authority_revoked``: a revoked one is
       told, and one nobody could ask about, unless there is no information at all.
    """
    # 1.
    judgement = assess_revocation(
        role, info, at, trust, now=now, tolerated_after=tolerated_after, annulling=annulling
    )
    log.add(role.revoked, judgement.result, at, judgement.says)
    # 2.
    if not trust.crls and not trust.ocsp_responses:
        return judgement
    above = _authorities(info, trust)
    worst: RevocationJudgement | None = None
    for authority in above:
        found = assess_revocation(
            role.authority(), authority, at, trust, now=now, tolerated_after=tolerated_after
        )
        if worst is None or _GRAVITY[found.result] > _GRAVITY[worst.result]:
            worst = found
    if worst is None:
        return judgement
    log.add(role.authority_revoked, worst.result, at, worst.says)
    return worst if worst.result is CheckResult.FAIL else judgement


_GRAVITY: Final = {CheckResult.PASS: 0, CheckResult.NOT_CHECKED: 1, CheckResult.WARN: 2, CheckResult.FAIL: 3}


def _candidates(trust: TrustStore) -> tuple[bytes, ...]:
    return trust.intermediates + trust.roots


def _authorities(info: CertificateInfo, trust: TrustStore) -> list[CertificateInfo]:
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


# --- outcomes ----------------------------------------------------------------------------------


def _unknown(role: Role, why: Sentence) -> RevocationJudgement:
    says = (
        f"未检查{role.zh}证书是否吊销：{why[0]}",
        f"Whether the {role.en}'s certificate was revoked is not known: {why[1]}.",
    )
    return RevocationJudgement(CheckResult.NOT_CHECKED, says)


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
