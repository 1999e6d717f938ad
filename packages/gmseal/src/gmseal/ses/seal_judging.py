"""Judging the making of a seal: GB/T 38540-2020, 6.3, steps a to c, and the rules of GM/T 0031-2025."""

from datetime import datetime, timedelta
from typing import Final

from gmseal.checks import CheckResult, Group
from gmseal.judging.certificates import MAKER, judge_chain, judge_revocation, readable_certificate
from gmseal.judging.log import CheckLog
from gmseal.policy import Policy
from gmseal.report import judge_conformance
from gmseal.ses.judging_parts import judge_algorithm, judge_stamp, judge_version
from gmseal.ses.mathematics import maker_signature_is_good
from gmseal.ses.model import Seal
from gmseal.ses.structures import VERSION_1, VERSION_4, VERSION_5
from gmseal.sm.certificate_info import CertificateInfo
from gmseal.trust import TrustStore

CLOCK_TOLERANCE: Final = timedelta(minutes=10)

SEAL_CLAUSES: Final = {
    VERSION_1: "GM/T 0031-2014 6.1.2",
    VERSION_4: "GB/T 38540-2020 6.3",
    VERSION_5: "GM/T 0031-2025",
}
_LENIENT_CLAUSE: Final = SEAL_CLAUSES[VERSION_5]


def judge_making(
    log: CheckLog,
    seal: Seal,
    at: datetime,
    now: datetime,
    trust: TrustStore,
    policy: Policy,
    *,
    proven: bool,
    existed_by: datetime | None = None,
) -> bool:
    """Steps 1 to 3 as of ``at``; true when the maker, or an authority above him, is a trial one.

    ``now`` is the verifier's own time; ``proven``: a time stamp says that the seal was there by ``at``; ``existed_by``:
    when it was there at last. Version 5, and any version under a policy with ``lenient_maker_expiry``, asks whether the maker was good when the seal was created; what ended since is a warning.
    """
    clause = SEAL_CLAUSES[seal.version]
    # 1.
    with log.group(Group.SEAL_FORM):
        says = ("印章数据格式正确", "The seal's data is well formed.")
        log.add("FORMAT_SEAL", CheckResult.PASS, None, says, clause)
        log.extend([judge_conformance(seal.findings, policy, clause)])
        judge_version(log, seal, policy)
        maker = readable_certificate(log, MAKER, seal.maker_certificate)
        judge_algorithm(log, seal.version, seal.algorithm, maker, ("印章", "seal"))
    # 2.
    with log.group(Group.SEAL_VALUE):
        log.decide(
            "SEAL_SIGNATURE",
            maker_signature_is_good(seal),
            None,
            ("制章人签名验证通过", "The maker's signature on the seal is good."),
            ("制章人签名验证不通过", "The maker's signature on the seal is not good."),
        )
    # 3.
    if seal.version == VERSION_5:
        with log.group(Group.SEAL_PERIOD):
            _judge_creation(log, seal, now)
    if maker is None:
        return False
    lenient = seal.version == VERSION_5 or policy.lenient_maker_expiry
    with log.group(Group.MAKER):
        chain = judge_chain(log, MAKER, maker, seal.created_at if lenient else at, trust)
        _judge_maker_period(log, seal, maker, at, lenient=lenient)
        tolerated = seal.created_at if lenient else None
        judge_revocation(
            log,
            MAKER,
            maker,
            at,
            trust,
            now=now,
            tolerated_after=tolerated,
            proven=proven,
            existed_by=existed_by,
        )
    return maker.trial or chain.trial


def judge_seal_stamp(log: CheckLog, seal: Seal, now: datetime, trust: TrustStore) -> datetime | None:
    """Step 5: the stamp over the maker's signature value, and the creation not after it; silent without a stamp.

    The time by which the seal is proven to have been made.
    """
    if seal.timestamp is None:
        return None
    with log.group(Group.SEAL_STAMP):
        return judge_stamp(
            log,
            ("SEAL_TIMESTAMP", "TIMESTAMP_BEFORE_CREATION"),
            seal.timestamp,
            seal.signature_value,
            seal.created_at,
            now,
            trust,
        )


def _judge_creation(log: CheckLog, seal: Seal, now: datetime) -> None:
    """GM/T 0031-2025: the seal was valid at its own time of creation, which is not in the future."""
    log.decide(
        "SEAL_CREATION_TIME",
        seal.valid_at(seal.created_at) and seal.created_at <= now + CLOCK_TOLERANCE,
        seal.created_at,
        ("制章时间在印章有效期内", "The seal was created within its own validity."),
        (
            "制章时间不在印章有效期内或晚于验证时间",
            "The seal was created outside its own validity or in the future.",
        ),
    )


def _judge_maker_period(
    log: CheckLog, seal: Seal, maker: CertificateInfo, at: datetime, *, lenient: bool
) -> None:
    if lenient and maker.valid_at(seal.created_at) and not maker.valid_at(at):
        says = ("制章人证书在制章之后过期", "The maker's certificate has expired since the seal was made.")
        log.add("MAKER_EXPIRED", CheckResult.WARN, at, says, _LENIENT_CLAUSE)
        return
    moment = seal.created_at if lenient else at
    log.decide(
        "MAKER_EXPIRED",
        maker.valid_at(moment),
        moment,
        ("制章人证书在有效期内", "The maker's certificate is within its validity."),
        ("制章人证书不在有效期内", "The maker's certificate is outside its validity."),
    )
