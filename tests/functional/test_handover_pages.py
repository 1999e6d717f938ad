"""A hand-over on its pages: drawn up, counted by ticking with a discrepancy, confirmed by three, printed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from browser_desk import OpenDesk, let_in
from playwright.sync_api import expect
from running_installation import Installation

from shuangyin.demo.person import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def keepers(running: Installation) -> Iterator[tuple[Person, Person]]:
    """Two further custodians, signed in, whom no other test knows."""
    both = keeper(running, "高原"), keeper(running, "沈舟")
    yield both
    for person in both:
        person._client.close()


def keeper(running: Installation, name: str) -> Person:
    """A further custodian, signed in."""
    admin = running["administrator"]
    account = f"keeper-{secrets.token_hex(4)}"
    added = admin.post_json("/persons", {"name": name, "account": account})
    post = next(one for one in admin.get("/posts")["items"] if one["kind"] == "custodian")
    admin.post_json(f"/persons/{added['person']['id']}/posts", {"post_id": post["id"]})
    person = Person(running.server.base_url, kind="custodian", name=name, post=post["name"], account=account)
    person.first_sign_in(added["one_time_password"], f"shuangyin-{secrets.token_hex(4)}")
    return person


def confirm(person: Person, sheet_id: str) -> Any:
    body = {"method": "totp", "code": person.code()}
    return person.post_json(f"/handovers/{sheet_id}/confirm", body)


def test_what_a_keeper_keeps_changes_hands_on_its_page(
    running: Installation, open_desk: OpenDesk, keepers: tuple[Person, Person]
) -> None:
    giver, receiver = keepers
    admin = running["administrator"]
    safe = {"name": f"交接柜 {giver.account}", "place": "库房 104", "custodian_id": giver.id}
    safe_id = admin.post_json("/safes", safe)["id"]
    desk = open_desk("administrator")
    page = desk.page
    desk.goto("/custody/handovers")
    page.get_by_test_id("add-handover").click()
    for field, name in (("giver", "高原"), ("receiver", "沈舟"), ("witness", "孙静")):
        page.get_by_test_id(f"handover-{field}").click()
        page.get_by_role("option", name=name).locator("visible=true").first.click()
    page.get_by_label("事由").fill("轮岗")
    page.get_by_test_id("add-further").click()
    page.get_by_placeholder("物品名称").fill("公章印鉴留存卡")
    desk.look("handover-new", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("handover-status")).to_contain_text("办理中")
    sheet_id = page.url.rsplit("/", 1)[1]

    counting = open_desk()
    let_in(counting.context, receiver, running.server.base_url)
    page = counting.page
    counting.goto(f"/custody/handovers/{sheet_id}")
    assert page.get_by_test_id("party-confirm").count() == 0, "not before everything is counted"
    items = page.get_by_test_id("handover-items")
    items.locator("li").filter(has_text=safe["name"]).get_by_test_id("found").click()
    card = items.locator("li").filter(has_text="公章印鉴留存卡")
    card.get_by_test_id("missing").click()
    expect(card.get_by_test_id("enter-missing")).to_be_disabled()
    card.get_by_role("textbox").fill("移交人称存于档案室，未见")
    counting.look("handover-counting", english=True)
    card.get_by_test_id("enter-missing").click()
    expect(items).to_contain_text("已清点 2 / 2")
    expect(page.get_by_test_id("party-confirm")).to_be_visible()
    page.get_by_label("6 位验证码").first.fill(receiver.code())
    page.get_by_test_id("confirm-self").get_by_role("button", name="确认身份").click()
    expect(page.get_by_test_id("party-receiver")).to_have_attribute("data-confirmed", "true")
    counting.look("handover-confirming")
    confirm(giver, sheet_id)
    assert confirm(running["auditor"], sheet_id)["status"] == "done"
    expect(page.get_by_test_id("handover-status")).to_contain_text("已完成")
    with page.expect_download() as waiting:
        page.get_by_test_id("handover-pdf").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")
    found = next(one for one in admin.get("/safes") if one["id"] == safe_id)
    assert found["custodian"]["id"] == receiver.id
    counting.goto("/custody/handovers?status=done")
    expect(page.get_by_test_id("row").first).to_contain_text("高原")
    counting.look("handovers")
