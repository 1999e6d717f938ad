"""A grant from hand to hand in the browser: given with a second factor, accepted, passed on, ended; and a delegation."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

pytestmark = pytest.mark.browser

REASON = "投标期间盖章"


def test_a_grant_is_given_accepted_and_ended_with_a_second_factor(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    giver = open_desk("legal_representative", expected_statuses=(403,))
    give(giver, running)
    holder = open_desk("custodian", expected_statuses=(403,))
    page = holder.page
    holder.goto("/grants?tab=mine")
    page.get_by_test_id("row").filter(has_text="500,000.00 元").click()
    expect(page.get_by_test_id("grant-detail")).to_contain_text(REASON)
    holder.look("grant-offered", english=True)
    page.get_by_test_id("accept-grant").click()
    holder.confirm_with(running["custodian"].code())
    expect(page.get_by_test_id("accept-grant")).to_have_count(0)
    answers(holder, running)
    end(giver, running)


def give(desk: Desk, running: Installation) -> None:
    page = desk.page
    desk.goto("/grants")
    page.get_by_test_id("give-grant").click()
    dialog = page.get_by_role("dialog")
    desk.choose("事项", "盖章", scope=dialog)
    dialog.get_by_text("一类印章").click()
    desk.choose("印章类别", "合同专用章", scope=dialog)
    desk.choose("被授权人", re.compile(running["custodian"].name), scope=dialog)
    dialog.get_by_label("单份金额上限（元）").fill("500000")
    dialog.locator("#grant-count").fill("6")
    dialog.locator("#grant-until").fill("2099-12-31")
    page.keyboard.press("Enter")
    dialog.get_by_text("允许转授").click()
    dialog.locator("#grant-reason").fill(REASON)
    desk.look("grant-form", english=True)
    dialog.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("step-up")).to_be_visible()
    desk.look("grant-second-factor")
    desk.confirm_with(running["legal_representative"].code())
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("tree")).to_contain_text("待接受")


def answers(desk: Desk, running: Installation) -> None:
    """What can this person do, and may he do this now: with the chain of reasons."""
    page = desk.page
    desk.goto("/grants?tab=questions&ask=what")
    page.get_by_test_id("ask-person").click()
    page.get_by_role("option", name=re.compile(running["custodian"].name)).first.click()
    expect(page.get_by_test_id("row").filter(has_text="500,000.00 元")).to_contain_text("法定代表人")
    desk.look("grant-what-can", english=True)


def end(desk: Desk, running: Installation) -> None:
    page = desk.page
    desk.goto("/grants")
    page.get_by_role("treeitem").filter(has_text="500,000.00 元").last.click()
    expect(page.get_by_test_id("grant-detail")).to_contain_text(REASON)
    desk.look("grant-detail")
    page.get_by_test_id("end-grant").click()
    page.get_by_label("终止原因").fill("投标已结束")
    desk.look("grant-end", english=True)
    page.get_by_test_id("confirm").click()
    desk.confirm(running["legal_representative"])
    expect(page.get_by_role("tree")).not_to_contain_text("500,000.00 元")


def test_a_delegation_names_both_and_is_taken_back(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    desk = open_desk("department_head", expected_statuses=(403,))
    page = desk.page
    desk.goto("/grants?tab=delegations")
    page.get_by_test_id("delegate").click()
    dialog = page.get_by_role("dialog")
    desk.choose("受托人", re.compile(running["legal_representative"].name), scope=dialog)
    dialog.get_by_text("审批", exact=True).click()
    dialog.locator("#delegate-until").fill(f"{datetime.now(tz=UTC) + timedelta(days=5):%Y-%m-%d} 18:00:00")
    page.keyboard.press("Enter")
    dialog.locator("#delegate-reason").fill("外出培训")
    desk.look("delegate-form")
    dialog.get_by_test_id("confirm").click()
    desk.confirm_with(running["department_head"].code())
    row = page.get_by_test_id("row").filter(has_text=running["legal_representative"].name)
    expect(row).to_contain_text(running["department_head"].name)
    desk.look("delegations", english=True)
