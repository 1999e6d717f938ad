"""How often one address may ask the public pages: a bucket that refills with time, in memory.

Each process counts for itself; behind several processes the limits add up, which is still a limit.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

from shuangyin.core.errors import RateLimited

MAX_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `burst` at once, then one every `every_ms` milliseconds."""

    burst: int
    every_ms: int


MISSING = Allowance(burst=30, every_ms=2_000)
"""Codes that name nothing: thirty at once, then thirty a minute. Whoever holds a good code is never turned away."""
UPLOADING = Allowance(burst=12, every_ms=10_000)


class RateLimiter:
    """Buckets per address for one allowance."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._lock = threading.Lock()
        self._used: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, address: str, now_ms: int) -> None:
        """Count one request. Raises RateLimited with the seconds to wait."""
        with self._lock:
            used, since = self._used.get(address, (0.0, now_ms))
            used = max(0.0, used - max(0, now_ms - since) / self._allowance.every_ms)
            if used + 1 > self._allowance.burst:
                self._used[address] = (used, now_ms)
                wait_ms = (used + 1 - self._allowance.burst) * self._allowance.every_ms
                raise _too_often(max(1, math.ceil(wait_ms / 1000)))
            self._used[address] = (used + 1, now_ms)
            self._used.move_to_end(address)
            while len(self._used) > MAX_ADDRESSES:
                self._used.popitem(last=False)


def _too_often(seconds: int) -> RateLimited:
    return RateLimited(
        "TOO_OFTEN",
        f"查询过于频繁，请 {seconds} 秒后再试。",
        f"Too many requests from your address. Try again in {seconds} seconds.",
        retry_after_s=seconds,
    )
