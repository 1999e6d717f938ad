"""The front of a simulated seal clicked through in Chromium: it presses as permitted, spoils, and locks when misused."""

from __future__ import annotations

import getpass
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from browser_desk import SCREENSHOTS, SIZES, OpenDesk
from playwright.sync_api import expect

from sealdevice.conformance import HOUR_MS
from sealdevice.link import Message, Subject
from sealdevice.permit import Check, NamedPerson, Permit, PressKind, Role, sign_permit
from shuangyin.device_conformance.hands import Person
from shuangyin.device_conformance.station import BenchStation, bench_station
from shuangyin.device_conformance.wire import DeviceBehindBroker
from shuangyin.devices.broker.process import find_mosquitto

pytestmark = pytest.mark.browser
PANEL = re.compile(r"its front is at (http://\S+)")
PATIENCE_S = 90


@contextmanager
def shown_device(station: BenchStation, folder: Path) -> Iterator[str]:
    """A simulated device that enrols at the bench's station; the address of its front."""
    command = [
        sys.executable, "-m", "shuangyin", "device-sim", "--server", station.server, "--mqtt", station.broker,
        "--code", station.code, "--folder", str(folder), "--panel", "0",
    ]  # fmt: skip
    said: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        listener = Thread(target=_listen, args=(process, said), daemon=True)
        listener.start()
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not (found := PANEL.search("".join(said))):
                assert process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.1)
            yield found.group(1)
        finally:
            process.kill()
            process.wait(timeout=10)
            listener.join(timeout=10)


def _listen(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)  # noqa: PERF402  # line by line, while another thread looks


def permit_for(device_id: str, now: int) -> Permit:
    """Two presses and a spare, for one person."""
    return Permit(
        id="panel-permit",
        device=device_id,
        seal="panel-seal",
        request="panel-request",
        documents=("00" * 32,),
        persons=(NamedPerson("panel-presser", Role.PRESSER, frozenset({Check.PASSWORD})),),
        counts={PressKind.ORDINARY: 2, PressKind.SEAM: 0, PressKind.COVER: 0},
        spare=1,
        not_before=now - HOUR_MS,
        not_after=now + HOUR_MS,
        issued_at=now,
        offline=True,
    )


def test_a_person_presses_a_simulated_seal_by_hand(tmp_path: Path, open_desk: OpenDesk) -> None:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is missing")
    (tmp_path / "broker").mkdir()
    with (
        bench_station(tmp_path / "broker", getpass.getuser()) as station,
        shown_device(station, tmp_path / "device") as address,
    ):
        enrolled = station.enrolled.get(timeout=PATIENCE_S)
        wire = DeviceBehindBroker(station.folder, enrolled.id, enrolled.key, Person(), quiet_s=0.2)
        record = sign_permit(permit_for(enrolled.id, time.time_ns() // 1_000_000), station.key)
        wire.send(Message(Subject.PERMIT, record))
        desk = open_desk()
        page = desk.page
        page.goto(address)
        permits = page.locator("#permits li")
        expect(permits).to_contain_text("0/2", timeout=PATIENCE_S * 1000)
        press = page.get_by_role("button", name=re.compile("两人核验并盖章"))
        press.click()
        expect(permits).to_contain_text("1/2", timeout=PATIENCE_S * 1000)
        page.get_by_role("button", name=re.compile("记为废印")).click()
        press.click()
        press.click()
        expect(permits).to_contain_text("3/2", timeout=PATIENCE_S * 1000)
        press.click()
        expect(page.locator("#said")).to_contain_text("count_used", timeout=PATIENCE_S * 1000)
        kinds = page.get_by_label(re.compile("异常"))
        expect(kinds.locator("option").first).to_have_text("未经许可盖章 unauthorised-press")
        kinds.select_option("unauthorised-press")
        page.get_by_role("button", name=re.compile("执行")).click()
        expect(page.locator("#lock")).to_contain_text("unauthorised_press", timeout=PATIENCE_S * 1000)
        for size, viewport in SIZES.items():
            page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
            page.screenshot(path=SCREENSHOTS / f"device-panel-{size}.png")
            assert not desk.wider_than_the_window()
        wire.close()
