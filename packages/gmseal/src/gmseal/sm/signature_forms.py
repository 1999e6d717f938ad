"""SM2 signatures as products write them, brought to the one form that GB/T 35276 defines."""

from enum import StrEnum

from gmseal.errors import MalformedInput
from gmseal.sm import curve, der


class SignatureForm(StrEnum):
    """How a signature value was written."""

    DER = "der"
    RAW = "raw"
    """The 64 octets r‖s without any structure."""
    NEGATIVE = "negative"
    """r or s begins with a set bit and lacks the zero that keeps an INTEGER positive."""


def in_der(signature: bytes) -> tuple[bytes, SignatureForm]:
    """The signature in DER and the form it was found in; octets of no known form are left as they are."""
    if _looks_right(signature):
        return signature, SignatureForm.DER
    if len(signature) == 64 and not _is_der(signature):
        return curve.encode_signature(signature), SignatureForm.RAW
    numbers = _unsigned(signature)
    if numbers is None:
        return signature, SignatureForm.DER
    return numbers, SignatureForm.NEGATIVE


def _looks_right(signature: bytes) -> bool:
    """A quick look that lets through nearly every good signature: two positive numbers, ending where they should."""
    if len(signature) < 66 or signature[0] != der.SEQUENCE or signature[1] != len(signature) - 2:
        return False
    second = 4 + signature[3]
    return (
        signature[2] == der.INTEGER
        and signature[4] < 0x80
        and second + 2 < len(signature)
        and signature[second] == der.INTEGER
        and second + 2 + signature[second + 1] == len(signature)
        and signature[second + 2] < 0x80
    )


def _is_der(signature: bytes) -> bool:
    try:
        curve.decode_signature(signature)
    except MalformedInput:
        return False
    return True


def _unsigned(signature: bytes) -> bytes | None:
    """The same numbers read as unsigned, when one of them was written negative by mistake."""
    try:
        parts = der.parse(signature, "SM2 signature").fields("SM2 signature", 2, 2)
        contents = [part.expect(der.INTEGER, "SM2 signature").content for part in parts]
    except MalformedInput:
        return None
    if not all(0 < len(content) <= 33 for content in contents):
        return None
    if not any(content[0] & 0x80 for content in contents):
        return None
    return der.sequence(*(der.integer(int.from_bytes(content, "big")) for content in contents))
