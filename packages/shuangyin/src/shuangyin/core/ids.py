"""Identifiers made by the platform."""

from __future__ import annotations

import secrets


def new_id(now_ms: int) -> str:
    """A UUIDv7 (RFC 9562 5.7) as 32 lower-case hex digits: ordered by time, 74 random bits."""
    random = secrets.randbits(74)
    value = (now_ms & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (random >> 62) << 64
    value |= 0b10 << 62
    value |= random & ((1 << 62) - 1)
    return f"{value:032x}"


def new_token(bits: int = 128) -> str:
    """An unguessable URL-safe token of at least `bits` random bits."""
    return secrets.token_urlsafe((bits + 7) // 8)
