"""Taking each new head to the witnesses, beside the log's own work and never in its way.

The checkpoint is published at once with the log's own signatures. This thread then collects cosignatures on
it and publishes the same checkpoint again with their lines, unless a newer head has taken its place.
"""

import threading
from collections.abc import Sequence

from evidencelog.checkpoint import parse_checkpoint
from evidencelog.embedded.database import LogDatabase
from evidencelog.errors import EvidenceLogError
from evidencelog.note import parse_note
from evidencelog.store import FileTileStore
from evidencelog.tree import TileProver
from evidencelog.witness.client import Collected, WitnessClient, collect_cosignatures, with_lines


class Witnessing:
    """One thread for one log. ``last`` is what the newest round came to, for a health page."""

    def __init__(
        self,
        database: LogDatabase,
        files: FileTileStore,
        witnesses: Sequence[WitnessClient],
        *,
        period_seconds: float = 1.0,
    ) -> None:
        self._database = database
        self._files = files
        self._witnesses = tuple(witnesses)
        self._period = period_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-witnessing", daemon=True)
        self.last: Collected | None = None
        self.witnessed_size = 0

    def start(self) -> None:
        """Begin; without witnesses nothing runs."""
        if self._witnesses:
            self._thread.start()

    def stop(self) -> None:
        """End after the round in hand."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def round(self) -> Collected | None:
        """Ask for the newest published head, once; None when there is nothing new to ask for."""
        note = self._files.read_checkpoint()
        if note is None:
            return None
        size = parse_checkpoint(note).size
        if size == 0 or (size == self.witnessed_size and self._complete()):
            return None
        prover = TileProver(self._database, size, self._database.algorithm)
        collected = collect_cosignatures(note, prover, self._witnesses)
        lines = [line for outcome in collected.outcomes for line in outcome.lines]
        now = self._files.read_checkpoint()
        if lines and now is not None and parse_note(now).text == parse_note(note).text:
            self._files.write_checkpoint(with_lines(now, lines))
        self.last, self.witnessed_size = collected, size
        return collected

    def _complete(self) -> bool:
        return self.last is not None and all(outcome.lines for outcome in self.last.outcomes)

    def _run(self) -> None:
        while not self._stop.wait(self._period):
            try:
                self.round()
            except EvidenceLogError:
                # The folder or the database is in trouble, which the log's own health says; ask again later.
                continue
