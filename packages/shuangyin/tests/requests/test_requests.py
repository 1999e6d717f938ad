"""Use requests over HTTP: from draft to approval, what is refused, and who sees what."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hiring import hire
from platform_world import World, ok, problem
from request_story import AMOUNT, Story
from sqlalchemy import select

from shuangyin.approvals.models import ApprovalRoute
from shuangyin.core.jobs import Job
from shuangyin.core.platform import Platform
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.requests import queries
from shuangyin.requests.models import UseRequest

pytestmark = pytest.mark.database_full


def test_a_draft_may_be_incomplete_and_submission_says_what_is_missing(story: Story) -> None:
    problem(
        story.post("auditor", "/requests", story.body(document_version_ids=["0" * 32])), 403, "NOT_PERMITTED"
    )
    draft = ok(story.post("employee", "/requests", {"title": "函", "document_kind": "letter"}), 201)
    assert (draft["status"], draft["number"]) == ("draft", "用印-2026-000001")
    assert draft["actions"] == ["edit", "submit", "discard"]
    assert draft["decision"]["medium"] == "either"
    refused = problem(story.submit(draft["id"]), 422, "REQUEST_INCOMPLETE")
    assert refused["details"]["missing"] == ["reason", "document_version_ids", "seals"]
    kept = story.read(draft["id"])
    assert (kept["status"], kept["version"]) == ("draft", draft["version"])
    second = ok(story.post("employee", "/requests", {"title": "通知", "document_kind": "notice"}), 201)
    assert (second["number"], second["medium"]) == ("用印-2026-000002", "electronic")
    problem(
        story.post("employee", "/requests", {"title": "诗", "document_kind": "poem"}),
        422,
        "DOCUMENT_KIND_UNKNOWN",
    )
    unknown = {"title": "函", "document_kind": "letter", "seals": [story.line(seal_id="0" * 32)]}
    problem(story.post("employee", "/requests", unknown), 404, "NOT_FOUND")


@pytest.mark.database
def test_one_answer_holds_what_the_page_of_a_request_needs(story: Story, platform: Platform) -> None:
    request = story.apply()
    shown = story.read(request["id"])
    assert (shown["status"], shown["document_kind_name"]["zh"]) == ("in_approval", "采购（供应商）合同")
    assert shown["decision"]["sentence"] == {
        "zh": "宜用电子合同专用章",
        "en": "The electronic contract seal should be used",
    }
    assert {one["rule"]["zh"] for one in shown["decision"]["reasons"]} == {
        "用印须经批准",
        "采购、销售、租赁合同用电子合同章",
    }
    assert any("1,000,000.00" in one["zh"] for one in shown["decision"]["changes"])
    (document,) = shown["documents"]
    assert (document["version_number"], document["pages"], len(document["page_sizes"])) == (1, 4, 4)
    (seal,) = shown["seals"]
    assert (seal["presses_applied"], seal["seam_presses"], seal["width_mm"]) == (1, 1, 40.0)
    assert seal["placements"] == [{"page": 0, "x_mm": 120.0, "y_mm": 200.0, "document": None}]
    assert seal["picture_url"] == f"/api/v1/seals/{seal['seal_id']}/picture.png"
    assert [one["name"] for one in shown["waiting_for"]] == ["周凯"]
    assert shown["actions"] == ["withdraw", "urge"]
    assert shown["step_id"] is None
    head = story.read(request["id"], "department_head")
    assert (head["actions"], head["step_id"]) == (["decide"], head["approval"]["steps"][0]["id"])
    assert [one["kind"] for one in shown["timeline"]] == ["requests.created", "requests.submitted"]
    assert [one["person"]["name"] for one in shown["timeline"]] == ["李然", "李然"]
    assert shown["uses"] == []
    with platform.database.read_session() as session:
        bodies = session.scalars(
            select(EvidenceEntry.body).where(EvidenceEntry.subject_id == request["id"])
        ).all()
    submitted = next(body for body in map(json.loads, bodies) if body["kind"] == "requests.submitted")
    assert submitted["facts"]["binding"] == shown["binding"]
    assert submitted["facts"]["documents"] == [document["sm3"]]
    # Entries are for ever, so nothing of what people wrote is in them.
    assert not any(word in body for body in bodies for word in ("供货合同", "李然", "与供货方签订合同"))


def test_the_wrong_medium_is_refused_with_the_rule_s_reason_and_citation(story: Story) -> None:
    financing = {"document_kind": "financing_contract", "medium": "electronic"}
    draft = story.draft(**financing)
    refused = problem(story.submit(draft["id"]), 409, "MEDIUM_REFUSED")
    assert refused["details"]["rule"]["zh"] == "融资合同用实体公章"
    assert refused["details"]["basis"] == "counterparty_practice"
    assert refused["details"]["reason"]["zh"] in refused["detail"]
    assert story.read(draft["id"])["status"] == "draft"
    family = story.draft(document_kind="personal_status", medium="electronic")
    by_law = problem(story.submit(family["id"]), 409, "MEDIUM_REFUSED")
    assert by_law["details"]["citation"] == "esign-law-3"
    assert "中华人民共和国电子签名法第3条" in by_law["detail"]

    official = story.line("official", placements=[], seam=None, qr=None, presses_applied=4, seam_presses=2)
    change = {"medium": "physical", "seals": [official], "copies": 2}
    path = f"/api/v1/requests/{draft['id']}"
    ok(story.client("employee").patch(path, json=change))
    request = ok(story.submit(draft["id"]))
    assert (request["status"], request["medium"]) == ("in_approval", "physical")
    assert request["decision"]["sentence"]["zh"] == "须用实体公章，盖后留存电子档"
    story.approve(request["id"])
    assert story.read(request["id"])["status"] == "approved"
    assert story.read(request["id"], "custodian")["actions"] == ["open_safe"]


@pytest.mark.parametrize(
    ("named", "counts"),
    [
        ({"placements": [{"page": 0, "x_mm": 20, "y_mm": 20}, {"page": 1, "x_mm": 20, "y_mm": 20}]}, (6, 0)),
        ({"placements": [{"page": 0, "x_mm": 20, "y_mm": 20}], "seam": {"y_mm": 90}}, (3, 3)),
        ({"seam": {"y_mm": 90}}, (0, 3)),
        ({}, (3, 0)),
        ({"placements": [{"page": 0, "x_mm": 20, "y_mm": 20}], "presses_applied": 1}, (1, 0)),
    ],
)
def test_presses_that_nobody_stated_are_those_of_every_copy(
    story: Story, named: dict[str, Any], counts: tuple[int, int]
) -> None:
    seal = {"seal_id": story.line("official")["seal_id"], **named}
    request = story.draft(medium="physical", copies=3, seals=[seal])
    [line] = story.read(request["id"])["seals"]
    assert (line["presses_applied"], line["seam_presses"]) == counts


def test_marks_off_the_page_and_seals_that_do_not_fit_are_refused(story: Story) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"seals": [story.line(placements=[{"page": 4, "x_mm": 0, "y_mm": 0}])]}, 422, "PAGE_MISSING"),
        ({"seals": [story.line(placements=[{"page": 0, "x_mm": 190, "y_mm": 0}])]}, 422, "OFF_PAGE"),
        ({"seals": [story.line(placements=[], seam=None)]}, 422, "SEAL_WITHOUT_PLACE"),
        ({"seals": [story.line(placements=[{"page": 0, "x_mm": 0, "y_mm": 0, "document": 2}])]}, 422, "DOCUMENT_MISSING"),
        ({"seals": [story.line("official")]}, 422, "SEAL_MEDIUM"),
        ({"medium": "physical", "seals": [story.line("official", presses_applied=0, seam_presses=0)]}, 422, "NO_PRESSES"),
        ({"document_version_ids": [story.upload(name="notice.pdf")]}, 422, "SEAM_ONE_PAGE"),
    ]  # fmt: skip
    version = story.upload()
    for fields, status, code in cases:
        draft = story.draft(**{"document_version_ids": [version], **fields})
        problem(story.submit(draft["id"]), status, code)
    twice = story.body(document_version_ids=[version], seals=[story.line(), story.line()])
    problem(story.post("employee", "/requests", twice), 422, "SEAL_TWICE")
    problem(
        story.post("employee", "/requests", story.body(document_version_ids=[version, version])),
        422,
        "DOCUMENT_TWICE",
    )
    for bad in (1e9, float("1e400"), "x"):
        body = story.body(document_version_ids=[version])
        body["seals"][0]["placements"][0]["x_mm"] = bad
        answer = story.client("employee").post(
            "/api/v1/requests", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422, answer.text
    draft = story.draft(document_version_ids=[version])
    suspended = {"reason": "核查"}
    ok(story.post("administrator", f"/seals/{story.seals['contract']}/suspend", suspended))
    problem(story.submit(draft["id"]), 409, "SEAL_NOT_IN_FORCE")


def test_another_employee_sees_nothing_and_keepers_see_what_they_are_to_seal(
    story: Story, world: World
) -> None:
    hire(world, "colleague", "employee", "郑好")
    request = story.apply()
    path = f"/api/v1/requests/{request['id']}"
    document = f"/api/v1/documents/{request['documents'][0]['document_id']}"
    draft = story.draft(document_version_ids=[request["documents"][0]["document_version_id"]])
    for kind in ("colleague", "administrator", "custodian", "reviewer"):
        for address in (path, f"{path}/timeline", document):
            problem(world.client(kind).get(address), 404, "NOT_FOUND")
        problem(world.client(kind).post(f"{path}/submit"), *_refusal_of_writing(kind))
        listed = ok(world.client(kind).get("/api/v1/requests?scope=all"))["items"]
        assert listed == []
    for kind in ("department_head", "legal_representative", "auditor"):
        problem(world.client(kind).get(f"/api/v1/requests/{draft['id']}"), 404, "NOT_FOUND")
        assert story.read(request["id"], kind)["number"] == request["number"]
        ok(world.client(kind).get(document))
        listed = ok(world.client(kind).get("/api/v1/requests?scope=all"))["items"]
        assert [one["id"] for one in listed] == [request["id"]]
    # The head reads, and can neither change nor withdraw what is not his.
    problem(world.client("department_head").patch(path, json={"title": "改"}), 404, "NOT_FOUND")
    problem(world.client("department_head").post(f"{path}/withdraw"), 404, "NOT_FOUND")
    # A colleague cannot get at a document by naming it in a request of his own.
    stolen = story.body("colleague", document_version_ids=[request["documents"][0]["document_version_id"]])
    problem(story.post("colleague", "/requests", stolen), 404, "NOT_FOUND")
    story.approve(request["id"])
    assert story.read(request["id"], "custodian")["actions"] == ["seal"]
    problem(world.client("colleague").get(path), 404, "NOT_FOUND")
    everybody = ("custodian", "colleague", "employee", "reviewer", "legal_representative", "administrator")

    def waited_for_by() -> list[str]:
        lists = {kind: story.get(kind, "/seal-uses/waiting") for kind in everybody}
        counted = {kind: story.get(kind, "/workbench")["counts"]["to_seal"] for kind in everybody}
        assert counted == {kind: len(found) for kind, found in lists.items()}
        return [
            kind for kind, found in lists.items() if [one["request_id"] for one in found] == [request["id"]]
        ]

    assert waited_for_by() == ["custodian"]
    (waiting,) = story.get("custodian", "/seal-uses/waiting")
    assert (waiting["number"], waiting["title"]) == (request["number"], request["title"])
    assert waiting["applicant"]["id"] == world.id("employee")
    assert waiting["seal_names"] == [one["name"] for one in request["seals"]]
    assert waiting["approved_at"] == story.read(request["id"])["approved_at"]
    holder = {"act": "press", "seal_id": story.seals["contract"], "holder_person_id": world.id("colleague")}
    grant = ok(story.grant(**holder), 201)
    accepting = {"proof": world.step_up("colleague", "authority.accept", grant["id"])}
    ok(story.post("colleague", f"/grants/{grant['id']}/accept", accepting))
    assert waited_for_by() == ["custodian", "colleague"]
    ok(story.post("custodian", f"/requests/{request['id']}/seal"))
    assert waited_for_by() == []


def _refusal_of_writing(kind: str) -> tuple[int, str]:
    return (403, "NOT_PERMITTED") if kind == "administrator" else (404, "NOT_FOUND")


def test_what_was_submitted_is_not_changed_and_a_changed_row_stops_the_approval(
    story: Story, platform: Platform
) -> None:
    request = story.apply()
    path = f"/api/v1/requests/{request['id']}"
    problem(story.client("employee").patch(path, json={"copies": 9}), 409, "REQUEST_STATE")
    problem(story.submit(request["id"]), 409, "REQUEST_STATE")
    with platform.database.write_session() as session, session.begin():
        session.get_one(UseRequest, request["id"]).copies = 9
    (item,) = story.todo("department_head")
    problem(story.decide("department_head", item), 409, "BINDING_CHANGED")
    with platform.database.write_session() as session, session.begin():
        session.get_one(UseRequest, request["id"]).copies = 1
    ok(story.decide("department_head", item))


def weaker(decision: str) -> str:
    """What whoever has the database might want of a request: no second factor each time, no time stamp, no photo."""
    said = json.loads(decision)
    controls = {"second_factor": "window", "timestamp": False, "photo_moments": [], "copies_max": 99}
    return json.dumps({**said, "controls": {**said["controls"], **controls}})


def test_what_the_list_decided_is_bound_and_an_altered_decision_stops_approval_and_sealing(
    story: Story, platform: Platform
) -> None:
    waiting, approved = story.apply(), story.apply()
    story.approve(approved["id"])
    [item] = [one for one in story.todo("department_head") if one["subject_id"] == waiting["id"]]
    altered: dict[str, Callable[[Any], object]] = {
        "decision": weaker,
        "high_risk": operator.not_,
        "list_version": lambda _: 99,
        "binding_covers": lambda _: 1,
        "channel": lambda _: "counter",
        "department_id": lambda was: None if was else story.world.department_id,
    }
    for column, change in altered.items():
        with platform.database.write_session() as session, session.begin():
            rows = [session.get_one(UseRequest, one["id"]) for one in (waiting, approved)]
            was = getattr(rows[0], column)
            for row in rows:
                setattr(row, column, change(getattr(row, column)))
        problem(story.decide("department_head", item), 409, "BINDING_CHANGED")
        problem(story.post("custodian", f"/requests/{approved['id']}/seal"), 409, "BINDING_CHANGED")
        with platform.database.write_session() as session, session.begin():
            for one in (waiting, approved):
                setattr(session.get_one(UseRequest, one["id"]), column, was)
    ok(story.decide("department_head", item))


def test_a_request_bound_before_decisions_were_covered_goes_on(story: Story, platform: Platform) -> None:
    request = story.apply()
    with platform.database.write_session() as session, session.begin():
        session.get_one(UseRequest, request["id"]).binding_covers = 1
    old = platform.view(lambda work: queries.current_binding(work, queries.row(work, request["id"])))
    assert old != request["binding"]
    with platform.database.write_session() as session, session.begin():
        session.get_one(UseRequest, request["id"]).binding = old
        session.get_one(ApprovalRoute, request["approval"]["route_id"]).binding = old
    (item,) = story.todo("department_head")
    ok(story.decide("department_head", item))


@pytest.mark.database
def test_a_grant_of_automatic_sealing_is_reserved_at_submission_and_starts_the_job(
    story: Story, world: World, platform: Platform
) -> None:
    seal_id = story.seals["contract"]
    ok(story.grant(act="auto_seal", seal_id=seal_id, count_limit=2, amount_limit_minor=AMOUNT), 201)
    version = story.upload()

    def counts() -> tuple[int, int]:
        (grant,) = story.get("legal_representative", "/grants")["items"]
        return grant["count_reserved"], grant["count_used"]

    def jobs() -> set[str]:
        with platform.database.read_session() as session:
            rows = session.scalars(select(Job.payload).where(Job.kind == "sealing.execute"))
            return {json.loads(payload)["request_id"] for payload in rows}

    over = story.apply(document_version_ids=[version], amount_minor=AMOUNT + 1)
    assert counts() == (0, 0)
    first = story.apply(document_version_ids=[version])
    assert counts() == (1, 0)
    ok(story.post("employee", f"/requests/{first['id']}/withdraw"))
    assert counts() == (0, 0)
    again = ok(story.submit(first["id"]))
    second = story.apply(document_version_ids=[version])
    third = story.apply(document_version_ids=[version])
    assert counts() == (2, 0)
    for request in (over, again, second, third):
        story.approve(request["id"])
    assert jobs() == {again["id"], second["id"]}
    world.settle()
    assert counts() == (0, 2)
    states = {one["id"]: story.read(one["id"])["status"] for one in (over, again, second, third)}
    assert list(states.values()) == ["approved", "sealed", "sealed", "approved"]
    (use,) = story.read(again["id"])["uses"]
    assert use["verification_url"].startswith("http://localhost:8600/v/")


def test_ending_the_grant_leaves_the_sealing_to_the_keeper(story: Story, platform: Platform) -> None:
    seal_id = story.seals["contract"]
    grant = ok(story.grant(act="auto_seal", seal_id=seal_id), 201)
    request = story.apply()
    ended = ok(story.end_grant(grant["id"], "停用自动用印"))
    assert [one["status"] for one in ended["items"]] == ["ended"]
    problem(
        story.end_grant(grant["id"], "再次"),
        409,
        "GRANT_ENDED",
    )
    story.approve(request["id"])
    with platform.database.read_session() as session:
        assert session.scalars(select(Job).where(Job.kind == "sealing.execute")).all() == []
    assert story.read(request["id"], "custodian")["actions"] == ["seal"]


@pytest.mark.database
def test_lists_are_filtered_and_paged(story: Story) -> None:
    version = story.upload()
    made = [story.draft(title=f"合同{index}", document_version_ids=[version])["id"] for index in range(3)]
    ok(story.submit(made[1]))
    first = story.get("employee", "/requests?limit=2")
    rest = story.get("employee", f"/requests?limit=2&cursor={first['next_cursor']}")
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next_cursor"] is None
    running = story.get("employee", "/requests?status=in_approval")["items"]
    assert [one["id"] for one in running] == [made[1]]
    assert [one["name"] for one in running[0]["waiting_for"]] == ["周凯"]
    assert [one["id"] for one in story.get("employee", "/requests?q=合同2")["items"]] == [made[2]]
    assert story.get("employee", "/requests?q=100%25")["items"] == []
    assert story.get("employee", "/requests?medium=physical")["items"] == []


def test_the_official_seal_does_not_stand_in_for_a_contract_seal_that_exists(story: Story) -> None:
    story.make_seal("official-e", "electronic", category="legal_name", seal_code="1101080000126")
    draft = story.draft(seals=[story.line("official-e")])
    problem(story.submit(draft["id"]), 409, "SEAL_NOT_DECIDED")


def test_a_draft_is_thrown_away_and_stays_on_record(story: Story) -> None:
    draft = story.draft()
    problem(story.post("custodian", f"/requests/{draft['id']}/discard"), 404, "NOT_FOUND")
    gone = ok(story.post("employee", f"/requests/{draft['id']}/discard"))
    assert (gone["status"], gone["actions"]) == ("discarded", [])
    assert draft["id"] not in [one["id"] for one in story.get("employee", "/requests")["items"]]
    (kept,) = story.get("employee", "/requests?status=discarded")["items"]
    assert kept["number"] == draft["number"]
    problem(story.submit(draft["id"]), 409, "REQUEST_STATE")
    problem(story.post("employee", f"/requests/{draft['id']}/discard"), 409, "REQUEST_STATE")
    problem(story.client("auditor").get(f"/api/v1/requests/{draft['id']}"), 404, "NOT_FOUND")
    assert story.draft()["number"] != draft["number"]
    running = story.apply()
    problem(story.post("employee", f"/requests/{running['id']}/discard"), 409, "REQUEST_STATE")
