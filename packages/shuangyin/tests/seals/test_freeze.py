"""One touch freezes every seal of both media: nothing is sealed, no safe opened, until it is lifted."""

from __future__ import annotations

import pytest
from platform_world import World, ok, problem
from request_story import begin

pytestmark = pytest.mark.database_full


def test_frozen_nothing_is_sealed_and_no_safe_is_opened_until_it_is_lifted(world: World) -> None:
    story = begin(world)
    request = story.apply()
    story.approve(request["id"])
    organization = ok(world.client("employee").get("/api/v1/me"))["organization"]["id"]
    body = {"reason": "手机收到异常用印通知"}
    problem(story.post("department_head", "/seals/freeze", body), 403, "NOT_PERMITTED")
    refused = problem(story.post("legal_representative", "/seals/freeze", body), 403, "STEP_UP_REQUIRED")
    assert refused["details"]["subject"] == organization
    proof = world.step_up("legal_representative", "seals.freeze_all", organization)
    state = ok(story.post("legal_representative", "/seals/freeze", {**body, "proof": proof}))
    assert state["current"]["reason"] == body["reason"]
    # Everybody learns it, and what was approved is not sealed.
    assert story.get("employee", "/seals/freeze")["frozen"] is True
    problem(story.post("custodian", f"/requests/{request['id']}/seal"), 409, "SEALS_FROZEN")
    safe = {"safe_id": "f" * 32, "request_ids": [request["id"]], "reviewer_id": world.id("reviewer")}
    problem(story.post("custodian", "/openings", safe), 409, "SEALS_FROZEN")
    again = world.step_up("legal_representative", "seals.freeze_all", organization)
    problem(
        story.post("legal_representative", "/seals/freeze", {**body, "proof": again}),
        409,
        "SEALS_ALREADY_FROZEN",
    )
    # The proof of one act is no proof of the other.
    lift = {"reason": "已核实", "proof": again}
    problem(story.post("legal_representative", "/seals/freeze/lift", lift), 403, "STEP_UP_REQUIRED")
    lift["proof"] = world.step_up("legal_representative", "seals.lift_freeze", state["current"]["id"])
    lifted = ok(story.post("legal_representative", "/seals/freeze/lift", lift))
    assert (lifted["frozen"], lifted["earlier"][0]["lift_reason"]) == (False, "已核实")
    problem(story.post("legal_representative", "/seals/freeze/lift", lift), 409, "SEALS_NOT_FROZEN")
    answer = story.post("custodian", f"/requests/{request['id']}/seal")
    assert answer.status_code < 300, answer.text
