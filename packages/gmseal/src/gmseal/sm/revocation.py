"""What revocation lists and OCSP answers say about a certificate, and whether they may say it.

A piece of information counts only when the certificate's own issuer signed it (a list), or a
responder whom that issuer appointed (an OCSP answer), and when it speaks of this certificate.
Why others were left aside is kept, so that "not checked" can give its reason.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm import algorithms
from gmseal.sm.certificate_info import EKU_OCSP_SIGNING, CertificateInfo, read_certificate
from gmseal.sm.crl import (
    RevocationList,
    RevocationReason,
    RevokedCertificate,
    distribution_names,
    may_sign_lists,
    read_crl,
)
from gmseal.sm.extensions import certificate_extensions
from gmseal.sm.ocsp import OcspAnswer, OcspResponse, OcspStatus, read_ocsp_response

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
_DISTRIBUTION_POINTS: Final = "2.5.29.31"


class Obstacle(StrEnum):
    """Why a list or an answer says nothing; the later in this order, the closer it came."""

    UNREADABLE = "unreadable"
    OTHER_CERTIFICATES = "other_certificates"
    INDIRECT = "indirect"
    DELTA = "delta"
    UNKNOWN_EXTENSION = "unknown_extension"
    BAD_SIGNATURE = "bad_signature"
    IN_FUTURE = "in_future"
    UNKNOWN_TO_RESPONDER = "unknown_to_responder"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One statement about the certificate. ``revoked_at`` None means: not revoked as of ``issued_at``.

    ``complete`` is False when the statement leaves out some reasons, or may have forgotten the
    certificate because it had expired: then only a revocation counts, not its absence.
    """

    source: str
    issued_at: datetime
    current_until: datetime | None
    complete: bool
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None
    invalid_since: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """True when it can tell about ``instant``: issued at or after it, or current then."""
        if self.issued_at >= instant:
            return True
        return self.current_until is not None and instant <= self.current_until


class _Signatures:
    """Which signatures were found good or bad. Remembers digests, so that no input is kept alive."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._lock = threading.Lock()

    def good(self, signed: bytes, issuer: bytes, verify: Callable[[], bool]) -> bool:
        """The result for these two, from memory or by ``verify``."""
        key = hashlib.sha256(signed).digest() + hashlib.sha256(issuer).digest()
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = verify()
            with self._lock:
                self._known[key] = known
                if len(self._known) > self._most:
                    self._known.popitem(last=False)
        return known


_signatures: Final = _Signatures(2048)


def issuer_of(certificate: CertificateInfo, candidates: Iterable[bytes]) -> CertificateInfo | None:
    """The certificate whose key signed this one, among ``candidates`` (DER); None when it is not there."""
    for candidate in candidates:
        try:
            issuer = read_certificate(candidate)
        except MalformedInput:
            continue
        if issuer.subject_raw == certificate.issuer_raw and _signatures.good(
            certificate.der, candidate, partial(_issued_by, certificate, issuer)
        ):
            return issuer
    return None


def _issued_by(certificate: CertificateInfo, issuer: CertificateInfo) -> bool:
    return algorithms.verify_signature(
        issuer, certificate.signature_oid, certificate.signature, certificate.tbs
    )


def evidence_about(
    certificate: CertificateInfo,
    issuer: CertificateInfo,
    crls: Sequence[bytes],
    ocsp_responses: Sequence[bytes],
    now: datetime,
) -> tuple[list[Evidence], list[Obstacle]]:
    """Everything usable about ``certificate``, and what stood in the way of the rest. Never raises."""
    evidence: list[Evidence] = []
    obstacles: list[Obstacle] = []
    found = [_from_list(each, certificate, issuer, now) for each in crls]
    for response in ocsp_responses:
        found += _from_response(response, certificate, issuer, now)
    for each in found:
        if isinstance(each, Evidence):
            evidence.append(each)
        else:
            obstacles.append(each)
    return evidence, obstacles


# --- lists -------------------------------------------------------------------------------------


def _from_list(
    data: bytes, certificate: CertificateInfo, issuer: CertificateInfo, now: datetime
) -> Evidence | Obstacle:
    try:
        crl = read_crl(data)
        if crl.issuer_raw != issuer.subject_raw or not _speaks_of(crl, certificate):
            return Obstacle.OTHER_CERTIFICATES
        obstacle = _obstacle(crl, issuer, now)
        if obstacle is not None:
            return obstacle
        return _evidence(crl, certificate, crl.entry(certificate.serial))
    except MalformedInput:
        return Obstacle.UNREADABLE


def _obstacle(crl: RevocationList, issuer: CertificateInfo, now: datetime) -> Obstacle | None:
    if crl.distribution.indirect:
        return Obstacle.INDIRECT
    if crl.delta:
        return Obstacle.DELTA
    if crl.unknown_critical:
        return Obstacle.UNKNOWN_EXTENSION
    if not may_sign_lists(issuer) or not _signatures.good(
        crl.raw, issuer.der, partial(_list_verifies, crl, issuer)
    ):
        return Obstacle.BAD_SIGNATURE
    return Obstacle.IN_FUTURE if crl.this_update > now + CLOCK_TOLERANCE else None


def _list_verifies(crl: RevocationList, issuer: CertificateInfo) -> bool:
    return algorithms.verify_signature(issuer, crl.signature_oid, crl.signature, crl.tbs)


def _speaks_of(crl: RevocationList, certificate: CertificateInfo) -> bool:
    """RFC 5280, 6.3.3 (b): the scope of the list includes the certificate."""
    scope = crl.distribution
    if scope.attributes_only or (scope.users_only and certificate.is_ca):
        return False
    if scope.authorities_only and not certificate.is_ca:
        return False
    # A list in parts names its place; the certificate must name the same one.
    return not scope.names or bool(scope.names & _points(certificate.der))


@lru_cache(maxsize=256)
def _points(certificate: bytes) -> frozenset[bytes]:
    extension = certificate_extensions(read_certificate(certificate).tbs).get(_DISTRIBUTION_POINTS)
    if extension is None:
        return frozenset()
    found: set[bytes] = set()
    for point in extension.parsed("cRLDistributionPoints").children():
        for child in point.children():
            if child.tag == 0xA0:
                found |= distribution_names(child)
    return frozenset(found)


def _evidence(
    crl: RevocationList, certificate: CertificateInfo, entry: RevokedCertificate | None
) -> Evidence:
    if entry is not None and entry.reason is RevocationReason.REMOVE_FROM_CRL:
        entry = None
    complete = not crl.distribution.some_reasons_only and _remembers(
        crl.this_update, crl.keeps_expired_since, certificate
    )
    return Evidence(
        source="CRL",
        issued_at=crl.this_update,
        current_until=crl.next_update,
        complete=complete,
        revoked_at=None if entry is None else entry.at,
        reason=None if entry is None else entry.reason,
        invalid_since=None if entry is None else entry.invalid_since,
    )


def _remembers(issued_at: datetime, keeps_since: datetime | None, certificate: CertificateInfo) -> bool:
    """An authority may drop what has expired, unless it says since when it keeps it."""
    if issued_at <= certificate.not_after:
        return True
    return keeps_since is not None and keeps_since <= certificate.not_after


# --- OCSP --------------------------------------------------------------------------------------


def _from_response(
    data: bytes, certificate: CertificateInfo, issuer: CertificateInfo, now: datetime
) -> Iterator[Evidence | Obstacle]:
    try:
        response = read_ocsp_response(data)
        answers = [each for each in response.answers if each.certificate.names(certificate, issuer)]
    except MalformedInput:
        yield Obstacle.UNREADABLE
        return
    if not answers:
        yield Obstacle.OTHER_CERTIFICATES
        return
    if not _signatures.good(data, issuer.der, partial(_response_verifies, response, issuer)):
        yield Obstacle.BAD_SIGNATURE
        return
    for answer in answers:
        yield _from_answer(answer, response, certificate, now)


def _from_answer(
    answer: OcspAnswer, response: OcspResponse, certificate: CertificateInfo, now: datetime
) -> Evidence | Obstacle:
    if answer.unknown_critical:
        return Obstacle.UNKNOWN_EXTENSION
    if answer.this_update > now + CLOCK_TOLERANCE or response.produced_at > now + CLOCK_TOLERANCE:
        return Obstacle.IN_FUTURE
    if answer.status is OcspStatus.UNKNOWN:
        return Obstacle.UNKNOWN_TO_RESPONDER
    return Evidence(
        source="OCSP",
        issued_at=answer.this_update,
        current_until=answer.next_update,
        complete=_remembers(answer.this_update, answer.keeps_expired_since, certificate),
        revoked_at=answer.revoked_at,
        reason=answer.reason,
    )


def _response_verifies(response: OcspResponse, authority: CertificateInfo) -> bool:
    """RFC 6960, 4.2.2.2: signed by the issuer itself, or by a responder it appointed."""
    try:
        return any(
            response.by(signer)
            and algorithms.verify_signature(signer, response.signature_oid, response.signature, response.tbs)
            for signer in _responders(response, authority)
        )
    except MalformedInput:
        return False


def _responders(response: OcspResponse, authority: CertificateInfo) -> Iterator[CertificateInfo]:
    yield authority
    for each in response.certificates:
        try:
            info = read_certificate(each)
        except MalformedInput:
            continue
        appointed = (
            EKU_OCSP_SIGNING in info.extended_key_usage
            and info.may_sign()
            and info.valid_at(response.produced_at)
            and info.issuer_raw == authority.subject_raw
        )
        if appointed and issuer_of(info, (authority.der,)) is not None:
            yield info
