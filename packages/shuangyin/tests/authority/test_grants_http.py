"""Grants over HTTP: given, accepted, used, ended; and the three questions with their chains of reasons."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import AMOUNT, Story, begin
from sqlalchemy import event
from tampering import Altered, require_named, require_untouched

from shuangyin.authority.commands.rounds import end_what_is_over, remind
from shuangyin.authority.judging import UseFacts, judge
from shuangyin.core.platform import Platform
from shuangyin.organization.queries import posts

pytestmark = pytest.mark.database

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def story(world: World) -> Story:
    return begin(world)


def accept(story: Story, kind: str, grant: dict[str, Any]) -> Any:
    proof = story.world.step_up(kind, "authority.accept", grant["id"])
    return story.post(kind, f"/grants/{grant['id']}/accept", {"proof": proof})


def given(story: Story, holder: str, kind: str = "legal_representative", **fields: Any) -> dict[str, Any]:
    """A grant to press the contract seal, accepted by its holder."""
    body = {
        "act": "press",
        "seal_id": story.seals["contract"],
        "holder_person_id": story.world.id(holder),
        **fields,
    }
    grant = ok(story.grant(kind, **body), 201)
    return dict(ok(accept(story, holder, grant)) if grant["status"] == "offered" else grant)


def asked(story: Story, person: str, **fields: Any) -> dict[str, Any]:
    query = {
        "act": "press",
        "seal_id": story.seals["contract"],
        "person_id": story.world.id(person),
        "document_kind": "supplier_contract",
        "amount_minor": AMOUNT,
        **fields,
    }
    shown = "&".join(f"{name}={value}" for name, value in query.items())
    return dict(story.get("auditor", f"/authority/answer?{shown}"))


def codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["reasons"]]


def test_a_grant_goes_from_the_root_office_to_a_head_to_an_employee_with_its_chain(story: Story) -> None:
    assert codes(asked(story, "employee")) == ["NO_AUTHORITY"]
    top = given(
        story,
        "department_head",
        amount_limit_minor=AMOUNT,
        count_limit=3,
        department_id=story.world.department_id,
    )
    offered = ok(
        story.grant(
            "department_head",
            act="press",
            parent_id=top["id"],
            holder_person_id=story.world.id("employee"),
            document_kinds=["supplier_contract"],
        ),
        201,
    )
    assert offered["status"] == "offered"
    assert (offered["amount_limit_minor"], offered["count_limit"]) == (AMOUNT, 3), (
        "open limits are the parent's"
    )
    at_work = {"department_id": story.world.department_id}
    assert codes(asked(story, "employee", **at_work)) == ["GRANT_NOT_ACCEPTED"]
    ok(accept(story, "employee", offered))
    answer = asked(story, "employee", **at_work)
    assert answer["allowed"]
    assert [one["kind"] for one in answer["chain"]] == ["office", "grant", "grant"]
    assert [one["id"] for one in answer["chain"][1:]] == [top["id"], offered["id"]]
    assert answer["chain"][-1]["person"]["name"] == "李然"
    assert codes(asked(story, "employee", amount_minor=AMOUNT + 1, **at_work)) == ["GRANT_AMOUNT"]
    assert codes(asked(story, "employee", amount_minor=AMOUNT, currency="USD", **at_work)) == ["GRANT_AMOUNT"]
    assert codes(asked(story, "employee", document_kind="letter", **at_work)) == ["GRANT_SCENARIO"]
    assert codes(asked(story, "employee")) == ["GRANT_DEPARTMENT"], "who applies is not known"
    who = story.get("auditor", f"/authority/seals/{story.seals['contract']}")["items"]
    assert {(one["act"], one["person"]["name"], one["basis"]) for one in who if one["act"] == "press"} == {
        ("press", "王岚", "post"),
        ("press", "周凯", "grant"),
        ("press", "李然", "grant"),
    }
    mine = story.get("employee", f"/authority/persons/{story.world.id('employee')}")["items"]
    assert [(one["act"], one["basis"]) for one in mine] == [("apply", "post"), ("press", "grant")]
    assert mine[1]["seals"][0]["id"] == story.seals["contract"]


def test_a_child_wider_by_one_fen_or_one_second_is_refused_and_so_is_who_holds_nothing(story: Story) -> None:
    top = given(
        story, "department_head", amount_limit_minor=100, valid_until=story.world.clock.now_ms() + DAY
    )
    child = {"act": "press", "parent_id": top["id"], "holder_person_id": story.world.id("employee")}
    wider = [
        ({"amount_limit_minor": 101}, "GRANT_AMOUNT"),
        ({"valid_until": top["valid_until"] + 1000}, "GRANT_TIME"),
        ({"seal_id": story.seals["official"]}, "GRANT_SEAL"),
        ({"seal_category": "contract"}, "GRANT_SEAL"),
    ]
    for fields, code in wider:
        problem(story.grant("department_head", **child, **fields), 409, code)
    problem(story.grant("employee", **child), 403, "NOT_PERMITTED")
    problem(
        story.grant("employee", act="press", holder_person_id=story.world.id("employee")),
        403,
        "NOT_PERMITTED",
    )
    problem(story.grant(act="press", seal_id=story.seals["contract"]), 422, "GRANT_HOLDER")
    problem(
        story.post(
            "legal_representative",
            "/grants",
            {"act": "press", "holder_person_id": story.world.id("employee"), "reason": "无证明"},
        ),
        403,
        "STEP_UP_REQUIRED",
    )


def test_a_grant_that_runs_out_between_decision_and_sealing_seals_nothing(story: Story) -> None:
    """The request was decided and could have been sealed until then: at the first instant after, nothing happens."""
    world = story.world
    grant = given(story, "reviewer", valid_until=world.clock.now_ms() + HOUR // 6)
    request = story.apply()
    story.approve(request["id"])
    before = asked(story, "reviewer")
    proof = world.step_up("reviewer", "sealing.execute", request["id"])
    world.clock.advance(seconds=(grant["valid_until"] - world.clock.now_ms() - 1) / 1000)
    last = asked(story, "reviewer")
    assert (before["allowed"], last["allowed"], last["at"]) == (True, True, grant["valid_until"] - 1)
    world.clock.advance(seconds=0.001)
    assert codes(asked(story, "reviewer")) == ["GRANT_NOT_NOW"]
    refused = story.post("reviewer", f"/requests/{request['id']}/seal", {"proof": proof})
    problem(refused, 403, "NOT_PERMITTED")
    shown = story.read(request["id"])
    assert (shown["status"], shown["uses"]) == ("approved", [])
    (standing,) = story.get("auditor", f"/grants/{grant['id']}")["items"]
    assert (standing["in_force"], standing["count_used"], standing["count_reserved"]) == (False, 0, 0)


def test_only_the_holder_accepts_or_declines_and_once(story: Story) -> None:
    body = {
        "act": "press",
        "seal_id": story.seals["contract"],
        "holder_person_id": story.world.id("employee"),
    }
    grant = ok(story.grant(**body), 201)
    problem(accept(story, "department_head", grant), 403, "NOT_THE_HOLDER")
    problem(story.post("employee", f"/grants/{grant['id']}/accept"), 403, "STEP_UP_REQUIRED")
    declined = ok(story.post("employee", f"/grants/{grant['id']}/decline", {"reason": "不经手合同"}))
    assert (declined["status"], declined["in_force"]) == ("declined", False)
    problem(accept(story, "employee", grant), 409, "GRANT_ANSWERED")
    problem(story.end_grant(grant["id"], "撤回"), 409, "GRANT_ENDED")
    entries = story.get(
        "legal_representative", f"/evidence/entries?subject_type=grant&subject_id={grant['id']}"
    )
    assert [one["kind"] for one in entries["items"]] == ["authority.granted", "authority.declined"]
    require_named(
        story.world.platform, "authority.", [Altered("authority_grant", "status", "active", "Grant.status")]
    )


def test_ending_a_parent_ends_every_child_and_a_holder_can_give_back(story: Story) -> None:
    top = given(story, "department_head")
    child = given(story, "employee", "department_head", parent_id=top["id"], seal_id=None)
    other = given(story, "employee")
    problem(story.end_grant(other["id"], "想收回", "department_head"), 403, "NOT_YOUR_GRANT")
    given_back = ok(story.end_grant(other["id"], "不再经手", "employee"))["items"]
    assert [one["end_cause"] for one in given_back] == ["renounced"]
    problem(
        story.post("legal_representative", f"/grants/{top['id']}/end", {"reason": "无证明"}),
        403,
        "STEP_UP_REQUIRED",
    )
    ended = ok(story.end_grant(top["id"], "调岗"))["items"]
    assert [(one["id"], one["end_cause"]) for one in ended] == [
        (top["id"], "revoked"),
        (child["id"], "parent_ended"),
    ]
    assert codes(asked(story, "employee")) == ["NO_AUTHORITY"]
    require_untouched(story.world.platform)
    # Whoever brings an ended grant back to life in the database is found.
    revived = [
        Altered("authority_grant", "status", "active", "Grant.status"),
        Altered("authority_grant", "ended_at", None, "Grant.ended_at"),
        Altered("authority_grant", "end_cause", "expired", "Grant.end_cause"),
        Altered("authority_grant", "answered_by", story.world.id("auditor"), "Grant.answered_by"),
        Altered("authority_grant", "path", top["id"], "Grant.path"),
        Altered("authority_grant", "document_kinds", "{broken", "Grant.document_kinds"),
        Altered("grant_target", "act", "approve", "GrantTarget.act"),
    ]
    require_named(story.world.platform, "authority.", revived)


def test_grants_outlive_the_holder_of_the_root_office_for_ten_working_days(
    story: Story, platform: Platform
) -> None:
    world = story.world
    grant = given(story, "employee")
    office = next(one for one in story.get("administrator", "/posts")["items"] if one["is_office"])
    assert office["office"] == "legal_representative"
    leaving = story.get("administrator", f"/persons/{world.id('legal_representative')}")
    (holding,) = [one for one in leaving["posts"] if one["post_id"] == office["id"]]
    ok(world.client("administrator").delete(f"/api/v1/persons/{leaving['id']}/posts/{holding['holding_id']}"))
    ok(
        story.post(
            "administrator", f"/persons/{world.id('department_head')}/posts", {"post_id": office["id"]}
        )
    )
    shown = story.get("auditor", f"/grants/{grant['id']}")["items"][-1]
    lapses_at = shown["lapses_at"]
    assert lapses_at - world.clock.now_ms() > 10 * DAY
    assert asked(story, "employee")["allowed"]
    (top,) = story.get("department_head", "/authority/offices")["items"]
    assert (top["to_reconfirm"], top["reconfirm_by"]) == (1, lapses_at)
    world.clock.advance(seconds=(lapses_at - world.clock.now_ms()) / 1000)
    member = world.members["auditor"]
    member.client = world.sign_in(member)
    assert codes(asked(story, "employee")) == ["GRANT_NOT_RECONFIRMED"]
    organization_id = story.get("auditor", "/organization")["id"]
    assert platform.transact(lambda work: end_what_is_over(work, organization_id)) == 1
    assert story.get("auditor", f"/grants/{grant['id']}")["items"][-1]["end_cause"] == "not_reconfirmed"


def test_the_new_holder_reconfirms_and_the_grant_goes_on(story: Story) -> None:
    world = story.world
    grant = given(story, "employee")
    proof = world.step_up("legal_representative", "authority.reconfirm", grant["id"])
    office = next(one for one in story.get("administrator", "/posts")["items"] if one["is_office"])
    leaving = story.get("administrator", f"/persons/{world.id('legal_representative')}")
    (holding,) = [one for one in leaving["posts"] if one["post_id"] == office["id"]]
    ok(world.client("administrator").delete(f"/api/v1/persons/{leaving['id']}/posts/{holding['holding_id']}"))
    body = {"grant_ids": [grant["id"]], "proof": proof}
    problem(story.post("legal_representative", "/grants/reconfirm", body), 403, "NOT_THE_OFFICE")
    ok(
        story.post(
            "administrator", f"/persons/{world.id('department_head')}/posts", {"post_id": office["id"]}
        )
    )
    proof = world.step_up("department_head", "authority.reconfirm", grant["id"])
    confirmed = ok(story.post("department_head", "/grants/reconfirm", {**body, "proof": proof}))["items"]
    assert confirmed[0]["lapses_at"] is None
    assert asked(story, "employee")["allowed"]
    require_untouched(world.platform)
    stood_by = [Altered("authority_grant", "confirmed_at", 9_000_000_000_000, "Grant.confirmed_at")]
    require_named(world.platform, "authority.", stood_by)


def test_seals_of_the_party_have_their_own_root(story: Story) -> None:
    seal = ok(
        story.post(
            "administrator",
            "/seals/physical",
            {
                "category": "department",
                "face_text": "中共云岫支部",
                "root": "party",
                "filing_no": "备案-9",
                "filing_authority": "海淀分局",
                "filed_at": 1,
            },
        ),
        201,
    )
    assert seal["root"] == "party"
    body = {"act": "press", "seal_id": seal["id"], "holder_person_id": story.world.id("employee")}
    problem(story.grant(**body), 409, "NO_ROOT_OFFICE")
    post = {"name": "党支部书记", "kind": "affiliated_office", "is_office": True, "office": "party_secretary"}
    problem(story.post("administrator", "/posts", {**post, "office": "proprietor"}), 422, "OFFICE_UNKNOWN")
    office = ok(story.post("administrator", "/posts", post), 201)
    problem(story.post("administrator", "/posts", post), 409, "OFFICE_EXISTS")
    problem(story.grant(**body), 403, "NOT_THE_OFFICE")
    ok(story.post("administrator", f"/persons/{story.world.id('reviewer')}/posts", {"post_id": office["id"]}))
    grant = ok(story.grant("reviewer", **body), 201)
    assert grant["root"] == "party"
    ok(accept(story, "employee", grant))
    given(story, "custodian", seal_id=None)
    assert asked(story, "employee", seal_id=seal["id"])["allowed"]
    assert not asked(story, "custodian", seal_id=seal["id"])["allowed"], (
        "all seals are those of one's own root"
    )


def test_reminders_come_once_per_round(story: Story, platform: Platform) -> None:
    world = story.world
    given(story, "employee", valid_until=world.clock.now_ms() + 20 * DAY)
    organization_id = story.get("auditor", "/organization")["id"]

    def round_() -> int:
        return platform.transact(lambda work: remind(work, organization_id))

    assert round_() == 0
    world.clock.advance(seconds=14 * 24 * 3600)
    assert [round_(), round_()] == [1, 0]
    world.clock.advance(seconds=5.5 * 24 * 3600)
    assert [round_(), round_()] == [1, 0]


def test_queries_of_an_answer_do_not_grow_with_the_depth_of_its_line(
    story: Story, platform: Platform
) -> None:
    top = given(story, "department_head")
    shallow = statements(story, platform)
    parent = top
    for _ in range(4):
        parent = given(story, "department_head", "department_head", parent_id=parent["id"], seal_id=None)
    assert statements(story, platform) == shallow
    assert shallow <= 8


def statements(story: Story, platform: Platform) -> int:
    seen: list[str] = []
    event.listen(platform.database.reader, "before_cursor_execute", lambda *args: seen.append(args[2]))
    organization_id = story.get("auditor", "/organization")["id"]
    seen.clear()
    answer = platform.view(
        lambda work: judge(
            work,
            organization_id=organization_id,
            person_id=story.world.id("department_head"),
            act="press",
            seal_id=story.seals["contract"],
            at=work.now,
            use=UseFacts(amount_minor=1),
        )
    )
    assert answer.allowed
    return len(seen)


def test_posts_are_known_to_the_chain(story: Story, platform: Platform) -> None:
    organization_id = story.get("auditor", "/organization")["id"]
    answer = asked(story, "legal_representative", act="approve")
    assert [one["kind"] for one in answer["chain"]] == ["office"]
    names = platform.view(lambda work: {post.name for post in posts(work, organization_id)})
    assert answer["chain"][0]["post"]["name"] in names
