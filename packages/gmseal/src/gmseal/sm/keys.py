"""SM2 keys: making, reading, writing, signing and verifying (GB/T 32918, GB/T 35276)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from gmseal.errors import MalformedInput
from gmseal.sm import curve, der, pkcs8
from gmseal.sm.engine import EnginePrivateKey, EnginePublicKey, Message, select_engine
from gmseal.sm.pkcs8 import KeyProtection
from gmseal.sm.running_hash import digest_of, running_hash

DEFAULT_ID = b"1234567812345678"
"""The user identity that goes into Z when none is agreed on (GB/T 35276, GM/T 0009)."""


def sm3(data: bytes) -> bytes:
    """The SM3 digest (GB/T 32905) of ``data``, 32 octets."""
    return digest_of("sm3", data)


@runtime_checkable
class Signer(Protocol):
    """Whatever can sign for a public key: a key in memory, a store, a device."""

    @property
    def public_key(self) -> "PublicKey": ...

    def sign(self, message: bytes) -> bytes:
        """The DER signature of ``message`` under the default ID."""
        ...


class PublicKey:
    """An SM2 public key. Equal keys have equal points; may be shared between threads."""

    __slots__ = ("_engine_key", "_point", "_z_default")

    def __init__(self, point: bytes) -> None:
        """``point`` is 65 octets; use ``from_point`` or ``from_spki``. Raises ``MalformedInput``."""
        self._engine_key = select_engine().load_public(point)
        self._point = point
        self._z_default = self._z(DEFAULT_ID)

    @classmethod
    def from_point(cls, point: bytes) -> Self:
        """From 64 octets x‖y or 65 octets 04‖x‖y. Raises ``MalformedInput`` off the curve."""
        return cls(b"\x04" + point if len(point) == 64 else point)

    @classmethod
    def from_spki(cls, spki: bytes) -> Self:
        """From a SubjectPublicKeyInfo in DER. Raises ``MalformedInput``."""
        return cls(curve.point_of_spki(der.parse(spki, "SubjectPublicKeyInfo")))

    @classmethod
    def from_pem(cls, text: bytes) -> Self:
        """From a ``PUBLIC KEY`` in PEM. Raises ``MalformedInput``."""
        return cls.from_spki(pkcs8.unarmoured("PUBLIC KEY", text))

    @property
    def point(self) -> bytes:
        """The uncompressed point, 65 octets beginning with 04."""
        return self._point

    def to_spki_der(self) -> bytes:
        """SubjectPublicKeyInfo in DER."""
        return curve.spki(self._point)

    def to_spki_pem(self) -> bytes:
        """SubjectPublicKeyInfo as a ``PUBLIC KEY`` in PEM."""
        return pkcs8.armour("PUBLIC KEY", self.to_spki_der())

    def z(self, user_id: bytes = DEFAULT_ID) -> bytes:
        """Z, the digest of identity, curve and key (GB/T 32918.2, 5.5)."""
        return self._z_default if user_id == DEFAULT_ID else self._z(user_id)

    def digest(self, message: bytes, user_id: bytes = DEFAULT_ID) -> bytes:
        """e = SM3(Z‖message), the number that is really signed."""
        hashed = running_hash("sm3")
        hashed.update(self.z(user_id))
        hashed.update(message)
        return hashed.digest()

    def verify(self, signature: bytes, message: bytes, *, user_id: bytes = DEFAULT_ID) -> bool:
        """True exactly when ``signature`` (DER) is good; malformed signatures are simply not good."""
        return self.verify_digest(signature, self.digest(message, user_id))

    def verify_digest(self, signature: bytes, digest: bytes) -> bool:
        """As ``verify``, for a digest e made by the caller."""
        try:
            rs = curve.decode_signature(signature)
        except MalformedInput:
            return False
        return self._engine_key.verify_digest(rs, digest)

    def verify_digests(self, work: Sequence[tuple[bytes, bytes]]) -> list[bool]:
        """``verify_digest`` for many pairs of DER signature and digest e."""
        formed = _formed([signature for signature, _ in work])
        answers = select_engine().verify_digests([(self._engine_key, rs, work[at][1]) for at, rs in formed])
        return _in_places(len(work), formed, answers)

    def encrypt(self, plain: bytes) -> bytes:
        """An SM2Cipher (GM/T 0009) only the private key opens. Raises ``Refused`` (PLAIN_LENGTH)."""
        from gmseal.sm import encryption  # noqa: PLC0415 - the portable engine, which verifying never needs

        return encryption.encrypt(self._point, plain)

    def message(self, text: bytes, user_id: bytes = DEFAULT_ID) -> Message:
        """What an engine that hashes by itself must know of a message for this key."""
        return Message(text, user_id, self.z(user_id))

    @property
    def engine_key(self) -> EnginePublicKey:
        """The key as the engine of this process holds it."""
        return self._engine_key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self._point == other._point

    def __hash__(self) -> int:
        return hash(self._point)

    def __repr__(self) -> str:
        return f"PublicKey({self._point.hex()})"

    def _z(self, user_id: bytes) -> bytes:
        if len(user_id) > 8191:
            raise MalformedInput(
                "A user identity has at most 8191 octets: its bit length is written in 16 bits."
            )
        length = (len(user_id) * 8).to_bytes(2, "big")
        return sm3(length + user_id + curve.CURVE_PREFIX + self._point[1:])


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message with the DER signature somebody put under it, to be verified."""

    public_key: PublicKey
    signature: bytes
    message: bytes
    user_id: bytes = DEFAULT_ID


def verify_messages(work: Sequence[SignedMessage]) -> list[bool]:
    """``PublicKey.verify`` for many messages and keys: several at once where the engine can."""
    formed = _formed([item.signature for item in work])
    asked = [
        (item.public_key.engine_key, rs, item.public_key.message(item.message, item.user_id))
        for item, rs in ((work[at], rs) for at, rs in formed)
    ]
    return _in_places(len(work), formed, select_engine().verify_messages(asked))


def _formed(signatures: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """The place and r‖s of every signature that is well formed; the others are simply not good."""
    found: list[tuple[int, bytes]] = []
    for at, signature in enumerate(signatures):
        try:
            found.append((at, curve.decode_signature(signature)))
        except MalformedInput:
            continue
    return found


def _in_places(count: int, formed: Sequence[tuple[int, bytes]], answers: Sequence[bool]) -> list[bool]:
    good = {at for (at, _), answer in zip(formed, answers, strict=True) if answer}
    return [at in good for at in range(count)]


class PrivateKey:
    """An SM2 private key held by the engine; may be shared between threads."""

    __slots__ = ("_engine_key", "_public_key")

    def __init__(self, engine_key: EnginePrivateKey) -> None:
        """Use ``generate`` or ``from_pkcs8``."""
        self._engine_key = engine_key
        self._public_key = PublicKey(engine_key.point)

    @classmethod
    def generate(cls) -> Self:
        """A new key from the operating system's generator."""
        return cls(select_engine().generate())

    @classmethod
    def from_pkcs8(cls, data: bytes, password: bytes | None = None) -> Self:
        """From PKCS#8 in PEM or DER, plain or under a password, or from SEC1; always checked.

        Raises ``MalformedInput`` for anything that is not a good SM2 key (number outside
        [1, n-2], public half of another key), ``Refused`` with ``PASSWORD_NEEDED`` or
        ``PASSWORD_WRONG``.
        """
        numbers = pkcs8.read(data, password)
        engine_key = select_engine().load_private(numbers.scalar)
        if numbers.point is not None and not hmac.compare_digest(numbers.point, engine_key.point):
            raise MalformedInput("The public half in the file belongs to another private key.")
        return cls(engine_key)

    @property
    def public_key(self) -> PublicKey:
        return self._public_key

    def to_pkcs8_der(self) -> bytes:
        """PrivateKeyInfo in DER, not protected: for wrapping, never for a disk."""
        return pkcs8.write(self._engine_key.scalar(), self._engine_key.point)

    def to_encrypted_pkcs8_der(
        self, password: bytes, *, protection: KeyProtection = KeyProtection.SM4
    ) -> bytes:
        """EncryptedPrivateKeyInfo in DER. Raises ``Refused`` (PASSWORD_EMPTY)."""
        return pkcs8.encrypt(self.to_pkcs8_der(), password, protection)

    def to_pkcs8_pem(
        self, password: bytes | None = None, *, protection: KeyProtection = KeyProtection.SM4
    ) -> bytes:
        """PKCS#8 in PEM, under a password when one is given."""
        if password is None:
            return pkcs8.armour("PRIVATE KEY", self.to_pkcs8_der())
        protected = self.to_encrypted_pkcs8_der(password, protection=protection)
        return pkcs8.armour("ENCRYPTED PRIVATE KEY", protected)

    def sign(self, message: bytes, *, user_id: bytes = DEFAULT_ID) -> bytes:
        """The DER signature of ``message``."""
        return self.sign_digest(self._public_key.digest(message, user_id))

    def sign_digest(self, digest: bytes) -> bytes:
        """The DER signature of a digest e = SM3(Z‖M) made by the caller."""
        return curve.encode_signature(self._engine_key.sign_digest(digest))

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """``sign_digest`` for many digests."""
        made = select_engine().sign_digests([(self._engine_key, digest) for digest in digests])
        return [curve.encode_signature(rs) for rs in made]

    def sign_messages(self, messages: Sequence[bytes], *, user_id: bytes = DEFAULT_ID) -> list[bytes]:
        """``sign`` for many messages: several at once where the engine can."""
        work = [(self._engine_key, self._public_key.message(text, user_id)) for text in messages]
        return [curve.encode_signature(rs) for rs in select_engine().sign_messages(work)]

    def decrypt(self, ciphertext: bytes) -> bytes:
        """What an SM2Cipher holds. Raises ``MalformedInput`` when it is none, damaged or another's."""
        from gmseal.sm import encryption  # noqa: PLC0415 - as above

        return encryption.decrypt(self._engine_key.scalar(), ciphertext)

    def __repr__(self) -> str:
        return f"PrivateKey(of {self._public_key!r})"
