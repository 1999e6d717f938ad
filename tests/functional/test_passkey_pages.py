"""A passkey in the browser's own authenticator: registered, used to confirm an act, used to sign in."""

from __future__ import annotations

import re
import secrets

import pytest
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser


def authenticator(desk: Desk) -> None:
    """A virtual authenticator inside Chromium that knows its user."""
    devtools = desk.context.new_cdp_session(desk.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_registered_confirms_an_act_and_signs_in(
    running: Installation, open_desk: OpenDesk
) -> None:
    person = running["reviewer"]
    desk = open_desk("reviewer")
    page = desk.page
    authenticator(desk)
    desk.expected_statuses |= {401, 403}
    desk.goto("/settings")
    page.get_by_test_id("new-passkey").click()
    page.get_by_label("名称", exact=True).fill("办公电脑")
    page.get_by_test_id("confirm").click()
    page.get_by_test_id("factor-code").fill(person.code())
    page.keyboard.press("Enter")
    row = page.get_by_text("办公电脑")
    expect(row).to_be_visible()
    desk.look("settings-passkeys")
    token = f"日报 {secrets.token_hex(4)}"
    page.get_by_test_id("new-token").click()
    page.get_by_label("名称", exact=True).fill(token)
    page.locator(".el-select", has=page.locator("#token-scopes")).click()
    page.get_by_role("option").first.click()
    page.get_by_label("名称", exact=True).click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("use-passkey")).to_be_visible()
    desk.look("dialog-step-up-passkey")
    page.get_by_test_id("use-passkey").click()
    expect(page.get_by_text(token)).to_be_visible()
    desk.context.clear_cookies()
    desk.goto("/sign-in")
    page.get_by_label("账号").fill(person.account)
    page.get_by_label("密码", exact=True).fill(person.password)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("use-passkey")).to_be_visible()
    desk.look("sign-in-passkey")
    page.get_by_test_id("use-passkey").click()
    expect(page).to_have_url(re.compile(r"/app/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(person.name)
