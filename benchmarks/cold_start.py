"""``gmseal verify`` of one small file from a cold start: CPU of the process, its imports and all, over ten runs.

Measured as after an installation, with the compiled form of every module on disk, where pip or the first run leaves
it, and once more with nothing kept: then every process compiles some three hundred modules before it does anything,
Python's own among them. Which of the two an ordinary shell has depends on ``PYTHONDONTWRITEBYTECODE`` and on who may
write into the installation, so neither is left to chance here.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.document_batches import HERE, sample_package, sample_pdf
from benchmarks.pdf_sealing import NOW, trial_seal
from gmseal.ofd import OfdSealOrder, sign_ofd_bytes
from gmseal.pdf import SealOrder, seal_pdf_bytes

RUNS = 10
PROGRAM = "from gmseal.cli import app; app()"


def run() -> list[dict[str, Any]]:
    """One row per command; the first two are the measure of the machine."""
    sealer, trust = trial_seal()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ofd = sign_ofd_bytes(sample_package(), OfdSealOrder(signed_at=NOW, placements=HERE), sealer)
        pdf = seal_pdf_bytes(sample_pdf(), SealOrder(signed_at=NOW, placements=HERE), sealer)
        (folder / "small.ofd").write_bytes(ofd)
        (folder / "small.pdf").write_bytes(pdf)
        (folder / "roots").mkdir()
        (folder / "roots" / "root.cer").write_bytes(trust.roots[0])
        verify = ["-c", PROGRAM, "verify", "--trust", str(folder / "roots")]
        commands = {
            "python -c pass": ["-c", "pass"],
            "python -c 'import pikepdf'": ["-c", "import pikepdf"],
            "gmseal verify small.ofd": [*verify, str(folder / "small.ofd")],
            "gmseal verify small.pdf": [*verify, str(folder / "small.pdf")],
        }
        kept = {**_plain_environment(), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        never = {
            **_plain_environment(),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPYCACHEPREFIX": str(folder / "none"),
        }
        ways = {"": kept, ", all compiled anew": never}
        seen: dict[str, list[tuple[float, float]]] = {}
        for arguments in commands.values():
            _measured(arguments, kept)
        for _ in range(RUNS):
            for command, arguments in commands.items():
                for way, environment in ways.items():
                    seen.setdefault(command + way, []).append(_measured(arguments, environment))
    return [
        {
            "command": command,
            "cpu_ms_best": round(min(cpu for cpu, _ in runs)),
            "wall_ms_best": round(min(wall for _, wall in runs)),
        }
        for command, runs in seen.items()
    ]


def _plain_environment() -> dict[str, str]:
    """Ours without what says how Python keeps compiled modules."""
    own = {"PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in own}


def _measured(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """CPU (user and system) and wall milliseconds of one run."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1000, wall * 1000
