"""Cosignatures: what a witness says of a log's head, with the time at which it said so (C2SP tlog-cosignature).

A cosignature is a line of the checkpoint's note. What is signed is ``cosignature/v1``, the time, and the text of
the checkpoint; the signature bytes are the time (8 bytes, seconds since 1970, big-endian) and the signature
proper. It means: *as of that time, this is the largest consistent head of this log that I have seen.*

============  ===========================================================  ================================
type          key bytes                                                    signature after the time
============  ===========================================================  ================================
Ed25519       ``0x04`` ‖ public key (32)                                   RFC 8032 (64 bytes)
SM2           ``0xff`` ‖ DER of OID 1.2.156.10197.1.501 ‖ ``0x04``         GB/T 35276 SM2Signature (DER), SM3,
              ``cosignature/v1`` ‖ point (65)                              user id ``1234567812345678``
============  ===========================================================  ================================

A cosigner's key is used for nothing else: the Ed25519 form does not sign the name.
"""

from dataclasses import dataclass
from typing import Final

from evidencelog.errors import Code, MalformedError
from evidencelog.keys import (
    ED25519_TYPE,
    SM2_TYPE,
    Ed25519Signer,
    Ed25519Verifier,
    NoteSigner,
    NoteVerifier,
    PublicKeyForm,
    Sm2Signer,
    Sm2Verifier,
)
from evidencelog.note import NoteSignature

ED25519_COSIGNATURE: Final = b"\x04"
SM2_COSIGNATURE: Final = SM2_TYPE + b"\x04cosignature/v1"
_TIME_BYTES: Final = 8
_MAX_TIME: Final = 2**63 - 1


def cosigned_message(text: bytes, time_s: int) -> bytes:
    """What a cosigner signs: the text of a checkpoint under a header and a time."""
    return b"cosignature/v1\ntime %d\n" % time_s + text


class CosignatureVerifier(PublicKeyForm):
    """A witness's public key. ``verify`` takes the text of the checkpoint and the signature with its time."""

    def __init__(self, name: str, key: Ed25519Verifier | Sm2Verifier) -> None:
        """``key`` is the plain key under the same name."""
        plain, own = (
            (ED25519_TYPE, ED25519_COSIGNATURE)
            if isinstance(key, Ed25519Verifier)
            else (SM2_TYPE, SM2_COSIGNATURE)
        )
        super().__init__(name, own + key.key_bytes.removeprefix(plain), key.algorithm)
        self._key = key

    def verify(self, message: bytes, signature: bytes) -> bool:
        """True when the time is in range and the signature is good for it; never raises for bad bytes."""
        time_s = int.from_bytes(signature[:_TIME_BYTES], "big")
        if len(signature) <= _TIME_BYTES or time_s > _MAX_TIME:
            return False
        return self._key.verify(cosigned_message(message, time_s), signature[_TIME_BYTES:])


class Cosigner:
    """A witness's private key; the time of each signature is given to it."""

    def __init__(self, name: str, key: Ed25519Signer | Sm2Signer) -> None:
        """``key`` must not sign anything else."""
        self._key = key
        self._verifier = CosignatureVerifier(name, key.verifier)

    @classmethod
    def generate(cls, name: str, algorithm: str = "ed25519") -> "Cosigner":
        """Make a new key (``ed25519`` or ``sm2``)."""
        key = Ed25519Signer.generate(name) if algorithm == "ed25519" else Sm2Signer.generate(name)
        return cls(name, key)

    @classmethod
    def of(cls, key: NoteSigner) -> "Cosigner":
        """From a private key as ``parse_skey`` reads it. Raises :class:`MalformedError` for a key in a device."""
        if not isinstance(key, Ed25519Signer | Sm2Signer):
            raise MalformedError(Code.KEY_UNSUPPORTED, "this key cannot cosign")
        return cls(key.verifier.name, key)

    @property
    def verifier(self) -> CosignatureVerifier:
        return self._verifier

    @property
    def skey(self) -> str:
        """The private text form of the plain key: a secret."""
        return self._key.skey

    def cosign(self, text: bytes, time_s: int) -> NoteSignature:
        """The signature line over the text of a checkpoint, as of ``time_s`` (seconds since 1970)."""
        signature = time_s.to_bytes(_TIME_BYTES, "big") + self._key.sign(cosigned_message(text, time_s))
        return NoteSignature(self._verifier.name, self._verifier.key_id, signature)


@dataclass(frozen=True)
class Cosignature:
    """A good cosignature: who, and the time in seconds since 1970 that he stated."""

    verifier: NoteVerifier
    time_s: int


def cosigned_at(signature: NoteSignature) -> int:
    """The time inside a cosignature line that was verified."""
    return int.from_bytes(signature.signature[:_TIME_BYTES], "big")
