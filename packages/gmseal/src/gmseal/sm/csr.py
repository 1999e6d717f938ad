"""Certificate requests (PKCS#10, RFC 2986) for SM2 keys, signed with SM2 and SM3 under the default ID."""

from dataclasses import dataclass, field
from typing import Final

from gmseal.errors import GmsealError, MalformedInput
from gmseal.sm import curve, der
from gmseal.sm.certificate_info import name_parts, name_text
from gmseal.sm.certificates import Name, encode_name
from gmseal.sm.keys import PublicKey, Signer
from gmseal.sm.pkcs8 import armour, unarmoured

MAX_REQUEST_BYTES: Final = 64 << 10
LABEL: Final = "CERTIFICATE REQUEST"
_NEW_LABEL: Final = "NEW CERTIFICATE REQUEST"
"""What some tools write above the same content."""
_ATTRIBUTES: Final = 0xA0


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """Who asks for a certificate for which key. ``subject`` is text (RFC 4514)."""

    der: bytes = field(repr=False)
    info: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    subject: str
    subject_raw: bytes = field(repr=False)
    public_key: PublicKey

    def verify(self) -> bool:
        """True when the owner of the private key made the request."""
        return self.public_key.verify(self.signature, self.info)


def make_request(subject: Name, key: Signer) -> bytes:
    """A request in DER. Raises ``Refused`` (NAME)."""
    info = der.sequence(
        der.integer(0),
        encode_name(subject, trial=False),
        key.public_key.to_spki_der(),
        der.tlv(_ATTRIBUTES, b""),
    )
    signature = key.sign(info)
    if not key.public_key.verify(signature, info):
        raise GmsealError("The key returned a signature that does not verify.")
    return der.sequence(info, curve.ALGORITHM_SM2_WITH_SM3, der.bit_string(signature))


def to_pem(request: bytes) -> bytes:
    """A request as PEM."""
    return armour(LABEL, request)


def read_request(data: bytes) -> CertificateRequest:
    """Read PEM or DER; the signature is judged by ``verify``. Raises ``MalformedInput``."""
    if len(data) > MAX_REQUEST_BYTES:
        raise MalformedInput("A certificate request is smaller than 64 KiB.")
    if data[:1] != b"\x30":
        new = b"BEGIN " + _NEW_LABEL.encode("ascii") in data
        data = unarmoured(_NEW_LABEL if new else LABEL, data)
    info, algorithm, signature = der.parse(data, "certificate request").fields("certificate request", 3, 3)
    version, subject, key, attributes = info.fields("certificationRequestInfo", 4, 4)
    if version.integer("version") != 0 or attributes.tag != _ATTRIBUTES:
        raise MalformedInput("certificationRequestInfo: not of PKCS#10.")
    identifier, *parameters = algorithm.fields("signatureAlgorithm", 1, 2)
    # Some tools write NULL where nothing belongs.
    if identifier.oid("signature algorithm") != curve.SM2_WITH_SM3 or any(
        parameter.raw != b"\x05\x00" for parameter in parameters
    ):
        raise MalformedInput("The certificate request is not signed with SM2 and SM3.")
    return CertificateRequest(
        der=data,
        info=info.raw,
        signature=signature.whole_octets("signature"),
        subject=name_text(list(name_parts(subject))),
        subject_raw=subject.raw,
        public_key=PublicKey.from_spki(key.raw),
    )
