"""A thread that does one thing every so often, until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from shuangyin.core.platform import Platform

_log = structlog.get_logger(__name__)


class Periodic:
    """Calls `act` with the platform every `period_s` seconds.

    Several processes may run the same one at once, so `act` looks again before it changes anything and can be
    repeated. A round that fails is told in the log, and the next one tries again.
    """

    def __init__(
        self, platform: Platform, name: str, act: Callable[[Platform], object], *, period_s: float
    ) -> None:
        self._platform = platform
        self._act = act
        self._period_s = period_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the round in hand and end the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.wait(self._period_s):
            try:
                self._act(self._platform)
            except Exception:
                # A database that is away is no reason to stop; the next round tries again.
                _log.exception("periodic.failed", thread=self._thread.name)
