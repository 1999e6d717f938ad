"""The life of seals and of their people, from outside: a server, and authorities that are processes of their own and fail.

One organization lives through all of it, from the first test to the last; each of them also runs alone.
"""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser_desk import Desk, desk
from life_house import House, house
from playwright.sync_api import Browser, expect
from running_installation import Installation
from seal_desk import MAKER

from shuangyin.demo.person import Person
from shuangyin.demo.setting import ORGANIZATION

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[2] / "samples"
NEW_NAME = "北京云岫智能科技有限公司"
NOTICE = "京海市监变字2026第0188号"
PLACE = {"page": 3, "x_mm": 40.0, "y_mm": 150.0}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("life")) as found:
        yield found


def contract(running: Installation, title: str) -> dict[str, Any]:
    """An application for the electronic contract seal, in approval."""
    version = running.upload("contract.pdf", (SAMPLES / "contract.pdf").read_bytes(), title)["versions"][0]
    return running.apply(version, title=title, placements=[PLACE])


def newcomer(home: House, name: str, kinds: tuple[str, ...]) -> Person:
    """Somebody on posts of these kinds, signed in."""
    admin = home["administrator"]
    account = f"new-{secrets.token_hex(4)}"
    added = admin.post_json("/persons", {"name": name, "account": account})
    for post in admin.get("/posts")["items"]:
        if post["kind"] in kinds:
            admin.post_json(f"/persons/{added['person']['id']}/posts", {"post_id": post["id"]})
    person = Person(home.running.server.base_url, kind=account, name=name, post="", account=account)
    person.first_sign_in(added["one_time_password"], f"shuangyin-{secrets.token_hex(4)}")
    home.running.cast.people[account] = person
    return person


def sheet_says(person: Person, path: str, folder: Path, *words: str) -> None:
    """The proof sheet holds these words, read with poppler."""
    (folder / "sheet.pdf").write_bytes(person.download(path))
    command = ["pdftotext", "-layout", str(folder / "sheet.pdf"), "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    for word in words:
        assert word in text, word


def test_an_employee_with_fourteen_items_leaves(home: House, tmp_path: Path) -> None:
    admin, employee = home["administrator"], home["employee"]
    leaver = newcomer(home, "郑安", ("employee", "custodian"))
    successor = newcomer(home, "钱进", ("employee", "custodian"))
    secret = fourteen_things(home, leaver)
    path = f"/persons/{leaver.id}/leave"
    shown = admin.post_json(f"{path}/preview")
    named = {one["why"] for part in shown["parts"] for one in part["items"] if one["outcome"] == "blocked"}
    assert (shown["total"], named) == (14, {"NEEDS_KEEPER", "NEEDS_CUSTODIAN"})
    choices = {"successor_id": successor.id, "reason": "个人原因离职"}
    shown = admin.post_json(f"{path}/preview", choices)
    assert (shown["total"], shown["blocked"]) == (14, 0)
    assert admin.refused("POST", path, json=choices)["code"] == "STEP_UP_REQUIRED"
    proof = home.proof("administrator", "people.leave", leaver.id)
    done = admin.post_json(path, {**choices, "seen": shown["digest"], "proof": proof})
    # Nothing works from that instant: session, token, password.
    assert leaver.refused("GET", "/me")["code"] == "UNAUTHENTICATED"
    signed = {"headers": {"Authorization": f"Bearer {secret}"}}
    stranger = Person(home.running.server.base_url, kind="", name="", post="", account=leaver.account)
    assert stranger.refused("GET", "/seals", **signed)["code"] == "UNAUTHENTICATED"
    again = {"account": leaver.account, "password": leaver.password}
    assert stranger.refused("POST", "/auth/sign-in", json=again)["code"] == "SIGN_IN_REFUSED"
    stranger._client.close()
    made = done["transition"]
    assert made["successor"]["name"] == "钱进"
    sheet = f"/person-transitions/{made['id']}/sheet.pdf"
    sheet_says(admin, sheet, tmp_path, "离职交接证明单", "郑安", "钱进", "日报", "二号柜", made["number"])
    assert employee.refused("GET", sheet)["code"] == "NOT_PERMITTED"


def fourteen_things(home: House, leaver: Person) -> str:
    """Two posts, session, password, authenticator, passkey, token, delegation, draft, safe and four seals; the token."""
    admin = home["administrator"]
    body = {
        "name": "日报",
        "scopes": ["seals.read"],
        "proof": home.proof(leaver.kind, "people.create_token", "日报"),
    }
    secret = str(leaver.post_json("/me/tokens", body)["secret"])
    delegation = {
        "delegate_id": leaver.id,
        "acts": ["apply"],
        "until_at": int(time.time() * 1000) + 6 * 3_600_000,
        "reason": "出差",
        "proof": home.proof("employee", "authority.delegate", leaver.id),
    }
    home["employee"].post_json("/delegations", delegation)
    leaver.post_json("/requests", {"title": "未写完的申请", "document_kind": "supplier_contract"})
    safe = {"name": "二号柜", "place": "三层机要室", "custodian_id": leaver.id}
    admin.post_json("/safes", safe)
    for number in range(4):
        seal = {
            "category": "other",
            "face_words": f"档案专用章{number}",
            "sequence_number": number + 1,
            "keeper_person_id": leaver.id,
        }
        admin.post_json("/seals/physical", seal)
    return secret


def test_a_damaged_seal_is_replaced_although_the_police_system_fails(home: House) -> None:
    admin = home["administrator"]
    old = home.running.cast.seals["contract_physical"]["id"]
    partner = home.running.cast.seals["contract_electronic"]["id"]
    home.do(old, "scrap")
    assert home.seal(old)["status"] == "scrapped"
    assert home.tasks(partner) == ["counterpart_ended"]
    # The stand-in hangs up: the seal is not in force before its filing, whatever is asked.
    home.behave("police", "down")
    new = home.made_new(category="contract", replaces_id=old)
    home.until(lambda: bool(home.report(new)["problem"]), "the police system was not asked")
    assert home.report(new)["status"] == "waiting"
    assert (
        admin.refused("POST", f"/seals/{new}/steps", json=home.step(new, "deliver"))["code"]
        == "SEAL_NOT_FILED"
    )
    # Then it answers about another seal: nothing changes, and it is shown.
    home.behave("police", "contradictory")
    home.send_again(new)
    home.until(lambda: home.report(new)["status"] == "mismatch", "the wrong answer was not noticed")
    assert (home.seal(new)["status"], home.seal(new)["filing_no"]) == ("made", None)
    home.behave("police", "well")
    home.send_again(new)
    home.until(lambda: home.seal(new)["status"] == "filed", "the filing was not taken")
    home.do(new, "deliver")
    home.do(new, "enable")
    shown = home.seal(new)
    assert (shown["status"], shown["counterpart_id"]) == ("in_force", partner)
    assert (home.seal(partner)["counterpart_id"], home.life(old)["replaced_by_id"]) == (new, new)


def test_a_seal_in_use_is_not_cancelled_then_both_registers_change_together(home: House) -> None:
    admin, running = home["administrator"], home.running
    old, partner = (running.cast.seals[f"legal_name_{medium}"]["id"] for medium in ("physical", "electronic"))
    paper = (SAMPLES / "financing-contract.pdf").read_bytes()
    request = running.apply_physical("financing-contract.pdf", paper)
    surrender = home.step(old, "surrender", **MAKER, counterpart="revoke")
    refused = admin.refused("POST", f"/seals/{old}/steps", json=surrender)
    assert (refused["code"], refused["details"]["uses"][0]["id"]) == ("SEAL_IN_USE", request["id"])
    assert admin.refused("GET", f"/transitions/clearance/{old}.pdf")["code"] == "NO_CLEARANCE"
    home["employee"].post_json(f"/requests/{request['id']}/withdraw", {"reason": "不再需要"})
    home.do(old, "surrender", **MAKER, counterpart="revoke")
    assert admin.download(f"/transitions/clearance/{old}.pdf").startswith(b"%PDF-")
    home.behave("police", "duplicate")
    one = home["auditor"].id
    at = admin.get(f"/seals/{old}")["events"][0]["at"]
    alone = home.step(old, "destroy", witness_ids=[one], happened_at=at)
    assert admin.refused("POST", f"/seals/{old}/steps", json=alone)["code"] == "SEAL_WITNESSES"
    home.do(old, "destroy", witness_ids=[one, home["reviewer"].id], happened_at=at)
    if home.report(old)["status"] == "waiting":
        home.until(lambda: home.report(old)["status"] != "waiting", "the police system was not asked")
    if home.report(old)["status"] == "mismatch":
        # The answer of an earlier report: destroyed, but neither register has changed.
        assert [home.seal(each)["status"] for each in (old, partner)] == ["surrendered", "in_force"]
        home.behave("police", "well")
        home.send_again(old)
    home.behave("police", "well")
    home.until(lambda: home.seal(old)["status"] == "destroyed", "the cancellation was not taken")
    ended = [home.seal(each) for each in (old, partner)]
    assert [each["status"] for each in ended] == ["destroyed", "revoked"]
    assert ended[0]["events"][0]["at"] == ended[1]["events"][0]["at"]


def test_the_organization_is_renamed_and_its_old_papers_stay_what_they_were(
    home: House, browser: Browser, tmp_path: Path
) -> None:
    running, admin = home.running, home["administrator"]
    sealed = contract(running, "更名前的合同")
    running.approve(sealed)
    sealed = running.sealed(sealed)
    waiting = contract(running, "更名时待批的合同")
    organization = admin.get("/organization")
    with desk(browser, running.server.base_url, person=admin, expected_statuses=(403, 409, 503)) as office:
        page = office.page
        office.goto("/admin/changes")
        office.look("changes", english=True)
        page.get_by_test_id("rename").click()
        page.get_by_label("新名称").fill(NEW_NAME)
        page.get_by_label("登记机关通知书文号").fill(NOTICE)
        office.look("dialog-rename", english=True)
        # The registry has not got it, and then does not answer: nothing changes.
        page.get_by_test_id("confirm").click()
        expect(page.get_by_test_id("form-dialog")).to_contain_text("尚未登记")
        home.behave("registry", "down")
        page.get_by_test_id("confirm").click()
        expect(page.get_by_test_id("form-dialog")).to_contain_text("暂时无法核验")
        assert admin.get("/organization")["name"] == organization["name"]
        home.behave("registry", "well")
        home.register(name=NEW_NAME)
        confirmed(home, office)
        expect(page.get_by_test_id("change-detail")).to_contain_text("停用，不得恢复")
        office.look("change-renamed", english=True)
    assert admin.get("/organization")["name"] == NEW_NAME
    [change] = [one for one in admin.get("/transitions")["items"] if one["kind"] == "renamed"]
    assert waiting["id"] in [one["id"] for one in change["items"]]
    words = ("单位更名证明单", ORGANIZATION, NEW_NAME, NOTICE, "停用")
    sheet_says(admin, f"/transitions/{change['id']}/sheet.pdf", tmp_path, *words)
    old = running.cast.seals["contract_electronic"]["id"]
    resumed = admin.refused("POST", f"/seals/{old}/resume", json={})
    assert resumed["code"] == "SEAL_HELD"
    assert set(home.tasks(old)) >= {"end_old", "replace"}
    # One moment later nothing is sealed with it, and what was sealed before verifies as of its time.
    [use] = [one for one in sealed["uses"] if one["seal_id"] == old]
    page_text = httpx.get(use["verification_url"], trust_env=False).text
    assert ORGANIZATION in page_text
    assert NEW_NAME not in page_text


def confirmed(home: House, office: Desk) -> None:
    """Submit the form in front and answer the question for the second factor."""
    office.page.get_by_test_id("confirm").click()
    office.confirm_with(home["administrator"].code())
