"""Reading electronic seals: SESeal of GB/T 38540-2020, 6.1, GM/T 0031-2025, and GM/T 0031-2014."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from gmseal.errors import MalformedInput, Refused
from gmseal.report import Finding, strict_reading
from gmseal.ses.deviations import Deviation
from gmseal.ses.form_reader import FormReader
from gmseal.ses.memory import KNOWN_SEALS
from gmseal.ses.model import RSA_WITH_SHA1, RSA_WITH_SHA256, Seal
from gmseal.ses.structures import (
    CERTIFICATES,
    DIGESTS,
    HEADER_ID,
    MAX_SEAL_BYTES,
    MAX_SIGNERS,
    VERSION_1,
    WRITTEN_VERSIONS,
    SealPicture,
)
from gmseal.sm import der

_VERSION_1_FIELDS: Final = 2
"""SESeal of version 1 is SEQUENCE { esealInfo, signInfo }; the others have four or five fields."""
_OFD_PICTURE: Final = "ofd"


class _SignerList(NamedTuple):
    certificates: tuple[bytes, ...] = ()
    digests: tuple[tuple[str, bytes], ...] = ()
    ids: tuple[str, ...] = ()


class _Properties(NamedTuple):
    kind: int
    name: str
    list_type: int
    listed: _SignerList
    created_at: datetime
    valid_from: datetime
    valid_to: datetime


def read_seal(data: bytes, *, strict: bool = False) -> Seal:
    """Read a seal of version 1, 4 or 5. Raises ``MalformedInput``, ``Refused`` (SEAL_VERSION).

    Reading decides nothing: whether the seal is good is the business of ``gmseal.ses.verify``. What departs
    from the standard is read as it was meant and listed in ``findings``; with ``strict`` it is malformed.
    """
    if len(data) > MAX_SEAL_BYTES:
        raise MalformedInput("A seal is smaller than 8 MiB.")
    seal = seal_of_element(der.parse(data, "SESeal"))
    if strict:
        require_strict_form(seal.findings)
    return seal


def require_strict_form(findings: Sequence[Finding]) -> None:
    """Raises ``MalformedInput`` when a strict reader would refuse for one of these findings."""
    reading = strict_reading(findings)
    if not reading.accepts:
        raise MalformedInput(reading.en)


def seal_of_element(element: der.Element) -> Seal:
    """As ``read_seal``, for a seal inside a larger structure.

    A seal that was read before is not read again: the same octets always mean the same seal.
    """
    raw = element.raw
    known = KNOWN_SEALS.get(raw)
    if known is None:
        known = _read(der.parse(raw, "SESeal"))
        # The parts that a seal keeps (what was signed, the picture) are copies of its octets.
        KNOWN_SEALS.put(raw, known, 3 * len(raw))
    return known


def read_signature_value(
    reader: FormReader, element: der.Element, what: str, algorithm: str
) -> tuple[bytes, bytes]:
    """A signature value as written, and as its algorithm wants it."""
    if algorithm in {RSA_WITH_SHA1, RSA_WITH_SHA256}:
        octets = reader.bits(element, what, size=len(element.content) - 1)
        return octets, octets
    return reader.signature(element, what)


def _read(element: der.Element) -> Seal:
    parts = list(element.expect(der.SEQUENCE, "SESeal").children())
    if len(parts) == _VERSION_1_FIELDS:
        return _seal_of_version_1(element, parts)
    if not 4 <= len(parts) <= 5:
        raise MalformedInput("SESeal: four or five fields belong here.")
    reader = FormReader()
    info, certificate, algorithm, signature = parts[:4]
    header, es_id, properties, picture, *rest = info.fields("eSealInfo", 4, 5)
    version, vendor_id = _read_header(reader, header)
    if version not in WRITTEN_VERSIONS:
        raise Refused("SEAL_VERSION", f"Seals of version {version} are not read here.")
    said = _read_properties(reader, properties)
    named = reader.algorithm(algorithm, "signAlgID")
    value, usual = reader.signature(signature, "signedValue")
    return Seal(
        version=version,
        vendor_id=vendor_id,
        es_id=reader.text(es_id, "esID"),
        name=said.name,
        type=said.kind,
        list_type=said.list_type,
        signer_certificates=said.listed.certificates,
        signer_digests=said.listed.digests,
        created_at=said.created_at,
        valid_from=said.valid_from,
        valid_to=said.valid_to,
        picture=_read_picture(reader, picture),
        extensions=reader.extensions(rest[0], tagged=False) if rest else (),
        maker_certificate=reader.certificate(certificate.octets("cert"), "cert"),
        algorithm=named,
        signature=usual,
        timestamp=reader.timestamp(parts[4]) if len(parts) == 5 else None,
        raw=element.raw,
        raw_info=info.raw,
        signed=info.raw,
        signature_value=value,
        header_version=version,
        findings=reader.findings,
    )


def _seal_of_version_1(element: der.Element, parts: list[der.Element]) -> Seal:
    """GM/T 0031-2014: the maker signs SEQUENCE { esealInfo, cert, signatureAlgorithm }."""
    reader = FormReader()
    info, sign_info = parts
    header, es_id, properties, picture, *rest = info.fields("esealInfo", 4, 5)
    stated, vendor_id = _read_header(reader, header)
    if stated != VERSION_1:
        reader.note(Deviation.HEADER_VERSION, "header")
    said = _read_properties_1(reader, properties)
    certificate, algorithm, signature = sign_info.fields("signInfo", 3, 3)
    named = reader.algorithm(algorithm, "signatureAlgorithm")
    if named == RSA_WITH_SHA1:
        reader.note(Deviation.WEAK_HASH, "signatureAlgorithm")
    value, usual = read_signature_value(reader, signature, "signData", named)
    return Seal(
        version=VERSION_1,
        vendor_id=vendor_id,
        es_id=reader.text(es_id, "esID"),
        name=said.name,
        type=said.kind,
        list_type=said.list_type,
        signer_certificates=said.listed.certificates,
        signer_digests=said.listed.digests,
        signer_ids=said.listed.ids,
        created_at=said.created_at,
        valid_from=said.valid_from,
        valid_to=said.valid_to,
        picture=_read_picture(reader, picture),
        extensions=reader.extensions(rest[0], tagged=False) if rest else (),
        maker_certificate=reader.certificate(certificate.octets("cert"), "cert"),
        algorithm=named,
        signature=usual,
        timestamp=None,
        raw=element.raw,
        raw_info=info.raw,
        signed=der.sequence(info.raw, certificate.raw, algorithm.raw),
        signature_value=value,
        header_version=stated,
        findings=reader.findings,
    )


def _read_header(reader: FormReader, header: der.Element) -> tuple[int, str]:
    identifier, version, vendor = header.fields("header", 3, 3)
    if identifier.text("header ID") != HEADER_ID:
        raise MalformedInput("header: the identifier of a seal is ES.")
    return version.integer("version"), reader.text(vendor, "Vid")


def _read_properties(reader: FormReader, properties: der.Element) -> _Properties:
    kind, name, list_type, listed, created, begin, end = properties.fields("property", 7, 7)
    stated = list_type.integer("certListType")
    found = _read_list(reader, listed)
    if found.ids:
        raise MalformedInput("certList: certificates or their digests belong here.")
    meant = DIGESTS if found.digests else CERTIFICATES
    # An empty list has no content from which its type could be told.
    if stated != meant and (stated not in {CERTIFICATES, DIGESTS} or found.certificates or found.digests):
        reader.note(Deviation.LIST_TYPE, "certListType")
    return _Properties(
        kind=kind.integer("type"),
        name=reader.text(name, "name"),
        list_type=stated,
        listed=found,
        created_at=reader.time(created, "createDate"),
        valid_from=reader.time(begin, "validStart"),
        valid_to=reader.time(end, "validEnd"),
    )


def _read_properties_1(reader: FormReader, properties: der.Element) -> _Properties:
    kind, name, listed, created, begin, end = properties.fields("property", 6, 6)
    found = _read_list(reader, listed, bare=True)
    if found.ids:
        reader.note(Deviation.LIST_OF_IDS, "certList")
    elif next(listed.children(), listed).tag == der.SEQUENCE and found.certificates:
        reader.note(Deviation.LIST_OF_BARE_CERTIFICATES, "certList")
    return _Properties(
        kind=kind.integer("type"),
        name=reader.text(name, "name"),
        list_type=CERTIFICATES,
        listed=found,
        created_at=reader.time(created, "createDate", der.UTC_TIME),
        valid_from=reader.time(begin, "validStart", der.UTC_TIME),
        valid_to=reader.time(end, "validEnd", der.UTC_TIME),
    )


def _read_list(reader: FormReader, listed: der.Element, *, bare: bool = False) -> _SignerList:
    """The list by what its entries are; ``bare`` when a SEQUENCE is a certificate and an id is possible."""
    certificates: list[bytes] = []
    digests: list[tuple[str, bytes]] = []
    ids: list[str] = []
    for count, entry in enumerate(listed.expect(der.SEQUENCE, "certList").children()):
        if count == MAX_SIGNERS:
            raise MalformedInput(f"certList: more than {MAX_SIGNERS} entries.")
        if entry.tag == der.OCTET_STRING:
            certificates.append(entry.octets("certList"))
        elif entry.tag == der.IA5_STRING:
            ids.append(entry.text("certList"))
        elif bare:
            certificates.append(entry.expect(der.SEQUENCE, "certList").raw)
        else:
            name, value = entry.fields("CertDigestObj", 2, 2)
            digests.append((name.text("digest type"), value.octets("digest")))
    if sum(map(bool, (certificates, digests, ids))) > 1:
        raise MalformedInput("certList: entries of more than one kind.")
    for certificate in certificates:
        reader.certificate(certificate, "certList")
    return _SignerList(tuple(certificates), tuple(digests), tuple(ids))


def _read_picture(reader: FormReader, picture: der.Element) -> SealPicture:
    kind, data, width, height = picture.fields("picture", 4, 4)
    named = reader.text(kind, "picture type")
    if named.lower() == _OFD_PICTURE:
        reader.note(Deviation.PICTURE_IS_OFD, "picture")
    return SealPicture(named, data.octets("picture"), width.integer("width"), height.integer("height"))
