"""An administrator lets a person leave: what is in hand is seen before, the sheet is there after."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

pytestmark = pytest.mark.browser


def newcomer(running: Installation, name: str) -> dict[str, Any]:
    """Somebody on two posts, who has not signed in yet."""
    admin = running["administrator"]
    body = {"name": name, "account": f"leaver-{secrets.token_hex(4)}"}
    person = admin.post_json("/persons", body)["person"]
    for post in admin.get("/posts")["items"]:
        if post["kind"] in ("employee", "custodian"):
            admin.post_json(f"/persons/{person['id']}/posts", {"post_id": post["id"]})
    return dict(person)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_leaving_is_seen_before_and_proved_after(
    running: Installation, story: Story, open_desk: OpenDesk, language: str
) -> None:
    assert story.sealed["id"]
    name = {"zh": "郑安", "en": "何静"}[language]
    account = newcomer(running, name)["account"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto(f"/admin/persons?lang={language}")
    page.get_by_test_id("row").filter(has_text=account).click()
    page.get_by_test_id("leave").click()
    dialog = page.get_by_test_id("leaving")
    expect(dialog.locator("[data-part=posts]")).to_contain_text("印章保管人")
    expect(dialog.locator("[data-part=factors]")).to_be_visible()
    desk.look(f"dialog-leaving-{language}")
    desk.expected_statuses.add(403)
    dialog.get_by_test_id("confirm").click()
    page.get_by_test_id("factor-code").fill(running["administrator"].code())
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("leaving-done")).to_contain_text("离职-")
    desk.look(f"dialog-leaving-done-{language}")
    with page.expect_download() as download:
        page.get_by_test_id("proof-sheet").click()
    assert download.value.suggested_filename.endswith(".pdf")


def test_a_keeper_cannot_leave_before_somebody_else_keeps_his_seals(
    running: Installation, story: Story, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    keeper = running["custodian"].get("/me")["person"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/admin/persons")
    page.get_by_test_id("row").filter(has_text=keeper["name"]).first.click()
    page.get_by_test_id("leave").click()
    dialog = page.get_by_test_id("leaving")
    expect(dialog.get_by_role("status")).to_contain_text("须先处理")
    expect(dialog.get_by_test_id("confirm")).to_be_disabled()
    desk.look("dialog-leaving-blocked")
