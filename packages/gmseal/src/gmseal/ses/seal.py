"""Making and reading electronic seals (SESeal of GB/T 38540-2020, clause 6)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.ses.structures import (
    ALGORITHM,
    CERTIFICATES,
    DIGESTS,
    HEADER_ID,
    MAX_SEAL_BYTES,
    MAX_SIGNERS,
    READABLE_VERSIONS,
    VERSION_4,
    Extension,
    SealPicture,
    read_extensions,
    whole_second,
)
from gmseal.sm import curve, der
from gmseal.sm.certificates import CertificateInfo, read_certificate
from gmseal.sm.keys import Signer, sm3

__all__ = ["Seal", "SealPicture", "SealSpec", "make_seal", "read_seal"]

MAX_NAME_CHARACTERS: Final = 200
MAX_ID_CHARACTERS: Final = 64
MAX_PICTURE_BYTES: Final = 1 << 20
MAX_SIDE_MM: Final = 200
_PICTURE_STARTS: Final = {"PNG": b"\x89PNG\r\n\x1a\n", "JPG": b"\xff\xd8\xff", "GIF": b"GIF8", "BMP": b"BM"}


@dataclass(frozen=True, slots=True)
class SealSpec:
    """What a seal to be made says. ``type`` is free by business; 1 is common for an organization."""

    es_id: str
    name: str
    type: int
    picture: SealPicture
    signer_certificates: tuple[bytes, ...]
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    vendor_id: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as read. ``raw`` is the whole DER, ``raw_info`` exactly what the maker signed.

    Either ``signer_certificates`` or ``signer_digests`` (algorithm and digest) is filled,
    depending on ``list_type``.
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

    @property
    def maker(self) -> CertificateInfo:
        """The maker's certificate. Raises ``MalformedInput`` when it cannot be read."""
        return read_certificate(self.maker_certificate)

    @property
    def trial(self) -> bool:
        """True when the maker is a trial one, so the seal has no legal effect."""
        return self.maker.trial

    def lists(self, certificate: bytes) -> bool:
        """True when the seal names this certificate as one that may use it (7.3)."""
        if self.list_type == CERTIFICATES:
            return certificate in self.signer_certificates
        return any(
            name.lower() in {"sm3", curve.SM3} and digest == sm3(certificate)
            for name, digest in self.signer_digests
        )

    def valid_at(self, instant: datetime) -> bool:
        """True within the seal's validity period, both ends included."""
        return self.valid_from <= instant <= self.valid_to


def make_seal(spec: SealSpec, maker_certificate: bytes, maker: Signer) -> bytes:
    """Make a seal of version 4 and return its DER.

    1. The maker's certificate belongs to the maker's key, is in force when the seal is created,
       and its key usage allows making seals.
    2. The content is within its limits and the signers' certificates can be read.
    3. The maker signs DER(eSealInfo), and nothing else.

    Raises ``Refused`` (MAKER_KEY_MISMATCH, MAKER_EXPIRED, MAKER_KEYUSAGE, SEAL_CONTENT, SIGNERS,
    VALIDITY, TIME) and ``MalformedInput``.
    """
    _check_maker(spec, maker_certificate, maker)
    info = _encode_info(spec)
    signature = maker.sign(info)
    if not maker.public_key.verify(signature, info):
        raise GmsealError("The maker's key returned a signature that does not verify.")
    return der.sequence(info, der.octet_string(maker_certificate), ALGORITHM, der.bit_string(signature))


def read_seal(data: bytes) -> Seal:
    """Read a seal of version 4 or 5. Raises ``MalformedInput``, ``Refused`` (SEAL_VERSION).

    Reading decides nothing: whether the seal is good is the business of ``gmseal.ses.verify``.
    """
    if len(data) > MAX_SEAL_BYTES:
        raise MalformedInput("A seal is smaller than 8 MiB.")
    return seal_of_element(der.parse(data, "SESeal"))


def seal_of_element(element: der.Element) -> Seal:
    """As ``read_seal``, for a seal inside a larger structure."""
    parts = list(element.expect(der.SEQUENCE, "SESeal").children())
    if len(parts) == 2:
        raise Refused("SEAL_VERSION", "This is a seal of version 1 (GM/T 0031-2014), which is not read here.")
    if not 4 <= len(parts) <= 5:
        raise MalformedInput("SESeal: four or five fields belong here.")
    info, maker_certificate, algorithm, signature = parts[:4]
    header, es_id, properties, picture, *rest = info.fields("eSealInfo", 4, 5)
    version, vendor_id = _read_header(header)
    kind, name, list_type, listed, created, valid_from, valid_to = properties.fields("property", 7, 7)
    certificates, digests = _read_list(list_type.integer("certListType"), listed)
    return Seal(
        version=version,
        vendor_id=vendor_id,
        es_id=es_id.text("esID"),
        name=name.text("name"),
        type=kind.integer("type"),
        list_type=list_type.integer("certListType"),
        signer_certificates=certificates,
        signer_digests=digests,
        created_at=created.time("createDate"),
        valid_from=valid_from.time("validStart"),
        valid_to=valid_to.time("validEnd"),
        picture=_read_picture(picture),
        extensions=read_extensions(rest[0]) if rest else (),
        maker_certificate=maker_certificate.octets("cert"),
        algorithm=algorithm.oid("signAlgID"),
        signature=signature.whole_octets("signedValue"),
        timestamp=read_timestamp(parts[4]) if len(parts) == 5 else None,
        raw=element.raw,
        raw_info=info.raw,
    )


def read_timestamp(element: der.Element) -> bytes:
    """The octets of ``timeStamp [0] EXPLICIT BIT STRING``. Raises ``MalformedInput``."""
    element.expect(0xA0, "timeStamp")
    return der.parse(element.content, "timeStamp").whole_octets("timeStamp")


def _check_maker(spec: SealSpec, maker_certificate: bytes, maker: Signer) -> None:
    info = read_certificate(maker_certificate)
    if info.public_key != maker.public_key:
        raise Refused("MAKER_KEY_MISMATCH", "The maker's key does not belong to the maker's certificate.")
    if not info.valid_at(whole_second(spec.created_at, "creation time")):
        raise Refused("MAKER_EXPIRED", "The maker's certificate is not in force when the seal is created.")
    if not info.may_make_seals():
        raise Refused("MAKER_KEYUSAGE", "The maker's certificate does not allow making seals.")


def _encode_info(spec: SealSpec) -> bytes:
    valid_from = whole_second(spec.valid_from, "start of validity")
    valid_to = whole_second(spec.valid_to, "end of validity")
    created_at = whole_second(spec.created_at, "creation time")
    if not valid_from < valid_to:
        raise Refused("VALIDITY", "A seal's validity ends after it begins.")
    for text, limit in (
        (spec.name, MAX_NAME_CHARACTERS),
        (spec.es_id, MAX_ID_CHARACTERS),
        (spec.vendor_id, 64),
    ):
        if not 1 <= len(text) <= limit or not text.isprintable():
            raise Refused("SEAL_CONTENT", f"A text of the seal has 1 to {limit} printable characters.")
    _check_picture(spec.picture)
    if not 1 <= len(spec.signer_certificates) <= MAX_SIGNERS:
        raise Refused("SIGNERS", f"A seal lists 1 to {MAX_SIGNERS} certificates of those who may use it.")
    for certificate in spec.signer_certificates:
        if not read_certificate(certificate).may_sign():
            raise Refused("SIGNERS", "A listed certificate does not allow signing.")
    header = der.sequence(der.ia5_string(HEADER_ID), der.integer(VERSION_4), der.ia5_string(spec.vendor_id))
    properties = der.sequence(
        der.integer(spec.type),
        der.utf8_string(spec.name),
        der.integer(CERTIFICATES),
        der.sequence(*(der.octet_string(certificate) for certificate in spec.signer_certificates)),
        der.generalized_time(created_at),
        der.generalized_time(valid_from),
        der.generalized_time(valid_to),
    )
    picture = der.sequence(
        der.ia5_string(spec.picture.type),
        der.octet_string(spec.picture.data),
        der.integer(spec.picture.width_mm),
        der.integer(spec.picture.height_mm),
    )
    return der.sequence(header, der.ia5_string(spec.es_id), properties, picture)


def _check_picture(picture: SealPicture) -> None:
    start = _PICTURE_STARTS.get(picture.type.upper())
    if start is None or not picture.data.startswith(start):
        raise Refused("SEAL_CONTENT", "The picture's bytes are not of the type it claims.")
    if len(picture.data) > MAX_PICTURE_BYTES:
        raise Refused("SEAL_CONTENT", "The picture is larger than 1 MiB; every signature repeats it.")
    if not (1 <= picture.width_mm <= MAX_SIDE_MM and 1 <= picture.height_mm <= MAX_SIDE_MM):
        raise Refused("SEAL_CONTENT", f"A side of the picture has 1 to {MAX_SIDE_MM} mm.")


def _read_header(header: der.Element) -> tuple[int, str]:
    identifier, version, vendor = header.fields("header", 3, 3)
    if identifier.text("header ID") != HEADER_ID:
        raise MalformedInput("header: the identifier of a seal is ES.")
    number = version.integer("version")
    if number not in READABLE_VERSIONS:
        raise Refused("SEAL_VERSION", f"Seals of version {number} are not read here.")
    return number, vendor.text("Vid")


def _read_list(
    list_type: int, listed: der.Element
) -> tuple[tuple[bytes, ...], tuple[tuple[str, bytes], ...]]:
    entries = listed.expect(der.SEQUENCE, "certList").children()
    certificates: list[bytes] = []
    digests: list[tuple[str, bytes]] = []
    for count, entry in enumerate(entries):
        if count == MAX_SIGNERS:
            raise MalformedInput(f"certList: more than {MAX_SIGNERS} entries.")
        if list_type == CERTIFICATES:
            certificates.append(entry.octets("certList"))
        elif list_type == DIGESTS:
            name, value = entry.fields("CertDigestObj", 2, 2)
            digests.append((name.text("digest type"), value.octets("digest")))
        else:
            raise MalformedInput(f"certListType: {list_type} is not defined.")
    return tuple(certificates), tuple(digests)


def _read_picture(picture: der.Element) -> SealPicture:
    kind, data, width, height = picture.fields("picture", 4, 4)
    return SealPicture(
        kind.text("picture type"), data.octets("picture"), width.integer("width"), height.integer("height")
    )
