"""Certificate revocation lists (RFC 5280, 5; GB/T 20518): made with SM2, read from any authority."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Final

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.sm import curve, der
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.extensions import Extension, encode_extension, read_extensions
from gmseal.sm.keys import Signer

MAX_CRL_BYTES: Final = 64 << 20
_REMEMBERED_BYTES: Final = 1 << 20
"""Larger lists are read anew each time rather than kept in memory."""
MAX_ENTRIES_WRITTEN: Final = 1_000_000

_CRL_NUMBER: Final = "2.5.29.20"
_REASON: Final = "2.5.29.21"
_INVALIDITY_DATE: Final = "2.5.29.24"
_DELTA: Final = "2.5.29.27"
_DISTRIBUTION: Final = "2.5.29.28"
_CERTIFICATE_ISSUER: Final = "2.5.29.29"
_AUTHORITY_KEY: Final = "2.5.29.35"
_EXPIRED_CERTIFICATES: Final = "2.5.29.60"
_UNDERSTOOD: Final = frozenset({_CRL_NUMBER, _DELTA, _DISTRIBUTION, _AUTHORITY_KEY, _EXPIRED_CERTIFICATES})
_ENUMERATED: Final = 0x0A


class RevocationReason(IntEnum):
    """CRLReason of RFC 5280, 5.3.1."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


COMPROMISED: Final = frozenset(
    {RevocationReason.KEY_COMPROMISE, RevocationReason.CA_COMPROMISE, RevocationReason.AA_COMPROMISE}
)
"""Reasons that say that somebody else has the key, or had it."""


@dataclass(frozen=True, slots=True)
class RevokedCertificate:
    """One entry. ``serial`` is hexadecimal as ``CertificateInfo.serial``; times are UTC.

    ``invalid_since`` is since when the authority thinks the key was in doubt, if it says so. RFC
    5280 leaves out a reason rather than calling it unspecified; for a time-stamp authority the two
    differ (RFC 3161, 4).
    """

    serial: str
    at: datetime
    reason: RevocationReason | None = None
    invalid_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """IssuingDistributionPoint: for which certificates a list speaks. ``names`` are DER GeneralNames."""

    names: frozenset[bytes] = frozenset()
    users_only: bool = False
    authorities_only: bool = False
    some_reasons_only: bool = False
    indirect: bool = False
    attributes_only: bool = False


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list as read. ``entry`` finds a certificate in it; entries are decoded when asked for.

    A list of a large authority has hundreds of thousands of entries, of which a verifier wants one.
    """

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signature_oid: str
    issuer_raw: bytes = field(repr=False)
    this_update: datetime
    next_update: datetime | None
    number: int | None
    delta: bool
    distribution: Distribution
    unknown_critical: tuple[str, ...]
    keeps_expired_since: datetime | None
    _revoked: der.Element | None = field(repr=False, compare=False)

    def entry(self, serial: str) -> RevokedCertificate | None:
        """The entry of a serial number (hexadecimal). Raises ``MalformedInput``."""
        revoked, wanted = self._revoked, der.tlv(der.INTEGER, _serial_octets(serial))
        # Octets that are nowhere are no entry either; only where they are is it worth walking.
        if revoked is None or revoked.data.find(wanted, revoked.content_start, revoked.end) < 0:
            return None
        found = (entry for entry in revoked.children() if _serial(entry).raw == wanted)
        place = next(found, None)
        return None if place is None else _entry(place)

    def serials(self) -> tuple[str, ...]:
        """The serial numbers of all entries, hexadecimal. Raises ``MalformedInput``."""
        entries = () if self._revoked is None else self._revoked.children()
        return tuple(_serial(entry).content.hex() for entry in entries)


def make_crl(
    *,
    issuer: bytes,
    issuer_key: Signer,
    revoked: Iterable[RevokedCertificate],
    this_update: datetime,
    next_update: datetime,
    number: int,
) -> bytes:
    """A full list in DER, signed with SM2.

    Raises ``MalformedInput``; ``Refused`` with ISSUER_KEY_MISMATCH, ISSUER_NOT_CA, VALIDITY or
    ENTRIES (a serial number twice, or a date after ``this_update``).
    """
    parent = _issuer(issuer, issuer_key)
    if this_update.tzinfo is None or next_update.tzinfo is None or next_update <= this_update:
        raise Refused("VALIDITY", "A list has a time zone and ends after it begins.")
    entries = _encode_entries(revoked, this_update)
    extensions = [encode_extension(_CRL_NUMBER, der.integer(number))]
    if parent.subject_key_identifier is not None:
        key = der.sequence(der.implicit(0, parent.subject_key_identifier))
        extensions.insert(0, encode_extension(_AUTHORITY_KEY, key))
    tbs = der.sequence(
        der.integer(1),
        curve.ALGORITHM_SM2_WITH_SM3,
        parent.subject_raw,
        der.x509_time(this_update),
        der.x509_time(next_update),
        # An empty list of entries is left out (RFC 5280, 5.1.2.6).
        der.sequence(*entries) if entries else b"",
        der.explicit(0, der.sequence(*extensions)),
    )
    signature = issuer_key.sign(tbs)
    if not issuer_key.public_key.verify(signature, tbs):
        raise GmsealError("The issuer's key returned a signature that does not verify.")
    return der.sequence(tbs, curve.ALGORITHM_SM2_WITH_SM3, der.bit_string(signature))


def _issuer(issuer: bytes, issuer_key: Signer) -> CertificateInfo:
    parent = read_certificate(issuer)
    if parent.public_key != issuer_key.public_key:
        raise Refused("ISSUER_KEY_MISMATCH", "The key does not belong to the issuer's certificate.")
    if not may_sign_lists(parent):
        raise Refused("ISSUER_NOT_CA", "The issuer's certificate may not sign revocation lists.")
    return parent


def may_sign_lists(certificate: CertificateInfo) -> bool:
    """True for an authority whose key may sign revocation lists."""
    usage = certificate.key_usage
    return certificate.is_ca and (usage is None or "cRLSign" in usage)


def _encode_entries(revoked: Iterable[RevokedCertificate], this_update: datetime) -> list[bytes]:
    seen: set[str] = set()
    encoded: list[bytes] = []
    for entry in revoked:
        if entry.serial in seen or entry.at > this_update or len(encoded) >= MAX_ENTRIES_WRITTEN:
            raise Refused("ENTRIES", f"The entry {entry.serial} occurs twice or is of the future.")
        seen.add(entry.serial)
        extensions: list[bytes] = []
        if entry.reason is not None:
            value = der.tlv(_ENUMERATED, bytes((entry.reason,)))
            extensions.append(encode_extension(_REASON, value))
        if entry.invalid_since is not None:
            extensions.append(encode_extension(_INVALIDITY_DATE, der.generalized_time(entry.invalid_since)))
        encoded.append(
            der.sequence(
                der.tlv(der.INTEGER, _serial_octets(entry.serial)),
                der.x509_time(entry.at),
                der.sequence(*extensions) if extensions else b"",
            )
        )
    return encoded


def _serial_octets(serial: str) -> bytes:
    try:
        octets = bytes.fromhex(serial)
    except ValueError as error:
        raise MalformedInput(f"{serial[:60]!r} is not a serial number in hexadecimal.") from error
    if not 0 < len(octets) <= 32:
        raise MalformedInput("A serial number has 1 to 20 octets.")
    return octets


def read_crl(data: bytes) -> RevocationList:
    """Read a list in DER. Raises ``MalformedInput``, and nothing else, for any bytes."""
    if len(data) > MAX_CRL_BYTES:
        raise MalformedInput("A revocation list is smaller than 64 MiB.")
    return _remembered(data) if len(data) <= _REMEMBERED_BYTES else _read(data)


@lru_cache(maxsize=64)
def _remembered(data: bytes) -> RevocationList:
    return _read(data)


def _read(data: bytes) -> RevocationList:
    tbs, algorithm, signature = der.parse(data, "CRL").fields("CRL", 3, 3)
    parts = list(tbs.expect(der.SEQUENCE, "tbsCertList").children())
    if parts and parts[0].tag == der.INTEGER:
        parts = parts[1:]
    if len(parts) < 3:
        raise MalformedInput("tbsCertList: fields are missing.")
    inner, issuer, this_update, *rest = parts
    if inner.raw != algorithm.raw:
        raise MalformedInput("The list names two different signature algorithms.")
    next_update = rest.pop(0).time("nextUpdate") if rest and rest[0].tag in {0x17, 0x18} else None
    revoked = rest.pop(0) if rest and rest[0].tag == der.SEQUENCE else None
    extensions: dict[str, Extension] = {}
    if rest:
        extensions = read_extensions(
            der.parse(rest.pop(0).expect(0xA0, "crlExtensions").content, "extensions")
        )
    if rest:
        raise MalformedInput("tbsCertList: a field that does not belong here.")
    return RevocationList(
        raw=data,
        tbs=tbs.raw,
        signature=signature.whole_octets("signature"),
        signature_oid=algorithm.fields("signatureAlgorithm", 1, 2)[0].oid("signatureAlgorithm"),
        issuer_raw=issuer.expect(der.SEQUENCE, "issuer").raw,
        this_update=this_update.time("thisUpdate"),
        next_update=next_update,
        number=_number(extensions.get(_CRL_NUMBER)),
        delta=_DELTA in extensions,
        distribution=_distribution(extensions.get(_DISTRIBUTION)),
        unknown_critical=tuple(
            oid for oid, extension in extensions.items() if extension.critical and oid not in _UNDERSTOOD
        ),
        keeps_expired_since=_instant(extensions.get(_EXPIRED_CERTIFICATES)),
        _revoked=revoked,
    )


def _serial(entry: der.Element) -> der.Element:
    serial = next(entry.expect(der.SEQUENCE, "revoked certificate").children(), None)
    if serial is None:
        raise MalformedInput("revoked certificate: an empty entry.")
    return serial.expect(der.INTEGER, "serial number")


def _entry(element: der.Element) -> RevokedCertificate:
    serial, at, *rest = element.fields("revoked certificate", 2, 3)
    extensions = read_extensions(rest[0]) if rest else {}
    unknown = [
        oid for oid, each in extensions.items() if each.critical and oid not in {_REASON, _INVALIDITY_DATE}
    ]
    if unknown or _CERTIFICATE_ISSUER in extensions:
        raise MalformedInput("revoked certificate: an entry of an indirect list, or of an unknown kind.")
    return RevokedCertificate(
        serial=serial.content.hex(),
        at=at.time("revocationDate"),
        reason=_reason(extensions.get(_REASON)),
        invalid_since=_instant(extensions.get(_INVALIDITY_DATE)),
    )


def _reason(extension: Extension | None) -> RevocationReason | None:
    return None if extension is None else reason_of(extension.parsed("reasonCode"))


def reason_of(element: der.Element) -> RevocationReason:
    """CRLReason. Raises ``MalformedInput``."""
    content = element.expect(_ENUMERATED, "reasonCode").content
    try:
        return RevocationReason(int.from_bytes(content[:4], "big"))
    except ValueError as error:
        raise MalformedInput("reasonCode: not a known reason.") from error


def _number(extension: Extension | None) -> int | None:
    return None if extension is None else extension.parsed("cRLNumber").integer("cRLNumber")


def _instant(extension: Extension | None) -> datetime | None:
    return None if extension is None else extension.parsed("date").time("date")


def _distribution(extension: Extension | None) -> Distribution:
    if extension is None:
        return Distribution()
    root = extension.parsed("issuingDistributionPoint").expect(der.SEQUENCE, "issuingDistributionPoint")
    fields = {child.tag: child for child in root.children()}

    def told(tag: int) -> bool:
        return tag in fields and fields[tag].content != b"\x00"

    return Distribution(
        names=distribution_names(fields[0xA0]) if 0xA0 in fields else frozenset(),
        users_only=told(0x81),
        authorities_only=told(0x82),
        some_reasons_only=0x83 in fields,
        indirect=told(0x84),
        attributes_only=told(0x85),
    )


def distribution_names(element: der.Element) -> frozenset[bytes]:
    """The GeneralNames of a DistributionPointName (its [0] wrapper), each in DER."""
    named = next(element.children(), None)
    if named is None or named.tag not in {0xA0, 0xA1}:
        raise MalformedInput("DistributionPointName: neither a full nor a relative name.")
    return frozenset(child.raw for child in named.children())
