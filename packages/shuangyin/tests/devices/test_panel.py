"""The front of a simulated device in a browser: on loopback, for its own page only, named as simulated."""

from __future__ import annotations

import queue
import re
from collections.abc import Iterator

import httpx
import pytest

from gmseal.sm.keys import PrivateKey
from shuangyin.device_sim.panel import Panel
from shuangyin.device_sim.seal import SimulatedSeal


@pytest.fixture
def typed() -> queue.Queue[str]:
    return queue.Queue()


@pytest.fixture
def browser(typed: queue.Queue[str]) -> Iterator[httpx.Client]:
    panel = Panel(typed, 0)
    panel.start()
    seal = SimulatedSeal(lambda: 1_790_000_000_000)
    point = PrivateKey.generate().public_key.point.hex()
    seal.enrolled({"device_id": "device-1", "platform_key": point, "certificate": "", "authority": ""})
    panel.said("已连接平台", "connected")
    panel.show(seal, online=True)
    with httpx.Client(base_url=panel.address, trust_env=False) as client:
        yield client
    panel.stop()


def test_what_is_pressed_at_the_front_reaches_the_device(
    browser: httpx.Client, typed: queue.Queue[str]
) -> None:
    page = browser.get("/")
    assert "模拟" in page.text
    assert "script-src 'nonce-" in page.headers["content-security-policy"]
    found = re.search(r"const token = '([\w-]+)'", page.text)
    assert found is not None
    answer = browser.post("/do", content="press 1 seam\nquit", headers={"X-Panel-Token": found[1]})
    assert answer.status_code == 200
    assert typed.get_nowait() == "press 1 seam", "one line at a time"
    state = browser.get("/state").json()
    assert (state["device"], state["events"], state["locked"]) == ("device-1", 1, False)
    assert state["said"] == ["已连接平台 / connected"]


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({}, "press 1"),
        ({"X-Panel-Token": "another"}, "press 1"),
        ({"Host": "evil.example"}, "press 1"),
        ({"X-Panel-Token": "x"}, "p" * 501),
    ],
)
def test_another_page_presses_nothing(
    browser: httpx.Client, typed: queue.Queue[str], headers: dict[str, str], content: str
) -> None:
    assert browser.post("/do", content=content, headers=headers).status_code == 403
    assert browser.get("/state", headers={"Host": "evil.example"}).status_code == 403
    assert typed.empty()
