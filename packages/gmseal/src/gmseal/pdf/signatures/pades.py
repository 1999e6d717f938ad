"""PAdES (ETSI EN 319 142-1) with RSA and ECDSA keys: what readers outside China show as signed.

The file is written as for every other kind; the signed data, validation data and document time stamps are made
by pyHanko (extra ``gmseal[pades]``), which is imported when the first such signature is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from gmseal.durable_file import replacing
from gmseal.errors import MalformedInput, NotFound, Refused
from gmseal.pdf.certification import Permission
from gmseal.pdf.limits import DEFAULT_LIMITS, PdfLimits
from gmseal.pdf.seal import sign_pdf_bytes
from gmseal.pdf.signatures.value import SignatureOrder
from gmseal.ses.seal import SealPicture
from gmseal.sm.certificates import read_certificate
from gmseal.sm.pkcs8 import check_no_pkcs12
from gmseal.trust import TrustStore

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    LoadedPrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

    from gmseal.pdf.signatures import pyhanko_bridge

_ATTRIBUTES_ROOM = 1024
"""Octets of signed attributes, identifiers and headers of signed data besides certificates and token."""
_TOKEN_ROOM = 16 * 1024
_LARGEST_CURVE_BITS = 521


class PadesLevel(StrEnum):
    """What proves the time, and what is kept for whoever verifies when certificates have expired."""

    B_B = "B-B"
    """A signature; its time is the signer's statement."""
    B_T = "B-T"
    """With a time stamp over the signature value."""
    B_LT = "B-LT"
    """With certificates and revocation answers in the file."""
    B_LTA = "B-LTA"
    """With a document time stamp over all of that, to be renewed before it expires."""


class TimestampResponder(Protocol):
    """Answers a TimeStampReq (RFC 3161) in DER: a server by its URL, or an authority in this process."""

    def respond(self, request: bytes) -> bytes:
        """The TimeStampResp in DER. Raises ``GmsealError``."""
        ...


class PadesKey(Protocol):
    """A private key that signs with SHA-256: loaded here, or in a token that it never leaves."""

    @property
    def spki(self) -> bytes:
        """Its public key (SubjectPublicKeyInfo, DER)."""
        ...

    @property
    def mechanism(self) -> str:
        """``sha256_rsa`` (PKCS #1 v1.5) or ``sha256_ecdsa``."""
        ...

    @property
    def signature_size(self) -> int:
        """The most octets of one signature."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature of ``message``, in DER for ECDSA. Raises ``GmsealError``."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """An RSA or ECDSA key in this process; it stays loaded, as loading it costs more than signing."""

    key: "LoadedPrivateKey" = field(repr=False)

    @classmethod
    def read(cls, pkcs8: bytes, password: bytes | None = None) -> Self:
        """From PKCS#8 in PEM or DER. Raises ``MalformedInput`` and ``Refused`` (``PKCS12``)."""
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - slow to load, seldom needed
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - as above

        check_no_pkcs12(pkcs8)
        pem = b"-----BEGIN" in pkcs8
        load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
        try:
            key = load(pkcs8, password)
        except (ValueError, TypeError) as error:
            raise MalformedInput("The key cannot be read, or its password is another one.") from error
        except UnsupportedAlgorithm as error:  # An SM2 key among them, which makes seals and other kinds.
            raise MalformedInput("PAdES signatures here are made with RSA or ECDSA keys.") from error
        if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise MalformedInput("PAdES signatures here are made with RSA or ECDSA keys.")
        return cls(key)

    @property
    def spki(self) -> bytes:
        """As ``PadesKey`` says."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - as above

        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def mechanism(self) -> str:
        """As ``PadesKey`` says."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - as above

        return "sha256_rsa" if isinstance(self.key, RSAPrivateKey) else "sha256_ecdsa"

    @property
    def signature_size(self) -> int:
        """As ``PadesKey`` says."""
        bits = self.key.key_size
        return 16 + 2 * (_LARGEST_CURVE_BITS // 8 + 2) if bits <= _LARGEST_CURVE_BITS else bits // 8

    def sign(self, message: bytes) -> bytes:
        """As ``PadesKey`` says."""
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa  # noqa: PLC0415 - as above

        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class PadesSigner:
    """A certificate (DER), the key to it, and the authorities' certificates above.

    Raises ``MalformedInput`` unless the key is the certificate's.
    """

    certificate: bytes
    key: PadesKey
    chain: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.key.spki != read_certificate(self.certificate).spki:
            raise MalformedInput("The key does not belong to the signer's certificate.")

    @classmethod
    def load(
        cls, certificate: bytes, pkcs8: bytes, *, chain: Sequence[bytes] = (), password: bytes | None = None
    ) -> Self:
        """With a key from PKCS#8 in PEM or DER. Raises ``MalformedInput`` unless it is the certificate's."""
        return cls(certificate, LoadedKey.read(pkcs8, password), tuple(chain))


class PadesValue:
    """Signed data of PAdES B-B, or B-T when there is a source of time stamps."""

    digest_algorithm = "sha256"
    names = ("Adobe.PPKLite", "ETSI.CAdES.detached")

    def __init__(
        self,
        signer: PadesSigner,
        *,
        timestamps: TimestampResponder | None = None,
        picture: SealPicture | None = None,
        token_room: int = _TOKEN_ROOM,
    ) -> None:
        """``token_room`` is the room in octets kept for a time stamp; a larger one is stamped a second time."""
        info = read_certificate(signer.certificate)
        self.signer_name = info.common_name or info.subject
        self.picture = picture
        self._signer, self._timestamps = signer, timestamps
        certificates = sum(len(each) for each in (signer.certificate, *signer.chain))
        token = 0 if timestamps is None else token_room
        self.room = certificates + signer.key.signature_size + _ATTRIBUTES_ROOM + len(info.issuer_raw) + token

    def sign(self, digest: bytes, signed_at: datetime) -> bytes:
        """Signed data over the SHA-256 digest of a byte range; the time stands in the dictionary only (5.3)."""
        return _bridge().signed_data(self._signer, digest, self._timestamps)


@dataclass(frozen=True, slots=True, kw_only=True)
class PadesOrder:
    """Which level, with time stamps from whom, proven against which trust.

    ``trust`` is needed from B-LT on: certificates and revocation answers that lead to its roots go into the
    file. ``fetch`` lets pyHanko ask the servers that certificates name for them.
    """

    level: PadesLevel = PadesLevel.B_B
    timestamps: TimestampResponder | None = None
    trust: TrustStore | None = None
    fetch: bool = False

    def __post_init__(self) -> None:
        if self.level is not PadesLevel.B_B and self.timestamps is None:
            raise Refused("PADES_ORDER", f"PAdES {self.level} needs a source of time stamps.")
        if self.long_term and self.trust is None:
            raise Refused("PADES_ORDER", f"PAdES {self.level} needs the roots to prove certificates against.")

    @property
    def long_term(self) -> bool:
        """Whether validation data goes into the file."""
        return self.level in {PadesLevel.B_LT, PadesLevel.B_LTA}


def sign_pdf_pades_bytes(
    data: bytes,
    order: SignatureOrder,
    signer: PadesSigner,
    pades: PadesOrder,
    *,
    picture: SealPicture | None = None,
    limits: PdfLimits = DEFAULT_LIMITS,
    certify: Permission | None = None,
) -> bytes:
    """A PDF with one more PAdES signature, in memory.

    Raises as ``sign_pdf`` does, and ``Refused`` with ``PADES_NOT_INSTALLED`` or ``PADES`` (pyHanko's reason).
    """
    _bridge()
    stamps = None if pades.level is PadesLevel.B_B else pades.timestamps
    value = PadesValue(signer, timestamps=stamps, picture=picture)
    signed = sign_pdf_bytes(data, order, value, limits=limits, certify=certify)
    return extend_pades(signed, signer, pades) if pades.long_term else signed


def sign_pdf_pades(
    source: Path,
    target: Path,
    *,
    order: SignatureOrder,
    signer: PadesSigner,
    pades: PadesOrder,
    picture: SealPicture | None = None,
    limits: PdfLimits = DEFAULT_LIMITS,
    certify: Permission | None = None,
) -> None:
    """As ``sign_pdf_pades_bytes``, from file to file; ``target`` appears whole or not at all."""
    data = read_source(source, limits)
    signed = sign_pdf_pades_bytes(data, order, signer, pades, picture=picture, limits=limits, certify=certify)
    with replacing(target) as out:
        out.write(signed)


def extend_pades(data: bytes, signer: PadesSigner, pades: PadesOrder) -> bytes:
    """Validation data for the last PAdES signature of a file, and at B-LTA a document time stamp."""
    trust = pades.trust or TrustStore()
    helped = replace(trust, intermediates=trust.intermediates + signer.chain)
    return _bridge().extended(data, signer, replace(pades, trust=helped))


def read_source(source: Path, limits: PdfLimits) -> bytes:
    """The bytes of a file within limits. Raises ``NotFound`` and ``Refused`` (``TOO_LARGE``)."""
    try:
        with source.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise NotFound(f"The file {source.name} cannot be opened.") from error
    if len(data) > limits.max_bytes:
        raise Refused("TOO_LARGE", f"At most {limits.max_bytes:,} bytes are accepted.")
    return data


def _bridge() -> "type[pyhanko_bridge.Bridge]":
    try:
        from gmseal.pdf.signatures.pyhanko_bridge import Bridge  # noqa: PLC0415 - an extra, slow to load
    except ImportError as error:
        message = "PAdES signatures need pyHanko: install gmseal[pades]."
        raise Refused("PADES_NOT_INSTALLED", message) from error
    return Bridge
