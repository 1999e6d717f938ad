"""Signing in with a second factor, in both languages, and out again."""

from __future__ import annotations

import pytest
from browser_desk import OpenDesk
from playwright.sync_api import expect
from running_installation import Installation

pytestmark = pytest.mark.browser


def test_password_then_code_then_home_then_out(running: Installation, open_desk: OpenDesk) -> None:
    employee = running["employee"]
    desk = open_desk(expected_statuses={401})
    page = desk.page
    desk.goto("/requests")
    expect(page).to_have_url(f"{desk.base_url}/app/sign-in?next=/requests")
    desk.look("sign-in")

    page.get_by_label("账号", exact=True).fill(employee.account)
    page.get_by_label("密码", exact=True).fill("not the password 1")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    desk.look("sign-in-refused")

    page.get_by_label("密码", exact=True).fill(employee.password)
    page.keyboard.press("Enter")
    code = page.get_by_label("6 位验证码")
    expect(code).to_be_focused()
    desk.look("sign-in-code")
    code.fill(employee.code())
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.base_url}/app/requests")

    page.get_by_test_id("account-menu").click()
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in-form")).to_be_visible()
    page.goto(f"{desk.base_url}/app/")
    expect(page.get_by_test_id("sign-in-form")).to_be_visible()


def test_the_sign_in_page_speaks_english(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.goto("/sign-in")
    desk.page.get_by_role("button", name="English").click()
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    desk.look("sign-in-english")
    desk.page.reload()
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_first_sign_in_enrols_and_asks_for_an_own_password(
    running: Installation, open_desk: OpenDesk
) -> None:
    admin = running["administrator"]
    added = admin.post_json("/persons", {"name": "何苗", "account": "hemiao"})
    desk = open_desk()
    page = desk.page
    desk.goto("/sign-in")
    page.get_by_label("账号", exact=True).fill("hemiao")
    page.get_by_label("密码", exact=True).fill(added["one_time_password"])
    page.keyboard.press("Enter")
    secret = page.get_by_test_id("totp-secret").get_attribute("data-secret")
    assert secret
    desk.look("sign-in-enrol")
    page.get_by_test_id("factor-code").fill(running.first_code(secret))
    page.keyboard.press("Enter")
    page.get_by_label("新密码", exact=True).fill("a password of her own 7")
    page.get_by_label("再输一遍").fill("a password of her own 8")
    expect(page.get_by_text("两次输入的新密码不一致")).to_be_visible()
    desk.look("sign-in-own-password")
    page.get_by_label("再输一遍").fill("a password of her own 7")
    page.get_by_role("button", name="保存新密码").click()
    page.get_by_role("button", name="生成恢复码").click()
    expect(page.get_by_test_id("recovery-codes").get_by_role("listitem").first).to_be_visible()
    desk.look("sign-in-recovery-codes")
    page.get_by_role("button", name="我已保存").click()
    expect(page).to_have_url(f"{desk.base_url}/app/")
