"""Having a signature value stamped with the time, for the field ``timeStamp [0] EXPLICIT BIT STRING``."""

from datetime import datetime, timedelta
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import der
from gmseal.sm.timestamp_source import TimestampSource

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far the clock of a stamp may lie behind our own."""
_HEADERS = 1 + 5 + 1 + 5 + 1
"""Tag and length of [0], tag and length of the BIT STRING, its octet of unused bits."""


def stamp_size(timestamps: TimestampSource | None) -> int:
    """The most octets that the field takes; 0 without a source."""
    return 0 if timestamps is None else timestamps.token_size + _HEADERS


def stamp_signature(timestamps: TimestampSource, signature: bytes, signed_at: datetime) -> bytes:
    """The field with a token over ``signature``, a signature value made at ``signed_at``.

    A token that a verifier would refuse is refused here: over other octets, larger than its source promised, or
    of a time before the signature. Raises ``Refused`` (TIMESTAMP, TIMESTAMP_TOO_LARGE) and
    what the source raises.
    """
    from gmseal.sm.timestamps.token import read_token  # noqa: PLC0415 - most signatures carry no stamp

    token = timestamps.stamp(signature)
    try:
        info = read_token(token).info
    except MalformedInput as error:
        raise Refused(
            "TIMESTAMP", f"The source of time stamps answered with something else: {error}"
        ) from error
    if not info.imprint.matches(signature):
        raise Refused("TIMESTAMP", "The time stamp is over other octets than the signature.")
    if len(token) > timestamps.token_size:
        raise Refused("TIMESTAMP_TOO_LARGE", "The time stamp is larger than its source promised.")
    if signed_at > info.time + CLOCK_TOLERANCE:
        raise Refused("TIMESTAMP", "The time stamp is from before the time that the signature states.")
    return der.explicit(0, der.bit_string(token))
