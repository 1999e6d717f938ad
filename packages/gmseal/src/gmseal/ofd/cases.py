"""One signature of a package on its way through the procedure, and its value judged by what it is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gmseal.checks import Group, arrange
from gmseal.errors import GmsealError
from gmseal.judging.log import CheckLog
from gmseal.ofd.coverage import Coverage
from gmseal.ofd.package import OfdDocument, Package
from gmseal.ofd.protection import CLAUSE
from gmseal.ofd.signatures import SignatureFile, SignatureItem
from gmseal.policy import Policy
from gmseal.report import Check, CheckResult, Finding, Severity, SignatureReport, judge_conformance, walk
from gmseal.ses.model import SealSignature
from gmseal.ses.signature_reading import read_signature
from gmseal.ses.summary import signature_report, signer_summary
from gmseal.ses.verify import judge_signature
from gmseal.sm.running_hash import digest_of
from gmseal.trust import TrustStore

if TYPE_CHECKING:
    from gmseal.judging.cms import CmsJudgement

_APART: Final = timedelta(hours=8, minutes=10)
"""How far the time in Signature.xml may be from the signed one: Beijing time is often taken for UTC."""
_DIGESTS: Final = frozenset({"sm3", "sha1", "sha256", "sha384", "sha512"})

PLACES: Final = {
    "FILE_DIGESTS": Group.DOCUMENT,
    "FILE_MISSING": Group.DOCUMENT,
    "STAMP_PLACES": Group.DOCUMENT,
    "SEAL_FILE": Group.SEAL,
    "PACKAGE_CONFORMANCE": Group.FORM,
    "ENTRY_UNPROTECTED": Group.PROTECTION,
    "EXTRA_FILES": Group.PROTECTION,
    "BASE_SIGNATURE": Group.PROTECTION,
}
"""Where the steps of this container belong in the tree of a signature."""
SIGNED_DATA_PLACES: Final = PLACES | {
    "ALGORITHM_MISMATCH": Group.FORM,
    "OTHER_SIGNERS": Group.FORM,
    "SIGNER_CHAIN": Group.SIGNER,
    "SIGNER_KEYUSAGE": Group.SIGNER,
    "TRIAL_CERTIFICATE": Group.SIGNER,
    "SIGNER_EXPIRED_AT_SIGNING": Group.TIME,
    "SIGNER_EXPIRED_SINCE": Group.TIME,
    "SIGNER_REVOKED_BEFORE_SIGNING": Group.TIME,
    "SIGN_TIME_IN_FUTURE": Group.TIME,
    "SIGNATURE_TIMESTAMP": Group.STAMP,
    "TIMESTAMP_BEFORE_SIGN_TIME": Group.STAMP,
}
"""The same with the steps of signed data, which come without groups."""


class ValueKind(StrEnum):
    """What a signature value is, by its first bytes."""

    SEAL = "seal"
    SIGNED_DATA = "signed data"
    BARE = "bare signature"


STATED_KINDS: Final = {"Seal": ValueKind.SEAL, "Sign": ValueKind.SIGNED_DATA}
"""What a line of Signatures.xml may say that a signature is (18.1)."""


@dataclass(slots=True)
class Case:
    """One signature. ``file`` is None when its Signature.xml cannot be read."""

    item: SignatureItem
    document: OfdDocument
    list_path: str
    file: SignatureFile | None = None
    value: bytes = b""
    kind: ValueKind = ValueKind.SEAL
    seal_signature: SealSignature | None = None
    cms: "CmsJudgement | None" = None
    log: CheckLog = field(default_factory=lambda: CheckLog(CLAUSE))
    findings: tuple[Finding, ...] = ()
    coverage: Coverage | None = None

    @property
    def embedded_seal(self) -> bytes | None:
        return self.seal_signature.seal.raw if self.seal_signature is not None else None


def add_finding(case: Case, code: str, severity: Severity, where: str, zh: str, en: str) -> None:
    """One more deviation of form."""
    case.findings = (*case.findings, Finding(code, severity, where, zh, en, CLAUSE))


def judge_value(case: Case, package: Package, trust: TrustStore, now: datetime, policy: Policy) -> None:
    """The signature value over the bytes of Signature.xml. Never raises for malformed bytes."""
    file = case.file
    if file is None:
        return
    try:
        case.value = package.read(file.value_path or "")
    except GmsealError as error:
        says = ("签名值文件缺失或损坏", f"The signature value cannot be read: {error}")
        case.log.add("FORMAT_SIGNATURE", CheckResult.FAIL, None, says)
        return
    case.kind = _kind(case.value)
    stated = STATED_KINDS.get(case.item.type)
    if stated is not None and (case.kind is ValueKind.SEAL) != (stated is ValueKind.SEAL):
        zh, en = (
            "签名类型与签名值不符",
            f"The stated type is {case.item.type[:20]!r}, the value is a {case.kind}.",
        )
        add_finding(case, "SIGNATURE_TYPE", Severity.MAJOR, case.list_path, zh, en)
    if case.kind is ValueKind.SEAL:
        _judge_seal(case, file, trust, now, policy)
    elif case.kind is ValueKind.SIGNED_DATA:
        from gmseal.judging.cms import judge_cms  # noqa: PLC0415 - most packages carry seals

        case.cms = judge_cms(case.value, _ByName(file.raw), trust, now, policy, message=file.raw)
        case.log.extend(case.cms.checks)
        _compare_times(case, file, case.cms.signed_at)
    else:
        _note_bare(case)


def checks_of(case: Case, policy: Policy) -> tuple[Check, ...]:
    """Everything that was found out about one signature, its form included."""
    checks = case.log.checks()
    if not case.findings:
        return checks
    # Beside the same check on the value alone, which its judge makes.
    form = judge_conformance(case.findings, policy, CLAUSE)._replace(code="PACKAGE_CONFORMANCE")
    return (*checks, form)


def report_of(case: Case, checks: tuple[Check, ...]) -> SignatureReport:
    """The entry of one signature in the report: ``seal``, or by its form ``gbt35275`` or ``cms``."""
    coverage = {
        "document": case.document.index,
        "id": case.item.id,
        "signature_file": case.item.path,
        **(case.coverage.to_dict() if case.coverage is not None else {}),
    }
    if case.kind is ValueKind.SEAL:
        return signature_report(case.seal_signature, checks, coverage, findings=case.findings, places=PLACES)
    from gmseal.sm.cms import CmsForm  # noqa: PLC0415 - as above

    signer = case.cms.signer if case.cms is not None else None
    data = case.cms.signed_data if case.cms is not None else None
    return SignatureReport(
        kind="cms" if data is not None and data.form is CmsForm.RFC5652 else "gbt35275",
        seal_name=None,
        es_id=None,
        organization=signer.organization if signer is not None else None,
        trial=any(check.code == "TRIAL_CERTIFICATE" for check in walk(checks)),
        signed_at=case.cms.signed_at if case.cms is not None else None,
        signer=signer_summary(signer) if signer is not None else None,
        seal=None,
        checks=arrange(checks, SIGNED_DATA_PLACES),
        coverage=coverage,
        findings=(*case.findings, *(case.cms.findings if case.cms is not None else ())),
    )


def _kind(value: bytes) -> ValueKind:
    """By the tag of what comes first inside: an OID, a number, or the sequence of a seal signature."""
    header = 2 + (value[1] & 0x7F if len(value) > 1 and value[1] & 0x80 else 0)
    first = value[header : header + 1]
    if value[:1] == b"\x30" and first == b"\x06":
        return ValueKind.SIGNED_DATA
    return ValueKind.BARE if value[:1] == b"\x30" and first == b"\x02" else ValueKind.SEAL


def _judge_seal(case: Case, file: SignatureFile, trust: TrustStore, now: datetime, policy: Policy) -> None:
    expected = _ByName(file.raw)
    try:
        case.seal_signature = read_signature(case.value)
    except GmsealError:
        case.log.extend(judge_signature(case.value, expected, trust, now, policy))
        return
    case.log.extend(judge_signature(case.seal_signature, expected, trust, now, policy))
    signed = case.seal_signature
    if signed.property_info.strip().lstrip("/") != file.path:
        zh = "签章属性信息不是签名描述文件的路径"
        en = f"The property information {signed.property_info[:80]!r} is not the path of the signature."
        add_finding(case, "PROPERTY_INFO", Severity.MINOR, file.path, zh, en)
    _compare_times(case, file, signed.signed_at)


def _compare_times(case: Case, file: SignatureFile, signed_at: datetime | None) -> None:
    stated = file.stated_time
    if stated is not None and signed_at is not None and abs(stated - signed_at) > _APART:
        zh, en = "签名描述文件中的时间与签名时间不一致", "The stated time is not the time that was signed."
        add_finding(case, "SIGNING_TIME", Severity.MINOR, file.path, zh, en)


def _note_bare(case: Case) -> None:
    """A signature without its certificate: an old form of Sign. Nobody can say whose it is."""
    says = (
        "签名值中没有签名人证书，无法验证签名",
        "The value is a bare signature without a certificate, so it cannot be verified.",
    )
    case.log.add("SIGNATURE_VALUE", CheckResult.NOT_CHECKED, None, says)
    case.log.add("SIGNER_CHAIN", CheckResult.NOT_CHECKED, None, says)


@dataclass(frozen=True, slots=True)
class _ByName:
    """Digests of Signature.xml by the name of the algorithm that a value uses."""

    raw: bytes

    def __call__(self, name: str) -> bytes | None:
        return digest_of(name, self.raw) if name in _DIGESTS else None
