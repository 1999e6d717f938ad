"""Sealing a PDF of 500 pages and 200 MB: CPU beside hashing it once, and peak memory above the file's own size."""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import pikepdf

from benchmarks.pdf_sealing import NOW, trial_seal
from gmseal.pdf import SealOrder, SealPlacement, seal_pdf

PAGES = 500
PAGE_BYTES = 400_000
ROUNDS = 3


def run() -> list[dict[str, Any]]:
    """One row; each measurement is made in a process of its own, so that its peak is its own."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "large.pdf"
        _write(source)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, maxtasksperchild=1) as pool:
            hashing = min(pool.apply(_hash, (source,)) for _ in range(ROUNDS))
            sealed = [pool.apply(_seal, (source,)) for _ in range(ROUNDS)]
        size = source.stat().st_size
    seconds, grown = min(one[0] for one in sealed), max(one[1] for one in sealed)
    return [
        {
            "pages": PAGES,
            "megabytes": size >> 20,
            "sm3_once_cpu_s": round(hashing, 2),
            "seal_cpu_s": round(seconds, 2),
            "seal_to_sm3_once": round(seconds / hashing, 2),
            "peak_memory_grew_by_mb": grown >> 10,
        }
    ]


def _write(target: Path) -> None:
    import random  # noqa: PLC0415 - needed once

    noise = random.Random(3)
    with pikepdf.new() as document:
        for _ in range(PAGES):
            page = document.add_blank_page(page_size=(595, 842))
            page.Contents = document.make_stream(b"% " + noise.randbytes(PAGE_BYTES))
        document.save(target, compress_streams=False)


def _hash(source: Path) -> float:
    started = time.process_time()
    with source.open("rb") as file:
        hashlib.file_digest(file, lambda: hashlib.new("sm3"))
    return time.process_time() - started


def _seal(source: Path) -> tuple[float, int]:
    """CPU seconds, and kilobytes by which the peak of this process grew."""
    sealer, _ = trial_seal()
    order = SealOrder(signed_at=NOW, placements=(SealPlacement(page=0, x_mm=120, y_mm=200),))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    seal_pdf(source, source.with_suffix(".sealed.pdf"), order=order, signer=sealer)
    cpu = time.process_time() - started
    return cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
