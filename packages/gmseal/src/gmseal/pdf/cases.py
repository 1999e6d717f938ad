"""One signature on its way through verification: its byte range, its value, and which kind that is.

The kind is told by the content of the value, never by the names in the signature dictionary: products write
many names, and an attacker any.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmseal.checks import remaining
from gmseal.errors import GmsealError, MalformedInput
from gmseal.pdf.certification import Permission, permission_of
from gmseal.pdf.document import Document
from gmseal.pdf.fields import SignedField
from gmseal.pdf.ranges import ByteRange, read_byte_range, split_padding
from gmseal.report import Check, CheckResult, Finding, SignerSummary
from gmseal.ses.model import SealSignature
from gmseal.sm import algorithms, der

if TYPE_CHECKING:
    from gmseal.sm.cms import SignedData

SEAL, GBT35275, CMS, TIMESTAMP, FOREIGN = "seal", "gbt35275", "cms", "timestamp", "foreign"
JUDGED: Final = frozenset({SEAL, GBT35275, CMS})
"""Kinds: a seal signature; signed data of GB/T 35275, of RFC 5652 (SM2, RSA, ECDSA; PAdES too); a document
time stamp; and what cannot be judged here."""

CLAUSE: Final = "ISO 32000-1 12.8.1"
_SHA1_OCTETS = 20
MATHEMATICS: Final = frozenset(
    {
        *("BYTE_RANGE", "DATA_HASH", "SIGNATURE_VALUE", "SEAL_SIGNATURE", "FORMAT_SIGNATURE"),
        "ALGORITHM_MISMATCH",
    }
)
"""Checks a further signature must pass before what it brought along counts as added by right."""


@dataclass(slots=True)
class Case:
    """One signature: what was read of it and what it came to."""

    signed: SignedField
    kind: str = SEAL
    range: ByteRange | None = None
    value: bytes = b""
    wanted: frozenset[str] = frozenset({"sm3"})
    """The digests of the byte range that judging it needs."""
    seal_signature: SealSignature | None = None
    signed_data: "SignedData | None" = None
    signer: SignerSummary | None = None
    organization: str | None = None
    signed_at: datetime | None = None
    trial: bool = False
    checks: list[Check] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    existed_by: datetime | None = None
    """By when it was there, as a good document time stamp over it proves, or as it proves itself when it is one."""
    permission: Permission | None = None
    """What it permits later, when it lays that down."""

    @property
    def end(self) -> int:
        """The size of the file that this signature covers; 0 when its byte range is not sound."""
        return 0 if self.range is None else self.range.end

    @property
    def sound(self) -> bool:
        """Whether what this signature covers may be taken as its signer's."""
        return self.range is not None and not any(
            check.code in MATHEMATICS and check.result is CheckResult.FAIL for check in remaining(self.checks)
        )

    @property
    def failed(self) -> bool:
        """Whether any of its checks came out badly so far."""
        return any(check.result is CheckResult.FAIL for check in self.checks)

    def add(self, code: str, result: CheckResult, zh: str, en: str, at: datetime | None = None) -> None:
        """One check of the container."""
        self.checks.append(Check(code, result, at, zh, en, CLAUSE))


def read_case(document: Document, signed: SignedField) -> Case:
    """The signature with its range, value and kind, or with the checks that say why not."""
    case = Case(signed, permission=permission_of(signed.field, signed.value))
    _read_range(document, case)
    if case.value:
        _recognise(case)
    return case


def _read_range(document: Document, case: Case) -> None:
    try:
        case.range, octets = read_byte_range(document, case.signed)
    except MalformedInput as error:
        case.add("BYTE_RANGE", CheckResult.FAIL, "签章保护范围不正确，文件可能被改动", str(error))
        octets = document.contents_of(case.signed.value) or b""
    else:
        zh = "签章保护范围完整：自文件首字节起，仅除去签章值本身"
        en = "The byte range leaves out nothing but the signature value."
        case.add("BYTE_RANGE", CheckResult.PASS, zh, en)
    try:
        case.value, padding = split_padding(octets)
    except MalformedInput as error:
        case.add("FORMAT_SIGNATURE", CheckResult.FAIL, "签章值格式错误", str(error))
        return
    if padding.strip(b"\x00"):
        en = "There is foreign data after the value."
        case.add("CONTENTS_PADDING", CheckResult.FAIL, "签章值之后有多余数据", en)


def _recognise(case: Case) -> None:
    """Seal signatures begin with a SEQUENCE, signed data with the identifier of its content or a number."""
    try:
        first = next(der.parse(case.value, "signature").expect(der.SEQUENCE, "signature").children(), None)
    except MalformedInput:
        return
    if first is None or first.tag not in {der.OBJECT_IDENTIFIER, der.INTEGER}:
        return
    case.kind = FOREIGN
    from gmseal.sm.cms import read_signed_data  # noqa: PLC0415 - who judges a seal needs none of it

    try:
        case.signed_data = read_signed_data(case.value)
        _recognise_signed_data(case, case.signed_data)
    except GmsealError:
        # Something that begins like signed data: judged, so that the report says what is wrong with it.
        case.kind = CMS


def _recognise_signed_data(case: Case, data: "SignedData") -> None:
    from gmseal.sm.cms import CmsForm  # noqa: PLC0415 - as above
    from gmseal.sm.timestamps.token import TST_INFO, read_token  # noqa: PLC0415 - as above

    if data.content_type == TST_INFO:
        case.kind = TIMESTAMP
        case.wanted = _names(read_token(case.value).info.imprint.algorithm)
        return
    if not data.signers:
        case.kind = CMS
        return
    signer = data.signers[0]
    sm2 = algorithms.is_sm2_signature(signer.signature_algorithm)
    known = sm2 or algorithms.supported_signature(
        signer.signature_algorithm, signer.digest_algorithm, signer.signature_parameters
    )
    # adbe.pkcs7.sha1 signs a SHA-1 digest that it carries inside: too weak to be judged good or bad.
    sha1 = data.content is not None and len(data.content) == _SHA1_OCTETS
    if known and not sha1:
        case.kind = GBT35275 if data.form is CmsForm.GBT35275 else CMS
        case.wanted = _names(signer.digest_algorithm)


def _names(oid: str) -> frozenset[str]:
    name = algorithms.digest_name(oid)
    return frozenset() if name is None else frozenset({name})
