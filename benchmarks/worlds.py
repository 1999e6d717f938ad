"""An organization with its people, set up over HTTP in this process as the tests set theirs up."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shuangyin.composition import compose
from shuangyin.core.clock import ManualClock
from shuangyin.core.settings import Settings
from shuangyin.migrations.run import upgrade

SUPPORT = Path(__file__).parents[1] / "tests" / "support"


@contextmanager
def world_on_sqlite() -> Iterator[Any]:
    """The tests' `World` on a platform of its own, with passwords that cost little to check."""
    if str(SUPPORT) not in sys.path:
        sys.path.insert(0, str(SUPPORT))
    platform_world: Any = importlib.import_module("platform_world")
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock()
        settings = Settings(
            data_dir=Path(folder) / "data", kek="00" * 16, argon2_memory_kib=64, argon2_time_cost=1
        )
        platform = compose(settings, clock=clock)
        upgrade(platform.database)
        with platform_world.build_world(platform, clock) as world:
            yield world
        platform.database.dispose()
