"""Seals and seal signatures as read: one shape for the versions 1, 4 and 5."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from gmseal.report import Finding
from gmseal.ses.structures import Extension, SealPicture
from gmseal.sm import algorithms, curve
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.keys import sm3

RSA_WITH_SHA1 = "1.2.840.113549.1.1.5"
RSA_WITH_SHA256 = "1.2.840.113549.1.1.11"

_DIGEST_NAMES = frozenset({"sm3", curve.SM3, algorithms.SM3_WITHOUT_KEY})


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as read. ``raw`` is the whole DER, ``raw_info`` eSealInfo, ``signed`` exactly what the maker signed.

    ``version`` is that of the structure: 1 (GM/T 0031-2014), 4 (GB/T 38540-2020) or 5 (GM/T 0031-2025);
    ``header_version`` is the number written in the header. Of ``signer_certificates``, ``signer_digests``
    (algorithm and digest) and ``signer_ids`` one is filled; ``list_type`` is 1, 2 or what was written.
    ``signature_value`` holds the octets of the maker's signature as written, which a time stamp covers;
    ``signature`` is the same in the form of GB/T 35276. ``findings`` are the deviations met when reading.
    """

    version: int
    vendor_id: str
    es_id: str
    name: str
    type: int
    list_type: int
    signer_certificates: tuple[bytes, ...] = field(repr=False)
    signer_digests: tuple[tuple[str, bytes], ...] = field(repr=False)
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    picture: SealPicture
    extensions: tuple[Extension, ...]
    maker_certificate: bytes = field(repr=False)
    algorithm: str
    signature: bytes = field(repr=False)
    timestamp: bytes | None = field(repr=False)
    raw: bytes = field(repr=False)
    raw_info: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature_value: bytes = field(repr=False)
    header_version: int
    signer_ids: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def maker(self) -> CertificateInfo:
        """The maker's certificate. Raises ``MalformedInput`` when it cannot be read."""
        return read_certificate(self.maker_certificate)

    @property
    def trial(self) -> bool:
        """True when the maker is a trial one, so the seal has no legal effect."""
        return self.maker.trial

    def lists(self, certificate: bytes) -> bool:
        """True when the seal names this certificate as one that may use it (7.3).

        A list of identifiers (seen in version 1) names no certificate, so nothing is in it.
        """
        if self.signer_digests:
            digest = sm3(certificate)
            return any(
                name.lower() in _DIGEST_NAMES and hmac.compare_digest(value, digest)
                for name, value in self.signer_digests
            )
        return certificate in self.signer_certificates

    def valid_at(self, instant: datetime) -> bool:
        """True within the seal's validity period, both ends included."""
        return self.valid_from <= instant <= self.valid_to


@dataclass(frozen=True, slots=True)
class SealSignature:
    """A seal signature as read. ``raw_tbs`` is exactly what the signer signed: DER(toSign).

    ``signature_value`` and ``signature`` are as in ``Seal``. ``findings`` are those of the signature alone; the
    seal has its own.
    """

    version: int
    seal: Seal
    signed_at: datetime
    data_hash: bytes
    property_info: str
    extensions: tuple[Extension, ...]
    certificate: bytes = field(repr=False)
    algorithm: str
    signature: bytes = field(repr=False)
    timestamp: bytes | None = field(repr=False)
    raw: bytes = field(repr=False)
    raw_tbs: bytes = field(repr=False)
    signature_value: bytes = field(repr=False)
    findings: tuple[Finding, ...] = ()

    @property
    def signer(self) -> CertificateInfo:
        """The signer's certificate. Raises ``MalformedInput`` when it cannot be read."""
        return read_certificate(self.certificate)

    @property
    def digest_name(self) -> str:
        """The digest of the document as ``hashlib`` names it: the one that goes with the signature algorithm."""
        return {RSA_WITH_SHA1: "sha1", RSA_WITH_SHA256: "sha256"}.get(self.algorithm, "sm3")

    def all_findings(self) -> tuple[Finding, ...]:
        """The findings of the signature and of the seal inside."""
        return (*self.findings, *self.seal.findings)
