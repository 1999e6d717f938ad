"""A person leaves: everything in hand ends or goes to the successor at one instant, named item by item."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hiring import hire, leave
from platform_world import PASSWORD, Member, World, ok, problem
from request_story import Story, begin
from sqlalchemy import select, update
from tampering import Altered, require_named, require_untouched

from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.models import Person
from shuangyin.transitions.leaving import digest_of_lines
from shuangyin.transitions.leaving_models import PersonTransitionItem

HOUR = 3_600_000
pytestmark = pytest.mark.database_full


@pytest.fixture
def story(world: World) -> Story:
    return begin(world)


def holdings(story: Story) -> dict[str, Any]:
    """Put fourteen things into the hands of 周凯, head of department and keeper; what they are and how he gets in."""
    world = story.world
    head = world.id("department_head")
    posts = {post["kind"]: post["id"] for post in story.get("administrator", "/posts")["items"]}
    ok(story.post("administrator", f"/persons/{head}/posts", {"post_id": posts["custodian"]}), 201)
    for seal in story.seals.values():
        path = f"/api/v1/seals/{seal}/keeper"
        ok(world.client("administrator").put(path, json={"person_id": head}))
    safe = {"name": "一号柜", "place": "三层机要室", "custodian_id": head}
    safe_id = ok(story.post("administrator", "/safes", safe), 201)["id"]
    request = story.apply()
    draft = story.draft("department_head")
    passed_on: dict[str, Any] = {"act": "press", "seal_id": story.seals["contract"], "may_pass_on": True}
    grant = ok(story.grant(holder_person_id=head, **passed_on), 201)["id"]
    proof = world.step_up("department_head", "authority.accept", grant)
    ok(story.post("department_head", f"/grants/{grant}/accept", {"proof": proof}))
    below: dict[str, Any] = {"act": "press", "seal_id": story.seals["contract"], "parent_id": grant}
    child = ok(story.grant("department_head", holder_person_id=world.id("reviewer"), **below), 201)["id"]
    delegation = {
        "delegate_id": head,
        "acts": ["apply"],
        "until_at": world.clock.now_ms() + 6 * HOUR,
        "reason": "出差",
        "proof": world.step_up("employee", "authority.delegate", head),
    }
    delegated = ok(story.post("employee", "/delegations", delegation), 201)["id"]
    token = {
        "name": "日报",
        "scopes": ["seals.read"],
        "proof": world.step_up("department_head", "people.create_token", "日报"),
    }
    secret = ok(story.post("department_head", "/me/tokens", token), 201)["secret"]
    hire(world, "next_head", "department_head", "钱进")
    ok(
        story.post(
            "administrator", f"/persons/{world.id('next_head')}/posts", {"post_id": posts["custodian"]}
        ),
        201,
    )
    return {
        "safe": safe_id,
        "request": request["id"],
        "draft": draft["id"],
        "grant": grant,
        "child": child,
        "delegation": delegated,
        "secret": secret,
    }


@pytest.mark.database
def test_a_leaving_employee_with_fourteen_items(story: Story, tmp_path: Path) -> None:
    world, admin = story.world, story.world.client("administrator")
    held = holdings(story)
    head, successor = world.id("department_head"), world.id("next_head")
    path = f"/persons/{head}/leave"
    # Without a successor, what needs a keeper is named, and nothing happens.
    shown = ok(story.post("administrator", f"{path}/preview"))
    assert (shown["total"], shown["blocked"]) == (14, 2)
    blocked = [
        (one["why"], one["label"]) for part in shown["parts"] for one in part["items"] if one["why_text"]
    ]
    assert ("NEEDS_CUSTODIAN", "一号柜") in blocked
    assert "NEEDS_KEEPER" in dict(blocked)
    refused = problem(leave(world, head), 409, "TRANSITION_BLOCKED")
    assert refused["details"]["count"] == 2
    assert story.get("department_head", "/me")["person"]["id"] == head
    # With one, the preview says what would become of each thing, and exactly that happens.
    choices = {"successor_id": successor, "reason": "个人原因离职"}
    shown = ok(story.post("administrator", f"{path}/preview", choices))
    assert (shown["total"], shown["blocked"]) == (14, 0)
    totals = {part["part"]: part["total"] for part in shown["parts"] if part["total"]}
    assert totals == {
        "approvals": 1, "requests": 1, "seals": 2, "safes": 1, "delegations": 1, "grants": 2, "posts": 2,
        "tokens": 1, "sessions": 1, "factors": 2,
    }  # fmt: skip
    problem(story.post("administrator", path, choices), 403, "STEP_UP_REQUIRED")
    problem(leave(world, head, **choices, seen="0" * 64), 412, "TRANSITION_CHANGED")
    unused = world.step_up("department_head", "authority.end", held["grant"])
    done = ok(leave(world, head, **choices, seen=shown["digest"]))
    assert (done["ended_posts"], done["ended_sessions"], done["ended_tokens"]) == (2, 1, 1)
    transition = done["transition"]
    # Fourteen, and the confirmation he had begun in between.
    assert (transition["items"], transition["successor"]["name"]) == (15, "钱进")
    nothing_works(story, held, unused)
    what_went_over(story, held)
    rows = rows_of(world, transition["id"])
    counted = Counter(one.outcome for one in rows)
    assert counted == {"handed_over": 4, "ended": 11}
    assert transition["sm3"] == digest_of_lines(
        (one.part, one.kind, one.subject_id, one.outcome, one.to_person_id or "") for one in rows
    )
    proof_sheet(story, transition, tmp_path)
    problem(leave(world, head), 409, "PERSON_LEFT")
    listed = ok(admin.get("/api/v1/person-transitions", params={"person_id": head}))["items"]
    assert [one["number"] for one in listed] == [transition["number"]]


def nothing_works(story: Story, held: dict[str, Any], proof: str) -> None:
    world = story.world
    problem(world.client("department_head").get("/api/v1/me"), 401, "UNAUTHENTICATED")
    program = world.anonymous()
    program.headers["Authorization"] = f"Bearer {held['secret']}"
    problem(program.get("/api/v1/seals"), 401, "UNAUTHENTICATED")
    late = {"reason": "不再需要", "proof": proof}
    answer = world.client("department_head").post(f"/api/v1/grants/{held['grant']}/end", json=late)
    problem(answer, 401, "UNAUTHENTICATED")
    again = {"account": "department-head", "password": PASSWORD}
    problem(world.anonymous().post("/api/v1/auth/sign-in", json=again), 401, "SIGN_IN_REFUSED")


def what_went_over(story: Story, held: dict[str, Any]) -> None:
    world = story.world
    (item,) = story.todo("next_head")
    assert item["subject_id"] == held["request"]
    for seal in story.seals.values():
        assert story.get("administrator", f"/seals/{seal}")["keeper"]["name"] == "钱进"
    safes = story.get("custodian", "/safes")
    assert [one["custodian"]["name"] for one in safes] == ["钱进"]
    for grant, cause in ((held["grant"], "holder_left"), (held["child"], "parent_ended")):
        shown = story.get("legal_representative", f"/grants/{grant}")["items"][-1]
        assert (shown["status"], shown["end_cause"]) == ("ended", cause)
    delegations = story.get("employee", "/delegations")["items"]
    assert [one["state"] for one in delegations if one["id"] == held["delegation"]] == ["ended"]
    assert story.read(held["draft"], "legal_representative")["status"] == "withdrawn"
    ok(story.decide("next_head", item, proof=True))
    world.settle()


def rows_of(world: World, transition_id: str) -> list[Any]:
    """What stands on the sheet, line by line."""
    one = PersonTransitionItem
    query = select(one.part, one.kind, one.subject_id, one.outcome, one.to_person_id, one.why)
    query = query.where(one.transition_id == transition_id).order_by(one.position)
    return world.platform.view(lambda work: list(work.session.execute(query)))


def proof_sheet(story: Story, transition: dict[str, Any], folder: Path) -> None:
    """The sheet names every thing and the instant; read with poppler, not with what wrote it."""
    world = story.world
    answer = world.client("administrator").get(f"/api/v1/person-transitions/{transition['id']}/sheet.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    (folder / "sheet.pdf").write_bytes(answer.content)
    text = subprocess.run(
        ["pdftotext", "-layout", folder / "sheet.pdf", "-"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    for word in ("离职交接证明单", "周凯", "钱进", "一号柜", "日报", "部门负责人", transition["number"]):
        assert word in text
    assert transition["sm3"][:32] in text.replace("\n", "").replace(" ", "")
    problem(
        world.client("employee").get(f"/api/v1/person-transitions/{transition['id']}/sheet.pdf"),
        403,
        "NOT_PERMITTED",
    )


def test_who_may_let_people_leave_hands_over_seals_without_managing_them(story: Story) -> None:
    world = story.world
    new = {"name": "人事主管", "kind": "employee", "permissions": ["people.manage"]}
    post = ok(story.post("administrator", "/posts", new), 201)["id"]
    officer = hire(world, "officer", "employee", "周令")
    ok(story.post("administrator", f"/persons/{officer.id}/posts", {"post_id": post}), 201)
    posts = {one["kind"]: one["id"] for one in story.get("administrator", "/posts")["items"]}
    keeper = world.id("custodian")
    seal = story.seals["contract"]
    ok(world.client("administrator").put(f"/api/v1/seals/{seal}/keeper", json={"person_id": keeper}))
    safe = {"name": "二号柜", "place": "二层", "custodian_id": keeper}
    safe_id = ok(story.post("administrator", "/safes", safe), 201)["id"]
    heir = hire(world, "heir", "custodian", "何承")
    world.members["officer"].client = None
    wish = {"successor_id": heir.id}
    # As long as the keeper stays, who manages the seals names another one.
    moving = {
        **wish,
        "ending": [],
        "beginning": [posts["employee"]],
        "parts": [{"part": "seals", "action": "hand_over"}],
    }
    shown = ok(story.post("officer", f"/persons/{keeper}/change-post/preview", moving))
    whys = {item["why"] for part in shown["parts"] for item in part["items"] if part["part"] == "seals"}
    assert whys == {"NEEDS_SEALS_RIGHT"}
    proof = world.step_up("officer", "people.leave", keeper)
    done = ok(story.post("officer", f"/persons/{keeper}/leave", {**wish, "proof": proof}))
    rows = [one for one in rows_of(world, done["transition"]["id"]) if one.part in ("seals", "safes")]
    assert {(one.outcome, one.to_person_id) for one in rows} == {("handed_over", heir.id)}
    assert {seal, safe_id} <= {one.subject_id for one in rows}
    assert story.get("administrator", f"/seals/{seal}")["keeper"]["id"] == heir.id


def test_the_entry_of_leaving_holds_the_digest_of_all_items_and_no_names(story: Story) -> None:
    world = story.world
    hired = hire(world, "short_stay", "employee", "郑安")
    done = ok(leave(world, hired.id, reason="试用期未满"))
    query = select(EvidenceEntry.body).where(EvidenceEntry.kind == "people.person_left")
    body = world.platform.view(lambda work: work.session.scalars(query).one())
    facts = json.loads(body)["facts"]
    assert facts["items_sm3"] == done["transition"]["sm3"]
    assert facts["parts"]["posts"] == {"ended": 1}
    require_untouched(world.platform)
    person = world.id("employee")
    changes = [
        Altered("person_transition", "reason", "别的", "PersonTransition.reason"),
        Altered("person_transition", "done_by", person, "PersonTransition.done_by"),
        Altered("person_transition", "digest", "0" * 64, "PersonTransition.digest"),
        Altered("person_transition_item", "outcome", "handed_over", "PersonTransitionItem"),
        Altered("person_transition_item", "subject_id", person, "PersonTransitionItem"),
        Altered("post_holding", "until_at", 9, "PostHolding.until_at"),
        Altered("post_holding", "person_id", person, "PostHolding.person_id"),
    ]
    require_named(world.platform, "people.", changes)
    with world.platform.database.writer.begin() as connection:
        connection.execute(update(Person).where(Person.id == hired.id).values(status="active"))
    with pytest.raises(AssertionError, match=r"Person\.status"):
        require_untouched(world.platform)
    assert "郑安" not in body
    assert "试用期" not in body


@pytest.mark.parametrize(
    ("choices", "status", "code"),
    [
        ({"successor_id": "self"}, 422, "SUCCESSOR_WRONG"),
        ({"successor_id": "0" * 32}, 404, "NOT_FOUND"),
        ({"successor_id": "left"}, 422, "SUCCESSOR_WRONG"),
        ({"parts": [{"part": "posts", "action": "hand_over"}]}, 422, "TRANSITION_CHOICE"),
        ({"parts": [{"part": "seals", "action": "keep"}]}, 422, "TRANSITION_CHOICE"),
        ({"parts": [{"part": "nothing"}]}, 422, "TRANSITION_CHOICE"),
        ({"reason": "甲" * 501}, 422, "INVALID_INPUT"),
    ],
)
def test_choices_that_cannot_be_made(world: World, choices: dict[str, Any], status: int, code: str) -> None:
    employee = world.id("employee")
    if choices.get("successor_id") == "left":
        gone = hire(world, "gone", "employee", "郑安")
        ok(leave(world, gone.id))
        choices = {"successor_id": gone.id}
    if choices.get("successor_id") == "self":
        choices = {"successor_id": employee}
    path = f"/api/v1/persons/{employee}/leave/preview"
    problem(world.client("administrator").post(path, json=choices), status, code)
    problem(world.client("employee").post(path, json={}), 403, "NOT_PERMITTED")


def test_approvals_go_to_the_superior_when_the_successor_may_not_take_them(story: Story) -> None:
    world = story.world
    request = story.apply()
    # The applicant cannot approve his own application, and an employee cannot approve at all.
    done = ok(leave(world, world.id("department_head"), successor_id=world.id("employee")))
    (row,) = [one for one in rows_of(world, done["transition"]["id"]) if one.part == "approvals"]
    assert (row.outcome, row.to_person_id, row.why) == (
        "handed_over",
        world.id("legal_representative"),
        "TO_SUPERIOR",
    )
    assert [one["subject_id"] for one in story.todo("legal_representative")] == [request["id"]]


def test_grants_are_offered_to_the_successor_by_who_may_grant_with_what_is_left(story: Story) -> None:
    world = story.world
    posts = {post["kind"]: post["id"] for post in story.get("administrator", "/posts")["items"]}
    head = world.id("department_head")
    wanted: dict[str, Any] = {"act": "press", "seal_id": story.seals["contract"], "count_limit": 5}
    grant = ok(story.grant(holder_person_id=head, **wanted), 201)["id"]
    body = {"successor_id": world.id("reviewer"), "parts": [{"part": "grants", "action": "hand_over"}]}
    refused = problem(leave(world, head, **body), 409, "TRANSITION_BLOCKED")
    assert refused["details"]["blocked"][0]["why"] == "NEEDS_GRANT_RIGHT"
    # The root office may grant; it is given the right to manage people for this.
    manager = {"post_id": posts["administrator"]}
    ok(story.post("administrator", f"/persons/{world.id('legal_representative')}/posts", manager), 201)
    proof = world.step_up("legal_representative", "people.leave", head)
    done = ok(story.post("legal_representative", f"/persons/{head}/leave", {"proof": proof, **body}))
    assert story.get("legal_representative", f"/grants/{grant}")["items"][-1]["status"] == "ended"
    mine = [
        one
        for one in story.get("legal_representative", "/grants?status=offered")["items"]
        if one["holder_person"] and one["holder_person"]["id"] == world.id("reviewer")
    ]
    assert [(one["act"], one["count_limit"], one["id"] != grant) for one in mine] == [("press", 5, True)]
    assert done["transition"]["items"] >= 1


def test_delegations_given_and_received_end_with_who_leaves(story: Story) -> None:
    world = story.world
    head = world.id("department_head")

    def delegate(kind: str, to: str) -> str:
        body = {
            "delegate_id": to,
            "acts": ["apply"],
            "until_at": world.clock.now_ms() + 6 * HOUR,
            "reason": "出差",
            "proof": world.step_up(kind, "authority.delegate", to),
        }
        return str(ok(story.post(kind, "/delegations", body), 201)["id"])

    received = delegate("employee", head)
    given = delegate("department_head", world.id("reviewer"))
    elsewhere = delegate("employee", world.id("reviewer"))
    shown = ok(story.post("administrator", f"/persons/{head}/leave/preview"))
    [items] = [part["items"] for part in shown["parts"] if part["part"] == "delegations"]
    assert {(one["kind"], one["outcome"]) for one in items} == {
        ("delegation_received", "ended"),
        ("delegation_given", "ended"),
    }
    done = ok(leave(world, head))
    rows = [one for one in rows_of(world, done["transition"]["id"]) if one.part == "delegations"]
    assert {(one.subject_id, one.outcome) for one in rows} == {(received, "ended"), (given, "ended")}
    states: dict[str, str] = {}
    for kind in ("employee", "reviewer"):
        states |= {one["id"]: one["state"] for one in story.get(kind, "/delegations")["items"]}
    assert (states[received], states[given]) == ("ended", "ended")
    # What has nothing to do with him goes on.
    assert states[elsewhere] == "open"


@pytest.mark.database
def test_two_administrators_make_one_person_leave_once(world: World) -> None:
    hired: Member = hire(world, "second_admin", "administrator", "何静")
    assert hired.id
    employee = world.id("employee")
    first = world.step_up("administrator", "people.leave", employee)
    second = world.step_up("second_admin", "people.leave", employee)
    path = f"/api/v1/persons/{employee}/leave"
    ok(world.client("administrator").post(path, json={"proof": first}))
    problem(world.client("second_admin").post(path, json={"proof": second}), 409, "PERSON_LEFT")


@pytest.mark.database
def test_a_change_of_post_hands_over_what_was_chosen_and_keeps_the_rest(story: Story) -> None:
    world = story.world
    keeper, successor = world.id("custodian"), hire(world, "next_keeper", "custodian", "钱进").id
    posts = {post["kind"]: post["id"] for post in story.get("administrator", "/posts")["items"]}
    held = story.get("administrator", f"/persons/{keeper}")["posts"]
    path = f"/persons/{keeper}/change-post"
    body = {
        "ending": [held[0]["holding_id"]],
        "beginning": [posts["employee"]],
        "successor_id": successor,
        "parts": [{"part": "seals", "action": "hand_over"}],
        "reason": "轮岗",
    }
    shown = ok(story.post("administrator", f"{path}/preview", body))
    chosen = {part["part"]: (part["action"], part["outcomes"]) for part in shown["parts"] if part["total"]}
    assert chosen == {"posts": ("end", {"ended": 1}), "seals": ("hand_over", {"handed_over": 2})}
    problem(story.post("administrator", path, body), 403, "STEP_UP_REQUIRED")
    nothing = {**body, "ending": [], "beginning": []}
    problem(story.post("administrator", f"{path}/preview", nothing), 422, "POSTS_UNCHANGED")
    proof = world.step_up("administrator", "people.change_post", keeper)
    done = ok(story.post("administrator", path, {**body, "proof": proof, "seen": shown["digest"]}))
    assert [one["kind"] for one in done["person"]["posts"]] == ["employee"]
    assert done["transition"]["number"].startswith("调岗-")
    for seal in story.seals.values():
        assert story.get("administrator", f"/seals/{seal}")["keeper"]["name"] == "钱进"
    # He stays: his session goes on, with the rights of his new post alone.
    assert "seals.keep" not in story.get("custodian", "/me")["permissions"]


def test_the_last_administrator_cannot_move_away(world: World) -> None:
    admin = world.id("administrator")
    (held,) = ok(world.client("administrator").get(f"/api/v1/persons/{admin}"))["posts"]
    proof = world.step_up("administrator", "people.change_post", admin)
    body = {"ending": [held["holding_id"]], "proof": proof}
    answer = world.client("administrator").post(f"/api/v1/persons/{admin}/change-post", json=body)
    problem(answer, 409, "LAST_ADMINISTRATOR")
