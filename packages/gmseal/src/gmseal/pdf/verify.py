"""Judges a sealed PDF: every signature, what it covers, and what came after it.

The procedure, for the whole file:

1. The file is a sound PDF (a damaged one that is sealed was altered).
2. Every signature is found: fields of the form, and widgets of pages outside of it.
3. Its byte range is sound, and its value is what fills the hole.
4. A seal signature is judged by GB/T 38540-2020, 7.3, over the digest of its byte range; other kinds
   of signatures are listed, not judged.
5. The picture shown is the picture in the seal.
6. What was added after it is covered by further signatures and allowed; anything else is alteration.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.pdf.document import Document, open_document, reading
from gmseal.pdf.fields import SignedField, signed_fields
from gmseal.pdf.image import image_object
from gmseal.pdf.limits import DEFAULT_LIMITS, PdfLimits
from gmseal.pdf.ranges import ByteRange, digests, read_byte_range, split_padding
from gmseal.pdf.revisions import Closing, Comparison, compare, revision
from gmseal.policy import DEFAULT, Policy
from gmseal.report import Check, CheckResult, Report, SignatureReport, TrustStore, decide, walk
from gmseal.ses.signature import SealSignature, read_signature
from gmseal.ses.summary import signature_report
from gmseal.ses.verify import judge_signature

MAX_SIGNATURES = 200
"""Signatures of one file that are judged; more is no document."""
_OWN_REVISION = "ISO 32000-1 12.8.1"
_SOUND = frozenset({"BYTE_RANGE", "DATA_HASH", "SIGNATURE_VALUE", "SEAL_SIGNATURE", "FORMAT_SIGNATURE"})
"""Checks a further seal must pass before its marks count as added by right."""
_CHAINS = frozenset({"MAKER_CHAIN", "SIGNER_CHAIN"})
_WHITE = b"\x00\t\n\f\r "


@dataclass(slots=True)
class _Case:
    """One signature on its way through the procedure."""

    signed: SignedField
    kind: str = "seal"
    range: ByteRange | None = None
    value: bytes = b""
    signature: SealSignature | None = None
    checks: list[Check] = field(default_factory=list)
    later: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether what this signature covers may be taken as its signer's."""
        return self.range is not None and not any(
            check.code in _SOUND and check.result is CheckResult.FAIL for check in walk(self.checks)
        )


def verify_pdf(
    source: Path,
    trust: TrustStore,
    at: datetime | None = None,
    *,
    limits: PdfLimits = DEFAULT_LIMITS,
    policy: Policy = DEFAULT,
) -> Report:
    """Judges a PDF against the roots one trusts, as of ``at`` (now when ``None``), by ``policy``.

    Whatever the file holds, the result is a report; only a file that cannot be read as a PDF at all
    raises ``Refused`` (codes of ``open_document``).
    """
    at = at or datetime.now(UTC)
    with open_document(source, limits, accept_damage=True) as document:
        # 1. and 2.
        cases = [_Case(signed) for signed in _all_signatures(document)]
        if document.damaged is not None and not cases:
            raise Refused(document.damaged, "This PDF is damaged.")
        # 3.
        for case in cases:
            _read_range(document, case)
        ranges = [case.range for case in cases if case.range is not None]
        hashes, sm3, sha256 = digests(document.file, document.size, ranges)
        # 4. and 5.
        for case in cases:
            _judge(case, hashes, trust, at, policy)
        # 6.
        _judge_later(document, cases)
        whole = _file_checks(document, cases)
        reports = tuple(_report(document, case) for case in cases)
    seals = [check for case in cases if case.kind == "seal" for check in case.checks]
    foreign = [check for case in cases if case.kind == "foreign" for check in case.checks]
    return Report(
        verdict=decide([*whole, *seals, *foreign], policy),
        sm3=sm3,
        sha256=sha256,
        size=document.size,
        kind="pdf",
        signatures=reports,
        checks=tuple(whole),
        policy=policy.name,
        judged_at=at,
    )


def _all_signatures(document: Document) -> list[SignedField]:
    """Signatures in the form, and those that a page shows although the form does not know them."""
    found = signed_fields(document)
    known = {signed.field.objgen for signed in found}
    for page in document.pages:
        annotations = page.get("/Annots")
        for item in annotations if isinstance(annotations, pikepdf.Array) else ():
            if not isinstance(item, pikepdf.Dictionary) or item.get("/FT") != "/Sig":
                continue
            value = item.get("/V")
            if isinstance(value, pikepdf.Dictionary) and item.objgen not in known:
                found.append(SignedField("", item, value, value.objgen[0]))
    if len(found) > MAX_SIGNATURES:
        raise Refused(
            "TOO_MANY_SIGNATURES", f"A file with more than {MAX_SIGNATURES} signatures is not judged."
        )
    return found


def _read_range(document: Document, case: _Case) -> None:
    try:
        case.range, octets = read_byte_range(document, case.signed)
    except MalformedInput as error:
        _add(case, "BYTE_RANGE", CheckResult.FAIL, "签章保护范围不正确，文件可能被改动", str(error))
        stated = case.signed.value.get("/Contents")
        octets = bytes(stated) if isinstance(stated, pikepdf.String) else b""
    else:
        zh = "签章保护范围完整：自文件首字节起，仅除去签章值本身"
        _add(
            case,
            "BYTE_RANGE",
            CheckResult.PASS,
            zh,
            "The byte range leaves out nothing but the signature value.",
        )
    try:
        case.value, padding = split_padding(octets)
    except MalformedInput as error:
        _add(case, "FORMAT_SIGNATURE", CheckResult.FAIL, "签章值格式错误", str(error))
        return
    if padding.strip(b"\x00"):
        _add(
            case,
            "CONTENTS_PADDING",
            CheckResult.FAIL,
            "签章值之后有多余数据",
            "There is foreign data after the value.",
        )
    if _begins_with_oid(case.value):
        case.kind = "foreign"


def _begins_with_oid(value: bytes) -> bool:
    """CMS and GB/T 35275 values begin with the OID of their content; seal signatures never do."""
    header = 2 + (value[1] & 0x7F if value[1] & 0x80 else 0)
    return value[0] == 0x30 and value[header : header + 1] == b"\x06"


def _judge(
    case: _Case, hashes: dict[ByteRange, bytes], trust: TrustStore, at: datetime | None, policy: Policy
) -> None:
    if case.kind == "foreign":
        zh, en = "其他类型的签名，未作判定", "This signature is of another kind; it is listed, not judged."
        _add(case, "FOREIGN_SIGNATURE", CheckResult.NOT_CHECKED, zh, en)
        return
    if not case.value:
        return
    expected = hashes.get(case.range) if case.range is not None else None
    try:
        case.signature = read_signature(case.value)
    except GmsealError:
        case.checks += judge_signature(case.value, expected, trust, at, policy)
        return
    case.checks += judge_signature(case.signature, expected, trust, at, policy)
    _judge_picture(case, case.signature)


def _judge_picture(case: _Case, signature: SealSignature) -> None:
    picture = signature.seal.picture
    try:
        with reading():
            expected = image_object(picture.type, picture.data)
            shown = _shown_image(case.signed.field)
            equal = shown is not None and (
                bytes(shown.read_raw_bytes()) == expected.data
                and bytes(shown["/SMask"].read_raw_bytes()) == expected.mask_data
            )
    except GmsealError:
        equal = False
    if equal:
        _add(
            case,
            "PICTURE_SHOWN",
            CheckResult.PASS,
            "显示的印章图案与印章数据一致",
            "The picture shown is the seal's.",
        )
    else:
        zh = "未能确认显示的图案与印章数据中的图案一致，请人工比对"
        en = "The picture shown could not be matched with the picture in the seal; compare them."
        _add(case, "PICTURE_SHOWN", CheckResult.WARN, zh, en)


def _shown_image(widget: pikepdf.Object) -> pikepdf.Object | None:
    """The only image that the appearance of a signature draws."""
    appearance = widget.get("/AP")
    normal = appearance.get("/N") if isinstance(appearance, pikepdf.Dictionary) else None
    if not isinstance(normal, pikepdf.Stream):
        return None
    resources = normal.get("/Resources")
    objects = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    images = list(objects.values()) if isinstance(objects, pikepdf.Dictionary) else []
    return images[0] if len(images) == 1 and isinstance(images[0], pikepdf.Stream) else None


def _judge_later(document: Document, cases: list[_Case]) -> None:
    """Each signature answers for its revision; every step from one to the next is compared once."""
    chain = sorted((case for case in cases if case.range is not None), key=_end)
    steps = [_step(document, chain, index) for index in range(len(chain))]
    for index, case in enumerate(chain):
        later = steps[index:]
        altered = [sentence for step in later for sentence in step.altered]
        case.later = list(dict.fromkeys(sentence for step in later for sentence in step.added))
        if altered:
            en = f"Altered after sealing: {altered[0]}"
            _add(case, "ALTERED_AFTER_SEALING", CheckResult.FAIL, "盖章后被改动", en)
        elif _end(case) == document.size:
            _add(
                case, "COVERAGE", CheckResult.PASS, "签章保护整个文件", "The signature covers the whole file."
            )
        else:
            zh = "盖章后仅增加了允许的内容（后续签章等）"
            en = (
                "Only allowed additions were made later: "
                + (", ".join(case.later) or "nothing that shows")
                + "."
            )
            _add(case, "ADDED_LATER_ALLOWED", _later_result(chain[index + 1 :]), zh, en)


def _later_result(later: list[_Case]) -> CheckResult:
    """A further signature that was not judged, or leads to no trusted root, leaves a doubt about what it added."""
    doubtful = any(
        case.kind == "foreign"
        or any(check.code in _CHAINS and check.result is not CheckResult.PASS for check in walk(case.checks))
        for case in later
    )
    return CheckResult.WARN if doubtful else CheckResult.PASS


def _step(document: Document, chain: list[_Case], index: int) -> Comparison:
    """What was added between this signature's revision and the next one, or the end of the file."""
    start = _end(chain[index])
    following = chain[index + 1] if index + 1 < len(chain) else None
    end = _end(following) if following is not None else document.size
    if start == end:
        return Comparison()
    if following is not None and not following.sound:
        return Comparison(altered=["A further signature that is not good covers the additions."])
    closing = None
    if following is not None:
        holder = following.signed.value if following.signed.value.is_indirect else following.signed.field
        closing = Closing(holder.objgen, following.kind == "seal")
    elif not _more_than_blanks(document, start):
        return Comparison()
    try:
        with revision(document, start) as old, revision(document, end) as new:
            result = compare(document.file, start, old, new, closing)
            if following is None and not result.altered and _unlinked(document, start):
                result.altered.append("Bytes were appended that belong to no revision.")
            return result
    except Refused:
        return Comparison(altered=["A signed revision is not a complete PDF."])


def _more_than_blanks(document: Document, start: int) -> bool:
    document.file.seek(start)
    return bool(document.file.read(4096).strip(_WHITE)) or document.size - start > 4096


def _unlinked(document: Document, start: int) -> bool:
    """Whether the newest section lies before ``start``: then nothing after it is part of the structure."""
    return document.last_section().offset < start


def _end(case: _Case) -> int:
    return case.range.end if case.range is not None else 0


def _file_checks(document: Document, cases: list[_Case]) -> list[Check]:
    checks = []
    if document.damaged is not None:
        zh, en = (
            "文件结构损坏，盖章后被改动",
            "The structure of the file is damaged: it was altered after sealing.",
        )
        checks.append(Check("ALTERED_AFTER_SEALING", CheckResult.FAIL, None, zh, en, _OWN_REVISION))
    places = [case.signed.value.objgen for case in cases if case.signed.value.is_indirect]
    values = [case.value for case in cases if case.value]
    if len(set(places)) != len(places) or len(set(values)) != len(values):
        zh, en = "同一签章值被重复使用", "One signature value is used by more than one field."
        checks.append(Check("SIGNATURE_REUSED", CheckResult.FAIL, None, zh, en, _OWN_REVISION))
    if not any(case.kind == "seal" for case in cases):
        zh, en = "文件中没有电子印章", "The file carries no electronic seal."
        checks.append(Check("NO_SIGNATURE", CheckResult.NOT_CHECKED, None, zh, en))
    return checks


def _report(document: Document, case: _Case) -> SignatureReport:
    coverage: dict[str, Any] = {"field": case.signed.name, "covers_whole_file": _end(case) == document.size}
    if case.range is not None:
        coverage["byte_range"] = case.range.as_list()
        coverage["bytes_after"] = document.size - case.range.end
        coverage["added_later"] = case.later
    return signature_report(case.signature, tuple(case.checks), coverage, kind=case.kind)


def _add(case: _Case, code: str, result: CheckResult, zh: str, en: str) -> None:
    case.checks.append(Check(code, result, None, zh, en, _OWN_REVISION))
