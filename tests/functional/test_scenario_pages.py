"""The scenario list in a browser: drafted from a starter, edited in the decision table; a counterparty checked."""

from __future__ import annotations

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import Page, expect
from running_installation import Story

pytestmark = pytest.mark.browser

RULE = "劳动合同用电子公章"


def row_named(page: Page, name: str) -> int:
    """The place of a rule in the decision table, from 0."""
    names = page.get_by_test_id("rule-row").locator("[data-column=name]")
    expect(names.first).to_be_visible()
    values: list[str] = names.evaluate_all("fields => fields.map(field => field.value)")
    return values.index(name)


def test_a_draft_is_begun_from_a_starter_and_edited_by_keyboard(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    admin = open_desk("administrator")
    page = admin.page
    admin.goto("/scenarios")
    page.get_by_test_id("draft-list").click()
    expect(page.get_by_test_id("starter-government")).to_be_visible()
    assert admin.axe() == []
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("rule-editor")).to_be_visible()
    edit_the_table(page)
    admin.look("scenario-editor")
    page.get_by_test_id("save-rules").click()
    expect(page.get_by_text("有未保存的修改")).to_have_count(0)


def edit_the_table(page: Page) -> None:
    """Change a medium, add a rule by keyboard, see what it lacks, move it and take it out again."""
    at = row_named(page, RULE)
    row = page.get_by_test_id("rule-row").nth(at)
    row.locator("[data-column=medium]").select_option("physical")
    row.locator("[data-column=name]").press("Control+Enter")
    added = page.get_by_test_id("rule-row").nth(at + 1)
    expect(added.locator("[data-column=name]")).to_be_focused()
    expect(added).to_contain_text("请填写中英文名称")
    added.locator("[data-column=name]").press("Alt+ArrowDown")
    assert row_named(page, "新规则") == at + 2
    page.get_by_test_id("save-rules").click()
    expect(page.get_by_text("请先改正标出的各处")).to_be_visible()
    moved = page.get_by_test_id("rule-row").nth(at + 2)
    moved.get_by_test_id("open-rule").click()
    dialog = page.get_by_test_id("rule-dialog")
    dialog.get_by_test_id("rule-channels").click()
    page.get_by_test_id("channel-post").click()
    expect(dialog).to_contain_text("邮寄或快递")
    dialog.locator("legend").first.click()
    page.keyboard.press("Escape")
    moved.get_by_test_id("delete-rule").click()
    expect(page.get_by_text("请填写中英文名称")).to_have_count(0)


def test_a_counterparty_is_checked_with_proof(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/admin/organization")
    page.get_by_role("tab", name="往来单位").click()
    page.get_by_test_id("check-counterparty").first.click()
    page.get_by_test_id("proof-note").fill("电话询问其法务，接收电子印章")
    page.get_by_test_id("recheck").fill("2099-12-31")
    desk.look("counterparty-check")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_text("有效至 2099-12-31").first).to_be_visible()
