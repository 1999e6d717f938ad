"""An old seal is used for the formalities of a rename: approved by the root office, counted, and refused beyond."""

from __future__ import annotations

from typing import Any

from custody_desk import Desk
from platform_world import ok, problem
from seal_desk import MAKER, SealDesk
from tampering import Altered, require_named, require_untouched

PURPOSE: dict[str, Any] = {"purpose": "预留印鉴变更", "recipient": "某银行中关村支行", "presses": 3}


def rename(desk: Desk) -> None:
    world = desk.world
    organization = ok(world.client("administrator").get("/api/v1/organization"))["id"]
    proof = world.step_up("administrator", "transitions.rename", organization)
    body = {"name": "北京云岫智能科技有限公司", "notice_no": "京海市监变字2026第0188号", "proof": proof}
    ok(desk.story.post("administrator", "/transitions/rename", body), 201)


def allowed(desk: Desk, seals: SealDesk) -> dict[str, Any]:
    """The formality, approved by the legal representative."""
    asked = ok(seals.ask(desk.seal_id, "allow_formality", kinds=("change_notice",), **PURPOSE), 201)
    assert asked["waiting"]["status"] == "waiting"
    assert formalities(desk) == []
    seals.decide()
    [found] = formalities(desk)
    return found


def formalities(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.story.get("employee", "/formalities")["items"])


def draft(desk: Desk, formality_id: str | None, presses: int) -> str:
    line = desk.story.line(
        "official", presses_applied=presses, seam_presses=0, placements=[], seam=None, qr=None
    )
    body: dict[str, Any] = {
        "document_kind": "bank_account",
        "title": "预留印鉴卡",
        "amount_minor": None,
        "copies": presses,
        "medium": "physical",
        "formality_id": formality_id,
        "seals": [line],
    }
    return str(desk.story.draft(**body)["id"])


def test_an_old_seal_is_pressed_for_the_bank_as_often_as_was_approved_and_no_more(desk: Desk) -> None:
    seals = SealDesk(desk.world)
    assert "allow_formality" not in [move["act"] for move in seals.life(desk.seal_id)["next"]]
    rename(desk)
    problem(desk.ask(), 409, "SEAL_NOT_HERE")
    problem(seals.ask(desk.seal_id, "allow_formality", kinds=(), **PURPOSE), 409, "SEAL_EVIDENCE_MISSING")
    uncounted = {name: value for name, value in PURPOSE.items() if name != "presses"}
    refused = seals.ask(desk.seal_id, "allow_formality", kinds=("change_notice",), **uncounted)
    problem(refused, 409, "SEAL_STEP_INCOMPLETE")
    found = allowed(desk, seals)
    assert (found["purpose"], found["presses"], found["left"]) == ("预留印鉴变更", 3, 3)
    assert seals.status(desk.seal_id) == "suspended"
    # Without the formality the old seal stays stopped; with it, more than was approved is refused.
    problem(desk.story.submit(draft(desk, None, 1)), 409, "SEAL_NOT_IN_FORCE")
    spent = problem(desk.story.submit(draft(desk, found["id"], 4)), 409, "FORMALITY_SPENT")
    assert spent["details"]["left"] == 3
    use_once(desk, found["id"])
    assert formalities(desk)[0]["left"] == 1
    problem(desk.story.submit(draft(desk, found["id"], 2)), 409, "FORMALITY_SPENT")
    surrendered(desk, seals, found["id"])
    tampered(desk)


def use_once(desk: Desk, formality_id: str) -> None:
    """Two presses through the ordinary way: decision, approvals, two at the safe, photos, the public page."""
    asked = {"document_kind": "bank_account", "formality_id": formality_id}
    decision = ok(desk.story.post("employee", "/requests/decision", asked))
    assert [one["id"] for one in decision["seals"] if one["medium"] == "physical"] == [desk.seal_id]
    request = ok(desk.story.submit(draft(desk, formality_id, 2)))
    desk.story.approve(request["id"])
    desk.request = desk.story.read(request["id"])
    opening = desk.open()
    problem(desk.press(opening["id"], normal=3, copies=2), 409, "COUNT_EXCEEDED")
    use = ok(desk.press(opening["id"], normal=2, copies=2), 201)
    desk.photograph_each_copy(opening["id"], use["id"], copies=2)
    ok(desk.close(opening["id"]))
    assert desk.story.read(request["id"])["status"] == "sealed"
    [shown] = desk.story.get("employee", f"/seal-uses?request_id={request['id']}")["items"]
    page = desk.world.anonymous().get(shown["verification_url"].removeprefix("http://localhost:8600")).text
    assert "变更手续" in page
    assert "用印时印章不在启用状态" not in page


def surrendered(desk: Desk, seals: SealDesk, formality_id: str) -> None:
    """Until it is surrendered: a formality under way keeps it from that, and afterwards it serves none."""
    last = ok(desk.story.submit(draft(desk, formality_id, 1)))["id"]
    refused = seals.ask(desk.seal_id, "surrender", kinds=("surrender_ground",), **MAKER)
    uses = problem(refused, 409, "SEAL_IN_USE")["details"]["uses"]
    assert last in [one["id"] for one in uses]
    for one in uses:
        request = desk.story.read(one["id"])
        if request["status"] == "in_approval":
            ok(desk.story.post("employee", f"/requests/{one['id']}/withdraw", {"reason": "不再需要"}))
    assert formalities(desk)[0]["left"] == 1


def tampered(desk: Desk) -> None:
    platform = desk.world.platform
    require_untouched(platform)
    changes = [Altered("use_request", "formality_id", "f" * 32, "UseRequest is not what was approved")]
    require_named(platform, "requests.", changes)


def test_only_a_seal_that_a_rename_stopped_serves_formalities(desk: Desk) -> None:
    seals = SealDesk(desk.world)
    problem(desk.story.submit(draft(desk, "0" * 32, 1)), 404, "NOT_FOUND")
    ok(seals.post("administrator", f"/{desk.seal_id}/suspend"))
    refused = seals.ask(desk.seal_id, "allow_formality", kinds=("change_notice",), **PURPOSE)
    problem(refused, 409, "SEAL_NOT_RENAMED")
    none = seals.ask(desk.seal_id, "allow_formality", kinds=("change_notice",), **{**PURPOSE, "presses": 0})
    problem(none, 422, "INVALID_INPUT")
