"""A verification report as lines of text."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from gmseal.checks import Check, CheckResult
from gmseal.report import Finding, Report, Severity, SignatureReport, Verdict

_BEIJING = timezone(timedelta(hours=8))
_MARKS = {
    CheckResult.PASS: "✓",
    CheckResult.WARN: "!",
    CheckResult.FAIL: "✗",
    CheckResult.NOT_CHECKED: "·",
}
_VERDICTS = {
    Verdict.VALID: ("有效", "valid"),
    Verdict.INVALID: ("无效", "not valid"),
    Verdict.INDETERMINATE: ("无法判定", "indeterminate"),
}
_SEVERITIES = {Severity.MINOR: ("轻微", "minor"), Severity.MAJOR: ("重大", "major")}
_OTHER = ("其他签名", "another kind of signature")
_KINDS = {
    "cms": ("电子签名", "signature"),
    "gbt35275": ("电子签名（GB/T 35275）", "signature (GB/T 35275)"),
    "timestamp": ("文档时间戳", "document time stamp"),
}


def report_lines(report: Report, file_name: str, *, chinese: bool) -> Iterator[str]:
    """The report for a terminal, in one language: what was found, level by level, and where it comes from."""
    zh, en = _VERDICTS[report.verdict]
    yield f"{file_name}: {zh if chinese else en}"
    yield f"  SM3 {report.sm3}"
    judged = "" if report.judged_at is None else f", {_moment(report.judged_at)}"
    yield f"  {'验证策略' if chinese else 'policy'} {report.policy}{judged}"
    for number, signature in enumerate(report.signatures, 1):
        yield from _signature_lines(number, signature, chinese=chinese)
    yield from _check_lines(report.checks, "  ", chinese=chinese)
    yield from _finding_lines(report.findings, "  ", chinese=chinese)
    reading = report.strict_reader
    yield f"  {reading.zh if chinese else reading.en}"


def _signature_lines(number: int, signature: SignatureReport, *, chinese: bool) -> Iterator[str]:
    name = signature.seal_name or _KINDS.get(signature.kind, _OTHER)[0 if chinese else 1]
    trial = " 【试用 TRIAL】" if signature.trial else ""
    yield f"  {number}. {name}{trial}"
    if signature.signed_at is not None:
        yield f"     {'签章时间' if chinese else 'signed at'} {_moment(signature.signed_at)}"
    if signature.signer is not None:
        yield f"     {'签章人' if chinese else 'signed by'} {signature.signer.subject}"
    yield from _check_lines(signature.checks, "     ", chinese=chinese)
    yield from _finding_lines(signature.findings, "     ", chinese=chinese)


def _check_lines(checks: Iterable[Check], indent: str, *, chinese: bool) -> Iterator[str]:
    for check in checks:
        mark, text = _MARKS[check.result], check.zh if chinese else check.en
        if check.children:
            yield f"{indent}{mark} {text.removesuffix('.')}"
            yield from _check_lines(check.children, indent + "  ", chinese=chinese)
        else:
            yield f"{indent}{mark} {check.code}: {text}"


def _finding_lines(findings: Iterable[Finding], indent: str, *, chinese: bool) -> Iterator[str]:
    for found in findings:
        severity = _SEVERITIES[found.severity][0 if chinese else 1]
        label = f"格式偏差（{severity}）" if chinese else f"form ({severity})"
        yield f"{indent}{label} {found.code} {found.where}: {found.zh if chinese else found.en}"


def _moment(instant: datetime) -> str:
    return f"{instant.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S %z}"
