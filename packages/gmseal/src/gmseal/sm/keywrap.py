"""Secrets under a key-encryption key: SM4-GCM with a version, a random nonce and a context.

Layout: version (1 octet, 01) ‖ nonce (12) ‖ ciphertext ‖ tag (16). The context says what the
secret is and whose; it is authenticated, so a blob moved to another row does not open.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gmseal.errors import MalformedInput, Refused

KEK_BYTES: Final = 16
_VERSION: Final = b"\x01"
_NONCE: Final = 12
_TAG: Final = 16


def wrap(secret: bytes, kek: bytes, context: bytes) -> bytes:
    """Encrypt ``secret`` under ``kek`` (16 octets). Raises ``Refused`` (KEK_LENGTH)."""
    nonce = os.urandom(_NONCE)
    encryptor = Cipher(_algorithm(kek), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(_VERSION + context)
    body = encryptor.update(secret) + encryptor.finalize()
    return _VERSION + nonce + body + encryptor.tag


def unwrap(wrapped: bytes, kek: bytes, context: bytes) -> bytes:
    """The secret inside. Raises ``MalformedInput`` when version, key, context or any bit is wrong."""
    if len(wrapped) < len(_VERSION) + _NONCE + _TAG or wrapped[:1] != _VERSION:
        raise MalformedInput("This is not a wrapped secret of a known version.")
    nonce, body, tag = wrapped[1 : 1 + _NONCE], wrapped[1 + _NONCE : -_TAG], wrapped[-_TAG:]
    decryptor = Cipher(_algorithm(kek), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(_VERSION + context)
    try:
        return decryptor.update(body) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        # ValueError: what a wrong tag becomes when other code left errors in OpenSSL's queue.
        raise MalformedInput(
            "The wrapped secret does not open: wrong key, wrong context or damage."
        ) from error


def _algorithm(kek: bytes) -> algorithms.SM4:
    if len(kek) != KEK_BYTES:
        raise Refused("KEK_LENGTH", f"A key-encryption key has {KEK_BYTES} octets.")
    return algorithms.SM4(kek)
