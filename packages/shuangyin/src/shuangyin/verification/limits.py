"""The limits of the public pages, one pair of them for each running application."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import Request

from shuangyin.core.platform import Platform
from shuangyin.verification.rate import MISSING, UPLOADING, RateLimiter


@dataclass(frozen=True, slots=True)
class _Limits:
    missing: RateLimiter = field(default_factory=lambda: RateLimiter(MISSING))
    uploading: RateLimiter = field(default_factory=lambda: RateLimiter(UPLOADING))


def count_miss(request: Request, platform: Platform) -> None:
    """Count one code of this address that names nothing. Raises RateLimited."""
    _limits(request).missing.take(_address(request), platform.clock.now_ms())


def count_upload(request: Request, platform: Platform) -> None:
    """Count one upload by this address. Raises RateLimited."""
    _limits(request).uploading.take(_address(request), platform.clock.now_ms())


def _limits(request: Request) -> _Limits:
    state = request.app.state
    if not hasattr(state, "verification_limits"):
        state.verification_limits = _Limits()
    limits = state.verification_limits
    assert isinstance(limits, _Limits)  # noqa: S101  # set here and nowhere else
    return limits


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"
