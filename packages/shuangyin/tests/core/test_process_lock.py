"""A second process on an installation's folder is told at once, before all that the platform imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shuangyin.core.settings import Settings
from shuangyin.process_lock import only_process

SECOND = """
import sys
from typer.testing import CliRunner
from shuangyin.cli import app
result = CliRunner().invoke(app, ["serve", "--data-dir", sys.argv[1]])
heavy = [name for name in ("uvicorn", "sqlalchemy", "shuangyin.app", "shuangyin.composition") if name in sys.modules]
print(result.exit_code, heavy, result.output)
"""


def test_a_second_process_is_refused_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    with only_process(Settings(data_dir=tmp_path)):
        done = subprocess.run(
            [sys.executable, "-c", SECOND, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    assert done.stdout.startswith("2 [] ")
    assert "正在启动" in done.stdout
    assert "is starting" in done.stdout
    assert "ALREADY_RUNNING" in done.stdout


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    for _ in range(2):
        with only_process(Settings(data_dir=tmp_path)):
            pass
