"""Time stamps on seal signatures: whom the platform asks, and when the authority said it was."""

from __future__ import annotations

from dataclasses import dataclass, field

from gmseal.sm.timestamp_source import TimestampSource
from gmseal.sm.timestamps import read_token
from shuangyin.core.clock import to_milliseconds


@dataclass(frozen=True, slots=True)
class Timestamps:
    """Port: the time-stamp authority (RFC 3161) of this installation; None when none is set."""

    source: TimestampSource | None = None


@dataclass(slots=True)
class NotingStamps:
    """Passes tokens on and notes the time that the last of them states (UTC milliseconds)."""

    inner: TimestampSource
    stamped_at: int | None = field(default=None, init=False)

    @property
    def token_size(self) -> int:
        return self.inner.token_size

    def stamp(self, message: bytes) -> bytes:
        token = self.inner.stamp(message)
        self.stamped_at = to_milliseconds(read_token(token).info.time)
        return token
