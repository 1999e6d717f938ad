"""What the script of the built offline page says of bundles, run in Node without a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_PACKAGE = Path(__file__).parents[2] / "packages" / "evidencelog"
PAGE = _PACKAGE / "src" / "evidencelog" / "web" / "verify.html"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def in_node(jobs: Sequence[tuple[Path, str]]) -> list[Any]:
    """The reports on bundles under what is trusted, as the page would show them."""
    assert NODE is not None
    given = json.dumps([{"bundle": str(path), "trusted": trusted} for path, trusted in jobs])
    command = [NODE, str(_PACKAGE / "tests" / "offline" / "run_built.mjs"), str(PAGE)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=300)
    return list(json.loads(done.stdout))
