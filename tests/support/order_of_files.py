"""The order in which files of tests are given to the worker processes (`pytest -n`, a file at a time).

Files with long single tests come first, so that no worker waits for another one at the end. Files that need a browser
come last: the browser's event loop stays in the process that opened it, and others could start none of their own.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

_OPENING = 350
"""How much of a story in the browser takes as long as opening a page, in bytes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file; within a file the order stays as it is."""
    files: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.nodeid.split("::")[0]].append(item)
    items[:] = [item for file in sorted(files.values(), key=_place) for item in file]


def _place(file: list[pytest.Item]) -> tuple[int, int]:
    marks = {mark.name for item in file for mark in item.iter_markers()}
    when = 2 if "browser" in marks else 0 if "slow" in marks else 1
    # In a browser one test can be a long story: what it does takes as long as it is to read.
    return when, -(file[0].path.stat().st_size + _OPENING * len(file) if when == 2 else len(file))
