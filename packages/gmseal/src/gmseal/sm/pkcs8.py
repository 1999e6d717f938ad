"""Private key files: PKCS#8 (RFC 5958), plain or under a password (PBES2, RFC 8018).

The password is handled here and not by libcrypto, for three reasons: libcrypto asks the terminal
when it gets no password; it cannot read key files made with HMAC-SM3; and the number of rounds in
an uploaded file must have a limit, or one file keeps a processor busy for days.
"""

import binascii
import hashlib
import os
from dataclasses import dataclass

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import curve, der

PASSWORD_ROUNDS = 600_000
"""PBKDF2-HMAC-SHA256 rounds for files we write: a quarter of a second for every guess."""
MAX_PASSWORD_ROUNDS = 10_000_000
"""More rounds than this in a file to be read are refused."""

_PBES2 = "1.2.840.113549.1.5.13"
_PBKDF2 = "1.2.840.113549.1.5.12"
_HMAC_SHA256 = "1.2.840.113549.2.9"
_SM4_CBC = "1.2.156.10197.1.104.2"
_DIGESTS = {
    "1.2.840.113549.2.7": "sha1",
    _HMAC_SHA256: "sha256",
    "1.2.840.113549.2.11": "sha512",
    "1.2.156.10197.1.401.2": "sm3",
}
_CIPHERS = {
    _SM4_CBC: ("SM4", 16),
    "2.16.840.1.101.3.4.1.2": ("AES", 16),
    "2.16.840.1.101.3.4.1.42": ("AES", 32),
}
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class PrivateNumbers:
    """What a key file holds: the number, and the point when the file states it."""

    scalar: bytes
    point: bytes | None


def read(data: bytes, password: bytes | None) -> PrivateNumbers:
    """Read PEM or DER. Raises ``MalformedInput``; ``Refused`` with PASSWORD_NEEDED or PASSWORD_WRONG."""
    if len(data) > _MAX_BYTES:
        raise MalformedInput("A private key file is smaller than 64 KiB.")
    root = der.parse(_decoded(data), "private key")
    first = next(root.expect(der.SEQUENCE, "private key").children(), None)
    if first is None:
        raise MalformedInput("private key: an empty structure.")
    if first.tag != der.SEQUENCE:
        return _numbers(root)
    protection = _protection(root)
    if password is None:
        raise Refused("PASSWORD_NEEDED", "The private key is protected by a password.")
    try:
        return _numbers(der.parse(_decrypt(protection, password), "private key"))
    except MalformedInput as error:
        raise Refused("PASSWORD_WRONG", "The password does not open the private key.") from error


def write(scalar: bytes, point: bytes) -> bytes:
    """PrivateKeyInfo in DER, without protection."""
    inner = der.sequence(der.integer(1), der.octet_string(scalar), der.explicit(1, der.bit_string(point)))
    return der.sequence(der.integer(0), curve.ALGORITHM_SM2_KEY, der.octet_string(inner))


def encrypt(plain: bytes, password: bytes, rounds: int = PASSWORD_ROUNDS) -> bytes:
    """EncryptedPrivateKeyInfo in DER: PBES2 with PBKDF2-HMAC-SHA256 and SM4-CBC."""
    if not password:
        raise Refused("PASSWORD_EMPTY", "An empty password protects nothing.")
    salt, vector = os.urandom(16), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", password, salt, rounds, 16)
    padding = 16 - len(plain) % 16
    body = _cbc("SM4", key, vector, plain + bytes((padding,)) * padding, forward=True)
    derivation = der.sequence(
        der.oid(_PBKDF2),
        der.sequence(
            der.octet_string(salt),
            der.integer(rounds),
            der.sequence(der.oid(_HMAC_SHA256), der.tlv(der.NULL, b"")),
        ),
    )
    scheme = der.sequence(der.oid(_SM4_CBC), der.octet_string(vector))
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
    protected = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data
    return unarmoured("ENCRYPTED PRIVATE KEY" if protected else "PRIVATE KEY", data)


def _numbers(root: der.Element) -> PrivateNumbers:
    fields = root.fields("PrivateKeyInfo", 3, 5)
    if fields[0].integer("version") not in {0, 1} or fields[1].raw != curve.ALGORITHM_SM2_KEY:
        raise MalformedInput("This private key is not an SM2 key.")
    inner = der.parse(fields[2].octets("privateKey"), "ECPrivateKey").fields("ECPrivateKey", 2, 4)
    scalar = inner[1].octets("private number")
    if inner[0].integer("version") != 1 or len(scalar) > 32:
        raise MalformedInput("ECPrivateKey: not a key of this curve.")
    point = None
    for field in inner[2:]:
        if field.tag == 0xA1:
            point = der.parse(field.content, "public key").whole_octets("public key")
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
