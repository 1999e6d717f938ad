"""Stories of authority over HTTP: an emergency at night, a tender with six uses, merged duties of a small unit."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import Story, begin
from tampering import Altered, require_named, require_untouched

from shuangyin.authority.commands.rounds import EVERY_MS, JOB_KIND
from shuangyin.authority.commands.rounds import begin as begin_rounds
from shuangyin.core.jobs import Job
from shuangyin.core.platform import Platform
from shuangyin.reference.working_days import published_calendar

HOUR = 3_600_000
USES = 6


@pytest.fixture
def story(world: World) -> Story:
    return begin(world)


def delegate(story: Story, kind: str, delegate_kind: str, **fields: Any) -> Any:
    world = story.world
    proof = world.step_up(kind, "authority.delegate", world.id(delegate_kind))
    body = {
        "delegate_id": world.id(delegate_kind),
        "acts": ["press"],
        "until_at": world.clock.now_ms() + 6 * HOUR,
        "reason": "出差",
        "proof": proof,
        **fields,
    }
    return story.post(kind, "/delegations", body)


def seal(story: Story, kind: str, request_id: str) -> Any:
    proof = story.world.step_up(kind, "sealing.execute", request_id)
    return story.post(kind, f"/requests/{request_id}/seal", {"proof": proof})


def approved(story: Story, **fields: Any) -> str:
    request = story.apply(**fields)
    story.approve(request["id"])
    return str(request["id"])


RULE = (
    "name_zh",
    "name_en",
    "conditions",
    "answer",
    "strength",
    "basis",
    "citation",
    "reason_zh",
    "reason_en",
)


def tenders_must_be_electronic(story: Story) -> None:
    """Put a version of the list into force in which the platform of procurement takes nothing on paper."""
    draft = ok(story.post("administrator", "/scenario-lists"), 201)
    rules = [{name: rule[name] for name in RULE} for rule in draft["rules"]]
    tender = next(
        rule
        for rule in rules
        if rule["conditions"]["document_kinds"] == ["tender"] and rule["answer"]["medium"] == "electronic"
    )
    tender["strength"] = "must"
    path = f"/api/v1/scenario-lists/{draft['id']}/rules"
    ok(story.client("administrator").put(path, json={"rules": rules}))
    ok(story.enforce(draft["id"]))


def evidence(story: Story, subject_type: str, subject_id: str) -> list[str]:
    path = f"/evidence/entries?subject_type={subject_type}&subject_id={subject_id}"
    return [one["kind"] for one in story.get("auditor", path)["items"]]


def test_after_hours_an_emergency_is_delegated_and_reviewed_later(story: Story, platform: Platform) -> None:
    world = story.world
    assert not published_calendar().in_office_hours(world.clock.now_ms()), "the story begins on a Sunday"
    request_id = approved(story)
    problem(seal(story, "reviewer", request_id), 403, "NOT_PERMITTED")
    custodian = world.id("custodian")
    emergency = {"delegator_id": custodian, "seal_ids": [story.seals["contract"]], "emergency": True}
    problem(delegate(story, "department_head", "reviewer", **emergency), 403, "NOT_PERMITTED")
    problem(
        delegate(story, "legal_representative", "legal_representative", **emergency), 403, "NOT_YOUR_GRANT"
    )
    too_long = {**emergency, "until_at": world.clock.now_ms() + 25 * HOUR}
    problem(delegate(story, "legal_representative", "reviewer", **too_long), 409, "EMERGENCY_TOO_LONG")
    of_others = {**emergency, "delegator_id": world.id("employee")}
    problem(delegate(story, "legal_representative", "reviewer", **of_others), 409, "DELEGATION_WIDER")
    given = ok(delegate(story, "legal_representative", "reviewer", **emergency), 201)
    assert (given["state"], given["given_by"]["name"], given["delegator"]["name"]) == ("open", "陈雪", "王岚")
    who = story.get("auditor", f"/authority/seals/{story.seals['contract']}?act=press")["items"]
    assert [(one["person"]["name"], one["on_behalf_of"] and one["on_behalf_of"]["name"]) for one in who] == [
        ("王岚", None),
        ("赵明", "王岚"),
    ]
    ok(seal(story, "reviewer", request_id))
    (use,) = story.read(request_id)["uses"]
    assert (use["presser"]["name"], use["on_behalf_of"]["name"]) == ("赵明", "王岚"), "both names are kept"
    (review,) = story.get("auditor", "/authority/reviews")["items"]
    assert (review["kind"], review["status"], review["overdue"]) == ("emergency", "open", False)
    assert review["due_at"] > given["until_at"]
    decision = {"upheld": True, "comment": "夜间投标截止，情况属实"}
    path = f"/authority/reviews/{review['id']}/decision"
    for kind in ("legal_representative", "employee"):
        assert story.post(kind, path, decision).status_code in (403, 409), "who took part, or has no right"
    world.clock.advance(seconds=15 * 24 * 3600)
    world.members["auditor"].client = world.sign_in(world.members["auditor"])
    assert story.get("auditor", "/authority/reviews")["items"][0]["overdue"]
    alerts = story.get("auditor", "/workbench")["seals"]
    assert any("复核" in one["zh"] and one["level"] == "danger" for one in alerts)
    reviewed = ok(story.post("auditor", path, decision))
    assert (reviewed["status"], reviewed["reviewed_by"]["name"]) == ("upheld", "孙静")
    problem(story.post("auditor", path, decision), 409, "REVIEW_DONE")
    assert evidence(story, "delegation", given["id"]) == [
        "authority.delegated",
        "authority.review_opened",
        "authority.reviewed",
    ]
    asked = f"/authority/answer?act=press&seal_id={story.seals['contract']}&person_id={world.id('reviewer')}"
    assert not story.get("auditor", asked)["allowed"], "the delegation is over"
    require_untouched(platform)
    looked_at = [
        Altered("after_review", "status", "not_upheld", "AfterReview.status"),
        Altered("after_review", "reviewed_by", custodian, "AfterReview.reviewed_by"),
        Altered("after_review", "comment", "情况不实", "AfterReview.comment"),
        Altered("after_review", "due_at", 1, "AfterReview.due_at"),
        Altered("delegation", "ended_at", 1, "Delegation.ended_at"),
        Altered("delegation", "acts", "{broken", "Delegation.acts"),
    ]
    require_named(platform, "authority.", looked_at)


def test_an_emergency_in_office_hours_is_refused_and_a_circle_too(story: Story) -> None:
    world = story.world
    world.clock.advance(seconds=24 * 3600 + 2 * 3600)
    for kind in ("custodian", "legal_representative", "administrator"):
        world.members[kind].client = world.sign_in(world.members[kind])
    assert published_calendar().in_office_hours(world.clock.now_ms())
    emergency = {"delegator_id": world.id("custodian"), "emergency": True}
    problem(delegate(story, "legal_representative", "reviewer", **emergency), 409, "EMERGENCY_IN_HOURS")
    problem(delegate(story, "custodian", "custodian"), 409, "DELEGATION_SELF")
    given = ok(delegate(story, "custodian", "legal_representative"), 201)
    back = delegate(story, "legal_representative", "custodian", acts=["apply"])
    problem(back, 409, "DELEGATION_CYCLE")
    passed_on = {"parent_id": given["id"], "until_at": given["until_at"]}
    problem(delegate(story, "legal_representative", "reviewer", **passed_on), 409, "DELEGATION_PASS_ON")
    narrowed = delegate(story, "legal_representative", "employee", acts=["approve"], amount_limit_minor=5)
    assert set(narrowed.json()["details"]["objections"]) == {
        "DELEGATION_APPROVE_WHOLE",
        "DELEGATE_CANNOT_APPROVE",
    }
    ended = ok(
        story.post(
            "custodian",
            f"/delegations/{given['id']}/end",
            {"reason": "提前返岗", "proof": world.step_up("custodian", "authority.delegate", given["id"])},
        )
    )
    assert [one["state"] for one in ended["items"]] == ["ended"]
    again = story.post("custodian", f"/delegations/{given['id']}/end", {"reason": "再次"})
    problem(again, 409, "DELEGATION_ENDED")


def test_a_tender_is_electronic_only_and_its_grant_of_six_uses_closes_itself(
    story: Story, platform: Platform
) -> None:
    world = story.world
    story.make_seal("legal_name", "electronic", category="legal_name", seal_code="1101080000125")
    tenders_must_be_electronic(story)
    world.stamp()
    seal_id = story.seals["legal_name"]
    lacking = [
        ({"document_kinds": None}, "GRANT_AUTO_TEMPLATE"),
        ({"count_limit": None}, "GRANT_AUTO_COUNT"),
        ({"seal_id": None}, "GRANT_AUTO_SEAL"),
    ]
    bound: dict[str, Any] = {
        "act": "auto_seal",
        "seal_id": seal_id,
        "document_kinds": ["tender"],
        "count_limit": USES,
        "valid_until": world.clock.now_ms() + 48 * HOUR,
    }
    for change, code in lacking:
        problem(story.grant(**{**bound, **change}), 409, code)
    grant = ok(story.grant(**bound), 201)
    version = story.upload()
    tender: dict[str, Any] = {
        "title": "政府采购投标文件",
        "document_kind": "tender",
        "document_version_ids": [version],
        "seals": [story.line("legal_name", seam=None, seam_presses=0)],
    }
    paper = story.draft(
        **{
            **tender,
            "medium": "physical",
            "seals": [story.line("official", placements=[], seam=None, qr=None)],
        }
    )
    problem(story.submit(paper["id"]), 409, "MEDIUM_REFUSED")
    sealed = [approved(story, **tender) for _ in range(USES)]
    extra = approved(story, **tender)
    world.settle()
    assert {story.read(one)["status"] for one in sealed} == {"sealed"}
    assert story.read(extra)["status"] == "approved", "the seventh waits for its keeper"
    (shown,) = story.get("auditor", f"/grants/{grant['id']}")["items"]
    assert (shown["count_used"], shown["status"], shown["end_cause"]) == (USES, "ended", "used_up")
    assert evidence(story, "grant", grant["id"]) == ["authority.granted", "authority.ended"]
    begin_rounds(platform)
    world.settle()
    second = ok(story.grant(**bound), 201)
    world.clock.advance(seconds=(second["valid_until"] - world.clock.now_ms()) / 1000 - 60)
    world.settle()
    world.members["auditor"].client = world.sign_in(world.members["auditor"])
    assert evidence(story, "grant", second["id"]) == ["authority.granted"]
    world.clock.advance(seconds=EVERY_MS / 1000 + 61)
    # Nobody asks for the grant: the worker comes to its next round, and the evidence says that it ended.
    world.settle()
    assert evidence(story, "grant", second["id"]) == ["authority.granted", "authority.ended"]
    (shown,) = story.get("auditor", f"/grants/{second['id']}")["items"]
    assert (shown["count_used"], shown["end_cause"]) == (0, "expired")


def test_merged_duties_need_an_override_or_a_small_unit_and_are_reviewed(story: Story) -> None:
    world = story.world
    seal_id = story.seals["contract"]
    high = {"amount_minor": 200_000_000}
    request_id = approved(story, kind="custodian", **high)
    problem(seal(story, "custodian", request_id), 409, "DUTIES_NOT_SEPARATE")
    body = {"request_id": request_id, "person_id": world.id("custodian"), "reason": "保管人唯一在岗"}
    problem(story.post("department_head", "/authority/overrides", body), 403, "NOT_PERMITTED")
    problem(story.post("legal_representative", "/authority/overrides", body), 403, "STEP_UP_REQUIRED")

    def lift(**change: str) -> Any:
        asked = {**body, **change}
        proof = world.step_up(
            "legal_representative", "authority.override", f"{asked['request_id']}:{asked['person_id']}"
        )
        return story.post("legal_representative", "/authority/overrides", {**asked, "proof": proof})

    problem(lift(person_id=world.id("reviewer")), 409, "OVERRIDE_NEEDLESS")
    problem(lift(person_id=world.id("legal_representative")), 409, "OVERRIDE_SELF")
    review = ok(lift(), 201)
    assert (review["kind"], review["merged"]["name"], review["request_id"]) == (
        "override",
        "王岚",
        request_id,
    )
    problem(lift(), 409, "OVERRIDE_GIVEN")
    ok(seal(story, "custodian", request_id))
    assert "authority.duties_merged" in evidence(story, "request", request_id)
    assert seal_id in str(story.read(request_id, "custodian")["uses"])
    proof = world.step_up("legal_representative", "authority.small_unit", world.id("auditor"))
    registered = ok(
        story.post(
            "legal_representative",
            "/authority/small-unit",
            {
                "reviewer_id": world.id("auditor"),
                "reviewer_kind": "outside_accountant",
                "reason": "全员七人",
                "proof": proof,
            },
        ),
        201,
    )
    assert (registered["registered"], registered["headcount"]) == (True, 7)
    second = approved(story, kind="custodian", **high)
    ok(seal(story, "custodian", second))
    reviews = story.get("auditor", "/authority/reviews")["items"]
    assert [(one["kind"], one["request_id"], one["mine"]) for one in reviews] == [
        ("small_unit", second, True),
        ("override", request_id, True),
    ]
    _merging_is_compared(world)


def _merging_is_compared(world: World) -> None:
    require_untouched(world.platform)
    merged = [
        Altered("small_unit", "headcount", 3, "SmallUnit.headcount"),
        Altered("small_unit", "reviewer_id", world.id("custodian"), "SmallUnit.reviewer_id"),
        Altered("small_unit", "reason", "全员三人", "SmallUnit.reason"),
        Altered("small_unit", "ended_at", 1, "SmallUnit.ended_at"),
        Altered("duty_override", "given_by", world.id("employee"), "DutyOverride.given_by"),
        Altered("after_review", "reviewer_id", None, "AfterReview.reviewer_id"),
    ]
    require_named(world.platform, "authority.", merged)


def test_rounds_wait_one_at_a_time(platform: Platform, world: World) -> None:
    begin_rounds(platform)
    begin_rounds(platform)
    world.settle()
    with platform.database.read_session() as session:
        jobs = session.query(Job).where(Job.kind == JOB_KIND).all()
    assert sorted(job.state for job in jobs) == ["done", "waiting"]


def test_approvals_reach_the_delegate_and_keep_both_names(story: Story) -> None:
    given = ok(delegate(story, "department_head", "legal_representative", acts=["approve"]), 201)
    request = story.apply()
    assert story.todo("department_head") == []
    (item,) = story.todo("legal_representative")
    assert item["on_behalf_of"]["name"] == "周凯"
    ok(story.decide("legal_representative", item, proof=True))
    (decision,) = story.read(request["id"])["approval"]["steps"][0]["decisions"]
    assert (decision["person"]["name"], decision["on_behalf_of"]["name"]) == ("陈雪", "周凯")
    assert evidence(story, "delegation", given["id"]) == ["authority.delegated"]
