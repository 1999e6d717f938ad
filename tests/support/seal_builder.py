"""Builds seals and seal signatures by hand: forgeries, deviations of form, and version 1, which nothing here writes.

The structures are put together from their fields, so that what a test changes is changed for good: lengths are right
and, where the test wants it, the signatures over it are made anew.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from gmseal.ses.seal import SealSpec, read_seal
from gmseal.sm import curve, der
from gmseal.sm.keys import PrivateKey
from gmseal.trial import TrialUnit

SM2_WITH_SM3 = "1.2.156.10197.1.501"
Change = Callable[[list[bytes]], None]


def put(at: int, value: bytes) -> Change:
    """Replace one field."""

    def change(parts: list[bytes]) -> None:
        parts[at] = value

    return change


def append(value: bytes) -> Change:
    """Add a field at the end."""

    def change(parts: list[bytes]) -> None:
        parts.append(value)

    return change


def rebuilt(data: bytes, change: Change, *path: int) -> bytes:
    """The structure with the parts of the SEQUENCE at ``path`` changed, all lengths made right."""

    def build(element: der.Element, rest: tuple[int, ...]) -> bytes:
        children = list(element.children())
        parts = [child.raw for child in children]
        if rest:
            parts[rest[0]] = build(children[rest[0]], rest[1:])
        else:
            change(parts)
        return der.sequence(*parts)

    return build(der.parse(data, "x"), path)


def field(data: bytes, *path: int) -> der.Element:
    """The field at ``path``."""
    element = der.parse(data, "x")
    for at in path:
        element = list(element.children())[at]
    return element


def resigned(data: bytes, key: PrivateKey) -> bytes:
    """The signature over the changed first field made anew: of a seal signature or of a seal."""
    return rebuilt(data, put(3, der.bit_string(key.sign(field(data, 0).raw))))


def remade(unit: TrialUnit, change: Change, *path: int) -> bytes:
    """The unit's seal with a field of eSealInfo changed and signed by the maker again."""
    return resigned(rebuilt(unit.seal, change, 0, *path), unit.authority.maker_key)


def with_seal(unit: TrialUnit, signature: bytes, seal: bytes) -> bytes:
    """A seal signature with another seal inside, signed by the signer again."""
    return resigned(rebuilt(signature, put(1, seal), 0), unit.key)


def spec_of(unit: TrialUnit) -> SealSpec:
    """What makes the unit's seal again."""
    seal = read_seal(unit.seal)
    return SealSpec(
        es_id=seal.es_id,
        name=seal.name,
        type=seal.type,
        picture=seal.picture,
        signer_certificates=seal.signer_certificates,
        created_at=seal.created_at,
        valid_from=seal.valid_from,
        valid_to=seal.valid_to,
        vendor_id=seal.vendor_id,
    )


def signature_with(key: PrivateKey, message: bytes, wanted: Callable[[bytes], bool]) -> bytes:
    """A signature over the message whose DER has a property that chance gives."""
    for _ in range(4000):
        made = key.sign(message)
        if wanted(made):
            return made
    raise AssertionError("chance never gave it")


def raw(signature: bytes) -> bytes:
    """The 64 octets of r and s."""
    return curve.decode_signature(signature)


def trimmed(octets: bytes) -> bytes:
    """A BIT STRING as OpenSSL writes a list of flags: zeros at the end are cut off, bit by bit."""
    kept = octets.rstrip(b"\0")
    unused = (kept[-1] & -kept[-1]).bit_length() - 1
    return der.bit_string(kept, unused)


def negative(signature: bytes) -> bytes:
    """A BIT STRING of r and s without the zero that keeps a number positive."""
    numbers = raw(signature)
    return der.bit_string(
        der.sequence(*(der.tlv(der.INTEGER, half) for half in (numbers[:32], numbers[32:])))
    )


def utc_time(at: datetime) -> bytes:
    """UTCTime."""
    return der.tlv(der.UTC_TIME, f"{at:%y%m%d%H%M%SZ}".encode())


class Version1:
    """A seal and its signatures of GM/T 0031-2014, field by field; any field may be replaced before building."""

    def __init__(self, unit: TrialUnit, *, maker_certificate: bytes | None = None) -> None:
        authority = unit.authority
        self.now = authority.now
        self.maker_certificate = maker_certificate or authority.maker
        self.certificate = unit.certificate
        self.sign_seal: Callable[[bytes], bytes] = authority.maker_key.sign
        self.sign: Callable[[bytes], bytes] = unit.key.sign
        self.algorithm = der.oid(SM2_WITH_SM3)
        self.header_version = 1
        self.entries: list[bytes] = [der.octet_string(unit.certificate)]
        self.name = der.utf8_string(unit.name)
        self.picture = field(unit.seal, 0, 3).raw
        self.time_info = f"{self.now + timedelta(hours=8):%Y-%m-%d %H:%M:%S}".encode()
        self.data_hash = bytes(32)
        self.version = 1

    def seal(self) -> bytes:
        """SESeal: the maker signs info, certificate and algorithm."""
        year = timedelta(days=100)
        info = der.sequence(
            der.sequence(der.ia5_string("ES"), der.integer(self.header_version), der.ia5_string("EXAMPLE")),
            der.ia5_string("V1-0001"),
            der.sequence(
                der.integer(1),
                self.name,
                der.sequence(*self.entries),
                utc_time(self.now),
                utc_time(self.now - timedelta(days=1)),
                utc_time(self.now + year),
            ),
            self.picture,
        )
        certificate = der.octet_string(self.maker_certificate)
        signature = self.sign_seal(der.sequence(info, certificate, self.algorithm))
        return der.sequence(info, der.sequence(certificate, self.algorithm, der.bit_string(signature)))

    def signature(self) -> bytes:
        """SES_Signature."""
        tbs = der.sequence(
            der.integer(self.version),
            self.seal(),
            der.bit_string(self.time_info),
            der.bit_string(self.data_hash),
            der.ia5_string("/Doc_0/Signs/Sign_0/Signature.xml"),
            der.octet_string(self.certificate),
            self.algorithm,
        )
        return der.sequence(tbs, der.bit_string(self.sign(tbs)))
