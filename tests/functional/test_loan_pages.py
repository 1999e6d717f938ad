"""A loan on its pages: agreed by the custodian, taken out by two, with presses to register and a form to print."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_desk import OpenDesk
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
