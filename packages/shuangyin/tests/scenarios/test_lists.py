"""The scenario list over HTTP: drafting, editing, what is refused, putting it into force."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import Story

pytestmark = pytest.mark.database


def rule(**fields: Any) -> dict[str, Any]:
    return {
        "name_zh": "通知",
        "name_en": "Notices",
        "conditions": {"document_kinds": ["notice"]},
        "answer": {"medium": "electronic", "route": [{"post_kind": "department_head"}]},
        "strength": "must",
        "basis": "internal",
        "reason_zh": "本单位规定",
        "reason_en": "Our own rule",
        **fields,
    }


def test_a_list_is_drafted_edited_and_put_into_force_once(world: World) -> None:
    story = Story(world)
    admin, legal = world.client("administrator"), world.client("legal_representative")
    problem(world.client("employee").get("/api/v1/scenario-lists/current"), 404, "NOT_FOUND")
    asked = {"document_kind": "notice"}
    problem(story.post("employee", "/scenarios/decide", asked), 409, "NO_LIST_IN_FORCE")
    problem(story.post("legal_representative", "/scenario-lists"), 403, "NOT_PERMITTED")
    draft = ok(story.post("administrator", "/scenario-lists", {"title": "第一版"}), 201)
    assert (draft["version_number"], draft["status"], draft["title"]) == (1, "draft", "第一版")
    assert len(draft["rules"]) >= 15
    problem(world.client("employee").get(f"/api/v1/scenario-lists/{draft['id']}"), 404, "NOT_FOUND")

    path = f"/api/v1/scenario-lists/{draft['id']}/rules"
    rules = {"rules": [rule()]}
    stale = {"If-Match": f'"{draft["version"] + 7}"'}
    problem(admin.put(path, json=rules, headers=stale), 412, "STALE_VERSION")
    edited = ok(admin.put(path, json=rules, headers={"If-Match": f'"{draft["version"]}"'}))
    assert [one["name_zh"] for one in edited["rules"]] == ["通知"]
    problem(admin.put(path, json=rules, headers={"If-Match": f'"{draft["version"]}"'}), 412, "STALE_VERSION")

    problem(story.post("legal_representative", f"/scenario-lists/{draft['id']}/submit"), 403, "NOT_PERMITTED")
    route = ok(story.enforce(draft["id"]))["route"]
    assert (route["subject_type"], route["status"]) == ("scenario_list", "approved")
    in_force = ok(admin.get(f"/api/v1/scenario-lists/{draft['id']}"))
    assert (in_force["status"], in_force["approved_by"]["name"]) == ("in_force", "陈雪")
    problem(admin.put(path, json=rules), 409, "LIST_NOT_DRAFT")
    problem(story.enforce(draft["id"]), 409, "LIST_NOT_DRAFT")

    second = ok(story.post("administrator", "/scenario-lists", {"starter": "current"}), 201)
    assert (second["version_number"], len(second["rules"])) == (2, 1)
    ok(story.enforce(second["id"]))
    listed = ok(legal.get("/api/v1/scenario-lists"))["items"]
    assert [(one["version_number"], one["status"]) for one in listed] == [(2, "in_force"), (1, "superseded")]
    assert listed[1]["valid_until"] == listed[0]["valid_from"]
    assert (listed[0]["rule_count"], "rules" in listed[0]) == (1, False)
    current = ok(world.client("employee").get("/api/v1/scenario-lists/current"))
    assert (current["id"], current["rules_digest"]) == (second["id"], in_force["rules_digest"])
    page = ok(legal.get("/api/v1/scenario-lists?limit=1"))
    rest = ok(legal.get(f"/api/v1/scenario-lists?limit=1&cursor={page['next_cursor']}"))
    assert [one["version_number"] for one in (*page["items"], *rest["items"])] == [2, 1]
    problem(legal.get("/api/v1/scenario-lists?cursor=!!"), 422, "CURSOR")
    problem(legal.get("/api/v1/scenario-lists?cursor=YWJj"), 422, "CURSOR")

    said = ok(story.post("employee", "/scenarios/decide", asked))
    assert said["sentence"]["zh"] == "须用电子公章"
    assert (said["medium"], said["list_version"], said["missing_seals"]) == ("electronic", 2, ["legal_name"])
    assert said["refused_media"][0]["reason"] == {"zh": "本单位规定", "en": "Our own rule"}
    problem(
        story.post("employee", "/scenarios/decide", {"document_kind": "poem"}), 422, "DOCUMENT_KIND_UNKNOWN"
    )


def test_faulty_rules_never_come_into_force(world: World) -> None:
    story = Story(world)
    draft = ok(story.post("administrator", "/scenario-lists"), 201)
    physical = {"medium": "physical", "route": [{"post_kind": "department_head"}]}
    faulty = [
        rule(conditions={"document_kinds": ["poem"]}),
        rule(citation="no-such-law"),
        rule(basis="law"),
        rule(answer={}),
        rule(conditions={"amount_from_minor": 5, "amount_below_minor": 5}),
        rule(),
        rule(answer=physical),
    ]
    ok(
        world.client("administrator").put(
            f"/api/v1/scenario-lists/{draft['id']}/rules", json={"rules": faulty}
        )
    )
    refused = problem(story.enforce(draft["id"]), 422, "RULES_FAULTY")
    found = {(one["position"], one["code"]) for one in refused["details"]["faults"]}
    assert found >= {
        (1, "KIND_UNKNOWN"),
        (2, "CITATION_UNKNOWN"),
        (3, "CITATION_MISSING"),
        (4, "ANSWER_EMPTY"),
        (5, "AMOUNT_RANGE"),
        (7, "CONTRADICTION"),
    }
    shown = ok(world.client("legal_representative").get(f"/api/v1/scenario-lists/{draft['id']}"))
    assert shown["status"] == "draft"
    answer = world.client("administrator").put(
        f"/api/v1/scenario-lists/{draft['id']}/rules",
        json={"rules": [rule(answer={"medium": "electronic", "surprise": 1})]},
    )
    problem(answer, 422, "INVALID_INPUT")
