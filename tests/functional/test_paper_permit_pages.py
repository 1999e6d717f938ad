"""Paper permits on their page: issued and printed by who manages seals, handed back unused by the keeper."""

from __future__ import annotations

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser


def test_a_paper_permit_is_issued_printed_and_handed_back(running: Installation, open_desk: OpenDesk) -> None:
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/custody/paper-permits")
    page.get_by_test_id("issue-permits").click()
    page.get_by_test_id("permit-safe").click()
    page.get_by_role("option", name="一号保险柜").click()
    page.get_by_test_id("permit-seal").click()
    page.get_by_role("option").locator("visible=true").first.click()
    desk.look("paper-permit-new", english=True)
    page.get_by_test_id("confirm").click()
    row = page.get_by_test_id("row").first
    expect(row).to_contain_text("待用")
    with page.expect_download() as waiting:
        row.get_by_test_id("print-permit").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")
    desk.look("paper-permits")

    keeper = open_desk("custodian", expected_statuses={422})
    page = keeper.page
    keeper.goto("/custody/paper-permits")
    page.get_by_test_id("enter-use").click()
    keeper.look("paper-permit-entry")
    page.get_by_role("button", name="取消").last.click()
    page.get_by_test_id("return-unused").click()
    page.get_by_label("二维码内容").fill("SYP1.e30.MAA")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_role("dialog")).to_contain_text("不是本单位签发的")
