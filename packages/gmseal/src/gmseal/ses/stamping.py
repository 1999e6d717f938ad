"""The field ``timeStamp [0] EXPLICIT BIT STRING`` of seals and seal signatures."""

from datetime import datetime

from gmseal.sm import der
from gmseal.sm.timestamp_source import TimestampSource, stamped

_HEADERS = 1 + 5 + 1 + 5 + 1
"""Tag and length of [0], tag and length of the BIT STRING, its octet of unused bits."""


def stamp_size(timestamps: TimestampSource | None) -> int:
    """The most octets that the field takes; 0 without a source."""
    return 0 if timestamps is None else timestamps.token_size + _HEADERS


def stamp_field(timestamps: TimestampSource | None, signature: bytes, signed_at: datetime) -> bytes:
    """The field with a token over ``signature``; nothing without a source. Raises as ``stamped``."""
    if timestamps is None:
        return b""
    return der.explicit(0, der.bit_string(stamped(timestamps, signature, signed_at)))
