"""Who has a safe open cannot leave before it is closed; an opening that waits for him is called off."""

from __future__ import annotations

from typing import Any

import pytest
from hiring import hire, leave
from platform_world import ok, problem
from tampering import require_untouched

pytestmark = pytest.mark.database


def leaving(desk: Any, kind: str, **body: Any) -> Any:
    return leave(desk.world, desk.world.id(kind), **body)


def test_a_custodian_with_an_open_safe_and_a_reviewer_beside_it_stay_until_it_is_closed(desk: Any) -> None:
    successor = {"successor_id": hire(desk.world, "next_keeper", "custodian", "钱进").id}
    opening = desk.open()
    for kind, whys in (("custodian", {"SAFE_OPEN", "SEAL_OUT"}), ("reviewer", {"SAFE_OPEN"})):
        refused = problem(leaving(desk, kind, **successor), 409, "TRANSITION_BLOCKED")
        assert {one["why"] for one in refused["details"]["blocked"]} == whys
        assert opening["number"] in [one["label"] for one in refused["details"]["blocked"]]
    ok(desk.close(opening["id"]))
    ok(leaving(desk, "custodian", **successor))
    assert desk.story.get("administrator", f"/seals/{desk.seal_id}")["keeper"]["name"] == "钱进"


def test_an_opening_that_waits_for_who_leaves_is_called_off(desk: Any) -> None:
    opening = ok(desk.ask(), 201)
    ok(leaving(desk, "reviewer"))
    assert desk.story.get("custodian", f"/openings/{opening['id']}")["status"] == "expired"


def preview(desk: Any, kind: str) -> dict[str, Any]:
    path = f"/persons/{desk.world.id(kind)}/leave/preview"
    shown = ok(desk.story.post("administrator", path))
    return {part["part"]: part["items"] for part in shown["parts"]}


def lent(desk: Any) -> dict[str, Any]:
    """A loan that is agreed, from now on, escorted by the reviewer."""
    now = desk.world.clock.now_ms()
    body = {
        "request_id": desk.request["id"],
        "seal_ids": [desk.seal_id],
        "escort_id": desk.world.id("reviewer"),
        "place": "澄湖银行海淀支行",
        "purpose": "到银行柜台办理开户",
        "from_at": now,
        "due_at": now + 4 * 3_600_000,
    }
    return dict(ok(desk.story.post("custodian", "/loans", body), 201))


def test_who_lends_and_who_escorts_stay_until_the_loan_is_back(desk: Any) -> None:
    loan = lent(desk)
    (agreed,) = preview(desk, "reviewer")["loans"]
    assert (agreed["outcome"], loan["number"] in agreed["label"]) == ("ended", True)
    for kind in ("custodian", "reviewer"):
        code = {"method": "totp", "code": desk.world.code(kind)}
        ok(desk.story.post(kind, f"/loans/{loan['id']}/confirm", code))
    for kind in ("custodian", "reviewer"):
        (out,) = preview(desk, kind)["loans"]
        assert (out["outcome"], out["why"]) == ("blocked", "LOAN_OUT")
    problem(leaving(desk, "reviewer"), 409, "TRANSITION_BLOCKED")


def test_a_loan_that_was_only_agreed_is_called_off_and_a_route_that_names_him_is_shown(desk: Any) -> None:
    head = desk.world.id("department_head")
    step = {
        "key": "head",
        "name_zh": "负责人审批",
        "name_en": "Approval",
        "approvers": {"kind": "person", "person_ids": [head]},
    }
    route = {"code": "named-route", "name": "点名审批", "steps": [step]}
    ok(desk.story.post("administrator", "/approvals/definitions", route), 201)
    (named,) = preview(desk, "department_head")["routes"]
    assert (named["label"], named["outcome"], named["why"]) == ("点名审批", "stays", "ROUTE_NAMES")
    loan = lent(desk)
    ok(leaving(desk, "reviewer"))
    assert desk.story.get("custodian", f"/loans/{loan['id']}")["state"] == "cancelled"


def test_the_head_lets_a_keeper_leave_at_once_who_keeps_the_safe_open(desk: Any) -> None:
    world, keeper = desk.world, desk.world.id("custodian")
    opening = desk.open()
    path, body = f"/persons/{keeper}/leave/forced", {"reason": "失联，携带印章离开"}
    problem(desk.story.post("administrator", path, body), 403, "HEAD_ONLY")
    problem(desk.story.post("legal_representative", path, {}), 422, "REASON_MISSING")
    shown = ok(desk.story.post("legal_representative", f"{path}/preview", body))
    open_ = {one["why"]: one["outcome"] for part in shown["parts"] for one in part["items"] if one["why"]}
    assert (open_["SAFE_OPEN"], open_["SEAL_OUT"]) == ("left_open", "left_open")
    problem(desk.story.post("legal_representative", path, body), 403, "STEP_UP_REQUIRED")
    proof = world.step_up("legal_representative", "people.leave_forced", keeper)
    done = ok(
        desk.story.post("legal_representative", path, {**body, "proof": proof, "seen": shown["digest"]})
    )
    assert done["person"]["status"] == "left"
    problem(world.client("custodian").get("/api/v1/me"), 401, "UNAUTHENTICATED")
    # The seal that he took is not used, and what stays is asked for by name.
    assert desk.story.get("administrator", f"/seals/{desk.seal_id}")["status"] == "suspended"
    tasks = desk.story.get("administrator", "/seals/filings")["tasks"]
    blocked = [one for one in tasks if one["kind"] == "blocked_item"]
    assert {one["seal_id"] for one in blocked} == {desk.seal_id, None}
    assert opening["number"] in "".join(one["detail"] for one in blocked)
    # Who ordered it reads the proof sheet, as who manages people does; others do not.
    sheet = f"/api/v1/person-transitions/{done['transition']['id']}/sheet.pdf"
    assert world.client("legal_representative").get(sheet).content.startswith(b"%PDF-")
    problem(world.client("employee").get(sheet), 403, "NOT_PERMITTED")
    require_untouched(world.platform)
