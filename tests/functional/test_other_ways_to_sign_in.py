"""Signing in through an OpenID provider that others wrote, and with the electronic business licence, in the browser."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import httpx
import pytest
from browser_desk import Desk, OpenDesk
from independent_provider import SUBJECT
from playwright.sync_api import Page, expect
from running_directory import WORD
from running_installation import Installation

from shuangyin.demo.setting import USCC
from shuangyin.people.purposes import purposes

pytestmark = [
    pytest.mark.browser,
    # The independent provider speaks to its own library in an old way.
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]


def test_the_employee_signs_in_at_his_provider_and_out_again(
    running: Installation, open_desk: OpenDesk
) -> None:
    person = running["employee"]
    desk = open_desk()
    page = desk.page
    desk.expected_statuses |= {401}
    desk.goto("/sign-in")
    desk.look("sign-in-ways", english=True)
    directory_password_stands_for_ours(desk)
    page.get_by_test_id("way-corp").click()
    page.locator(f"button[value='{SUBJECT}']").click()
    page.get_by_test_id("factor-code").fill(person.code())
    # What the provider's own page complained of is not ours.
    desk.forget_faults()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(person.name)
    # The address bar holds nothing of the code, and the way back there leads nowhere.
    assert "code=" not in page.url
    desk.goto("/sign-in/back")
    expect(page.get_by_test_id("provider-return")).to_contain_text("未能登录")
    desk.look("sign-in-provider-refused")
    # What was linked is seen in his settings, and ended there.
    desk.goto("/settings")
    panel = page.get_by_test_id("identity-panel")
    expect(panel).to_contain_text("统一身份认证")
    panel.scroll_into_view_if_needed()
    desk.look("settings-identities", english=True)
    page.get_by_test_id("unlink-staff").click()
    expect(page.get_by_test_id("unlink-staff")).to_have_count(0)
    page.get_by_test_id("account-menu").click()
    page.get_by_test_id("sign-out").click()
    expect(page).to_have_url(re.compile(r"/oauth2/end_session\?"))
    desk.forget_faults()


def directory_password_stands_for_ours(desk: Desk) -> None:
    """The directory's password is asked for apart from ours, and leads to the same second factor."""
    page = desk.page
    page.get_by_label("密码").fill("a password of this platform")
    page.get_by_test_id("way-staff").click()
    expect(page.get_by_label("目录密码")).to_have_value("")
    page.get_by_label("目录账号").fill("liran")
    page.get_by_label("目录密码").fill("not this word")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sign-in-form")).to_contain_text("目录账号或密码不正确")
    desk.look("sign-in-directory", english=True)
    page.get_by_label("目录密码").fill(WORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("factor-form")).to_be_visible()
    page.get_by_role("button", name="换一个账号").click()
    page.get_by_test_id("own-account").click()
    expect(page.get_by_label("账号", exact=True)).to_be_visible()


def earlier_notice(running: Installation, page: Page) -> None:
    """The notice changed since the person agreed: his settings say so, and he agrees to the new one there."""
    with closing(sqlite3.connect(running.database, timeout=30)) as database, database:
        database.execute("UPDATE consent SET notice_version = '2025-01' WHERE purpose = 'licence'")
    page.reload()
    page.get_by_test_id("agree-anew-licence").click()
    page.get_by_test_id("consent-read").click()
    page.get_by_test_id("consent-agree").click()
    expect(page.get_by_test_id("agree-anew-licence")).to_have_count(0)
    expect(page.get_by_test_id("withdraw-licence")).to_be_visible()
    with closing(sqlite3.connect(running.database, timeout=30)) as database, database:
        # The record of what he agreed to first is as it was, for whoever compares it with the evidence.
        database.execute(
            "UPDATE consent SET notice_version = ? WHERE notice_version = '2025-01'",
            [purposes()["licence"].version],
        )


def test_a_licence_is_linked_and_signs_in(running: Installation, open_desk: OpenDesk) -> None:
    person = running["legal_representative"]
    assert running.board is not None
    service = running.board.address_of("licence")

    def scan() -> None:
        newest = httpx.get(f"{service}/sessions").json()["sessions"][-1]["id"]
        said = {"uscc": USCC, "holder": "holder-of-the-licence", "name": person.name}
        httpx.put(f"{service}/sessions/{newest}", json=said)

    desk = open_desk("legal_representative")
    page = desk.page
    desk.expected_statuses |= {401, 403}
    desk.goto("/settings")
    page.get_by_test_id("link-licence").click()
    page.get_by_test_id("consent-read").click()
    page.get_by_test_id("consent-agree").click()
    page.get_by_test_id("factor-code").fill(person.code())
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("licence-code")).to_be_visible()
    scan()
    expect(page.get_by_test_id("licence-panel")).to_contain_text("已关联")
    desk.look("settings-licence")
    earlier_notice(running, page)
    desk.context.clear_cookies()
    desk.goto("/sign-in")
    page.get_by_test_id("way-licence").click()
    expect(page.get_by_test_id("licence-code")).to_be_visible()
    desk.look("sign-in-licence", english=True)
    scan()
    page.get_by_test_id("factor-code").fill(person.code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(person.name)
    # The installation is as it was.
    desk.goto("/settings")
    page.get_by_test_id("licence-panel").get_by_role("button").click()
    expect(page.get_by_test_id("link-licence")).to_be_visible()
