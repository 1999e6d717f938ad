"""Judging a certificate in its role: can it be read, does it lead to a trusted root, may its key do this?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.judging.log import CheckLog
from gmseal.report import CheckResult
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.chain import ChainCode, ChainResult, Purpose, key_usage_allows, verify_chain
from gmseal.trust import TrustStore


@dataclass(frozen=True, slots=True)
class Role:
    """What a certificate was used for, in words, and the codes of its checks.

    ``revoked`` is the code of the revocation check: ``MAKER_REVOKED`` for a seal maker,
    ``SIGNER_REVOKED_BEFORE_SIGNING`` for a signer.
    """

    zh: str
    en: str
    format: str
    chain: str
    key_usage: str
    revoked: str
    purpose: Purpose


MAKER: Final = Role(
    "制章人", "maker", "FORMAT_SEAL", "MAKER_CHAIN", "MAKER_KEYUSAGE", "MAKER_REVOKED", Purpose.SEAL_MAKING
)
SIGNER: Final = Role(
    "签章人",
    "signer",
    "FORMAT_SIGNATURE",
    "SIGNER_CHAIN",
    "SIGNER_KEYUSAGE",
    "SIGNER_REVOKED_BEFORE_SIGNING",
    Purpose.SIGNING,
)


def readable_certificate(log: CheckLog, role: Role, certificate: bytes) -> CertificateInfo | None:
    """The certificate, or None after writing down that it cannot be read."""
    try:
        return read_certificate(certificate)
    except MalformedInput:
        says = (f"{role.zh}证书无法读取", f"The {role.en}'s certificate cannot be read.")
        log.add(role.format, CheckResult.FAIL, None, says)
        return None


def judge_chain(
    log: CheckLog, role: Role, info: CertificateInfo, at: datetime, trust: TrustStore
) -> ChainResult:
    """Chain and key usage. The leaf's own period is a check of its own, so the walk is made within it."""
    moment = min(max(at, info.not_before), info.not_after)
    result = verify_chain(info.der, trust.intermediates, trust.roots, moment, purpose=role.purpose)
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
        key_usage_allows(info, role.purpose),
        at,
        (f"{role.zh}证书用途正确", f"The {role.en}'s certificate allows this use of its key."),
        (f"{role.zh}证书用途不符", f"The {role.en}'s certificate does not allow this use of its key."),
    )
    return result


@dataclass(frozen=True, slots=True)
class RevocationJudgement:
    """What is known about a revocation: ``revoked_at`` is None when there was none, or nothing is known."""

    result: CheckResult
    revoked_at: datetime | None = None
    reason: str | None = None


def judge_revocation(
    log: CheckLog,
    role: Role,
    info: CertificateInfo,
    at: datetime,
    trust: TrustStore,
    *,
    now: datetime | None = None,
) -> RevocationJudgement:
    """Whether the certificate was revoked, as of ``at``."""
    log.add(
        role.revoked,
        CheckResult.NOT_CHECKED,
        at,
        (
            f"未提供吊销列表，未检查{role.zh}证书是否吊销",
            f"No revocation list was given for the {role.en}'s certificate.",
        ),
    )
    return RevocationJudgement(CheckResult.NOT_CHECKED)
