"""Judging seals and seal signatures: GB/T 38540-2020, clauses 6.3 and 7.3, step by step.

The standard lets a procedure end at its first failure and return the reason. Here every step
whose input can be read is still made, in the standard's order, so that one report tells
everything; a single failure makes the whole invalid all the same. Steps that nobody could make
(no revocation list, no trusted root) are reported as not checked, never as passed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.report import Check, CheckResult, TrustStore
from gmseal.ses.seal import Seal, read_seal
from gmseal.ses.signature import SealSignature, read_signature
from gmseal.ses.structures import VERSION_5
from gmseal.sm import curve
from gmseal.sm.certificates import CertificateInfo, read_certificate
from gmseal.sm.chain import ChainCode, ChainResult, Purpose, key_usage_allows, verify_chain

__all__ = ["judge_seal", "judge_signature"]

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far a signing time may lie behind the verifier's own clock before it counts as in the future."""

_SEAL_CLAUSE: Final = "GB/T 38540-2020 6.3"
_SIGNATURE_CLAUSE: Final = "GB/T 38540-2020 7.3"
_V5_CLAUSE: Final = "GM/T 0031-2025"


def judge_seal(seal: Seal | bytes, at: datetime, trust: TrustStore) -> tuple[Check, ...]:
    """Judge a seal as of ``at`` (clause 6.3). Never raises for malformed bytes.

    1. Format: the seal can be read, names SM2 with SM3.
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
            return (_unreadable("FORMAT_SEAL", error, _SEAL_CLAUSE),)
    log = _Log(_SEAL_CLAUSE)
    trial = _judge_making(log, seal, at, trust)
    # 4.
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
) -> tuple[Check, ...]:
    """Judge a seal signature (clause 7.3). Never raises for malformed bytes.

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
            return (_unreadable("FORMAT_SIGNATURE", error, _SIGNATURE_CLAUSE),)
    log = _Log(_SIGNATURE_CLAUSE)
    _judge_form(log, signature)
    signer = _certificate(log, "FORMAT_SIGNATURE", signature.certificate, "签章人", "signer")
    # 2.
    good = signer is not None and _verifies(signer, signature.signature, signature.raw_tbs)
    log.decide(
        "SIGNATURE_VALUE",
        good,
        None,
        ("签章值验证通过", "The signer's signature is good."),
        ("签章值验证不通过", "The signer's signature is not good."),
    )
    # 3.
    log.decide(
        "SIGNER_NOT_IN_SEAL",
        signature.seal.lists(signature.certificate),
        None,
        ("签章人证书在印章的证书列表中", "The seal lists the signer's certificate."),
        ("签章人证书不在印章的证书列表中", "The seal does not list the signer's certificate."),
    )
    if signer is not None:
        # 4. and 5.
        _judge_chain(log, _SIGNER, signer, signature.signed_at, trust)
        _judge_signing_time(log, signer, signature.signed_at, now)
    # 6.
    _judge_data_hash(log, signature, expected_hash)
    # 7.
    trial = _judge_making(log, signature.seal, signature.signed_at, trust)
    _judge_seal_period(log, signature.seal, signature.signed_at, now)
    _judge_notes(log, signature.seal, trial=trial)
    # 8.
    _judge_signature_timestamp(log, signature)
    return log.checks()


# --- the log that a procedure writes -----------------------------------------------------------

_Sentence = tuple[str, str]
"""The same sentence in Chinese and English."""


class _Log:
    """Collects checks under one clause."""

    def __init__(self, clause: str) -> None:
        self._clause = clause
        self._checks: list[Check] = []

    def add(
        self, code: str, result: CheckResult, at: datetime | None, says: _Sentence, clause: str | None = None
    ) -> None:
        self._checks.append(Check(code, result, at, says[0], says[1], clause or self._clause))

    def decide(self, code: str, good: bool, at: datetime | None, yes: _Sentence, no: _Sentence) -> None:  # noqa: FBT001 - the condition is the point of the call
        self.add(code, CheckResult.PASS if good else CheckResult.FAIL, at, yes if good else no)

    def checks(self) -> tuple[Check, ...]:
        return tuple(self._checks)


@dataclass(frozen=True, slots=True)
class _Role:
    """The two certificates of a seal signature and the codes of their checks."""

    zh: str
    en: str
    chain: str
    key_usage: str
    purpose: Purpose


_MAKER: Final = _Role("制章人", "maker", "MAKER_CHAIN", "MAKER_KEYUSAGE", Purpose.SEAL_MAKING)
_SIGNER: Final = _Role("签章人", "signer", "SIGNER_CHAIN", "SIGNER_KEYUSAGE", Purpose.SIGNING)


# --- steps of 6.3 ------------------------------------------------------------------------------


def _judge_making(log: _Log, seal: Seal, at: datetime, trust: TrustStore) -> bool:
    """Steps 1 to 3; true when the maker, or an authority above him, is a trial one."""
    # 1.
    log.add(
        "FORMAT_SEAL",
        CheckResult.PASS,
        None,
        ("印章数据格式正确", "The seal's data is well formed."),
        _SEAL_CLAUSE,
    )
    _judge_algorithm(log, seal.algorithm, ("印章", "seal"))
    # 2.
    maker = _certificate(log, "FORMAT_SEAL", seal.maker_certificate, "制章人", "maker")
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
    chain = _judge_chain(log, _MAKER, maker, at, trust)
    _judge_maker_period(log, seal, maker, at)
    log.add(
        "MAKER_REVOKED",
        CheckResult.NOT_CHECKED,
        at,
        (
            "未提供吊销列表，未检查制章人证书是否吊销",
            "No revocation list was given for the maker's certificate.",
        ),
    )
    return maker.trial or chain.trial


def _judge_maker_period(log: _Log, seal: Seal, maker: CertificateInfo, at: datetime) -> None:
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


def _judge_notes(log: _Log, seal: Seal, *, trial: bool) -> None:
    # 5.
    if seal.timestamp is not None:
        says = ("印章带有时间戳，未检查", "The seal carries a time stamp, which was not checked.")
        log.add("SEAL_TIMESTAMP", CheckResult.NOT_CHECKED, None, says, _V5_CLAUSE)
    # 6.
    if trial:
        says = ("试用印章，不具有法律效力", "This is a trial seal without legal effect.")
        log.add("TRIAL_SEAL", CheckResult.WARN, None, says)


# --- steps of 7.3 ------------------------------------------------------------------------------


def _judge_form(log: _Log, signature: SealSignature) -> None:
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


def _judge_signing_time(log: _Log, signer: CertificateInfo, signed_at: datetime, now: datetime) -> None:
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
    log.add(
        "SIGNER_REVOKED_BEFORE_SIGNING",
        CheckResult.NOT_CHECKED,
        signed_at,
        (
            "未提供吊销列表，未检查签章人证书是否吊销",
            "No revocation list was given for the signer's certificate.",
        ),
    )
    log.decide(
        "SIGN_TIME_IN_FUTURE",
        signed_at <= now + CLOCK_TOLERANCE,
        signed_at,
        ("签章时间不晚于验证时间", "The signing time is not after the time of verification."),
        ("签章时间晚于验证时间", "The signing time is after the time of verification."),
    )


def _judge_data_hash(log: _Log, signature: SealSignature, expected: bytes | None) -> None:
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


def _judge_seal_period(log: _Log, seal: Seal, signed_at: datetime, now: datetime) -> None:
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


def _judge_signature_timestamp(log: _Log, signature: SealSignature) -> None:
    if signature.timestamp is None:
        says = (
            "签章未带时间戳，签章时间由签章人自行声明",
            "There is no time stamp; the signing time is the signer's own statement.",
        )
    else:
        says = ("签章带有时间戳，未检查", "The signature carries a time stamp, which was not checked.")
    log.add("SIGNATURE_TIMESTAMP", CheckResult.NOT_CHECKED, signature.signed_at, says)


# --- steps of both -----------------------------------------------------------------------------


def _judge_chain(
    log: _Log, role: _Role, info: CertificateInfo, at: datetime, trust: TrustStore
) -> ChainResult:
    """Chain and key usage. The leaf's own period is a check of its own, so the walk is made within it."""
    moment = min(max(at, info.not_before), info.not_after)
    result = verify_chain(info.der, trust.intermediates, trust.roots, moment, purpose=role.purpose)
    usable = key_usage_allows(info, role.purpose)
    if result.trusted or (result.code is ChainCode.KEY_USAGE and result.chain):
        says = (f"{role.zh}证书链可信", f"The {role.en}'s certificate leads to a trusted root.")
        log.add(role.chain, CheckResult.PASS, at, says)
    elif result.code is ChainCode.UNKNOWN_ROOT:
        says = (
            f"{role.zh}证书不能追溯到受信任的根证书",
            f"The {role.en}'s certificate leads to no root that is trusted here.",
        )
        log.add(role.chain, CheckResult.NOT_CHECKED, at, says)
    else:
        says = (
            f"{role.zh}证书链验证不通过",
            f"The {role.en}'s certificate chain is not good: {result.detail}.",
        )
        log.add(role.chain, CheckResult.FAIL, at, says)
    log.decide(
        role.key_usage,
        usable,
        at,
        (f"{role.zh}证书用途正确", f"The {role.en}'s certificate allows this use of its key."),
        (f"{role.zh}证书用途不符", f"The {role.en}'s certificate does not allow this use of its key."),
    )
    return result


def _judge_algorithm(log: _Log, algorithm: str, what: _Sentence) -> None:
    if algorithm != curve.SM2_WITH_SM3:
        says = (
            f"{what[0]}的签名算法不是 SM2 与 SM3",
            f"The {what[1]} names the algorithm {algorithm}, not SM2 with SM3.",
        )
        log.add("ALGORITHM_MISMATCH", CheckResult.FAIL, None, says)


def _certificate(log: _Log, code: str, certificate: bytes, zh: str, en: str) -> CertificateInfo | None:
    try:
        return read_certificate(certificate)
    except MalformedInput:
        says = (f"{zh}证书无法读取", f"The {en}'s certificate cannot be read.")
        log.add(code, CheckResult.FAIL, None, says)
        return None


def _verifies(info: CertificateInfo, signature: bytes, message: bytes) -> bool:
    try:
        return info.public_key.verify(signature, message)
    except MalformedInput:
        return False


def _unreadable(code: str, error: GmsealError, clause: str) -> Check:
    if isinstance(error, Refused):
        zh = "印章版本不受支持，无法判定"
        return Check("VERSION_UNSUPPORTED", CheckResult.NOT_CHECKED, None, zh, str(error), clause)
    zh = "印章或签章数据格式错误"
    return Check(code, CheckResult.FAIL, None, zh, f"The data is malformed: {error}", clause)
