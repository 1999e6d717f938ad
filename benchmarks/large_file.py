"""A PDF of 500 pages and 200 MB: CPU of sealing and verifying beside hashing it once, and peak memory.

The peak is the high-water mark of a process of its own (VmHWM; Linux alone has it). It counts the pages of the file
that were mapped and touched, too. The maximum that ``getrusage`` gives would be that of the process which wrote the
file, as it is handed on to the processes that are started after it.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import re
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf

from benchmarks.pdf_sealing import NOW, trial_seal
from gmseal.pdf import SealOrder, SealPlacement, seal_pdf, verify_pdf

PAGES = 500
PAGE_BYTES = 419_000
ROUNDS = 2
_STATUS = Path("/proc/self/status")


def run() -> list[dict[str, Any]]:
    """One row; each measurement is made in a process of its own, so that its peak is its own."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "large.pdf"
        _write(source)
        size = source.stat().st_size
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, maxtasksperchild=1) as pool:
            hashing = min(pool.apply(_hash, (source,)) for _ in range(ROUNDS))
            worked = [pool.apply(_work, (source,)) for _ in range(ROUNDS)]
    seal, verify = (min(one[index] for one in worked) for index in (0, 1))
    sealing, verifying = (max(int(one[index]) for one in worked) for index in (2, 3))
    return [
        {
            "pages": PAGES,
            "megabytes": size >> 20,
            "sm3_once_cpu_s": round(hashing, 2),
            "seal_cpu_s": round(seal, 2),
            "seal_to_sm3_once": round(seal / hashing, 2),
            "verify_cpu_s": round(verify, 2),
            "verify_to_sm3_once": round(verify / hashing, 2),
            "seal_peak_grew_by_mb": sealing >> 10,
            "verify_peak_grew_by_mb": verifying >> 10,
            "above_the_file_mb": max(0, (max(sealing, verifying) >> 10) - (size >> 20)),
        }
    ]


def _write(target: Path) -> None:
    """Page by page of noise, which nothing can make smaller. Written plainly: qpdf would hold all of it in memory."""
    noise, places = random.Random(3), []
    kids = b" ".join(b"%d 0 R" % (3 + 2 * page) for page in range(PAGES))
    with target.open("wb") as out:

        def put(number: int, value: bytes) -> None:
            places.append(out.tell())
            out.write(b"%d 0 obj\n%s\nendobj\n" % (number, value))

        out.write(b"%PDF-1.7\n")
        put(1, b"<</Type/Catalog/Pages 2 0 R>>")
        put(2, b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, PAGES))
        for page in range(PAGES):
            content = b"% " + re.sub(rb"[\r\n]", b" ", noise.randbytes(PAGE_BYTES))
            box = b"/MediaBox[0 0 595 842]/Resources<<>>"
            number = 3 + 2 * page
            put(number, b"<</Type/Page/Parent 2 0 R%s/Contents %d 0 R>>" % (box, number + 1))
            put(number + 1, b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        start = out.tell()
        rows = b"".join(b"%010d 00000 n \n" % place for place in places)
        size = len(places) + 1
        out.write(
            b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\n" % (size, rows, size)
        )
        out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    with pikepdf.open(target) as document:
        if len(document.pages) != PAGES:
            message = "The large file is not what it should be."
            raise RuntimeError(message)


def _hash(source: Path) -> float:
    """CPU seconds of SM3 over the file, once."""
    started = time.process_time()
    with source.open("rb") as file:
        hashlib.file_digest(file, lambda: hashlib.new("sm3"))
    return time.process_time() - started


def _work(source: Path) -> tuple[float, float, int, int]:
    """CPU seconds of sealing and of verifying, and the kilobytes by which the peak of the process grew in each."""
    sealer, trust = trial_seal()
    target = source.with_suffix(".sealed.pdf")
    order = SealOrder(signed_at=NOW, placements=(SealPlacement(page=0, x_mm=120, y_mm=200),))
    before, started = _kilobytes("VmRSS"), time.process_time()
    seal_pdf(source, target, order=order, signer=sealer)
    sealed, after_sealing = time.process_time(), _kilobytes("VmHWM")
    report = verify_pdf(target, trust, NOW + timedelta(hours=1))
    verified, after_verifying = time.process_time(), _kilobytes("VmHWM")
    if report.verdict != "valid":
        message = "The large file was not sealed well."
        raise RuntimeError(message)
    return sealed - started, verified - sealed, after_sealing - before, after_verifying - before


def _kilobytes(what: str) -> int:
    """A figure of this process's memory; 0 where the system does not tell."""
    found = re.search(rf"{what}:\s*(\d+) kB", _STATUS.read_text("utf-8")) if _STATUS.exists() else None
    return int(found[1]) if found else 0
