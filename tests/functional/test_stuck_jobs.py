"""A sealing that cannot go on: the administrator sees why and, when the reason is gone, has it tried again."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[2] / "samples"


def approve_unread(running: Installation, request_id: str) -> None:
    """Everybody whom the route asks approves, without opening the file: it is gone."""
    for kind in ("department_head", "legal_representative"):
        person = running[kind]
        for item in person.get("/approvals", state="todo")["items"]:
            if item["subject_id"] == request_id:
                body = {"decision": "approve", "comment": "同意", "binding": item["binding"]}
                person.post_confirmed(f"/approvals/steps/{item['step_id']}/decisions", body)


def test_stuck_work_is_seen_with_its_reason_and_tried_again(
    running: Installation, open_desk: OpenDesk
) -> None:
    objects = running.server.data_dir / "objects"
    before = set(objects.rglob("*"))
    document = running.upload("notice.pdf", (SAMPLES / "contract.pdf").read_bytes(), "供货合同（磁盘故障）")
    [stored] = [path for path in set(objects.rglob("*")) - before if path.is_file()]
    version = document["versions"][0]
    places = [{"page": version["pages"] - 1, "x_mm": 28, "y_mm": 84}]
    seam = {"edge": "right", "y_mm": 110}
    qr = {"page": version["pages"] - 1, "x_mm": 76, "y_mm": 142, "size_mm": 15}
    request = running.apply(version, title="供货合同（磁盘故障）", placements=places, seam=seam, qr=qr)
    away = stored.rename(running.server.data_dir / "away")
    approve_unread(running, request["id"])
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/admin/jobs?state=waiting")
    row = page.get_by_test_id("row").filter(has_text="加盖电子印章")
    for _ in range(20):
        if row.get_by_test_id("release-job").count():
            break
        page.wait_for_timeout(250)
        desk.goto("/admin/jobs?state=waiting")
    expect(row).to_contain_text("等待重试")
    expect(row).to_contain_text("OBJECT_DAMAGED: 存储的文件")
    expect(row.get_by_role("link", name="查看用印申请")).to_be_visible()
    desk.look("admin-jobs-stuck")
    away.rename(stored)
    row.get_by_test_id("release-job").click()
    page.get_by_role("dialog").get_by_role("button", name="立即重试").click()
    assert running.sealed(request)["status"] == "sealed"
