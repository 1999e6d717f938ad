"""The signed code of a paper permit: made by the platform, read and verified anywhere without it.

``SYP1.`` and two parts in base64url without padding: the permit as JSON in UTF-8, and the signature (DER) by SM2 with
SM3 (GB/T 32918.2, the default identifier) over everything before the second dot.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from gmseal.sm.keys import PrivateKey, PublicKey

MARK = "SYP1"
LONGEST = 600
"""Characters; a longer text is none of ours."""


class UnreadableCode(ValueError):
    """The text is no code of a paper permit, or not the one that was signed."""


@dataclass(frozen=True, slots=True)
class PermitCode:
    """What a paper permit says. Times are UTC milliseconds, `valid_until` exclusive."""

    number: str
    organization_id: str
    seal_id: str
    presses: int
    valid_from: int
    valid_until: int


def sign_code(code: PermitCode, key: PrivateKey) -> str:
    """The text for the two-dimensional code."""
    fields = {
        "n": code.number,
        "o": code.organization_id,
        "s": code.seal_id,
        "p": code.presses,
        "f": code.valid_from,
        "u": code.valid_until,
    }
    body = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    signed = f"{MARK}.{_encode(body)}"
    return f"{signed}.{_encode(key.sign(signed.encode()))}"


def read_code(text: str, key: PublicKey) -> PermitCode:
    """The permit in a code whose signature is good. Raises UnreadableCode for anything else, whatever it is."""
    if len(text) > LONGEST or not text.isascii():
        raise UnreadableCode(text[:20])
    signed, _, signature = text.rpartition(".")
    mark, _, body = signed.partition(".")
    if mark != MARK or not key.verify(_decode(signature), signed.encode()):
        raise UnreadableCode(text[:20])
    return _permit(_decode(body))


def _permit(body: bytes) -> PermitCode:
    try:
        fields = json.loads(body)
        texts = [fields[name] for name in ("n", "o", "s")]
        counts = [fields[name] for name in ("p", "f", "u")]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableCode(str(body[:20])) from error
    if not all(isinstance(one, str) for one in texts) or not all(type(one) is int for one in counts):
        raise UnreadableCode(str(body[:20]))
    return PermitCode(*texts, *counts)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableCode(text[:20]) from error
    # One text for one permit: what decodes to the same bytes in another spelling is not what was signed.
    if _encode(data) != text:
        raise UnreadableCode(text[:20])
    return data
