"""The scenario list in a browser: drafted, edited, compared, checked, simulated, approved in place, read by staff."""

from __future__ import annotations

from io import BytesIO

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import Page, expect
from running_installation import Installation, Story

from shuangyin.core.spreadsheets import read_xlsx, write_xlsx

pytestmark = pytest.mark.browser

RULE = "劳动合同用电子公章"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def row_named(page: Page, name: str) -> int:
    """The place of a rule in the decision table, from 0."""
    names = page.get_by_test_id("rule-row").locator("[data-column=name]")
    expect(names.first).to_be_visible()
    values: list[str] = names.evaluate_all("fields => fields.map(field => field.value)")
    return values.index(name)


def test_a_draft_goes_from_the_starter_to_the_staff(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    admin = open_desk("administrator")
    page = admin.page
    admin.goto("/scenarios")
    page.get_by_test_id("draft-list").click()
    expect(page.get_by_test_id("starter-government")).to_be_visible()
    assert admin.axe() == []
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("rule-editor")).to_be_visible()
    path = page.url.split("/app", 1)[1].split("?")[0]
    list_id = path.rsplit("/", 1)[1]

    edit_the_table(page)
    admin.look("scenario-editor")
    page.get_by_test_id("save-rules").click()
    expect(page.get_by_test_id("save-rules")).to_be_disabled()

    page.get_by_test_id("tab-comparison").click()
    changed = page.get_by_test_id("rule-change").filter(has_text=RULE)
    expect(changed).to_contain_text("电子")
    expect(changed).to_contain_text("实体")
    admin.look("scenario-comparison")
    page.get_by_test_id("tab-faults").click()
    expect(page.get_by_test_id("faults")).to_contain_text("可以送审")
    admin.look("scenario-faults")
    page.get_by_test_id("tab-simulation").click()
    page.get_by_test_id("simulate").click()
    expect(page.get_by_test_id("simulation")).to_contain_text("已完成", timeout=20_000)
    uses = {"name": "uses.csv", "mimeType": "text/csv", "buffer": b"document_kind\nlabour_contract\npoem\n"}
    page.get_by_test_id("simulate-table").set_input_files(files=[uses])  # type: ignore[list-item]  # a FilePayload
    expect(page.get_by_test_id("simulation-line")).to_have_count(2, timeout=20_000)
    admin.look("scenario-simulation")
    page.get_by_test_id("tab-header").click()
    page.get_by_test_id("title").fill("印章使用场景清单（修订）")
    admin.look("scenario-header")
    page.get_by_test_id("save-header").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("修订")

    exchange_the_table(page, running, list_id)
    admin.forget_faults()
    page.get_by_test_id("submit-list").click()
    page.get_by_role("dialog").get_by_role("button", name="送审").click()
    expect(page.get_by_test_id("withdraw-list")).to_be_visible()

    approve(open_desk, running, path)
    read_by_staff(open_desk, path)


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
    expect(page.get_by_test_id("rule-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    moved.get_by_test_id("delete-rule").click()
    expect(page.get_by_text("请填写中英文名称")).to_have_count(0)


def exchange_the_table(page: Page, running: Installation, list_id: str) -> None:
    """A table with a wrong row is refused by row and column; the right one is taken."""
    page.get_by_test_id("tab-edit").click()
    content = running["administrator"].download(f"/scenario-lists/{list_id}/table.xlsx")
    rows = [list(row.cells) for row in read_xlsx(BytesIO(content), most_rows=2001)]
    rows[1][0] = ""
    wrong = {"name": "t.xlsx", "mimeType": XLSX, "buffer": write_xlsx(rows, title="rules")}
    page.get_by_test_id("import-table").set_input_files(files=[wrong])  # type: ignore[list-item]  # a FilePayload
    expect(page.get_by_test_id("table-errors")).to_contain_text("必须填写")
    right = {"name": "t.xlsx", "mimeType": XLSX, "buffer": content}
    page.get_by_test_id("import-table").set_input_files(files=[right])  # type: ignore[list-item]  # a FilePayload
    expect(page.get_by_text("条规则", exact=False).first).to_be_visible()
    expect(page.get_by_test_id("table-errors")).to_have_count(0)


def approve(open_desk: OpenDesk, running: Installation, path: str) -> None:
    """The root office finds it among what it has to approve and approves it on the page, with a second factor."""
    legal = open_desk("legal_representative")
    legal.goto("/approvals")
    legal.page.get_by_role("link", name="印章使用场景清单（修订）").first.click()
    expect(legal.page.get_by_test_id("approval-bar")).to_be_visible()
    legal.look("scenario-approval")
    legal.page.get_by_test_id("approve").click()
    legal.page.get_by_test_id("approval-factor").get_by_role("textbox").first.fill(
        running["legal_representative"].code()
    )
    legal.page.get_by_test_id("confirm-factor").click()
    expect(legal.page.locator("[data-status=in_force]").first).to_be_visible()
    legal.forget_faults()


def read_by_staff(open_desk: OpenDesk, path: str) -> None:
    """An employee is asked at home to read it and confirms; who keeps the list sees who has not."""
    employee = open_desk("employee")
    employee.goto("/")
    employee.page.get_by_role("link", name="请阅读用印场景清单").first.click()
    employee.page.get_by_test_id("acknowledge").click()
    expect(employee.page.get_by_test_id("have-read")).to_be_visible()
    employee.look("scenario-read")
    admin = open_desk("administrator")
    admin.goto(f"{path}?tab=reading")
    expect(admin.page.get_by_test_id("reading")).to_contain_text("1 /")
    admin.page.get_by_test_id("remind").click()
    expect(admin.page.get_by_test_id("reading")).to_contain_text("上次提醒")
    admin.look("scenario-reading")


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
