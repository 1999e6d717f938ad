"""The pages of authority as their users see them: the tree, giving and accepting, delegations, questions, reviews."""

from __future__ import annotations

import re

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Story

pytestmark = pytest.mark.browser


def test_the_tree_is_walked_with_the_keyboard_and_opens_a_grant(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("legal_representative")
    page = desk.page
    desk.goto("/grants")
    tree = page.get_by_role("tree")
    office, grant = tree.get_by_role("treeitem").nth(0), tree.get_by_role("treeitem").nth(1)
    expect(office).to_contain_text("法定代表人")
    expect(office).to_have_attribute("aria-expanded", "true")
    expect(grant).to_contain_text("审批通过后自动用印")
    office.focus()
    page.keyboard.press("ArrowDown")
    expect(grant).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(office).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(office).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("grant-detail")).to_be_visible()
    desk.look("drawer-grant")


@pytest.mark.parametrize("tab", ["tree", "mine", "delegations", "questions", "reviews"])
def test_every_tab_opens_without_fault(story: Story, seat: OpenDesk, tab: str) -> None:
    assert story.sealed["id"]
    desk = seat("legal_representative")
    desk.goto(f"/grants?tab={tab}&lang=zh")
    expect(desk.page.get_by_role("heading", level=1)).to_have_count(1)
    desk.look(f"page-grants-{tab}", english=True)
    assert desk.faults() == []


def test_dialogs_of_authority(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("legal_representative")
    page = desk.page
    for tab, button, name in (
        ("tree", "give-grant", "give-grant"),
        ("delegations", "delegate", "delegate"),
        ("reviews", "override", "override"),
        ("reviews", "small-unit-act", "small-unit"),
    ):
        desk.goto(f"/grants?tab={tab}")
        page.get_by_test_id(button).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        desk.look(f"dialog-{name}")


def test_who_can_use_a_seal_is_answered_with_reasons(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("auditor")
    page = desk.page
    desk.goto("/grants?tab=questions")
    page.get_by_test_id("ask-seal").click()
    page.get_by_role("option", name=re.compile("合同专用章.*电子")).first.click()
    rows = page.get_by_test_id("row")
    expect(rows.filter(has_text="平台")).to_contain_text("授权源头")
    expect(rows.filter(has_text="保管").first).to_be_visible()
    desk.look("page-grants-who")
