"""The keys that sign notes, and their text forms.

A key has a name and a 32-bit id; both stand in front of each of its signatures. The id is
``SHA-256(name ‖ 0x0A ‖ key bytes)[:4]`` where the key bytes begin with the type (C2SP signed-note). It finds the
key, it does not protect it: what is trusted is the name together with the whole public key, the *vkey*
``name+id+base64(key bytes)``. The private form, the *skey*, is ``PRIVATE+KEY+name+id+base64(…)``.

============  ===========================================================  ===================================
type          key bytes                                                    signature
============  ===========================================================  ===================================
Ed25519       ``0x01`` ‖ public key (32)                                   RFC 8032 (64 bytes)
SM2           ``0xff`` ‖ DER of OID 1.2.156.10197.1.501 ‖ point (65)       GB/T 35276 SM2Signature (DER), SM3,
                                                                           user id ``1234567812345678``
============  ===========================================================  ===================================

``0xff`` is the type that signed-note keeps for signatures without a number of their own; it asks for a longer
identifier after it, for which the registered object identifier of SM2-with-SM3 serves.
"""

import hashlib
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias, runtime_checkable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from evidencelog.errors import ArgumentError, Code, MalformedError
from evidencelog.text import decode_base64, encode_base64, is_clean
from gmseal.errors import EngineUnavailable, GmsealError
from gmseal.sm.keys import PrivateKey as Sm2PrivateKey
from gmseal.sm.keys import PublicKey as Sm2PublicKey
from gmseal.sm.keys import Signer as Sm2KeyOperations

ED25519_TYPE: Final = b"\x01"
SM2_TYPE: Final = b"\xff" + bytes.fromhex("06082a811ccf55018375")
SKEY_PREFIX: Final = "PRIVATE+KEY+"
MAX_NAME: Final = 255
_SM2_POINT_BYTES: Final = 65
_ED25519_P: Final = 2**255 - 19
_ED25519_SMALL_ORDER_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7


@runtime_checkable
class NoteVerifier(Protocol):
    """A public key that checks signatures of one name."""

    @property
    def name(self) -> str:
        """The key name, by convention the origin of the log."""
        ...

    @property
    def key_id(self) -> bytes:
        """The four bytes in front of each signature."""
        ...

    @property
    def algorithm(self) -> str:
        """``ed25519`` or ``sm2``."""
        ...

    @property
    def vkey(self) -> str:
        """The text form, which is what people exchange and trust."""
        ...

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether ``signature`` (without the key id) is good for ``message``; never raises for bad bytes."""
        ...


@runtime_checkable
class NoteSigner(Protocol):
    """A private key; it may live elsewhere, only the operation is needed here."""

    @property
    def verifier(self) -> NoteVerifier:
        """The public side, with name and key id."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of ``message``, without the key id."""
        ...


def is_valid_name(name: str) -> bool:
    """Tell whether signed-note allows the key name: not empty, no space of any kind, no ``+``, no control."""
    if not 1 <= len(name) <= MAX_NAME or "+" in name or not is_clean(name):
        return False
    return not any(character.isspace() for character in name)


def _check_name(name: str) -> None:
    if not is_valid_name(name):
        raise MalformedError(
            Code.KEY_MALFORMED,
            f"a key name has 1 to {MAX_NAME} characters, and neither a space nor a plus sign",
        )


class PublicKeyForm:
    """Name, id and text form, which all kinds of public key share."""

    def __init__(self, name: str, key_bytes: bytes, algorithm: str) -> None:
        _check_name(name)
        self._name = name
        self._key_bytes = key_bytes
        self._algorithm = algorithm
        self._key_id = hashlib.sha256(name.encode() + b"\n" + key_bytes).digest()[:4]

    @property
    def key_bytes(self) -> bytes:
        """The type and the public key, as the text form holds them."""
        return self._key_bytes

    @property
    def name(self) -> str:
        return self._name

    @property
    def key_id(self) -> bytes:
        return self._key_id

    @property
    def algorithm(self) -> str:
        return self._algorithm

    @property
    def vkey(self) -> str:
        return f"{self._name}+{self._key_id.hex()}+{encode_base64(self._key_bytes)}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKeyForm) and self.vkey == other.vkey

    def __hash__(self) -> int:
        return hash(self.vkey)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vkey!r})"


class Ed25519Verifier(PublicKeyForm):
    """An Ed25519 public key (32 bytes).

    Points of small order are refused (``key.malformed``): under them one signature fits every message, so a
    log could later deny what it signed.
    """

    def __init__(self, name: str, public_key: bytes) -> None:
        y = int.from_bytes(public_key, "little") & (2**255 - 1)
        small = (0, 1, _ED25519_P - 1, _ED25519_SMALL_ORDER_Y, _ED25519_P - _ED25519_SMALL_ORDER_Y)
        if len(public_key) != 32 or y >= _ED25519_P or y in small:
            raise MalformedError(Code.KEY_MALFORMED, "this is not a usable Ed25519 public key")
        super().__init__(name, ED25519_TYPE + public_key, "ed25519")
        self._key = Ed25519PublicKey.from_public_bytes(public_key)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """RFC 8032 section 5.1.7."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Sm2Verifier(PublicKeyForm):
    """An SM2 public key, given as the uncompressed point (65 bytes, first 0x04)."""

    def __init__(self, name: str, point: bytes) -> None:
        if len(point) != _SM2_POINT_BYTES or point[0] != 4:
            raise MalformedError(Code.KEY_MALFORMED, "an SM2 public key is an uncompressed point of 65 bytes")
        try:
            self._key = Sm2PublicKey.from_point(point)
        except EngineUnavailable as error:
            raise MalformedError(Code.KEY_UNSUPPORTED, "this machine has no implementation of SM2") from error
        except GmsealError as error:
            raise MalformedError(Code.KEY_MALFORMED, "this point is not on the SM2 curve") from error
        super().__init__(name, SM2_TYPE + point, "sm2")

    def verify(self, message: bytes, signature: bytes) -> bool:
        """GB/T 32918.2 section 7 with the default user id."""
        try:
            return self._key.verify(signature, message)
        except GmsealError:
            return False


class Ed25519Signer:
    """An Ed25519 private key, given as its seed of 32 bytes (RFC 8032 section 5.1.5)."""

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != 32:
            raise MalformedError(Code.KEY_MALFORMED, "an Ed25519 private key has 32 bytes")
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._verifier = Ed25519Verifier(name, self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> "Ed25519Signer":
        """Make a new key with the given name."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def verifier(self) -> Ed25519Verifier:
        return self._verifier

    @property
    def skey(self) -> str:
        """The private text form: a secret."""
        return _skey(self._verifier, ED25519_TYPE + self._seed)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class Sm2Signer:
    """An SM2 private key, in memory or behind a key store that only signs."""

    def __init__(self, name: str, key: Sm2KeyOperations) -> None:
        self._key = key
        self._verifier = Sm2Verifier(name, key.public_key.point)

    @classmethod
    def generate(cls, name: str) -> "Sm2Signer":
        """Make a new key with the given name."""
        return cls(name, Sm2PrivateKey.generate())

    @property
    def verifier(self) -> Sm2Verifier:
        return self._verifier

    @property
    def skey(self) -> str:
        """The private text form, which holds the key as PKCS#8: a secret.

        Raises :class:`ArgumentError` (``key.unsupported``) when the key store does not give the key away.
        """
        if not isinstance(self._key, Sm2PrivateKey):
            raise ArgumentError(Code.KEY_UNSUPPORTED, "this key cannot leave its key store")
        return _skey(self._verifier, SM2_TYPE + self._key.to_pkcs8_der())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


Signer: TypeAlias = Ed25519Signer | Sm2Signer


def _skey(verifier: NoteVerifier, private_bytes: bytes) -> str:
    return f"{SKEY_PREFIX}{verifier.name}+{verifier.key_id.hex()}+{encode_base64(private_bytes)}"


def split_key(text: str) -> tuple[str, str, bytes]:
    """Name, id and key bytes of the text form of a key. Raises :class:`MalformedError` (``key.malformed``)."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise MalformedError(Code.KEY_MALFORMED, "a key has the form name+id+base64")
    return parts[0], parts[1], decode_base64(parts[2], Code.KEY_MALFORMED)


def _guarded(make: Callable[[], Signer]) -> Signer:
    try:
        return make()
    except GmsealError as error:
        raise MalformedError(Code.KEY_MALFORMED, "this is not a usable SM2 private key") from error


def parse_skey(text: str) -> Signer:
    """Read the text form of a private key.

    Raises :class:`MalformedError`: ``key.malformed``, or ``key.unsupported`` for a type that is not known here.
    """
    text = text.strip()
    if not text.startswith(SKEY_PREFIX):
        raise MalformedError(Code.KEY_MALFORMED, f"a private key begins with {SKEY_PREFIX}")
    name, key_id, data = split_key(text[len(SKEY_PREFIX) :])
    signer: Signer
    if data.startswith(ED25519_TYPE):
        signer = Ed25519Signer(name, data[len(ED25519_TYPE) :])
    elif data.startswith(SM2_TYPE):
        signer = _guarded(lambda: Sm2Signer(name, Sm2PrivateKey.from_pkcs8(data[len(SM2_TYPE) :])))
    else:
        raise MalformedError(Code.KEY_UNSUPPORTED, "the key is of a type that is not supported")
    # PKCS#8 has several spellings of one key; only the one that is written here is read.
    if signer.verifier.key_id.hex() != key_id or signer.skey != text:
        raise MalformedError(
            Code.KEY_MALFORMED, "the id of the key does not belong to it, or it is not canonical"
        )
    return signer


def generate_signer(name: str, algorithm: str) -> Signer:
    """Make a new private key; ``algorithm`` is ``ed25519`` or ``sm2``.

    Raises :class:`ArgumentError` for another algorithm, :class:`MalformedError` for a name that is not allowed.
    """
    makers: dict[str, Callable[[str], Signer]] = {
        "ed25519": Ed25519Signer.generate,
        "sm2": Sm2Signer.generate,
    }
    if algorithm not in makers:
        raise ArgumentError(Code.KEY_UNSUPPORTED, f"keys are ed25519 or sm2, not {algorithm[:40]!r}")
    return makers[algorithm](name)
