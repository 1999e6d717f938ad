"""A log of one's own in a temporary folder, and faults that can be put at every durable step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidencelog import Ed25519Signer, FileTileStore, encode_entry
from evidencelog.embedded import HeadFence, LogDatabase, Publisher, Sequencer

ORIGIN = "log.example/embedded"


def entry(number: int) -> bytes:
    return encode_entry({"number": number, "text": "合同 " + "x" * (number % 50)})


@dataclass
class LogFolder:
    """Where one log lies; opened anew as often as a test likes, as after a crash."""

    root: Path
    signer: Ed25519Signer

    def database(self) -> LogDatabase:
        return LogDatabase(self.root / "log" / "log.sqlite3", ORIGIN)

    def fence(self) -> HeadFence:
        return HeadFence(self.root / "fence" / "fence.sqlite3")

    def files(self) -> FileTileStore:
        return FileTileStore(self.root / "log" / "public")

    def sequencer(self, database: LogDatabase | None = None, period: float = 0.02) -> Sequencer:
        database = database or self.database()
        publisher = Publisher(database, self.fence(), [self.signer], self.files())
        return Sequencer(database, publisher, period_seconds=period)


@pytest.fixture
def folder(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path, Ed25519Signer.generate(ORIGIN))


@pytest.fixture
def running(folder: LogFolder) -> Iterator[Callable[..., Sequencer]]:
    """Starts sequencers and stops all of them at the end."""
    started: list[Sequencer] = []

    def start(database: LogDatabase | None = None) -> Sequencer:
        sequencer = folder.sequencer(database)
        sequencer.start()
        started.append(sequencer)
        return sequencer

    yield start
    for sequencer in started:
        sequencer.stop()
