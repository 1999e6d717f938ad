"""The wizard where the list asks for more: a chosen approver, a named person, an issue form, a paper sealed twice.

A list is put in force over HTTP whose rule for notices asks for all of it, and taken back at the end.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_desk import Desk, OpenDesk
from playwright.sync_api import expect
from running_installation import Installation, Story

from shuangyin.demo.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("asking")]

CONTRACT = Path(__file__).parents[2] / "samples" / "contract.pdf"
RULE = "通知公告用电子公章"
ROUTE = [
    {"approver": "applicant_choice", "post_kind": "legal_representative", "scope": "organization"},
    {"approver": "form_field", "form_field": "项目负责人"},
]


def added_rule(name: str, kind: str, answer: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "name_zh": name,
        "name_en": name,
        "conditions": {"document_kinds": [kind]},
        "answer": answer,
        "strength": "must",
        "basis": "internal",
        "citation": None,
        "reason_zh": f"{name}。",
        "reason_en": f"{name}.",
        **fields,
    }


NOBODY_DECIDES = added_rule(
    "决议由附设机构负责人审批",
    "resolution",
    {
        "route": [
            {
                "approver": "post",
                "post_kind": "affiliated_office",
                "scope": "organization",
                "if_nobody": "administrator",
            }
        ]
    },
)
ON_PAPER = added_rule(
    "社会保险材料盖实体公章", "social_insurance", {"medium": "physical", "seal_categories": ["legal_name"]}
)

BY_POST = added_rule(
    "邮寄的函件盖实体公章",
    "letter",
    {"medium": "physical", "seal_categories": ["legal_name"]},
    conditions={"document_kinds": ["letter"], "channels": ["post"], "regions": ["11"]},
)


def decide(person: Person, route: dict[str, Any], act: str = "approve") -> None:
    """Decide the open step of a route over HTTP, with a second factor where it is asked for."""
    step = next(one for one in route["steps"] if one["status"] == "open")
    address, body = f"/approvals/steps/{step['id']}/decisions", {"decision": act, "binding": route["binding"]}
    problem = person.refused("POST", address, json=body)
    assert problem["code"] == "STEP_UP_REQUIRED"
    details = problem["details"]
    person.post_json(address, {**body, "proof": person.step_up(details["act"], details["subject"])})


@pytest.fixture(scope="module")
def asking(running: Installation) -> Iterator[None]:
    """A list whose rule for notices has an issue form, a paper, a choice and a named person; that of resolutions asks
    a post which nobody holds; that of social insurance, and that of letters by post, ask for the physical seal.
    Afterwards as before."""
    admin = running["administrator"]
    before = plain_rules(admin.get("/scenario-lists/current"))
    rules = copy.deepcopy(before)
    rule = next(one for one in rules if one["name_zh"] == RULE)
    rule["answer"]["route"] = ROUTE
    controls = rule["answer"]["controls"] or {}
    rule["answer"]["controls"] = {**controls, "prerequisites": ["government_signoff", "legal_review"]}
    put_in_force(running, [*rules, NOBODY_DECIDES, ON_PAPER, BY_POST])
    yield
    put_in_force(running, before)


def plain_rules(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [{k: v for k, v in rule.items() if k not in ("id", "position")} for rule in found["rules"]]


def put_in_force(running: Installation, rules: list[dict[str, Any]]) -> None:
    admin, head = running["administrator"], running["legal_representative"]
    draft = admin.post_json("/scenario-lists", {"starter": "current"})
    admin.request("PUT", f"/scenario-lists/{draft['id']}/rules", json={"rules": rules})
    admin.post_json(f"/scenario-lists/{draft['id']}/submit")
    decide(head, head.get(f"/scenario-lists/{draft['id']}")["route"])


def test_a_notice_asks_for_all_that_the_list_makes_it_depend_on(
    story: Story,
    running: Installation,
    open_desk: OpenDesk,
) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/requests/new")
    page.get_by_test_id("file-input").set_input_files(CONTRACT)
    page.get_by_test_id("document-kind").click()
    page.get_by_test_id("kind-notice").click()
    page.locator("#reason").fill("印发检测设备采购通知")
    say_why_again(desk)
    register(desk)
    page.get_by_test_id("papers").locator("input[type=file]").set_input_files(CONTRACT)
    expect(page.get_by_test_id("papers")).to_contain_text("contract.pdf")
    desk.look("wizard-conditions", english=True)
    page.get_by_test_id("next").click()
    page.get_by_test_id("next").click()
    name_approvers(desk, running)
    desk.look("wizard-route", english=True)
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("request-duplicates")).to_contain_text("与合同一并报送")
    expect(page.get_by_test_id("request-issue-forms")).to_contain_text("云岫签〔2026〕18号")
    desk.look("request-conditions", english=True)
    # The wizard's address of what was submitted leads to its page: there is nothing to write any more.
    submitted = page.url
    desk.goto(f"/requests/{submitted.rsplit('/', 1)[1]}/edit")
    expect(page.get_by_test_id("request-issue-forms")).to_be_visible()
    expect(page).to_have_url(submitted)


def say_why_again(desk: Desk) -> None:
    """The same bytes were sealed before: the next step waits for the reason."""
    page = desk.page
    expect(page.get_by_test_id("repeats")).to_contain_text("文件相同")
    expect(page.get_by_test_id("next")).to_be_disabled()
    page.get_by_test_id("duplicate-reason").fill("与合同一并报送")


def register(desk: Desk) -> None:
    page = desk.page
    button = page.get_by_test_id("register-issue-form")
    expect(button).to_be_enabled()
    button.click()
    page.locator("#form-number").fill("云岫签〔2026〕18号")
    page.locator("#form-signed-by").fill("方远")
    page.locator("#form-signed-post").fill("分管副总经理")
    page.locator("#form-signed-on").fill("2026-01-20")
    page.keyboard.press("Tab")
    page.locator("#form-opinion").fill("同意印发。")
    desk.look("issue-form-register", english=True)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("issue-form")).to_contain_text("待核验")


def name_approvers(desk: Desk, running: Installation) -> None:
    """Nothing is submitted before both are said; whom the plan then asks is shown."""
    page = desk.page
    expect(page.get_by_test_id("submit")).to_be_disabled()
    page.get_by_test_id("choose-approver").click()
    page.get_by_role("option", name=re.compile(running["legal_representative"].name)).click()
    page.keyboard.press("Escape")
    page.get_by_test_id("name-person").click()
    page.get_by_role("option", name=re.compile(running["department_head"].name)).locator(
        "visible=true"
    ).click()
    plan = page.get_by_test_id("route-plan")
    expect(plan).to_contain_text(f"{running['department_head'].name}（部门负责人）")
    expect(page.get_by_test_id("submit")).to_be_enabled()


def test_an_issue_form_is_checked_by_somebody_else(
    story: Story,
    running: Installation,
    open_desk: OpenDesk,
) -> None:
    assert story.sealed["id"]
    desk = open_desk("reviewer", expected_statuses=(403,))
    page = desk.page
    desk.goto("/approvals/issue-forms")
    desk.look("issue-forms", english=True)
    page.get_by_test_id("open-issue-form").click()
    expect(page.get_by_test_id("check-issue-form")).to_contain_text("签发单所载")
    desk.look("issue-form-check", english=True)
    page.get_by_test_id("confirm-check").click()
    desk.confirm_with(running["reviewer"].code())
    expect(page.get_by_test_id("row")).to_have_count(0)


def test_an_amount_in_another_currency_and_an_exception(
    story: Story,
    running: Installation,
    open_desk: OpenDesk,
) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/requests/new")
    page.get_by_test_id("file-input").set_input_files(CONTRACT)
    page.get_by_test_id("document-kind").click()
    page.get_by_test_id("kind-supplier_contract").click()
    page.locator("#amount").fill("120000")
    page.get_by_test_id("currency").click()
    page.get_by_role("option", name=re.compile("^JPY")).click()
    page.get_by_test_id("counterparty").fill("澄泉")
    page.get_by_role("option", name=re.compile("澄泉")).click()
    expect(page.get_by_text("可接收电子印章").first).to_be_visible()
    page.locator("#amount").fill("120000.5")
    expect(page.get_by_text("金额应为数字；该币种没有小数")).to_be_visible()
    page.locator("#amount").fill("120000")
    expect(page.get_by_text("金额应为数字")).to_have_count(0)
    desk.look("wizard-currency", english=True)
    no_amount_takes_the_place_of_a_wrong_one(desk, running)


def no_amount_takes_the_place_of_a_wrong_one(desk: Desk, running: Installation) -> None:
    """With a wrong amount nothing goes on and the decision waits; with a right one it is said as it was understood."""
    page = desk.page
    page.locator("#reason").fill("采购检测设备")
    say_why_again(desk)
    expect(page.get_by_test_id("next")).to_be_enabled()
    page.locator("#amount").fill("99999999999999999999")
    expect(page.get_by_text("金额过大，最多为 JPY 1,000,000,000,000,000")).to_be_visible()
    expect(page.get_by_test_id("next")).to_be_disabled()
    expect(page.get_by_test_id("decision-waits")).to_be_visible()
    expect(page.get_by_test_id("decision")).to_have_count(0)
    expect(page.get_by_test_id("save-state")).to_have_text("草稿已保存，金额除外")
    desk.look("wizard-amount-wrong", english=True)
    page.locator("#amount").fill("150万")
    expect(page.get_by_test_id("amount-read")).to_have_text("即 JPY 1,500,000")
    expect(page.get_by_test_id("decision")).to_be_visible()
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("save-state")).to_have_text("草稿已保存")
    saved = running["employee"].get("/requests/" + page.url.split("/requests/")[1].split("/")[0])
    assert (saved["amount_minor"], saved["currency"]) == (1_500_000, "JPY")


def test_a_rule_about_channel_and_place_comes_to_apply_by_what_the_wizard_asks(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/requests/new")
    page.get_by_test_id("file-input").set_input_files(CONTRACT)
    page.get_by_test_id("document-kind").click()
    page.get_by_test_id("kind-social_insurance").click()
    # Of a kind whose rules do not look at it nothing is asked.
    expect(page.get_by_test_id("medium-choice")).to_be_visible()
    expect(page.get_by_test_id("fact-channel")).to_have_count(0)
    page.get_by_test_id("document-kind").click()
    page.get_by_test_id("kind-letter").click()
    for fact, name in (("channel", "邮寄或快递"), ("region", "北京市")):
        page.get_by_test_id(f"fact-{fact}").click()
        page.get_by_role("option", name=name).locator("visible=true").click()
    expect(page.get_by_text("须用实体公章").first).to_be_visible()
    expect(page.get_by_text(BY_POST["name_zh"]).first).to_be_visible()
    desk.look("wizard-channel", english=True)
    page.locator("#reason").fill("寄送往来函件")
    page.locator("#copies").fill("2")
    page.locator("#copies").press("Tab")
    say_why_again(desk)
    page.get_by_test_id("next").click()
    # Every copy is pressed, until the applicant says otherwise; then he is told that they do not suffice.
    expect(page.get_by_test_id("presses-made-up")).to_have_text("1 处 × 2 份 = 2 次")
    presses = page.get_by_role("spinbutton", name=re.compile("申请盖章次数"))
    presses.fill("1")
    presses.press("Tab")
    expect(page.get_by_test_id("presses-short")).to_contain_text("只申请 1 次，2 份须 2 次")
    desk.look("wizard-presses", english=True)
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("presses-short")).to_be_visible()
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    saved = running["employee"].get("/requests/" + page.url.split("/requests/")[1].split("/")[0])
    assert (saved["channel"], saved["region"], saved["medium"]) == ("post", "110000", "physical")


def test_an_exception_from_a_rule_of_the_unit_is_asked_for_with_a_reason_and_goes_to_the_root_office(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    assert story.sealed["id"]
    desk = open_desk("employee")
    page = desk.page
    desk.goto("/requests/new")
    page.get_by_test_id("file-input").set_input_files(CONTRACT)
    page.get_by_test_id("document-kind").click()
    page.get_by_test_id("kind-social_insurance").click()
    page.locator("#reason").fill("补办社会保险登记")
    say_why_again(desk)
    page.get_by_test_id("medium-choice").get_by_text("电子印章").click()
    expect(page.get_by_test_id("medium-refused")).to_contain_text("社会保险材料盖实体公章")
    expect(page.get_by_test_id("next")).to_be_disabled()
    page.get_by_test_id("ask-exception").click()
    expect(page.get_by_test_id("next")).to_be_disabled()
    page.get_by_test_id("exception").locator("textarea").fill("经办机构只收电子材料")
    expect(page.get_by_test_id("medium-refused")).to_have_count(0)
    desk.look("wizard-exception", english=True)
    page.get_by_test_id("next").click()
    no_seal_lies_on_the_code(desk)
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("route-plan")).to_contain_text(running["legal_representative"].name)
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("request-exception")).to_contain_text("经办机构只收电子材料")
    desk.look("request-exception", english=True)
    page.get_by_test_id("withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="撤回申请").click()
    expect(page.get_by_test_id("request-status")).to_have_text("已撤回")


def no_seal_lies_on_the_code(desk: Desk) -> None:
    """Said where it is placed, not only at submission."""
    page = desk.page
    code = page.get_by_role("spinbutton", name="QR x mm")
    before = code.input_value()
    for axis in ("x", "y"):
        of_seal = page.get_by_test_id(f"place-{axis}").locator("input").first.input_value()
        page.get_by_role("spinbutton", name=f"QR {axis} mm").fill(of_seal)
        page.keyboard.press("Tab")
    expect(page.get_by_text(re.compile("二维码与「.+」的印文重叠或过近"))).to_be_visible()
    expect(page.get_by_test_id("next")).to_be_disabled()
    desk.look("wizard-code-covered", english=True)
    code.fill(before)
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("next")).to_be_enabled()


def test_a_request_that_nobody_can_decide_is_seen_and_given_to_somebody(
    story: Story, running: Installation, open_desk: OpenDesk
) -> None:
    employee, chief = running["employee"], running["legal_representative"]
    facts = {"document_kind": "resolution"}
    seal = next(
        one
        for one in employee.post_json("/requests/decision", facts)["seals"]
        if one["medium"] == "electronic"
    )
    body = {
        **facts,
        "title": "临时股东会决议",
        "reason": "报送登记机关",
        "medium": "electronic",
        "duplicate_reason": "演练中重复使用同一样本",
        "document_version_ids": [story.waiting["documents"][0]["document_version_id"]],
        "seals": [
            {
                "seal_id": seal["id"],
                "presses_applied": 1,
                "placements": [{"page": 0, "x_mm": 40.0, "y_mm": 150.0}],
            }
        ],
    }
    draft = employee.post_json("/requests", body)
    request = employee.post_json(f"/requests/{draft['id']}/submit")
    say(running["department_head"], request["id"], "approve")
    desk = open_desk("administrator", expected_statuses=(403,))
    page = desk.page
    desk.goto("/approvals/stuck")
    row = page.get_by_test_id("row").filter(has_text="临时股东会决议")
    desk.look("approvals-stuck-request", english=True)
    row.get_by_test_id("stuck-assign").click()
    desk.choose("指定审批人", re.compile(chief.name), scope=page.get_by_role("dialog"))
    page.locator("#stuck-reason").fill("附设机构负责人空缺")
    desk.look("dialog-stuck-assign", english=True)
    page.get_by_test_id("confirm").click()
    desk.confirm(running["administrator"])
    expect(row).to_have_count(0)
    say(chief, request["id"], "reject")
    assert employee.get(f"/requests/{request['id']}")["status"] == "rejected"


def say(person: Person, request_id: str, decision: str) -> None:
    """Decide what waits for a person of a request."""
    [item] = [one for one in person.get("/approvals")["items"] if one["subject_id"] == request_id]
    body = {"decision": decision, "comment": "已核对", "binding": item["binding"]}
    person.post_confirmed(f"/approvals/steps/{item['step_id']}/decisions", body)
