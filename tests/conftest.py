"""What tests from outside share: one installation a process, since founding one takes a minute of code steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running_installation import Installation, installation


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An organization on a running server, everybody signed in."""
    with installation(tmp_path_factory.mktemp("installation")) as made:
        yield made
