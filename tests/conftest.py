"""What tests from outside share: one installation and one browser a process.

Founding an organization takes long, so it is done once in a run; a second browser would find the first one's event loop.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from browser_desk import SCREENSHOTS, launch
from foundation import Foundation
from independent_provider import joined, provider
from playwright.sync_api import Browser, sync_playwright
from running_directory import employee_entry, running_directory
from running_installation import Installation, installation

from shuangyin.connectors.standins.board import StandInBoard
from shuangyin.connectors.standins.offers import OFFERS


@pytest.fixture(scope="session")
def foundation(tmp_path_factory: pytest.TempPathFactory) -> Foundation:
    """The organization that all worker processes copy."""
    own = tmp_path_factory.getbasetemp()
    return Foundation((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "foundation")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, foundation: Foundation) -> Iterator[Installation]:
    """An organization on a running server, everybody signed in, its log and seals stamped by an authority on loopback."""
    wanted = ("timestamps", "licence")
    with (
        StandInBoard([offer for offer in OFFERS if offer.name in wanted]) as board,
        provider() as issuer,
        running_directory(tmp_path_factory.mktemp("directory"), employee_entry()) as directory,
    ):
        anchor = {
            "name": "tsa",
            "kind": "rfc3161",
            "url": board.address_of("timestamps"),
            "period_seconds": 1,
        }
        folder = tmp_path_factory.mktemp("installation")
        environment = {
            "SHUANGYIN_LOG_ANCHORS": json.dumps([anchor]),
            "SHUANGYIN_TIMESTAMP_URL": board.address_of("timestamps"),
            "SHUANGYIN_LICENCE": json.dumps({"url": board.address_of("licence")}),
            "SHUANGYIN_OIDC": json.dumps([joined(issuer, folder)]),
            "SHUANGYIN_DIRECTORIES": json.dumps([directory.joined(folder / "reader-secret")]),
        }
        with installation(folder, environment, foundation=foundation, broker=True) as made:
            made.board = board
            yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, started once."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()
