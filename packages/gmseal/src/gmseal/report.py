"""One verification report for every kind of file: what was checked, with which result, and why.

A report has a verdict and, under it, the checks of the file and of each signature as a tree (``gmseal.checks``).
Deviations of form that did not touch the mathematics are findings, kept apart from the checks; from them follows
what a strict reader would say.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from gmseal.checks import Check, CheckResult, remaining, walk
from gmseal.deferred import Deferred
from gmseal.policy import DEFAULT, Policy
from gmseal.trust import TrustStore

__all__ = [
    "Check",
    "CheckResult",
    "Finding",
    "Report",
    "SealSummary",
    "Severity",
    "SignatureReport",
    "SignerSummary",
    "StrictReading",
    "TrustStore",
    "Verdict",
    "decide",
    "file_digests",
    "judge_conformance",
    "strict_reading",
    "walk",
]

REPORT_FORMAT = "gmseal-report/2"
"""Written into every report; a change that breaks readers raises the number."""

_UNDECIDED_WITHOUT = frozenset(
    {
        "NO_SIGNATURE",  # nothing to judge
        "MAKER_CHAIN",  # the maker leads to no root that the verifier trusts
        "SIGNER_CHAIN",  # nor does the signer
        "SIGNER_NOT_IN_SEAL",  # the seal does not say who may use it in a way that can be compared
        "DATA_HASH",  # the document is not at hand
        "FILE_DIGESTS",  # the digests of the files are of a kind that proves nothing
        "PARTS_UNPROTECTED",  # what is seen on a signed page may have been exchanged
        "VERSION_UNSUPPORTED",  # a structure this library cannot judge
        "FOREIGN_SIGNATURE",  # nor a signature of this kind
        "UNJUDGED_SIGNATURE",  # a file with such signatures only, or by a policy that leaves nothing unjudged
        "SIGN_TIME_UNPROVEN",  # whoever got hold of the key may have signed, and stated an earlier time
        "SEAL_TIME_UNPROVEN",  # the same of the maker's key
        "UNTRUSTED_APPEARANCE",  # what a page shows came later, from somebody that nobody vouches for
    }
)
"""Checks without which nobody can say that a seal is good: not checked means indeterminate."""
_REVOCATION = frozenset(
    {
        "MAKER_REVOKED",
        "MAKER_AUTHORITY_REVOKED",
        "SIGNER_REVOKED_BEFORE_SIGNING",
        "SIGNER_AUTHORITY_REVOKED",
        "TIMESTAMP_REVOKED",
        "TIMESTAMP_AUTHORITY_REVOKED",
    }
)
_STAMP = "SIGNATURE_TIMESTAMP"


class Verdict(StrEnum):
    """What the whole report comes to."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class Severity(StrEnum):
    """How far a deviation of form departs from the standard."""

    MINOR = "minor"
    """Nearly every product does it; readers cope."""
    MAJOR = "major"
    """A strict reader refuses the file for it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation of form that was tolerated: reported, never hidden, apart from the mathematics.

    ``code`` is stable; ``where`` names the field or file; ``clause`` cites what was departed from.
    """

    code: str
    severity: Severity
    where: str
    zh: str
    en: str
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class StrictReading:
    """What a reader that follows the standard to the letter would say about the form of a file.

    ``codes`` are the codes of the findings for which it would refuse, each once.
    """

    accepts: bool
    codes: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SignerSummary:
    """Who signed, as the certificate says."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    trial: bool


@dataclass(frozen=True, slots=True)
class SealSummary:
    """What the seal says about itself. Sizes in millimetres."""

    version: int
    es_id: str
    name: str
    type: int
    vendor_id: str
    width_mm: int
    height_mm: int
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    maker: str
    trial: bool


@dataclass(frozen=True, slots=True)
class SignatureReport(Deferred):
    """One seal signature (or foreign signature) of a file.

    ``kind`` is ``seal`` for a GB/T 38540 seal signature and ``foreign`` for any other.
    ``coverage`` says in words or figures what part of the file the signature protects. ``checks`` is a tree;
    ``walk`` gives its steps.
    """

    kind: str
    seal_name: str | None
    es_id: str | None
    organization: str | None
    trial: bool
    signed_at: datetime | None
    signer: SignerSummary | None
    seal: SealSummary | None
    checks: tuple[Check, ...]
    coverage: dict[str, Any] | None = None
    findings: tuple[Finding, ...] = ()

    def walk(self) -> Iterator[Check]:
        """Every step without the groups, in the order of the procedure."""
        return walk(self.checks)


@dataclass(frozen=True, slots=True)
class Report(Deferred):
    """The judgement of one file. ``sm3`` and ``sha256`` are hex digests of its bytes, ``size`` in bytes.

    The digests of a file in memory and the entries of its signatures are made when they are first asked for; until
    then the report keeps the bytes. ``settled`` makes them at once.

    ``checks`` and ``findings`` are those of the file as a whole; each signature has its own. ``policy`` is the
    name of the policy that was judged by, ``judged_at`` the verifier's time.
    """

    verdict: Verdict
    sm3: str
    sha256: str
    size: int
    kind: str
    signatures: tuple[SignatureReport, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...] = ()
    policy: str = DEFAULT.name
    judged_at: datetime | None = None

    def walk(self) -> Iterator[Check]:
        """Every step: those of the file, then those of each signature; groups are left out."""
        yield from walk(self.checks)
        for signature in self.signatures:
            yield from signature.walk()

    def all_findings(self) -> tuple[Finding, ...]:
        """The findings of the file and of every signature."""
        return (*self.findings, *(found for one in self.signatures for found in one.findings))

    @property
    def strict_reader(self) -> StrictReading:
        """What a strict reader would say about the form of this file."""
        return strict_reading(self.all_findings())

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able form with stable names; instants are RFC 3339 in UTC."""
        plain = _plain(self)
        return {"format": REPORT_FORMAT, **plain, "strict_reader": _plain(self.strict_reader)}


def decide(checks: Iterable[Check], policy: Policy = DEFAULT) -> Verdict:
    """The verdict that follows from checks (trees or flat).

    1. Any failed check: invalid.
    2. A check without which nothing can be said was not made: indeterminate. Which ones these are is
       increased by ``policy.require_revocation`` and ``policy.require_timestamp``.
    3. Otherwise valid; warnings and other checks not made do not change that.
    """
    tree = tuple(checks)
    undecided = not tree
    for step in remaining(tree):  # What has passed leaves nothing open; nearly every step has.
        if step.result is CheckResult.FAIL:
            return Verdict.INVALID
        undecided = undecided or _leaves_open(step, policy)
    return Verdict.INDETERMINATE if undecided else Verdict.VALID


def _leaves_open(step: Check, policy: Policy) -> bool:
    if policy.require_timestamp and step.code == _STAMP:
        return step.result is not CheckResult.PASS
    if step.result is not CheckResult.NOT_CHECKED:
        return False
    return step.code in _UNDECIDED_WITHOUT or (policy.require_revocation and step.code in _REVOCATION)


_ACCEPTED = StrictReading(
    accepts=True,
    codes=(),
    zh="严格按标准实现的验证程序会接受本文件的格式",
    en="A strict reader would accept the form of this file.",
)


def strict_reading(findings: Iterable[Finding]) -> StrictReading:
    """What a strict reader would say: it refuses for every finding of the severity major."""
    codes = tuple(dict.fromkeys(found.code for found in findings if found.severity is Severity.MAJOR))
    if not codes:
        return _ACCEPTED
    named = ", ".join(codes)
    return StrictReading(
        accepts=False,
        codes=codes,
        zh=f"严格按标准实现的验证程序会因格式拒绝本文件：{named}",
        en=f"A strict reader would refuse the form of this file: {named}.",
    )


def judge_conformance(findings: Iterable[Finding], policy: Policy, clause: str | None = None) -> Check:
    """The check ``CONFORMANCE``: what the findings of form mean under a policy.

    Passed without a finding of the severity major; with one it is a warning, under ``policy.strict_form`` a failure.
    """
    reading = strict_reading(findings)
    if reading.accepts:
        return Check(
            "CONFORMANCE", CheckResult.PASS, None, "格式符合标准", "The form follows the standard.", clause
        )
    result = CheckResult.FAIL if policy.strict_form else CheckResult.WARN
    named = ", ".join(reading.codes)
    zh, en = f"格式不符合标准：{named}", f"The form departs from the standard: {named}."
    return Check("CONFORMANCE", result, None, zh, en, clause)


def file_digests(data: bytes) -> dict[str, Callable[[], object]]:
    """What makes the digests of a file in memory for a report (``Deferred.deferring``)."""
    return {
        "sm3": lambda: hashlib.new("sm3", data).hexdigest(),
        "sha256": lambda: hashlib.sha256(data).hexdigest(),
    }


def _plain(value: Any) -> Any:
    # The usual kinds first: a report has a thousand values.
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Check):
        return _plain_check(value)
    if isinstance(value, (datetime, StrEnum)):
        return _instant(value) if isinstance(value, datetime) else value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


_PLAIN = frozenset({str, int, bool, float})


def _plain_check(check: Check) -> dict[str, Any]:
    """A step and what is under it; written out, because nearly all of a report are steps."""
    return {
        "code": str(check.code),
        "result": check.result.value,
        "at": None if check.at is None else _instant(check.at),
        "zh": check.zh,
        "en": check.en,
        "clause": check.clause,
        "children": [_plain_check(child) for child in check.children],
    }


def _instant(value: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
