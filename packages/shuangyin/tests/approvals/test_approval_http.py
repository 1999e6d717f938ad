"""Approvals over HTTP beyond the decision itself: replacements, lists, batches, stuck routes, named routes, forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hiring import hire, leave
from platform_world import World, ok, problem
from request_story import SAMPLES, Story, begin
from sqlalchemy import event
from tampering import Altered, require_named, require_untouched

from shuangyin.approvals.commands.sweeping import sweep
from shuangyin.core.live import LiveBus
from shuangyin.core.platform import Platform
from shuangyin.requests.routing import definitions_of
from shuangyin.scenarios.rules import Controls, Decision, RouteStepPlan

pytestmark = pytest.mark.database


@pytest.fixture
def story(world: World) -> Story:
    return begin(world)


def test_a_document_is_replaced_once_where_the_approver_permits_it_and_is_decided_on_anew(
    story: Story, world: World
) -> None:
    request = story.apply()
    path = f"/requests/{request['id']}"
    (item,) = story.todo("department_head")
    other = {"document_version_ids": [story.upload(name="notice.pdf")]}
    place = {"seals": [story.line(placements=[{"page": 0, "x_mm": 60.0, "y_mm": 200.0}])], "copies": 2}
    problem(story.post("employee", f"{path}/replacement", place), 409, "REPLACEMENT_NOT_PERMITTED")
    permit = f"/approvals/steps/{item['step_id']}/replacement-permission"
    permitted = ok(story.post("department_head", permit, {"reason": "位置压字"}))
    assert permitted["route"]["replaceable"] is True
    assert "replace" in story.read(request["id"])["actions"]
    problem(
        story.post("employee", f"{path}/replacement", {"seals": [story.line("official")]}), 409, "OTHER_SEALS"
    )
    problem(story.post("employee", f"{path}/replacement", other), 422, "SEAM_ONE_PAGE")
    replaced = ok(story.post("employee", f"{path}/replacement", place))
    assert replaced["binding"] != request["binding"]
    (revision,) = replaced["approval"]["revisions"]
    kinds = {one["kind"]: (one["happened"], one["before"], one["after"]) for one in revision["differences"]}
    assert kinds["terms"] == ("changed", "1", "2")
    assert kinds["places"][0] == "changed"
    refused = problem(story.decide("department_head", item), 409, "BINDING_CHANGED")
    assert refused["details"]["binding"] == replaced["binding"]
    assert {one["kind"] for one in refused["details"]["differences"]} == {"terms", "places"}
    (again,) = story.todo("department_head")
    ok(story.decide("department_head", again))
    assert story.read(request["id"])["status"] == "approved"
    problem(story.post("employee", f"{path}/replacement", place), 409, "REQUEST_STATE")
    require_untouched(world.platform)
    revised = [
        Altered("approval_revision", "from_binding", "0" * 64, "ApprovalRevision.from_binding"),
        Altered("approval_revision", "asked_again", 7, "ApprovalRevision.asked_again"),
        Altered("approval_revision", "differences", "[]", "ApprovalRevision.differences"),
        Altered("approval_revision", "made_by", world.id("auditor"), "ApprovalRevision.made_by"),
    ]
    require_named(world.platform, "approvals.", revised)
    undone = [
        Altered("use_request", "status", "in_approval", "UseRequest.status"),
        Altered("use_request", "approved_at", 1, "UseRequest.approved_at"),
        Altered("use_request", "reason", "另一事由", "UseRequest.reason"),
        Altered("use_request", "applicant_id", world.id("reviewer"), "UseRequest.applicant_id"),
    ]
    require_named(world.platform, "requests.", undone)


def test_a_document_replaced_by_its_next_version_shows_the_approver_which_pages_differ(story: Story) -> None:
    request = story.apply(seals=[story.line(seam=None, seam_presses=0)])
    (item,) = story.todo("department_head")
    permit = f"/approvals/steps/{item['step_id']}/replacement-permission"
    ok(story.post("department_head", permit, {"reason": "附件有误"}))
    (asked,) = request["documents"]
    before, path = asked["document_version_id"], f"/api/v1/documents/{asked['document_id']}/versions"
    files = {"file": ("第二稿.pdf", (SAMPLES / "notice.pdf").read_bytes(), "application/pdf")}
    problem(story.client("department_head").post(path, files=files), 403, "NOT_OWN_DOCUMENT")
    after = ok(story.client("employee").post(path, files=files), 201)["versions"][-1]["id"]
    replaced = ok(
        story.post("employee", f"/requests/{request['id']}/replacement", {"document_version_ids": [after]})
    )
    (difference,) = replaced["approval"]["revisions"][0]["differences"]
    assert (difference["kind"], difference["happened"]) == ("documents", "changed")
    assert (difference["before"], difference["after"]) == (before, after)
    pages = story.get("department_head", f"/documents/comparison?before={before}&after={after}")
    assert pages["changed"] or pages["removed"]
    unknown = f"/api/v1/documents/comparison?before={'0' * 32}&after={after}"
    problem(story.client("department_head").get(unknown), 404, "NOT_FOUND")


def test_the_lists_cost_a_fixed_number_of_queries_however_long_they_are(
    story: Story, world: World, platform: Platform
) -> None:
    version = story.upload()
    seen: list[str] = []
    event.listen(platform.database.reader, "before_cursor_execute", lambda *args: seen.append(args[2]))

    def queries(kind: str, path: str) -> tuple[int, int]:
        seen.clear()
        items = story.get(kind, path)["items"]
        return len(seen), len(items)

    paths = [
        ("department_head", "/approvals?state=todo"),
        ("department_head", "/approvals?state=done"),
        ("employee", "/approvals/started"),
        ("auditor", "/approvals/copies"),
        ("auditor", "/approvals/consultations"),
        ("employee", "/requests"),
    ]
    counted: dict[str, set[int]] = {path: set() for _, path in paths}
    for number in (1, 4):
        for _ in range(number + 1):
            story.apply(document_version_ids=[version])
        for item in story.todo("department_head"):
            asked = {"person_ids": [world.id("auditor")]}
            question = {**asked, "question": "合规吗"}
            story.post("department_head", f"/approvals/steps/{item['step_id']}/consultations", question)
            ok(story.post("department_head", f"/approvals/routes/{item['route_id']}/copies", asked))
        ok(story.decide("department_head", story.todo("department_head")[0]))
        for kind, path in paths:
            count, length = queries(kind, path)
            assert length >= 1
            counted[path].add(count)
    assert all(len(some) == 1 for some in counted.values()), counted
    assert max(max(some) for some in counted.values()) <= 11
    (first, *_) = story.get("auditor", "/approvals/copies?limit=2")["items"]
    assert first["waiting_for"][0]["name"] == "周凯"
    ok(story.post("auditor", f"/approvals/routes/{first['route_id']}/read"), 204)
    assert story.get("auditor", "/approvals/counts")["consulted"] == 7
    (opinion, *_) = story.get("auditor", "/approvals/consultations")["items"]
    ok(story.post("auditor", f"/approvals/consultations/{opinion['id']}/answer", {"opinion": "合规"}))
    require_untouched(platform)
    asked_and_told = [
        Altered("approval_consultation", "question", "不合规吧", "ApprovalConsultation.question"),
        Altered("approval_consultation", "answer", "不合规", "ApprovalConsultation.answer"),
        Altered("approval_consultation", "person_id", world.id("reviewer"), "ApprovalConsultation.person_id"),
        Altered("approval_consultation", "answered_at", 1, "ApprovalConsultation.answered_at"),
        Altered("approval_copy", "copied_by", world.id("reviewer"), "ApprovalCopy.copied_by"),
        Altered("approval_copy", "person_id", world.id("reviewer"), "the row it speaks of is gone"),
    ]
    require_named(platform, "approvals.", asked_and_told)


def test_many_are_approved_in_one_act_with_a_result_for_each(story: Story, world: World) -> None:
    version = story.upload()
    for amount in (1_000_00, 2_000_00):
        story.apply(document_version_ids=[version], amount_minor=amount)
    items = story.todo("department_head")
    chosen = [
        {
            "step_id": one["step_id"],
            "decision": "approve",
            "binding": one["binding"],
            "version": one["version"],
        }
        for one in items
    ]
    chosen.append({**chosen[0], "step_id": "f" * 32})
    body = {"items": chosen}
    key = {"Idempotency-Key": "batch-1"}
    done = ok(story.post("department_head", "/approvals/decisions", body, **key))
    assert ([one["code"] for one in done["items"]], done["decided"]) == ([None, None, "NOT_FOUND"], 2)
    # The same key gives the same answer and decides nothing twice.
    assert ok(story.post("department_head", "/approvals/decisions", body, **key)) == done
    told = ok(story.post("department_head", "/approvals/decisions/digest", body))
    world.clock.advance(seconds=3600 * 0.2)
    again = story.post("department_head", "/approvals/decisions", {"items": chosen[:1]})
    assert problem(again, 403, "STEP_UP_REQUIRED")["details"]["act"] == told["act"]


def test_an_approver_who_left_is_replaced_and_what_nobody_can_decide_is_released_by_the_administrator(
    story: Story, world: World, platform: Platform
) -> None:
    request = story.apply()
    ok(leave(world, world.id("department_head")))
    assert sweep(platform) == 0, "the command has replaced him already"
    (item,) = story.todo("legal_representative")
    assert item["subject_id"] == request["id"]
    shown = story.read(request["id"])["approval"]["steps"][0]["assignments"]
    assert {one["person"]["name"]: (one["status"], one["source"]) for one in shown} == {
        "周凯": ("removed", "route"),
        "陈雪": ("open", "superior"),
    }
    held = story.get("administrator", f"/persons/{world.id('legal_representative')}")["posts"]
    for post in held:
        ok(
            world.client("administrator").delete(
                f"/api/v1/persons/{world.id('legal_representative')}/posts/{post['holding_id']}"
            )
        )
    sweep(platform)
    (stuck,) = story.get("administrator", "/approvals/stuck")["items"]
    assert (stuck["stuck_reason"], stuck["number"]) == ("no_approver", request["number"])
    assert story.get("administrator", "/approvals/counts")["stuck"] == 1
    hire(world, "new_head", "department_head", "钱进")
    path = f"/approvals/stuck/{stuck['route_id']}/assign"
    body: dict[str, Any] = {"person_id": world.id("new_head"), "reason": "接任"}
    problem(story.post("administrator", path, body), 403, "STEP_UP_REQUIRED")
    body["proof"] = world.step_up("administrator", "approvals.release", stuck["route_id"])
    ok(story.post("administrator", path, body))
    problem(story.post("custodian", path, body), 403, "NOT_PERMITTED")
    ok(story.decide("new_head", story.todo("new_head")[0]))
    assert story.read(request["id"])["status"] == "approved"


def step(key: str, **fields: Any) -> dict[str, Any]:
    return {
        "key": key,
        "name_zh": "部门负责人审批",
        "name_en": "Approval",
        "approvers": {"kind": "post", "post_kind": "department_head"},
        **fields,
    }


def test_a_named_route_has_versions_and_says_all_that_is_wrong_with_it(
    story: Story, platform: Platform
) -> None:
    body = {"code": "contracts", "name": "合同审批", "steps": [step("head")]}
    problem(story.post("employee", "/approvals/definitions", body), 403, "NOT_PERMITTED")
    bad = {**body, "steps": [step("a", approvers={"kind": "person"}), step("a")]}
    refused = problem(story.post("administrator", "/approvals/definitions", bad), 422, "ROUTE_DEFINITION")
    assert [(one["code"], one["step"]) for one in refused["details"]["objections"]] == [
        ("STEP_WITHOUT_APPROVER", 1),
        ("STEP_KEY_TWICE", 2),
    ]
    made = ok(story.post("administrator", "/approvals/definitions", body), 201)
    problem(story.post("administrator", "/approvals/definitions", body), 409, "ROUTE_CODE_TAKEN")
    path = f"/api/v1/approvals/definitions/{made['id']}"
    admin = story.client("administrator")
    assert ok(admin.patch(path, json={"steps": body["steps"]}))["current_number"] == 1, "nothing changed"
    timed = step("head", timeout={"hours": 8, "then": "transfer"}, mode="all")
    changed = ok(
        admin.patch(path, json={"steps": [timed, step("two", approvers={"kind": "superiors", "levels": 2})]})
    )
    assert [one["number"] for one in changed["versions"]] == [2, 1]
    assert changed["versions"][0]["steps"][0]["timeout"]["then"] == "transfer"
    assert len(changed["versions"][1]["steps"]) == 1
    stale = {"If-Match": f'"{made["version"]}"'}
    problem(admin.patch(path, json={"active": False}, headers=stale), 412, "STALE_VERSION")
    assert ok(admin.patch(path, json={"active": False}))["status"] == "retired"
    require_untouched(platform)
    defined = [
        Altered("route_version", "steps", "[]", "RouteVersion.steps"),
        Altered("route_version", "made_at", 1, "RouteVersion.made_at"),
        Altered("route_definition", "current_number", 1, "RouteDefinition.current_number"),
        Altered("route_definition", "status", "active", "RouteDefinition.status"),
    ]
    require_named(platform, "approvals.", defined)


FORM = {
    "number": "京数签〔2026〕18号",
    "signed_by": "陈雪",
    "signed_post": "法定代表人",
    "signed_on": "2026-11-20",
    "opinion": "同意印发",
}


def test_an_issue_form_counts_only_after_somebody_else_has_checked_it(story: Story, world: World) -> None:
    draft = story.draft()
    path = f"/requests/{draft['id']}/issue-forms"
    scan = story.upload(name="notice.pdf")
    form = ok(story.post("employee", path, {**FORM, "document_version_id": scan}), 201)
    assert form["covers"] == [draft["documents"][0]["sm3"]]
    problem(story.post("employee", path, FORM), 409, "ISSUE_FORM_TAKEN")
    assert [one["id"] for one in story.get("reviewer", "/approvals/issue-forms")["items"]] == [form["id"]]
    # Who is to check it sees the request it belongs to, already as a draft.
    assert story.read(draft["id"], "reviewer")["number"] == draft["number"]
    assert story.get("reviewer", f"/documents/versions/{scan}")["id"] == scan
    problem(story.client("custodian").get(f"/api/v1/documents/versions/{scan}"), 404, "NOT_FOUND")
    check = f"/approvals/issue-forms/{form['id']}/check"
    problem(story.post("employee", check), 403, "NOT_PERMITTED")
    problem(story.post("reviewer", check), 403, "STEP_UP_REQUIRED")
    proof = world.step_up("reviewer", "approvals.check_issue_form", form["id"])
    checked = ok(story.post("reviewer", check, {"proof": proof}))
    assert checked["checked_by"]["name"] == "赵明"
    again = world.step_up("reviewer", "approvals.check_issue_form", form["id"])
    problem(story.post("reviewer", check, {"proof": again}), 409, "ISSUE_FORM_CHECKED")
    require_untouched(world.platform)
    signed = [
        Altered("issue_form", "signed_by", "周凯", "IssueForm.signed_by"),
        Altered("issue_form", "opinion", "不同意印发", "IssueForm.opinion"),
        Altered("issue_form", "covers", json.dumps(["0" * 64]), "IssueForm.covers"),
        Altered("issue_form", "checked_by", world.id("employee"), "IssueForm.checked_by"),
    ]
    require_named(world.platform, "approvals.", signed)
    # Where no rule says that a form counts, people are asked as ever.
    request = ok(story.submit(draft["id"]))
    assert [one["ended_as"] for one in request["approval"]["steps"]] == [None]


def test_a_rule_that_asks_for_the_sign_off_lets_the_form_count(story: Story, platform: Platform) -> None:
    steps = (RouteStepPlan("department_head"),)
    organization_id = story.get("employee", "/me")["organization"]["id"]

    def counts(**controls: Any) -> list[bool]:
        said = Decision("electronic", None, (), steps, Controls(**controls), False, True, (), (), ())
        found = platform.view(lambda work: definitions_of(work, organization_id, said))
        return [one.issue_form_counts for one in found.steps]

    assert counts(prerequisites=("government_signoff",)) == [True]
    assert counts() == [False]


def test_a_rule_that_names_a_route_gets_the_steps_it_has_now(story: Story, platform: Platform) -> None:
    steps = [step("head"), step("two", approvers={"kind": "superiors", "levels": 2})]
    body = {"code": "contracts", "name": "合同审批", "steps": steps}
    made = ok(story.post("administrator", "/approvals/definitions", body), 201)
    named = RouteStepPlan(approver="named_route", route_code="contracts")
    said = Decision("electronic", None, (), (named,), Controls(), False, True, (), (), ())
    found = platform.view(
        lambda work: definitions_of(work, story.get("employee", "/me")["organization"]["id"], said)
    )
    assert [one.key for one in found.steps] == ["contracts.head", "contracts.two"]
    assert found.version_id == made["versions"][0]["id"]


def test_a_running_request_keeps_the_version_of_its_route(story: Story) -> None:
    body = {"code": "contracts", "name": "合同审批", "steps": [step("head")]}
    made = ok(story.post("administrator", "/approvals/definitions", body), 201)
    named = {"approver": "named_route", "route_code": "contracts"}
    contracts = {
        "name_zh": "合同审批",
        "name_en": "Contracts",
        "conditions": {},
        "answer": {"medium": "electronic", "seal_categories": ["contract"], "route": [named]},
        "strength": "should",
        "basis": "internal",
        "citation": None,
        "reason_zh": "按合同审批流程办理。",
        "reason_en": "By the route of contracts.",
    }
    draft = ok(story.post("administrator", "/scenario-lists", {"starter": "current"}), 201)
    admin = story.client("administrator")
    ok(admin.put(f"/api/v1/scenario-lists/{draft['id']}/rules", json={"rules": [contracts]}))
    ok(story.enforce(draft["id"]))
    running = story.apply()
    legal = step("legal", approvers={"kind": "post", "post_kind": "legal_representative"})
    path = f"/api/v1/approvals/definitions/{made['id']}"
    ok(admin.patch(path, json={"steps": [step("head"), legal]}))
    later = story.apply()
    steps = {one["id"]: len(story.read(one["id"])["approval"]["steps"]) for one in (running, later)}
    assert (steps[running["id"]], steps[later["id"]]) == (1, 2)
    for item in story.todo("department_head"):
        ok(story.decide("department_head", item))
    assert [story.read(one["id"])["status"] for one in (running, later)] == ["approved", "in_approval"]


def test_the_plan_of_a_route_is_shown_before_it_is_submitted(story: Story) -> None:
    draft = story.draft(amount_minor=200_000_000)
    plan = ok(story.post("employee", f"/requests/{draft['id']}/route-plan"))
    assert plan["missing"] is None
    assert plan["to_choose"] == plan["to_name"] == []
    assert [[one["name"] for one in step["persons"]] for step in plan["steps"]] == [["周凯"], ["陈雪"]]


def test_open_pages_are_told_of_an_approval_that_concerns_them(
    story: Story, world: World, platform: Platform
) -> None:
    bus = platform.port(LiveBus)
    pages = {
        kind: bus.subscribe(world.id(kind), lambda: None, None)
        for kind in ("employee", "department_head", "custodian")
    }
    request = story.apply()
    told = {kind: [one.subject_id for one in page.take()] for kind, page in pages.items() if page is not None}
    assert told == {"employee": [request["id"]], "department_head": [request["id"]], "custodian": []}
    problem(world.anonymous().get("/api/v1/events"), 401, "UNAUTHENTICATED")
