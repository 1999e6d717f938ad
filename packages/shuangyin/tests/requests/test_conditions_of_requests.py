"""What a list asks of a request over HTTP: totals, repetition, papers, exceptions, allowances, paper-only uses, changes of law."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hiring import actor_of
from platform_world import ok, problem
from request_story import PARTY, Story
from same_moment import at_once

from shuangyin.core.clock import beijing_time, to_milliseconds
from shuangyin.requests.commands import submit

pytestmark = pytest.mark.database_full
HEAD = {"post_kind": "department_head"}
LEGAL = {"post_kind": "legal_representative", "scope": "organization", "second_factor": "each"}
MILLION = 100_000_000


def rule(name: str, answer: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "name_zh": name,
        "name_en": name,
        "conditions": {},
        "answer": answer,
        "strength": "must",
        "basis": "internal",
        "citation": None,
        "reason_zh": f"{name}的理由。",
        "reason_en": "Because.",
        **fields,
    }


USUAL = rule(
    "一般审批", {"medium": "either", "seal_categories": ["contract"], "route": [HEAD]}, strength="should"
)


def enforce(story: Story, *rules: dict[str, Any], rates: Any = None) -> dict[str, Any]:
    """Put these rules into force; afterwards the list with their ids."""
    draft = ok(story.post("administrator", "/scenario-lists", {"starter": "current"}), 201)
    path = f"/api/v1/scenario-lists/{draft['id']}/rules"
    body = {"rules": list(rules)} | ({"rates": rates} if rates else {})
    ok(story.client("administrator").put(path, json=body, headers={"If-Match": f'"{draft["version"]}"'}))
    ok(story.enforce(draft["id"]))
    return dict(story.get("administrator", "/scenario-lists/current"))


def later(story: Story, *, days: int) -> None:
    """Days pass, and the employee signs in anew."""
    story.world.clock.advance(seconds=days * 86_400)
    member = story.world.members["employee"]
    member.client = story.world.sign_in(member)


def rule_id(found: dict[str, Any], name: str) -> str:
    return next(str(one["id"]) for one in found["rules"] if one["name_zh"] == name)


def posts(request: dict[str, Any]) -> list[str]:
    return [step["post_kind"] for step in request["decision"]["route"]]


def test_whoever_the_applicant_names_must_be_able_to_decide_and_nobody_is_asked_in_his_place_unsaid(
    story: Story,
) -> None:
    named = {"approver": "form_field", "form_field": "项目负责人"}
    chosen = {"approver": "applicant_choice", "post_kind": "legal_representative", "scope": "organization"}
    fixed = {"approver": "person", "person_id": story.world.id("reviewer")}
    answer = {"medium": "either", "seal_categories": ["contract"], "route": [named, chosen, fixed]}
    enforce(story, rule("指定审批人", answer, strength="should"))
    draft = story.draft()
    path = f"/requests/{draft['id']}"
    empty = ok(story.post("employee", f"{path}/route-plan"))
    key = empty["to_choose"][0]["key"]
    keeper, head, legal = (
        story.world.id(one) for one in ("custodian", "department_head", "legal_representative")
    )

    wrong = {"fields": {"项目负责人": keeper}, "choices": {key: [legal, head]}}
    plan = ok(story.post("employee", f"{path}/route-plan", wrong))
    assert [[one["name"] for one in step["persons"]] for step in plan["unfit"]] == [["王岚"], ["周凯"]]
    refused = problem(story.post("employee", f"{path}/submit", wrong), 422, "APPROVER_NOT_ENTITLED")
    assert refused["details"]["persons"] == ["王岚"]
    assert "王岚" in refused["detail"]
    stranger = {"fields": {"项目负责人": "0" * 32}, "choices": {key: [legal]}}
    problem(story.post("employee", f"{path}/submit", stranger), 422, "APPROVER_NOT_ENTITLED")
    assert story.read(draft["id"])["status"] == "draft"

    right = {"fields": {"项目负责人": head}, "choices": {key: [legal]}}
    plan = ok(story.post("employee", f"{path}/route-plan", right))
    assert plan["unfit"] == []
    # Whom the list names and who may not approve is said, with who is asked for him.
    assert [one["name"] for step in plan["steps"] for one in step["instead_of"]] == ["赵明"]
    ok(story.post("employee", f"{path}/submit", right))


def test_amounts_of_a_contract_and_its_amendments_add_up(story: Story) -> None:
    high = rule("大额加签", {"route": [LEGAL], "high_risk": True}, conditions={"amount_from_minor": MILLION})
    enforce(story, USUAL, high, rates=[{"currency": "USD", "fen_per_unit": "700", "as_of": "2026-06-01"}])
    first = story.apply(amount_minor=MILLION - 100, contract_number="HT-1")
    assert posts(first) == ["department_head"]
    assert len(first["approval"]["steps"]) == 1
    asked = {"amount_minor": 100, "contract_number": "HT-1", "amends_request_id": first["id"]}
    assert posts(story.draft(**{**asked, "amount_minor": 99})) == ["department_head"]
    more = story.apply(**asked)
    assert posts(more) == ["department_head", "legal_representative"]
    assert more["decision"]["total_minor"] == MILLION
    assert [one["label"] for one in more["decision"]["parts"]][:1] == [first["number"]]
    assert len(more["approval"]["steps"]) == 2
    # A part in dollars counts by the rate of the list, one in a currency without a rate makes the total unknown.
    assert posts(story.draft(amount_minor=1, currency="USD", part_of_request_id=first["id"])) == posts(more)
    euros = story.draft(amount_minor=1, currency="EUR", part_of_request_id=first["id"])
    assert euros["decision"]["total_minor"] is None
    assert posts(euros) == posts(more)
    assert posts(story.draft(amount_minor=None)) == posts(more)


def test_a_request_ties_to_others_that_its_applicant_sees_and_never_to_itself(story: Story) -> None:
    draft = story.draft()
    path = f"/api/v1/requests/{draft['id']}"
    tied = story.client("employee").patch(path, json={"amends_request_id": draft["id"]})
    problem(tied, 422, "RELATED_CYCLE")
    problem(story.post("employee", "/requests", story.body(part_of_request_id="0" * 32)), 404, "NOT_FOUND")
    second = story.draft(amends_request_id=draft["id"])
    tied = story.client("employee").patch(path, json={"part_of_request_id": second["id"]})
    problem(tied, 422, "RELATED_CYCLE")


def test_the_same_paper_or_contract_is_sealed_again_only_with_a_reason(story: Story) -> None:
    enforce(story, USUAL)
    first = story.apply(contract_number="HT-9", duplicate_reason=None)
    again = story.draft(duplicate_reason=None)
    refused = problem(story.submit(again["id"]), 409, "SEALED_BEFORE")
    assert [one["why"] for one in refused["details"]["duplicates"]] == ["document"]
    assert first["number"] in refused["detail"]
    other = story.upload(name="notice.pdf")
    line = story.line(seam=None, seam_presses=0)
    contract = story.draft(
        duplicate_reason=None, document_version_ids=[other], contract_number="HT-9", seals=[line]
    )
    assert [one["why"] for one in contract["duplicates"]] == ["contract"]
    problem(story.submit(contract["id"]), 409, "SEALED_BEFORE")
    # An amendment of the contract is no repetition of it.
    path = f"/api/v1/requests/{contract['id']}"
    ok(story.client("employee").patch(path, json={"amends_request_id": first["id"]}))
    ok(story.submit(contract["id"]))
    path = f"/api/v1/requests/{again['id']}"
    ok(story.client("employee").patch(path, json={"duplicate_reason": "原件遗失，补盖一份"}))
    done = ok(story.submit(again["id"]))
    shown = story.read(done["id"], "department_head")
    assert shown["duplicate_reason"] == "原件遗失，补盖一份"
    assert first["number"] in {one["number"] for one in shown["duplicates"]}


def test_requests_with_one_counterparty_are_pointed_out_and_hinder_nothing(story: Story) -> None:
    enforce(story, USUAL)
    first = story.apply()
    asked = {"document_kind": "supplier_contract", "counterparty_name": PARTY, "currency": "CNY"}
    seen = ok(story.post("employee", "/requests/decision", asked))
    assert [(one["why"], one["number"]) for one in seen["nearby"]] == [("counterparty", first["number"])]
    assert seen["duplicates"] == []
    later(story, days=91)
    assert ok(story.post("employee", "/requests/decision", asked))["nearby"] == []


def test_papers_that_must_be_there_are_attached_before_anybody_is_asked(story: Story) -> None:
    needed = rule("须附决议", {"controls": {"prerequisites": ["board_resolution", "legal_review"]}})
    enforce(story, USUAL, needed)
    paper = story.upload(name="notice.pdf")
    body = story.body(attachments=[{"document_version_id": paper, "kind": "legal_review"}])
    draft = ok(story.post("employee", "/requests", body), 201)
    refused = problem(story.submit(draft["id"]), 409, "PREREQUISITES_MISSING")
    assert [one["kind"] for one in refused["details"]["missing"]] == ["board_resolution"]
    assert "董事会决议" in refused["detail"]
    path = f"/api/v1/requests/{draft['id']}"
    both = [
        {"document_version_id": paper, "kind": "legal_review"},
        {"document_version_id": story.upload(name="contract.pdf"), "kind": "board_resolution"},
    ]
    twice = [both[0], {**both[0], "kind": "board_resolution"}]
    problem(story.client("employee").patch(path, json={"attachments": twice}), 422, "ATTACHMENT_TWICE")
    odd = [{**both[0], "kind": "poem"}]
    problem(story.client("employee").patch(path, json={"attachments": odd}), 422, "PAPER_KIND_UNKNOWN")
    ok(story.client("employee").patch(path, json={"attachments": both}))
    done = ok(story.submit(draft["id"]))
    shown = story.read(done["id"], "department_head")
    assert [one["kind_name"]["zh"] for one in shown["attachments"]] == ["法律审核意见", "董事会决议"]
    content = f"/api/v1/documents/{shown['attachments'][0]['document_id']}/versions/1/content"
    assert story.client("department_head").get(content).status_code == 200


def test_an_exception_from_an_internal_rule_goes_to_the_root_office_and_from_the_law_to_nobody(
    story: Story,
) -> None:
    physical = {"medium": "physical", "seal_categories": ["contract"], "route": [HEAD]}
    inner = rule("内部须用实体章", physical, conditions={"document_kinds": ["supplier_contract"]})
    legal = rule(
        "法律规定用纸质",
        physical,
        conditions={"document_kinds": ["personal_status"]},
        basis="law",
        citation="esign-law-3",
    )
    found = enforce(story, USUAL, inner, legal)
    draft = story.draft(medium="electronic")
    refused = problem(story.submit(draft["id"]), 409, "MEDIUM_REFUSED")
    assert refused["details"]["rule_id"] == rule_id(found, "内部须用实体章")
    (said,) = draft["decision"]["refused_media"]
    assert said["exceptable"] is True
    assert said["demanded_by"] == [rule_id(found, "内部须用实体章")]
    path = f"/api/v1/requests/{draft['id']}"
    exception = {"rule_ids": said["demanded_by"], "reason": "对方在外地，今日须寄出电子件"}
    ok(story.client("employee").patch(path, json={"exception": exception}))
    done = ok(story.submit(draft["id"]))
    assert posts(done) == ["department_head", "legal_representative"]
    assert [one["rule"]["zh"] for one in done["decision"]["excepted"]] == ["内部须用实体章"]
    assert story.read(done["id"], "department_head")["exception"]["reason"] == exception["reason"]
    story.approve(done["id"])
    assert story.read(done["id"])["status"] == "approved"

    law = {**exception, "rule_ids": [rule_id(found, "法律规定用纸质")]}
    firm = story.draft(document_kind="personal_status", medium="electronic", exception=law)
    (said,) = firm["decision"]["refused_media"]
    assert (said["exceptable"], said["exception"]["zh"][:6]) == (False, "不能申请例外")
    refused = problem(story.submit(firm["id"]), 409, "EXCEPTION_REFUSED")
    assert "电子签名法" in refused["detail"]
    elsewhere = story.draft(exception={**exception, "rule_ids": ["0" * 32]})
    problem(story.submit(elsewhere["id"]), 409, "EXCEPTION_UNKNOWN")


def test_certificates_are_numbered_and_counted_by_holder_and_month(story: Story) -> None:
    limited = rule("介绍信", {"controls": {"monthly_allowance": 2, "stub_numbered": True}})
    enforce(story, USUAL, limited)
    first = story.apply(duplicate_reason=None)
    second = story.apply(duplicate_reason=None)
    assert [first["stub_number"], second["stub_number"]] == ["存根-2026-000001", "存根-2026-000002"]
    third = story.draft(duplicate_reason=None)
    refused = problem(story.submit(third["id"]), 409, "ALLOWANCE_USED")
    assert refused["details"] == {"monthly_allowance": 2}
    # What is withdrawn gives its count back, and keeps its number.
    ok(story.post("employee", f"/requests/{second['id']}/withdraw"))
    ok(story.submit(third["id"]))
    problem(story.submit(second["id"]), 409, "ALLOWANCE_USED")
    later(story, days=32)
    assert ok(story.submit(second["id"]))["stub_number"] == "存根-2026-000002"


def test_a_paper_that_exists_only_on_paper_is_described(story: Story) -> None:
    paper = {
        "medium": "physical",
        "seal_categories": ["legal_name"],
        "route": [HEAD],
        "controls": {"paper_only": True},
    }
    enforce(story, rule("柜台表单", paper))
    line = story.line("official", placements=[], seam=None, qr=None, seam_presses=0)
    draft = story.draft(medium="physical", seals=[line], duplicate_reason=None)
    refused = problem(story.submit(draft["id"]), 422, "REQUEST_INCOMPLETE")
    assert refused["details"]["missing"] == ["paper_description", "paper_place"]
    told = {"paper_description": "银行印鉴卡，一式一张", "paper_place": "右下角印鉴栏"}
    ok(story.client("employee").patch(f"/api/v1/requests/{draft['id']}", json=told))
    done = ok(story.submit(draft["id"]))
    assert (done["paper_description"], done["paper_place"]) == tuple(told.values())


def test_what_was_approved_is_sealed_under_its_list_unless_the_law_now_forbids(story: Story) -> None:
    enforce(story, USUAL)
    requests = [story.apply(), story.apply()]
    for one in requests:
        story.approve(one["id"])
    physical = {"medium": "physical", "seal_categories": ["legal_name"], "route": [HEAD]}
    enforce(story, USUAL, rule("改用实体章", physical))
    seal = {"proof": story.world.step_up("custodian", "sealing.execute", requests[0]["id"])}
    ok(story.post("custodian", f"/requests/{requests[0]['id']}/seal", seal))
    enforce(story, USUAL, rule("法律规定用纸质", physical, basis="law", citation="esign-law-3"))
    seal = {"proof": story.world.step_up("custodian", "sealing.execute", requests[1]["id"])}
    refused = problem(
        story.post("custodian", f"/requests/{requests[1]['id']}/seal", seal), 409, "LAW_FORBIDS_NOW"
    )
    assert "电子签名法" in refused["detail"]
    assert story.read(requests[1]["id"])["status"] == "approved"


def test_the_last_of_a_month_goes_to_one_of_two(story: Story) -> None:
    limited = rule("介绍信", {"controls": {"monthly_allowance": 1, "stub_numbered": True}})
    enforce(story, USUAL, limited)
    drafts = [story.draft()["id"] for _ in range(2)]
    platform, actor = story.world.platform, actor_of(story.world, "employee")

    def submitting(request_id: str) -> Callable[[], None]:
        return lambda: platform.transact(lambda work: ignore(submit(work, actor, request_id, None)))

    refused = at_once([submitting(one) for one in drafts])
    assert [error.code for error in refused] == ["ALLOWANCE_USED"]
    assert sorted(story.read(one)["status"] for one in drafts) == ["draft", "in_approval"]


def ignore(_done: object) -> None:
    """What was done is read from the platform afterwards."""


def test_a_rule_goes_over_to_electronic_seals_on_its_day(story: Story) -> None:
    paper = rule(
        "合同用实体章",
        {
            "medium": "physical",
            "seal_categories": ["legal_name"],
            "route": [HEAD],
            "controls": {"photo": "each_copy", "keep_electronic_copy": True, "copies_max": 3},
        },
    )
    found = enforce(story, paper)
    day = beijing_time(story.world.clock.now_ms() + 30 * 86_400_000).replace(
        hour=0, minute=0, second=0, microsecond=0
    )

    def going_over(*positions: int) -> Any:
        body = {"starter": "current", "switch": {"rules": list(positions), "on": day.date().isoformat()}}
        return story.post("administrator", "/scenario-lists", body)

    problem(going_over(9), 422, "RULE_CANNOT_SWITCH")
    switched = ok(going_over(1), 201)
    (changed,) = switched["rules"]
    assert changed["answer"]["medium"] == "electronic"
    controls = changed["answer"]["controls"]
    assert (controls["photo"], controls["keep_electronic_copy"], controls["copies_max"]) == ("none", False, 3)
    assert switched["effective_from"] == to_milliseconds(day), "the draft is for the day of the switch"
    assert story.get("administrator", "/scenario-lists/current")["id"] == found["id"]
