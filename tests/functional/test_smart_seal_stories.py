"""The stories of smart seals from outside: simulated devices over a real broker, people over HTTP, refusals included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import cv2
import pypdfium2 as pdfium
import pytest
from asked_by_command import fleet, token_of
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import FINANCING_AMOUNT, Installation
from smart_seal_story import HOUR_MS, SealStory, recovery, seal_story

from sealdevice.event import EventKind
from shuangyin.demo.smart_seal import SmartSeal

__all__ = ["recovery"]

SITE = {"latitude_e7": 399_042_000, "longitude_e7": 1_164_074_000, "radius_m": 300}
AWAY_E7 = 400_000_000
HOUSEHOLDS = [{"label": f"3号楼2单元{room}", "area_cm2": 895_000} for room in (101, 102, 201)]


@pytest.fixture
def story(running: Installation, recovery: dict[str, list[str]]) -> Iterator[SealStory]:
    if running.server.broker is None:
        pytest.skip("mosquitto is missing")
    with seal_story(running, recovery) as begun:
        yield begun


def lessor(story: SealStory, **facts: Any) -> dict[str, Any]:
    party = story.running.cast.counterparties["lessor"]
    return {"counterparty_id": party["id"], "counterparty_name": party["name"], "currency": "CNY", **facts}


def fenced(story: SealStory, device: SmartSeal) -> None:
    """The device may press at the site only, and is there."""
    story["administrator"].post_json(f"/devices/{device.id}/fence", {"fence": SITE})
    device.seal.go(SITE["latitude_e7"], SITE["longitude_e7"])


def close(story: SealStory, opening: dict[str, Any]) -> dict[str, Any]:
    lines = opening["requests"][0]["seals"]
    body = {"returned_seal_ids": [line["seal_id"] for line in lines], "note": None}
    return dict(story["custodian"].post_json(f"/openings/{opening['id']}/close", body))


def test_a_financing_contract_in_four_copies(story: SealStory) -> None:
    facts = lessor(story, document_kind="financing_contract", amount_minor=FINANCING_AMOUNT)
    request = story.apply(4, **facts, **story.document("融资租赁合同"))
    opening = story.open_safe(request)
    (line,) = opening["requests"][0]["seals"]
    device = story.device(line["seal_id"])
    custodian, path = story["custodian"], f"/devices/{device.id}/permits"
    body = {"opening_id": opening["id"], "request_id": request["id"]}
    assert device.seal.press("0" * 32) is None, "no permit, no press"
    assert custodian.refused("POST", path, json=body)["code"] == "PRESS_UNCHECKED"
    story.check("custodian", f"/openings/{opening['id']}", request)
    assert story["employee"].refused("POST", path, json=body)["status"] == 404
    permit = story.permit("custodian", device, request, opening_id=opening["id"])
    assert custodian.refused("POST", path, json=body)["code"] == "PERMIT_EXISTS"
    assert None not in [device.press(permit) for _ in range(4)]
    assert device.press(permit) is None
    assert device.seal.objections == ("count_used",)
    live = story.registered(device, permit)
    assert (live["pressed"]["ordinary"], live["registered"], live["photos_missing"]) == (4, 4, 0)
    assert custodian.refused("POST", path, json=body)["code"] == "COUNT_USED"
    assert close(story, opening)["status"] == "closed"
    assert story["employee"].get(f"/requests/{request['id']}")["status"] == "sealed"
    (registered,) = story.lines(request)
    assert (registered["normal"], registered["spoiled"], len(registered["photos"])) == (4, 0, 4)


def test_a_lease_in_four_copies_with_one_spoiled_press(story: SealStory) -> None:
    facts = lessor(story, document_kind="lease_contract", amount_minor=36_000_000)
    request = story.apply(4, **facts, **story.document("办公用房租赁合同"))
    opening = story.open_safe(request)
    (line,) = opening["requests"][0]["seals"]
    device = story.device(line["seal_id"])
    story.check("custodian", f"/openings/{opening['id']}", request)
    permit = story.permit("custodian", device, request, opening_id=opening["id"])
    pressed = [device.press(permit) for _ in range(4)]
    assert device.press(permit) is None, "the spare is for a spoiled press and for nothing else"
    assert device.seal.spoil(pressed[2] or 0)
    assert device.press(permit) is not None
    assert device.press(permit) is None, "one spare, and no more"
    live = story.registered(device, permit)
    assert (live["pressed"]["ordinary"], live["registered"], live["registered_spoiled"]) == (5, 4, 1)
    path = f"/openings/{opening['id']}"
    body = {"returned_seal_ids": [line["seal_id"]], "note": None}
    refused = story["custodian"].refused("POST", f"{path}/close", json=body)
    assert refused["code"] == "PHOTO_SPOILED_MISSING", "the cut sheet is photographed by a person"
    (use,) = story.lines(request)
    story.photograph("custodian", path, use_id=use["id"], moment="spoiled")
    assert close(story, opening)["status"] == "closed"
    assert story["employee"].get(f"/requests/{request['id']}")["status"] == "sealed"


def test_a_bank_account_takes_three_seals_along_with_an_escort(story: SealStory) -> None:
    custodian = story["custodian"]
    finance = finance_seal(story)
    facts = lessor(story, document_kind="bank_account")
    request = story.apply(1, **facts, **story.document("开立结算账户申请书"))
    seal_ids = [line["seal_id"] for line in story["employee"].get(f"/requests/{request['id']}")["seals"]]
    assert len(seal_ids) == 3
    assert finance in seal_ids
    now = time.time_ns() // 1_000_000
    terms = {"request_id": request["id"], "seal_ids": seal_ids, "place": "澄湖银行", "purpose": "开户"}
    terms |= {"from_at": now - 1000, "due_at": now + HOUR_MS}
    alone = custodian.refused("POST", "/loans", json={**terms, "escort_id": story["employee"].id})
    assert alone["code"] == "ESCORT_APPLIED"
    loan = story.lend(request, seal_ids, "澄湖银行海淀支行")
    again = custodian.refused("POST", "/loans", json={**terms, "escort_id": story["auditor"].id})
    assert again["code"] == "LOAN_OVERLAPS"
    story.check("reviewer", f"/loans/{loan['id']}", request)
    for seal_id in seal_ids:
        device = story.device(seal_id)
        body = {"loan_id": loan["id"], "request_id": request["id"]}
        refused = story["employee"].refused("POST", f"/devices/{device.id}/permits", json=body)
        assert refused["code"] == "NOT_YOUR_LOAN"
        permit = story.permit("reviewer", device, request, loan_id=loan["id"])
        assert permit["presser"]["id"] == story["reviewer"].id
        assert device.press(permit) is not None
        assert device.press(permit) is None
        live = story.registered(device, permit, "reviewer")
        assert (live["registered"], live["photos_missing"]) == (1, 0)
    assert story.bring_back(loan)["state"] == "returned"
    assert story["employee"].get(f"/requests/{request['id']}")["status"] == "sealed"
    late = story["reviewer"].refused("POST", f"/devices/{device.id}/permits", json=body)
    assert late["code"] == "LOAN_NOT_OUT"
    back = [story["administrator"].get(f"/seals/{seal_id}") for seal_id in seal_ids]
    assert {(one["status"], one["whereabouts"]) for one in back} == {("in_force", "in_safe")}
    assert sorted(one["seal_id"] for one in story.lines(request)) == sorted(seal_ids)
    assert [(one["normal"], one["spoiled"]) for one in story.lines(request)] == [(1, 0)] * 3


def finance_seal(story: SealStory) -> str:
    """A finance seal in the safe: the bank compares it with the official seal and that of the representative."""
    admin, keeper = story["administrator"], story["custodian"].id
    there = admin.get("/seals", medium="physical", limit=50)["items"]
    found = next((one for one in there if one["category"] == "finance"), None)
    if found is not None:
        return str(found["id"])
    code = str(1_101_080_100_000 + time.time_ns() // 1_000_000_000 % 100_000)
    filed = {
        "filing_no": f"备案-{code[-5:]}",
        "filing_authority": "北京市公安局海淀分局",
        "filed_at": 1_756_684_800_000,
    }
    made = admin.post_json(
        "/seals/physical", {"category": "finance", "seal_code": code, "keeper_person_id": keeper, **filed}
    )
    admin.post_json(f"/seals/{made['id']}/activate", {"reason": "交付启用"})
    place = {"seal_id": made["id"], "slot": "第 9 格"}
    admin.post_json(f"/safes/{story.running.cast.safe['id']}/seals", place)
    return str(made["id"])


def test_a_seal_on_loan_to_a_site_leaves_its_fence(story: SealStory) -> None:
    facts = lessor(story, document_kind="financing_contract", amount_minor=FINANCING_AMOUNT)
    request = story.apply(2, **facts, **story.document("现场签署的融资合同"))
    (line,) = story["employee"].get(f"/requests/{request['id']}")["seals"]
    device = story.device(line["seal_id"])
    fenced(story, device)
    loan = story.lend(request, [line["seal_id"]], "澄湖项目现场")
    story.check("reviewer", f"/loans/{loan['id']}", request)
    permit = story.permit("reviewer", device, request, loan_id=loan["id"])
    assert device.press(permit) is not None
    device.seal.go(AWAY_E7, SITE["longitude_e7"])
    assert device.press(permit) is None, "the device refuses by itself, whoever stands before it"
    assert device.seal.objections == ("outside_fence",)
    device.sense(EventKind.FENCE_LEFT)
    alarm = story.alarm(device, "fence_left")
    told = {one["person"]["id"] for one in alarm["recipients"]}
    assert {story["custodian"].id, story["administrator"].id} <= told
    shown = story["administrator"].get(f"/devices/{device.id}")
    assert shown["device"]["position"]["latitude_e7"] == AWAY_E7
    assert shown["device"]["fence"] == SITE
    story["custodian"].post_json(f"/devices/{device.id}/lock", {"reason": "印章离开围栏"})
    device.until(lambda: device.seal.device.state.locked == "command", "the lock")
    device.seal.go(SITE["latitude_e7"], SITE["longitude_e7"])
    assert device.press(permit) is None, "back in the fence, and still locked"
    assert "locked" in device.seal.objections
    token = token_of(story["administrator"], ["devices.read"])
    name = shown["device"]["name"]
    exit_code, printed = fleet(story.running, token, "state", name)
    assert (exit_code, "锁定：已锁定（command）" in printed) == (0, True), printed
    exit_code, printed = fleet(story.running, token, "firmware")
    assert (exit_code, "simulated-1" in printed) == (0, True), printed
    unlock = {"person_id": story["reviewer"].id, "reason": "已追回"}
    path = f"/devices/{device.id}/unlock"
    assert story["administrator"].refused("POST", path, json=unlock)["code"] == "STEP_UP_REQUIRED"
    story.judge(alarm)
    unlock["proof"] = story.proof("administrator", "devices.unlock", device.id)
    story["administrator"].post_json(path, unlock)
    device.until(lambda: device.seal.device.state.unlocking is not None, "the command to unlock")
    device.seal.step_up(story["reviewer"].id, story["employee"].id)
    assert device.press(permit) is not None
    live = story.registered(device, permit, "reviewer")
    assert (live["pressed"]["ordinary"], live["registered"]) == (2, 2)
    assert story.bring_back(loan)["state"] == "returned"


@pytest.mark.browser
def test_residents_give_their_opinions_on_the_spot(story: SealStory, open_desk: OpenDesk) -> None:
    employee, count = story["employee"], len(HOUSEHOLDS)
    paper: dict[str, Any] = {
        "paper_description": "居民意见征询表，每户一张",
        "paper_place": "表格右下角落款处",
    }
    request = story.apply(
        count,
        [story.running.cast.seals["legal_name_physical"]["id"]],
        title="加装电梯居民意见征询",
        document_kind="residents_opinion",
        document_version_ids=[],
        **paper,
    )
    (line,) = employee.get(f"/requests/{request['id']}")["seals"]
    now = time.time_ns() // 1_000_000
    body = {"request_id": request["id"], "question": "是否同意加装电梯"}
    term = {"opens_at": now - 1000, "closes_at": now + HOUR_MS}
    twice = {**body, **term, "households": [*HOUSEHOLDS, HOUSEHOLDS[0]]}
    assert employee.refused("POST", "/opinion-surveys", json=twice)["code"] == "HOUSEHOLD_TWICE"
    phone = open_desk("employee", expected_statuses={409})
    survey = begin_on_the_page(story, phone, request)
    rooms = employee.get(f"/opinion-surveys/{survey['id']}/households")
    paths = [f"/opinion-surveys/{survey['id']}/households/{one['id']}/opinion" for one in rooms]
    first = {"signer": "住户甲", "opinion": "agree"}
    assert employee.refused("POST", paths[0], json=first)["code"] == "SEAL_NOT_ON_SITE"

    device = story.device(line["seal_id"])
    fenced(story, device)
    loan = story.lend(request, [line["seal_id"]], "澄湖社区")
    permits = f"/devices/{device.id}/permits"
    ask = {"loan_id": loan["id"], "request_id": request["id"]}
    story.check("reviewer", f"/loans/{loan['id']}", request)
    assert story["reviewer"].refused("POST", permits, json=ask)["code"] == "PHOTO_BEFORE_MISSING"
    for kind in ("reviewer", "employee"):
        story.photograph(kind, f"/loans/{loan['id']}", moment="before")
    permit = story.permit("reviewer", device, request, loan_id=loan["id"])
    assert employee.refused("POST", paths[0], json=first)["code"] == "PRESS_NOT_TOLD"
    device.seal.go(AWAY_E7, SITE["longitude_e7"])
    assert device.press(permit) is None, "outside of the fence"
    device.seal.go(SITE["latitude_e7"], SITE["longitude_e7"])
    seq = device.press(permit)
    device.told()
    record_on_the_page(phone, 1, "agree")
    assert employee.get(f"/opinion-surveys/{survey['id']}/households")[0]["press"] == seq
    for path, opinion in zip(paths[1:], ("agree", "disagree"), strict=True):
        seq = device.press(permit)
        device.told()
        given = employee.post_json(path, {"signer": "住户", "opinion": opinion})
        assert given["press"] == seq, "each form has a press of its own"
    expect(phone.page.get_by_test_id("tally-disagree")).to_contain_text("1 户")
    assert employee.refused("POST", paths[0], json=first)["code"] == "OPINION_GIVEN"
    tally = employee.get(f"/opinion-surveys/{survey['id']}")["tally"]
    shares = [tally[name]["households"] for name in ("agree", "disagree", "abstain")]
    assert (shares, tally["open"], tally["pressed"], tally["unpressed"]) == ([2, 1, 0], 0, count, 0)
    live = story.registered(device, permit, "reviewer")
    assert live["registered"] == count
    employee.post_json(f"/opinion-surveys/{survey['id']}/close")
    assert employee.refused("POST", paths[2], json=first)["code"] == "SURVEY_CLOSED"
    assert story.bring_back(loan)["state"] == "returned"


def begin_on_the_page(story: SealStory, desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    """The applicant pastes the list of households; the survey then."""
    page = desk.page
    desk.goto(f"/requests/{request['id']}")
    page.get_by_test_id("survey").click()
    page.locator("#survey-question").fill("是否同意加装电梯")
    page.locator("#survey-list").fill("3号楼2单元101，89.5\n3号楼2单元102, 89.5\n")
    expect(page.get_by_test_id("survey-begin")).to_contain_text("共 2 户")
    page.locator("#survey-list").fill("\n".join(f"{one['label']}，89.5" for one in HOUSEHOLDS))
    desk.look("survey-begin", english=True)
    page.get_by_test_id("begin-survey").click()
    expect(page.get_by_test_id("survey-tally")).to_contain_text("0 / 3 户")
    (survey,) = story["employee"].get("/opinion-surveys", request_id=request["id"])
    return dict(survey)


def record_on_the_page(desk: Desk, position: int, opinion: str) -> None:
    """Find a household, say who signed and what, on the page as it stands open."""
    page = desk.page
    page.get_by_test_id("find-household").fill(str(HOUSEHOLDS[position - 1]["label"]))
    row = page.get_by_test_id(f"household-{position}")
    row.get_by_test_id("record").click()
    page.locator("#survey-signer").fill("住户甲")
    page.get_by_test_id(f"opinion-{opinion}").click()
    desk.look("survey-record", english=True)
    page.get_by_test_id("confirm").click()
    expect(row).to_have_attribute("data-opinion", opinion)
    page.get_by_test_id("find-household").fill("")
    desk.look("survey", english=True)


@pytest.mark.browser
def test_a_device_fails_and_paper_permits_carry_on(story: SealStory, open_desk: OpenDesk) -> None:
    admin, custodian = story["administrator"], story["custodian"]
    facts = lessor(story, document_kind="financing_contract", amount_minor=FINANCING_AMOUNT)
    request = story.apply(2, **facts, **story.document("设备故障时的融资合同"))
    opening = story.open_safe(request)
    (line,) = opening["requests"][0]["seals"]
    issue = {"safe_id": story.running.cast.safe["id"], "seal_id": line["seal_id"], "presses": 2}
    (paper,) = admin.post_json("/paper-permits", issue)
    code = paper_code(story, paper["id"])
    device = story.device(line["seal_id"])
    story.check("custodian", f"/openings/{opening['id']}", request)
    permit = story.permit("custodian", device, request, opening_id=opening["id"])
    assert device.press(permit) is not None
    device.told()
    device.wire.wanted = device.seal.online = False
    assert device.press(permit) is None, "offline is not permitted"
    fail = {"reason": "网络中断，设备无法使用"}
    path = f"/devices/{device.id}/fail"
    assert story["employee"].refused("POST", path, json=fail)["code"] == "NOT_YOURS_TO_DECLARE"
    assert custodian.refused("POST", path, json=fail)["code"] == "STEP_UP_REQUIRED"
    declare_on_the_page(story, open_desk("custodian", expected_statuses={403}), opening, device)
    assert admin.get(f"/devices/{device.id}")["device"]["seal"] is None
    use = {
        "code": code,
        "request_id": request["id"],
        "pressed_at": time.time_ns() // 1_000_000,
        "presser_id": custodian.id,
        "reviewer_id": story["reviewer"].id,
        "copies": 1,
    }
    device.until(lambda: story.lines(request), "the press that the device told")
    entries = "/paper-permits/entries"
    forged = {**use, "normal": 1, "code": code[:-6] + "AAAAAA"}
    assert custodian.refused("POST", entries, json=forged)["code"] == "PERMIT_FORGED"
    assert custodian.refused("POST", entries, json={**use, "normal": 2})["code"] == "COUNT_EXCEEDED"
    assert custodian.post_json(entries, {**use, "normal": 1})["status"] == "entered"
    assert custodian.refused("POST", entries, json={**use, "normal": 1})["code"] == "PERMIT_USED"
    assert sorted((one["normal"], one["paper_permit_id"] is None) for one in story.lines(request)) == [
        (1, False),
        (1, True),
    ]
    alarm = story.alarm(device, "device_failed")
    assert alarm["severity"] == "critical"
    story.judge(alarm)
    device.wire.wanted = device.seal.online = True
    device.told()
    device.until(lambda: device.seal.device.state.locked == "command", "the lock of the failed device")
    (told,) = [one for one in story.lines(request) if one["paper_permit_id"] is None]
    for _ in range(2):
        story.photograph("custodian", f"/openings/{opening['id']}", use_id=told["id"], moment="document")
    assert close(story, opening)["status"] == "closed"


def declare_on_the_page(story: SealStory, desk: Desk, opening: dict[str, Any], device: SmartSeal) -> None:
    """The custodian says at the console that the device failed; the form for pressing by hand takes its place."""
    page = desk.page
    desk.goto(f"/custody/openings/{opening['id']}")
    expect(page.get_by_test_id("smart-press")).to_be_visible()
    assert page.get_by_test_id("register-presses").count() == 0
    desk.look("smart-press", english=True)
    page.get_by_test_id("device-failed").click()
    page.locator("#device-reason").fill("网络中断，设备无法使用")
    desk.look("device-failed")
    page.get_by_test_id("confirm").click()
    desk.confirm_with(story["custodian"].code())
    expect(page.get_by_test_id("register-presses")).to_be_visible()
    desk.look("pressed-by-hand")
    admin = story["administrator"].get(f"/devices/{device.id}")["device"]
    assert admin["failed_at"] is not None


def paper_code(story: SealStory, permit_id: str) -> str:
    """What a camera reads from the two-dimensional code of a printed permit."""
    content = story["administrator"].download(f"/paper-permits/{permit_id}/permit.pdf")
    page = pdfium.PdfDocument(content)[0]
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(page.render(scale=4).to_numpy())
    return str(text)
