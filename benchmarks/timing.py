"""CPU time of a call, measured in rounds that alternate between contenders."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def cpu_ms(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int, calls: int
) -> dict[str, dict[str, float]]:
    """Best and median CPU milliseconds per call of each contender.

    The contenders take turns in every round, so that a slow phase of the machine meets all of them. The first call
    of each is a warm-up and does not count.
    """
    for call in contenders.values():
        call()
    seen: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            started = time.process_time()
            for _ in range(calls):
                call()
            seen[name].append((time.process_time() - started) / calls * 1000)
    return {name: {"best": min(values), "median": statistics.median(values)} for name, values in seen.items()}
