"""Judges a signed OFD package: every signature of every document, what it protects, and what it does not.

The procedure (GB/T 33190-2016, 18; GM/T 0099-2020, 7; GB/T 38540-2020, 7.3), for the whole package:

1. The archive can be read in one way only. A document of OFD.xml that was signed and cannot be read fails.
2. Every signature of every list is found and its Signature.xml read.
3. Its files: each protected one is there and has its digest; the seal beside it is the one inside it.
4. Its value, over the bytes of Signature.xml as they are stored: a seal signature by GB/T 38540-2020, 7.3, signed
   data by GB/T 35275-2017, 8. The content decides which of the two it is, not the stated type.
5. Its stamps lie on pages of the document.
6. Its coverage: what it protects, what not, what of that the document shows, what was added later.
7. Signatures that rest on others; values used twice; documents that no signature protects.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final

from gmseal.errors import GmsealError, Refused
from gmseal.instants import verifier_time
from gmseal.ofd import markup
from gmseal.ofd.cases import STATED_KINDS, Case, add_finding, checks_of, judge_value, report_of
from gmseal.ofd.coverage import Coverage, OwnFiles, cover
from gmseal.ofd.limits import DEFAULT_LIMITS, OfdLimits
from gmseal.ofd.package import BEYOND_LIMITS, ENTRY, OfdDocument, Package, read_package, read_source
from gmseal.ofd.protection import Digests, judge_references, judge_seal_file, judge_stamps
from gmseal.ofd.reach import drawn_files, may_name, reached_files
from gmseal.ofd.signatures import SignatureList, read_list, read_signature_file
from gmseal.policy import DEFAULT, Policy
from gmseal.report import (
    Check,
    CheckResult,
    Finding,
    Report,
    Severity,
    decide,
    file_digests,
    judge_conformance,
)
from gmseal.trust import TrustStore

_CLAUSE: Final = "GB/T 33190-2016 18"
_XML_ID: Final = re.compile(r"[^\W\d][\w.\-]*")
"""An NCName, as far as the ids of real files need it told from a number."""


def verify_ofd(
    source: Path | bytes,
    trust: TrustStore,
    at: datetime | None = None,
    policy: Policy = DEFAULT,
    limits: OfdLimits = DEFAULT_LIMITS,
) -> Report:
    """Judges a package against the roots one trusts, as of ``at`` (now when ``None``), by ``policy``.

    Whatever the bytes, the result is a report; only what cannot be read as an OFD package at all raises
    ``MalformedInput``, ``NotFound`` or ``Refused`` (codes of ``open_archive``).
    """
    now = verifier_time(at)
    data = read_source(source, limits)
    # 1.
    package = read_package(data, limits)
    documents = tuple(package.readable_document(index) for index in range(len(package.bodies)))
    # 2.
    cases, broken = _all_cases(package, documents)
    if not cases and not broken:
        documents = package.documents  # Without any signature there is nothing to say of what cannot be read.
    lists = {
        document.signatures_path
        for document in documents
        if document.signatures_path is not None and document.signatures_path in package.archive
    }
    digests = Digests(package)
    reached: dict[int, set[str]] = {}
    for index, case in enumerate(cases):
        if case.file is not None:
            # 3.
            case.findings += judge_references(case.log, case.file, digests, case.list_path, policy)
            # 4.
            judge_value(case, package, trust, now, policy)
            judge_seal_file(case.log, case.file, package, case.embedded_seal)
            # 5.
            judge_stamps(case.log, case.file, package, case.document)
            # 6.
            later = [_own(other) for other in cases[index + 1 :]]
            case.coverage = _coverage(package, case, later, lists, reached)
            _judge_coverage(case, case.coverage, policy)
    # 7.
    _judge_bases(cases)
    findings = _file_findings(package)
    checks = [*broken, *_unreadable(documents), *_file_checks(package, documents, cases, policy)]
    if findings:
        checks.append(judge_conformance(findings, policy, _CLAUSE)._replace(code="PACKAGE_CONFORMANCE"))
    judged = [(case, checks_of(case, policy)) for case in cases]
    every = chain(checks, *(found for _, found in judged))
    return Report.deferring(
        {
            **file_digests(data),
            "signatures": lambda: tuple(report_of(case, found) for case, found in judged),
        },
        verdict=decide(every, policy),
        size=len(data),
        kind="ofd",
        checks=tuple(checks),
        findings=tuple(findings),
        policy=policy.name,
        judged_at=now,
    )


def _all_cases(package: Package, documents: tuple[OfdDocument, ...]) -> tuple[list[Case], list[Check]]:
    """The signatures of all documents, and a failure for each list of them that cannot be read.

    They are judged together, so it is their sum that is bounded.
    """
    cases: list[Case] = []
    broken: list[Check] = []
    named = 0
    for document in documents:
        try:
            listed = read_list(package, document)
        except GmsealError as error:
            if isinstance(error, Refused) and error.reason in BEYOND_LIMITS:
                raise  # As below.
            broken.append(_unreadable_list(document, error))
            continue
        for case in _cases(package, document, listed):
            cases.append(case)
            named += len(case.file.references) + len(case.file.stamps) if case.file is not None else 0
            if len(cases) > package.limits.max_signatures or named > package.limits.max_references:
                raise Refused("TOO_MANY_REFERENCES", "The signatures name more files than are judged.")
    return cases, broken


def _unreadable(documents: tuple[OfdDocument, ...]) -> Iterator[Check]:
    """What was signed and cannot be shown any more."""
    for document in documents:
        if document.unreadable is not None:
            zh = f"第 {document.index + 1} 个文档（{document.root_path[:80] or 'DocRoot'}）无法读取，文件已被破坏"
            en = f"Document {document.index + 1} ({document.root_path[:80] or 'DocRoot'}) cannot be read: {document.unreadable}"
            yield Check("DOCUMENT_UNREADABLE", CheckResult.FAIL, None, zh, en, _CLAUSE)


def _unreadable_list(document: OfdDocument, error: GmsealError) -> Check:
    """A document that says where its signatures are listed was signed, whatever has become of the list."""
    number = document.index + 1
    zh = f"第 {number} 个文档的签名列表无法读取，签章被破坏"
    en = f"The list of signatures of document {number} cannot be read: {error}"
    return Check("SIGNATURES_UNREADABLE", CheckResult.FAIL, None, zh, en, _CLAUSE)


def _cases(package: Package, document: OfdDocument, listed: SignatureList | None) -> Iterator[Case]:
    seen: set[str] = set()
    for item in listed.items if listed is not None else ():
        case = Case(item, document, listed.path if listed is not None else "")
        if item.id in seen:
            zh, en = (
                f"签名标识重复：{item.id[:40]}",
                f"The id {item.id[:40]!r} is used by more than one signature.",
            )
            add_finding(case, "SIGNATURE_ID_TWICE", Severity.MAJOR, case.list_path, zh, en)
        elif _XML_ID.fullmatch(item.id) is None:
            zh, en = (
                f"签名标识不是 XML 标识符：{item.id[:40]}",
                f"The id {item.id[:40]!r} is not an xs:ID.",
            )
            add_finding(case, "SIGNATURE_ID_FORM", Severity.MINOR, case.list_path, zh, en)
        seen.add(item.id)
        if item.type not in STATED_KINDS:
            zh = f"签名类型不是 Seal 或 Sign：{item.type[:40]}"
            en = f"The type {item.type[:40]!r} is neither Seal nor Sign; the value says what it is."
            add_finding(case, "SIGNATURE_TYPE_UNKNOWN", Severity.MAJOR, case.list_path, zh, en)
        try:
            case.file = read_signature_file(package, item.path)
        except GmsealError as error:
            if isinstance(error, Refused) and error.reason in BEYOND_LIMITS:
                raise  # What is too much to be judged is not for that reason bad.
            says = ("签名描述文件缺失或格式错误", f"The signature cannot be read: {error}")
            case.log.add("FORMAT_SIGNATURE", CheckResult.FAIL, None, says)
        yield case


def _own(case: Case) -> OwnFiles:
    if case.file is None:
        return OwnFiles(case.item.path, None, None)
    return OwnFiles(case.item.path, case.file.value_path, case.file.seal_path)


def _coverage(
    package: Package, case: Case, later: list[OwnFiles], lists: set[str], reached: dict[int, set[str]]
) -> Coverage:
    referenced = {reference.path for reference in case.file.references} if case.file is not None else set()
    own = _own(case)
    entries = list(package.archive.entries)
    excused = referenced | own.names() | lists
    shown: set[str] | None = None
    if not excused.issuperset(entries):
        index = case.document.index
        if index not in reached:
            reached[index] = reached_files(package, case.document)
        shown = reached[index]
    return cover(entries, referenced, own, later, lists, shown)


def _judge_coverage(case: Case, coverage: Coverage, policy: Policy) -> None:
    weak = CheckResult.FAIL if policy.require_whole_coverage else CheckResult.WARN
    if coverage.reachable:
        named = ", ".join(coverage.reachable[:5])
        says = (
            f"文档引用的部分文件不受该签章保护：{named}",
            f"The document uses files that this signature does not protect: {named}.",
        )
        case.log.add("COVERAGE", weak, None, says)
    else:
        says = ("签章保护文档引用的全部文件", "The signature protects every file that the document uses.")
        case.log.add("COVERAGE", CheckResult.PASS, None, says)
    if not coverage.entry_protected:
        says = (
            "入口文件 OFD.xml 不受保护，可能被指向其他文档",
            "OFD.xml is not protected, so it could have been turned to another document.",
        )
        case.log.add("ENTRY_UNPROTECTED", weak, None, says)
    extra = [name for name in coverage.unprotected if name not in set(coverage.reachable)]
    if extra:
        named = ", ".join(name[:80] for name in extra[:5])
        says = (
            f"包内有文档未引用、也不受该签章保护的文件：{named}",
            f"The package holds files that the document does not use and the signature does not protect: {named}.",
        )
        case.log.add("EXTRA_FILES", CheckResult.WARN, None, says)


def _judge_bases(cases: list[Case]) -> None:
    """Relative (GM/T 0099): the base is an earlier signature of the same document, and good itself."""
    if all(case.item.relative is None for case in cases):
        return
    good = {id(case): not any(one.result is CheckResult.FAIL for one in case.log.checks()) for case in cases}
    for index, case in enumerate(cases):
        if case.item.relative is None:
            continue
        bases = [
            other
            for other in cases[:index]
            if other.document.index == case.document.index and other.item.id == case.item.relative
        ]
        sound = len(bases) == 1 and good[id(bases[0])]
        good[id(case)] = good[id(case)] and sound
        named = case.item.relative[:40]
        case.log.decide(
            "BASE_SIGNATURE",
            sound,
            None,
            (f"所依据的签名 {named} 验证通过", f"The signature {named!r} that this one rests on is good."),
            (
                f"所依据的签名 {named} 不存在或验证不通过",
                f"The signature {named!r} that this one rests on is missing or not good.",
            ),
        )


def _file_checks(
    package: Package, documents: tuple[OfdDocument, ...], cases: list[Case], policy: Policy
) -> list[Check]:
    checks: list[Check] = []
    if not cases:
        zh, en = "文件中没有电子印章", "The file carries no electronic seal."
        return [Check("NO_SIGNATURE", CheckResult.NOT_CHECKED, None, zh, en)]
    values = [case.value for case in cases if case.value]
    paths = [case.item.path for case in cases]
    if len(set(values)) != len(values) or len(set(paths)) != len(paths):
        zh, en = "同一签章值被重复使用", "One signature value is used by more than one signature."
        checks.append(Check("SIGNATURE_REUSED", CheckResult.FAIL, None, zh, en, _CLAUSE))
    protected = {name for case in cases if case.coverage is not None for name in case.coverage.protected}
    for document in documents:
        if document.root_path in protected:
            continue
        number = document.index + 1
        if any(case.document.index == document.index for case in cases):
            zh = f"第 {number} 个文档的根文件不受任何签章保护，所显示的不是被签章的文档"
            en = f"No signature protects the root of document {number}: what is shown is not what was signed."
            checks.append(Check("DOCUMENT_UNPROTECTED", CheckResult.FAIL, None, zh, en, _CLAUSE))
        else:
            zh = f"第 {number} 个文档没有签章，也不受其他签章保护"
            en = f"Document {number} carries no signature, and none of another document protects it."
            checks.append(Check("NO_SIGNATURE", CheckResult.NOT_CHECKED, None, zh, en))
    checks.extend(_unprotected_pages(documents, cases, protected))
    checks.extend(_unprotected_parts(package, documents, cases, protected, policy))
    return checks


def _unprotected_pages(
    documents: tuple[OfdDocument, ...], cases: list[Case], protected: set[str]
) -> Iterator[Check]:
    """Pages that somebody else could have put there: what they show was signed by nobody."""
    signed = {case.document.index for case in cases}
    there = {name for case in cases if case.coverage is not None for name in case.coverage.unprotected}
    for document in documents:
        if document.index not in signed or document.root_path not in protected:
            continue
        pages = [page.path for page in document.pages]
        open_pages = [path for path in pages if path in there and path not in protected]
        if open_pages:
            named = ", ".join(path[:80] for path in open_pages[:5])
            zh = f"第 {document.index + 1} 个文档有页面不受任何签章保护：{named}"
            en = f"Document {document.index + 1} shows pages that no signature protects: {named}."
            yield Check("PAGE_UNPROTECTED", CheckResult.FAIL, None, zh, en, _CLAUSE)


def _unprotected_parts(
    package: Package,
    documents: tuple[OfdDocument, ...],
    cases: list[Case],
    protected: set[str],
    policy: Policy,
) -> Iterator[Check]:
    """What pages draw beside their own content, and no signature protects: templates, pictures, fonts, annotations.

    Producers in the field leave such parts out, so they do not make a signature bad. But whoever changes them changes
    what is seen on a signed page, and no digest tells; so nobody can say that what is seen is what was signed.
    """
    signed = {case.document.index for case in cases}
    pages = {page.path for document in documents for page in document.pages}
    open_parts = [name for name in package.archive.entries if name not in protected and name not in pages]
    searched = [name for name in package.archive.entries if name in protected or name in pages]
    versions = any(markup.child(body, "Versions") is not None for body in package.bodies)
    if not versions and not may_name(package, (name for name in searched if name != ENTRY), open_parts):
        return
    for document in documents:
        if document.index not in signed or document.root_path not in protected:
            continue
        drawn = drawn_files(package, document)
        found = [name for name in open_parts if name in drawn]
        if found:
            named = ", ".join(name[:80] for name in found[:5])
            zh = f"第 {document.index + 1} 个文档的页面由不受任何签章保护的文件构成，所见内容可能被更换：{named}"
            en = (
                f"Pages of document {document.index + 1} are made of files that no signature protects, "
                f"so what is seen may have been changed: {named}."
            )
            result = CheckResult.WARN if policy.accept_unprotected_parts else CheckResult.NOT_CHECKED
            yield Check("PARTS_UNPROTECTED", result, None, zh, en, _CLAUSE)


def _file_findings(package: Package) -> list[Finding]:
    archive = package.archive
    findings = []
    hidden = [name for name in archive.unlisted if name not in archive]
    if hidden:
        zh = f"压缩包内有未列入目录的文件：{hidden[0][:80]}"
        en = f"The archive holds a file that its directory does not list: {hidden[0][:80]!r}."
        findings.append(Finding("HIDDEN_ENTRY", Severity.MAJOR, "zip", zh, en))
    if len(hidden) < len(archive.unlisted):
        zh = "压缩包内留有已被替换的旧文件"
        en = "The archive still holds the earlier version of a file that was replaced."
        findings.append(Finding("REPLACED_ENTRY", Severity.MINOR, "zip", zh, en))
    odd = next(
        (entry for entry in archive.entries.values() if entry.name_form not in {"ascii", "utf-8"}), None
    )
    if odd is not None:
        zh, en = "文件名编码未标明", f"A name is written in {odd.name_form}, which the archive does not say."
        findings.append(Finding("NAME_ENCODING", Severity.MINOR, odd.name[:80], zh, en))
    return findings
