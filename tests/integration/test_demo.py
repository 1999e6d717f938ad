"""`shuangyin demo --exit`: what a newcomer runs first comes out, on a fresh folder and on a used one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from foundation import CHEAP_PASSWORDS
from running_installation import run

# A run waits for the next code of an authenticator a few times, half a minute each.
_LONGEST_RUN_S = 390
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * _LONGEST_RUN_S)]

STEPS = {
    "organization",
    "decision",
    "seal",
    "opening",
    "press",
    "qr_page_electronic",
    "qr_page_physical",
    "tampered_check",
    "evidence",
    "altered_audit",
    "altered_alarm",
}
"""A step of every chapter: nobody may shorten the demonstration to make it pass."""


def test_the_demonstration_comes_out_twice_in_the_same_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    for _ in range(2):
        done = run(
            sys.executable,
            "-m",
            "shuangyin",
            "demo",
            "--exit",
            "--folder",
            folder,
            environment=CHEAP_PASSWORDS,
            patience_s=_LONGEST_RUN_S,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        assert summary["ok"] is True
        assert {step["name"] for step in summary["steps"]} >= STEPS
        assert all(step["ok"] for step in summary["steps"])
        assert {request["status"] for request in summary["requests"].values()} == {"sealed"}
        for name, path in summary["files"].items():
            assert Path(path).stat().st_size > 0, name
        trust = run(
            "gmseal", "verify", summary["files"]["sealed-contract.pdf"],
            "--trust", folder / "trust",
        )  # fmt: skip
        assert trust.returncode == 0, trust.stdout + trust.stderr
    assert len(list(folder.glob("run-*-keys"))) == 2, "each run has an installation of its own"
