"""The token itself: signed data whose content is a TSTInfo (RFC 3161, 2.4.2; GB/T 20520)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm import algorithms, der
from gmseal.sm.cms.building import build_signed_data
from gmseal.sm.cms.forms import CmsForm
from gmseal.sm.cms.reading import SignedData, SignerInfo, read_signed_data
from gmseal.sm.keys import Signer, sm3

TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
MAX_TOKEN_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Imprint:
    """MessageImprint: the digest of what is stamped."""

    algorithm: str
    value: bytes

    def encoded(self) -> bytes:
        """The structure in DER."""
        return der.sequence(der.sequence(der.oid(self.algorithm)), der.octet_string(self.value))

    def matches(self, message: bytes) -> bool:
        """True when the imprint is that of ``message``; SHA-1 is no evidence of anything."""
        if self.algorithm == algorithms.SHA1:
            return False
        return algorithms.digest(self.algorithm, message) == self.value


@dataclass(frozen=True, slots=True)
class TstInfo:
    """What the authority states. ``accuracy`` is how far the true time may lie from ``time``."""

    policy: str
    imprint: Imprint
    serial: int
    time: datetime
    accuracy: timedelta | None
    nonce: int | None


@dataclass(frozen=True, slots=True)
class TimestampToken:
    """A token as read: the statement and the signed data around it."""

    info: TstInfo
    signed_data: SignedData = field(repr=False)
    signer: SignerInfo = field(repr=False)

    @property
    def certificate(self) -> bytes | None:
        """The authority's certificate (DER) when the token carries it."""
        return self.signed_data.certificate_of(self.signer)


def build_token(
    *,
    imprint: Imprint,
    policy: str,
    serial: int,
    time: datetime,
    certificate: bytes,
    signer: Signer,
    nonce: int | None = None,
    accuracy_seconds: int | None = None,
    extra_certificates: Sequence[bytes] = (),
) -> bytes:
    """A TimeStampToken signed with SM2. Raises ``MalformedInput`` and ``Refused`` as signed data does."""
    content = der.sequence(
        der.integer(1),
        der.oid(policy),
        imprint.encoded(),
        der.integer(serial),
        der.generalized_time(time),
        b"" if accuracy_seconds is None else der.sequence(der.integer(accuracy_seconds)),
        b"" if nonce is None else der.integer(nonce),
    )
    return build_signed_data(
        form=CmsForm.RFC5652,
        digest=sm3(content),
        content=content,
        content_type=TST_INFO,
        certificate=certificate,
        signer=signer,
        signed_at=time,
        extra_certificates=extra_certificates,
    )


def read_token(token: bytes) -> TimestampToken:
    """Read a token. Raises ``MalformedInput``, and nothing else, for any bytes."""
    if len(token) > MAX_TOKEN_BYTES:
        raise MalformedInput("A time-stamp token is smaller than 256 KiB.")
    signed_data = read_signed_data(token)
    if signed_data.content_type != TST_INFO or signed_data.content is None:
        raise MalformedInput("The signed data holds no time stamp.")
    if len(signed_data.signers) != 1:
        raise MalformedInput("A time-stamp token has exactly one signer.")
    signer = signed_data.signers[0]
    if signer.signed_attributes is None or signer.content_type != TST_INFO:
        raise MalformedInput("A time-stamp token signs the type of its content.")
    return TimestampToken(_read_info(signed_data.content), signed_data, signer)


def _read_info(content: bytes) -> TstInfo:
    root = der.parse(content, "TSTInfo")
    version, policy, imprint, serial, time, *rest = root.fields("TSTInfo", 5, 10)
    if version.integer("version") != 1:
        raise MalformedInput("TSTInfo: not version 1.")
    optional = {part.tag: part for part in rest}
    if len(optional) != len(rest) or not set(optional) <= {
        der.SEQUENCE,
        der.BOOLEAN,
        der.INTEGER,
        0xA0,
        0xA1,
    }:
        raise MalformedInput("TSTInfo: a field that does not belong here.")
    return TstInfo(
        policy=policy.oid("policy"),
        imprint=read_imprint(imprint),
        serial=serial.integer("serialNumber"),
        time=_precise_time(time),
        accuracy=_accuracy(optional[der.SEQUENCE]) if der.SEQUENCE in optional else None,
        nonce=optional[der.INTEGER].integer("nonce") if der.INTEGER in optional else None,
    )


def read_imprint(element: der.Element) -> Imprint:
    """MessageImprint. Raises ``MalformedInput``."""
    algorithm, value = element.fields("messageImprint", 2, 2)
    oid = algorithm.fields("hashAlgorithm", 1, 2)[0].oid("hashAlgorithm")
    return Imprint(oid, value.octets("hashedMessage"))


def _precise_time(element: der.Element) -> datetime:
    """GeneralizedTime in UTC with an optional fraction of a second (RFC 3161, 2.4.2)."""
    content = element.expect(der.GENERALIZED_TIME, "genTime").content
    whole, dot, fraction = content.partition(b".")
    if not dot:
        whole, fraction = content.removesuffix(b"Z"), b"Z"
    digits = fraction.removesuffix(b"Z")
    if not fraction.endswith(b"Z") or len(whole) != 14 or (dot and not digits.isdigit()) or len(digits) > 20:
        raise MalformedInput("genTime: not a time in UTC.")
    instant = der.parse(der.tlv(der.GENERALIZED_TIME, whole + b"Z"), "genTime").time("genTime")
    return (
        instant + timedelta(microseconds=int((digits + b"000000")[:6])) if digits else instant.astimezone(UTC)
    )


def _accuracy(element: der.Element) -> timedelta:
    seconds = millis = micros = 0
    for part in _accuracy_parts(element):
        value = int.from_bytes(part.content[:4], "big", signed=True)
        if len(part.content) > 4 or not 0 <= value <= 1 << 30:
            raise MalformedInput("accuracy: out of range.")
        if part.tag == der.INTEGER:
            seconds = value
        elif part.tag == 0x80:
            millis = value
        else:
            micros = value
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _accuracy_parts(element: der.Element) -> Iterator[der.Element]:
    for part in element.children():
        if part.tag not in {der.INTEGER, 0x80, 0x81}:
            raise MalformedInput("accuracy: a field that does not belong here.")
        yield part
