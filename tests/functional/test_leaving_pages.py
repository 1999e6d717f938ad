"""Pages about people: who leaves or changes post with what is in hand, a roster judged row by row, personal information."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

from shuangyin.core.spreadsheets import write_xlsx

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


def test_a_person_is_found_by_name_and_changes_post(running: Installation, open_desk: OpenDesk) -> None:
    admin = running["administrator"]
    name, account = f"范{secrets.token_hex(2)}", f"mover-{secrets.token_hex(4)}"
    person = admin.post_json("/persons", {"name": name, "account": account})["person"]
    posts = {post["kind"]: post for post in admin.get("/posts")["items"]}
    admin.post_json(f"/persons/{person['id']}/posts", {"post_id": posts["custodian"]["id"]})
    admin.post_json(
        "/seals/physical", {"category": "other", "face_words": name, "keeper_person_id": person["id"]}
    )
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/admin/persons")
    page.get_by_test_id("search").fill(name)
    expect(page.get_by_test_id("row")).to_have_count(1)
    assert "q=" in page.url
    desk.look("persons-found", english=True)
    page.get_by_test_id("row").click()
    page.get_by_test_id("change-post").click()
    dialog = page.get_by_test_id("leaving")
    expect(dialog.get_by_test_id("confirm")).to_be_disabled()
    dialog.get_by_test_id("post-ending").click()
    page.get_by_test_id("post-beginning").click()
    page.get_by_role("option", name=posts["employee"]["name"], exact=True).click()
    page.keyboard.press("Escape")
    expect(dialog.locator("[data-part=posts]")).to_contain_text(posts["custodian"]["name"])
    # What goes with the post is chosen; a seal that goes over needs somebody who may keep it.
    desk.choose("处理方式：保管的印章", "移交", scope=dialog)
    expect(dialog.get_by_role("status")).to_contain_text("须先处理")
    page.get_by_test_id("successor").click()
    page.get_by_role("option", name=running["custodian"].name).first.click()
    expect(dialog.locator("[data-part=seals]")).to_contain_text(running["custodian"].name)
    desk.look("dialog-change-post", english=True)
    desk.expected_statuses.add(403)
    dialog.get_by_test_id("confirm").click()
    desk.confirm(admin)
    expect(page.get_by_test_id("leaving-done")).to_contain_text("调岗-")
    with page.expect_download() as download:
        page.get_by_test_id("proof-sheet").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    moved = admin.get(f"/persons/{person['id']}")
    assert [post["kind"] for post in moved["posts"]] == ["employee"]
    desk.goto("/admin/changes?tab=persons")
    expect(page.get_by_test_id("row").filter(has_text=name)).to_contain_text("调岗")
    desk.look("changes-persons", english=True)


def test_a_roster_is_judged_row_by_row_before_anything_is_taken(
    running: Installation, open_desk: OpenDesk, tmp_path: Path
) -> None:
    before = running["administrator"].get("/persons", limit=200)["items"]
    header = ["姓名", "账号", "部门", "上级部门", "岗位"]
    faulty = [
        header,
        ["何远", "he-yuan", "市场部", "", "员工"],
        ["何远", "he-yuan", "新部", "无此部门", "主任"],
    ]
    roster = tmp_path / "roster.xlsx"
    roster.write_bytes(write_xlsx(faulty, title="花名册"))
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/admin/persons")
    page.get_by_test_id("import-roster").click()
    desk.look("dialog-roster", english=True)
    page.get_by_test_id("roster").locator("input[type=file]").set_input_files(roster)
    faults = page.get_by_test_id("roster").get_by_test_id("row")
    expect(faults.filter(has_text="此账号在表中出现多次")).to_have_count(2)
    expect(faults.filter(has_text="上级部门").first).to_contain_text("3")
    expect(page.get_by_test_id("take-roster")).to_have_count(0)
    desk.look("dialog-roster-faults", english=True)
    assert len(running["administrator"].get("/persons", limit=200)["items"]) == len(before)


def test_personal_information_is_kept_in_view(running: Installation, open_desk: OpenDesk) -> None:
    assert running["administrator"].id
    desk = open_desk("administrator")
    desk.goto("/admin/privacy")
    desk.look("privacy", english=True)
    desk.page.get_by_test_id("assess").click()
    expect(desk.page.get_by_test_id("form-dialog")).to_be_visible()
    desk.look("dialog-privacy-assess", english=True)
