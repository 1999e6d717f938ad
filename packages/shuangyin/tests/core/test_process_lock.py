"""A second process on an installation's folder is told at once, before all that the platform imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shuangyin.core.errors import Invalid
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


@pytest.mark.parametrize(("ending", "name"), [("keys", "kek.hex"), ("fence", "fence.sqlite3")])
def test_a_folder_of_keys_or_fence_is_no_data_folder(tmp_path: Path, ending: str, name: str) -> None:
    beside = tmp_path / f"data-{ending}"
    beside.mkdir()
    (beside / name).touch()
    with pytest.raises(Invalid) as refused, only_process(Settings(data_dir=beside)):
        pass
    assert refused.value.code == "NOT_A_DATA_FOLDER"
    assert str(tmp_path / "data") in refused.value.text.zh
    assert [one.name for one in beside.iterdir()] == [name], "nothing was written beside them"
    with only_process(Settings(data_dir=tmp_path / "data")):
        pass
    kept_inside = Settings(
        data_dir=beside, kek_file=beside / "kek.hex", log_fence_file=beside / "fence.sqlite3"
    )
    with only_process(kept_inside):
        pass
