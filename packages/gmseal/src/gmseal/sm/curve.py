"""The recommended SM2 curve (GB/T 32918.5) and the form of its signatures."""

import re
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm import der

P: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
GX: Final = 0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7
GY: Final = 0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0

SM2_CURVE: Final = "1.2.156.10197.1.301"
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
SM3: Final = "1.2.156.10197.1.401"

ALGORITHM_SM2_KEY: Final = der.sequence(der.oid(EC_PUBLIC_KEY), der.oid(SM2_CURVE))
"""AlgorithmIdentifier of an SM2 key, as GB/T 20518 and RFC 8998 write it."""
ALGORITHM_SM2_WITH_SM3: Final = der.sequence(der.oid(SM2_WITH_SM3))
"""AlgorithmIdentifier of a signature; the parameters are left out (GB/T 35275)."""

_N_OCTETS: Final = N.to_bytes(32, "big")
_USUAL_NUMBER: Final = rb"(?:\x20([\x01-\x7f].{31})|\x21\x00([\x80-\xff].{31}))"
_USUAL_SIGNATURE: Final = re.compile(
    rb"\x30[\x44-\x46]\x02" + _USUAL_NUMBER + rb"\x02" + _USUAL_NUMBER, re.DOTALL
)
"""SM2Signature of two numbers of 32 octets in shortest form, as 127 of 128 are: read without taking it apart."""

CURVE_PREFIX: Final = b"".join(number.to_bytes(32, "big") for number in (A, B, GX, GY))
"""The curve's part of what Z is the hash of (GB/T 32918.2, 5.5)."""


def encode_signature(rs: bytes) -> bytes:
    """SM2Signature of GB/T 35276: DER SEQUENCE of r and s, from the 64 octets r‖s."""
    return der.sequence(
        der.integer(int.from_bytes(rs[:32], "big")), der.integer(int.from_bytes(rs[32:], "big"))
    )


def decode_signature(signature: bytes) -> bytes:
    """The 64 octets r‖s of a DER signature. Raises ``MalformedInput``.

    Strict: shortest form, nothing behind the end, and both numbers within [1, n-1].
    """
    usual = _USUAL_SIGNATURE.fullmatch(signature)
    if usual is not None and signature[1] == len(signature) - 2:
        first_octets, second_octets = usual[1] or usual[2], usual[3] or usual[4]
        if first_octets < _N_OCTETS and second_octets < _N_OCTETS:
            return first_octets + second_octets
    first, second = der.parse(signature, "SM2 signature").fields("SM2 signature", 2, 2)
    r, s = first.integer("r"), second.integer("s")
    if not (0 < r < N and 0 < s < N):
        raise MalformedInput("SM2 signature: r or s is outside [1, n-1].")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def check_point(point: bytes) -> None:
    """Raises ``MalformedInput`` unless the 65 octets are an uncompressed point of the curve.

    The point at infinity has no such form, and the group has prime order, so that every point of
    the curve is a public key (GB/T 32918.1, 6.2.1).
    """
    if len(point) != 65 or point[0] != 4:
        raise MalformedInput("A public key is 65 octets that begin with 04.")
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    if x >= P or y >= P or (y * y - (x * x + A) * x - B) % P:
        raise MalformedInput("The public key is not a point of the SM2 curve.")


def check_private_number(scalar: bytes) -> None:
    """Raises ``MalformedInput`` unless the 32 octets are a number within [1, n-2].

    d = n-1 has no inverse of 1+d: no signature comes out of it, and some implementations look for
    one for ever.
    """
    if len(scalar) != 32 or not 1 <= int.from_bytes(scalar, "big") <= N - 2:
        raise MalformedInput("The private key is outside [1, n-2].")


def is_signature(rs: bytes) -> bool:
    """Whether there are 64 octets r‖s with both numbers within [1, n-1] (GB/T 32918.2, 7.1 B1, B2)."""
    return len(rs) == 64 and 0 < int.from_bytes(rs[:32], "big") < N and 0 < int.from_bytes(rs[32:], "big") < N


def may_be_infinite(rs: bytes, digest: bytes) -> bool:
    """Whether r = e modulo n: then x1 is 0 modulo n, or the point s·G + t·P is none at all.

    Libraries disagree about the latter, which is no signature. The number e may exceed n.
    """
    return (int.from_bytes(rs[:32], "big") - int.from_bytes(digest, "big")) % N == 0


def check_digest(digest: bytes) -> None:
    """Raises ``MalformedInput`` unless there are 32 octets."""
    if len(digest) != 32:
        raise MalformedInput("A digest is 32 octets.")


def spki(point: bytes) -> bytes:
    """SubjectPublicKeyInfo of the 65 octets of an uncompressed point."""
    return der.sequence(ALGORITHM_SM2_KEY, der.bit_string(point))


def point_of_spki(element: der.Element) -> bytes:
    """The 65 octets of the point in a SubjectPublicKeyInfo. Raises ``MalformedInput``."""
    algorithm, key = element.fields("SubjectPublicKeyInfo", 2, 2)
    if algorithm.raw != ALGORITHM_SM2_KEY:
        raise MalformedInput("The public key is not an SM2 key.")
    point = key.whole_octets("public key")
    if len(point) != 65 or point[0] != 4:
        raise MalformedInput("The public key is not an uncompressed point.")
    return point
