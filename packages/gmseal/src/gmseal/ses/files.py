"""Judging a file that is a bare seal, or a bare seal signature whose document is not at hand."""

import hashlib
from datetime import UTC, datetime

from gmseal.errors import MalformedInput
from gmseal.policy import DEFAULT, Policy
from gmseal.report import Report, decide
from gmseal.ses.signature import read_signature
from gmseal.ses.summary import signature_report
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import der
from gmseal.trust import TrustStore


def verify_der(
    data: bytes, trust: TrustStore, at: datetime | None = None, policy: Policy = DEFAULT
) -> Report:
    """The report on a seal or a seal signature in DER, told apart by structure.

    ``at`` is the verifier's time, now when None. Raises ``MalformedInput`` and ``Refused`` when the bytes are neither.
    """
    now = at or datetime.now(UTC)
    root = der.parse(data, "seal")
    first = next(root.expect(der.SEQUENCE, "seal").children(), None)
    inner = next(first.children(), None) if first is not None and first.tag == der.SEQUENCE else None
    if inner is None:
        raise MalformedInput("This is neither a seal nor a seal signature.")
    if inner.tag == der.INTEGER:
        signature = read_signature(data)
        checks = judge_signature(signature, None, trust, now, policy)
    else:
        signature, checks = None, judge_seal(data, now, trust, policy)
    return Report(
        verdict=decide(checks, policy),
        sm3=hashlib.new("sm3", data).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind="seal" if signature is None else "seal_signature",
        signatures=() if signature is None else (signature_report(signature, checks),),
        checks=checks if signature is None else (),
        policy=policy.name,
        judged_at=now,
    )
