"""SM2 encryption (GB/T 32918.4) in the form of GM/T 0009: SEQUENCE of x, y, C3 and C2.

Always by libcrypto, whichever engine signs: encryption wraps short keys and is never the
bottleneck. What comes in is checked before libcrypto sees it.
"""

from typing import Final

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.sm import curve, der
from gmseal.sm.engine import load_engine
from gmseal.sm.portable import PortableEngine

MAX_PLAIN_BYTES: Final = 64 << 10
"""SM2 is for keys and short secrets; longer contents belong under SM4."""
_MOST_BYTES: Final = MAX_PLAIN_BYTES + 256
_ATTEMPTS: Final = 100
"""One octet is left unchanged by one key stream in 256; that many in a row do not happen."""


def encrypt(point: bytes, plain: bytes) -> bytes:
    """SM2Cipher in DER for the owner of a point of 65 octets.

    Raises ``Refused`` (PLAIN_LENGTH) unless there are 1 to 65,536 octets.
    """
    if not 0 < len(plain) <= MAX_PLAIN_BYTES:
        raise Refused("PLAIN_LENGTH", f"SM2 encrypts 1 to {MAX_PLAIN_BYTES} octets.")
    key = _engine().load_public(point)
    for _ in range(_ATTEMPTS):
        made = key.encrypt(plain)
        # A key stream of zeros would leave the text readable; another number is drawn (6.1 A5).
        if _text_of(made) != plain:
            return made
    raise GmsealError("libcrypto encrypts nothing.")


def decrypt(scalar: bytes, ciphertext: bytes) -> bytes:
    """The octets inside an SM2Cipher in DER. Raises ``MalformedInput``.

    Order of GB/T 32918.4, 7.1: the point is on the curve (B1; the cofactor is 1, so B2 is
    nothing), the key stream is not zero (B4), the digest fits (B6).
    """
    text = _text_of(ciphertext)
    plain = _engine().load_private(scalar).decrypt(ciphertext)
    if plain is None or plain == text:
        raise MalformedInput("The SM2 ciphertext does not open: another key's, or damaged.")
    return plain


def _text_of(ciphertext: bytes) -> bytes:
    """C2 of an SM2Cipher whose form and point are right. Raises ``MalformedInput``."""
    what = "SM2 ciphertext"
    if len(ciphertext) > _MOST_BYTES:
        raise MalformedInput(f"{what}: longer than {_MOST_BYTES} octets.")
    x, y, digest, text = der.parse(ciphertext, what).fields(what, 4, 4)
    coordinates = x.integer("x"), y.integer("y")
    if not all(0 <= number < curve.P for number in coordinates):
        raise MalformedInput(f"{what}: a coordinate is outside [0, p-1].")
    curve.check_point(b"\x04" + b"".join(number.to_bytes(32, "big") for number in coordinates))
    if len(digest.octets("C3")) != 32 or not text.octets("C2"):
        raise MalformedInput(f"{what}: the digest or the text has a wrong length.")
    return text.octets("C2")


def _engine() -> PortableEngine:
    engine = load_engine("portable")
    if not isinstance(engine, PortableEngine):
        raise GmsealError("The portable engine is another one.")
    return engine
