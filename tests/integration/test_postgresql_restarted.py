"""PostgreSQL dies in the middle of commits and comes back: nothing acknowledged is lost, nothing is counted twice."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from shuangyin.composition import compose
from shuangyin.core.actor import system_actor
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import audit
from shuangyin.evidence.commands import record
from shuangyin.evidence.models import EvidenceEntry, LogLeaf
from shuangyin.evidence.sequencer import sequence_pending
from shuangyin.migrations.run import upgrade

ACTOR = system_actor("0" * 31 + "1")
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "with_postgresql.py"
CRASHES = 3


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("with_postgresql", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["with_postgresql"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server() -> Iterator[Any]:
    script = _script()
    with script.running_server(script.find_programs(), durable=True) as running:
        yield running


@pytest.fixture
def platform(server: Any, tmp_path: Path) -> Iterator[Platform]:
    settings = Settings(
        data_dir=tmp_path / "data", database_url=server.address, kek="000102030405060708090a0b0c0d0e0f"
    )
    composed = compose(settings)
    upgrade(composed.database)
    yield composed
    composed.database.dispose()


def _write(platform: Platform, number: int) -> str:
    def command(work: UnitOfWork) -> str:
        return record(
            work, ACTOR, kind="test.noted", subject_type="test", subject_id=f"{number}", facts={"n": number}
        ).id

    return platform.transact(command)


class Load:
    """Two writers and a sequencer that go on whatever the database does."""

    def __init__(self, platform: Platform) -> None:
        self.acknowledged: set[str] = set()
        self._platform = platform
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(act,)) for act in (self._add, self._add, self._place)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _repeat(self, act: Callable[[int], None]) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            try:
                act(number)
            except DBAPIError:
                time.sleep(0.02)

    def _add(self, number: int) -> None:
        self.acknowledged.add(_write(self._platform, number))

    def _place(self, _number: int) -> None:
        sequence_pending(self._platform)


@pytest.mark.slow
def test_the_log_survives_crashes_of_its_database(platform: Platform, server: Any) -> None:
    load = Load(platform)
    load.start()
    for _ in range(CRASHES):
        time.sleep(0.7)
        server.crash()
        server.start()
    time.sleep(0.5)
    load.stop()
    sequence_pending(platform)

    def placed(work: UnitOfWork) -> tuple[list[int], list[str]]:
        query = select(LogLeaf.log_index, LogLeaf.entry_id).order_by(LogLeaf.log_index)
        rows = list(work.session.execute(query).tuples())
        return [index for index, _ in rows], [entry for _, entry in rows]

    indexes, entries = platform.view(placed)
    assert len(load.acknowledged) > 20
    assert indexes == list(range(len(indexes)))
    assert len(set(entries)) == len(entries)
    assert load.acknowledged <= set(entries)
    stored = platform.view(lambda work: set(work.session.scalars(select(EvidenceEntry.id))))
    assert stored == set(entries)
    assert audit(platform).differences == ()
