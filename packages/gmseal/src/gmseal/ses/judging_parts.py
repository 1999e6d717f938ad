"""Steps that the judgement of a seal and that of a seal signature share."""

from datetime import datetime

from gmseal.checks import CheckResult
from gmseal.judging.log import CheckLog, Sentence
from gmseal.policy import Policy
from gmseal.ses.form_reader import looks_like_token
from gmseal.ses.mathematics import allowed_algorithm
from gmseal.ses.model import Seal
from gmseal.sm.certificate_info import CertificateInfo
from gmseal.trust import TrustStore


def judge_version(log: CheckLog, seal: Seal, policy: Policy) -> None:
    """Whether the policy accepts seals of this version."""
    if seal.version not in policy.versions:
        says = (
            f"验证策略不接受第 {seal.version} 版印章",
            f"The policy {policy.name} does not accept seals of version {seal.version}.",
        )
        log.add("VERSION_NOT_ACCEPTED", CheckResult.FAIL, None, says)


def judge_algorithm(
    log: CheckLog, version: int, algorithm: str, certificate: CertificateInfo | None, what: Sentence
) -> None:
    """Whether the version knows the algorithm that is named, and the key is of its kind; silent when so."""
    if not allowed_algorithm(version, algorithm, certificate):
        says = (
            f"{what[0]}的签名算法与版本或密钥不符",
            f"The {what[1]} names the algorithm {algorithm}, which its version or its key does not allow.",
        )
        log.add("ALGORITHM_MISMATCH", CheckResult.FAIL, None, says)


def judge_stamp(
    log: CheckLog,
    codes: tuple[str, str],
    token: bytes,
    value: bytes,
    stated: datetime,
    now: datetime,
    trust: TrustStore,
) -> datetime | None:
    """A time stamp over a signature value, and the stated time not after it; the proven time when all is good.

    ``codes`` are those of the stamp itself and of the order of the two times. Octets that are no token at all prove
    nothing and harm nothing, as anybody could have left them out: a warning beside the finding.
    """
    if not looks_like_token(token):
        says = (
            "时间戳字段不是时间戳，不能证明时间",
            "The field for a time stamp holds none; it proves no time.",
        )
        log.add(codes[0], CheckResult.WARN, None, says)
        return None
    from gmseal.judging.timestamps import (  # noqa: PLC0415 - most signatures carry no stamp
        judge_timestamp,
        judge_timestamp_order,
    )

    judged = judge_timestamp(log, codes[0], token, value, trust, now)
    judge_timestamp_order(log, codes[1], stated, judged)
    return judged.time
