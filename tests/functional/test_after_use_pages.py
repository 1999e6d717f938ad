"""Pages around the wizard: a paper without a file, a draft that is thrown away, what is owed after a use, an approval
that is handed on or decided with others, the week of who answers for the seals, and the working days of the unit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[2] / "samples"
PLACE = {"page": 0, "x_mm": 40.0, "y_mm": 150.0}


def test_a_paper_without_a_file_is_applied_for_by_its_description(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/requests/new")
    page.get_by_test_id("paper-only").click()
    page.locator("#title").fill("老旧小区改造意见征询表")
    page.get_by_test_id("document-kind").click()
    page.get_by_test_id("kind-letter").click()
    page.locator("#reason").fill("征询居民意见")
    # What the list takes as a file is not applied for without one.
    expect(page.get_by_text("须上传电子文件")).to_be_visible()
    expect(page.get_by_test_id("next")).to_be_disabled()
    page.get_by_test_id("document-kind").click()
    page.get_by_test_id("kind-residents_opinion").click()
    page.locator("#paper-description").fill("居民意见征询表，一式两份，居民手写签名")
    page.locator("#paper-place").fill("末页落款处")
    page.locator("#paper-presses").fill("2")
    page.keyboard.press("Tab")
    desk.look("wizard-paper-only", english=True)
    page.get_by_test_id("next").click()
    # There are no places to set on a paper that nobody has here.
    expect(page.get_by_test_id("route-plan")).to_contain_text(running["department_head"].name)
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("request-status")).to_have_text("审批中")
    request = running["employee"].get("/requests/" + page.url.rsplit("/", 1)[1])
    assert [one["file_name"] for one in request["documents"]] == ["纸质件用印说明.pdf"]
    assert [one["presses_applied"] for one in request["seals"]] == [2]
    desk.look("request-paper-only", english=True)
    page.get_by_test_id("withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="撤回申请").click()
    page.get_by_test_id("discard").click()
    desk.look("dialog-discard", english=True)
    page.get_by_role("dialog").get_by_role("button", name="丢弃").click()
    expect(page.get_by_test_id("request-status")).to_have_text("已丢弃")
    expect(page.get_by_test_id("discard")).to_have_count(0)


def tender(running: Installation, story: Story, title: str) -> dict[str, Any]:
    """An application for a tender of government procurement, submitted."""
    employee = running["employee"]
    facts = {
        "document_kind": "tender",
        "platform": "gov_procurement",
        "amount_minor": 1_000_000,
        "currency": "CNY",
    }
    [seal] = employee.post_json("/requests/decision", facts)["seals"]
    body = {
        **facts,
        "title": title,
        "reason": "参加政府采购",
        "medium": "electronic",
        "duplicate_reason": "演练中重复使用同一样本",
        "document_version_ids": [story.waiting["documents"][0]["document_version_id"]],
        "seals": [{"seal_id": seal["id"], "presses_applied": 1, "placements": [PLACE]}],
    }
    draft = employee.post_json("/requests", body)
    return dict(employee.post_json(f"/requests/{draft['id']}/submit"))


def test_what_is_owed_after_a_use_is_done_from_the_list_and_shown_on_the_request(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    request = tender(running, story, "监测设备投标文件")
    running.approve(request)
    running["custodian"].post_confirmed(f"/requests/{request['id']}/seal", {})
    running.sealed(request)
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/requests/duties")
    row = page.get_by_test_id("row").filter(has_text="监测设备投标文件")
    desk.look("duties", english=True)
    row.get_by_test_id("do-hand_over").click()
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.locator("#duty-note").fill("已上传采购平台，回执 2026-042")
    desk.look("dialog-hand-over", english=True)
    page.get_by_test_id("confirm").click()
    expect(row).to_have_count(0)
    desk.goto(f"/requests/{request['id']}")
    expect(page.get_by_test_id("request-duties")).to_contain_text("回执 2026-042")
    desk.look("request-duty-done", english=True)


def test_an_approval_is_handed_on_and_another_is_decided_after_somebody_added(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    handed, joined = tender(running, story, "转交的投标文件"), tender(running, story, "加签的投标文件")
    head = open_desk("department_head", expected_statuses=(403,))
    page = head.page
    chief = running["legal_representative"]
    head.goto(f"/requests/{handed['id']}")
    page.get_by_test_id("more-actions").click()
    page.get_by_test_id("action-transfer").click()
    head.choose("转交给", re.compile(chief.name), scope=page.get_by_role("dialog"))
    page.locator("#step-reason").fill("标的由法定代表人把关")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("approval-bar")).to_have_count(0)
    expect(page.get_by_test_id("approval-steps")).to_contain_text(f"由{running['department_head'].name}转交")

    head.goto(f"/requests/{joined['id']}")
    page.get_by_test_id("more-actions").click()
    page.get_by_test_id("action-add").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_test_id("persons").click()
    page.get_by_role("option", name=re.compile(chief.name)).click()
    dialog.get_by_role("heading").click()
    page.locator("#step-reason").fill("请先核对报价")
    page.get_by_test_id("confirm").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("approval-bar")).to_have_count(0)

    boss = open_desk("legal_representative", expected_statuses=(403,))
    for one in (handed, joined):
        boss.goto(f"/requests/{one['id']}")
        approve(boss, chief)
    # With what was added said, it is the head's turn again; his page says so by itself.
    expect(page.get_by_test_id("approval-bar")).to_be_visible()
    approve(head, running["department_head"])
    for one in (handed, joined):
        assert running["employee"].get(f"/requests/{one['id']}")["status"] == "approved"


def approve(desk: Desk, person: Any) -> None:
    """Approve what is shown, with the second factor where it is asked for."""
    page = desk.page
    page.get_by_test_id("approve").click()
    factor = page.get_by_test_id("approval-factor")
    bar = page.get_by_test_id("approval-bar")
    expect(factor.or_(page.get_by_text("已同意")).first).to_be_visible()
    if factor.count():
        desk.confirm_with(person.code())
    expect(bar).to_have_count(0)


def test_who_answers_for_the_seals_sees_the_week_so_far(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["status"] == "sealed"
    desk = open_desk("legal_representative")
    desk.goto("/statements")
    lines = desk.page.get_by_test_id("running-week").get_by_test_id("statement-line")
    expect(lines.filter(has_text="电子印章").first).to_contain_text(re.compile(r"用印 \d+ 次"))
    expect(lines.filter(has_text="元").first).to_be_visible()
    desk.look("statements-running", english=True)


def test_working_days_are_set_imported_and_taken_back(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/admin/organization")
    page.get_by_role("tab", name="工作日历").click()
    panel = page.get_by_test_id("calendar")
    expect(panel).to_contain_text("已与报刊转载的全文逐日核对")
    page.get_by_test_id("import-days").click()
    table = page.get_by_role("dialog").locator("input[type=file]")
    wrong = {"name": "days.csv", "mimeType": "text/csv", "buffer": "日期,当天\n2026-02-30,休".encode()}
    table.set_input_files(wrong)  # type: ignore[arg-type]  # a file in memory
    expect(page.get_by_role("alert")).to_contain_text("第 2 行")
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    right = {**wrong, "buffer": "日期,当天,说明\n2026-12-31,休,年终盘点\n2026-12-26,班,".encode()}
    table.set_input_files(right)  # type: ignore[arg-type]  # as above
    desk.look("dialog-calendar-import", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("correction")).to_have_count(2)
    desk.look("calendar", english=True)
    for left in (1, 0):
        page.get_by_test_id("correction").first.get_by_role("button").click()
        expect(page.get_by_test_id("correction")).to_have_count(left)


def test_a_post_is_added_by_its_kind_and_department(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("administrator", expected_statuses=(409,))
    page = desk.page
    desk.goto("/admin/organization")
    page.get_by_role("tab", name="岗位").click()
    page.get_by_test_id("add-post").click()
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.locator("#post-name").fill("资料员")
    desk.choose("岗位类型", "员工", scope=page.get_by_role("dialog"))
    desk.look("dialog-add-post", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("row").filter(has_text="资料员")).to_be_visible()
