"""The report on a bundle: a tree of checks, each with a stable code and a sentence in Chinese and English."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from evidencelog.bundle.bilingual import Bilingual
from evidencelog.bundle.deriving import DerivedStatement


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
    ENTRIES_NONE_PROVEN = "entries.none_proven"
    ENTRY_UNKNOWN_FORM = "entry.unknown_form"
    FILES = "files"
    FILE = "file"
    FILE_INTACT = "file.intact"
    FILE_DAMAGED = "file.damaged"
    FILE_COVERED = "file.covered"
    FILE_NOT_COVERED = "file.not_covered"
    FILE_COVERED_AS = "file.covered_as"
    FILE_OTHER_ROLE = "file.other_role"
    FILE_REPORT_DERIVED = "file.report_derived"
    FILE_REPORT_DIFFERS = "file.report_differs"
    FILE_PRINTOUT = "file.printout"
    FILE_UNPROTECTED = "file.unprotected"
    UNLISTED = "bundle.unlisted_member"
    POLICY_MET = "policy.met"
    POLICY_QUORUM = "policy.quorum"
    POLICY_TRUSTED = "policy.trusted"
    HEAD_COSIGNED = "head.cosigned"
    STATEMENT = "statement"
    STATEMENT_PROVEN = "statement.proven"
    STATEMENT_WORDED = "statement.worded"
    STATEMENT_STATED = "statement.stated"
    STATEMENT_CONTRADICTED = "statement.contradicted"
    STATEMENT_LABELS = "statement.labels"
    STATEMENT_DERIVED = "statement.derived"
    STATEMENT_NAMED = "statement.named"
    STATEMENT_UNRELATED = "statement.unrelated"
    STATEMENT_VOIDED = "statement.voided"
    STATEMENT_NO_MAIN = "statement.no_main"
    STATEMENT_NOT_MASKED = "statement.not_masked"
    STATEMENT_NOT_PROVEN = "statement.not_proven"
    STATEMENT_DIGEST_NOT_RECORDED = "statement.digest_not_recorded"
    TWIN = "twin"
    TWIN_INCLUDED = "twin.included"
    TWIN_NOT_BOUND = "twin.not_bound"
    TWIN_NOT_INCLUDED = "twin.not_included"
    RECEIPTS = "receipts"
    RECEIPT_NOT_CHECKED = "receipt.not_checked"
    RECEIPT_CHAIN = "receipt.chain"
    RECEIPT_TIMESTAMP = "receipt.timestamp"
    RECEIPT_COVERS = "receipt.covers"
    RECEIPT_COVERS_NOTHING = "receipt.covers_nothing"
    RECEIPT_OTHER_LOG = "receipt.other_log"
    RECEIPT_SPLIT = "receipt.split"
    RECEIPT_INCONSISTENT = "receipt.inconsistent"
    RECEIPT_NOT_CONNECTED = "receipt.not_connected"
    ANCHOR_IMPRINT = "anchor.imprint"
    ANCHOR_TRANSACTION_ID = "anchor.transaction_id"
    ANCHOR_CALL = "anchor.call"
    ANCHOR_SENDER = "anchor.sender"
    ANCHOR_BLOCK = "anchor.block"
    ANCHOR_TOKEN = "anchor.token"  # noqa: S105 - a code, not a password
    ANCHOR_AUTHORITY = "anchor.authority"


@cache
def sentences() -> dict[str, tuple[str, str]]:
    """The sentence of every code in Chinese and English, with places for facts; the web page has the same file."""
    raw = json.loads(resources.files("evidencelog.bundle").joinpath("sentences.json").read_text("utf-8"))
    return {code: (zh, en) for code, (zh, en) in raw.items()}


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


def check_in_both(code: CheckCode, result: CheckResult, facts: Mapping[str, Bilingual | object]) -> Check:
    """Return a check of which some facts are words, in each language their own."""
    zh, en = sentences()[code.value]
    chosen = {
        language: {
            key: getattr(fact, language) if isinstance(fact, Bilingual) else fact
            for key, fact in facts.items()
        }
        for language in ("zh", "en")
    }
    return Check(code, result, zh.format(**chosen["zh"]), en.format(**chosen["en"]))


def check(code: CheckCode, result: CheckResult, **facts: object) -> Check:
    """Return a check whose sentences are filled with ``facts``."""
    zh, en = sentences()[code.value]
    return Check(code, result, zh.format(**facts), en.format(**facts))


def group(code: CheckCode, children: Sequence[Check], **facts: object) -> Check:
    """Return a check over ``children`` whose result is the worst of theirs."""
    zh, en = sentences()[code.value]
    return Check(code, worst(children), zh.format(**facts), en.format(**facts), tuple(children))


_REST_ON_ENTRIES = frozenset(
    {
        CheckCode.TWIN_NOT_BOUND,
        CheckCode.STATEMENT_NO_MAIN,
        CheckCode.STATEMENT_NOT_PROVEN,
        CheckCode.STATEMENT_DIGEST_NOT_RECORDED,
        CheckCode.FILE_NOT_COVERED,
        CheckCode.FILE_REPORT_DIFFERS,
    }
)


def without_entries(found: Check) -> Check:
    """The check where no entry is proven for want of a believed key: what rests on entries is open, not refuted."""
    if found.code in _REST_ON_ENTRIES:
        return check(CheckCode.ENTRIES_NONE_PROVEN, CheckResult.NOT_CHECKED)
    if not found.children:
        return found
    children = tuple(without_entries(child) for child in found.children)
    return Check(found.code, worst(children), found.zh, found.en, children)


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
    statement: DerivedStatement | None = None
    """What the proven entries say, in the verifier's own words; None where no entry was proven."""

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
            "statement": self.statement.to_dict() if self.statement else None,
        }
