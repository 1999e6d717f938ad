"""`shuangyin device-conformance` over a real broker: the simulated device keeps the contract, a faulty one does not."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

import pytest
from running_installation import run

from sealdevice.conformance import CHECKS
from sealdevice.faulty import Fault

pytestmark = pytest.mark.slow


def judged(folder: Path, *fault: str) -> tuple[int, dict[str, object], str]:
    """Exit status, report and what was said, of a simulated device moved by its own lines."""
    report = folder / "result.json"
    simulator = [sys.executable, "-m", "shuangyin", "device-sim", "--folder", str(folder / "device"), *fault]
    jig = shlex.join(simulator) + " --server {server} --mqtt {broker} --code {code}"
    done = run(
        sys.executable, "-m", "shuangyin", "device-conformance",
        "--jig", jig, "--report", report, "--quiet", "0.6",
    )  # fmt: skip
    found = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return done.returncode, found, done.stdout + done.stderr


def test_the_simulated_device_keeps_the_contract(tmp_path: Path) -> None:
    status, report, said = judged(tmp_path)
    assert status == 0, said
    checks = report["checks"]
    assert isinstance(checks, list)
    assert [one["number"] for one in checks] == list(range(1, len(CHECKS) + 1))
    assert all(one["passed"] for one in checks)


@pytest.mark.skipif("SHUANGYIN_TEST_FULL" not in os.environ, reason="only in make test-full")
def test_a_device_that_forgets_its_lock_fails_that_check_alone(tmp_path: Path) -> None:
    status, report, said = judged(tmp_path, "--fault", Fault.LOCK)
    assert status == 1, said
    checks = report["checks"]
    assert isinstance(checks, list)
    assert [one["check"] for one in checks if not one["passed"]] == ["lock"]
