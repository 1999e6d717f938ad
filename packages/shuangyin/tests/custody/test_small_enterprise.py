"""A small enterprise from its starter list to a sealed paper, and the day on which a scenario goes over to the e-seal."""

from __future__ import annotations

from typing import Any

from platform_world import ok, problem

from shuangyin.core.clock import beijing_time

DAY = 86_400_000
COPIES = 2


def asked(desk: Any, kind: str = "authorization_letter") -> dict[str, Any]:
    """What the keeper, who does the office work too, asks for: the one physical seal on a paper."""
    story = desk.story
    line = story.line("official", presses_applied=COPIES, seam_presses=0, placements=[], seam=None, qr=None)
    body = {
        "title": "授权委托书",
        "document_kind": kind,
        "amount_minor": None,
        "copies": COPIES,
        "medium": "physical",
        "seals": [line],
        "document_version_ids": [story.upload("custodian")],
    }
    return dict(story.apply("custodian", **body))


def register_small_unit(desk: Any) -> None:
    """Seven people merge duties into two persons; an outside accountant looks at it later."""
    world = desk.world
    proof = world.step_up("legal_representative", "authority.small_unit", world.id("auditor"))
    body = {"reviewer_id": world.id("auditor"), "reviewer_kind": "outside_accountant", "reason": "全员七人"}
    ok(desk.story.post("legal_representative", "/authority/small-unit", {**body, "proof": proof}), 201)


def waits(desk: Any, kind: str, opening: dict[str, Any]) -> list[int]:
    """Until when this person's home page asks him to confirm the opening."""
    found = desk.story.get(kind, "/workbench")["to_confirm"]
    return [one["until"] for one in found if one["link"] == f"/custody/openings/{opening['id']}"]


def test_a_small_enterprise_comes_from_its_starter_list_to_a_sealed_paper(desk: Any) -> None:
    story, world = desk.story, desk.world
    made = ok(story.post("administrator", "/scenario-lists", {"starter": "small_enterprise"}), 201)
    ok(story.enforce(made["id"]))
    request = asked(desk)
    assert request["decision"]["medium"] == "physical"
    (step,) = request["approval"]["steps"]
    assert [one["person"]["name"] for one in step["assignments"]] == ["陈雪"]
    story.approve(request["id"])
    refused = problem(desk.ask(request_ids=[request["id"]]), 409, "PRESSER_APPLIED")
    assert "登记为小型单位" in refused["detail"], "who has no other keeper is told what to do"
    register_small_unit(desk)
    opening = ok(desk.ask(request_ids=[request["id"]]), 201)
    ok(desk.confirm(opening["id"], "custodian"))
    assert waits(desk, "custodian", opening) == []
    assert waits(desk, "reviewer", opening) == [opening["expires_at"]], "he is asked while there is time"
    ok(desk.confirm(opening["id"], "reviewer"))
    assert waits(desk, "reviewer", opening) == []
    wanted = {"request_id": request["id"], "copies": COPIES, "normal": COPIES}
    use = ok(desk.press(opening["id"], **wanted), 201)
    ok(desk.photograph(opening["id"], use_id=use["id"], moment="document"), 201)
    ok(desk.close(opening["id"]))
    done = story.read(request["id"], "custodian")
    assert (done["status"], len(done["uses"])) == ("sealed", 1)
    (review,) = story.get("auditor", "/authority/reviews")["items"]
    assert (review["kind"], review["request_id"], review["mine"]) == ("small_unit", request["id"], True)
    world.settle()
    goes_over_on_its_day(desk)


def goes_over_on_its_day(desk: Any) -> None:
    """One scenario of the list goes over to the electronic seal on a day; the paper before it is asked for as ever."""
    story, world = desk.story, desk.world
    rules = story.get("administrator", "/scenario-lists/current")["rules"]
    (number,) = [place for place, one in enumerate(rules, 1) if one["name_zh"] == "合同用实体公章"]
    day = beijing_time(world.clock.now_ms() + 3 * DAY).date()
    body = {"starter": "current", "switch": {"rules": [number], "on": day.isoformat()}}
    draft = ok(story.post("administrator", "/scenario-lists", body), 201)
    ok(story.enforce(draft["id"]))
    facts = {"document_kind": "supplier_contract", "amount_minor": 1_000_000, "currency": "CNY"}
    before = ok(story.post("employee", "/scenarios/decide", facts))
    world.clock.advance(seconds=3 * DAY / 1000 + 1)
    desk.again("employee")
    after = ok(story.post("employee", "/scenarios/decide", facts))
    assert (before["medium"], after["medium"]) == ("physical", "electronic")
