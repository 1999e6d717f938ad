"""Hand-overs: one sheet, three persons, nothing missing without a record, keepers change at one instant."""

from __future__ import annotations

from typing import Any

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_world import ok, problem
from tampering import Altered, require_named, require_untouched

from shuangyin.custody.handover_rules import Checked, object_to_confirmation

pytestmark = pytest.mark.database_full
THREE = ("custodian", "reviewer", "auditor")


@pytest.fixture
def successor(desk: Any) -> Any:
    """The reviewer holds a custodian's post too, so that he can receive."""
    posts = desk.story.get("administrator", "/posts")
    posts = posts["items"] if isinstance(posts, dict) else posts
    post = next(one for one in posts if one["kind"] == "custodian")
    path = f"/persons/{desk.world.id('reviewer')}/posts"
    ok(desk.story.post("administrator", path, {"post_id": post["id"]}))
    return desk


def draw_up(desk: Any, kind: str = "custodian", **fields: Any) -> Any:
    body = {
        "giver_id": desk.world.id("custodian"),
        "receiver_id": desk.world.id("reviewer"),
        "witness_id": desk.world.id("auditor"),
        "reason": "岗位调整",
        "further": [
            {"kind": "imprint_card", "name": "公章印鉴留存卡"},
            {"kind": "accessory", "name": "印盒"},
        ],
        **fields,
    }
    return desk.story.post(kind, "/handovers", body)


def check(desk: Any, sheet: dict[str, Any], kind: str = "reviewer", missing: str = "", why: str = "") -> Any:
    items = [
        {
            "id": one["id"],
            "present": one["name"] != missing,
            "discrepancy": why if one["name"] == missing else None,
        }
        for one in sheet["items"]
    ]
    return desk.story.post(kind, f"/handovers/{sheet['id']}/items", {"items": items})


def confirm(desk: Any, sheet: dict[str, Any], kind: str) -> Any:
    body = {"method": "totp", "code": desk.world.code(kind)}
    return desk.story.post(kind, f"/handovers/{sheet['id']}/confirm", body)


def keeper(desk: Any) -> str:
    return str(desk.story.get("administrator", f"/seals/{desk.seal_id}")["keeper"]["id"])


def test_keepers_change_only_when_all_three_have_confirmed(successor: Any) -> None:
    desk = successor
    sheet = ok(draw_up(desk), 201)
    listed = {one["kind"] for one in sheet["items"]}
    assert listed == {"seal", "safe", "unfinished_use", "imprint_card", "accessory"}
    problem(draw_up(desk), 409, "HANDOVER_UNDER_WAY")
    problem(confirm(desk, sheet, "custodian"), 409, "HANDOVER_UNCHECKED")
    problem(check(desk, sheet, "employee"), 404, "NOT_FOUND")
    problem(check(desk, sheet, "administrator"), 403, "NOT_A_PARTY")
    checked = ok(check(desk, sheet))
    assert checked["version"] > sheet["version"]
    stale = {"If-Match": f'"{sheet["version"]}"'}
    problem(desk.story.post("custodian", f"/handovers/{sheet['id']}/cancel", **stale), 412, "STALE_VERSION")
    problem(confirm(desk, sheet, "administrator"), 403, "NOT_A_PARTY")
    for kind in THREE[:2]:
        ok(confirm(desk, sheet, kind))
        assert keeper(desk) == desk.world.id("custodian"), "not before all three"
    problem(check(desk, sheet), 409, "HANDOVER_CONFIRMED")
    done = ok(confirm(desk, sheet, "auditor"))
    assert (done["status"], keeper(desk)) == ("done", desk.world.id("reviewer"))
    (safe,) = desk.story.get("administrator", "/safes")
    assert safe["custodian"]["id"] == desk.world.id("reviewer")
    problem(desk.ask("reviewer"), 409, "LOCK_CODE_DUE")
    problem(confirm(desk, sheet, "auditor"), 409, "HANDOVER_NOT_PENDING")
    answer = desk.world.client("auditor").get(f"/api/v1/handovers/{sheet['id']}/sheet.pdf")
    text = pdfium.PdfDocument(answer.content)[0].get_textpage().get_text_range()
    assert sheet["number"] in text
    assert "印鉴留存卡" in text
    assert "未确认" not in text
    address = f"/evidence/entries?subject_type=handover&subject_id={sheet['id']}"
    kinds = [one["kind"] for one in desk.story.get("auditor", address)["items"]]
    assert kinds.count("custody.handover_confirmed") == 3
    assert "custody.handover_done" in kinds
    require_untouched(desk.world.platform)
    person = desk.world.id("employee")
    changes = [
        Altered("handover", "giver_id", person, "Handover.giver_id"),
        Altered("handover", "witness_id", person, "Handover.witness_id"),
        Altered("handover", "reason", "别的", "Handover.reason"),
        Altered("handover", "status", "cancelled", "Handover.status"),
        Altered("handover", "done_at", 9, "Handover.done_at"),
        Altered("handover_item", "present", False, "HandoverItem.present"),
        Altered("handover_item", "discrepancy", "未见", "HandoverItem.discrepancy"),
        Altered("handover_item", "kind", "accessory", "HandoverItem.kind"),
        Altered("safe", "custodian_id", person, "Safe.custodian_id"),
    ]
    require_named(desk.world.platform, "custody.", changes)


def test_a_missing_seal_needs_its_record_stays_with_the_giver_and_is_suspended(successor: Any) -> None:
    desk = successor
    sheet = ok(draw_up(desk), 201)
    name = next(
        one["name"] for one in sheet["items"] if one["kind"] == "seal" and one["thing_id"] == desk.seal_id
    )
    ok(check(desk, sheet, missing=name))
    problem(confirm(desk, sheet, "custodian"), 409, "DISCREPANCY_MISSING")
    ok(check(desk, sheet, missing=name, why="柜内未见，移交人称昨日归还"))
    for kind in THREE:
        ok(confirm(desk, sheet, kind))
    seal = desk.story.get("administrator", f"/seals/{desk.seal_id}")
    assert (seal["status"], seal["whereabouts"]) == ("suspended", "missing")
    assert seal["keeper"]["id"] == desk.world.id("custodian")
    alarms = desk.story.get("administrator", "/alarms")["items"]
    assert [one["kind"] for one in alarms] == ["seal_missing"]
    problem(desk.ask(), 403, "NOT_KEEPER_OF_SAFE")


def test_a_seal_that_is_out_is_not_there(successor: Any) -> None:
    desk = successor
    sheet = ok(draw_up(desk), 201)
    desk.open()
    problem(check(desk, sheet), 409, "SEAL_NOT_FREE")


def test_who_may_draw_up_a_sheet_and_for_whom(desk: Any) -> None:
    world = desk.world
    problem(draw_up(desk, "employee"), 403, "NOT_PERMITTED")
    problem(draw_up(desk, witness_id=world.id("custodian")), 409, "SAME_PERSON")
    problem(draw_up(desk), 409, "NOT_A_KEEPER")
    problem(draw_up(desk, receiver_id="0" * 32), 404, "NOT_FOUND")
    body = {"giver_id": world.id("employee"), "receiver_id": world.id("custodian")}
    problem(draw_up(desk, "administrator", **body), 409, "NOTHING_KEPT")


def test_a_sheet_that_is_called_off_changes_nothing(successor: Any) -> None:
    desk = successor
    sheet = ok(draw_up(desk, "administrator"), 201)
    ok(check(desk, sheet))
    ok(confirm(desk, sheet, "custodian"))
    assert ok(desk.story.post("auditor", f"/handovers/{sheet['id']}/cancel"))["status"] == "cancelled"
    problem(confirm(desk, sheet, "reviewer"), 409, "HANDOVER_NOT_PENDING")
    assert keeper(desk) == desk.world.id("custodian")
    ok(draw_up(desk), 201)


LINES = st.builds(
    Checked, st.text(max_size=4), st.sampled_from([None, True, False]), st.sampled_from([None, " ", "缺一枚"])
)


@given(st.lists(LINES, max_size=6))
def test_a_sheet_is_confirmed_exactly_when_nothing_is_unchecked_or_missing_without_a_record(
    lines: list[Checked],
) -> None:
    fine = all(one.present or (one.present is False and one.discrepancy == "缺一枚") for one in lines)
    assert (object_to_confirmation(lines) is None) == fine
