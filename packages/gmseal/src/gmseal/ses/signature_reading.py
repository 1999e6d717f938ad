"""Reading seal signatures: SES_Signature of GB/T 38540-2020, 7.1, GM/T 0031-2025, and GM/T 0031-2014."""

from datetime import datetime
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.ses.deviations import Deviation
from gmseal.ses.form_reader import FormReader, looks_like_token, time_of_text
from gmseal.ses.model import RSA_WITH_SHA1, RSA_WITH_SHA256, Seal, SealSignature
from gmseal.ses.seal_reading import read_signature_value, require_strict_form, seal_of_element
from gmseal.ses.structures import MAX_SEAL_BYTES
from gmseal.sm import der

MAX_SIGNATURE_BYTES: Final = 2 * MAX_SEAL_BYTES
_VERSION_1_FIELDS: Final = 2
_DIGEST_SIZES: Final = {RSA_WITH_SHA1: 20, RSA_WITH_SHA256: 32}


def read_signature(data: bytes, *, strict: bool = False) -> SealSignature:
    """Read a seal signature of version 1, 4 or 5. Raises ``MalformedInput``, ``Refused`` (SEAL_VERSION).

    What departs from the standard is read as it was meant and listed in ``findings``; with ``strict`` it is
    malformed.
    """
    if len(data) > MAX_SIGNATURE_BYTES:
        raise MalformedInput("A seal signature is smaller than 16 MiB.")
    root = der.parse(data, "SES_Signature")
    parts = list(root.expect(der.SEQUENCE, "SES_Signature").children())
    if len(parts) == _VERSION_1_FIELDS:
        signature = _signature_of_version_1(root, parts)
    elif 4 <= len(parts) <= 5:
        signature = _signature(root, parts)
    else:
        raise MalformedInput("SES_Signature: four or five fields belong here.")
    if strict:
        require_strict_form(signature.all_findings())
    return signature


def _signature(root: der.Element, parts: list[der.Element]) -> SealSignature:
    reader = FormReader()
    tbs, certificate, algorithm, signature = parts[:4]
    version, seal_element, signed_at, data_hash, prop, *rest = tbs.fields("toSign", 5, 6)
    seal = seal_of_element(seal_element)
    value, usual = reader.signature(signature, "signature")
    signer = reader.certificate(certificate.octets("cert"), "cert")
    _note_maker(reader, seal, signer)
    return SealSignature(
        version=version.integer("version"),
        seal=seal,
        signed_at=reader.time(signed_at, "timeInfo"),
        data_hash=reader.bits(data_hash, "dataHash", size=32),
        property_info=reader.text(prop, "propertyInfo"),
        extensions=reader.extensions(rest[0], tagged=True) if rest else (),
        certificate=signer,
        algorithm=reader.algorithm(algorithm, "signatureAlgID"),
        signature=usual,
        timestamp=reader.timestamp(parts[4]) if len(parts) == 5 else None,
        raw=root.raw,
        raw_tbs=tbs.raw,
        signature_value=value,
        findings=reader.findings,
    )


def _signature_of_version_1(root: der.Element, parts: list[der.Element]) -> SealSignature:
    """GM/T 0031-2014: certificate and algorithm lie inside toSign."""
    reader = FormReader()
    tbs, signature = parts
    version, seal_element, time, data_hash, prop, certificate, algorithm = tbs.fields("toSign", 7, 7)
    seal = seal_of_element(seal_element)
    named = reader.algorithm(algorithm, "signatureAlgorithm")
    if named == RSA_WITH_SHA1:
        reader.note(Deviation.WEAK_HASH, "signatureAlgorithm")
    value, usual = read_signature_value(reader, signature, "signature", named)
    signer = reader.certificate(certificate.octets("cert"), "cert")
    _note_maker(reader, seal, signer)
    signed_at, token = _time_of_version_1(reader, time)
    return SealSignature(
        version=version.integer("version"),
        seal=seal,
        signed_at=signed_at,
        data_hash=reader.bits(data_hash, "dataHash", size=_DIGEST_SIZES.get(named, 32)),
        property_info=reader.text(prop, "propertyInfo"),
        extensions=(),
        certificate=signer,
        algorithm=named,
        signature=usual,
        timestamp=token,
        raw=root.raw,
        raw_tbs=tbs.raw,
        signature_value=value,
        findings=reader.findings,
    )


def _time_of_version_1(reader: FormReader, element: der.Element) -> tuple[datetime, bytes | None]:
    """timeInfo BIT STRING: a time stamp, a time in DER, or a time as text; and the stamp if it is one."""
    octets = reader.bits(element, "timeInfo", size=len(element.content) - 1)
    if looks_like_token(octets):
        from gmseal.sm.timestamps.token import read_token  # noqa: PLC0415 - few signatures need it

        return read_token(octets).info.time, octets
    if octets[:1] in {bytes((der.UTC_TIME,)), bytes((der.GENERALIZED_TIME,))}:
        inner = der.parse(octets, "timeInfo")
        return reader.time(inner, "timeInfo", inner.tag), None
    return time_of_text(octets, reader, "timeInfo"), None


def _note_maker(reader: FormReader, seal: Seal, signer: bytes) -> None:
    if signer == seal.maker_certificate:
        reader.note(Deviation.MAKER_IS_SIGNER, "cert")
