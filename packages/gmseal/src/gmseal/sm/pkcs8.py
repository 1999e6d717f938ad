"""Private key files: PKCS#8 (RFC 5958), plain or under a password (PBES2, RFC 8018), and SEC1.

What OpenSSL calls ``EC PRIVATE KEY`` is the ECPrivateKey of SEC 1 (RFC 5915) without the wrapping
of PKCS#8; it is read, never written. Its older protection by lines of text (``DEK-Info``, one
round of MD5) is refused: it protects nothing.

The password is handled here and not by libcrypto, for three reasons: libcrypto asks the terminal
when it gets no password; it cannot read key files made with HMAC-SM3; and the number of rounds in
an uploaded file must have a limit, or one file keeps a processor busy for days.
"""

import binascii
import hashlib
import os
import re
from dataclasses import dataclass
from enum import Enum

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import curve, der

PASSWORD_ROUNDS = 600_000
"""PBKDF2-HMAC-SHA256 rounds for files we write: a quarter of a second for every guess."""
MAX_PASSWORD_ROUNDS = 10_000_000
"""More rounds than this in a file to be read are refused."""

GMSSL_PASSWORD_ROUNDS = 65_536
"""What the key files of GmSSL have."""

_PBES2 = "1.2.840.113549.1.5.13"
_PBKDF2 = "1.2.840.113549.1.5.12"
_HMAC_SHA256 = "1.2.840.113549.2.9"
_HMAC_SM3 = "1.2.156.10197.1.401.2"
_SM4_CBC = "1.2.156.10197.1.104.2"
_AES_256_CBC = "2.16.840.1.101.3.4.1.42"
_DIGESTS = {
    "1.2.840.113549.2.7": "sha1",
    _HMAC_SHA256: "sha256",
    "1.2.840.113549.2.11": "sha512",
    _HMAC_SM3: "sm3",
}
_CIPHERS = {
    _SM4_CBC: ("SM4", 16),
    "2.16.840.1.101.3.4.1.2": ("AES", 16),
    _AES_256_CBC: ("AES", 32),
}
_MAX_BYTES = 64 * 1024
_PFX = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03\x30", re.DOTALL)
"""How a PFX begins, in DER or BER: version 3, then a structure, where a private key has 0 or octets."""
_LABELS = ("ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY")
"""The last two hold the same; OpenSSL 3 writes the last one."""
_PARAMETERS, _PUBLIC_KEY = 0xA0, 0xA1


class KeyProtection(Enum):
    """How a key file is put under a password: cipher, hash of the key derivation, rounds."""

    SM4 = (_SM4_CBC, _HMAC_SHA256, PASSWORD_ROUNDS)
    """SM4-CBC, which OpenSSL 3 reads."""
    AES = (_AES_256_CBC, _HMAC_SHA256, PASSWORD_ROUNDS)
    """AES-256-CBC, which everything reads."""
    GMSSL = (_SM4_CBC, _HMAC_SM3, GMSSL_PASSWORD_ROUNDS)
    """SM4-CBC with HMAC-SM3 as GmSSL writes it, national algorithms only; OpenSSL 3.0 does not read it."""


@dataclass(frozen=True, slots=True)
class PrivateNumbers:
    """What a key file holds: the number, and the point when the file states it."""

    scalar: bytes
    point: bytes | None


def read(data: bytes, password: bytes | None) -> PrivateNumbers:
    """Read PEM or DER. Raises ``MalformedInput``; ``Refused`` with PASSWORD_NEEDED or PASSWORD_WRONG."""
    if len(data) > _MAX_BYTES:
        raise MalformedInput("A private key file is smaller than 64 KiB.")
    check_no_pkcs12(data)
    root = der.parse(_decoded(data), "private key")
    first, second, *_ = root.fields("private key", 2, 5)
    if first.tag == der.INTEGER and second.tag == der.OCTET_STRING:
        return _ec_private_key(root, standalone=True)
    if first.tag == der.INTEGER:
        return _numbers(root)
    protection = _protection(root)
    if password is None:
        raise Refused("PASSWORD_NEEDED", "The private key is protected by a password.")
    try:
        return _numbers(der.parse(_decrypt(protection, password), "private key"))
    except MalformedInput as error:
        raise Refused("PASSWORD_WRONG", "The password does not open the private key.") from error


def check_no_pkcs12(data: bytes) -> None:
    """Raises ``Refused`` (``PKCS12``), which says what to do, for a PKCS#12 file (RFC 7292, 4) given as a key."""
    if _PFX.match(data):
        raise Refused(
            "PKCS12",
            "This is a PKCS#12 file (.p12, .pfx), not a private key. Take the key out with "
            "`openssl pkcs12 -in FILE.p12 -nocerts -out key.pem` (older files: add -legacy), "
            "the certificate with `openssl pkcs12 -in FILE.p12 -clcerts -nokeys -out cert.pem`, and name these two.",
        )


def write(scalar: bytes, point: bytes) -> bytes:
    """PrivateKeyInfo in DER, without protection."""
    inner = der.sequence(der.integer(1), der.octet_string(scalar), der.explicit(1, der.bit_string(point)))
    return der.sequence(der.integer(0), curve.ALGORITHM_SM2_KEY, der.octet_string(inner))


def encrypt(plain: bytes, password: bytes, protection: KeyProtection = KeyProtection.SM4) -> bytes:
    """EncryptedPrivateKeyInfo in DER: PBES2 with PBKDF2 and a cipher in CBC mode."""
    cipher, digest, rounds = protection.value
    return encrypt_with(plain, password, cipher, digest, rounds)


def encrypt_with(plain: bytes, password: bytes, cipher: str, digest: str, rounds: int) -> bytes:
    """As ``encrypt``, with the OIDs of cipher and HMAC given. Raises ``Refused`` (PASSWORD_EMPTY)."""
    if not password:
        raise Refused("PASSWORD_EMPTY", "An empty password protects nothing.")
    name, key_size = _CIPHERS[cipher]
    salt, vector = os.urandom(16), os.urandom(16)
    key = hashlib.pbkdf2_hmac(_DIGESTS[digest], password, salt, rounds, key_size)
    padding = 16 - len(plain) % 16
    body = _cbc(name, key, vector, plain + bytes((padding,)) * padding, forward=True)
    # HMAC-SM3 has no parameters (GM/T 0091); those of the older hashes are NULL (RFC 8018, B.1.2).
    absent = b"" if digest == _HMAC_SM3 else der.tlv(der.NULL, b"")
    stated = der.integer(key_size) if digest == _HMAC_SM3 else b""
    parameters = (der.octet_string(salt), der.integer(rounds), stated, der.sequence(der.oid(digest), absent))
    derivation = der.sequence(der.oid(_PBKDF2), der.sequence(*parameters))
    scheme = der.sequence(der.oid(cipher), der.octet_string(vector))
    algorithm = der.sequence(der.oid(_PBES2), der.sequence(derivation, scheme))
    return der.sequence(algorithm, der.octet_string(body))


def armour(label: str, data: bytes) -> bytes:
    """PEM (RFC 7468) with lines of 64 characters."""
    text = binascii.b2a_base64(data, newline=False)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    name = label.encode("ascii")
    return b"\n".join((b"-----BEGIN " + name + b"-----", *lines, b"-----END " + name + b"-----", b""))


def unarmoured(label: str, text: bytes) -> bytes:
    """The DER of the first block with this label in a PEM text. Raises ``MalformedInput``."""
    name = label.encode("ascii")
    _, begin, rest = text.partition(b"-----BEGIN " + name + b"-----")
    body, end, _ = rest.partition(b"-----END " + name + b"-----")
    if not begin or not end:
        raise MalformedInput(f"This is not a {label} in PEM.")
    try:
        return binascii.a2b_base64(b"".join(body.split()), strict_mode=True)
    except binascii.Error as error:
        raise MalformedInput(f"The PEM text of the {label} is damaged.") from error


def _decoded(data: bytes) -> bytes:
    if data[:1] == b"\x30":
        return data
    for label in _LABELS:
        begin = f"-----BEGIN {label}-----".encode("ascii")
        if begin in data:
            if b"Proc-Type:" in data:
                raise Refused(
                    "PROTECTION",
                    "This key file has the old protection of PEM; convert it with: openssl pkcs8 -topk8.",
                )
            return unarmoured(label, data)
    raise MalformedInput("This is not a PRIVATE KEY in PEM or DER.")


def _numbers(root: der.Element) -> PrivateNumbers:
    fields = root.fields("PrivateKeyInfo", 3, 5)
    if fields[0].integer("version") not in {0, 1} or fields[1].raw != curve.ALGORITHM_SM2_KEY:
        raise MalformedInput("This private key is not an SM2 key.")
    return _ec_private_key(der.parse(fields[2].octets("privateKey"), "ECPrivateKey"), standalone=False)


def _ec_private_key(root: der.Element, *, standalone: bool) -> PrivateNumbers:
    """ECPrivateKey (RFC 5915, 3). Alone, it must name the curve itself."""
    inner = root.fields("ECPrivateKey", 2, 4)
    scalar = inner[1].octets("private number")
    if inner[0].integer("version") != 1 or len(scalar) > 32:
        raise MalformedInput("ECPrivateKey: not a key of this curve.")
    optional = {field.tag: field.content for field in inner[2:]}
    if len(optional) != len(inner) - 2 or set(optional) - {_PARAMETERS, _PUBLIC_KEY}:
        raise MalformedInput("ECPrivateKey: fields that do not belong there.")
    parameters, public = optional.get(_PARAMETERS), optional.get(_PUBLIC_KEY)
    if (standalone or parameters is not None) and parameters != der.oid(curve.SM2_CURVE):
        raise MalformedInput("This private key is not an SM2 key.")
    point = None if public is None else der.parse(public, "public key").whole_octets("public key")
    return PrivateNumbers(scalar.rjust(32, b"\0"), point)


@dataclass(frozen=True, slots=True)
class _Protection:
    """How a key file is encrypted, and the encrypted part."""

    cipher: str
    key_size: int
    vector: bytes
    digest: str
    salt: bytes
    rounds: int
    body: bytes


def _protection(root: der.Element) -> _Protection:
    algorithm, body = root.fields("EncryptedPrivateKeyInfo", 2, 2)
    scheme, parameters = algorithm.fields("encryptionAlgorithm", 2, 2)
    if scheme.oid("scheme") != _PBES2:
        raise MalformedInput("The key file uses an unsupported protection; PBES2 is needed.")
    derivation, encryption = parameters.fields("PBES2", 2, 2)
    cipher, key_size, vector = _cipher(encryption)
    digest, salt, rounds = _derivation(derivation)
    return _Protection(cipher, key_size, vector, digest, salt, rounds, body.octets("encryptedData"))


def _cipher(element: der.Element) -> tuple[str, int, bytes]:
    identifier, vector = element.fields("encryptionScheme", 2, 2)
    known = _CIPHERS.get(identifier.oid("cipher"))
    if known is None:
        raise MalformedInput("The key file uses an unsupported cipher.")
    octets = vector.octets("initial vector")
    if len(octets) != 16:
        raise MalformedInput("The key file uses an unsupported initial vector.")
    return (*known, octets)


def _derivation(element: der.Element) -> tuple[str, bytes, int]:
    identifier, parameters = element.fields("keyDerivationFunc", 2, 2)
    if identifier.oid("key derivation") != _PBKDF2:
        raise MalformedInput("The key file uses an unsupported key derivation.")
    salt, rounds, *rest = parameters.fields("PBKDF2", 2, 4)
    count = rounds.integer("rounds")
    if not 1 <= count <= MAX_PASSWORD_ROUNDS:
        raise MalformedInput(f"The key file asks for {count} rounds of key derivation.")
    digest: str | None = "sha1"
    for field in rest:
        if field.tag == der.SEQUENCE:
            digest = _DIGESTS.get(next(field.children(), field).oid("prf"))
    if digest is None:
        raise MalformedInput("The key file uses an unsupported hash for its key derivation.")
    return digest, salt.octets("salt"), count


def _decrypt(protection: _Protection, password: bytes) -> bytes:
    key = hashlib.pbkdf2_hmac(
        protection.digest, password, protection.salt, protection.rounds, protection.key_size
    )
    padded = _cbc(protection.cipher, key, protection.vector, protection.body, forward=False)
    padding = padded[-1] if padded else 0
    if not 1 <= padding <= 16 or padded[-padding:] != bytes((padding,)) * padding:
        raise MalformedInput("The padding is wrong.")
    return padded[:-padding]


def _cbc(name: str, key: bytes, vector: bytes, data: bytes, *, forward: bool) -> bytes:
    # Only protected key files need this; importing it late keeps verification quick to start.
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    if len(data) % 16:
        raise MalformedInput("The encrypted part is not a whole number of blocks.")
    algorithm = algorithms.SM4(key) if name == "SM4" else algorithms.AES(key)
    cipher = Cipher(algorithm, modes.CBC(vector))
    operation = cipher.encryptor() if forward else cipher.decryptor()
    return operation.update(data) + operation.finalize()
