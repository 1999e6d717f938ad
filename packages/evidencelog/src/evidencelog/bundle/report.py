"""The report on a bundle: a tree of checks, each with a stable code and a sentence in Chinese and English."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Verdict(StrEnum):
    """The outcome as a whole."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class CheckResult(StrEnum):
    """The outcome of one check.

    ``warn`` does not change the verdict but must be shown; ``not_checked`` makes the verdict indeterminate.
    """

    PASS = "pass"  # noqa: S105 - a result, not a password
    WARN = "warn"
    FAIL = "fail"
    NOT_CHECKED = "not_checked"


class CheckCode(StrEnum):
    """What was checked and found; the codes are stable."""

    KEYS_TRUSTED = "keys.trusted"
    KEYS_FROM_BUNDLE = "keys.from_bundle"
    KEYS_UNSUPPORTED = "keys.unsupported"
    KEYS_UNTRUSTED_EXTRA = "keys.untrusted_extra"
    KEYS_NONE = "keys.none"
    ENTRIES = "entries"
    ENTRY = "entry"
    HEAD_SIGNED = "head.signed"
    HEAD_NOT_SIGNED = "head.not_signed"
    HEAD_SIGNATURE_INVALID = "head.signature_invalid"
    HEAD_OTHER_ORIGIN = "head.other_origin"
    HEADS_AGREE = "heads.agree"
    HEADS_SPLIT = "heads.split"
    INCLUDED = "entry.included"
    NOT_INCLUDED = "entry.not_included"
    ENTRY_UNKNOWN_FORM = "entry.unknown_form"
    FILES = "files"
    FILE = "file"
    FILE_INTACT = "file.intact"
    FILE_DAMAGED = "file.damaged"
    FILE_COVERED = "file.covered"
    FILE_NOT_COVERED = "file.not_covered"
    FILE_UNPROTECTED = "file.unprotected"
    UNLISTED = "bundle.unlisted_member"


_SENTENCES: Final[dict[CheckCode, tuple[str, str]]] = {
    CheckCode.KEYS_TRUSTED: (
        "用您给出的 {count} 个公钥核对签名。",
        "Signatures are checked against {count} public key(s) that you gave.",
    ),
    CheckCode.KEYS_FROM_BUNDLE: (
        "您没有给出可信公钥，只能用证据包自带的公钥核对；请从别的渠道取得日志公钥后再核对。",
        "You gave no trusted key, so only keys inside the bundle were used; get the log's key elsewhere.",
    ),
    CheckCode.KEYS_UNSUPPORTED: (
        "证据包中的公钥 {name} 类型未知，未使用。",
        "The key {name} in the bundle is of an unknown type and was not used.",
    ),
    CheckCode.KEYS_UNTRUSTED_EXTRA: (
        "证据包中另有 {count} 个公钥不在您的可信列表中，未使用。",
        "The bundle holds {count} more key(s) that you do not trust; they were not used.",
    ),
    CheckCode.KEYS_NONE: (
        "没有可用的公钥，无法核对签名。",
        "There is no usable key, so no signature can be checked.",
    ),
    CheckCode.ENTRIES: ("存证条目共 {count} 条。", "{count} log entries."),
    CheckCode.ENTRY: ("条目 {name}（序号 {index}）。", "Entry {name} (index {index})."),
    CheckCode.HEAD_SIGNED: (
        "检查点（共 {size} 条）由 {signers} 签名，签名有效。",
        "The checkpoint (size {size}) carries good signatures by {signers}.",
    ),
    CheckCode.HEAD_NOT_SIGNED: (
        "检查点没有任何已知公钥的签名。",
        "No known key has signed the checkpoint.",
    ),
    CheckCode.HEAD_SIGNATURE_INVALID: (
        "检查点的签名无效，内容或签名被改动过。",
        "A signature under the checkpoint is bad: text or signature was altered.",
    ),
    CheckCode.HEAD_OTHER_ORIGIN: (
        "检查点属于另一个日志 {origin}。",
        "The checkpoint belongs to another log, {origin}.",
    ),
    CheckCode.HEADS_AGREE: (
        "各检查点之间没有矛盾。",
        "No two checkpoints contradict each other.",
    ),
    CheckCode.HEADS_SPLIT: (
        "出现两个条数同为 {size} 而根不同的检查点：日志给不同的人看了不同的历史。",
        "Two checkpoints of size {size} have different roots: the log showed different histories.",
    ),
    CheckCode.INCLUDED: (
        "条目在日志中，序号 {index}，与检查点的根一致。",
        "The entry is in the log at index {index}, under the root of the checkpoint.",
    ),
    CheckCode.NOT_INCLUDED: (
        "条目与证明不符：条目、序号或证明被改动过，或不在该日志中。",
        "Entry and proof do not fit: entry, index or proof was altered, or the entry is not in this log.",
    ),
    CheckCode.ENTRY_UNKNOWN_FORM: (
        "条目在日志中，但其内容格式无法识别，未作解读。",
        "The entry is in the log, but its contents are of a form unknown here and were not read.",
    ),
    CheckCode.FILES: ("附带文件共 {count} 个。", "{count} files."),
    CheckCode.FILE: ("文件 {name}。", "File {name}."),
    CheckCode.FILE_INTACT: (
        "文件与清单中的大小和摘要一致。",
        "The file has the size and digests of the manifest.",
    ),
    CheckCode.FILE_DAMAGED: (
        "文件与清单中的大小或摘要不符，已损坏或被替换。",
        "The file does not have the size or digests of the manifest: damaged or replaced.",
    ),
    CheckCode.FILE_COVERED: (
        "文件的摘要 {algorithm} 记在序号 {index} 的条目中。",
        "The {algorithm} digest of the file is recorded in the entry at index {index}.",
    ),
    CheckCode.FILE_NOT_COVERED: (
        "没有任何已证实的条目记载该文件的摘要：它不是日志所记的文件。",
        "No proven entry records a digest of this file: it is not the file that the log speaks of.",
    ),
    CheckCode.FILE_UNPROTECTED: (
        "该文件仅为附带，日志不证明其内容。",
        "This file only comes along; the log proves nothing about it.",
    ),
    CheckCode.UNLISTED: (
        "证据包中有清单未列出的文件 {name}。",
        "The bundle holds {name}, which the manifest does not name.",
    ),
}


@dataclass(frozen=True)
class Check:
    """One check: what was found, in two languages, and the checks under it.

    The result of a check with children is the worst of theirs.
    """

    code: CheckCode
    result: CheckResult
    zh: str
    en: str
    children: tuple["Check", ...] = ()

    def walk(self) -> Iterator["Check"]:
        """Yield this check and all under it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; its keys are stable."""
        return {
            "code": self.code.value,
            "result": self.result.value,
            "zh": self.zh,
            "en": self.en,
            "children": [child.to_dict() for child in self.children],
        }


def check(code: CheckCode, result: CheckResult, **facts: object) -> Check:
    """Return a check whose sentences are filled with ``facts``."""
    zh, en = _SENTENCES[code]
    return Check(code, result, zh.format(**facts), en.format(**facts))


def group(code: CheckCode, children: Sequence[Check], **facts: object) -> Check:
    """Return a check over ``children`` whose result is the worst of theirs."""
    zh, en = _SENTENCES[code]
    return Check(code, worst(children), zh.format(**facts), en.format(**facts), tuple(children))


def worst(checks: Sequence[Check]) -> CheckResult:
    """Return the worst result: fail, then not_checked, then warn, then pass."""
    order = (CheckResult.FAIL, CheckResult.NOT_CHECKED, CheckResult.WARN)
    results = {item.result for item in checks}
    return next((result for result in order if result in results), CheckResult.PASS)


def verdict_of(checks: Sequence[Check]) -> Verdict:
    """Return the verdict that follows from the checks."""
    result = worst(checks)
    if result is CheckResult.FAIL:
        return Verdict.INVALID
    return Verdict.INDETERMINATE if result is CheckResult.NOT_CHECKED else Verdict.VALID


@dataclass(frozen=True)
class BundleReport:
    """The report on a bundle. ``created_at_ms`` and ``about`` are what the bundle says, and not proved."""

    verdict: Verdict
    origin: str
    created_at_ms: int
    about: dict[str, str]
    checks: tuple[Check, ...]

    def walk(self) -> Iterator[Check]:
        """Yield every check of the tree."""
        for item in self.checks:
            yield from item.walk()

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; its keys are stable."""
        return {
            "kind": "bundle",
            "verdict": self.verdict.value,
            "origin": self.origin,
            "created_at_ms": self.created_at_ms,
            "about": self.about,
            "checks": [item.to_dict() for item in self.checks],
        }
