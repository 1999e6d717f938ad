"""Judging what a Signature.xml says about files and pages: digests, stamps, the seal beside it."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

from gmseal.errors import GmsealError
from gmseal.judging.log import CheckLog
from gmseal.ofd.archive import SEAL_SUFFIX
from gmseal.ofd.package import OfdDocument, Package
from gmseal.ofd.signatures import SignatureFile
from gmseal.ofd.stamps import on_page, visible
from gmseal.policy import Policy
from gmseal.report import CheckResult, Finding, Severity
from gmseal.ses.memory import SEAL_DIGESTS
from gmseal.sm import curve
from gmseal.sm.running_hash import digest_of

CLAUSE: Final = "GB/T 33190-2016 18.2"
_METHODS: Final = {
    curve.SM3: "sm3",
    "sm3": "sm3",
    f"{curve.SM3}.1": "sm3",
    f"{curve.SM3}.2": "sm3",
    "md5": "md5",
    "1.2.840.113549.2.5": "md5",
    "sha1": "sha1",
    "sha-1": "sha1",
    "1.3.14.3.2.26": "sha1",
    "sha256": "sha256",
    "sha-256": "sha256",
    "2.16.840.1.101.3.4.2.1": "sha256",
}
_SIZES: Final = {16: "md5", 20: "sha1", 32: "sm3"}
_WEAK: Final = frozenset({"md5", "sha1"})
_NAMED: Final = 5
"""Names in one sentence."""


@dataclass(slots=True)
class Digests:
    """Digests of the files of a package, each made once."""

    package: Package
    _known: dict[tuple[str, str], bytes | None] = field(default_factory=dict)

    def of(self, method: str, name: str) -> bytes | None:
        """None for a file that is damaged."""
        key = (method, name)
        if key not in self._known:
            try:
                content = self.package.read(name)
                digest = _seal_digest if name.endswith(SEAL_SUFFIX) else _digest
                self._known[key] = digest(method, content)
            except GmsealError:
                self._known[key] = None
        return self._known[key]


def _digest(method: str, content: bytes) -> bytes:
    return digest_of(method, content)


def _seal_digest(method: str, content: bytes) -> bytes:
    """A seal lies, the same, in every document that it was put on: its digest is remembered."""
    known = SEAL_DIGESTS.get((method, content))
    if known is None:
        known = _digest(method, content)
        SEAL_DIGESTS.put((method, content), known, len(content))
    return known


def judge_references(
    log: CheckLog, file: SignatureFile, digests: Digests, list_path: str, policy: Policy
) -> tuple[Finding, ...]:
    """FILE_DIGESTS and FILE_MISSING: every protected file is there and as it was when signed.

    Digests that agree prove nothing when two files of one digest can be made, unless the policy accepts them.
    """
    findings: list[Finding] = []
    method = _method(file, findings)
    if method is None:
        says = (
            "文件摘要算法不受支持，无法判定",
            f"The digest method {(file.check_method or '')[:40]!r} is not supported.",
        )
        log.add("VERSION_UNSUPPORTED", CheckResult.NOT_CHECKED, None, says)
        return tuple(findings)
    missing, changed = [], []
    for reference in file.references:
        if reference.path not in digests.package.archive:
            missing.append(reference.path)
        elif digests.of(method, reference.path) != _decoded(reference.check_value):
            changed.append(reference.path)
    paths = {reference.path for reference in file.references}
    if len(paths) != len(file.references):
        findings.append(
            _finding(
                "REFERENCE_TWICE", Severity.MINOR, file.path, "同一文件被重复列出", "A file is listed twice."
            )
        )
    if method in _WEAK and paths and not changed and not policy.accept_weak_digests:
        says = (
            f"摘要算法 {method.upper()} 已不安全：摘要一致，但不能证明文件未被替换",
            f"{method.upper()} is not safe any more: the digests agree, but that proves nothing about the files.",
        )
        log.add("FILE_DIGESTS", CheckResult.NOT_CHECKED, None, says)
    else:
        _decide_digests(log, paths, changed, list_path)
    if missing:
        says = (f"受保护的文件缺失：{_few(missing)}", f"Protected files are missing: {_few(missing)}.")
        log.add("FILE_MISSING", CheckResult.FAIL, None, says)
    return tuple(findings)


def _decide_digests(log: CheckLog, paths: set[str], changed: list[str], list_path: str) -> None:
    log.decide(
        "FILE_DIGESTS",
        bool(paths) and not changed,
        None,
        ("受保护的文件与签章时一致", "Every protected file that is there is as it was when signed."),
        _changed_says(changed, list_path),
    )


def judge_stamps(log: CheckLog, file: SignatureFile, package: Package, document: OfdDocument) -> None:
    """STAMP_PLACES: each stamp is on a page of the document, and what it shows lies within the page."""
    missing, outside = [], []
    pages = document.pages_by_id() if file.stamps else {}
    for stamp in file.stamps:
        page = pages.get(stamp.page_id)
        if page is None:
            missing.append(stamp.page_id)
            continue
        try:
            box = package.page_box(document, page)
        except GmsealError:
            missing.append(stamp.page_id)
            continue
        if stamp.boundary is None or not on_page(visible(stamp.boundary, stamp.clip), box):
            outside.append(stamp.page_id)
    if missing:
        says = (
            f"印章所在的页不存在或无法读取：{_few(missing)}",
            f"The seal is placed on pages that are not there or cannot be read: {_few(missing)}.",
        )
        log.add("STAMP_PLACES", CheckResult.FAIL, None, says)
    elif outside:
        says = (
            f"印章超出页面范围，页标识 {_few(outside)}",
            f"The seal does not lie within the page: {_few(outside)}.",
        )
        log.add("STAMP_PLACES", CheckResult.WARN, None, says)
    elif file.stamps:
        says = ("印章均在页面内", "Every place of the seal lies within its page.")
        log.add("STAMP_PLACES", CheckResult.PASS, None, says)


def judge_seal_file(log: CheckLog, file: SignatureFile, package: Package, embedded: bytes | None) -> None:
    """SEAL_FILE: the seal that lies beside the signature is the one inside it (GM/T 0099-2020, 7.2.3)."""
    if file.seal_path is None or embedded is None:
        return
    try:
        beside = package.read(file.seal_path)
    except GmsealError:
        says = ("旁存的印章文件缺失或损坏", "The seal's own file is missing or damaged.")
        log.add("SEAL_FILE", CheckResult.FAIL, None, says)
        return
    log.decide(
        "SEAL_FILE",
        beside == embedded,
        None,
        ("旁存的印章文件与签章中的印章一致", "The seal's own file is the seal in the signature."),
        ("旁存的印章文件与签章中的印章不一致", "The seal's own file is not the seal in the signature."),
    )


def _method(file: SignatureFile, findings: list[Finding]) -> str | None:
    """The digest method, by its many names; None when it is none that is known."""
    stated = file.check_method
    if stated is None:
        value = _decoded(file.references[0].check_value) if file.references else b""
        method = _SIZES.get(len(value or b""))
        zh, en = "未写明摘要算法", "The digest method is not stated."
        findings.append(_finding("CHECK_METHOD_MISSING", Severity.MAJOR, file.path, zh, en))
    else:
        method = _METHODS.get(stated.lower())
    if stated is not None and stated.startswith(f"{curve.SM3}."):
        zh, en = (
            "摘要算法标识不正确，按 SM3 处理",
            f"The identifier {stated[:40]} is not that of SM3; read as SM3.",
        )
        findings.append(_finding("CHECK_METHOD_WRONG", Severity.MAJOR, file.path, zh, en))
    if method in _WEAK:
        zh, en = f"摘要算法强度不足：{method}", f"The digest method is weak: {method}."
        findings.append(_finding("WEAK_DIGEST", Severity.MAJOR, file.path, zh, en))
    return method


def _changed_says(changed: list[str], list_path: str) -> tuple[str, str]:
    if not changed:
        return "签章未保护任何文件", "The signature protects no file."
    if changed == [list_path]:
        return (
            "该签章保护全文，之后又追加了签章",
            "The signature protects the whole document, and a further one was added after it.",
        )
    return (
        f"文件在签章后被改动：{_few(changed)}",
        f"Files were altered after signing: {_few(changed)}.",
    )


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _few(names: list[str]) -> str:
    shown = ", ".join(name[:80] for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} … ({len(names)})"


def _finding(code: str, severity: Severity, where: str, zh: str, en: str) -> Finding:
    return Finding(code, severity, where, zh, en, CLAUSE)
