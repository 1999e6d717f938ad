"""Approvals over HTTP: deciding, sending back and resubmitting, withdrawing, transferring, urging."""

from __future__ import annotations

import pytest
from hiring import hire
from platform_world import World, ok, problem
from request_story import Story

pytestmark = pytest.mark.database_full


def test_an_ordinary_approval_needs_no_more_than_a_recent_second_factor(story: Story, world: World) -> None:
    request = story.apply()
    (item,) = story.todo("department_head")
    assert (item["number"], item["second_factor"], item["amount_minor"]) == (
        request["number"],
        "window",
        request["amount_minor"],
    )
    assert item["applicant"]["name"] == "李然"
    assert item["seal_names"] == [request["seals"][0]["name"]]
    world.clock.advance(seconds=11 * 60)
    refused = problem(story.decide("department_head", item), 403, "STEP_UP_REQUIRED")
    assert refused["details"]["act"] == "approvals.decide"
    assert refused["details"]["subject"] == f"{item['step_id']}:{item['binding']}"
    assert story.read(request["id"])["status"] == "in_approval"
    # Any second factor renews the window; the act it was shown for does not matter here.
    world.step_up("department_head", "people.recovery_codes", world.id("department_head"))
    ok(story.decide("department_head", item, comment="同意用印"))
    assert story.todo("department_head") == []
    (done,) = story.get("department_head", "/approvals?state=done")["items"]
    assert (done["decision"], done["subject_status"]) == ("approve", "approved")
    shown = story.read(request["id"])
    (step,) = shown["approval"]["steps"]
    assert step["decisions"][0]["comment"] == "同意用印"
    said = next(one for one in shown["timeline"] if one["kind"] == "approvals.decided")
    assert (said["zh"], said["comment"], said["person"]["name"]) == (
        "部门负责人审批：同意",
        "同意用印",
        "周凯",
    )
    assert said["entry_id"] == step["decisions"][0]["entry_id"]
    again = problem(story.decide("department_head", item), 409, "STEP_DECIDED")
    assert again["details"]["decided_by"] == {"id": world.id("department_head"), "name": "周凯"}


@pytest.mark.database
def test_a_large_amount_asks_the_legal_representative_with_a_second_factor_for_exactly_this(
    story: Story, world: World
) -> None:
    request = story.apply(amount_minor=100_000_000)
    assert [step["name_zh"] for step in request["approval"]["steps"]] == ["部门负责人审批", "法定代表人审批"]
    assert story.todo("legal_representative") == []
    ok(story.decide("department_head", story.todo("department_head")[0]))
    (item,) = story.todo("legal_representative")
    assert item["second_factor"] == "each"
    problem(story.decide("legal_representative", item), 403, "STEP_UP_REQUIRED")
    other = world.step_up("legal_representative", "approvals.decide", f"{item['step_id']}:{'0' * 64}")
    problem(story.decide("legal_representative", item, proof=other), 403, "STEP_UP_REQUIRED")
    subject = f"{item['step_id']}:{item['binding']}"
    proof = world.step_up("legal_representative", "approvals.decide", subject)
    ok(story.decide("legal_representative", item, proof=proof))
    assert story.read(request["id"])["status"] == "approved"


def test_a_decision_on_something_else_or_an_old_version_is_refused(story: Story, world: World) -> None:
    story.apply()
    (item,) = story.todo("department_head")
    wrong = {**item, "binding": "0" * 64}
    problem(story.decide("department_head", wrong), 409, "BINDING_CHANGED")
    stale = {"If-Match": f'"{item["version"] + 1}"'}
    problem(story.decide("department_head", item, headers=stale), 412, "STALE_VERSION")
    problem(story.decide("department_head", item, "reject"), 422, "COMMENT_REQUIRED")
    # Who is not asked learns nothing of the step, not even that it is there.
    problem(story.decide("legal_representative", item), 404, "NOT_FOUND")
    problem(story.decide("employee", item), 403, "NOT_PERMITTED")


def test_sent_back_the_applicant_changes_and_submits_again_under_a_new_binding(
    story: Story, world: World
) -> None:
    request = story.apply()
    (first,) = story.todo("department_head")
    ok(story.decide("department_head", first, "send_back", comment="金额与合同不符"))
    employee = world.client("employee")
    path = f"/api/v1/requests/{request['id']}"
    back = ok(employee.get(path))
    assert (back["status"], back["binding"], back["actions"]) == (
        "sent_back",
        None,
        ["edit", "submit", "discard"],
    )
    assert "金额与合同不符" in [one["comment"] for one in back["timeline"]]
    changed = ok(
        employee.patch(path, json={"amount_minor": 48_000_000}, headers={"If-Match": f'"{back["version"]}"'})
    )
    assert changed["version"] > back["version"]
    problem(
        employee.post(f"{path}/submit", headers={"If-Match": f'"{back["version"]}"'}), 412, "STALE_VERSION"
    )
    again = ok(employee.post(f"{path}/submit"))
    (second,) = story.todo("department_head")
    assert again["binding"] == second["binding"] != first["binding"]
    assert again["number"] == request["number"]
    problem(story.decide("department_head", first), 409, "STEP_DECIDED")
    ok(story.decide("department_head", second))
    assert ok(employee.get(path))["status"] == "approved"


def test_a_rejection_is_final(story: Story, world: World) -> None:
    request = story.apply()
    ok(story.decide("department_head", story.todo("department_head")[0], "reject", comment="不符合规定"))
    employee = world.client("employee")
    path = f"/api/v1/requests/{request['id']}"
    assert ok(employee.get(path))["status"] == "rejected"
    problem(employee.post(f"{path}/submit"), 409, "REQUEST_STATE")
    problem(employee.patch(path, json={"title": "另一个标题"}), 409, "REQUEST_STATE")


def test_withdrawn_the_step_is_gone_and_can_be_urged_no_more(story: Story, world: World) -> None:
    request = story.apply()
    (item,) = story.todo("department_head")
    employee = world.client("employee")
    urge = f"/api/v1/approvals/routes/{item['route_id']}/urge"
    assert ok(employee.post(urge))["urged_at"] == world.clock.now_ms()
    problem(employee.post(urge), 409, "URGED_LATELY")
    assert story.todo("department_head")[0]["urged_at"] is not None
    problem(world.client("department_head").post(urge), 404, "NOT_FOUND")
    withdrawn = ok(employee.post(f"/api/v1/requests/{request['id']}/withdraw", json={"reason": "写错了"}))
    assert (withdrawn["status"], withdrawn["approval"]["status"]) == ("withdrawn", "withdrawn")
    assert story.todo("department_head") == []
    problem(story.decide("department_head", item), 409, "STEP_NOT_OPEN")
    problem(employee.post(urge), 409, "ROUTE_ENDED")
    problem(employee.post(f"/api/v1/requests/{request['id']}/withdraw"), 409, "REQUEST_STATE")


@pytest.mark.database
def test_a_step_is_transferred_to_somebody_who_may_approve_and_to_nobody_else(
    story: Story, world: World
) -> None:
    request = story.apply()
    (item,) = story.todo("department_head")
    head = world.client("department_head")
    path = f"/api/v1/approvals/steps/{item['step_id']}/transfer"
    for kind in ("employee", "department_head"):
        body = {"person_id": world.id(kind), "reason": "出差"}
        problem(head.post(path, json=body), 409, "CANNOT_TRANSFER")
    body = {"person_id": world.id("legal_representative"), "reason": "出差"}
    moved = ok(head.post(path, json=body))
    assert moved["may_decide"] is False
    assert moved["step"]["version"] > item["version"]
    problem(story.decide("department_head", item), 409, "STEP_NOT_OPEN")
    (theirs,) = story.todo("legal_representative")
    ok(story.decide("legal_representative", theirs))
    shown = story.read(request["id"])
    assert shown["status"] == "approved"
    asked = {one["person"]["name"]: one for one in shown["approval"]["steps"][0]["assignments"]}
    assert asked["周凯"]["status"] == "transferred"
    assert asked["陈雪"]["transferred_from"]["name"] == "周凯"
    assert "出差" in [one["comment"] for one in shown["timeline"]]


def test_nobody_approves_his_own_high_risk_request_even_when_it_is_transferred_to_him(
    story: Story, world: World
) -> None:
    hire(world, "second_head", "department_head", "钱进")
    request = story.apply("department_head", title="大额合同", amount_minor=200_000_000)
    assert request["high_risk"] is True
    asked = [[one["person"]["name"] for one in step["assignments"]] for step in request["approval"]["steps"]]
    assert asked == [["钱进"], ["陈雪"]], "the applicant does not decide while another head can"
    ok(story.decide("second_head", story.todo("second_head")[0]))
    (item,) = story.todo("legal_representative")
    back = {"person_id": world.id("department_head"), "reason": "请自行决定"}
    refused = world.client("legal_representative").post(
        f"/api/v1/approvals/steps/{item['step_id']}/transfer", json=back
    )
    problem(refused, 409, "SEPARATION_OF_DUTIES")
