"""The evidence log: durable and integrated adds through its own server, batch import, proofs, audit, growth.

The load generator and the server share the machine, as the figures say; the rate of durable writes of the
disk is measured in the same run, since it bounds every log. FULL=1 grows the log to ten million entries.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.evidence_load import ServedLog, measure_adds
from benchmarks.plot import write_line_plot
from evidencelog import Ed25519Signer, FileTileStore, Sm2Signer, TileProver, encode_entry, tree_hash
from evidencelog.embedded import HeadFence, LogDatabase, Publisher, Sequencer, audit_log
from evidencelog.keys import Signer

FULL = os.environ.get("FULL") == "1"
GROWTH_TO = int(os.environ.get("ENTRIES", "10000000" if FULL else "1000000"))
ORIGIN = "log.example/benchmark"
CLIENTS = (1, 64, 256)
SECONDS = 5.0
_STEP = 50_000
_PAD = "x" * 330


def entry(number: int) -> bytes:
    """About 500 bytes, as an entry of a seal use has."""
    return encode_entry(
        {
            "id": f"{number:032x}",
            "at": 1_790_000_000_000 + number,
            "kind": "sealing.sealed",
            "facts": {"pad": _PAD},
        }
    )


def run() -> list[dict[str, Any]]:
    """Rows with one figure each: what, value, unit, and what it is measured against."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        root = Path(name)
        syncs = fdatasync_rate(root)
        rows.append(_row("disk: 4 KiB write and fdatasync", syncs, "per s", "one thread"))
        rows += _served(root, syncs)
        rows += _growth(root)
    return rows


def fdatasync_rate(root: Path, seconds: float = 1.0) -> float:
    """Durable writes of 4 KiB a second, one after the other."""
    descriptor = os.open(root / "sync", os.O_RDWR | os.O_CREAT)
    block, count, end = b"\x00" * 4096, 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        os.pwrite(descriptor, block, 4096 * (count % 64))
        os.fdatasync(descriptor)
        count += 1
    os.close(descriptor)
    return count / seconds


def _served(root: Path, syncs: float) -> Iterator[dict[str, Any]]:
    with ServedLog(root / "served", ORIGIN) as log:
        number = 0
        for clients in CLIENTS:
            load = measure_adds(log.address, clients, SECONDS, entry, number)
            number += load.count
            name = f"served adds, {clients} client{'s' if clients > 1 else ''}"
            against = f"p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms; {load.per_second / syncs:.1f} per fdatasync"
            yield _row(name, load.per_second, "per s", against)


def _growth(root: Path) -> Iterator[dict[str, Any]]:
    database = LogDatabase(root / "growth" / "log.sqlite3", ORIGIN)
    signers: list[Signer] = [Ed25519Signer.generate(ORIGIN), Sm2Signer.generate(ORIGIN)]
    fence = HeadFence(root / "fence" / "fence.sqlite3")
    files = FileTileStore(root / "growth" / "public")
    publisher = Publisher(database, fence, signers, files)
    sequencer = Sequencer(database, publisher, period_seconds=3600)
    sequencer.start()
    sizes: list[int] = []
    append_us: list[float] = []
    append_cpu_us: list[float] = []
    proof_ms: list[float] = []
    for size in range(_STEP, GROWTH_TO + 1, _STEP):
        entries = [entry(number) for number in range(size - _STEP, size)]
        cpu, started = time.process_time(), time.perf_counter()
        for _ in sequencer.import_entries(entries):
            pass
        append_us.append((time.perf_counter() - started) / _STEP * 1e6)
        append_cpu_us.append((time.process_time() - cpu) / _STEP * 1e6)
        sizes.append(size)
        proof_ms.append(_proof_ms(root, size, 50))
    started = time.perf_counter()
    publisher.publish()
    published = GROWTH_TO / (time.perf_counter() - started)
    yield _row("publishing static files", published, "entries per s", "tiles and entry bundles, durable")
    yield _row(
        "batch import",
        1e6 / statistics.median(append_us),
        "entries per s",
        f"to {GROWTH_TO:,} entries, wall time",
    )
    for name, at in (("start", slice(5)), ("end", slice(-5, None))):
        wall_us, cpu_us = (statistics.median(one[at]) for one in (append_us, append_cpu_us))
        yield _row(f"append at the {name}", wall_us, "µs per entry", f"wall time; {cpu_us:.1f} µs of CPU")
    yield _row(
        "proof from storage",
        _proof_ms(root, GROWTH_TO, 300),
        "ms median",
        f"at {GROWTH_TO:,}, nothing cached",
    )
    started, wall = time.process_time(), time.perf_counter()
    report = audit_log(database, [signers[0].verifier], fence)
    cpu, wall = time.process_time() - started, time.perf_counter() - wall
    yield _row("full audit", cpu, "s CPU", f"{report.size:,} entries, {wall:.1f} s wall, good: {report.good}")
    output = Path("var/benchmarks")
    write_line_plot(
        output / "evidence_log_growth.svg",
        title="Cost against size of the log",
        xs=sizes,
        series={
            "append, µs of CPU per entry": append_cpu_us,
            "proof from storage, ms × 10": [ms * 10 for ms in proof_ms],
        },
        x_label="entries",
    )
    sequencer.stop()


def _proof_ms(root: Path, size: int, count: int) -> float:
    """Median wall time of an inclusion proof, each with a database opened anew."""
    chance = random.Random(size)
    times: list[float] = []
    for _ in range(count):
        database = LogDatabase(root / "growth" / "log.sqlite3", ORIGIN, tree_hash("sha-256"))
        started = time.perf_counter()
        TileProver(database, size).inclusion_proof(chance.randrange(size))
        times.append((time.perf_counter() - started) * 1000)
        database.close()
    return statistics.median(times)


def _row(what: str, value: float, unit: str, against: str) -> dict[str, Any]:
    return {"what": what, "value": round(value, 2 if value < 100 else 0), "unit": unit, "against": against}
