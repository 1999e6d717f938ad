"""Judging whether a certificate had been revoked at an instant.

GB/T 38540-2020, 7.3: a certificate revoked before the signature makes it invalid, one revoked
after it does not. The information must be able to speak of that instant: issued at or after it,
or still current then. An old list says nothing about a later signature.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from gmseal.instants import verifier_time
from gmseal.judging.log import CheckLog, Sentence
from gmseal.judging.roles import Role
from gmseal.report import CheckResult
from gmseal.sm.certificate_info import CertificateInfo
from gmseal.trust import TrustStore

if TYPE_CHECKING:
    from gmseal.sm.crl import RevocationReason


class RevocationJudgement(NamedTuple):
    """What is known about a revocation as of the judged instant.

    ``result``: PASS not revoked, or revoked only later (then ``revoked_at`` says when); FAIL revoked
    before; WARN revoked in a way that leaves a doubt or that the caller tolerates; NOT_CHECKED when
    nothing can be said. ``issued_at`` is when the deciding list or answer was issued.
    """

    result: CheckResult
    says: Sentence
    revoked_at: datetime | None = None
    reason: "RevocationReason | None" = None
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
    annulling: "Collection[RevocationReason | None]" = (),
) -> RevocationJudgement:
    """Decide, without writing anything down; see ``judge_revocation`` for the parameters."""
    at, now = verifier_time(at), verifier_time(now)
    if not trust.crls and not trust.ocsp_responses:
        return unknown(role, ("未提供吊销信息", "no revocation information was given"))
    from gmseal.judging.revocation_evidence import assess  # noqa: PLC0415 - lists, which few judgements have

    return assess(
        role,
        info,
        at,
        trust,
        now=now,
        tolerated_after=tolerated_after,
        annulling=annulling,
    )


def judge_revocation(
    log: CheckLog,
    role: Role,
    info: CertificateInfo,
    at: datetime,
    trust: TrustStore,
    *,
    now: datetime | None = None,
    tolerated_after: datetime | None = None,
    annulling: "Collection[RevocationReason | None]" = (),
    proven: bool = True,
    existed_by: datetime | None = None,
) -> RevocationJudgement:
    """Whether the certificate, or an authority above it, was revoked as of ``at``; writes it down.

    ``now`` is the verifier's time: information of the future is not believed. A time without a zone is
    ``Refused`` (``NAIVE_TIME``). A revocation after
    ``tolerated_after`` is a warning instead of a failure; GM/T 0031-2025 wants that for a maker's
    certificate that was good when the seal was made (then it is the seal's ``createDate``). A
    revocation for a reason in ``annulling`` (None: no reason given) counts whenever it was made.
    ``proven`` says whether somebody else vouches for what was done before ``at``, as a time stamp does.
    ``existed_by`` is an instant by which, as somebody else vouches, what was made with the certificate's key was
    there, such as that of a time stamp over the whole document.

    1. The certificate itself, under ``role.revoked``.
    2. Each authority between it and the root, under ``role.authority_revoked``: a revoked one is
       told, and one nobody could ask about, unless there is no information at all.
    3. Was one of them revoked later and the time is only stated, under ``role.unproven``: a warning; left open
       when the reason is that a key got into other hands, as those can state any time they like. Passed when all of
       them were still good at ``existed_by``: what was there by then was made by nobody who got hold of a key later.
    """
    # 1.
    judgement = assess_revocation(
        role, info, at, trust, now=now, tolerated_after=tolerated_after, annulling=annulling
    )
    log.add(role.revoked, judgement.result, at, judgement.says)
    # 2.
    if not trust.crls and not trust.ocsp_responses:
        return judgement
    from gmseal.judging.revocation_evidence import authorities_above  # noqa: PLC0415 - as above

    above = authorities_above(info, trust)
    told = [(role, info, judgement)]
    worst: RevocationJudgement | None = None
    for authority in above:
        found = assess_revocation(
            role.authority(), authority, at, trust, now=now, tolerated_after=tolerated_after
        )
        told.append((role.authority(), authority, found))
        if worst is None or _GRAVITY[found.result] > _GRAVITY[worst.result]:
            worst = found
    if worst is not None:
        log.add(role.authority_revoked, worst.result, at, worst.says)
    # 3.
    if not proven:
        later = [
            one for one in told if one[2].revoked_at is not None and one[2].result is not CheckResult.FAIL
        ]
        _judge_unproven(
            log,
            role,
            [one for _, _, one in later],
            at,
            existed_by if existed_by is not None and _good_at(existed_by, later, trust, now) else None,
        )
    return worst if worst is not None and worst.result is CheckResult.FAIL else judgement


def _good_at(
    instant: datetime,
    certificates: list[tuple[Role, CertificateInfo, RevocationJudgement]],
    trust: TrustStore,
    now: datetime | None,
) -> bool:
    """Whether nothing that is known speaks against any of these certificates at an instant."""
    return all(
        assess_revocation(role, info, instant, trust, now=now).result is CheckResult.PASS
        for role, info, _ in certificates
    )


def _judge_unproven(
    log: CheckLog,
    role: Role,
    later: list[RevocationJudgement],
    at: datetime,
    existed_by: datetime | None,
) -> None:
    """Step 3. ``later`` were revoked after ``at``; all were good at ``existed_by``, where it is given."""
    from gmseal.sm.crl import COMPROMISED  # noqa: PLC0415 - as above

    if later and existed_by is not None:
        says = (
            f"{role.zh}证书后来被吊销；整个文件的时间戳证明在此之前即已作出",
            f"The {role.en}'s certificate was revoked later; a time stamp over the document proves that this was there before.",
        )
        log.add(role.unproven, CheckResult.PASS, existed_by, says)
    elif any(one.reason in COMPROMISED for one in later):
        says = (
            f"{role.zh}证书后来因密钥泄露被吊销，所声明的时间没有时间戳证明，无法确认当时即已作出",
            f"The {role.en}'s certificate was revoked later as a key got into other hands; no time stamp proves the stated time.",
        )
        log.add(role.unproven, CheckResult.NOT_CHECKED, at, says)
    elif later:
        says = (
            f"{role.zh}证书后来被吊销，所声明的时间没有时间戳证明",
            f"The {role.en}'s certificate was revoked later; no time stamp proves the stated time.",
        )
        log.add(role.unproven, CheckResult.WARN, at, says)


_GRAVITY: Final = {CheckResult.PASS: 0, CheckResult.NOT_CHECKED: 1, CheckResult.WARN: 2, CheckResult.FAIL: 3}


def unknown(role: Role, why: Sentence) -> RevocationJudgement:
    """Nothing can be said, and why."""
    says = (
        f"未检查{role.zh}证书是否吊销：{why[0]}",
        f"Whether the {role.en}'s certificate was revoked is not known: {why[1]}.",
    )
    return RevocationJudgement(CheckResult.NOT_CHECKED, says)
