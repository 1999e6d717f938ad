"""An approver at work: the lists, what he can do with his part, many at once, live; on a phone as on a desk."""

from __future__ import annotations

import re

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

pytestmark = pytest.mark.browser


def test_what_an_approver_can_do_besides_deciding_opens_in_dialogs(story: Story, open_desk: OpenDesk) -> None:
    desk = open_desk("department_head")
    page = desk.page
    desk.goto(f"/requests/{story.waiting['id']}")
    expect(page.get_by_test_id("approval-bar")).to_be_visible()
    desk.look("request-to-approve")
    for action in ("transfer", "add", "consult", "copy", "permit"):
        page.get_by_test_id("more-actions").click()
        page.get_by_test_id(f"action-{action}").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        desk.look(f"dialog-approval-{action}")
        page.get_by_role("button", name="取消").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_test_id("send-back").click()
    expect(page.get_by_role("dialog")).to_contain_text("申请人（修改后重新提交）")
    desk.look("dialog-approval-send-back")


def test_an_opinion_is_asked_for_and_appears_without_reload(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    head = open_desk("department_head")
    head.goto(f"/requests/{story.waiting['id']}")
    head.page.get_by_test_id("more-actions").click()
    head.page.get_by_test_id("action-consult").click()
    dialog = head.page.get_by_role("dialog")
    dialog.get_by_test_id("persons").click()
    head.page.get_by_role("option", name=re.compile(running["custodian"].name)).click()
    dialog.get_by_role("heading").click()
    dialog.get_by_label("征询内容").fill("印章数量是否够用")
    dialog.get_by_test_id("confirm").click()
    expect(dialog).to_have_count(0)
    keeper = open_desk("custodian")
    keeper.goto("/approvals/consultations")
    keeper.look("consultations")
    keeper.page.get_by_test_id("answer").click()
    keeper.page.get_by_label("审批意见").fill("够用")
    keeper.page.get_by_test_id("confirm").click()
    expect(keeper.page.get_by_test_id("row")).to_have_count(0)
    # The approver's page learns of it by itself.
    expect(head.page.get_by_test_id("approval-steps")).to_contain_text("够用")


def test_many_are_approved_at_once_and_each_tells_its_result(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    version = story.waiting["documents"][0]
    wanted = {"id": version["document_version_id"], "document_id": version["document_id"]}
    place = {"page": 3, "x_mm": 40.0, "y_mm": 150.0}
    titles = ["办公家具采购合同", "打印设备采购合同"]
    desk = open_desk("department_head")
    desk.goto("/approvals")
    before = desk.page.get_by_test_id("row").count()
    for title in titles:
        running.apply(wanted, title=title, placements=[place])
    # The list shows what came while it was open.
    expect(desk.page.get_by_test_id("row")).to_have_count(before + 2)
    for title in titles:
        desk.page.get_by_test_id("row").filter(has_text=title).get_by_test_id("select-approval").click()
    desk.look("approvals-selected")
    desk.page.get_by_test_id("batch-approve").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="批量同意").click()
    desk.expected_statuses.add(403)
    result = desk.page.get_by_test_id("batch-result")
    factor = desk.page.get_by_test_id("step-up-code")
    expect(result.or_(factor).first).to_be_visible()
    expect(result).to_contain_text("成功 2 项")
    desk.look("approvals-batch-result")


def test_a_named_route_is_written_and_changed(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/approvals/definitions")
    page.get_by_test_id("new-definition").click()
    page.get_by_label("名称", exact=True).fill("合同审批")
    page.get_by_label("代码").fill("contracts")
    page.get_by_test_id("step-name").locator("visible=true").first.fill("部门负责人审批")
    page.get_by_test_id("step-name-en").first.fill("Approval: head of department")
    page.get_by_test_id("add-step").click()
    page.get_by_test_id("step-name").nth(1).fill("法定代表人审批")
    page.get_by_test_id("step-name-en").nth(1).fill("Approval: legal representative")
    desk.look("dialog-route-definition")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("row")).to_contain_text("部门负责人审批 → 法定代表人审批")
    desk.look("route-definitions")
