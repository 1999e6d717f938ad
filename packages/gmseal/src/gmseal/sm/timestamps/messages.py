"""What a client sends to a time-stamp authority and what comes back (RFC 3161, 2.4.1 and 2.4.2)."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm import algorithms, der
from gmseal.sm.timestamps.token import MAX_TOKEN_BYTES, Imprint, read_imprint

MAX_REQUEST_BYTES: Final = 64 * 1024


class PkiStatus(IntEnum):
    """PKIStatus of RFC 3161."""

    GRANTED = 0
    GRANTED_WITH_MODIFICATIONS = 1
    REJECTION = 2
    WAITING = 3
    REVOCATION_WARNING = 4
    REVOCATION_NOTIFICATION = 5


class Failure(IntEnum):
    """The bits of PKIFailureInfo that RFC 3161 uses."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADDITIONAL_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """TimeStampReq as read."""

    imprint: Imprint
    policy: str | None
    nonce: int | None
    wants_certificate: bool
    has_extensions: bool


@dataclass(frozen=True, slots=True)
class TimestampResponse:
    """TimeStampResp as read. ``token`` is present exactly when the request was granted."""

    status: int
    texts: tuple[str, ...]
    failures: tuple[int, ...]
    token: bytes | None = field(repr=False)

    @property
    def granted(self) -> bool:
        """True when there is a token."""
        return self.status in {PkiStatus.GRANTED, PkiStatus.GRANTED_WITH_MODIFICATIONS}


def build_request(
    message: bytes, *, digest: str = "sm3", policy: str | None = None, nonce: int | None = None
) -> bytes:
    """TimeStampReq in DER over ``message``; the authority's certificate is asked for.

    Raises ``MalformedInput`` for a digest that is not ``sm3``, ``sha256``, ``sha384`` or ``sha512``.
    """
    oid = algorithms.digest_oid(digest)
    return der.sequence(
        der.integer(1),
        Imprint(oid, algorithms.digest(oid, message) or b"").encoded(),
        b"" if policy is None else der.oid(policy),
        b"" if nonce is None else der.integer(nonce),
        der.boolean(value=True),
    )


def read_request(data: bytes) -> TimestampRequest:
    """Read a TimeStampReq. Raises ``MalformedInput``, and nothing else, for any bytes."""
    if len(data) > MAX_REQUEST_BYTES:
        raise MalformedInput("A time-stamp request is smaller than 64 KiB.")
    version, imprint, *rest = der.parse(data, "TimeStampReq").fields("TimeStampReq", 2, 6)
    if version.integer("version") != 1:
        raise MalformedInput("TimeStampReq: not version 1.")
    optional = {part.tag: part for part in rest}
    allowed = {der.OBJECT_IDENTIFIER, der.INTEGER, der.BOOLEAN, 0xA0}
    if len(optional) != len(rest) or not set(optional) <= allowed:
        raise MalformedInput("TimeStampReq: a field that does not belong here.")
    return TimestampRequest(
        imprint=read_imprint(imprint),
        policy=optional[der.OBJECT_IDENTIFIER].oid("reqPolicy")
        if der.OBJECT_IDENTIFIER in optional
        else None,
        nonce=optional[der.INTEGER].integer("nonce") if der.INTEGER in optional else None,
        wants_certificate=der.BOOLEAN in optional and optional[der.BOOLEAN].content != b"\x00",
        has_extensions=0xA0 in optional,
    )


def build_response(
    status: PkiStatus, *, token: bytes | None = None, text: str | None = None, failure: Failure | None = None
) -> bytes:
    """TimeStampResp in DER."""
    info = der.sequence(
        der.integer(status),
        b"" if text is None else der.sequence(der.utf8_string(text)),
        b"" if failure is None else der.named_bits(failure),
    )
    return der.sequence(info, token or b"")


def read_response(data: bytes) -> TimestampResponse:
    """Read a TimeStampResp. Raises ``MalformedInput``, and nothing else, for any bytes."""
    if len(data) > MAX_TOKEN_BYTES:
        raise MalformedInput("A time-stamp response is smaller than 256 KiB.")
    info, *rest = der.parse(data, "TimeStampResp").fields("TimeStampResp", 1, 2)
    status, *details = info.fields("PKIStatusInfo", 1, 3)
    texts: tuple[str, ...] = ()
    failures: tuple[int, ...] = ()
    for detail in details:
        if detail.tag == der.SEQUENCE:
            texts = tuple(part.text("statusString") for part in detail.children())
        else:
            failures = _bits(detail)
    response = TimestampResponse(status.integer("status"), texts, failures, rest[0].raw if rest else None)
    if response.granted != (response.token is not None):
        raise MalformedInput("TimeStampResp: a token belongs to a granted request, and to no other.")
    return response


def _bits(element: der.Element) -> tuple[int, ...]:
    octets, _ = element.bits("failInfo")
    return tuple(bit for bit in range(8 * len(octets[:8])) if octets[bit // 8] & (0x80 >> bit % 8))
