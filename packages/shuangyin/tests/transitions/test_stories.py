"""What crosses areas, told from outside: renamed, a new head, a damaged seal replaced, a seal cancelled while in use."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import NAMES, ORGANIZATION, World, ok, problem
from request_story import Story
from seal_desk import MAKER, SealDesk, connected
from tampering import Altered, require_named, require_untouched

from shuangyin.connectors.standins.faults import Fault
from shuangyin.core.platform import Platform
from shuangyin.seals import queries

pytestmark = pytest.mark.database_full

NEW_NAME = "北京云岫智能科技有限公司"
NOTICE = "京海市监变字2026第0188号"


def organization_id(world: World) -> str:
    return str(ok(world.client("administrator").get("/api/v1/organization"))["id"])


def transition(world: World, path: str, act: str, **body: Any) -> Any:
    proof = world.step_up("administrator", act, organization_id(world))
    return world.client("administrator").post(
        f"/api/v1/transitions/{path}", json={"notice_no": NOTICE, "proof": proof, **body}
    )


def press(story: Story, request_id: str) -> Any:
    proof = story.world.step_up("custodian", "sealing.execute", request_id)
    return story.post("custodian", f"/requests/{request_id}/seal", {"proof": proof})


@pytest.mark.database
def test_a_rename_stops_old_seals_at_an_instant_and_old_documents_stay_what_they_were(
    story: Story, platform: Platform
) -> None:
    desk, contract = SealDesk(story.world), story.seals["contract"]
    sealed = story.apply()["id"]
    story.approve(sealed)
    ok(press(story, sealed))
    waiting = story.apply()["id"]
    story.approve(waiting)
    [use] = story.get("employee", f"/seal-uses?request_id={sealed}")["items"]
    before = story.world.clock.now_ms()
    with connected(platform) as outside:
        refused = transition(story.world, "rename", "transitions.rename", name=NEW_NAME)
        problem(refused, 409, "NOT_REGISTERED")
        outside.enter_company(name=NEW_NAME)
        done = ok(transition(story.world, "rename", "transitions.rename", name=NEW_NAME), 201)
    assert (done["before"], done["after"]) == (ORGANIZATION, NEW_NAME)
    assert {(item["kind"], item["outcome"]) for item in done["items"]} == {
        ("seal", "stopped"),
        ("request", "to_be_settled"),
    }
    # One second after: what was approved is not sealed any more, and nobody takes the seal up again.
    story.world.clock.advance(seconds=1)
    problem(press(story, waiting), 409, "SEAL_NOT_IN_FORCE")
    problem(desk.post("administrator", f"/{contract}/resume"), 409, "SEAL_HELD")
    assert set(desk.tasks(contract)) >= {"end_old", "replace"}
    # What was sealed before is as it was.
    at = platform.view(lambda work: queries.status_at(work, contract, before))
    assert (at, desk.status(contract)) == ("in_force", "suspended")
    page = story.world.anonymous().get(use["verification_url"].removeprefix("http://localhost:8600")).text
    assert ORGANIZATION in page
    path = f"/api/v1/documents/{use['document_id']}/versions/{use['sealed_version_number']}/content"
    files = {"file": ("sealed.pdf", story.client("employee").get(path).content, "application/pdf")}
    checked = ok(story.world.anonymous().post("/api/v1/verification/files", files=files))
    assert (checked["code"], checked["registered"]) == ("SAME_FILE", True)
    # New seals carry the new name and replace the old ones.
    new = desk.apply(category="legal_name", replaces_id=story.seals["official"])
    assert desk.seal(new)["name"] == NEW_NAME
    assert desk.life(story.seals["official"])["replaced_by_id"] == new
    require_untouched(platform)
    changes = [
        Altered("transition", column, "别的", f"Transition.{column}")
        for column in ("before", "after", "items", "notice_no", "kind")
    ]
    require_named(platform, "transitions.", changes)
    changes = [
        Altered("seal_task", "done_at", 9, "SealTask"),
        Altered("seal_task", "kind", "replace", "SealTask.kind"),
        Altered("seal", "status", "in_force", "Seal.status"),
    ]
    require_named(platform, "seals.", changes[1:])


def test_a_new_legal_representative_at_noon(story: Story, platform: Platform) -> None:
    world, desk = story.world, SealDesk(story.world)
    name_seal = desk.taken_in(category="legal_rep_name", face_text=NAMES["legal_representative"])
    waiting = desk.apply()
    ok(desk.ask(waiting, "accept"), 201)
    grant = ok(
        story.grant(
            act="press", holder_person_id=world.id("custodian"), seal_id=story.seals["contract"],
            valid_until=world.clock.now_ms() + 90 * 86_400_000,
        ), 201
    )  # fmt: skip
    with connected(platform) as outside:
        outside.enter_company(legal_representative=NAMES["department_head"])
        done = ok(
            transition(world, "succeed", "transitions.succeed", successor_id=world.id("department_head")), 201
        )
    kinds = {(item["kind"], item["outcome"]) for item in done["items"]}
    assert kinds >= {("office", "moved"), ("approval", "moved"), ("seal", "stopped")}
    world.clock.advance(seconds=1)
    assert story.todo("department_head")[0]["subject_type"] == "seal_step"
    answer = world.client("legal_representative").get("/api/v1/approvals?state=todo")
    assert answer.status_code == 403 or not answer.json()["items"]
    assert desk.seal(name_seal)["status"] == "suspended"
    problem(desk.post("administrator", f"/{name_seal}/resume"), 409, "SEAL_HELD")
    assert "resume" not in desk.seal(name_seal)["actions"]
    # The organization's grants live on, to be reconfirmed by who holds the office now.
    listed = story.get("department_head", "/grants")["items"]
    [shown] = [one for one in listed if one["id"] == grant["id"]]
    assert shown["lapses_at"] > world.clock.now_ms()
    assert "reconfirm_grants" in [task["kind"] for task in desk.board()["tasks"]]


def test_a_damaged_seal_is_replaced_and_its_counterpart_follows(world: World) -> None:
    desk = SealDesk(world)
    old = desk.physical_in_force(category="legal_name")
    e_seal = desk.trial(counterpart_id=old)
    desk.do(old, "scrap")
    assert desk.tasks(e_seal) == ["counterpart_ended"]
    new = desk.physical_in_force(category="legal_name", replaces_id=old)
    assert desk.seal(new)["counterpart_id"] == e_seal
    assert desk.seal(e_seal)["counterpart_id"] == new
    assert desk.life(old)["replaced_by_id"] == new
    problem(desk.post("administrator", f"/{old}/resume"), 409, "SEAL_STATUS")


def test_a_physical_seal_is_cancelled_only_when_unused_and_both_registers_change_together(
    story: Story, platform: Platform
) -> None:
    desk = SealDesk(story.world)
    old = story.seals["official"]
    e_seal = desk.trial(counterpart_id=old)
    request = _physical_request(story)
    refused = problem(
        desk.ask(old, "surrender", kinds=("surrender_ground",), **MAKER, counterpart="revoke"),
        409,
        "SEAL_IN_USE",
    )
    assert refused["details"]["uses"][0]["id"] == request
    ok(story.post("employee", f"/requests/{request}/withdraw", {"reason": "不再需要"}))
    slip = f"/api/v1/transitions/clearance/{old}.pdf"
    administrator = story.world.client("administrator")
    problem(administrator.get(slip), 409, "NO_CLEARANCE")
    with connected(platform) as outside:
        desk.do(old, "surrender", **MAKER, counterpart="revoke")
        assert desk.status(old) == "surrendered"
        assert administrator.get(slip).content.startswith(b"%PDF-")
        outside.police.misbehave(Fault.DOWN)
        watching = [story.world.id("reviewer"), story.world.id("auditor")]
        now = story.world.clock.now_ms()
        ok(desk.ask(old, "destroy", witness_ids=watching, happened_at=now), 201)
        desk.decide()
        desk.settle()
        # Destroyed, but not filed yet: neither register has changed.
        assert (desk.status(old), desk.status(e_seal)) == ("surrendered", "in_force")
        assert desk.life(old)["waiting"]["status"] == "filing"
        outside.police.misbehave(None)
        desk.wait(hours=1)
        desk.settle()
        ended = [desk.seal(one) for one in (old, e_seal)]
    assert [one["status"] for one in ended] == ["destroyed", "revoked"]
    assert ended[0]["events"][0]["at"] == ended[1]["events"][0]["at"]


def _physical_request(story: Story) -> str:
    """A financing contract in approval for the official seal."""
    line = story.line("official", presses_applied=2, seam_presses=2, placements=[], seam=None, qr=None)
    request = story.apply(
        document_kind="financing_contract",
        amount_minor=300_000_000,
        copies=2,
        medium="physical",
        seals=[line],
        document_version_ids=[story.upload(name="financing-contract.pdf")],
    )
    return str(request["id"])
