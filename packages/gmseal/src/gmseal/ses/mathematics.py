"""Whether a signature in a seal is good: SM2 with SM3 in every version, RSA beside it in version 1."""

import hashlib
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.ses.memory import HASHED_BEGINNINGS, MAKER_SIGNATURES
from gmseal.ses.model import RSA_WITH_SHA1, RSA_WITH_SHA256, Seal, SealSignature
from gmseal.ses.structures import VERSION_1
from gmseal.sm import algorithms, curve
from gmseal.sm.certificate_info import CertificateInfo, read_certificate

_BEFORE_SEAL: Final = 16
"""Octets of toSign before the seal in it, at most: a header and a version."""
RSA_ALGORITHMS: Final = frozenset({RSA_WITH_SHA1, RSA_WITH_SHA256})


def allowed_algorithm(version: int, algorithm: str, certificate: CertificateInfo | None) -> bool:
    """Whether a seal of this version may name this algorithm, and the key is of that kind.

    GB/T 38540 and GM/T 0031-2025 know SM2 with SM3 alone; GM/T 0031-2014 also RSA with SHA-1 or SHA-256.
    """
    if version != VERSION_1:
        return algorithm == curve.SM2_WITH_SM3
    if certificate is None:
        return algorithm == curve.SM2_WITH_SM3 or algorithm in RSA_ALGORITHMS
    return algorithm == curve.SM2_WITH_SM3 if certificate.point else algorithm in RSA_ALGORITHMS


def signature_is_good(
    version: int, certificate: CertificateInfo, algorithm: str, signature: bytes, message: bytes
) -> bool:
    """True exactly when the certificate's key made ``signature`` over ``message``. Never raises.

    An SM2 key is asked for SM2 with SM3 whatever is named; that the name is wrong is a check of its own.
    """
    if certificate.point:
        try:
            return certificate.public_key.verify(signature, message)
        except MalformedInput:
            return False
    if version != VERSION_1 or algorithm not in RSA_ALGORITHMS:
        return False
    if algorithm == RSA_WITH_SHA1:
        return _rsa_with_sha1(certificate.spki, signature, message)
    return algorithms.verify_signature(certificate, algorithm, signature, message)


def signer_signature_is_good(signature: SealSignature, certificate: CertificateInfo) -> bool:
    """Whether the signer's signature over DER(toSign) is good by ``certificate``. Never raises.

    Nearly all of toSign is the seal, which is the same in every document it was put on: the hash up to its end
    is kept, and continued over what follows.
    """
    if not certificate.point:
        return signature_is_good(
            signature.seal.version, certificate, signature.algorithm, signature.signature, signature.raw_tbs
        )
    try:
        key = certificate.public_key
        return key.verify_digest(signature.signature, _digest(key.z(), signature.raw_tbs, signature.seal.raw))
    except MalformedInput:
        return False


def _digest(z: bytes, message: bytes, seal: bytes) -> bytes:
    """SM3(z‖message), where ``message`` holds ``seal`` near its beginning."""
    # Not ``find``, which first studies a needle of this length.
    begin = 0
    while not message.startswith(seal, begin):
        begin += 1
        if begin > _BEFORE_SEAL:
            return hashlib.new("sm3", z + message).digest()
    about = (z, message[:begin], seal)
    kept = HASHED_BEGINNINGS.get(about)
    if kept is None:
        kept = hashlib.new("sm3", z + message[:begin])
        kept.update(seal)
        HASHED_BEGINNINGS.put(about, kept, len(seal))
    hashed = kept.copy()
    hashed.update(memoryview(message)[begin + len(seal) :])
    return hashed.digest()


def maker_signature_is_good(seal: Seal) -> bool:
    """Whether the maker's signature on a seal is good by the certificate inside it; remembered by its octets."""
    known = MAKER_SIGNATURES.get(seal.raw)
    if known is None:
        known = _maker_signature(seal)
        MAKER_SIGNATURES.put(seal.raw, known, len(seal.raw))
    return known


def _maker_signature(seal: Seal) -> bool:
    try:
        maker = read_certificate(seal.maker_certificate)
    except MalformedInput:
        return False
    return signature_is_good(seal.version, maker, seal.algorithm, seal.signature, seal.signed)


def _rsa_with_sha1(spki: bytes, signature: bytes, message: bytes) -> bool:
    """SHA-1 was allowed in 2014; the mathematics is decided, and that it is weak is a finding."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 - seldom needed
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - as above

    try:
        key = load_der_public_key(spki)
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - see above
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
