"""The life of a scenario list over HTTP: approval, sending back, dates, comparison, acknowledgement."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import Story, enforce
from tampering import Altered, require_named, require_untouched

from shuangyin.evidence.models import EvidenceEntry
from shuangyin.scenarios.models import ScenarioRule

pytestmark = pytest.mark.database

DAY = 86_400_000
LISTS = "/scenario-lists"


def rule(name: str = "通知", **fields: Any) -> dict[str, Any]:
    return {
        "name_zh": name,
        "name_en": f"Rule {name}",
        "conditions": {"document_kinds": ["notice"]},
        "answer": {"medium": "electronic", "route": [{"post_kind": "department_head"}]},
        "strength": "should",
        "basis": "internal",
        "reason_zh": "本单位规定",
        "reason_en": "Our own rule",
        **fields,
    }


def drafted(story: Story, *rules: dict[str, Any], **header: Any) -> dict[str, Any]:
    """A draft with these rules and this header."""
    admin = story.client("administrator")
    made = ok(story.post("administrator", LISTS), 201)
    if header:
        ok(admin.patch(f"/api/v1{LISTS}/{made['id']}", json=header))
    return dict(ok(admin.put(f"/api/v1{LISTS}/{made['id']}/rules", json={"rules": rules or (rule(),)})))


def read(story: Story, list_id: str, kind: str = "administrator") -> dict[str, Any]:
    return dict(story.get(kind, f"{LISTS}/{list_id}"))


def test_a_list_is_sent_back_edited_and_approved_by_the_root_office(world: World) -> None:
    story = Story(world)
    made = drafted(story)
    path = f"{LISTS}/{made['id']}"
    submitted = ok(
        story.post("administrator", f"{path}/submit", None, **{"If-Match": f'"{made["version"]}"'})
    )
    assert (submitted["status"], submitted["route"]["binding"]) == ("in_approval", submitted["binding"])
    problem(
        story.client("administrator").patch(f"/api/v1{path}", json={"title": "改"}), 409, "LIST_NOT_DRAFT"
    )
    problem(story.client("employee").get(f"/api/v1{path}"), 404, "NOT_FOUND")
    (item,) = story.todo("legal_representative")
    assert (item["subject_type"], item["number"], item["applicant"]["name"]) == (
        "scenario_list",
        "第 1 版",
        "吴越",
    )
    problem(story.decide("legal_representative", item), 403, "STEP_UP_REQUIRED")
    ok(story.decide("legal_representative", item, "send_back", comment="补充依据", proof=True))
    assert read(story, made["id"])["status"] == "draft"
    problem(story.post("administrator", f"{path}/withdraw", {"reason": "改"}), 409, "LIST_NOT_IN_APPROVAL")

    ok(story.client("administrator").patch(f"/api/v1{path}", json={"title": "二稿"}))
    ok(story.post("administrator", f"{path}/submit"))
    stale = story.decide("legal_representative", item, proof=True)
    problem(stale, 409, "STEP_DECIDED")
    ok(story.post("administrator", f"{path}/withdraw", {"reason": "再改一处"}))
    ok(enforce(world, made["id"]))
    found = read(story, made["id"])
    assert (found["status"], found["valid_from"], found["valid_until"]) == (
        "in_force",
        found["approved_at"],
        None,
    )
    with world.platform.database.read_session() as session:
        said = session.query(EvidenceEntry.kind).filter(EvidenceEntry.subject_id == made["id"])
        kinds = [kind for (kind,) in said.order_by(EvidenceEntry.id)]
    wanted = ("scenarios.drafted", "scenarios.rules_changed", "scenarios.submitted", "scenarios.sent_back")
    assert set(wanted) <= set(kinds)
    assert kinds[-2:] == ["scenarios.approved", "scenarios.enforced"]


def test_an_approver_never_decides_on_what_he_was_not_shown(world: World) -> None:
    story = Story(world)
    made = drafted(story)
    ok(story.post("administrator", f"{LISTS}/{made['id']}/submit"))
    (item,) = story.todo("legal_representative")
    other = {**item, "binding": "0" * 64}
    problem(story.decide("legal_representative", other, proof=True), 409, "BINDING_CHANGED")
    with world.platform.database.write_session() as session, session.begin():
        session.query(ScenarioRule).filter(ScenarioRule.list_id == made["id"]).update({"reason_zh": "改过"})
    problem(story.decide("legal_representative", item, proof=True), 409, "BINDING_CHANGED")
    assert read(story, made["id"])["status"] == "in_approval"


def test_a_list_comes_into_force_at_the_instant_it_names_without_a_job(world: World) -> None:
    story = Story(world)
    first = drafted(story, rule("甲"))
    ok(enforce(world, first["id"]))
    start = world.clock.now_ms() + 3 * DAY
    second = drafted(story, rule("乙"), effective_from=start)
    ok(enforce(world, second["id"]))
    waiting = read(story, second["id"], "employee")
    assert (waiting["status"], waiting["valid_from"]) == ("approved", start)
    assert read(story, first["id"])["valid_until"] == start
    assert story.get("employee", f"{LISTS}/current")["id"] == first["id"]

    world.clock.advance(seconds=3 * DAY / 1000)
    again = world.sign_in(world.members["administrator"])
    assert ok(again.get(f"/api/v1{LISTS}/current"))["id"] == second["id"]
    shown = {one["id"]: one["status"] for one in ok(again.get(f"/api/v1{LISTS}"))["items"]}
    assert shown == {first["id"]: "superseded", second["id"]: "in_force"}
    world.settle()
    shown = {one["id"]: one["status"] for one in ok(again.get(f"/api/v1{LISTS}"))["items"]}
    assert shown == {first["id"]: "superseded", second["id"]: "in_force"}


def test_a_scheduled_list_can_be_recalled_and_the_one_before_goes_on(world: World) -> None:
    story = Story(world)
    first = drafted(story, rule("甲"))
    ok(enforce(world, first["id"]))
    second = drafted(story, rule("乙"), effective_from=world.clock.now_ms() + DAY)
    ok(enforce(world, second["id"]))
    path = f"{LISTS}/{second['id']}/recall"
    problem(story.post("administrator", path, {"reason": "暂缓"}), 403, "NOT_PERMITTED")
    problem(story.post("legal_representative", path, {"reason": "暂缓"}), 403, "STEP_UP_REQUIRED")
    proof = world.step_up("legal_representative", "scenarios.recall", second["id"])
    back = ok(story.post("legal_representative", path, {"reason": "暂缓", "proof": proof}))
    assert (back["status"], back["valid_from"]) == ("draft", None)
    assert read(story, first["id"])["valid_until"] is None
    proof = world.step_up("legal_representative", "scenarios.recall", first["id"])
    refused = story.post(
        "legal_representative", f"{LISTS}/{first['id']}/recall", {"reason": "暂缓", "proof": proof}
    )
    problem(refused, 409, "LIST_NOT_SCHEDULED")
    # A recalled list may be written anew; what its first approval covered is no difference.
    rewritten = story.client("administrator").put(
        f"/api/v1{LISTS}/{second['id']}/rules", json={"rules": [rule("丙")]}
    )
    ok(rewritten)
    require_untouched(world.platform)
    governing = [
        Altered("scenario_list", "status", "superseded", "ScenarioList.status"),
        Altered("scenario_list", "approved_by", world.id("administrator"), "ScenarioList.approved_by"),
        Altered("scenario_list", "valid_from", 1, "ScenarioList.valid_from"),
    ]
    require_named(world.platform, "scenarios.", governing)


def test_the_comparison_names_what_was_added_removed_changed_and_moved(world: World) -> None:
    story = Story(world)
    first = drafted(story, rule("甲"), rule("乙"), rule("戊"), rule("丙"))
    ok(enforce(world, first["id"]))
    changed = rule("乙", answer={"medium": "physical", "route": [{"post_kind": "department_head"}]})
    second = drafted(
        story,
        rule("丙"),
        changed,
        rule("戊"),
        rule("丁", conditions={"document_kinds": ["letter"]}),
        title="第二版",
        rates=[{"currency": "USD", "fen_per_unit": "712.34", "as_of": "2026-11-02"}],
    )
    found = story.get("administrator", f"{LISTS}/{second['id']}/comparison")
    assert {(one["name"]["zh"], one["kind"], one["moved"]) for one in found["rules"]} == {
        ("甲", "removed", False),
        ("乙", "changed", False),
        ("丙", "changed", True),
        ("丁", "added", False),
    }
    (of_second,) = [one for one in found["rules"] if one["name"]["zh"] == "乙"]
    assert of_second["parts"] == [{"part": "answer.medium", "before": "electronic", "after": "physical"}]
    header = {one["part"]: one["after"] for one in found["header"]}
    assert header["title"] == "第二版"
    assert header["rates"][0]["fen_per_unit"] == "712.34"
    against_itself = story.get("administrator", f"{LISTS}/{second['id']}/comparison?against={second['id']}")
    assert (against_itself["rules"], against_itself["header"], against_itself["unchanged"]) == ([], [], 4)


def test_staff_confirm_having_read_a_version_and_who_has_not_is_reminded(world: World) -> None:
    story = Story(world)
    made = drafted(story)
    path = f"{LISTS}/{made['id']}"
    binding = made["binding"]
    problem(
        story.post("administrator", f"{path}/acknowledge", {"binding": binding}), 409, "LIST_NOT_IN_FORCE"
    )
    ok(enforce(world, made["id"]))
    problem(story.post("employee", f"{path}/acknowledge", {"binding": "0" * 64}), 409, "LIST_CHANGED")
    read_it = ok(story.post("employee", f"{path}/acknowledge", {"binding": binding}))
    assert (read_it["acknowledged"], read_it["staff"]) == (1, 7)
    assert read_it["mine_acknowledged_at"] is not None
    again = ok(story.post("employee", f"{path}/acknowledge", {"binding": binding}))
    assert again["mine_acknowledged_at"] == read_it["mine_acknowledged_at"]

    problem(story.client("employee").get(f"/api/v1{path}/acknowledgements"), 403, "NOT_PERMITTED")
    missing = story.get("administrator", f"{path}/acknowledgements?state=missing&limit=4")
    rest = story.get(
        "administrator", f"{path}/acknowledgements?state=missing&cursor={missing['next_cursor']}"
    )
    names = {one["person"]["name"] for one in (*missing["items"], *rest["items"])}
    assert names == {"陈雪", "周凯", "王岚", "赵明", "孙静", "吴越"}
    (confirmed,) = story.get("administrator", f"{path}/acknowledgements?state=confirmed")["items"]
    assert (confirmed["person"]["name"], bool(confirmed["entry_id"])) == ("李然", True)

    problem(story.post("employee", f"{path}/remind"), 403, "NOT_PERMITTED")
    ok(story.post("administrator", f"{path}/remind"))
    problem(story.post("administrator", f"{path}/remind"), 409, "REMINDED_LATELY")
    for kind in ("legal_representative", "employee"):
        links = [one["link"] for one in story.get(kind, "/workbench")["seals"]]
        assert (f"/scenarios/{made['id']}" in links) is (kind != "employee")
    require_untouched(world.platform)
    said_to_be_read = [
        Altered("scenario_acknowledgement", "binding", "0" * 64, "ScenarioAcknowledgement.binding"),
        Altered("scenario_acknowledgement", "acknowledged_at", 1, "ScenarioAcknowledgement.acknowledged_at"),
        Altered("scenario_acknowledgement", "person_id", world.id("auditor"), "the row it speaks of is gone"),
    ]
    require_named(world.platform, "scenarios.", said_to_be_read)


def test_a_list_that_is_due_for_review_is_told_to_those_who_keep_it(world: World) -> None:
    story = Story(world)
    made = drafted(story, review_on="2026-11-10")
    ok(enforce(world, made["id"]))
    for kind, told in (("administrator", True), ("legal_representative", True), ("custodian", False)):
        found = [one for one in story.get(kind, "/workbench")["seals"] if "复核" in one["zh"]]
        assert bool(found) is told, kind
