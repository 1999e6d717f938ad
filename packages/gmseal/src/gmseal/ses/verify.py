"""Judging seals and seal signatures: GB/T 38540-2020, clauses 6.3 and 7.3, step by step.

The standard lets a procedure end at its first failure and return the reason. Here every step
whose input can be read is still made, in the standard's order, so that one report tells
everything; a single failure makes the whole invalid all the same. Steps that nobody could make
(no revocation list, no trusted root) are reported as not checked, never as passed.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from gmseal.checks import Check, CheckResult, Group, group_check
from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.judging.certificates import MAKER, SIGNER, judge_chain, judge_revocation, readable_certificate
from gmseal.judging.log import CheckLog, Sentence
from gmseal.policy import DEFAULT, Policy
from gmseal.ses.seal import Seal, read_seal
from gmseal.ses.signature import SealSignature, read_signature
from gmseal.ses.structures import VERSION_5
from gmseal.sm import curve
from gmseal.sm.certificates import CertificateInfo
from gmseal.trust import TrustStore

__all__ = ["judge_seal", "judge_signature"]

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far a signing time may lie behind the verifier's own clock before it counts as in the future."""

_SEAL_CLAUSE: Final = "GB/T 38540-2020 6.3"
_SIGNATURE_CLAUSE: Final = "GB/T 38540-2020 7.3"
_V5_CLAUSE: Final = "GM/T 0031-2025"


def judge_seal(
    seal: Seal | bytes, at: datetime, trust: TrustStore, policy: Policy = DEFAULT
) -> tuple[Check, ...]:
    """Judge a seal as of ``at`` (clause 6.3): one group ``SEAL``. Never raises for malformed bytes.

    1. Format: the seal can be read, is of an accepted version, names SM2 with SM3.
    2. The maker's signature over DER(eSealInfo).
    3. The maker's certificate: chain, validity, revocation, key usage.
    4. ``at`` lies within the seal's validity.
    5. The time stamp of a version 5 seal.
    6. Whether the seal is a trial one.
    """
    if isinstance(seal, bytes):
        try:
            seal = read_seal(seal)
        except GmsealError as error:
            return _unreadable(Group.SEAL, Group.SEAL_FORM, "FORMAT_SEAL", error, _SEAL_CLAUSE)
    log = CheckLog(_SEAL_CLAUSE)
    with log.group(Group.SEAL):
        trial = _judge_making(log, seal, at, trust, policy)
        # 4.
        with log.group(Group.SEAL_PERIOD):
            log.decide(
                "SEAL_NOT_YET_VALID",
                at >= seal.valid_from,
                at,
                ("印章已过起始日期", "The seal's validity has begun."),
                ("印章尚未到起始日期", "The seal's validity has not begun yet."),
            )
            log.decide(
                "SEAL_EXPIRED",
                at <= seal.valid_to,
                at,
                ("印章未过期", "The seal has not expired."),
                ("印章已过期", "The seal has expired."),
            )
        _judge_notes(log, seal, trial=trial)
    return log.checks()


def judge_signature(
    signature: SealSignature | bytes,
    expected_hash: bytes | None,
    trust: TrustStore,
    at: datetime | None = None,
    policy: Policy = DEFAULT,
) -> tuple[Check, ...]:
    """Judge a seal signature (clause 7.3): groups in the standard's order. Never raises for malformed bytes.

    ``expected_hash`` is the SM3 digest of what the signature should protect, None when the
    document is not at hand. ``at`` is the verifier's time, now when None. As documents outlive
    seals and certificates, these are judged as of the signing time; what has expired since then
    is a warning.

    1. Format: signature and seal can be read, their versions agree, SM2 with SM3.
    2. The signer's signature over DER(toSign).
    3. The signer's certificate is one that the seal lists.
    4. The signer's certificate: chain and key usage.
    5. The signing time: within the certificate's validity, before any revocation, not in the future.
    6. The digest of the document.
    7. The seal itself (6.3), and the signing time within its validity.
    8. The time stamp.
    """
    now = at or datetime.now(UTC)
    # 1.
    if isinstance(signature, bytes):
        try:
            signature = read_signature(signature)
        except GmsealError as error:
            return _unreadable(None, Group.FORM, "FORMAT_SIGNATURE", error, _SIGNATURE_CLAUSE)
    log = CheckLog(_SIGNATURE_CLAUSE)
    with log.group(Group.FORM):
        _judge_form(log, signature)
        signer = readable_certificate(log, SIGNER, signature.certificate)
    # 2.
    with log.group(Group.VALUE):
        good = signer is not None and _verifies(signer, signature.signature, signature.raw_tbs)
        log.decide(
            "SIGNATURE_VALUE",
            good,
            None,
            ("签章值验证通过", "The signer's signature is good."),
            ("签章值验证不通过", "The signer's signature is not good."),
        )
    # 3. and 4.
    with log.group(Group.SIGNER):
        log.decide(
            "SIGNER_NOT_IN_SEAL",
            signature.seal.lists(signature.certificate),
            None,
            ("签章人证书在印章的证书列表中", "The seal lists the signer's certificate."),
            ("签章人证书不在印章的证书列表中", "The seal does not list the signer's certificate."),
        )
        if signer is not None:
            judge_chain(log, SIGNER, signer, signature.signed_at, trust)
    # 5.
    if signer is not None:
        with log.group(Group.TIME):
            _judge_signing_time(log, signer, signature.signed_at, now, trust)
    # 6.
    with log.group(Group.DOCUMENT):
        _judge_data_hash(log, signature, expected_hash)
    # 7.
    with log.group(Group.SEAL):
        trial = _judge_making(log, signature.seal, signature.signed_at, trust, policy)
        with log.group(Group.SEAL_PERIOD):
            _judge_seal_period(log, signature.seal, signature.signed_at, now)
        _judge_notes(log, signature.seal, trial=trial)
    # 8.
    with log.group(Group.STAMP):
        _judge_signature_timestamp(log, signature)
    return log.checks()


# --- steps of 6.3 ------------------------------------------------------------------------------


def _judge_making(log: CheckLog, seal: Seal, at: datetime, trust: TrustStore, policy: Policy) -> bool:
    """Steps 1 to 3; true when the maker, or an authority above him, is a trial one."""
    # 1.
    with log.group(Group.SEAL_FORM):
        says = ("印章数据格式正确", "The seal's data is well formed.")
        log.add("FORMAT_SEAL", CheckResult.PASS, None, says, _SEAL_CLAUSE)
        if seal.version not in policy.versions:
            says = (
                f"验证策略不接受第 {seal.version} 版印章",
                f"The policy {policy.name} does not accept seals of version {seal.version}.",
            )
            log.add("VERSION_NOT_ACCEPTED", CheckResult.FAIL, None, says)
        _judge_algorithm(log, seal.algorithm, ("印章", "seal"))
        maker = readable_certificate(log, MAKER, seal.maker_certificate)
    # 2.
    with log.group(Group.SEAL_VALUE):
        good = maker is not None and _verifies(maker, seal.signature, seal.raw_info)
        log.decide(
            "SEAL_SIGNATURE",
            good,
            None,
            ("制章人签名验证通过", "The maker's signature on the seal is good."),
            ("制章人签名验证不通过", "The maker's signature on the seal is not good."),
        )
    if maker is None:
        return False
    # 3.
    with log.group(Group.MAKER):
        chain = judge_chain(log, MAKER, maker, at, trust)
        _judge_maker_period(log, seal, maker, at)
        judge_revocation(log, MAKER, maker, at, trust)
    return maker.trial or chain.trial


def _judge_maker_period(log: CheckLog, seal: Seal, maker: CertificateInfo, at: datetime) -> None:
    """Version 4 wants the maker in force now; version 5 makes it a warning when he was at creation."""
    if not maker.valid_at(at) and seal.version == VERSION_5 and maker.valid_at(seal.created_at):
        says = ("制章人证书在制章之后过期", "The maker's certificate has expired since the seal was made.")
        log.add("MAKER_EXPIRED", CheckResult.WARN, at, says, _V5_CLAUSE)
        return
    log.decide(
        "MAKER_EXPIRED",
        maker.valid_at(at),
        at,
        ("制章人证书在有效期内", "The maker's certificate is within its validity."),
        ("制章人证书不在有效期内", "The maker's certificate is outside its validity."),
    )


def _judge_notes(log: CheckLog, seal: Seal, *, trial: bool) -> None:
    # 5.
    if seal.timestamp is not None:
        with log.group(Group.SEAL_STAMP):
            says = ("印章带有时间戳，未检查", "The seal carries a time stamp, which was not checked.")
            log.add("SEAL_TIMESTAMP", CheckResult.NOT_CHECKED, None, says, _V5_CLAUSE)
    # 6.
    if trial:
        says = ("试用印章，不具有法律效力", "This is a trial seal without legal effect.")
        log.add("TRIAL_SEAL", CheckResult.WARN, None, says)


# --- steps of 7.3 ------------------------------------------------------------------------------


def _judge_form(log: CheckLog, signature: SealSignature) -> None:
    says = ("签章数据格式正确", "The seal signature's data is well formed.")
    log.add("FORMAT_SIGNATURE", CheckResult.PASS, None, says)
    log.decide(
        "VERSION_MISMATCH",
        signature.version == signature.seal.version,
        None,
        ("签章与印章版本一致", "Signature and seal are of the same version."),
        ("签章与印章版本不一致", "Signature and seal are of different versions."),
    )
    _judge_algorithm(log, signature.algorithm, ("签章", "seal signature"))


def _judge_signing_time(
    log: CheckLog, signer: CertificateInfo, signed_at: datetime, now: datetime, trust: TrustStore
) -> None:
    log.decide(
        "SIGNER_EXPIRED_AT_SIGNING",
        signer.valid_at(signed_at),
        signed_at,
        ("签章时签章人证书在有效期内", "The signer's certificate was within its validity at signing."),
        ("签章时签章人证书不在有效期内", "The signer's certificate was outside its validity at signing."),
    )
    if now > signer.not_after and signer.valid_at(signed_at):
        says = ("签章人证书在签章之后过期", "The signer's certificate has expired since signing.")
        log.add("SIGNER_EXPIRED_SINCE", CheckResult.WARN, now, says)
    judge_revocation(log, SIGNER, signer, signed_at, trust)
    log.decide(
        "SIGN_TIME_IN_FUTURE",
        signed_at <= now + CLOCK_TOLERANCE,
        signed_at,
        ("签章时间不晚于验证时间", "The signing time is not after the time of verification."),
        ("签章时间晚于验证时间", "The signing time is after the time of verification."),
    )


def _judge_data_hash(log: CheckLog, signature: SealSignature, expected: bytes | None) -> None:
    if expected is None:
        says = ("未提供原文，未核对原文摘要", "No document was given to compare with.")
        log.add("DATA_HASH", CheckResult.NOT_CHECKED, None, says)
        return
    log.decide(
        "DATA_HASH",
        signature.data_hash == expected,
        signature.signed_at,
        ("原文盖章后未被改动", "The document is as it was when sealed."),
        ("盖章后被改动", "The document was altered after sealing."),
    )


def _judge_seal_period(log: CheckLog, seal: Seal, signed_at: datetime, now: datetime) -> None:
    log.decide(
        "SIGN_TIME_OUTSIDE_SEAL",
        seal.valid_at(signed_at),
        signed_at,
        ("签章时间在印章有效期内", "The signing time is within the seal's validity."),
        ("签章时间不在印章有效期内", "The signing time is outside the seal's validity."),
    )
    if now > seal.valid_to and seal.valid_at(signed_at):
        says = ("印章在签章之后过期", "The seal has expired since signing.")
        log.add("SEAL_EXPIRED", CheckResult.WARN, now, says)


def _judge_signature_timestamp(log: CheckLog, signature: SealSignature) -> None:
    if signature.timestamp is None:
        says = (
            "签章未带时间戳，签章时间由签章人自行声明",
            "There is no time stamp; the signing time is the signer's own statement.",
        )
    else:
        says = ("签章带有时间戳，未检查", "The signature carries a time stamp, which was not checked.")
    log.add("SIGNATURE_TIMESTAMP", CheckResult.NOT_CHECKED, signature.signed_at, says)


# --- steps of both -----------------------------------------------------------------------------


def _judge_algorithm(log: CheckLog, algorithm: str, what: Sentence) -> None:
    if algorithm != curve.SM2_WITH_SM3:
        says = (
            f"{what[0]}的签名算法不是 SM2 与 SM3",
            f"The {what[1]} names the algorithm {algorithm}, not SM2 with SM3.",
        )
        log.add("ALGORITHM_MISMATCH", CheckResult.FAIL, None, says)


def _verifies(info: CertificateInfo, signature: bytes, message: bytes) -> bool:
    try:
        return info.public_key.verify(signature, message)
    except MalformedInput:
        return False


def _unreadable(
    outer: Group | None, inner: Group, code: str, error: GmsealError, clause: str
) -> tuple[Check, ...]:
    if isinstance(error, Refused):
        zh = "印章版本不受支持，无法判定"
        step = Check("VERSION_UNSUPPORTED", CheckResult.NOT_CHECKED, None, zh, str(error), clause)
    else:
        zh = "印章或签章数据格式错误"
        step = Check(code, CheckResult.FAIL, None, zh, f"The data is malformed: {error}", clause)
    found = group_check(inner, (step,))
    return (found if outer is None else group_check(outer, (found,)),)
