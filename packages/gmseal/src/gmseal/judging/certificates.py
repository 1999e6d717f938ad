"""Judging a certificate in its role: can it be read, does it lead to a trusted root, may its key do this?"""

from datetime import datetime

from gmseal.errors import MalformedInput
from gmseal.judging.log import CheckLog
from gmseal.judging.revocation import RevocationJudgement, assess_revocation, judge_revocation
from gmseal.judging.roles import MAKER, SIGNER, Role
from gmseal.report import CheckResult
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.chain import ChainCode, ChainResult, key_usage_allows, verify_chain
from gmseal.trust import TrustStore

__all__ = [
    "MAKER",
    "SIGNER",
    "RevocationJudgement",
    "Role",
    "assess_revocation",
    "judge_chain",
    "judge_revocation",
    "readable_certificate",
]


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
        result.trusted or key_usage_allows(info, role.purpose),
        at,
        (f"{role.zh}证书用途正确", f"The {role.en}'s certificate allows this use of its key."),
        (f"{role.zh}证书用途不符", f"The {role.en}'s certificate does not allow this use of its key."),
    )
    return result
