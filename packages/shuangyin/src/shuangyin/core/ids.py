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


def next_id(previous: str) -> str:
    """The id after `previous` in the same millisecond: its random part grown by a random step (RFC 9562 6.2,
    method 2), so that ids of one transaction sort in the order they were made and still cannot be guessed."""
    value = int(previous, 16)
    random = ((value >> 64 & 0xFFF) << 62) | (value & ((1 << 62) - 1))
    random = (random + 1 + secrets.randbits(32)) & ((1 << 74) - 1)
    value = (value >> 76 << 76) | ((random >> 62) << 64) | (0b10 << 62) | (random & ((1 << 62) - 1))
    return f"{value:032x}"


def new_token(bits: int = 128) -> str:
    """An unguessable URL-safe token of at least `bits` random bits."""
    return secrets.token_urlsafe((bits + 7) // 8)
