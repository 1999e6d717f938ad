"""A verification report as lines of text."""

from collections.abc import Iterator
from datetime import timedelta, timezone

from gmseal.report import Check, CheckResult, Report, SignatureReport, Verdict

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


def report_lines(report: Report, file_name: str, *, chinese: bool) -> Iterator[str]:
    """The report for a terminal, in one language."""
    zh, en = _VERDICTS[report.verdict]
    yield f"{file_name}: {zh if chinese else en}"
    yield f"  SM3 {report.sm3}"
    for number, signature in enumerate(report.signatures, 1):
        yield from _signature_lines(number, signature, chinese=chinese)
    for check in report.checks:
        yield _check_line(check, chinese=chinese)


def _signature_lines(number: int, signature: SignatureReport, *, chinese: bool) -> Iterator[str]:
    name = signature.seal_name or ("其他签名" if chinese else "another kind of signature")
    trial = " 【试用 TRIAL】" if signature.trial else ""
    yield f"  {number}. {name}{trial}"
    if signature.signed_at is not None:
        moment = signature.signed_at.astimezone(_BEIJING)
        yield f"     {'签章时间' if chinese else 'signed at'} {moment:%Y-%m-%d %H:%M:%S %z}"
    if signature.signer is not None:
        yield f"     {'签章人' if chinese else 'signed by'} {signature.signer.subject}"
    for check in signature.checks:
        yield "   " + _check_line(check, chinese=chinese)


def _check_line(check: Check, *, chinese: bool) -> str:
    return f"  {_MARKS[check.result]} {check.code}: {check.zh if chinese else check.en}"
