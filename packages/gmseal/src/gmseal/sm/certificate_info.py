"""Reading certificates: the few facts that seals need, from any X.509 certificate in DER."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm import curve, der
from gmseal.sm.keys import PublicKey

TRIAL_UNIT: Final = "双印试用 TRIAL"
"""The organizational unit by which people recognise a trial certificate."""

# Identifiers under 2.25 need no registry: the last number is a random UUID (ITU-T X.667).
_OWN_ARC: Final = "2.25.140134103192858967796658394972104601075"
POLICY_TRIAL: Final = f"{_OWN_ARC}.1"
"""The certificate policy by which programs recognise a trial certificate."""
EKU_SEAL_MAKING: Final = f"{_OWN_ARC}.2"
"""Extended key usage of a seal maker: its key may sign seals."""
EKU_DOCUMENT_SEALING: Final = f"{_OWN_ARC}.3"
"""Extended key usage of a signer: its key may seal documents, not make seals."""
EKU_TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
EKU_OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"

MAX_CERTIFICATE_BYTES: Final = 64 * 1024

_KEY_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.97": "organizationIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
    "0.9.2342.19200300.100.1.1": "UID",
}


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What a certificate says. Texts of names read like ``C=CN, O=…, CN=…``; times are UTC.

    ``key_usage`` is None when the certificate does not limit its key. ``point`` is empty when the
    key is not an SM2 key; ``public_key`` then raises. ``spki`` is the SubjectPublicKeyInfo of
    whatever key, ``critical_extensions`` names those a reader must understand.
    """

    der: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signature_oid: str
    subject: str
    issuer: str
    subject_raw: bytes = field(repr=False)
    issuer_raw: bytes = field(repr=False)
    common_name: str | None
    organization: str | None
    serial: str
    not_before: datetime
    not_after: datetime
    spki: bytes = field(repr=False)
    point: bytes = field(repr=False)
    key_usage: frozenset[str] | None
    extended_key_usage: tuple[str, ...]
    policies: tuple[str, ...]
    critical_extensions: frozenset[str]
    subject_key_identifier: bytes | None
    is_ca: bool
    trial: bool

    @property
    def self_issued(self) -> bool:
        """True when subject and issuer are the same name, as in a root."""
        return self.subject_raw == self.issuer_raw

    @property
    def public_key(self) -> PublicKey:
        """The SM2 key. Raises ``MalformedInput`` when the certificate holds another kind of key."""
        if not self.point:
            raise MalformedInput("The certificate's key is not an SM2 key.")
        return _public_key(self.point)

    def valid_at(self, instant: datetime) -> bool:
        """True within the validity period, both ends included."""
        return self.not_before <= instant <= self.not_after

    def may_sign(self) -> bool:
        """True when the key usage allows signatures on data."""
        return self.key_usage is None or bool(self.key_usage & {"digitalSignature", "nonRepudiation"})

    def may_make_seals(self) -> bool:
        """True when the key may sign seals.

        Certificates of the State's scheme have no mark of their own for that; those issued by
        this library have one, so that a signer cannot make himself another unit's seal.
        """
        if EKU_SEAL_MAKING in self.extended_key_usage:
            return self.may_sign()
        others = {EKU_DOCUMENT_SEALING, EKU_TIME_STAMPING, EKU_OCSP_SIGNING}
        return self.may_sign() and not self.trial and not others & set(self.extended_key_usage)

    def may_stamp(self) -> bool:
        """True when the key may stamp time and nothing else, marked critical (RFC 3161, 2.3)."""
        purposes = self.extended_key_usage
        return (
            purposes == (EKU_TIME_STAMPING,)
            and EXTENDED_KEY_USAGE in self.critical_extensions
            and self.may_sign()
        )

    def signed_by(self, issuer: PublicKey) -> bool:
        """True when ``issuer`` made the signature on this certificate."""
        return self.signature_oid == curve.SM2_WITH_SM3 and issuer.verify(self.signature, self.tbs)


@lru_cache(maxsize=512)
def read_certificate(certificate: bytes) -> CertificateInfo:
    """Read a certificate in DER. Raises ``MalformedInput``, and nothing else, for any bytes."""
    if len(certificate) > MAX_CERTIFICATE_BYTES:
        raise MalformedInput("A certificate is smaller than 64 KiB.")
    tbs, algorithm, signature = der.parse(certificate, "certificate").fields("certificate", 3, 3)
    parts = list(tbs.expect(der.SEQUENCE, "tbsCertificate").children())
    if parts and parts[0].tag == 0xA0:
        parts = parts[1:]
    if len(parts) < 6:
        raise MalformedInput("tbsCertificate: fields are missing.")
    serial, inner_algorithm, issuer, validity, subject, key = parts[:6]
    if inner_algorithm.raw != algorithm.raw:
        raise MalformedInput("The certificate names two different signature algorithms.")
    not_before, not_after = validity.fields("validity", 2, 2)
    subject_parts = list(name_parts(subject))
    extensions, critical = _extensions(parts[6:])
    policies = tuple(_policies(extensions.get("2.5.29.32")))
    return CertificateInfo(
        der=certificate,
        tbs=tbs.raw,
        signature=signature.whole_octets("signature"),
        signature_oid=_algorithm_oid(algorithm),
        subject=name_text(subject_parts),
        issuer=name_text(list(name_parts(issuer))),
        subject_raw=subject.raw,
        issuer_raw=issuer.raw,
        common_name=_first(subject_parts, "CN"),
        organization=_first(subject_parts, "O"),
        serial=serial.expect(der.INTEGER, "serial number").content.hex(),
        not_before=not_before.time("notBefore"),
        not_after=not_after.time("notAfter"),
        spki=key.raw,
        point=_sm2_point(key),
        key_usage=_key_usage(extensions.get("2.5.29.15")),
        extended_key_usage=tuple(_oids(extensions.get("2.5.29.37"))),
        policies=policies,
        critical_extensions=critical,
        subject_key_identifier=_octets(extensions.get("2.5.29.14")),
        is_ca=_is_ca(extensions.get("2.5.29.19")),
        trial=POLICY_TRIAL in policies or ("OU", TRIAL_UNIT) in subject_parts,
    )


@lru_cache(maxsize=512)
def has_algorithm_parameters(certificate: bytes) -> bool:
    """True when an SM2 signature algorithm is written with parameters (NULL), as many authorities do.

    They belong nowhere: SM2 with SM3 has none. False for what is no certificate.
    """
    try:
        algorithm = der.parse(certificate, "certificate").fields("certificate", 3, 3)[1]
        parts = algorithm.fields("signatureAlgorithm", 1, 2)
        return len(parts) == 2 and parts[0].oid("signatureAlgorithm") == curve.SM2_WITH_SM3
    except MalformedInput:
        return False


@lru_cache(maxsize=512)
def _public_key(point: bytes) -> PublicKey:
    return PublicKey.from_point(point)


def _algorithm_oid(element: der.Element) -> str:
    # Many authorities write NULL parameters behind the identifier, others none; both are read, and
    # ``has_algorithm_parameters`` tells who asks.
    return element.fields("signatureAlgorithm", 1, 2)[0].oid("signatureAlgorithm")


def _sm2_point(key: der.Element) -> bytes:
    try:
        return curve.point_of_spki(key)
    except MalformedInput:
        return b""


def name_parts(name: der.Element) -> Iterator[tuple[str, str]]:
    """Type and value of every attribute of a name, as written. Raises ``MalformedInput``."""
    for relative in name.expect(der.SEQUENCE, "name").children():
        for attribute in relative.expect(der.SET, "name").children():
            kind, value = attribute.fields("name", 2, 2)
            oid = kind.oid("name")
            yield _ATTRIBUTES.get(oid, oid), value.text("name")


def name_text(parts: list[tuple[str, str]]) -> str:
    """A name as text (RFC 4514)."""
    return ", ".join(f"{kind}={_escaped(text)}" for kind, text in parts)


def _escaped(text: str) -> str:
    # A comma inside a value must not look like the next attribute (RFC 4514, 2.4).
    return "".join(f"\\{sign}" if sign in ',+"\\<>;=' else sign for sign in text)


def _first(parts: list[tuple[str, str]], wanted: str) -> str | None:
    return next((text for kind, text in parts if kind == wanted), None)


def _extensions(rest: list[der.Element]) -> tuple[dict[str, der.Element], frozenset[str]]:
    """The values by identifier, and the identifiers marked critical."""
    found: dict[str, der.Element] = {}
    critical: set[str] = set()
    for wrapper in (element for element in rest if element.tag == 0xA3):
        for extension in (
            der.parse(wrapper.content, "extensions").expect(der.SEQUENCE, "extensions").children()
        ):
            fields = extension.fields("extension", 2, 3)
            oid = fields[0].oid("extension")
            if oid in found:
                raise MalformedInput(f"The extension {oid} occurs twice.")
            found[oid] = fields[-1].expect(der.OCTET_STRING, "extension")
            if len(fields) == 3 and fields[1].expect(der.BOOLEAN, "critical").content != b"\x00":
                critical.add(oid)
    return found, frozenset(critical)


def _inside(extension: der.Element | None) -> der.Element | None:
    return None if extension is None else der.parse(extension.content, "extension")


def _key_usage(extension: der.Element | None) -> frozenset[str] | None:
    element = _inside(extension)
    if element is None:
        return None
    octets, _ = element.bits("keyUsage")
    return frozenset(
        name
        for bit, name in enumerate(_KEY_USAGES)
        if bit // 8 < len(octets) and octets[bit // 8] & (0x80 >> bit % 8)
    )


def _oids(extension: der.Element | None) -> Iterator[str]:
    element = _inside(extension)
    if element is not None:
        for child in element.expect(der.SEQUENCE, "extended key usage").children():
            yield child.oid("extended key usage")


def _policies(extension: der.Element | None) -> Iterator[str]:
    element = _inside(extension)
    if element is not None:
        for policy in element.expect(der.SEQUENCE, "policies").children():
            yield policy.fields("policy", 1, 2)[0].oid("policy")


def _octets(extension: der.Element | None) -> bytes | None:
    element = _inside(extension)
    return None if element is None else element.octets("key identifier")


def _is_ca(extension: der.Element | None) -> bool:
    element = _inside(extension)
    if element is None:
        return False
    first = next(element.expect(der.SEQUENCE, "basicConstraints").children(), None)
    return first is not None and first.tag == der.BOOLEAN and first.content == b"\xff"
