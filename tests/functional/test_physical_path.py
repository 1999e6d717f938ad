"""The physical path at the console: two persons at two devices, presses, photos, return, and the register."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_desk import Desk, OpenDesk
from imprint_scans import Wear, render, scanned
from playwright.sync_api import expect
from running_installation import Installation, Story

from gmseal.picture import FaceKind, face_of_kind
from shuangyin.core.clock import BEIJING
from shuangyin.demo.setting import ORGANIZATION

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[2] / "samples"


def test_custodian_and_reviewer_open_press_and_return(
    running: Installation, story: Story, open_desk: OpenDesk
) -> None:
    custodian = open_desk("custodian", expected_statuses={422})
    version = story.physical["documents"][0]["document_version_id"]
    body = {"document_version_id": version, "copies": 2}
    made = running["employee"].post_json(f"/requests/{story.physical['id']}/prints", body)
    _match_the_print(custodian, made)
    _ask_to_open(custodian, story)
    _confirm(running, custodian, open_desk("reviewer"))
    _press(custodian)
    _return(custodian)
    assert running["employee"].get(f"/requests/{story.physical['id']}")["status"] == "sealed"
    _register(custodian)
    employee = open_desk("employee")
    _archive(employee, story)
    _send(employee)
    _come_back(employee)


def _match_the_print(desk: Desk, made: dict[str, Any]) -> None:
    """The code in the foot of the printed paper, as a scanner types it."""
    page = desk.page
    desk.goto("/custody")
    code = f"{made['number']} SM3:{made['source_sm3']}"
    for text, verdict in ((code[:-2] + "zz", ""), (code[:-2] + "00", "other_code"), (code, "matches")):
        page.get_by_test_id("print-code").fill(text)
        page.get_by_test_id("match-print").click()
        if verdict:
            expect(page.get_by_test_id("print-verdict")).to_have_attribute("data-verdict", verdict)
        else:
            expect(page.get_by_test_id("print-match")).to_contain_text("不是受控打印件")
    page.get_by_test_id("print-match").scroll_into_view_if_needed()
    desk.look("print-matched", english=True)


def _ask_to_open(desk: Desk, story: Story) -> None:
    page = desk.page
    desk.goto("/custody")
    page.get_by_test_id(f"choose-{story.physical['id']}").click()
    page.get_by_test_id("reviewer").click()
    page.get_by_role("option", name="赵明").click()
    desk.look("custody-console")
    page.get_by_test_id("begin-opening").click()
    expect(page.get_by_test_id("role-custodian")).to_be_visible()


def _confirm(running: Installation, custodian: Desk, reviewer: Desk) -> None:
    page = custodian.page
    custodian.look("custody-confirm")
    page.get_by_label("6 位验证码").first.fill(running["custodian"].code())
    page.get_by_test_id("confirm-self").get_by_role("button", name="确认身份").click()
    expect(page.get_by_test_id("role-custodian")).to_have_attribute("data-confirmed", "true")
    expect(page.get_by_test_id("role-reviewer")).to_have_attribute("data-confirmed", "false")
    expect(page.get_by_test_id("press-step")).to_have_count(0)

    reviewer.goto("/custody")
    other = reviewer.page
    other.get_by_test_id("openings").get_by_role("button", name="去确认").click()
    other.get_by_label("6 位验证码").first.fill(running["reviewer"].code())
    other.get_by_test_id("confirm-self").get_by_role("button", name="确认身份").click()
    expect(other.get_by_test_id("press-step")).to_be_visible()


def _press(desk: Desk) -> None:
    page = desk.page
    desk.goto(page.url.split("/app", 1)[1])
    expect(page.get_by_test_id("press-step")).to_be_visible()
    assert page.get_by_test_id("register-presses").count() == 0, "nothing is pressed before the check"
    for point in page.get_by_test_id("press-check").get_by_role("checkbox").all():
        point.check(force=True)
    desk.look("custody-check")
    page.get_by_test_id("enter-check").click()
    expect(page.get_by_test_id("press-check")).to_have_attribute("data-passed", "true")
    desk.look("custody-press")
    seals = page.get_by_test_id("register-presses").count()
    for number in range(seals):
        if number == 0:
            page.get_by_test_id("press-spoiled").first.locator("input").fill("1")
        page.get_by_test_id("register-presses").first.click()
        expect(page.get_by_test_id("use")).to_have_count(number + 1)
        # Each copy is photographed once; further seals on it need a photo of their own use.
        for taken in range(1, (2 if number == 0 else 1) + 1):
            page.get_by_test_id("photo-document").nth(number).set_input_files(SAMPLES / "scan.jpg")
            expect(page.get_by_test_id("use").nth(number).get_by_alt_text("王岚")).to_have_count(taken)
    page.get_by_test_id("photo-spoiled").set_input_files(SAMPLES / "scan.jpg")
    expect(page.get_by_test_id("use").first.get_by_alt_text("王岚")).to_have_count(3)
    desk.settle()
    desk.look("custody-pressed")
    page.get_by_test_id("to-return").click()


def _return(desk: Desk) -> None:
    page = desk.page
    expect(page.get_by_test_id("return-step")).to_be_visible()
    for box in page.get_by_test_id("return-step").get_by_role("checkbox").all():
        box.check(force=True)
    page.get_by_test_id("photo-returned").set_input_files(SAMPLES / "scan.png")
    expect(page.get_by_test_id("return-step").get_by_alt_text("王岚")).to_be_visible()
    desk.look("custody-return")
    page.get_by_test_id("close-opening").click()
    expect(page.get_by_test_id("opening-end")).to_have_attribute("data-status", "closed")
    desk.look("custody-closed")


def _register(desk: Desk) -> None:
    page = desk.page
    desk.goto("/custody/register")
    expect(page.get_by_test_id("row").first).to_contain_text("融资租赁合同")
    desk.look("custody-register")
    with page.expect_download() as waiting:
        page.get_by_test_id("register-csv").click()
    assert "融资租赁合同" in waiting.value.path().read_text("utf-8-sig")
    with page.expect_download() as waiting:
        page.get_by_test_id("register-pdf").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")


def _archive(desk: Desk, story: Story) -> None:
    """The list asks for an electronic copy of what was sealed on paper: its scan is filed from the list of duties."""
    page = desk.page
    desk.goto("/requests/duties")
    row = page.get_by_test_id("row").filter(has_text=story.physical["number"])
    row.get_by_test_id("do-archive_copy").click()
    dialog = page.get_by_role("dialog")
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    dialog.locator("input[type=file]").set_input_files(SAMPLES / "scan.pdf")
    dialog.locator("#duty-note").fill("正本两份，已扫描全部页")
    desk.look("dialog-archive-scan", english=True)
    page.get_by_test_id("confirm").click()
    # The scan is sent and looked through first.
    expect(dialog).to_have_count(0, timeout=30_000)
    expect(row).to_have_count(0)
    desk.goto(f"/requests/{story.physical['id']}")
    expect(page.get_by_test_id("request-duties")).to_contain_text("已扫描全部页")
    desk.look("request-archived")


def _send(desk: Desk) -> None:
    """A stamped copy goes to the counterparty by courier; the page of the request has what is owed."""
    page = desk.page
    page.get_by_test_id("send-copies").click()
    page.locator("#sent-recipient").fill("澄湖融资租赁有限公司")
    this_year = str(datetime.now(BEIJING).year)
    expect(page.get_by_role("dialog").get_by_label("寄出时间").last).to_have_value(re.compile(this_year))
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.locator("#sent-courier").fill("飞鹭速运")
    page.locator("#sent-tracking").fill("FL20260001")
    due = page.get_by_role("dialog").get_by_label("应返回", exact=False).last
    due.fill("2099-01-01 18:00")
    due.press("Enter")
    desk.look("copies-send", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("sent-copies")).to_contain_text("FL20260001")
    page.get_by_test_id("sent-copies").scroll_into_view_if_needed()
    desk.look("copies-out", english=True)


def _come_back(desk: Desk) -> None:
    """It comes back with the other seal: a scan of the sealed copy, and that the seal was seen."""
    page = desk.page
    page.get_by_test_id("copies-back").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(SAMPLES / "notice.pdf")
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    dialog.get_by_role("checkbox").check(force=True)
    desk.look("copies-back", english=True)
    page.get_by_test_id("confirm").click()
    expect(dialog).to_have_count(0, timeout=30_000)
    expect(page.get_by_test_id("sent-copies")).to_contain_text("已返回")
    expect(page.get_by_test_id("copies-back")).to_have_count(0)
    page.get_by_test_id("sent-copies").scroll_into_view_if_needed()
    desk.look("copies-came-back")


def test_a_scanned_imprint_is_compared_and_the_reviewer_decides(
    running: Installation, open_desk: OpenDesk, tmp_path: Path
) -> None:
    seal_id = running.cast.seals["legal_name_physical"]["id"]
    admin = running["administrator"]
    seal = admin.get(f"/seals/{seal_id}")
    face = face_of_kind(FaceKind.LIMITED_COMPANY, ORGANIZATION)
    assert (seal["width_mm"], seal["height_mm"]) == (face.width_mm, face.height_mm)
    if not seal["has_specimen"]:
        files = {"specimen": ("specimen.png", render(face, 360), "image/png")}
        admin.request("PUT", f"/seals/{seal_id}/specimen", files=files)
    careful = Wear(
        dpi=300, turn=17.0, blur=0.02, loss=0.0, spread=0.02, perspective=0.002, text=False, noise=0.01, quality=90
    )  # fmt: skip
    scan = tmp_path / "imprint.jpg"
    scan.write_bytes(scanned(face, careful, np.random.default_rng(1)))
    desk = open_desk("reviewer")
    page = desk.page
    desk.goto(f"/seals/{seal_id}")
    imprints = page.get_by_test_id("imprints")
    imprints.locator("input[type=file]").set_input_files(scan)
    page.get_by_test_id("compare-imprint").click()
    expect(page.get_by_test_id("imprint-verdict").first).to_contain_text("无法判定", timeout=60_000)
    imprints.scroll_into_view_if_needed()
    desk.look("imprint-compared", english=True)
    page.get_by_test_id("decide-imprint").first.click()
    page.get_by_role("dialog").get_by_text("相符", exact=True).click()
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    expect(page.get_by_role("dialog").locator("figure img")).to_have_count(3)
    page.locator("#imprint-note").fill("与留存印模逐处对照，边框与文字一致")
    desk.look("imprint-decide", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(imprints).to_contain_text("与留存印模逐处对照")
    expect(page.get_by_test_id("imprint-decided").first.locator("time")).to_be_visible()
    imprints.scroll_into_view_if_needed()
    desk.look("imprint-decided")
