"""Judging a file that is a bare seal, or a bare seal signature whose document is not at hand."""

import hashlib
from datetime import datetime

from gmseal.checks import Check
from gmseal.errors import GmsealError, MalformedInput
from gmseal.instants import verifier_time
from gmseal.policy import DEFAULT, Policy
from gmseal.report import Finding, Report, SignatureReport, decide
from gmseal.ses.seal_reading import read_seal
from gmseal.ses.signature_reading import read_signature
from gmseal.ses.summary import signature_report
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import der
from gmseal.trust import TrustStore


def verify_der(
    data: bytes, trust: TrustStore, at: datetime | None = None, policy: Policy = DEFAULT
) -> Report:
    """The report on a seal or a seal signature in DER, told apart by structure.

    ``at`` is the verifier's time, now when None. Raises ``MalformedInput`` when the bytes are neither.
    """
    now = verifier_time(at)
    root = der.parse(data, "seal")
    first = next(root.expect(der.SEQUENCE, "seal").children(), None)
    inner = next(first.children(), None) if first is not None and first.tag == der.SEQUENCE else None
    if inner is None:
        raise MalformedInput("This is neither a seal nor a seal signature.")
    if inner.tag == der.INTEGER:
        entry = _judge_signature(data, trust, now, policy)
        return _report(data, "seal_signature", policy, now, entry.checks, signatures=(entry,))
    checks, findings = _judge_seal(data, trust, now, policy)
    return _report(data, "seal", policy, now, checks, findings=findings)


def _judge_signature(data: bytes, trust: TrustStore, now: datetime, policy: Policy) -> SignatureReport:
    try:
        signature = read_signature(data)
    except GmsealError:
        return signature_report(None, judge_signature(data, None, trust, now, policy))
    return signature_report(signature, judge_signature(signature, None, trust, now, policy))


def _judge_seal(
    data: bytes, trust: TrustStore, now: datetime, policy: Policy
) -> tuple[tuple[Check, ...], tuple[Finding, ...]]:
    try:
        seal = read_seal(data)
    except GmsealError:
        return judge_seal(data, now, trust, policy), ()
    return judge_seal(seal, now, trust, policy), seal.findings


def _report(
    data: bytes,
    kind: str,
    policy: Policy,
    now: datetime,
    checks: tuple[Check, ...],
    *,
    signatures: tuple[SignatureReport, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> Report:
    return Report(
        verdict=decide(checks, policy),
        sm3=hashlib.new("sm3", data).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind=kind,
        signatures=signatures,
        checks=() if signatures else checks,
        findings=findings,
        policy=policy.name,
        judged_at=now,
    )
