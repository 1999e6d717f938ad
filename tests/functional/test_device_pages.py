"""Smart seals in the browser: enrolled by code, misused as a process of its own, judged, audited, unlocked, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation
from simulated_device import DeviceProcess, eventually, simulated_device

pytestmark = pytest.mark.browser

FENCE = {"fence-latitude": "39.9042", "fence-longitude": "116.4074", "fence-radius": "300"}


def test_a_device_is_misused_and_everybody_who_must_know_sees_it(
    running: Installation, open_desk: OpenDesk, tmp_path: Path
) -> None:
    admin = open_desk("administrator", expected_statuses=(403,))
    _show_the_code(admin)
    with simulated_device(running, tmp_path / "device", "--at", "39.9050,116.4080") as device:
        _set_the_fence(admin, device)
        watching = open_desk("administrator")
        watching.goto("/alarms")
        _misuse(running, admin, device, watching)
        _judge(watching, device)
        _audit(running, open_desk, watching)
        _unlock(admin, running, device)
        _revoke(admin, running, device)


def _show_the_code(desk: Desk) -> None:
    page = desk.page
    desk.goto("/devices")
    page.get_by_test_id("add-device").click()
    page.locator("#device-name").fill("二号智能印章")
    page.locator("#device-maker").fill("试验厂商")
    desk.look("device-add")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("enrol-code")).to_contain_text("-")
    desk.look("device-code", english=True)
    page.get_by_test_id("code-noted").click()
    expect(page.get_by_test_id("new-code")).to_be_visible()


def _set_the_fence(desk: Desk, device: DeviceProcess) -> None:
    page = desk.page
    desk.goto(f"/devices/{device.id}")
    expect(page.get_by_test_id("simulated")).to_be_visible()
    page.get_by_test_id("device-fence").click()
    for field, text in FENCE.items():
        page.locator(f"#{field}").fill(text)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("device-map")).to_be_visible()


def _misuse(running: Installation, desk: Desk, device: DeviceProcess, watching: Desk) -> None:
    page = desk.page
    before = running["administrator"].get("/alarms/count")["open"]
    for kind in ("moved", "fence-left", "unauthorised-press"):
        device.do(f"misbehave {kind}")
    device.heard("LOCKED by unauthorised_press")
    # Both pages were open: they learn of it without being touched.
    expect(watching.page.locator("[data-kind=unauthorised_press]")).to_be_visible()
    expect(watching.page.get_by_test_id("nav-alarms")).to_contain_text(str(before + 3))
    expect(page.get_by_test_id("lock-state")).to_have_attribute("data-lock", "locked")
    expect(page.locator("[data-event=locked]").first).to_be_visible()
    expect(page.get_by_role("region", name="事件链")).not_to_contain_text("不相接")
    desk.look("device-detail", english=True)
    desk.goto("/devices")
    desk.look("device-list", english=True)
    desk.goto("/")
    desk.look("workbench-alarms", phone=False)
    desk.goto(f"/devices/{device.id}")


def _judge(desk: Desk, device: DeviceProcess) -> None:
    page = desk.page
    desk.goto(f"/alarms?subject={device.id}")
    desk.look("alarms", english=True)
    for left in (2, 1, 0):
        page.get_by_test_id("judge").first.click()
        page.get_by_test_id("verdict-real").click()
        page.locator("#alarm-remark").fill("已询问当事人，设备为演练")
        if left == 2:
            desk.look("alarm-verdict", english=True)
        page.get_by_test_id("confirm").click()
        expect(page.get_by_test_id("judge")).to_have_count(left)
    desk.goto(f"/alarms?subject={device.id}&state=handled")
    expect(page.get_by_test_id("row").first).to_contain_text("属实")


def _audit(running: Installation, open_desk: OpenDesk, watching: Desk) -> None:
    """The press without permit is a finding of the month: the keeper answers and rectifies it, the auditor settles it."""
    auditor, keeper = open_desk("auditor"), open_desk("custodian")
    page = auditor.page
    auditor.goto("/audits")
    page.get_by_test_id("open-audit").click()
    auditor.look("audit-new", phone=False)
    page.get_by_test_id("confirm").click()
    row = page.get_by_test_id("row").filter(has_text="非法使用")
    expect(row).to_contain_text("待答复")
    auditor.look("audit-open", english=True)
    with page.expect_download() as waiting:
        page.get_by_test_id("findings-csv").click()
    assert "非法使用" in waiting.value.path().read_text(encoding="utf-8-sig")
    row.get_by_role("link").click()
    expect(page.locator("[data-figure=counted]")).to_contain_text("1")
    expect(page.get_by_text("已询问当事人")).to_be_visible()
    _answer(keeper, page.url.split("/app", 1)[1])
    page.reload()
    page.get_by_test_id("settle").click()
    page.locator("#finding-reason").fill("已看过设备事件与整改记录")
    auditor.look("finding-settle", phone=False)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("finding-status")).to_contain_text("已结清")
    expect(page.get_by_test_id("settlement-facts")).to_contain_text("整改完成")
    auditor.look("finding-settled", english=True)
    auditor.goto("/audits")
    auditor.look("audits", phone=False)
    watching.page.reload()
    watching.page.get_by_test_id("alarm-finding").click()
    expect(watching.page.get_by_test_id("finding-status")).to_contain_text("已结清")


def _answer(desk: Desk, path: str) -> None:
    page = desk.page
    in_a_month = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    desk.goto(path)
    page.get_by_test_id("answer").click()
    desk.choose("责任人", "王岚", scope=page.get_by_role("dialog"))
    page.locator("#finding-cause").fill("演练时未先领取许可")
    page.locator("#finding-rectification").fill("演练改用培训设备")
    page.locator("#finding-due").fill(in_a_month)
    page.locator("#finding-due").press("Enter")
    desk.look("finding-answer", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("finding-status")).to_contain_text("已答复")
    page.get_by_test_id("rectified").click()
    page.locator("#finding-note").fill("培训设备已到位")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("finding-status")).to_contain_text("已整改")
    expect(page.get_by_test_id("settle")).to_have_count(0)


def _unlock(desk: Desk, running: Installation, device: DeviceProcess) -> None:
    page = desk.page
    page.get_by_test_id("device-unlock").click()
    dialog = page.get_by_role("dialog")
    desk.choose("解锁人员", "王岚", scope=dialog)
    page.locator("#device-reason").fill("复查无异常")
    desk.look("device-unlock")
    page.get_by_test_id("confirm").click()
    desk.confirm(running["administrator"])
    eventually(lambda: _stepped_up(running, device), "unlocked at the device")
    expect(page.get_by_test_id("lock-state")).to_have_attribute("data-lock", "notLocked")


def _stepped_up(running: Installation, device: DeviceProcess) -> bool:
    """The named person steps up; it counts once the command to unlock has arrived."""
    device.do("check")
    found = running["administrator"].get(f"/devices/{device.id}")["device"]
    return found["locked_by"] is None


def _revoke(desk: Desk, running: Installation, device: DeviceProcess) -> None:
    page = desk.page
    page.get_by_test_id("device-revoke").click()
    page.locator("#device-reason").fill("试验结束")
    page.get_by_test_id("confirm").click()
    desk.confirm(running["administrator"])
    expect(page.locator("[data-status=revoked]")).to_be_visible()
    expect(page.get_by_test_id("lock-state")).to_be_visible()
    for act in ("lock", "unlock", "revoke"):
        expect(page.get_by_test_id(f"device-{act}")).to_have_count(0)
