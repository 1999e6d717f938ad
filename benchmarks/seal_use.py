"""What evidence costs a seal use: the same use through the HTTP interface, and its entries alone.

A use is upload, application, approval and sealing, each a request of the API in this process. Then as many entries
as a use leaves are recorded, integrated into both trees, fenced and signed, in groups as the sequencer meets them.
The share is the one over the other, in CPU time of one run.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import func, select

from benchmarks.worlds import world_on_sqlite
from shuangyin.core.actor import system_actor
from shuangyin.core.clock import ManualClock
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.evidence.sequencer import sequence_pending

ROOT = Path(__file__).parents[1]
USES = 12
ROUNDS = 5
GROUP = 10
"""Uses whose entries share one head: at two heads a second, 20 uses a second."""


def run() -> list[dict[str, Any]]:
    """CPU milliseconds of a use, of its evidence, and the share."""
    with world_on_sqlite() as world:
        platform = world.platform
        story = _module("sealing_story", ROOT / "packages/shuangyin/tests/sealing/story.py").begin(world)
        sequence_pending(platform)
        before = _entries(platform)
        use_ms = _use_ms(story, world.clock)
        entries = round((_entries(platform) - before) / (USES + 1))
        sequence_pending(platform)
        evidence_ms = _evidence_ms(platform, entries)
    share = evidence_ms / use_ms
    return [
        {
            "what": "a seal use through the API, evidence included",
            "cpu_ms": round(use_ms, 2),
            "entries": entries,
        },
        {"what": "its evidence alone", "cpu_ms": round(evidence_ms, 2), "entries": entries},
        {"what": "share of evidence", "cpu_ms": round(share, 3), "entries": entries},
    ]


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _use_ms(story: Any, clock: ManualClock) -> float:
    """Median CPU time of one use; the second factors of the people are part of it."""
    times: list[float] = []
    for number in range(USES + 1):
        clock.advance(seconds=61)
        started = time.process_time()
        story.sealed(duplicate_reason="性能测量")
        if number:  # the first use warms caches and loads modules
            times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


def _evidence_ms(platform: Platform, entries: int) -> float:
    actor = system_actor("0" * 31 + "1")
    facts = {"use": "0" * 32, "number": "用印-2026-000001", "source_sm3": "0" * 64, "document_sm3": "0" * 64}

    def one_use(work: UnitOfWork) -> None:
        for _ in range(entries):
            record(
                work, actor, kind="sealing.sealed", subject_type="request", subject_id="1" * 32, facts=facts
            )

    times: list[float] = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(GROUP):
            platform.transact(one_use)
        sequence_pending(platform)
        times.append((time.process_time() - started) / GROUP * 1000)
    return statistics.median(times)


def _entries(platform: Platform) -> int:
    return platform.view(
        lambda work: work.session.scalar(select(func.count()).select_from(EvidenceEntry)) or 0
    )
