"""Making and reading seal signatures (SES_Signature of GB/T 38540-2020, clause 7)."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.ses.seal import Seal, read_seal, read_timestamp, seal_of_element
from gmseal.ses.structures import (
    ALGORITHM,
    MAX_SEAL_BYTES,
    Extension,
    read_extensions,
    whole_second,
)
from gmseal.sm import der
from gmseal.sm.certificates import CertificateInfo, read_certificate
from gmseal.sm.keys import PrivateKey, Signer

__all__ = ["SealSignature", "SealSigner", "read_signature", "sign_seal_signature"]

MAX_SIGNATURE_BYTES: Final = 2 * MAX_SEAL_BYTES
DIGEST_BYTES: Final = 32
_MAX_DER_SIGNATURE: Final = 72
"""r and s of 33 octets each (a leading zero included), with their headers."""
_TEMPLATES: Final = 16


@dataclass(frozen=True, slots=True)
class SealSignature:
    """A seal signature as read. ``raw_tbs`` is exactly what the signer signed: DER(toSign)."""

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

    @property
    def signer(self) -> CertificateInfo:
        """The signer's certificate. Raises ``MalformedInput`` when it cannot be read."""
        return read_certificate(self.certificate)


class SealSigner:
    """A seal, a certificate in its list and the key to it, checked once and ready to sign often.

    What does not change between signatures is encoded once; as the embedded seal makes up nearly
    all of what is hashed, the hash over it is kept too. May be shared between threads.
    """

    def __init__(self, seal: bytes, certificate: bytes, signer: Signer) -> None:
        """Check that these belong together (GB/T 38540, 7.2).

        1. The seal can be read and its maker's signature is good.
        2. The certificate is the signer's, and its key usage allows signing.
        3. The certificate is in the seal's list; who changes certificates needs a new seal.

        Raises ``MalformedInput``, ``Refused`` (SEAL_SIGNATURE, SIGNER_KEY_MISMATCH,
        SIGNER_KEYUSAGE, SIGNER_NOT_IN_SEAL).
        """
        self.seal = read_seal(seal)
        self.certificate = read_certificate(certificate)
        self._signer = signer
        self._check()
        self._version_and_seal = der.integer(self.seal.version) + seal
        self._certificate_and_algorithm = der.octet_string(certificate) + ALGORITHM
        self._templates: dict[int, tuple[bytes, hashlib._Hash]] = {}

    @property
    def signature_size(self) -> int:
        """The most bytes a signature takes whose property information has 256 characters or fewer."""
        tbs = len(self._version_and_seal) + 17 + 35 + 260
        return tbs + len(self._certificate_and_algorithm) + _MAX_DER_SIGNATURE + 3 + 2 * 6

    def sign(self, data_hash: bytes, property_info: str, signed_at: datetime) -> bytes:
        """The DER of a seal signature over a document's SM3 digest.

        ``property_info`` names what was digested, in ASCII. Raises ``Refused`` when seal or
        certificate is not in force at ``signed_at`` (SEAL_NOT_IN_FORCE, SIGNER_EXPIRED, TIME).
        """
        instant = whole_second(signed_at, "signing time")
        if not self.seal.valid_at(instant):
            raise Refused("SEAL_NOT_IN_FORCE", "The seal is not in force at the signing time.")
        if not self.certificate.valid_at(instant):
            raise Refused("SIGNER_EXPIRED", "The signer's certificate is not in force at the signing time.")
        if len(data_hash) != DIGEST_BYTES:
            raise MalformedInput("The data hash is an SM3 digest of 32 octets.")
        prop = der.ia5_string(property_info)
        tail = der.generalized_time(instant) + der.bit_string(data_hash) + prop
        head, template = self._template(len(tail))
        if isinstance(self._signer, PrivateKey):
            hashed = template.copy()
            hashed.update(tail)
            signature = self._signer.sign_digest(hashed.digest())
        else:
            signature = self._signer.sign(head + tail)
        body = head + tail + self._certificate_and_algorithm + der.bit_string(signature)
        return b"\x30" + der.length_octets(len(body)) + body

    def _template(self, tail: int) -> tuple[bytes, "hashlib._Hash"]:
        """The start of toSign for a tail of this length, and the running hash Z‖start."""
        found = self._templates.get(tail)
        if found is None:
            length = der.length_octets(len(self._version_and_seal) + tail)
            head = b"\x30" + length + self._version_and_seal
            hashed = hashlib.new("sm3", self.certificate.public_key.z())
            hashed.update(head)
            found = (head, hashed)
            if len(self._templates) >= _TEMPLATES:
                self._templates = {}
            self._templates[tail] = found
        return found

    def _check(self) -> None:
        maker = self.seal.maker.public_key
        if not maker.verify(self.seal.signature, self.seal.raw_info):
            raise Refused("SEAL_SIGNATURE", "The maker's signature on the seal is not good.")
        if self.certificate.public_key != self._signer.public_key:
            raise Refused("SIGNER_KEY_MISMATCH", "The key does not belong to the signer's certificate.")
        if not self.certificate.may_sign():
            raise Refused("SIGNER_KEYUSAGE", "The signer's certificate does not allow signing.")
        if not self.seal.lists(self.certificate.der):
            raise Refused("SIGNER_NOT_IN_SEAL", "The seal does not list the signer's certificate.")


def sign_seal_signature(
    *,
    seal: bytes,
    data_hash: bytes,
    property_info: str,
    certificate: bytes,
    signer: Signer,
    signed_at: datetime,
) -> bytes:
    """One seal signature in DER; see ``SealSigner`` for the checks and for signing many."""
    return SealSigner(seal, certificate, signer).sign(data_hash, property_info, signed_at)


def read_signature(data: bytes) -> SealSignature:
    """Read a seal signature of version 4 or 5. Raises ``MalformedInput``, ``Refused`` (SEAL_VERSION)."""
    if len(data) > MAX_SIGNATURE_BYTES:
        raise MalformedInput("A seal signature is smaller than 16 MiB.")
    root = der.parse(data, "SES_Signature")
    parts = list(root.expect(der.SEQUENCE, "SES_Signature").children())
    if len(parts) == 2:
        raise Refused("SEAL_VERSION", "This is a seal signature of version 1, which is not read here.")
    if not 4 <= len(parts) <= 5:
        raise MalformedInput("SES_Signature: four or five fields belong here.")
    tbs, certificate, algorithm, signature = parts[:4]
    version, seal, signed_at, data_hash, prop, *rest = tbs.fields("toSign", 5, 6)
    return SealSignature(
        version=version.integer("version"),
        seal=seal_of_element(seal),
        signed_at=signed_at.time("timeInfo"),
        data_hash=data_hash.whole_octets("dataHash"),
        property_info=prop.text("propertyInfo"),
        extensions=_read_extensions(rest[0]) if rest else (),
        certificate=certificate.octets("cert"),
        algorithm=algorithm.oid("signatureAlgID"),
        signature=signature.whole_octets("signature"),
        timestamp=read_timestamp(parts[4]) if len(parts) == 5 else None,
        raw=root.raw,
        raw_tbs=tbs.raw,
    )


def _read_extensions(element: der.Element) -> tuple[Extension, ...]:
    element.expect(0xA0, "extDatas")
    return read_extensions(der.parse(element.content, "extDatas"))
