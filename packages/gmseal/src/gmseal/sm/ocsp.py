"""OCSP answers (RFC 6960): read, and made for trials. Requests are somebody else's business.

A verifier gets answers with its trust store, as files: it asks nobody over the network.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import algorithms, curve, der
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.crl import RevocationReason, reason_of
from gmseal.sm.extensions import Extension, read_extensions
from gmseal.sm.keys import Signer

MAX_RESPONSE_BYTES: Final = 256 * 1024
MAX_ANSWERS: Final = 256
_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
_ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
_ENUMERATED: Final = 0x0A
_SUCCESSFUL: Final = b"\x00"


class OcspStatus(StrEnum):
    """CertStatus."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertificateId:
    """CertID: a certificate by digests of its issuer's name and key, and its serial number (hexadecimal)."""

    algorithm: str
    issuer_name_digest: bytes
    issuer_key_digest: bytes
    serial: str

    def names(self, certificate: CertificateInfo, issuer: CertificateInfo) -> bool:
        """True when this is the certificate, issued by that issuer."""
        return (
            self.serial == certificate.serial
            and algorithms.digest(self.algorithm, issuer.subject_raw) == self.issuer_name_digest
            and algorithms.digest(self.algorithm, key_octets(issuer)) == self.issuer_key_digest
        )


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """SingleResponse: the status of one certificate. ``keeps_expired_since`` is the archive cutoff."""

    certificate: CertificateId
    status: OcspStatus
    revoked_at: datetime | None
    reason: RevocationReason | None
    this_update: datetime
    next_update: datetime | None
    keeps_expired_since: datetime | None
    unknown_critical: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OcspResponse:
    """A successful basic response. The responder is named either by ``responder_raw`` or by a key digest."""

    tbs: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signature_oid: str
    responder_raw: bytes | None = field(repr=False)
    responder_key_digest: bytes | None
    produced_at: datetime
    answers: tuple[OcspAnswer, ...]
    certificates: tuple[bytes, ...] = field(repr=False)

    def by(self, certificate: CertificateInfo) -> bool:
        """True when the certificate is the one the responder names itself by."""
        if self.responder_raw is not None:
            return certificate.subject_raw == self.responder_raw
        key = key_octets(certificate)
        # RFC 6960 wants SHA-1 here; responders of the national scheme use SM3.
        digests = (algorithms.digest(oid, key) for oid in (algorithms.SHA1, curve.SM3, algorithms.SHA256))
        return self.responder_key_digest in tuple(digests)


def key_octets(certificate: CertificateInfo) -> bytes:
    """The octets of the public key's BIT STRING. Raises ``MalformedInput``."""
    _, key = der.parse(certificate.spki, "SubjectPublicKeyInfo").fields("SubjectPublicKeyInfo", 2, 2)
    return key.whole_octets("public key")


# --- reading -----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def read_ocsp_response(data: bytes) -> OcspResponse:
    """Read an OCSPResponse in DER. Raises ``MalformedInput``, and nothing else, for any bytes."""
    if len(data) > MAX_RESPONSE_BYTES:
        raise MalformedInput("An OCSP response is smaller than 256 KiB.")
    status, *rest = der.parse(data, "OCSPResponse").fields("OCSPResponse", 1, 2)
    if status.expect(_ENUMERATED, "responseStatus").content != _SUCCESSFUL or not rest:
        raise MalformedInput("The OCSP responder reports an error and answers nothing.")
    kind, octets = der.parse(rest[0].expect(0xA0, "responseBytes").content, "responseBytes").fields(
        "responseBytes", 2, 2
    )
    if kind.oid("responseType") != _BASIC:
        raise MalformedInput("The OCSP response is not of the basic type.")
    basic = der.parse(octets.octets("response"), "BasicOCSPResponse")
    tbs, algorithm, signature, *more = basic.fields("BasicOCSPResponse", 3, 4)
    certificates: tuple[bytes, ...] = ()
    if more:
        inside = der.parse(more[0].expect(0xA0, "certs").content, "certs").expect(der.SEQUENCE, "certs")
        certificates = tuple(child.raw for child in inside.children())[:16]
    name, key, produced_at, answers = _response_data(tbs)
    return OcspResponse(
        tbs=tbs.raw,
        signature=signature.whole_octets("signature"),
        signature_oid=algorithm.fields("signatureAlgorithm", 1, 2)[0].oid("signatureAlgorithm"),
        responder_raw=name,
        responder_key_digest=key,
        produced_at=produced_at,
        answers=answers,
        certificates=certificates,
    )


def _response_data(
    element: der.Element,
) -> tuple[bytes | None, bytes | None, datetime, tuple[OcspAnswer, ...]]:
    parts = [part for part in element.expect(der.SEQUENCE, "ResponseData").children() if part.tag != 0xA0]
    if len(parts) not in {3, 4}:
        raise MalformedInput("ResponseData: three or four fields belong here.")
    responder, produced_at, responses = parts[:3]
    inside = der.parse(responder.content, "responderID")
    answers = tuple(_answer(child) for child in responses.expect(der.SEQUENCE, "responses").children())
    if len(answers) > MAX_ANSWERS:
        raise MalformedInput(f"ResponseData: more than {MAX_ANSWERS} answers.")
    if responder.tag == 0xA1:
        return inside.expect(der.SEQUENCE, "responderID").raw, None, produced_at.time("producedAt"), answers
    responder.expect(0xA2, "responderID")
    return None, inside.octets("responderID"), produced_at.time("producedAt"), answers


def _answer(element: der.Element) -> OcspAnswer:
    identifier, status, this_update, *rest = element.fields("SingleResponse", 3, 5)
    optional = {part.tag: part for part in rest}
    extensions: dict[str, Extension] = {}
    if 0xA1 in optional:
        extensions = read_extensions(der.parse(optional[0xA1].content, "singleExtensions"))
    next_update = None
    if 0xA0 in optional:
        next_update = der.parse(optional[0xA0].content, "nextUpdate").time("nextUpdate")
    found, revoked_at, reason = _status(status)
    cutoff = extensions.get(_ARCHIVE_CUTOFF)
    return OcspAnswer(
        certificate=_certificate_id(identifier),
        status=found,
        revoked_at=revoked_at,
        reason=reason,
        this_update=this_update.time("thisUpdate"),
        next_update=next_update,
        keeps_expired_since=None if cutoff is None else cutoff.parsed("archiveCutoff").time("archiveCutoff"),
        unknown_critical=tuple(
            oid for oid, each in extensions.items() if each.critical and oid != _ARCHIVE_CUTOFF
        ),
    )


def _status(element: der.Element) -> tuple[OcspStatus, datetime | None, RevocationReason | None]:
    if element.tag == 0x80:
        return OcspStatus.GOOD, None, None
    if element.tag == 0x82:
        return OcspStatus.UNKNOWN, None, None
    parts = list(element.expect(0xA1, "certStatus").children())
    if not 1 <= len(parts) <= 2:
        raise MalformedInput("RevokedInfo: one or two fields belong here.")
    reason = None
    if len(parts) == 2:
        reason = reason_of(der.parse(parts[1].expect(0xA0, "revocationReason").content, "revocationReason"))
    return OcspStatus.REVOKED, parts[0].time("revocationTime"), reason


def _certificate_id(element: der.Element) -> CertificateId:
    algorithm, name, key, serial = element.fields("CertID", 4, 4)
    return CertificateId(
        algorithm.fields("hashAlgorithm", 1, 2)[0].oid("hashAlgorithm"),
        name.octets("issuerNameHash"),
        key.octets("issuerKeyHash"),
        serial.expect(der.INTEGER, "serialNumber").content.hex(),
    )


# --- making, for trials ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """What a trial responder says about one certificate (DER); revoked when ``revoked_at`` is given."""

    certificate: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None
    unknown: bool = False


def make_ocsp_response(
    answers: Sequence[TrialAnswer],
    *,
    responder: bytes,
    responder_key: Signer,
    produced_at: datetime,
    digest: str = "sm3",
) -> bytes:
    """An OCSPResponse in DER signed with SM2; the responder's certificate goes along.

    ``digest`` names the algorithm of the certificate identifiers: ``sha1``, ``sha256`` or ``sm3``.
    Raises ``MalformedInput``, ``Refused`` (RESPONDER_KEY_MISMATCH).
    """
    info = read_certificate(responder)
    if info.public_key != responder_key.public_key:
        raise Refused("RESPONDER_KEY_MISMATCH", "The key does not belong to the responder's certificate.")
    tbs = der.sequence(
        der.explicit(1, info.subject_raw),
        der.generalized_time(produced_at),
        der.sequence(*(_encode_answer(answer, digest) for answer in answers)),
    )
    basic = der.sequence(
        tbs,
        curve.ALGORITHM_SM2_WITH_SM3,
        der.bit_string(responder_key.sign(tbs)),
        der.explicit(0, der.sequence(responder)),
    )
    octets = der.sequence(der.oid(_BASIC), der.octet_string(basic))
    return der.sequence(der.tlv(_ENUMERATED, _SUCCESSFUL), der.explicit(0, octets))


def _encode_answer(answer: TrialAnswer, digest: str) -> bytes:
    certificate, issuer = read_certificate(answer.certificate), read_certificate(answer.issuer)
    oid = algorithms.SHA1 if digest == "sha1" else algorithms.digest_oid(digest)
    identifier = der.sequence(
        der.sequence(der.oid(oid)),
        der.octet_string(hashlib.new(digest, issuer.subject_raw, usedforsecurity=False).digest()),
        der.octet_string(hashlib.new(digest, key_octets(issuer), usedforsecurity=False).digest()),
        der.tlv(der.INTEGER, bytes.fromhex(certificate.serial)),
    )
    later = b"" if answer.next_update is None else der.explicit(0, der.generalized_time(answer.next_update))
    return der.sequence(identifier, _encode_status(answer), der.generalized_time(answer.this_update), later)


def _encode_status(answer: TrialAnswer) -> bytes:
    if answer.unknown:
        return der.implicit(2, b"")
    if answer.revoked_at is None:
        return der.implicit(0, b"")
    reason = b""
    if answer.reason is not None:
        reason = der.explicit(0, der.tlv(_ENUMERATED, bytes((answer.reason,))))
    return der.explicit(1, der.generalized_time(answer.revoked_at) + reason)
