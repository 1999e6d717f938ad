"""What verifying and sealing a small document consists of: shares of CPU time, measured by sampling.

A timer of the process's CPU interrupts the work some two thousand times a second; the innermost function that
belongs to a part below gets the sample. C code counts for the Python function that called it.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from types import FrameType
from typing import Any

from benchmarks.document_batches import LATER, Samples
from gmseal.ofd import sign_ofd_bytes, verify_ofd
from gmseal.pdf import seal_pdf_bytes, verify_pdf_bytes

INTERVAL_S = 0.0005
CALLS = 1500

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("SM2", ("sm/fast.py", "sm/batch.py", "sm/portable.py", "sm/keys.py", "sm/secret_numbers.py")),
    (
        "digests",
        (
            "hashlib.py",
            "pdf/ranges.py _feed",
            "ses/mathematics.py",
            "pdf/seal.py _copy",
            "pdf/seal.py _filled",
        ),
    ),
    ("ZIP", ("ofd/archive.py", "ofd/entry_names.py", "ofd/appending.py", "zipfile.py")),
    (
        "XML",
        ("ofd/markup.py", "ofd/signatures.py", "ofd/package.py", "ofd/signature_text.py", "ofd/reach.py"),
    ),
    (
        "qpdf",
        (
            "pikepdf/",
            "pdf/document.py",
            "pdf/fields.py",
            "pdf/memory.py",
            "pdf/short_copy.py",
            "pdf/offsets.py",
        ),
    ),
    ("PDF text", ("pdf/source_text.py", "pdf/update.py", "pdf/syntax.py", "pdf/signatures/", "pdf/marks.py")),
    (
        "ASN.1",
        (
            "sm/der.py",
            "sm/curve.py",
            "sm/signature_forms.py",
            "reading.py",
            "ses/form_reader.py",
            "ses/memory.py",
        ),
    ),
    (
        "checks",
        (
            "checks.py",
            "report.py",
            "judging/",
            "ses/",
            "sm/chain.py",
            "sm/certificate_info.py",
            "ofd/cases.py",
        ),
    ),
    ("coverage, places, the rest", ("gmseal/",)),
)
"""A part and what belongs to it, in the order in which they are tried: pieces of ``file function``."""


def run() -> list[dict[str, Any]]:
    """One row per operation: milliseconds of CPU for one document, and the share of each part in per cent."""
    samples = Samples.made()
    packages, sealed_packages, files, sealed_files = (
        cycle(each)
        for each in (samples.packages, samples.sealed_packages, samples.files, samples.sealed_files)
    )
    signer, trust = samples.signer, samples.trust
    calls: dict[str, Callable[[], object]] = {
        "seal OFD": lambda: sign_ofd_bytes(next(packages), samples.package_order, signer),
        "verify OFD": lambda: verify_ofd(next(sealed_packages), trust, LATER),
        "seal PDF": lambda: seal_pdf_bytes(next(files), samples.file_order, signer),
        "verify PDF": lambda: verify_pdf_bytes(next(sealed_files), trust, LATER),
    }
    return [_row(name, call) for name, call in calls.items()]


def _row(name: str, call: Callable[[], object]) -> dict[str, Any]:
    found: Counter[str] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        found[_part(frame)] += 1

    for _ in range(50):
        call()
    before = signal.signal(signal.SIGPROF, sample)
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
    try:
        for _ in range(CALLS):
            call()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    spent = (time.process_time() - started) / CALLS * 1000
    total = max(1, sum(found.values()))
    shares = {part: round(100 * found[part] / total) for part, _ in PARTS}
    return {"operation": name, "cpu_ms_sampled": round(spent, 2), **shares}


def _part(frame: FrameType | None) -> str:
    for where in _stack(frame):
        for part, pieces in PARTS:
            if any(piece in where for piece in pieces):
                return part
    return PARTS[-1][0]


def _stack(frame: FrameType | None) -> Iterator[str]:
    """From the innermost function outwards, as ``file function``."""
    while frame is not None:
        yield f"{frame.f_code.co_filename} {frame.f_code.co_name}"
        frame = frame.f_back
