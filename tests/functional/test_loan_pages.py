"""Loans on their pages: seals agreed by the custodian and taken out by two, originals asked for, lent and looked at."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[2] / "samples"


def test_a_loan_is_agreed_and_taken_out_on_its_pages(running: Installation, open_desk: OpenDesk) -> None:
    request = running.apply_physical("loan.pdf", (SAMPLES / "financing-contract.pdf").read_bytes())
    running.approve(request)
    desk = open_desk("custodian")
    page = desk.page
    desk.goto("/custody/loans")
    page.get_by_test_id("add-loan").click()
    page.get_by_test_id("loan-request").click()
    page.get_by_role("option", name=request["number"]).click()
    page.get_by_test_id("loan-escort").click()
    page.get_by_role("option", name="赵明").click()
    page.get_by_label("外带地点").fill("澄湖银行海淀支行")
    desk.look("loan-new")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("loan-state")).to_contain_text("待取出")
    desk.settle()
    desk.look("loan-pending")

    page.get_by_label("6 位验证码").first.fill(running["custodian"].code())
    page.get_by_test_id("confirm-self").get_by_role("button", name="确认身份").click()
    expect(page.get_by_test_id("party-custodian").first).to_have_attribute("data-confirmed", "true")
    loan_id = page.url.rsplit("/", 1)[1]
    body = running["reviewer"].confirmation("custody.confirm", loan_id)
    assert running["reviewer"].post_json(f"/loans/{loan_id}/confirm", body)["state"] == "out"
    expect(page.get_by_test_id("loan-state")).to_contain_text("待归还")
    for point in page.get_by_test_id("press-check").get_by_role("checkbox").all():
        point.check(force=True)
    page.get_by_test_id("enter-check").click()
    page.get_by_test_id("loan-presses").get_by_role("button", name="登记盖章").first.click()
    expect(page.get_by_test_id("loan-presses").locator("article.use")).to_have_count(1)
    desk.settle()
    desk.look("loan-out")

    desk.goto("/custody/loans")
    expect(page.get_by_test_id("row").first).to_contain_text("澄湖银行海淀支行")
    desk.look("loans")
    with page.expect_download() as waiting:
        page.get_by_test_id("loans-pdf").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")

    custodian, reviewer = running["custodian"], running["reviewer"]
    use = custodian.get(f"/loans/{loan_id}")["uses"][0]
    scan = (SAMPLES / "scan.jpg").read_bytes()
    for _ in range(use["copies"]):
        custodian.upload(f"/loans/{loan_id}/photos", "scan.jpg", scan, "image/jpeg", use_id=use["id"])
    for person in (custodian, reviewer):
        body = person.confirmation("custody.confirm", loan_id)
        back = person.post_json(f"/loans/{loan_id}/confirm", body)
    assert back["state"] == "returned", "the next test finds the seals in their safe"
    desk.goto(f"/custody/loans/{loan_id}")
    expect(page.get_by_test_id("loan-state")).to_contain_text("已归还")


def test_an_original_is_entered_borrowed_and_comes_back_damaged(
    running: Installation, open_desk: OpenDesk
) -> None:
    keeper = open_desk("custodian")
    name = _enter_an_original(keeper)
    borrower = open_desk("employee")
    loan = _ask_for_it(borrower, name)
    head = running["department_head"]
    (item,) = [one for one in head.get("/approvals", state="todo")["items"] if one["subject_id"] == loan]
    proof = head.step_up("approvals.decide", f"{item['step_id']}:{item['binding']}")
    body = {"decision": "approve", "binding": item["binding"], "proof": proof}
    head.post_json(f"/approvals/steps/{item['step_id']}/decisions", body)

    page = borrower.page
    expect(page.get_by_test_id("original-loan-state")).to_contain_text("待取出")
    borrower.look("original-loan-approved", english=True)
    borrower.confirm(running["employee"])
    expect(page.get_by_test_id("party-borrower").first).to_have_attribute("data-confirmed", "true")
    keeper.goto(f"/custody/original-loans/{loan}")
    keeper.confirm(running["custodian"])
    expect(keeper.page.get_by_test_id("original-loan-state")).to_contain_text("待归还")
    expect(page.get_by_test_id("original-loan-state")).to_contain_text("待归还")
    _look_at_what_came_back(keeper)
    for kind in ("custodian", "employee"):
        back = running[kind].post_json(
            f"/original-loans/{loan}/confirm", running[kind].confirmation("custody.confirm", loan)
        )
    assert back["state"] == "returned"
    expect(page.get_by_test_id("original-loan-state")).to_contain_text("已归还")
    expect(page.get_by_test_id("original-items")).to_contain_text("封皮有水渍")
    keeper.goto(f"/custody/originals?q={name}")
    expect(keeper.page.get_by_test_id("row").first).to_contain_text("封皮有水渍")
    keeper.look("originals", english=True)
    keeper.page.get_by_role("tab", name="借阅记录").click()
    expect(keeper.page.get_by_test_id("row").first).to_contain_text(name)
    keeper.look("original-loans", english=True)
    with keeper.page.expect_download() as waiting:
        keeper.page.get_by_test_id("original-loans-pdf").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")


def _enter_an_original(desk: Desk) -> str:
    page, name = desk.page, f"澄湖大厦不动产权证书 {secrets.token_hex(3)}"
    desk.goto("/custody/originals")
    page.get_by_test_id("add-original").click()
    page.locator("#original-name").fill(name)
    desk.choose("类别", "不动产权证书", scope=page.get_by_role("dialog"))
    page.locator("#original-reference").fill("京（2024）海不动产权第 0012345 号")
    page.locator("#original-condition").fill("封皮完好，无涂改")
    page.locator("#original-slot").fill("第 8 格")
    desk.look("original-add", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("row").filter(has_text=name)).to_contain_text("在库")
    return name


def _ask_for_it(desk: Desk, name: str) -> str:
    page = desk.page
    desk.goto("/custody/originals")
    page.get_by_test_id("borrow-original").click()
    dialog = page.get_by_role("dialog")
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.get_by_test_id("loan-originals").click()
    page.get_by_role("option", name=name).locator("visible=true").first.click()
    page.keyboard.press("Tab")
    page.locator("#original-purpose").fill("到登记中心办理抵押登记")
    page.locator("#original-destination").fill("海淀区不动产登记中心")
    desk.look("original-borrow", english=True)
    page.get_by_test_id("confirm").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("original-loan-state")).to_contain_text("审批中")
    desk.look("original-loan-asked")
    return page.url.rsplit("/", 1)[1]


def _look_at_what_came_back(desk: Desk) -> None:
    page = desk.page
    page.get_by_text("不完好", exact=True).click()
    expect(page.get_by_test_id("enter-original-check")).to_be_disabled()
    page.get_by_label("不完好情况").fill("封皮有水渍")
    desk.look("original-check", english=True)
    page.get_by_test_id("enter-original-check").click()
    page.get_by_test_id("original-photos").locator("input[type=file]").set_input_files(SAMPLES / "scan.png")
    expect(page.get_by_test_id("original-photos").get_by_alt_text("王岚")).to_be_visible()
    expect(page.get_by_text("确认归还").first).to_be_visible()
    desk.look("original-back")
