"""Reading signed data of either form, as products write it.

Tolerated, and each named as a deviation: BER lengths, signed data without the ContentInfo around
it, PKCS#7 identifiers inside GB/T 35275, signatures as raw numbers. Zeros behind the end are
padding of the container and nothing to speak of.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from gmseal.errors import MalformedInput
from gmseal.sm import algorithms, ber, curve, der, signature_forms
from gmseal.sm.certificate_info import has_algorithm_parameters, read_certificate
from gmseal.sm.cms import forms
from gmseal.sm.cms.forms import CmsForm
from gmseal.sm.signature_forms import SignatureForm

MAX_CMS_BYTES: Final = 16 << 20
MAX_CERTIFICATES: Final = 64
MAX_SIGNERS: Final = 16
MAX_ATTRIBUTES: Final = 64

_CERTIFICATES, _CRLS = 0xA0, 0xA1
_SIGNED, _UNSIGNED = 0xA0, 0xA1

Value = TypeVar("Value")


class DeviationCode(StrEnum):
    """What departs from the standard and was read all the same."""

    BER_ENCODING = "CMS_BER_ENCODING"
    BARE_SIGNED_DATA = "CMS_BARE_SIGNED_DATA"
    FOREIGN_CONTENT_TYPE = "CMS_FOREIGN_CONTENT_TYPE"
    RAW_SIGNATURE = "CMS_RAW_SIGNATURE"
    NEGATIVE_NUMBER = "CMS_NEGATIVE_NUMBER"
    ATTRIBUTES_UNSORTED = "CMS_ATTRIBUTES_UNSORTED"
    KEY_ALGORITHM = "CMS_KEY_ALGORITHM"
    CERTIFICATE_PARAMETERS = "CERTIFICATE_PARAMETERS"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One departure from the standard and the field it was met in."""

    code: DeviationCode
    where: str


@dataclass(frozen=True, slots=True)
class CertificateDigest:
    """ESSCertID: the digest by which a signer binds his own certificate."""

    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signer. ``signed_attributes`` is the DER SET that was signed, None when the content was."""

    version: int
    issuer_raw: bytes | None = field(repr=False)
    serial: str | None
    key_identifier: bytes | None
    digest_algorithm: str
    signature_algorithm: str
    signature_parameters: bytes | None = field(repr=False)
    signature: bytes = field(repr=False)
    signature_as_found: bytes = field(repr=False)
    signed_attributes: bytes | None = field(repr=False)
    content_type: str | None
    message_digest: bytes | None
    signing_time: datetime | None
    certificate_digests: tuple[CertificateDigest, ...]
    timestamp: bytes | None = field(repr=False)

    def identifies(self, certificate: bytes) -> bool:
        """True when this signer's identifier names the certificate (DER)."""
        try:
            info = read_certificate(certificate)
        except MalformedInput:
            return False
        if self.key_identifier is not None:
            return info.subject_key_identifier == self.key_identifier
        return info.issuer_raw == self.issuer_raw and info.serial == self.serial

    def binds(self, certificate: bytes) -> bool | None:
        """Whether the signed certificate digest is that of the certificate; None when there is none."""
        if not self.certificate_digests:
            return None
        first = self.certificate_digests[0]
        return algorithms.digest(first.algorithm, certificate) == first.value


@dataclass(frozen=True, slots=True)
class SignedData:
    """Signed data as read. ``content`` is None when the signed octets lie outside."""

    form: CmsForm
    version: int
    digest_algorithms: tuple[str, ...]
    content_type: str
    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerInfo, ...]
    deviations: tuple[Deviation, ...]

    def certificate_of(self, signer: SignerInfo) -> bytes | None:
        """The certificate (DER) of a signer; None when it is not inside."""
        return next((each for each in self.certificates if signer.identifies(each)), None)


def read_signed_data(data: bytes) -> SignedData:
    """Read a ContentInfo with signed data. Raises ``MalformedInput``, and nothing else, for any bytes."""
    if len(data) > MAX_CMS_BYTES:
        raise MalformedInput("Signed data is smaller than 16 MiB.")
    deviations: list[Deviation] = []
    try:
        return _read(_unpadded(data), deviations)
    except MalformedInput:
        plain = ber.to_der(data, "signed data")
        if plain == data.rstrip(b"\0") or data.startswith(plain):
            raise
        deviations[:] = [Deviation(DeviationCode.BER_ENCODING, "ContentInfo")]
        return _read(der.parse(plain, "signed data"), deviations)


def _unpadded(data: bytes) -> der.Element:
    element = der.parse_prefix(data)
    if data[element.end :].strip(b"\0"):
        raise MalformedInput(f"signed data: {len(data) - element.end} bytes after the end.")
    return element


def _read(root: der.Element, deviations: list[Deviation]) -> SignedData:
    first = next(root.expect(der.SEQUENCE, "signed data").children(), None)
    if first is None:
        raise MalformedInput("signed data: an empty structure.")
    if first.tag == der.INTEGER:
        deviations.append(Deviation(DeviationCode.BARE_SIGNED_DATA, "ContentInfo"))
        return _signed_data(root, None, deviations)
    kind, wrapper = root.fields("ContentInfo", 2, 2)
    outer = kind.oid("contentType")
    form = next((form for form, oid in forms.SIGNED_DATA_OF.items() if oid == outer), None)
    if form is None:
        raise MalformedInput(f"The content type {outer} is not signed data.")
    inside = der.parse(wrapper.expect(0xA0, "content").content, "SignedData")
    return _signed_data(inside, form, deviations)


def _signed_data(element: der.Element, form: CmsForm | None, deviations: list[Deviation]) -> SignedData:
    parts = list(element.expect(der.SEQUENCE, "SignedData").children())
    if not 4 <= len(parts) <= 6:
        raise MalformedInput("SignedData: four to six fields belong here.")
    version, digests, inner, *optional, signers = parts
    certificates, crls = _optional(optional)
    if any(map(has_algorithm_parameters, certificates)):
        deviations.append(Deviation(DeviationCode.CERTIFICATE_PARAMETERS, "certificates"))
    content_type, content = _content(inner)
    if form is None:
        form = CmsForm.GBT35275 if content_type == forms.GB_DATA else CmsForm.RFC5652
    elif content_type in forms.DATA_OF.values() and content_type != forms.DATA_OF[form]:
        deviations.append(Deviation(DeviationCode.FOREIGN_CONTENT_TYPE, "contentInfo"))
    return SignedData(
        form=form,
        version=version.integer("version"),
        digest_algorithms=tuple(
            _algorithm(child) for child in _set(digests, "digestAlgorithms", MAX_SIGNERS)
        ),
        content_type=content_type,
        content=content,
        certificates=certificates,
        crls=crls,
        signers=tuple(_signer(child, deviations) for child in _set(signers, "signerInfos", MAX_SIGNERS)),
        deviations=tuple(deviations),
    )


def _optional(parts: list[der.Element]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    found: dict[int, tuple[bytes, ...]] = {}
    for part in parts:
        if part.tag not in {_CERTIFICATES, _CRLS} or part.tag in found:
            raise MalformedInput(f"SignedData: tag {part.tag:02X} does not belong here.")
        members = [child.raw for child in part.children() if child.tag == der.SEQUENCE]
        if len(members) > MAX_CERTIFICATES:
            raise MalformedInput(f"SignedData: more than {MAX_CERTIFICATES} certificates or lists.")
        found[part.tag] = tuple(members)
    return found.get(_CERTIFICATES, ()), found.get(_CRLS, ())


def _content(element: der.Element) -> tuple[str, bytes | None]:
    kind, *rest = element.fields("contentInfo", 1, 2)
    if not rest:
        return kind.oid("contentType"), None
    inside = der.parse(rest[0].expect(0xA0, "content").content, "content")
    # CMS has an OCTET STRING here; PKCS#7 any type, of which the octets without its head count.
    return kind.oid("contentType"), inside.content


def _set(element: der.Element, what: str, most: int) -> Iterator[der.Element]:
    for number, child in enumerate(element.expect(der.SET, what).children()):
        if number == most:
            raise MalformedInput(f"{what}: more than {most} members.")
        yield child


def _algorithm(element: der.Element) -> str:
    return element.fields("AlgorithmIdentifier", 1, 2)[0].oid("algorithm")


# --- signers -----------------------------------------------------------------------------------


def _signer(element: der.Element, deviations: list[Deviation]) -> SignerInfo:
    parts = element.fields("SignerInfo", 5, 7)
    version, identifier, digest, *rest = parts
    signed = rest.pop(0) if rest[0].tag == _SIGNED else None
    if not 2 <= len(rest) <= 3:
        raise MalformedInput("SignerInfo: fields are missing.")
    algorithm, value, *last = rest
    issuer, serial, key_identifier = _identifier(identifier)
    signature_algorithm = _signature_algorithm(algorithm, deviations)
    found = value.octets("signature")
    signature = _signature(found, signature_algorithm, deviations)
    attributes = {} if signed is None else _attributes(signed)
    unsigned = _attributes(last[0].expect(_UNSIGNED, "unsignedAttrs")) if last else {}
    return SignerInfo(
        version=version.integer("version"),
        issuer_raw=issuer,
        serial=serial,
        key_identifier=key_identifier,
        digest_algorithm=_algorithm(digest),
        signature_algorithm=signature_algorithm,
        signature_parameters=_parameters(algorithm),
        signature=signature,
        signature_as_found=found,
        signed_attributes=None if signed is None else _as_set(signed, deviations),
        content_type=_single(attributes, forms.CONTENT_TYPE, lambda value: value.oid("contentType")),
        message_digest=_single(attributes, forms.MESSAGE_DIGEST, lambda value: value.octets("messageDigest")),
        signing_time=_single(attributes, forms.SIGNING_TIME, lambda value: value.time("signingTime")),
        certificate_digests=_certificate_digests(attributes),
        timestamp=_single(unsigned, forms.TIMESTAMP_TOKEN, lambda value: value.raw),
    )


def _identifier(element: der.Element) -> tuple[bytes | None, str | None, bytes | None]:
    if element.tag == 0x80:
        return None, None, element.content
    issuer, serial = element.fields("issuerAndSerialNumber", 2, 2)
    return issuer.raw, serial.expect(der.INTEGER, "serialNumber").content.hex(), None


def _signature_algorithm(element: der.Element, deviations: list[Deviation]) -> str:
    oid = _algorithm(element)
    if oid == curve.SM2_CURVE:
        deviations.append(Deviation(DeviationCode.KEY_ALGORITHM, "signatureAlgorithm"))
    return oid


def _parameters(element: der.Element) -> bytes | None:
    fields = element.fields("AlgorithmIdentifier", 1, 2)
    return fields[1].raw if len(fields) == 2 else None


def _signature(found: bytes, algorithm: str, deviations: list[Deviation]) -> bytes:
    if not algorithms.is_sm2_signature(algorithm):
        return found
    signature, form = signature_forms.in_der(found)
    if form is SignatureForm.RAW:
        deviations.append(Deviation(DeviationCode.RAW_SIGNATURE, "signature"))
    elif form is SignatureForm.NEGATIVE:
        deviations.append(Deviation(DeviationCode.NEGATIVE_NUMBER, "signature"))
    return signature


# --- attributes --------------------------------------------------------------------------------


def _attributes(element: der.Element) -> dict[str, list[der.Element]]:
    """The values by type. An attribute that occurs twice could be read in two ways, so it is refused."""
    found: dict[str, list[der.Element]] = {}
    for number, child in enumerate(element.children()):
        kind, values = child.fields("Attribute", 2, 2)
        oid = kind.oid("attrType")
        if oid in found or number == MAX_ATTRIBUTES:
            raise MalformedInput(f"The attribute {oid} occurs twice, or there are too many.")
        found[oid] = list(values.expect(der.SET, "attrValues").children())
    return found


def _single(
    attributes: dict[str, list[der.Element]], oid: str, read: Callable[[der.Element], Value]
) -> Value | None:
    values = attributes.get(oid)
    if values is None:
        return None
    if len(values) != 1:
        raise MalformedInput(f"The attribute {oid} has {len(values)} values where one belongs.")
    return read(values[0])


def _as_set(element: der.Element, deviations: list[Deviation]) -> bytes:
    """The attributes as they were signed: with the tag of a SET, in the order they stand in.

    DER demands ascending order; a few products write another one and sign what they write.
    """
    members = [child.raw for child in element.children()]
    if members != sorted(members):
        deviations.append(Deviation(DeviationCode.ATTRIBUTES_UNSORTED, "signedAttrs"))
    return b"\x31" + element.raw[1:]


def _certificate_digests(attributes: dict[str, list[der.Element]]) -> tuple[CertificateDigest, ...]:
    """ESSCertIDs of RFC 5035: those of the second version when present, else of the first (SHA-1)."""
    second = _single(attributes, forms.SIGNING_CERTIFICATE_V2, _identified)
    if second is not None:
        return tuple(_digest_v2(member) for member in second)
    first = _single(attributes, forms.SIGNING_CERTIFICATE, _identified) or []
    return tuple(
        CertificateDigest(algorithms.SHA1, member.fields("ESSCertID", 1, 2)[0].octets("certHash"))
        for member in first
    )


def _identified(value: der.Element) -> list[der.Element]:
    certificates = value.fields("SigningCertificate", 1, 2)[0]
    found = list(certificates.expect(der.SEQUENCE, "certs").children())
    if not found:
        raise MalformedInput("SigningCertificate: it names no certificate.")
    return found


def _digest_v2(member: der.Element) -> CertificateDigest:
    fields = member.fields("ESSCertIDv2", 1, 3)
    named = fields[0].tag == der.SEQUENCE and len(fields) > 1
    algorithm = _algorithm(fields.pop(0)) if named else algorithms.SHA256
    return CertificateDigest(algorithm, fields[0].octets("certHash"))
