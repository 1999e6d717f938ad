"""Every page as the persons see it who use it: it opens without a fault, reads well for axe, and fits a phone."""

from __future__ import annotations

import re

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

pytestmark = pytest.mark.browser

PAGES = [
    ("employee", "/", "home-employee"),
    ("department_head", "/", "home-department-head"),
    ("custodian", "/", "home-custodian"),
    ("administrator", "/", "home-administrator"),
    ("auditor", "/", "home-auditor"),
    ("employee", "/requests", "requests-mine"),
    ("auditor", "/requests/all", "requests-all"),
    ("employee", "/requests/duties", "requests-duties"),
    ("department_head", "/approvals", "approvals"),
    ("department_head", "/approvals/copies", "approvals-copies"),
    ("department_head", "/approvals/consultations", "approvals-consultations"),
    ("employee", "/approvals/started", "approvals-started"),
    ("administrator", "/approvals/stuck", "approvals-stuck"),
    ("administrator", "/approvals/definitions", "approvals-definitions"),
    ("legal_representative", "/seals/freeze", "seals-freeze"),
    ("legal_representative", "/statements", "statements"),
    ("employee", "/seals", "seals"),
    ("administrator", "/seals/filings", "seals-filings"),
    ("custodian", "/custody", "custody"),
    ("administrator", "/custody/safes", "safes"),
    ("legal_representative", "/scenarios", "scenarios"),
    ("legal_representative", "/grants", "grants"),
    ("auditor", "/evidence", "evidence"),
    ("administrator", "/admin/persons", "admin-persons"),
    ("administrator", "/admin/organization", "admin-organization"),
    ("administrator", "/admin/jobs?state=all", "admin-jobs"),
    ("administrator", "/scenarios", "scenarios-administrator"),
    ("employee", "/settings", "settings"),
    ("employee", "/no-such-page", "not-found"),
]


@pytest.mark.parametrize(("kind", "path", "name"), PAGES, ids=[name for _, _, name in PAGES])
def test_a_page_opens_without_fault(story: Story, seat: OpenDesk, kind: str, path: str, name: str) -> None:
    assert story.sealed["status"] == "sealed"
    desk = seat(kind)
    desk.goto(path)
    expect(desk.page.get_by_role("heading", level=1)).to_have_count(1)
    assert desk.page.title().endswith("双印")
    desk.look(f"page-{name}")
    assert desk.faults() == []


def test_home_shows_what_needs_whom(story: Story, open_desk: OpenDesk) -> None:
    head = open_desk("department_head")
    head.goto("/")
    expect(head.page.get_by_test_id("workbench-todo")).to_contain_text(story.waiting["title"])
    employee = open_desk("employee")
    employee.goto("/")
    expect(employee.page.get_by_test_id("workbench-mine")).to_contain_text(story.waiting["title"])


def test_administrator_and_auditor_find_their_work_at_home(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    administrator = open_desk("administrator")
    administrator.goto("/")
    expect(
        administrator.page.locator("[data-testid^=workbench-setup], [data-testid=workbench-manage]")
    ).to_be_visible()
    auditor = open_desk("auditor")
    auditor.goto("/")
    expect(auditor.page.get_by_test_id("workbench-evidence").get_by_role("listitem").first).to_be_visible()


def test_approvals_say_when_they_came_and_no_deadline_that_is_none(story: Story, open_desk: OpenDesk) -> None:
    assert story.waiting["id"]
    head = open_desk("department_head")
    head.goto("/approvals")
    expect(head.page.get_by_role("columnheader", name="送达时间")).to_be_visible()
    expect(head.page.get_by_role("columnheader", name="期限")).to_have_count(0)


def test_the_rules_in_force_are_shown_with_their_grounds(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    for kind in ("administrator", "legal_representative"):
        desk = open_desk(kind)
        desk.goto("/scenarios")
        rules = desk.page.get_by_test_id("rules")
        expect(rules).to_contain_text("《电子印章管理办法》")
        expect(rules).to_contain_text("第")


def test_a_page_of_another_post_is_refused_in_words(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    desk.goto("/admin/persons")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("您的岗位没有此页面的权限")
    expect(desk.page.get_by_test_id("nav-persons")).to_have_count(0)
    assert desk.page.url.endswith("/admin/persons")


def test_navigation_by_clicks_and_by_keyboard(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement?.id") == "content"
    page.get_by_test_id("nav-seals").click()
    expect(page.get_by_role("heading", level=1, name="印章台账")).to_be_visible()
    expect(page.get_by_test_id("nav-seals")).to_have_attribute("aria-current", "page")


def test_the_language_can_be_changed_anywhere(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("department_head")
    page = desk.page
    desk.goto("/")
    page.get_by_role("button", name=re.compile("switch to english", re.IGNORECASE)).click()
    expect(page.get_by_test_id("nav-todo")).to_contain_text("To approve")
    navigation = page.get_by_role("navigation").first.inner_text()
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in navigation), navigation
    desk.look("page-home-english")
    desk.goto("/seals")
    expect(page.get_by_role("heading", level=1, name="Seal register")).to_be_visible()


def test_dark_is_complete(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    desk.goto("/seals")
    desk.page.get_by_role("button", name="外观").click()
    expect(desk.page.locator("html")).to_have_class("dark")
    assert desk.axe() == []
    desk.page.reload()
    expect(desk.page.locator("html")).to_have_class("dark")


def test_chinese_is_drawn_with_a_chinese_font(story: Story, open_desk: OpenDesk) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    desk.goto("/")
    fonts = desk.fonts_of("h1")
    assert any("CJK" in font or "Han" in font for font in fonts), fonts


def test_the_public_form_opens_for_strangers(running: Installation, open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.goto("//verify")
    desk.look("public-verify")
    assert desk.page.locator("script").count() == 0
    assert running.server.base_url == desk.base_url
