"""One verification report for every kind of file: what was checked, with which result, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

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
    "TrustStore",
    "Verdict",
    "decide",
]

REPORT_FORMAT = "gmseal-report/1"
"""Written into every report; a change that breaks readers raises the number."""

_UNDECIDED_WITHOUT = frozenset(
    {
        "NO_SIGNATURE",  # nothing to judge
        "MAKER_CHAIN",  # the maker leads to no root that the verifier trusts
        "SIGNER_CHAIN",  # nor does the signer
        "VERSION_UNSUPPORTED",  # a structure this library cannot judge
    }
)
"""Checks without which nobody can say that a seal is good: not checked means indeterminate."""


class Verdict(StrEnum):
    """What the whole report comes to."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class CheckResult(StrEnum):
    """What one check came to."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    WARN = "warn"
    FAIL = "fail"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a procedure and its result.

    ``code`` is stable and names the step (facts: GB/T 38540 wants the reason of a failure back);
    ``at`` is the instant the check speaks of, in UTC; ``clause`` cites the standard.
    """

    code: str
    result: CheckResult
    at: datetime | None
    zh: str
    en: str
    clause: str | None = None


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
class SignatureReport:
    """One seal signature (or foreign signature) of a file.

    ``kind`` is ``seal`` for a GB/T 38540 seal signature and ``foreign`` for any other.
    ``coverage`` says in words or figures what part of the file the signature protects.
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


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement of one file. ``sm3`` and ``sha256`` are hex digests of its bytes, ``size`` in bytes."""

    verdict: Verdict
    sm3: str
    sha256: str
    size: int
    kind: str
    signatures: tuple[SignatureReport, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able form with stable names; instants are RFC 3339 in UTC."""
        plain = _plain(self)
        return {"format": REPORT_FORMAT, **plain}


def decide(checks: Iterable[Check]) -> Verdict:
    """The verdict that follows from checks.

    1. Any failed check: invalid.
    2. A check without which nothing can be said was not made: indeterminate.
    3. Otherwise valid; warnings and other checks not made do not change that.
    """
    every = tuple(checks)
    if any(check.result is CheckResult.FAIL for check in every):
        return Verdict.INVALID
    undecided = any(
        check.result is CheckResult.NOT_CHECKED and check.code in _UNDECIDED_WITHOUT for check in every
    )
    return Verdict.INDETERMINATE if undecided or not every else Verdict.VALID


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, StrEnum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
