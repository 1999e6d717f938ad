"""Drawers and dialogs: what differs between a page and what opens above it is judged by axe as well."""

from __future__ import annotations

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Story

pytestmark = pytest.mark.browser


def test_a_seal_opens_in_a_drawer_and_on_a_page_of_its_own(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/seals")
    expect(page.get_by_test_id("row")).to_have_count(6)
    page.get_by_test_id("row").filter(has_text="电子印章").first.click()
    expect(page.get_by_test_id("seal-detail").get_by_role("img").first).to_be_visible()
    desk.settle()
    desk.look("drawer-seal")
    page.get_by_role("link", name="打开整页").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    desk.settle()
    desk.look("page-seal")
    page.get_by_test_id("seal-suspend").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    desk.look("dialog-seal-suspend")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("item", [0, 1, 2], ids=["register", "trial", "import"])
def test_the_ways_to_add_a_seal(story: Story, open_desk: OpenDesk, item: int) -> None:
    assert story.sealed["id"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/seals")
    page.get_by_test_id("add-seal").click()
    page.get_by_role("menuitem").nth(item).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    desk.look(f"dialog-seal-add-{item + 1}")


def test_the_filter_stays_in_the_address(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/seals?medium=electronic")
    expect(page.get_by_test_id("row")).to_have_count(3)
    desk.goto("/seals")
    expect(page.get_by_test_id("row")).to_have_count(6)
