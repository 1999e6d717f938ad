"""Drawers and dialogs: what differs between a page and what opens above it is judged by axe as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

SAMPLES = Path(__file__).parents[2] / "samples"

pytestmark = pytest.mark.browser


def test_a_seal_opens_in_a_drawer_and_on_a_page_of_its_own(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/seals")
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


def test_the_specimen_of_a_physical_seal_is_filed_from_the_register(
    running: Installation, open_desk: OpenDesk
) -> None:
    known = running["administrator"].get("/seals", medium="physical")["items"]
    # Other tests on the same organization file specimens too.
    seal = next(one for one in known if not one["has_specimen"] and one["status"] == "in_force")
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/seals?medium=physical")
    page.get_by_test_id("row").filter(has_text=seal["seal_code"]).click()
    detail = page.get_by_test_id("seal-detail")
    expect(detail).to_contain_text("未留存")
    page.get_by_test_id("seal-specimen").click()
    dialog = page.get_by_role("dialog").filter(has_text="留存印模").last
    dialog.locator("input[type=file]").set_input_files(SAMPLES / "scan.png")
    expect(dialog.get_by_role("img", name="印模图片（PNG）")).to_be_visible()
    desk.look("dialog-seal-specimen")
    dialog.get_by_test_id("confirm").click()
    expect(detail).to_contain_text("已留存")
    expect(page.get_by_test_id("seal-specimen")).to_have_text("更换印模")
    desk.goto("/seals?medium=electronic")
    page.get_by_test_id("row").first.click()
    expect(page.get_by_test_id("seal-detail")).to_be_visible()
    expect(page.get_by_test_id("seal-specimen")).to_have_count(0)


@pytest.mark.parametrize("item", range(4), ids=["apply", "register", "trial", "import"])
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
    rows = page.get_by_test_id("row")
    electronic, physical = (rows.filter(has_text=word) for word in ("电子印章", "实体印章"))
    desk.goto("/seals?medium=electronic")
    expect(electronic.first).to_be_visible()
    expect(physical).to_have_count(0)
    desk.goto("/seals")
    expect(electronic.first).to_be_visible()
    expect(physical.first).to_be_visible()


def test_a_repaired_file_is_called_repaired(story: Story, open_desk: OpenDesk, tmp_path: Path) -> None:
    assert story.sealed["id"]
    content = (SAMPLES / "contract.pdf").read_bytes()
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(content[: content.rindex(b"startxref")] + b"startxref\n7\n%%EOF\n")
    desk = open_desk("employee")
    desk.goto("/requests/new")
    desk.page.get_by_test_id("file-input").set_input_files(damaged)
    expect(desk.page.get_by_test_id("repaired")).to_contain_text("逐页核对")
