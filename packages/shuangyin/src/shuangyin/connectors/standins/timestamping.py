"""A time-stamp authority on loopback with a trial certificate of its own, made anew at each start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from gmseal.sm.timestamps.trial_server import Misbehaviour, TrialTimestampServer
from gmseal.trial import TrialAuthority
from shuangyin.connectors.standins.faults import Fault

_FAULTS: Final = {
    Fault.SLOW: Misbehaviour.SLOW,
    Fault.DOWN: Misbehaviour.HANG_UP,
    Fault.CONTRADICTORY: Misbehaviour.WRONG_IMPRINT,
    Fault.DUPLICATE: Misbehaviour.WRONG_NONCE,
}


class StandInTimestamps:
    """One authority; ``with`` starts and stops it."""

    def __init__(self, port: int = 0) -> None:
        authority = TrialAuthority.create(datetime.now(UTC))
        self.root = authority.root
        """The root (DER) under which its tokens stand."""
        self._server = TrialTimestampServer(authority.timestamps(clock=lambda: datetime.now(UTC)), port=port)

    @property
    def address(self) -> str:
        return self._server.url

    def misbehave(self, fault: Fault | None) -> None:
        self._server.misbehaviour = None if fault is None else _FAULTS[fault]

    def __enter__(self) -> StandInTimestamps:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()
