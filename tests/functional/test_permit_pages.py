"""A smart seal at the console: a permit issued for an approved request, each press confirmed from afar, seen live."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation
from simulated_device import DeviceProcess, Use, physical_use, simulated_device

pytestmark = pytest.mark.browser

CONTRACT = Path(__file__).parents[2] / "samples" / "financing-contract.pdf"


def test_a_permit_is_issued_pressed_under_confirmed_from_afar_and_ended(
    running: Installation, open_desk: OpenDesk, tmp_path: Path
) -> None:
    with (
        physical_use(running, CONTRACT.read_bytes()) as use,
        simulated_device(
            running, tmp_path / "device", "--document", str(CONTRACT), seal_id=use.seal_id
        ) as device,
    ):
        custodian = open_desk("custodian", expected_statuses=(403,))
        _issue(custodian, running, use)
        chief = open_desk("legal_representative", expected_statuses=(403,))
        _confirm_and_press(chief, custodian, running, device)
        _finish(custodian)
        _delete_template(open_desk("administrator"), device)


def _issue(desk: Desk, running: Installation, use: Use) -> None:
    page = desk.page
    desk.goto(f"/custody/openings/{use.opening['id']}")
    form = page.get_by_test_id("issue-permit").first
    expect(form).to_be_visible()
    desk.choose("逐次远程确认人（可不设）", running["legal_representative"].name, scope=form)
    desk.look("permit-issue", english=True)
    form.get_by_test_id("issue").click()
    expect(page.get_by_test_id("permit-counts")).to_contain_text("已盖 0")


def _confirm_and_press(chief: Desk, custodian: Desk, running: Installation, device: DeviceProcess) -> None:
    device.do("press 1")
    device.heard("not_confirmed")
    chief.goto("/")
    chief.page.get_by_test_id("to-confirm").get_by_role("link").first.click()
    for number in (1, 2):
        _confirm(chief, running, number)
        device.heard("received: confirmation")
        device.said.clear()
        device.do("press 1")
        # Both pages were open: they show the press without being touched, and its photo once it is here.
        for desk in (custodian, chief):
            expect(desk.page.get_by_test_id("permit-counts")).to_contain_text(f"已盖 {number}")
        expect(chief.page.get_by_test_id("press-event").get_by_role("img")).to_have_count(number)
    chief.look("permit-live", english=True)
    custodian.look("permit-console")


def _confirm(chief: Desk, running: Installation, number: int) -> None:
    button = chief.page.get_by_test_id("confirm-press")
    expect(button).to_contain_text(f"第 {number} 次")
    button.click()
    # A factor that was shown within the last minutes covers it; otherwise it is asked for.
    asked = chief.page.get_by_test_id("factor-code").last
    done = chief.page.locator("[data-testid=confirm-press][disabled]")
    expect(asked.or_(done).first).to_be_visible()
    if asked.is_visible():
        chief.confirm_with(running["legal_representative"].code())


def _finish(desk: Desk) -> None:
    desk.page.get_by_test_id("finish-permit").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="结束用印").click()
    expect(desk.page.get_by_test_id("permit-live").first).to_have_attribute("data-state", "settling")


def _delete_template(desk: Desk, device: DeviceProcess) -> None:
    page = desk.page
    desk.goto(f"/devices/{device.id}")
    page.get_by_test_id("device-delete-template").click()
    page.get_by_test_id("confirm").click()
    expect(page.locator("[data-kind=delete_template][data-outcome=taken]")).to_be_visible()
    expect(page.locator("[data-event=template_deleted]")).to_be_visible()
    desk.look("device-orders", phone=False)
