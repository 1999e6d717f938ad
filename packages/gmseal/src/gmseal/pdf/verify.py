"""Judges a signed PDF: every signature, what it covers, and what came after it.

The procedure, for the whole file:

1. The file is a sound PDF (a damaged one that is sealed was altered).
2. Every signature is found: fields of the form, and widgets of pages outside of it.
3. Its byte range is sound, its value is what fills the hole, and its kind is told by what that holds.
4. It is judged over the digests of its byte range: a seal signature by GB/T 38540-2020, 7.3, signed data by
   GB/T 35275-2017 or RFC 5652, a document time stamp by RFC 3161; other kinds are listed, not judged.
5. The picture shown is the picture in the seal.
6. What was added after it is covered by further signatures and allowed; anything else is alteration.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pikepdf

from gmseal.checks import Group, arrange, remaining
from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.instants import verifier_time
from gmseal.pdf import cases
from gmseal.pdf.cases import Case, read_case
from gmseal.pdf.coverage import Coverage
from gmseal.pdf.document import Document, document_in_memory, open_document
from gmseal.pdf.entries import rare_entry
from gmseal.pdf.fields import SignedField, signed_fields
from gmseal.pdf.kinds import Judge, with_validation_data
from gmseal.pdf.limits import DEFAULT_LIMITS, MEGABYTE, PdfLimits
from gmseal.pdf.ranges import ByteRange, digests
from gmseal.pdf.short_copy import shortened
from gmseal.policy import DEFAULT, Policy
from gmseal.report import Check, CheckResult, Report, SignatureReport, TrustStore, Verdict, decide
from gmseal.ses.summary import signature_report

MAX_SIGNATURES = 200
"""Signatures of one file that are judged; more is no document."""
IN_MEMORY: Final = 4 * MEGABYTE
"""Bytes of a file that is read whole and judged in memory; a larger one is mapped."""
_TAMPERING = cases.MATHEMATICS | {"ALTERED_AFTER_SEALING", "CERTIFICATION_VIOLATED", "CONTENTS_PADDING"}
"""Failures of any signature that make a sealed file invalid."""
_PLACES = {
    "CERTIFICATION": Group.PROTECTION,
    "CERTIFICATION_VIOLATED": Group.PROTECTION,
    "UNPROTECTED_CONTENT": Group.PROTECTION,
    "DOCUMENT_TIMESTAMP": Group.STAMP,
    "SIGNATURE_TIMESTAMP": Group.STAMP,
    "TIMESTAMP_BEFORE_SIGN_TIME": Group.STAMP,
    "TIMESTAMP_REVOKED": Group.STAMP,
    "ALGORITHM_MISMATCH": Group.FORM,
    "CONFORMANCE": Group.FORM,
    "OTHER_SIGNERS": Group.FORM,
    "SIGNER_CHAIN": Group.SIGNER,
    "SIGNER_KEYUSAGE": Group.SIGNER,
    "SIGNER_EXPIRED_AT_SIGNING": Group.TIME,
    "SIGNER_EXPIRED_SINCE": Group.TIME,
    "SIGNER_REVOKED_BEFORE_SIGNING": Group.TIME,
    "SIGN_TIME_IN_FUTURE": Group.TIME,
}
"""Where the steps of signed data and of the container stand in the tree of a signature."""


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
    now = verifier_time(at)
    data = _small(source)
    if data is not None:
        return verify_pdf_bytes(data, trust, now, limits=limits, policy=policy)
    with open_document(source, limits, accept_damage=True) as document:
        return _verify(document, trust, now, policy)


def verify_pdf_bytes(
    data: bytes,
    trust: TrustStore,
    at: datetime | None = None,
    *,
    limits: PdfLimits = DEFAULT_LIMITS,
    policy: Policy = DEFAULT,
) -> Report:
    """As ``verify_pdf``, for a file in memory."""
    now = verifier_time(at)
    short = shortened(data)
    if short is not None:
        # See there: it is judged again by the file as it is whenever anything is wrong.
        with suppress(GmsealError), document_in_memory(data, limits, short=short) as document:
            report = _verify(document, trust, now, policy, data)
            document.check_certain()
            if report.verdict is not Verdict.INVALID:
                return report
    with document_in_memory(data, limits, accept_damage=True) as document:
        return _verify(document, trust, now, policy, data)


def _small(source: Path) -> bytes | None:
    """The bytes of a file that is small enough to be judged in memory; ``None`` for a larger one.

    Raises ``NotFound``.
    """
    try:
        with source.open("rb") as file:
            data = file.read(IN_MEMORY + 1)
    except OSError as error:
        raise NotFound(f"The file {source.name} cannot be opened.") from error
    return data if len(data) <= IN_MEMORY else None


def _verify(
    document: Document, trust: TrustStore, at: datetime, policy: Policy, data: bytes | None = None
) -> Report:
    """``data`` are the bytes of the document where they are at hand: then their digests are made when asked for."""
    # 1. to 3.
    signatures = _all_signatures(document)
    if document.damaged is not None and not signatures:
        raise Refused(document.damaged, "This PDF is damaged.")
    found = [read_case(document, signed) for signed in signatures]
    hashes, file = digests(document.file, document.size, _wanted(found), both=data is None)
    # 4. and 5.
    judge = Judge(document, hashes, with_validation_data(document, trust), at, policy)
    judge.judge_all(found)
    # 6.
    coverage = Coverage(document, found, policy)
    coverage.judge()
    whole = _file_checks(document, found, policy)
    described = [(case, coverage.describing(case)) for case in found]
    return Report.deferring(
        {
            **(file.later(data) if data is not None else {}),
            "signatures": lambda: tuple(_report(case, covers()) for case, covers in described),
        },
        **(file.finished(document.file) if data is None else {}),
        verdict=decide(chain(whole, _deciding(found)), policy),
        size=document.size,
        kind="pdf",
        checks=tuple(whole),
        findings=(),
        policy=policy.name,
        judged_at=at,
    )


def _all_signatures(document: Document) -> list[SignedField]:
    """Signatures in the form, and those that a page shows although the form does not know them."""
    found = signed_fields(document)
    known = {signed.field.objgen for signed in found}
    for page in document.pages:
        annotations = rare_entry(page, "/Annots")
        for item in annotations if isinstance(annotations, pikepdf.Array) else ():
            if not isinstance(item, pikepdf.Dictionary) or item.objgen in known or item.get("/FT") != "/Sig":
                continue
            value = item.get("/V")
            if isinstance(value, pikepdf.Dictionary):
                found.append(SignedField("", item, value, value.objgen[0]))
    if len(found) > MAX_SIGNATURES:
        raise Refused(
            "TOO_MANY_SIGNATURES", f"A file with more than {MAX_SIGNATURES} signatures is not judged."
        )
    return found


def _wanted(found: Iterable[Case]) -> dict[ByteRange, frozenset[str]]:
    wanted: dict[ByteRange, frozenset[str]] = {}
    for case in found:
        if case.range is not None:
            wanted[case.range] = wanted.get(case.range, frozenset()) | case.wanted
    return wanted


def _deciding(found: list[Case]) -> Iterator[Check]:
    """The checks that the verdict follows from.

    Beside seals, other signatures count when the file was tampered with; a certificate that was out of date, or
    leads to no root that is trusted here, says something about that signature and nothing about the seals.
    Without a seal they are what there is to judge. Of a signature of an unknown kind the file's own check speaks.
    """
    sealed = any(case.kind == cases.SEAL for case in found)
    leading = {cases.SEAL} if sealed else {cases.CMS, cases.GBT35275, cases.TIMESTAMP}
    for case in found:
        if case.kind in leading:
            yield from case.checks
        else:
            tampered = (step for step in remaining(case.checks) if step.result is CheckResult.FAIL)
            yield from (step for step in tampered if step.code in _TAMPERING)


def _file_checks(document: Document, found: list[Case], policy: Policy) -> list[Check]:
    checks = []
    if document.damaged is not None:
        zh = "文件结构损坏，盖章后被改动"
        en = "The structure of the file is damaged: it was altered after sealing."
        checks.append(Check("ALTERED_AFTER_SEALING", CheckResult.FAIL, None, zh, en, cases.CLAUSE))
    if len(found) > 1 and _reuse(found):
        zh, en = "同一签章值被重复使用", "One signature value is used by more than one field."
        checks.append(Check("SIGNATURE_REUSED", CheckResult.FAIL, None, zh, en, cases.CLAUSE))
    kinds = {case.kind for case in found}
    if cases.FOREIGN in kinds:
        checks.append(_unjudged(found, policy))
    elif not kinds & cases.JUDGED:
        zh, en = "文件中没有电子印章", "The file carries no electronic seal."
        checks.append(Check("NO_SIGNATURE", CheckResult.NOT_CHECKED, None, zh, en))
    if kinds & cases.JUDGED and cases.SEAL not in kinds:
        zh, en = "文件中没有电子印章，只有电子签名", "The file carries electronic signatures, but no seal."
        checks.append(Check("NO_SEAL", CheckResult.WARN, None, zh, en))
    return checks


def _reuse(found: list[Case]) -> bool:
    """Whether two fields share one signature dictionary, or the same value."""
    places = [case.signed.value.objgen for case in found if case.signed.value.is_indirect]
    values = [case.value for case in found if case.value]
    return len(set(places)) != len(places) or len(set(values)) != len(values)


def _unjudged(found: list[Case], policy: Policy) -> Check:
    """What it means for the file that nobody judged some of its signatures: the verdict is not about them.

    Beside others it is a warning, unless the policy leaves nothing unjudged; alone they leave the verdict open.
    """
    count = sum(case.kind == cases.FOREIGN for case in found)
    beside = any(case.kind in cases.JUDGED for case in found)
    result = CheckResult.WARN if beside and not policy.strict_form else CheckResult.NOT_CHECKED
    zh = f"文件中有 {count} 个本程序不能判定的签名，结论不涉及这些签名"
    en = f"Signatures of a kind that is not judged here: {count}. The verdict says nothing about them."
    return Check("UNJUDGED_SIGNATURE", result, None, zh, en)


def _report(case: Case, described: dict[str, Any]) -> SignatureReport:
    if case.kind == cases.SEAL:
        checks = tuple(case.checks)
        return signature_report(case.seal_signature, checks, described, kind=case.kind, places=_PLACES)
    return SignatureReport(
        kind=case.kind,
        seal_name=None,
        es_id=None,
        organization=case.organization,
        trial=case.trial,
        signed_at=case.signed_at,
        signer=case.signer,
        seal=None,
        checks=arrange(case.checks, _PLACES),
        coverage=described,
        findings=case.findings,
    )
