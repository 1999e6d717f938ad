"""An OFD in the browser: uploaded, shown as a drawing that says so, on the application as in the wizard."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser
ORDER = Path(__file__).parents[2] / "samples" / "purchase-order.ofd"


def test_an_ofd_is_shown_with_what_its_drawing_changes(running: Installation, open_desk: OpenDesk) -> None:
    version = running.upload("设备采购订单.ofd", ORDER.read_bytes(), "设备采购订单")["versions"][0]
    place = {"page": 1, "x_mm": 120.0, "y_mm": 90.0}
    request = running.apply(version, title="设备采购订单", placements=[place])
    desk = open_desk("employee")
    page = desk.page
    desk.goto(f"/requests/{request['id']}")
    expect(page.get_by_test_id("drawn-note")).to_contain_text("盖章的是 OFD 原文件")
    desk.look("request-ofd", english=True)
    expect(page.locator("[data-drawn=true] canvas").first).to_be_visible()

    desk.goto("/requests/new")
    page.get_by_test_id("file-input").set_input_files(ORDER)
    expect(page.get_by_test_id("drawn-note")).to_be_visible(timeout=30_000)  # it is drawn once for this
    with page.expect_download() as waiting:
        desk.goto(f"/requests/{request['id']}")
        page.get_by_test_id("download").click()
    assert Path(waiting.value.path()).read_bytes() == ORDER.read_bytes(), "what is downloaded is the OFD"
