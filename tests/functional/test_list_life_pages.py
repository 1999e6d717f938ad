"""The life of a scenario list in the browser: from a draft with a dated switch to the list that the staff have read.

One world, told in order: the draft is compared, checked, simulated, its table refused by row, then submitted, approved
on a phone with a second factor, and acknowledged.
"""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
from browser_desk import PHONE, Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

pytestmark = pytest.mark.browser

SWITCHED = "银行开户与预留印鉴"


def test_a_list_from_draft_to_the_staff_that_read_it(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    admin = open_desk("administrator", expected_statuses=(422,))
    address = begin_with_a_switch(admin)
    compare_check_and_simulate(admin)
    head_it(admin)
    refuse_its_table(admin)
    admin.goto(address)
    admin.page.get_by_test_id("submit-list").click()
    admin.page.get_by_role("dialog").get_by_role("button", name="送审").click()
    expect(admin.page.get_by_test_id("withdraw-list")).to_be_visible()
    approve_on_a_phone(open_desk, running, address)
    read_it(open_desk, admin, address)


def begin_with_a_switch(admin: Desk) -> str:
    """A draft from the list in force whose chosen rule goes over to the electronic seal on a day."""
    page = admin.page
    admin.goto("/scenarios")
    page.get_by_test_id("draft-list").click()
    switch = page.get_by_test_id("switch")
    switch.locator("summary").click()
    switch.get_by_text(SWITCHED).click()
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.get_by_label("自", exact=True).fill("2099-03-01")
    page.keyboard.press("Enter")
    admin.look("scenario-draft-switch", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("rule-editor")).to_be_visible()
    return page.url.split("/app", 1)[1].split("?")[0]


def compare_check_and_simulate(admin: Desk) -> None:
    page = admin.page
    page.get_by_test_id("tab-comparison").click()
    change = page.get_by_test_id("rule-change").filter(has_text=SWITCHED)
    expect(change).to_contain_text("用印形式")
    expect(change).to_contain_text(re.compile("实体.*电子", re.DOTALL))
    admin.look("scenario-comparison", english=True)
    page.get_by_test_id("tab-faults").click()
    expect(page.get_by_test_id("faults")).to_contain_text("处提示")
    admin.look("scenario-faults", english=True)
    page.get_by_test_id("tab-simulation").click()
    page.get_by_test_id("simulate").click()
    expect(page.get_by_test_id("simulation")).to_contain_text("已完成", timeout=30_000)
    table = "文件类型 [document_kind],reference\nbank_account,开户-1\nno_such_kind,开户-2\n"
    content = {"name": "uses.csv", "mimeType": "text/csv", "buffer": table.encode()}
    page.get_by_test_id("simulate-table").set_input_files(content)  # type: ignore[arg-type]  # a file in memory
    lines = page.get_by_test_id("simulation-line")
    expect(lines.filter(has_text="开户-1")).to_contain_text("须用电子公章", timeout=30_000)
    expect(lines.filter(has_text="第 3 行")).to_be_visible()
    admin.look("scenario-simulation", english=True)


def head_it(admin: Desk) -> None:
    """Review date, regulation and a rate, in force at once; a rate is typed in yuan."""
    page = admin.page
    page.get_by_test_id("tab-header").click()
    expect(page.get_by_label("计划生效时间")).to_have_value(re.compile("^2099-03-01"))
    page.get_by_label("计划生效时间").fill("")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="增加币种").click()
    page.get_by_label("币种").fill("usd")
    page.get_by_label("1 单位折合（元）").fill("7.1234")
    page.get_by_label("汇率日期").fill("2026-11-20")
    page.keyboard.press("Enter")
    admin.look("scenario-header", english=True)
    page.get_by_test_id("save-header").click()
    expect(page.get_by_text("1 USD = 7.1234 CNY (2026-11-20)")).to_be_visible()


def refuse_its_table(admin: Desk) -> None:
    """A table comes back as it went out, but for two cells: both are named, and nothing has changed."""
    page = admin.page
    page.get_by_test_id("tab-edit").click()
    with page.expect_download() as download:
        page.get_by_test_id("export-table").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    sheet: Any = book.active
    columns = {str(cell.value).rpartition("[")[2].rstrip("]"): cell.column for cell in sheet[1]}
    sheet.cell(3, columns["answer.medium"]).value = "wax"
    sheet.cell(6, columns["conditions.amount_from_minor"]).value = "many"
    content = io.BytesIO()
    book.save(content)
    sent = {"name": "rules.xlsx", "mimeType": "application/octet-stream", "buffer": content.getvalue()}
    page.get_by_test_id("import-table").set_input_files(sent)  # type: ignore[arg-type]  # a file in memory
    errors = page.get_by_test_id("table-errors").locator("tbody tr")
    expect(errors).to_have_count(2)
    expect(errors.first).to_contain_text("可填：电子（electronic）")
    expect(errors.last).to_contain_text("请填金额")
    admin.look("scenario-table-errors", english=True)


def approve_on_a_phone(open_desk: OpenDesk, running: Installation, address: str) -> None:
    desk = open_desk("legal_representative", expected_statuses=(403,))
    page = desk.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a mapping of the two sides
    desk.goto("/approvals")
    page.get_by_role("link", name=re.compile("印章使用场景清单")).click()
    # Who is asked to approve a list begins with what it changes.
    expect(page.get_by_test_id("tab-comparison")).to_have_attribute("aria-current", "true")
    expect(page.get_by_test_id("rule-change").filter(has_text=SWITCHED)).to_be_visible()
    desk.look("scenario-to-approve", english=True)
    assert page.url.endswith(address)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # as above
    page.get_by_test_id("approve").click()
    expect(page.get_by_test_id("approval-factor")).to_be_visible()
    assert desk.axe() == []
    desk.confirm(running["legal_representative"])
    expect(page.get_by_text("现行", exact=True).first).to_be_visible()


def read_it(open_desk: OpenDesk, admin: Desk, address: str) -> None:
    employee = open_desk("employee")
    employee.goto(address)
    employee.look("scenario-to-read")
    employee.page.get_by_test_id("acknowledge").click()
    expect(employee.page.get_by_test_id("have-read")).to_be_visible()
    admin.goto(f"{address}?tab=reading")
    reading = admin.page.get_by_test_id("reading")
    expect(reading).to_contain_text(re.compile(r"\b1 / \d+ 人"))
    admin.page.get_by_test_id("remind").click()
    expect(reading).to_contain_text("上次提醒")
    admin.page.get_by_test_id("reading-state").select_option("confirmed")
    expect(reading.get_by_test_id("row")).to_have_count(1)
    admin.look("scenario-reading", english=True)
