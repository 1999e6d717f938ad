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
from browser_desk import PHONE, Desk, desk
from life_house import House, house
from playwright.sync_api import Browser, expect
from running_installation import Installation
from seal_desk import MAKER, png

from shuangyin.core.spreadsheets import write_xlsx
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


def test_the_head_lets_a_keeper_leave_at_once_from_a_phone(
    home: House, browser: Browser, tmp_path: Path
) -> None:
    admin, head = home["administrator"], home.running["legal_representative"]
    leaver = newcomer(home, "严若", ("employee", "custodian"))
    kept = in_force(home, category="other", face_words="收发专用章", keeper_person_id=leaver.id)
    base = home.running.server.base_url
    with desk(browser, base, person=head, expected_statuses=(403,)) as place:
        page = place.page
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a mapping of the two sides
        place.goto("/seals/freeze")
        place.look("emergency", english=True)
        page.get_by_test_id("leaver").click()
        page.get_by_role("option", name="严若").click()
        page.get_by_test_id("begin-leaving").click()
        dialog = page.get_by_test_id("leaving")
        expect(dialog.get_by_role("status")).to_contain_text("1 项尚未了结")
        expect(dialog.get_by_test_id("confirm")).to_be_disabled()
        page.get_by_label("事由").fill("失联，拒不交接")
        place.look("dialog-leaving-at-once", english=True)
        dialog.get_by_test_id("confirm").click()
        place.confirm(head)
        expect(page.get_by_test_id("leaving-done")).to_contain_text("离职-")
        with page.expect_download() as download:
            page.get_by_test_id("proof-sheet").click()
        assert download.value.path().read_bytes().startswith(b"%PDF-")
    assert leaver.refused("GET", "/me")["code"] == "UNAUTHENTICATED"
    assert home.seal(kept)["status"] == "suspended"
    assert home.tasks(kept) == ["blocked_item"]
    [made] = admin.get("/person-transitions", person_id=leaver.id)["items"]
    sheet_says(
        admin, f"/person-transitions/{made['id']}/sheet.pdf", tmp_path, "严若", "遗留待处理", head.name
    )


def in_force(home: House, **fields: Any) -> str:
    """A physical seal that was there and filed already, with the name of now."""
    body = {
        "filing_no": f"备案-{secrets.token_hex(4)}",
        "filing_authority": "北京市公安局海淀分局",
        "filed_at": 1_756_684_800_000,
        "keeper_person_id": home["custodian"].id,
        **fields,
    }
    seal_id = str(home["administrator"].post_json("/seals/physical", body)["id"])
    home["administrator"].post_json(f"/seals/{seal_id}/activate", {"reason": "启用"})
    return seal_id


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


def test_a_damaged_seal_is_replaced_although_the_police_system_fails(
    home: House, browser: Browser, tmp_path: Path
) -> None:
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
    pages_of_a_life(home, browser, old, new, tmp_path)
    home.behave("police", "well")
    home.send_again(new)
    home.until(lambda: home.seal(new)["status"] == "filed", "the filing was not taken")
    home.do(new, "deliver")
    home.do(new, "enable")
    shown = home.seal(new)
    assert (shown["status"], shown["counterpart_id"]) == ("in_force", partner)
    assert (home.seal(partner)["counterpart_id"], home.life(old)["replaced_by_id"]) == (new, new)


def pages_of_a_life(home: House, browser: Browser, old: str, new: str, folder: Path) -> None:
    """Filing and tasks with the engravers, the life of a seal, a step of it, and the dialog that asks for the next."""
    with desk(browser, home.running.server.base_url, person=home["administrator"]) as office:
        page = office.page
        office.goto("/seals/filings")
        expect(page.get_by_test_id("filing-board")).to_contain_text("答复不符")
        expect(page.get_by_test_id("engravers")).to_contain_text(MAKER["maker_filing_no"])
        office.look("seal-filings", english=True)
        page.get_by_test_id("add-engraver").click()
        page.get_by_label("刻制单位", exact=True).fill("北京云篆刻字店")
        page.get_by_label("备案编号", exact=True).fill(f"京刻备{secrets.token_hex(4)}")
        page.get_by_test_id("engraver-until").fill("2020-01-31")
        office.look("dialog-engraver", english=True)
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_test_id("engravers")).to_contain_text("备案已到期")
        engravers_from_a_table(office, folder)
        engraver_is_chosen(home, office, old)
        office.goto(f"/seals/{new}")
        page.get_by_role("tab", name="办理").click()
        expect(page.get_by_test_id("seal-life")).to_contain_text("制作")
        office.look("seal-life", english=True)
        page.get_by_test_id("step-deliver").click()
        office.look("dialog-seal-step", english=True)
        office.goto(f"/seals/steps/{home.life(old)['steps'][0]['id']}")
        expect(page.get_by_test_id("seal-step")).to_be_visible()
        office.look("seal-step", english=True)


def engravers_from_a_table(office: Desk, folder: Path) -> None:
    """A table with a fault is told by row and takes nothing; without it all of it is taken."""
    page, table = office.page, folder / "engravers.xlsx"
    head, number = ["刻制单位", "备案编号", "备案有效期至"], f"京刻备{secrets.token_hex(4)}"
    table.write_bytes(write_xlsx([head, ["京西印社", number, "2030-13-01"]], title="名录"))
    page.get_by_test_id("import-engravers").click()
    dialog = page.get_by_test_id("engraver-import")
    dialog.locator("input[type=file]").set_input_files(table)
    expect(dialog.get_by_test_id("row")).to_contain_text("请填写日期")
    expect(page.get_by_test_id("take-engravers")).to_have_count(0)
    office.look("dialog-engraver-import", english=True)
    table.write_bytes(write_xlsx([head, ["京西印社", number, "2030-12-01"]], title="名录"))
    dialog.locator("input[type=file]").set_input_files(table)
    page.get_by_test_id("take-engravers").click()
    expect(page.get_by_test_id("engravers").get_by_test_id("row").filter(has_text=number)).to_contain_text(
        "可选用"
    )


def engraver_is_chosen(home: House, office: Desk, old: str) -> None:
    """The old seal goes to an engraver chosen from the register; an expired one is not offered. Then he is ended."""
    page, admin = office.page, home["administrator"]
    office.goto(f"/seals/{old}")
    page.get_by_role("tab", name="办理").click()
    page.get_by_test_id("step-surrender").click()
    page.get_by_role("combobox", name="刻制单位").click()
    expect(page.get_by_role("option", name="京西印社")).to_be_visible()
    expect(page.get_by_role("option", name="北京云篆刻字店")).to_have_count(0)
    page.get_by_role("option", name=MAKER["maker_name"]).click()
    picture = {"name": "ground.png", "mimeType": "image/png", "buffer": png(shade=3)}
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(picture)  # type: ignore[arg-type]  # a file
    office.look("dialog-surrender", english=True)
    page.get_by_role("dialog").get_by_test_id("confirm").click()
    expect(page.get_by_test_id("seal-waiting")).to_contain_text("缴销")
    assert home.life(old)["waiting"]["details"]["maker_filing_no"] == MAKER["maker_filing_no"]
    [engraver] = [
        one for one in admin.get("/engravers")["items"] if one["filing_no"] == MAKER["maker_filing_no"]
    ]
    body = {"name": engraver["name"], "filing_no": engraver["filing_no"]}
    admin.request("PUT", f"/engravers/{engraver['id']}", json={**body, "active": False})
    office.goto("/seals/filings")
    expect(page.get_by_test_id("engravers-wanted")).to_contain_text("停用")
    office.look("engravers-wanted", english=True)
    office.goto(f"/seals/steps/{home.life(old)['waiting']['id']}")
    expect(page.get_by_test_id("obstacle")).to_contain_text("停用")
    admin.request("PUT", f"/engravers/{engraver['id']}", json={**body, "active": True})
    home.approve_steps()
    assert home.seal(old)["status"] == "surrendered"


def test_a_seal_in_use_is_not_cancelled_then_both_registers_change_together(
    home: House, tmp_path: Path
) -> None:
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
    # The slip that goes with the seal names the engraver who takes it, by his filing number.
    sheet_says(admin, f"/transitions/clearance/{old}.pdf", tmp_path, MAKER["maker_name"], "2026000018")
    assert home.seal(partner)["status"] == "in_force"
    without = {**home.step(old, "destroy"), "evidence_ids": []}
    refused = admin.refused("POST", f"/seals/{old}/steps", json=without)
    assert refused["code"] == "SEAL_EVIDENCE_MISSING"
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
    old_finance = in_force(home, category="finance")
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
    formality_pages(home, browser, old_finance)


def formality_pages(home: House, browser: Browser, old: str) -> None:
    """The bank compares the old specimen: asked for on the old seal's page, approved, and used from there."""
    base = home.running.server.base_url
    with desk(browser, base, person=home["administrator"]) as office:
        page = office.page
        office.goto(f"/seals/{old}")
        page.get_by_role("tab", name="办理").click()
        expect(page.get_by_test_id("seal-life")).to_contain_text("单位已更名")
        page.get_by_test_id("step-allow_formality").click()
        page.get_by_label("办理的手续").fill("预留印鉴变更")
        page.get_by_label("办理机构").fill("某银行中关村支行")
        page.get_by_label("准许盖章次数").fill("2")
        notice = {"name": "notice.png", "mimeType": "image/png", "buffer": png(shade=77)}
        page.get_by_test_id("form-dialog").locator("input[type=file]").set_input_files(notice)  # type: ignore[arg-type]  # a file in memory
        office.look("dialog-formality", english=True)
        page.get_by_test_id("confirm").click()
        expect(page.get_by_test_id("seal-waiting")).to_contain_text("等待批准")
        home.approve_steps()
        assert set(home.tasks(old)) == {"replace", "end_old"}
    with desk(browser, base, person=home["employee"]) as place:
        page = place.page
        place.goto(f"/seals/{old}")
        page.get_by_role("tab", name="办理").click()
        expect(page.get_by_test_id("formalities")).to_contain_text("准许 2 次，还剩 2 次")
        place.look("seal-formalities", english=True)
        page.get_by_test_id("formalities").get_by_role("link", name="发起用印").click()
        expect(page.get_by_test_id("formality")).to_contain_text("预留印鉴变更")
        place.look("wizard-formality", english=True)


def confirmed(home: House, office: Desk) -> None:
    """Submit the form in front and answer the question for the second factor."""
    office.page.get_by_test_id("confirm").click()
    office.confirm(home.running["administrator"])


def test_a_new_legal_representative_at_noon(home: House, browser: Browser, tmp_path: Path) -> None:
    running, admin = home.running, home["administrator"]
    predecessor, successor = home["legal_representative"], home["department_head"]
    name_seal = running.cast.seals["legal_rep_name_physical"]["id"]
    body = {
        "medium": "physical",
        "category": "other",
        "face_words": "接待专用章",
        "keeper_person_id": home["custodian"].id,
    }
    waiting = admin.post_json("/seals/applications", body)["id"]
    home.check_all(waiting)
    admin.post_json(f"/seals/{waiting}/steps", home.step(waiting, "accept"))
    assert [one["subject_type"] for one in predecessor.get("/approvals", state="todo")["items"]] == [
        "seal_step"
    ]
    home.register(legal_representative=successor.name)
    with desk(browser, running.server.base_url, person=admin, expected_statuses=(403,)) as office:
        page = office.page
        office.goto("/admin/changes")
        page.get_by_test_id("succeed").click()
        page.get_by_test_id("successor").click()
        page.get_by_role("option", name=successor.name).click()
        page.get_by_label("登记机关通知书文号").fill(NOTICE)
        office.look("dialog-succeed", english=True)
        confirmed(home, office)
        expect(page.get_by_test_id("change-detail")).to_contain_text("十个工作日内重新确认")
        office.look("change-representative", english=True)
    # From that instant: the office, what waited, and the name seals.
    moved = [one["subject_type"] for one in successor.get("/approvals", state="todo")["items"]]
    assert "seal_step" in moved
    left = predecessor._client.get("/approvals", params={"state": "todo"})
    assert left.status_code == 403 or not left.json()["items"]
    assert home.seal(name_seal)["status"] == "suspended"
    assert admin.refused("POST", f"/seals/{name_seal}/resume", json={})["code"] == "SEAL_HELD"
    [change] = [one for one in admin.get("/transitions")["items"] if one["kind"] == "representative_changed"]
    words = ("变更证明单", predecessor.name, successor.name, "以本职务", "停用")
    sheet_says(admin, f"/transitions/{change['id']}/sheet.pdf", tmp_path, *words)
    reconfirmed(home, browser)


def reconfirmed(home: House, browser: Browser) -> None:
    """The new head stands by the grants of the office on their page; the task is over with the last of them."""
    admin, successor = home["administrator"], home["department_head"]
    assert "reconfirm_grants" in [one["kind"] for one in admin.get("/seals/filings")["tasks"]]
    base = home.running.server.base_url
    with desk(browser, base, person=successor, expected_statuses=(403,)) as office:
        page = office.page
        office.goto("/grants?tab=reconfirm")
        office.look("grants-reconfirm", english=True)
        page.get_by_test_id("pick-all").click()
        page.get_by_test_id("reconfirm-picked").click()
        office.confirm(home.running["department_head"])
        expect(page.get_by_test_id("reconfirm-panel")).to_contain_text("没有需要重新确认的授权")
    assert "reconfirm_grants" not in [one["kind"] for one in admin.get("/seals/filings")["tasks"]]
