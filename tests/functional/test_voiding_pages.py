"""The auditor voids a use in the browser: with a reason and a second factor; whoever looks at it afterwards is told."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser

CONTRACT = Path(__file__).parents[2] / "samples" / "contract.pdf"
PLACE = {"page": 3, "x_mm": 40.0, "y_mm": 150.0}


def test_a_use_is_voided_and_everybody_who_looks_is_told(running: Installation, open_desk: OpenDesk) -> None:
    version = running.upload("contract.pdf", CONTRACT.read_bytes(), "设备供货合同（作废）")["versions"][0]
    request = running.apply(version, title="设备供货合同（作废）", placements=[PLACE])
    running.approve(request)
    use = running.sealed(request)["uses"][0]
    auditor = open_desk("auditor", expected_statuses=(403,))
    page = auditor.page
    auditor.goto(f"/requests/{request['id']}")
    page.get_by_test_id(f"void-{use['id']}").click()
    page.get_by_test_id("void-code").click()
    page.get_by_role("option").locator("visible=true").first.click()
    page.get_by_test_id("void-reason").fill("合同对方名称有误，双方商定重签。")
    auditor.look("use-void", english=True)
    page.get_by_role("dialog").get_by_role("button", name="作废").click()
    auditor.confirm_with(running["auditor"].code())
    expect(page.get_by_test_id("voided")).to_contain_text("双方商定重签")
    auditor.look("request-voided", english=True)
    link = page.get_by_test_id("verification-link").first.get_attribute("href") or ""
    anybody = open_desk()
    anybody.goto(f"/{urlsplit(link).path}")
    expect(anybody.page.get_by_text("已作废").first).to_be_visible()
    expect(anybody.page.locator("body")).not_to_contain_text("双方商定重签")
    anybody.look("verify-voided")
