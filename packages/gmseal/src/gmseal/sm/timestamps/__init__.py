"""Time stamps of RFC 3161 and GB/T 20520: requests, responses, tokens, and where tokens come from."""

from typing import TYPE_CHECKING

from gmseal.sm.timestamp_source import TimestampSource
from gmseal.sm.timestamps.authority import TrialTimestampAuthority
from gmseal.sm.timestamps.messages import (
    TimestampRequest,
    TimestampResponse,
    build_request,
    build_response,
    read_request,
    read_response,
)
from gmseal.sm.timestamps.token import TimestampToken, TstInfo, build_token, read_token

if TYPE_CHECKING:
    from gmseal.sm.timestamps.http_source import HttpTimestampSource

__all__ = [
    "HttpTimestampSource",
    "TimestampRequest",
    "TimestampResponse",
    "TimestampSource",
    "TimestampToken",
    "TrialTimestampAuthority",
    "TstInfo",
    "build_request",
    "build_response",
    "build_token",
    "read_request",
    "read_response",
    "read_token",
]


def __getattr__(name: str) -> object:
    """The client over HTTP is loaded when it is first named: whoever only verifies needs no network code."""
    if name == "HttpTimestampSource":
        from gmseal.sm.timestamps.http_source import HttpTimestampSource  # noqa: PLC0415 - see above

        return HttpTimestampSource
    raise AttributeError(name)
