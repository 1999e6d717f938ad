"""Keys in a PKCS#11 token (extra ``gmseal[pkcs11]``): SM2 by the maker's mechanism, ECDSA on P-256, RSA.

PKCS#11 has no mechanism for SM2; makers number their own. A token that signs 32 octets e into
r‖s is described by ``Sm2Mechanisms`` and then serves as a ``KeyStore``. ECDSA and RSA keys, as PAdES needs
them, have stores of their own, because their signatures are another kind.

Keys are found by their label, are made inside the token, and never leave it. One session is used
by one thread at a time; it is opened when first needed and anew after a loss. A refused PIN is
not tried again, because tokens lock after a few.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from gmseal.errors import DeviceFailure, GmsealError, MalformedInput, NotFound, Refused
from gmseal.keystore import check_key_id
from gmseal.keystore_device import DeviceSigner
from gmseal.sm import curve, der
from gmseal.sm.keys import PublicKey

try:
    import pkcs11
    from pkcs11 import exceptions as refusals
except ImportError as error:
    raise DeviceFailure("DEVICE_LIBRARY", "PKCS#11 needs the extra gmseal[pkcs11].") from error

if TYPE_CHECKING:
    from pkcs11.types import Session

P256: Final = "1.2.840.10045.3.1.7"
_SHA256_ENVELOPE: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2)."""

_LOST: Final = (
    refusals.DeviceError,
    refusals.DeviceRemoved,
    refusals.KeyHandleInvalid,
    refusals.ObjectHandleInvalid,
    refusals.SessionClosed,
    refusals.SessionHandleInvalid,
    refusals.TokenNotPresent,
    refusals.TokenNotRecognised,
    refusals.UserNotLoggedIn,
)
_PIN: Final = (
    refusals.PinExpired,
    refusals.PinIncorrect,
    refusals.PinInvalid,
    refusals.PinLenRange,
    refusals.PinLocked,
    refusals.UserPinNotInitialized,
)

_MEANINGS: Final[dict[type[refusals.PKCS11Error], Callable[[], GmsealError]]] = {
    refusals.NoSuchToken: partial(NotFound, "There is no token of this name."),
    refusals.MechanismInvalid: partial(Refused, "MECHANISM", "The token does not do this with this key."),
}


@dataclass(frozen=True, slots=True)
class Sm2Mechanisms:
    """The numbers a maker gave to SM2: signing e into r‖s, and making a pair of keys."""

    sign: int
    generate: int = int(pkcs11.Mechanism.EC_KEY_PAIR_GEN)


class Pkcs11Token:
    """A token and the session with it. May be shared between threads."""

    def __init__(self, module: Path, token_label: str, pin: str) -> None:
        """``module`` is the maker's shared library; nothing is opened yet."""
        # One library under two names would be initialized twice, which it refuses.
        self._module = module.resolve() if module.exists() else module
        self._token_label = token_label
        self._pin = pin
        self._pin_refused = False
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._keys: dict[str, Any] = {}

    def mechanisms(self) -> frozenset[int]:
        """The numbers of the mechanisms the token offers."""
        with self._open() as session:
            return frozenset(int(number) for number in session.token.slot.get_mechanisms())

    def generate(self, key_id: str, curve_oid: str, mechanism: int) -> bytes:
        """Make a pair inside the token; the public point, 65 octets.

        Raises ``Refused`` with KEY_EXISTS or MECHANISM.
        """
        check_key_id(key_id)
        self._require(mechanism)
        with self._open() as session:
            if _objects(session, key_id, pkcs11.ObjectClass.PRIVATE_KEY):
                raise Refused("KEY_EXISTS", f"There is a key {key_id} already; keys are never overwritten.")
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: der.oid(curve_oid)}, local=True
            )
            public, _ = parameters.generate_keypair(
                store=True,
                label=key_id,
                id=key_id.encode("ascii"),
                capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
                mechanism=_mechanism(mechanism),
                private_template={pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
            )
            return _point(public[pkcs11.Attribute.EC_POINT])

    def public_point(self, key_id: str, curve_oid: str) -> bytes:
        """The public point, 65 octets. Raises ``NotFound``, and ``Refused`` (KEY_TYPE) for another curve."""
        check_key_id(key_id)
        with self._open() as session:
            public = _only(session, key_id, pkcs11.ObjectClass.PUBLIC_KEY)
            if public[pkcs11.Attribute.EC_PARAMS] != der.oid(curve_oid):
                raise Refused("KEY_TYPE", f"The key {key_id} in the token is on another curve.")
            return _point(public[pkcs11.Attribute.EC_POINT])

    def rsa_numbers(self, key_id: str) -> tuple[int, int] | None:
        """Modulus and public exponent; ``None`` for a key that is not RSA. Raises ``NotFound``."""
        check_key_id(key_id)
        with self._open() as session:
            public = _only(session, key_id, pkcs11.ObjectClass.PUBLIC_KEY)
            if public.key_type != pkcs11.KeyType.RSA:
                return None
            modulus, exponent = (
                int.from_bytes(public[attribute], "big")
                for attribute in (pkcs11.Attribute.MODULUS, pkcs11.Attribute.PUBLIC_EXPONENT)
            )
            return modulus, exponent

    def sign(self, key_id: str, mechanism: int, digest: bytes) -> bytes:
        """What the token makes of a digest, r‖s; not verified yet."""
        with self._open() as session:
            key = self._keys.get(key_id)
            if key is None:
                key = _only(session, key_id, pkcs11.ObjectClass.PRIVATE_KEY)
                self._keys[key_id] = key
            return bytes(key.sign(digest, mechanism=_mechanism(mechanism)))

    def forget(self, key_id: str) -> None:
        """Drop the handle of a key; the token keeps the key."""
        with self._lock:
            self._keys.pop(key_id, None)

    def close(self) -> None:
        """End the session; a later use begins another."""
        with self._lock:
            session, self._session = self._session, None
            self._keys.clear()
            if session is not None:
                try:
                    session.close()
                except refusals.PKCS11Error:
                    # The token is gone, and the session with it.
                    return

    def _require(self, mechanism: int) -> None:
        if mechanism not in self.mechanisms():
            raise Refused("MECHANISM", f"The token does not offer the mechanism {mechanism:08X}.")

    @contextmanager
    def _open(self) -> Iterator["Session"]:
        """The session for this thread alone, and errors of PKCS#11 as those of the library."""
        with self._lock:
            if self._pin_refused:
                raise Refused("PIN", "The token refused the PIN before; it is not tried again.")
            try:
                if self._session is None:
                    self._session = self._begin()
                yield self._session
            except refusals.PKCS11Error as error:
                if isinstance(error, _LOST):
                    self.close()
                self._pin_refused = self._pin_refused or isinstance(error, _PIN)
                raise _failure(error) from error

    def _begin(self) -> "Session":
        try:
            library = pkcs11.lib(str(self._module))
        except refusals.PKCS11Error as error:
            raise DeviceFailure("DEVICE_LIBRARY", f"{self._module.name} is no module of PKCS#11.") from error
        token = library.get_token(token_label=self._token_label)
        try:
            return token.open(rw=True, user_pin=self._pin)
        except refusals.UserAlreadyLoggedIn:
            # Another part of this process is logged in to the token, and with it all of the process.
            return token.open(rw=True)


class Pkcs11KeyStore:
    """SM2 keys in a token; a ``KeyStore``. May be shared between threads."""

    def __init__(self, token: Pkcs11Token, mechanisms: Sm2Mechanisms) -> None:
        self._token = token
        self._mechanisms = mechanisms
        self._signers: dict[str, DeviceSigner] = {}

    def generate(self, key_id: str) -> PublicKey:
        """Make a key. Raises ``Refused`` (KEY_EXISTS, MECHANISM)."""
        return _sm2_key(self._token.generate(key_id, curve.SM2_CURVE, self._mechanisms.generate))

    def signer(self, key_id: str) -> DeviceSigner:
        """Raises ``NotFound``, ``DeviceFailure`` and ``Refused`` (KEY_TYPE, PIN)."""
        known = self._signers.get(key_id)
        if known is not None:
            return known
        public_key = _sm2_key(self._token.public_point(key_id, curve.SM2_CURVE))
        signer = DeviceSigner(public_key, partial(self._token.sign, key_id, self._mechanisms.sign))
        self._signers[key_id] = signer
        return signer

    def forget(self, key_id: str) -> None:
        """Drop what is held in memory of a key; the token keeps it."""
        self._signers.pop(key_id, None)
        self._token.forget(key_id)


class EcdsaSigner:
    """Signs with a P-256 key that never leaves its token; a ``PadesKey``. May be shared between threads."""

    mechanism: Final = "sha256_ecdsa"
    signature_size: Final = 72
    """Two numbers of 33 octets at most, each with its header, and that of the sequence."""

    def __init__(self, token: Pkcs11Token, key_id: str, public_key: ec.EllipticCurvePublicKey) -> None:
        self.public_key = public_key
        self._token = token
        self._key_id = key_id

    @property
    def spki(self) -> bytes:
        """The public key (SubjectPublicKeyInfo, DER)."""
        return _spki(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The DER signature of ``message`` with ECDSA and SHA-256, verified outside the token."""
        rs = self._token.sign(self._key_id, int(pkcs11.Mechanism.ECDSA), _sha256(message))
        if len(rs) != 64:
            raise DeviceFailure("DEVICE_SIGNATURE", "The token returned something that is no signature.")
        signature = curve.encode_signature(rs)
        with _verified():
            self.public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        return signature


class RsaSigner:
    """Signs with an RSA key that never leaves its token; a ``PadesKey``. May be shared between threads."""

    mechanism: Final = "sha256_rsa"

    def __init__(self, token: Pkcs11Token, key_id: str, public_key: rsa.RSAPublicKey) -> None:
        self.public_key = public_key
        self._token = token
        self._key_id = key_id

    @property
    def spki(self) -> bytes:
        """The public key (SubjectPublicKeyInfo, DER)."""
        return _spki(self.public_key)

    @property
    def signature_size(self) -> int:
        """Octets of a signature: those of the modulus."""
        return (self.public_key.key_size + 7) // 8

    def sign(self, message: bytes) -> bytes:
        """The signature of ``message`` (PKCS #1 v1.5, SHA-256), verified outside the token.

        The token is given the digest in its envelope, which every token can sign; few hash by themselves.
        """
        envelope = _SHA256_ENVELOPE + _sha256(message)
        signature = self._token.sign(self._key_id, int(pkcs11.Mechanism.RSA_PKCS), envelope)
        with _verified():
            self.public_key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        return signature


class Pkcs11PadesKeys:
    """RSA and P-256 keys that are in a token already, whichever a name stands for."""

    def __init__(self, token: Pkcs11Token) -> None:
        self._token = token

    def signer(self, key_id: str) -> EcdsaSigner | RsaSigner:
        """Raises ``NotFound``, ``DeviceFailure`` and ``Refused`` (KEY_TYPE, PIN)."""
        numbers = self._token.rsa_numbers(key_id)
        if numbers is None:
            return Pkcs11EcdsaKeys(self._token).signer(key_id)
        try:
            public_key = rsa.RSAPublicNumbers(numbers[1], numbers[0]).public_key()
        except ValueError as error:
            raise DeviceFailure("DEVICE_ERROR", "The token's key is no RSA key.") from error
        return RsaSigner(self._token, key_id, public_key)


class Pkcs11EcdsaKeys:
    """ECDSA keys on P-256 in a token, for signatures in the international forms."""

    def __init__(self, token: Pkcs11Token) -> None:
        self._token = token

    def generate(self, key_id: str) -> ec.EllipticCurvePublicKey:
        """Make a key. Raises ``Refused`` (KEY_EXISTS, MECHANISM)."""
        return _p256_key(self._token.generate(key_id, P256, int(pkcs11.Mechanism.EC_KEY_PAIR_GEN)))

    def signer(self, key_id: str) -> EcdsaSigner:
        """Raises ``NotFound``, ``DeviceFailure`` and ``Refused`` (KEY_TYPE, PIN)."""
        return EcdsaSigner(self._token, key_id, _p256_key(self._token.public_point(key_id, P256)))


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _spki(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def _verified() -> Iterator[None]:
    """A fault in a token can give the key away through one wrong signature, so none leaves unverified."""
    try:
        yield
    except InvalidSignature as error:
        raise DeviceFailure(
            "DEVICE_SIGNATURE", "The token returned a signature that does not verify."
        ) from error


def _objects(session: "Session", key_id: str, kind: pkcs11.ObjectClass) -> list[Any]:
    """All of this name. Read to the end: a search left open in the session blocks the next."""
    return list(session.get_objects({pkcs11.Attribute.LABEL: key_id, pkcs11.Attribute.CLASS: kind}))


def _only(session: "Session", key_id: str, kind: pkcs11.ObjectClass) -> Any:
    """The one of this name; the binding's types do not say what it can do."""
    found = _objects(session, key_id, kind)
    if not found:
        raise NotFound(f"The token has no key {key_id}.")
    if len(found) > 1:
        raise Refused("KEY_AMBIGUOUS", f"The token has several keys of the name {key_id}.")
    return found[0]


def _mechanism(number: int) -> pkcs11.Mechanism:
    """A mechanism by its number. The binding takes members of its enumeration only, and it has no maker's."""
    try:
        return pkcs11.Mechanism(number)
    except ValueError:
        member = int.__new__(pkcs11.Mechanism, number)
        member._name_, member._value_ = f"VENDOR_{number:08X}", number
        return member


def _point(attribute: bytes) -> bytes:
    """CKA_EC_POINT is an OCTET STRING around the point; some makers leave it away."""
    if len(attribute) == 65:
        return attribute
    try:
        return der.parse(attribute, "CKA_EC_POINT").octets("CKA_EC_POINT")
    except MalformedInput as error:
        raise DeviceFailure("DEVICE_ERROR", "The token's public key is no point.") from error


def _sm2_key(point: bytes) -> PublicKey:
    try:
        return PublicKey.from_point(point)
    except MalformedInput as error:
        raise DeviceFailure("DEVICE_ERROR", f"The token's key is no SM2 key: {error}") from error


def _p256_key(point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise DeviceFailure("DEVICE_ERROR", "The token's key is no point of P-256.") from error


def _failure(error: refusals.PKCS11Error) -> GmsealError:
    """What an error of PKCS#11 means here; never anything of a PIN or a key."""
    name = type(error).__name__
    if isinstance(error, _LOST):
        return DeviceFailure("DEVICE_LOST", f"The token is lost ({name}).")
    if isinstance(error, _PIN):
        return Refused("PIN", f"The token refuses the PIN ({name}).")
    for kind, meant in _MEANINGS.items():
        if isinstance(error, kind):
            return meant()
    return DeviceFailure("DEVICE_ERROR", f"The token failed ({name}).")
