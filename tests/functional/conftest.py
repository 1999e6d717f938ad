"""What browser tests share: one installation with a story on it, one Chromium, and desks for its people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from browser_desk import AXE, PATIENCE_MS, Desk, OpenDesk, chromium, desk
from browser_rooms import Rooms
from playwright.sync_api import Browser, expect
from running_installation import Installation, Story

SAMPLES = Path(__file__).parents[2] / "samples"
# As long as a desk waits for what it clicks; a busy machine draws late.
expect.set_options(timeout=PATIENCE_MS)
PLACE = {"page": 3, "x_mm": 40.0, "y_mm": 150.0}


def _need(present: object, what: str) -> None:
    """Skip where a developer lacks something; fail where everything must be there."""
    if not present:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{what} is missing")
        pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session", autouse=True)
def _equipment() -> None:
    """What must be there before a server is started for pages that could not be shown."""
    page = Path(str(resources.files("shuangyin"))) / "web" / "dist" / "index.html"
    _need(page.is_file(), "the built user interface (make ui)")
    _need(chromium(), "chromium (apt install chromium-headless-shell)")
    _need(AXE.is_file(), "axe-core (make ui installs it)")


@pytest.fixture(scope="session")
def story(running: Installation, _equipment: None) -> Story:
    """One request sealed, one that waits for the department head, one approved that waits at the safe."""
    content = (SAMPLES / "contract.pdf").read_bytes()
    version = running.upload("contract.pdf", content, "设备供货合同")["versions"][0]
    seam = {"edge": "right", "y_mm": 100}
    qr = {"page": 3, "x_mm": 20.0, "y_mm": 250.0, "size_mm": 15}
    sealed = running.apply(version, title="设备供货合同", placements=[PLACE], seam=seam, qr=qr)
    running.approve(sealed)
    waiting = running.apply(version, title="检测设备采购合同", placements=[PLACE])
    physical = running.apply_physical(
        "financing-contract.pdf", (SAMPLES / "financing-contract.pdf").read_bytes()
    )
    running.approve(physical)
    return Story(running.sealed(sealed), waiting, physical)


@pytest.fixture(scope="session")
def rooms(running: Installation, browser: Browser) -> Iterator[Rooms]:
    """The browsers that the installation's persons keep."""
    kept = Rooms(browser, running.server.base_url)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def seat(running: Installation, rooms: Rooms) -> Iterator[OpenDesk]:
    """The desk of a person for tests that only look: one for all of them, whose browser keeps what it has loaded.

    Every test asks it for its faults; what comes after the last test fails the file.
    """
    with ExitStack() as stack:
        taken: dict[str, Desk] = {}

        def take(kind: str) -> Desk:
            if kind not in taken:
                taken[kind] = stack.enter_context(rooms.desk(running[kind]))
            return taken[kind]

        yield take


@pytest.fixture
def open_desk(running: Installation, browser: Browser, rooms: Rooms) -> Iterator[OpenDesk]:
    """Opens desks: `open_desk("employee")` for a person, `open_desk()` for a stranger. All must end without faults.

    A person has one browser for all tests, and a page of his own in each; options open a browser of its own.
    """
    with ExitStack() as stack:

        def start(kind: str | None = None, **options: Any) -> Desk:
            if kind and not options:
                return stack.enter_context(rooms.desk(running[kind]))
            person = running[kind] if kind else None
            return stack.enter_context(desk(browser, running.server.base_url, person=person, **options))

        yield start
