"""A stocktake on a phone: every seal ticked, a difference written down, the account shown, both confirm, printed."""

from __future__ import annotations

import pytest
from browser_desk import PHONE, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser


def test_a_safe_is_counted_on_a_phone(running: Installation, open_desk: OpenDesk) -> None:
    desk = open_desk("reviewer")
    page = desk.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a mapping of the two sides
    desk.goto("/custody/stocktakes")
    page.get_by_test_id("add-stocktake").click()
    page.get_by_test_id("stocktake-safe").click()
    page.get_by_role("option", name="一号保险柜").click()
    page.get_by_test_id("stocktake-witness").click()
    page.get_by_role("option", name="孙静").locator("visible=true").first.click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("stocktake-status")).to_contain_text("盘点中")
    taken_id = page.url.rsplit("/", 1)[1]
    lines = page.get_by_test_id("stocktake-lines").locator("li")
    lines.first.get_by_test_id("missing").click()
    expect(lines.first.get_by_test_id("enter-missing")).to_be_disabled()
    desk.look("stocktake-counting", english=True)
    for number in range(lines.count()):
        lines.nth(number).get_by_test_id("found").click()
        expect(lines.nth(number)).to_have_attribute("data-found", "true")
    expect(page.get_by_test_id("account-1")).to_contain_text("相符")
    page.get_by_label("6 位验证码").first.fill(running["reviewer"].code())
    page.get_by_test_id("confirm-self").get_by_role("button", name="确认身份").click()
    expect(page.get_by_test_id("party-counter")).to_have_attribute("data-confirmed", "true")
    desk.look("stocktake-confirming")
    body = running["auditor"].confirmation("custody.confirm", taken_id)
    assert running["auditor"].post_json(f"/stocktakes/{taken_id}/confirm", body)["status"] == "done"
    expect(page.get_by_test_id("stocktake-status")).to_contain_text("已完成")
    with page.expect_download() as waiting:
        page.get_by_test_id("stocktake-pdf").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")
    desk.goto("/custody/stocktakes?status=done")
    expect(page.get_by_test_id("row").first).to_contain_text("一号保险柜")
    desk.look("stocktakes", english=True)
