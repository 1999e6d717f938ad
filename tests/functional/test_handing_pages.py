"""What else an approver and his applicant do with an approval: exchange of a document, sending back to a step, and the
two pages of who answers for the seals: the freeze by one touch on a phone, and the weekly statement.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf
import pytest
from browser_desk import PHONE, OpenDesk
from playwright.sync_api import expect
from running_installation import FINANCING_AMOUNT, Installation, Story

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[2] / "samples"
PLACE = {"page": 3, "x_mm": 40.0, "y_mm": 150.0}


def large(running: Installation, story: Story, title: str) -> dict[str, Any]:
    """A contract so large that head of department and legal representative decide, one after the other."""
    version = story.waiting["documents"][0]
    wanted = {"id": version["document_version_id"], "document_id": version["document_id"]}
    return running.apply(wanted, title=title, amount=FINANCING_AMOUNT, placements=[PLACE])


def test_a_document_is_exchanged_and_the_approver_sees_what_differs(
    story: Story, running: Installation, open_desk: OpenDesk, tmp_path: Path
) -> None:
    changed = tmp_path / "contract-2.pdf"
    with pikepdf.open(SAMPLES / "contract.pdf") as pdf:
        pdf.pages[1].Contents = pdf.make_stream(b"0 0 1 rg 100 100 200 50 re f")
        pdf.save(changed)
    request = large(running, story, "水质监测设备采购合同")
    head = open_desk("department_head")
    head.goto(f"/requests/{request['id']}")
    expect(head.page.get_by_test_id("request-duplicates")).to_contain_text("再次用印的原因")
    head.look("request-duplicates", english=True)
    head.page.get_by_test_id("more-actions").click()
    head.page.get_by_test_id("action-permit").click()
    head.page.locator("#step-reason").fill("第四页签署栏有误")
    head.page.get_by_test_id("confirm").click()
    expect(head.page.get_by_role("dialog")).to_have_count(0)

    employee = open_desk("employee")
    page = employee.page
    employee.goto(f"/requests/{request['id']}")
    page.get_by_test_id("replace").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(changed)
    # The applicant sees which pages differ before he exchanges anything.
    expect(dialog.get_by_test_id("changed-pages")).to_contain_text("第 2 页", timeout=60_000)
    employee.look("dialog-replace", english=True)
    dialog.get_by_test_id("confirm").click()
    expect(dialog).to_have_count(0)
    # The approver's page shows by itself what differs, before he decides on the new version.
    expect(head.page.get_by_test_id("replaced")).to_contain_text("已更换")
    expect(head.page.get_by_test_id("changed-pages")).to_have_text("第 2 页文字有改动。", timeout=60_000)
    head.look("request-replaced")


def test_a_later_approver_sends_back_to_an_earlier_step(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    request = large(running, story, "实验室设备采购合同")
    head = open_desk("department_head", expected_statuses=(403,))
    head.goto(f"/requests/{request['id']}")
    head.page.get_by_test_id("approve").click()
    factor = head.page.get_by_test_id("approval-factor")
    done = head.page.get_by_test_id("approval-bar")
    expect(factor.or_(head.page.get_by_text("已同意")).first).to_be_visible()
    if factor.count():
        head.confirm(running["department_head"])
    expect(done).to_have_count(0)

    chief = open_desk("legal_representative", expected_statuses=(403,))
    page = chief.page
    chief.goto(f"/requests/{request['id']}")
    page.get_by_test_id("send-back").click()
    page.get_by_role("dialog").get_by_text("部门负责人审批").click()
    page.locator("#step-reason").fill("请补充比价说明")
    chief.look("dialog-send-back-step", english=True)
    page.get_by_test_id("confirm").click()
    factor = page.get_by_test_id("step-up")
    expect(factor.or_(page.get_by_text("已退回至前序节点")).first).to_be_visible()
    if factor.count():
        chief.confirm(running["legal_representative"])
    expect(page.get_by_test_id("approval-steps")).to_contain_text("请补充比价说明")


def test_all_seals_are_frozen_from_a_phone_and_the_freeze_is_lifted(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    desk = open_desk("legal_representative", expected_statuses=(403,))
    page = desk.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a mapping of the two sides
    desk.goto("/seals/freeze")
    page.get_by_test_id("freeze-all").click()
    page.locator("#freeze-reason").fill("公章疑似被盗用")
    assert desk.axe() == []
    page.get_by_test_id("confirm").click()
    desk.confirm_with(running["legal_representative"].code())
    try:
        expect(page.get_by_test_id("freeze-state")).to_contain_text("公章疑似被盗用")
        desk.look("seals-frozen", english=True)
    finally:
        # Whatever happens here, the seals are needed by the tests after this one.
        page.get_by_test_id("lift-freeze").click()
        page.locator("#freeze-reason").fill("核查无误")
        page.get_by_test_id("confirm").click()
        desk.confirm(running["legal_representative"])
        expect(page.get_by_test_id("freeze-all")).to_be_visible()
