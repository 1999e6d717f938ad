"""From a seal signature and its checks to its entry in a report."""

from collections.abc import Iterable
from typing import Any

from gmseal.checks import Group, arrange
from gmseal.errors import MalformedInput
from gmseal.report import Check, Finding, SealSummary, SignatureReport, SignerSummary, walk
from gmseal.ses.model import Seal, SealSignature
from gmseal.sm.certificate_info import CertificateInfo, read_certificate


def signature_report(
    signature: SealSignature | None,
    checks: Iterable[Check],
    coverage: dict[str, Any] | None = None,
    *,
    kind: str = "seal",
    findings: tuple[Finding, ...] = (),
    places: dict[str, Group] | None = None,
) -> SignatureReport:
    """The entry of one signature; ``signature`` is None when it cannot be read. Never raises.

    ``checks`` are those of the judge and the container's own, trees or loose steps in any order; ``places`` says
    under which group a container's own codes belong (see ``gmseal.checks.arrange``). ``findings`` are the
    container's, added to those of the signature itself.
    """
    tree = arrange(checks, places)
    if signature is None:
        return SignatureReport(
            kind=kind,
            seal_name=None,
            es_id=None,
            organization=None,
            trial=False,
            signed_at=None,
            signer=None,
            seal=None,
            checks=tree,
            coverage=coverage,
            findings=findings,
        )
    signer = _info(signature.certificate)
    seal = seal_summary(signature.seal)
    return SignatureReport(
        kind=kind,
        seal_name=signature.seal.name,
        es_id=signature.seal.es_id,
        organization=signer.organization if signer else None,
        trial=(
            seal.trial
            or (signer is not None and signer.trial)
            # An unmarked certificate below a trial authority shows only in the chain.
            or any(check.code == "TRIAL_SEAL" for check in walk(tree))
        ),
        signed_at=signature.signed_at,
        signer=signer_summary(signer) if signer else None,
        seal=seal,
        checks=tree,
        coverage=coverage,
        findings=(*signature.all_findings(), *findings),
    )


def seal_summary(seal: Seal) -> SealSummary:
    """What a seal says about itself. Never raises."""
    maker = _info(seal.maker_certificate)
    return SealSummary(
        version=seal.version,
        es_id=seal.es_id,
        name=seal.name,
        type=seal.type,
        vendor_id=seal.vendor_id,
        width_mm=seal.picture.width_mm,
        height_mm=seal.picture.height_mm,
        created_at=seal.created_at,
        valid_from=seal.valid_from,
        valid_to=seal.valid_to,
        maker=maker.subject if maker else "",
        trial=maker is not None and maker.trial,
    )


def signer_summary(info: CertificateInfo) -> SignerSummary:
    """Who a certificate speaks of."""
    return SignerSummary(info.subject, info.issuer, info.serial, info.not_before, info.not_after, info.trial)


def _info(certificate: bytes) -> CertificateInfo | None:
    try:
        return read_certificate(certificate)
    except MalformedInput:
        return None
