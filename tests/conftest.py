"""What tests from outside share: one installation and one browser a process.

Founding an installation takes a minute of code steps; a second browser would find the first one's event loop.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_desk import SCREENSHOTS, launch
from playwright.sync_api import Browser, sync_playwright
from running_installation import Installation, installation


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An organization on a running server, everybody signed in."""
    with installation(tmp_path_factory.mktemp("installation")) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, started once."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()
