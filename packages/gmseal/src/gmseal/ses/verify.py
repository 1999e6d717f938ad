"""Judging seals and seal signatures: GB/T 38540-2020, clauses 6.3 and 7.3, step by step.

The standard lets a procedure end at its first failure and return the reason. Here every step
whose input can be read is still made, in the standard's order, so that one report tells
everything; a single failure makes the whole invalid all the same. Steps that nobody could make
(no revocation list, no trusted root) are reported as not checked, never as passed.

Versions 1 (GM/T 0031-2014) and 5 (GM/T 0031-2025) have the same steps; where they differ, the step says so.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gmseal.checks import Check, CheckResult, Group, group_check
from gmseal.errors import GmsealError, Refused
from gmseal.instants import verifier_time
from gmseal.judging.certificates import SIGNER, judge_chain, judge_revocation, readable_certificate
from gmseal.judging.log import CheckLog
from gmseal.policy import DEFAULT, Policy
from gmseal.report import judge_conformance
from gmseal.ses.judging_parts import judge_algorithm, judge_stamp, judge_version
from gmseal.ses.mathematics import signer_signature_is_good
from gmseal.ses.model import Seal, SealSignature
from gmseal.ses.seal_judging import SEAL_CLAUSES, judge_making, judge_seal_stamp
from gmseal.ses.seal_reading import read_seal
from gmseal.ses.signature_reading import read_signature
from gmseal.ses.structures import VERSION_1, VERSION_4, VERSION_5
from gmseal.sm.certificate_info import CertificateInfo
from gmseal.trust import TrustStore

__all__ = ["DocumentDigest", "judge_seal", "judge_signature"]

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far a signing time may lie behind the verifier's own clock before it counts as in the future."""

DocumentDigest = bytes | Callable[[str], bytes | None] | None
"""The SM3 digest of what a signature should protect, or a function that gives the digest for the name of an
algorithm (``sm3``; ``sha1`` and ``sha256`` in version 1), or None when the document is not at hand."""

_SIGNATURE_CLAUSES: Final = {
    VERSION_1: "GM/T 0031-2014 6.2.3",
    VERSION_4: "GB/T 38540-2020 7.3",
    VERSION_5: "GM/T 0031-2025",
}


def judge_seal(
    seal: Seal | bytes, at: datetime, trust: TrustStore, policy: Policy = DEFAULT
) -> tuple[Check, ...]:
    """Judge a seal as of ``at`` (clause 6.3): one group ``SEAL``. Never raises for malformed bytes.

    Raises ``Refused`` (``NAIVE_TIME``).

    1. Format: the seal can be read, is of an accepted version, names an algorithm of its version.
    2. The maker's signature over DER(eSealInfo); in version 1 over certificate and algorithm too.
    3. The time of creation (version 5), and the maker's certificate: chain, validity, revocation, key usage.
    4. ``at`` lies within the seal's validity.
    5. The time stamp of a version 5 seal.
    6. Whether the seal is a trial one.
    """
    at = verifier_time(at)
    if isinstance(seal, bytes):
        try:
            seal = read_seal(seal)
        except GmsealError as error:
            clause = SEAL_CLAUSES[VERSION_4]
            return (group_check(Group.SEAL, [_unreadable(Group.SEAL_FORM, "FORMAT_SEAL", error, clause)]),)
    log = CheckLog(SEAL_CLAUSES[seal.version])
    # 5.
    stamp = CheckLog(SEAL_CLAUSES[seal.version])
    proven = judge_seal_stamp(stamp, seal, at, trust) is not None
    with log.group(Group.SEAL):
        # 1. to 3.
        trial = judge_making(log, seal, at, at, trust, policy, proven=proven)
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
        log.extend(stamp.checks())
        # 6.
        _note_trial(log, trial=trial)
    return log.checks()


def judge_signature(
    signature: SealSignature | bytes,
    expected_hash: DocumentDigest,
    trust: TrustStore,
    at: datetime | None = None,
    policy: Policy = DEFAULT,
    *,
    existed_by: datetime | None = None,
) -> tuple[Check, ...]:
    """Judge a seal signature (clause 7.3): groups in the standard's order. Never raises for malformed bytes.

    ``expected_hash`` is the digest of what the signature should protect (see ``DocumentDigest``). ``at`` is the
    verifier's time, now when None. As documents outlive seals and certificates, these are judged as of the signing
    time; what has expired since then is a warning. The signing time is the one that a good time stamp proves, else
    the one that the signer states: whoever holds a revoked certificate could state any. ``existed_by`` is an instant
    by which the signature was there, as a time stamp over the document that carries it proves; it settles that doubt,
    and is not the signing time.

    1. Format: signature and seal can be read, their versions agree, an algorithm of the version.
    2. The signer's signature over DER(toSign).
    3. The signer's certificate is one that the seal lists.
    4. The signer's certificate: chain and key usage.
    5. The signing time: within the certificate's validity, before any revocation, not in the future.
    6. The digest of the document.
    7. The seal itself (6.3), and the signing time, stated and proven, within its validity.
    8. The time stamp over the signature value, and the stated time not after it. It is looked at before step 3,
       as it tells the time for all that follow.
    """
    now = verifier_time(at)
    # 1.
    if isinstance(signature, bytes):
        try:
            signature = read_signature(signature)
        except GmsealError as error:
            clause = _SIGNATURE_CLAUSES[VERSION_4]
            return (_unreadable(Group.FORM, "FORMAT_SIGNATURE", error, clause),)
    log = CheckLog(_SIGNATURE_CLAUSES[signature.seal.version])
    with log.group(Group.FORM):
        signer = _judge_form(log, signature, policy)
    # 2.
    with log.group(Group.VALUE):
        _judge_value(log, signature, signer)
    # 8.
    stamp = CheckLog(_SIGNATURE_CLAUSES[signature.seal.version])
    with stamp.group(Group.STAMP):
        proven = _judge_signature_stamp(stamp, signature, now, trust)
    instant = proven or signature.signed_at
    # 3. and 4.
    with log.group(Group.SIGNER):
        _judge_listed(log, signature)
        if signer is not None:
            judge_chain(log, SIGNER, signer, instant, trust)
    # 5.
    if signer is not None:
        with log.group(Group.TIME):
            _judge_signing_time(log, signer, (signature.signed_at, proven, existed_by), now, trust)
    # 6.
    with log.group(Group.DOCUMENT):
        _judge_data_hash(log, signature, expected_hash)
    # 7.
    sealed = CheckLog(SEAL_CLAUSES[signature.seal.version])
    made = judge_seal_stamp(sealed, signature.seal, now, trust) or proven
    with log.group(Group.SEAL):
        trial = judge_making(
            log, signature.seal, instant, now, trust, policy, proven=made is not None, existed_by=existed_by
        )
        with log.group(Group.SEAL_PERIOD):
            _judge_seal_period(log, signature.seal, (signature.signed_at, instant), now)
        log.extend(sealed.checks())
        _note_trial(log, trial=trial)
    log.extend(stamp.checks())
    return log.checks()


def _note_trial(log: CheckLog, *, trial: bool) -> None:
    if trial:
        says = ("试用印章，不具有法律效力", "This is a trial seal without legal effect.")
        log.add("TRIAL_SEAL", CheckResult.WARN, None, says)


def _judge_form(log: CheckLog, signature: SealSignature, policy: Policy) -> CertificateInfo | None:
    """Step 1; the signer's certificate when it can be read."""
    says = ("签章数据格式正确", "The seal signature's data is well formed.")
    log.add("FORMAT_SIGNATURE", CheckResult.PASS, None, says)
    log.extend([judge_conformance(signature.findings, policy, _SIGNATURE_CLAUSES[signature.seal.version])])
    judge_version(log, signature.seal, policy)
    log.decide(
        "VERSION_MISMATCH",
        signature.version == signature.seal.header_version,
        None,
        ("签章与印章版本一致", "Signature and seal are of the same version."),
        ("签章与印章版本不一致", "Signature and seal are of different versions."),
    )
    signer = readable_certificate(log, SIGNER, signature.certificate)
    judge_algorithm(log, signature.seal.version, signature.algorithm, signer, ("签章", "seal signature"))
    return signer


def _judge_value(log: CheckLog, signature: SealSignature, signer: CertificateInfo | None) -> None:
    good = signer is not None and signer_signature_is_good(signature, signer)
    log.decide(
        "SIGNATURE_VALUE",
        good,
        None,
        ("签章值验证通过", "The signer's signature is good."),
        ("签章值验证不通过", "The signer's signature is not good."),
    )


def _judge_listed(log: CheckLog, signature: SealSignature) -> None:
    """Step 3: octet by octet for a list of certificates, by SM3 for a list of digests."""
    if signature.seal.signer_ids:
        says = (
            "印章的证书列表只有标识，无法与签章人证书核对",
            "The seal lists identifiers, which cannot be compared with the signer's certificate.",
        )
        log.add("SIGNER_NOT_IN_SEAL", CheckResult.NOT_CHECKED, None, says)
        return
    log.decide(
        "SIGNER_NOT_IN_SEAL",
        signature.seal.lists(signature.certificate),
        None,
        ("签章人证书在印章的证书列表中", "The seal lists the signer's certificate."),
        ("签章人证书不在印章的证书列表中", "The seal does not list the signer's certificate."),
    )


def _judge_signing_time(
    log: CheckLog,
    signer: CertificateInfo,
    times: tuple[datetime, datetime | None, datetime | None],
    now: datetime,
    trust: TrustStore,
) -> None:
    """Step 5. ``times``: the signing time as stated, and as proven, if it is; when the signature was there at last."""
    stated, proven, existed_by = times
    instant = proven or stated
    log.decide(
        "SIGNER_EXPIRED_AT_SIGNING",
        signer.valid_at(instant),
        instant,
        ("签章时签章人证书在有效期内", "The signer's certificate was within its validity at signing."),
        ("签章时签章人证书不在有效期内", "The signer's certificate was outside its validity at signing."),
    )
    if now > signer.not_after and signer.valid_at(instant):
        says = ("签章人证书在签章之后过期", "The signer's certificate has expired since signing.")
        log.add("SIGNER_EXPIRED_SINCE", CheckResult.WARN, now, says)
    judge_revocation(
        log, SIGNER, signer, instant, trust, now=now, proven=proven is not None, existed_by=existed_by
    )
    log.decide(
        "SIGN_TIME_IN_FUTURE",
        stated <= now + CLOCK_TOLERANCE,
        stated,
        ("签章时间不晚于验证时间", "The signing time is not after the time of verification."),
        ("签章时间晚于验证时间", "The signing time is after the time of verification."),
    )


def _judge_data_hash(log: CheckLog, signature: SealSignature, expected: DocumentDigest) -> None:
    name = signature.digest_name
    digest = expected(name) if callable(expected) else expected
    if digest is None or (isinstance(expected, bytes) and name != "sm3"):
        says = (
            f"未提供原文的 {name.upper()} 摘要，未核对原文",
            f"No {name.upper()} digest of a document was given to compare with.",
        )
        log.add("DATA_HASH", CheckResult.NOT_CHECKED, None, says)
        return
    log.decide(
        "DATA_HASH",
        signature.data_hash == digest,
        signature.signed_at,
        ("原文盖章后未被改动", "The document is as it was when sealed."),
        ("盖章后被改动", "The document was altered after sealing."),
    )


def _judge_seal_period(log: CheckLog, seal: Seal, times: tuple[datetime, datetime], now: datetime) -> None:
    signed_at, instant = times
    inside = seal.valid_at(signed_at) and seal.valid_at(instant)
    log.decide(
        "SIGN_TIME_OUTSIDE_SEAL",
        inside,
        instant,
        ("签章时间在印章有效期内", "The signing time is within the seal's validity."),
        ("签章时间不在印章有效期内", "The signing time is outside the seal's validity."),
    )
    if signed_at + CLOCK_TOLERANCE < seal.created_at:
        says = ("签章时间早于制章时间", "The signing time is before the seal was made.")
        log.add("SIGNED_BEFORE_SEAL_MADE", CheckResult.WARN, signed_at, says)
    if now > seal.valid_to and inside:
        says = ("印章在签章之后过期", "The seal has expired since signing.")
        log.add("SEAL_EXPIRED", CheckResult.WARN, now, says)


def _judge_signature_stamp(
    log: CheckLog, signature: SealSignature, now: datetime, trust: TrustStore
) -> datetime | None:
    """Step 8; the time that a good stamp proves."""
    if signature.timestamp is None:
        says = (
            "签章未带时间戳，签章时间由签章人自行声明",
            "There is no time stamp; the signing time is the signer's own statement.",
        )
        log.add("SIGNATURE_TIMESTAMP", CheckResult.NOT_CHECKED, signature.signed_at, says)
        return None
    if signature.seal.version == VERSION_1:
        says = (
            "签章时间取自时间戳；标准未规定其覆盖的数据，未验证",
            "The signing time is that of a stamp; the text does not say what it is over, so it was not verified.",
        )
        log.add("SIGNATURE_TIMESTAMP", CheckResult.NOT_CHECKED, signature.signed_at, says)
        return None
    return judge_stamp(
        log,
        ("SIGNATURE_TIMESTAMP", "TIMESTAMP_BEFORE_SIGN_TIME"),
        signature.timestamp,
        signature.signature_value,
        signature.signed_at,
        now,
        trust,
    )


def _unreadable(group: Group, code: str, error: GmsealError, clause: str) -> Check:
    if isinstance(error, Refused):
        zh = "印章版本不受支持，无法判定"
        step = Check("VERSION_UNSUPPORTED", CheckResult.NOT_CHECKED, None, zh, str(error), clause)
    else:
        zh = "印章或签章数据格式错误"
        step = Check(code, CheckResult.FAIL, None, zh, f"The data is malformed: {error}", clause)
    return group_check(group, [step])
