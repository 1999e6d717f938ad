"""Judging a time stamp (RFC 3161, 2.4.2 and 4; GB/T 20520): what was stamped, by whom, when."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.instants import verifier_time
from gmseal.judging.log import CheckLog, Sentence
from gmseal.judging.revocation import judge_revocation
from gmseal.judging.roles import TIMESTAMPER
from gmseal.report import CheckResult
from gmseal.sm import algorithms
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.chain import ChainCode, Purpose, verify_chain
from gmseal.sm.crl import RevocationReason
from gmseal.sm.timestamps.token import Imprint, TimestampToken, read_token
from gmseal.trust import TrustStore

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far two clocks may differ before one of them must be wrong."""
MAX_EXTRA_AUTHORITIES: Final = 16
MAX_EXTRA_CERTIFICATE_BYTES: Final = 8 * 1024
"""What a document brings along is remembered with the chain it helped to build, so it is kept small."""
_ANNULLING: Final = frozenset({None, *RevocationReason}) - {
    RevocationReason.UNSPECIFIED,
    RevocationReason.AFFILIATION_CHANGED,
    RevocationReason.SUPERSEDED,
    RevocationReason.CESSATION_OF_OPERATION,
}
"""RFC 3161, 4: only these reasons leave earlier stamps good; who has the key can stamp any time he likes."""
_CLAUSE: Final = "GB/T 20520, RFC 3161 2.4.2"


Stamped = bytes | Callable[[str], bytes | None]
"""What was stamped: the octets, or a function that gives their digest by an algorithm's name (``sha256`` …)."""


@dataclass(frozen=True, slots=True)
class TimestampJudgement:
    """What a time stamp proves.

    ``time`` is the proven time, None unless everything about the stamp is good. ``stated`` is what
    the token says, believed or not. ``accuracy`` is how far the true time may lie from it.
    """

    result: CheckResult
    time: datetime | None
    stated: datetime | None = None
    accuracy: timedelta = timedelta(0)
    authority: CertificateInfo | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: CheckResult
    says: Sentence


def judge_timestamp(
    log: CheckLog,
    code: str,
    token: bytes,
    message: Stamped,
    trust: TrustStore,
    at: datetime,
    *,
    unreadable: CheckResult = CheckResult.FAIL,
) -> TimestampJudgement:
    """Judge ``token`` over ``message`` and write down one check under ``code``. Never raises for bad bytes.

    ``at`` is the verifier's own time; without a zone it is ``Refused`` (``NAIVE_TIME``). ``unreadable`` is the
    result when the octets are no token at all, which the caller may want to weigh otherwise.

    1. Format.
    2. The imprint is that of ``message``.
    3. The authority's certificate is at hand and is the one the token binds.
    4. The authority's signature.
    5. The stated time is not in the future.
    6. The certificate is in force at the stated time, leads to a trusted root and serves time
       stamping only.
    7. It was not revoked at the stated time, nor ever for a reason that leaves its stamps in doubt
       (a check of its own, ``TIMESTAMP_REVOKED``).
    """
    now = verifier_time(at)
    # 1.
    try:
        read = read_token(token)
    except MalformedInput as error:
        says = ("时间戳格式错误", f"The time stamp is malformed: {error}")
        log.add(code, unreadable, None, says, _CLAUSE)
        return TimestampJudgement(unreadable, None)
    info, certificate = read.info, _authority(read, trust)
    outcome = (
        _judge_imprint(info.imprint, message)
        or _judge_mathematics(read, certificate)
        or _judge_time(info.time, now)
        or _judge_authority(certificate, read, trust)
    )
    log.add(code, outcome.result, info.time, outcome.says, _CLAUSE)
    result = outcome.result
    if result is CheckResult.PASS and certificate is not None:
        # 7.
        result = _judge_revocation(log, certificate, read, trust, now)
    return TimestampJudgement(
        result=result,
        time=info.time if result is CheckResult.PASS else None,
        stated=info.time,
        accuracy=info.accuracy or timedelta(0),
        authority=certificate,
    )


def judge_timestamp_order(
    log: CheckLog, code: str, signed_at: datetime, judgement: TimestampJudgement, clause: str | None = None
) -> None:
    """The time a maker or signer states must not lie after the time that was proven.

    Within the tolerance of clocks a difference is a warning. Nothing is said without a proven time.
    """
    if judgement.time is None:
        return
    late = signed_at - judgement.time - judgement.accuracy
    if late <= timedelta(0):
        says = ("签署时间不晚于时间戳", "The stated time is not after the time stamp.")
        log.add(code, CheckResult.PASS, judgement.time, says, clause)
        return
    seconds = -(-late // timedelta(seconds=1))
    says = (
        f"签署时间晚于时间戳 {seconds} 秒",
        f"The stated time is {seconds} s after the time stamp.",
    )
    result = CheckResult.WARN if late <= CLOCK_TOLERANCE else CheckResult.FAIL
    log.add(code, result, judgement.time, says, clause)


def stamping_trust(token: TimestampToken, trust: TrustStore) -> TrustStore:
    """The store for a stamp: its own roots, and the authorities that the token brings along."""
    return replace(
        trust,
        roots=trust.timestamp_roots or trust.roots,
        intermediates=trust.intermediates + authorities(token.signed_data.certificates),
    )


def authorities(certificates: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The authorities' certificates among those a signature brings along: help for a chain, no trust."""
    found: list[bytes] = []
    for certificate in (each for each in certificates if len(each) <= MAX_EXTRA_CERTIFICATE_BYTES):
        try:
            useful = read_certificate(certificate).is_ca
        except MalformedInput:
            continue
        if useful and len(found) < MAX_EXTRA_AUTHORITIES:
            found.append(certificate)
    return tuple(found)


def _authority(token: TimestampToken, trust: TrustStore) -> CertificateInfo | None:
    candidates = (*token.signed_data.certificates, *trust.intermediates, *trust.timestamp_roots)
    named = next((each for each in candidates if token.signer.identifies(each)), None)
    return None if named is None else read_certificate(named)


def _judge_imprint(imprint: Imprint, message: Stamped) -> _Outcome | None:
    # 2.
    if algorithms.digest_name(imprint.algorithm) in {None, "sha1"}:
        return _fail(
            "时间戳所用的杂凑算法不被接受",
            f"The time stamp uses a digest algorithm that proves nothing: {imprint.algorithm}.",
        )
    if not _imprint_of(imprint, message):
        return _fail("时间戳与原文不符", "The time stamp is over other data.")
    return None


def _judge_mathematics(token: TimestampToken, certificate: CertificateInfo | None) -> _Outcome | None:
    """Steps 3 and 4; None when they are good."""
    signer, content = token.signer, token.signed_data.content or b""
    # 3.
    if certificate is None:
        return _Outcome(
            CheckResult.NOT_CHECKED,
            ("缺少时间戳服务机构的证书", "The certificate of the time-stamp authority is not at hand."),
        )
    if signer.binds(certificate.der) is not True:
        return _fail(
            "时间戳未绑定服务机构的证书",
            "The time stamp does not bind the certificate of its authority.",
        )
    # 4.
    if algorithms.digest(signer.digest_algorithm, content) != signer.message_digest:
        return _fail("时间戳内容被改动", "The content of the time stamp was altered.")
    if not algorithms.verify_signature(
        certificate,
        signer.signature_algorithm,
        signer.signature,
        signer.signed_attributes or b"",
        digest_algorithm=signer.digest_algorithm,
        parameters=signer.signature_parameters,
    ):
        return _fail("时间戳签名验证不通过", "The signature on the time stamp is not good.")
    return None


def _imprint_of(imprint: Imprint, message: Stamped) -> bool:
    if not callable(message):
        return imprint.matches(message)
    name = algorithms.digest_name(imprint.algorithm)
    return name is not None and name != "sha1" and message(name) == imprint.value


def _judge_time(stated: datetime, at: datetime) -> _Outcome | None:
    # 5.
    if stated > at + CLOCK_TOLERANCE:
        return _fail("时间戳的时间晚于验证时间", "The time stamp is after the time of verification.")
    return None


def _judge_authority(
    certificate: CertificateInfo | None, token: TimestampToken, trust: TrustStore
) -> _Outcome:
    # 6.
    if certificate is None:
        return _fail("时间戳无法验证", "The time stamp cannot be verified.")
    stated = token.info.time
    if not certificate.valid_at(stated):
        return _fail(
            "时间戳服务机构证书不在有效期内",
            "The certificate of the time-stamp authority was outside its validity.",
        )
    store = stamping_trust(token, trust)
    walked = verify_chain(
        certificate.der, store.intermediates, store.roots, stated, purpose=Purpose.TIME_STAMPING
    )
    if walked.trusted:
        return _Outcome(CheckResult.PASS, ("时间戳验证通过", "The time stamp is good."))
    if walked.code is ChainCode.KEY_USAGE:
        return _fail("时间戳服务机构证书用途不符", "The certificate is not one of a time-stamp authority.")
    if walked.code is ChainCode.UNKNOWN_ROOT:
        return _Outcome(
            CheckResult.NOT_CHECKED,
            (
                "时间戳服务机构证书不能追溯到受信任的根证书",
                "The certificate of the time-stamp authority leads to no root that is trusted here.",
            ),
        )
    return _fail(
        "时间戳服务机构证书链验证不通过",
        f"The certificate chain of the time-stamp authority is not good: {walked.detail}.",
    )


def _judge_revocation(
    log: CheckLog, certificate: CertificateInfo, token: TimestampToken, trust: TrustStore, at: datetime
) -> CheckResult:
    """Step 7: a failure when it was revoked, else the stamp stays good."""
    found = judge_revocation(
        log,
        TIMESTAMPER,
        certificate,
        token.info.time,
        stamping_trust(token, trust),
        now=at,
        annulling=_ANNULLING,
    )
    return CheckResult.FAIL if found.result is CheckResult.FAIL else CheckResult.PASS


def _fail(zh: str, en: str) -> _Outcome:
    return _Outcome(CheckResult.FAIL, (zh, en))
