"""Digests and signatures by their identifiers: SM2 with SM3, and what foreign certificates use.

Seals are SM2 only. A time-stamp authority, a revocation list or an OCSP answer may be signed with
RSA or ECDSA, so those are verified too, through ``cryptography``; nothing here signs with them.
"""

import hashlib
from functools import lru_cache
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm import curve, der
from gmseal.sm.certificate_info import CertificateInfo

SHA1: Final = "1.3.14.3.2.26"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
SM3_WITHOUT_KEY: Final = "1.2.156.10197.1.401.1"
SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"
"""What GB/T 35275 writes as the algorithm of a signer; SM3 is implied."""

ALGORITHM_SM3: Final = der.sequence(der.oid(curve.SM3))
ALGORITHM_SM2_SIGNATURE: Final = der.sequence(der.oid(SM2_SIGNATURE))

_DIGEST_NAMES: Final = {
    curve.SM3: "sm3",
    SM3_WITHOUT_KEY: "sm3",
    SHA1: "sha1",
    SHA256: "sha256",
    SHA384: "sha384",
    SHA512: "sha512",
}
_DIGEST_OIDS: Final = {"sm3": curve.SM3, "sha256": SHA256, "sha384": SHA384, "sha512": SHA512}
# SHA-1 still identifies certificates (certID, ESSCertID), but nobody should believe a signature on it.
_SIGNED_DIGESTS: Final = frozenset({"sm3", "sha256", "sha384", "sha512"})

_SM2: Final = frozenset({curve.SM2_WITH_SM3, SM2_SIGNATURE, curve.SM2_CURVE})
_RSA: Final = {
    "1.2.840.113549.1.1.1": None,
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA: Final = {
    "1.2.840.10045.2.1": None,
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_RSA_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"
_MAX_SALT: Final = 512


def digest_name(oid: str) -> str | None:
    """The name ``hashlib`` knows a digest algorithm by; None when it is not one we can compute."""
    return _DIGEST_NAMES.get(oid)


def digest_oid(name: str) -> str:
    """The identifier of a digest algorithm that may be signed. Raises ``MalformedInput``."""
    try:
        return _DIGEST_OIDS[name]
    except KeyError as error:
        raise MalformedInput(f"{name!r} is not a digest algorithm that may be signed.") from error


def digest(oid: str, data: bytes) -> bytes | None:
    """The digest of ``data``; None when the algorithm is unknown."""
    name = digest_name(oid)
    return None if name is None else hashlib.new(name, data, usedforsecurity=False).digest()


def same_digest(first: str, second: str) -> bool:
    """True when two identifiers mean the same digest algorithm."""
    return first == second or (digest_name(first) is not None and digest_name(first) == digest_name(second))


def supported_signature(
    algorithm: str, digest_algorithm: str | None = None, parameters: bytes | None = None
) -> bool:
    """True when a signature of this kind can be verified; see ``verify_signature``."""
    name = None if digest_algorithm is None else digest_name(digest_algorithm)
    if algorithm in _SM2:
        return name in {None, "sm3"}
    return _foreign_digest(algorithm, name, parameters) is not None


def is_sm2_signature(algorithm: str) -> bool:
    """True for every identifier in use for SM2 with SM3."""
    return algorithm in _SM2


def verify_signature(
    certificate: CertificateInfo,
    algorithm: str,
    signature: bytes,
    message: bytes,
    *,
    digest_algorithm: str | None = None,
    parameters: bytes | None = None,
) -> bool:
    """True exactly when the certificate's key made ``signature`` over ``message``.

    ``digest_algorithm`` is the identifier stated beside the signature's, as CMS does; ``parameters``
    (DER) are those of the signature algorithm, which only RSASSA-PSS needs. Unknown algorithms,
    keys of another kind and malformed signatures are simply not good.
    """
    name = None if digest_algorithm is None else digest_name(digest_algorithm)
    if algorithm in _SM2:
        return name in {None, "sm3"} and _verify_sm2(certificate, signature, message)
    chosen = _foreign_digest(algorithm, name, parameters)
    if chosen is None:
        return False
    salt = _pss(parameters)[1] if algorithm == _RSA_PSS else None
    return _verify_foreign(certificate.spki, algorithm, chosen, salt, signature, message)


def _foreign_digest(algorithm: str, stated: str | None, parameters: bytes | None) -> str | None:
    """The digest that an RSA or ECDSA signature was made with; None when that cannot be told."""
    if algorithm == _RSA_PSS:
        named: str | None = _pss(parameters)[0]
    elif algorithm in _RSA or algorithm in _ECDSA:
        named = (_RSA | _ECDSA)[algorithm]
    else:
        return None
    if named is not None and stated is not None and named != stated:
        return None
    chosen = named or stated
    return chosen if chosen in _SIGNED_DIGESTS and chosen != "sm3" else None


def _pss(parameters: bytes | None) -> tuple[str, int]:
    """Digest and length of the salt of RSASSA-PSS-params (RFC 4055, 3.1); what is left out means SHA-1."""
    unusable = ("sha1", 0)
    try:
        fields = {} if parameters is None else _tagged(parameters)
        digests = _named_digest(fields[0xA0]), _mask_digest(fields[0xA1])
        salt = fields[0xA2].integer("saltLength") if 0xA2 in fields else 20
    except (MalformedInput, KeyError):
        return unusable
    name = digest_name(digests[0])
    return (name, salt) if name and digests[0] == digests[1] and 0 <= salt <= _MAX_SALT else unusable


def _tagged(parameters: bytes) -> dict[int, der.Element]:
    children = der.parse(parameters, "RSASSA-PSS-params").expect(der.SEQUENCE, "RSASSA-PSS-params").children()
    return {child.tag: der.parse(child.content, "RSASSA-PSS-params") for child in children}


def _named_digest(element: der.Element) -> str:
    return element.fields("hashAlgorithm", 1, 2)[0].oid("hashAlgorithm")


def _mask_digest(element: der.Element) -> str:
    kind, inner = element.fields("maskGenAlgorithm", 2, 2)
    if kind.oid("maskGenAlgorithm") != _MGF1:
        raise MalformedInput("maskGenAlgorithm: not MGF1.")
    return _named_digest(inner)


def _verify_sm2(certificate: CertificateInfo, signature: bytes, message: bytes) -> bool:
    try:
        return certificate.public_key.verify(signature, message)
    except MalformedInput:
        return False


def _verify_foreign(
    spki: bytes, algorithm: str, name: str, salt: int | None, signature: bytes, message: bytes
) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 - seldom needed, slow to load
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa  # noqa: PLC0415 - as above

    hashed: hashes.HashAlgorithm = {
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }[name]
    key = _foreign_key(spki)
    try:
        if isinstance(key, rsa.RSAPublicKey) and salt is not None:
            key.verify(signature, message, padding.PSS(padding.MGF1(hashed), salt), hashed)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA:
            key.verify(signature, message, padding.PKCS1v15(), hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _ECDSA:
            key.verify(signature, message, ec.ECDSA(hashed))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _foreign_key(spki: bytes) -> object:
    """The key of another kind than SM2; None when it cannot be loaded."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - seldom needed, slow to load
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - as above

    try:
        return load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
