"""Stocktakes: two persons, expected and found, nothing missing without a record, and every press accounted for."""

from __future__ import annotations

from typing import Any

import pypdfium2 as pdfium
import pytest
from custody_desk import COPIES
from hypothesis import given
from hypothesis import strategies as st
from platform_world import ok, problem

from shuangyin.custody.stocktake_rules import NOTHING_YET, Account, Counted, object_to_count

pytestmark = pytest.mark.database


def begin(desk: Any, kind: str = "reviewer", witness: str = "auditor") -> Any:
    body = {"safe_id": desk.safe_id, "witness_id": desk.world.id(witness)}
    return desk.story.post(kind, "/stocktakes", body)


def count(desk: Any, taken: dict[str, Any], kind: str = "reviewer", missing: str = "", why: str = "") -> Any:
    lines = [
        {"id": one["id"], "found": one["seal_id"] != missing, "discrepancy": why or None}
        for one in taken["lines"]
    ]
    return desk.story.post(kind, f"/stocktakes/{taken['id']}/lines", {"lines": lines})


def confirm(desk: Any, taken: dict[str, Any], kind: str) -> Any:
    body = {"method": "totp", "code": desk.world.code(kind)}
    return desk.story.post(kind, f"/stocktakes/{taken['id']}/confirm", body)


def done(desk: Any) -> Any:
    taken = ok(begin(desk), 201)
    ok(count(desk, taken))
    ok(confirm(desk, taken, "reviewer"))
    return ok(confirm(desk, taken, "auditor"))


def used(desk: Any, **presses: int) -> None:
    """One opening in which the request's seal is pressed as often as said, photographed and put back."""
    opening = desk.open()
    use = ok(desk.press(opening["id"], **presses), 201)
    desk.photograph_each_copy(opening["id"], use["id"])
    if presses.get("spoiled"):
        problem(desk.close(opening["id"]), 409, "PHOTO_SPOILED_MISSING")
        ok(desk.photograph(opening["id"], use_id=use["id"], moment="spoiled"), 201)
    ok(desk.close(opening["id"]))


def test_a_safe_is_counted_by_two_and_stays_shut_meanwhile(desk: Any) -> None:
    problem(begin(desk, "employee"), 403, "NOT_PERMITTED")
    problem(begin(desk, witness="reviewer"), 409, "SAME_PERSON")
    taken = ok(begin(desk), 201)
    problem(begin(desk, "auditor", "reviewer"), 409, "STOCKTAKE_UNDER_WAY")
    problem(desk.ask(), 409, "STOCKTAKE_UNDER_WAY")
    problem(confirm(desk, taken, "reviewer"), 409, "STOCKTAKE_UNCOUNTED")
    problem(count(desk, taken, "custodian"), 403, "NOT_A_PARTY")
    counted = ok(count(desk, taken))
    assert counted["version"] > taken["version"]
    ok(confirm(desk, taken, "reviewer"))
    problem(count(desk, taken), 409, "STOCKTAKE_CONFIRMED")
    problem(confirm(desk, taken, "custodian"), 403, "NOT_A_PARTY")
    finished = ok(confirm(desk, taken, "auditor"))
    assert (finished["status"], finished["over"]) == ("done", False)
    problem(confirm(desk, taken, "auditor"), 409, "STOCKTAKE_NOT_PENDING")
    ok(desk.ask(), 201)
    answer = desk.world.client("auditor").get(f"/api/v1/stocktakes/{taken['id']}/sheet.pdf")
    text = pdfium.PdfDocument(answer.content)[0].get_textpage().get_text_range()
    assert taken["number"] in text
    assert "监盘人" in text
    address = f"/evidence/entries?subject_type=stocktake&subject_id={taken['id']}"
    kinds = [one["kind"] for one in desk.story.get("auditor", address)["items"]]
    assert kinds.count("custody.stocktake_confirmed") == 2
    assert "custody.stocktake_done" in kinds


def test_presses_are_accounted_for_since_the_last_stocktake(desk: Any) -> None:
    first = done(desk)["lines"][0]["account"]
    assert (first["since"], first["pressed"], first["balanced"]) == (None, 0, True)
    used(desk, normal=COPIES, seam=COPIES, spoiled=1)
    account = done(desk)["lines"][0]["account"]
    assert account["since"] is not None
    assert {
        name: account[name] for name in ("permitted", "spare", "pressed", "good", "spoiled", "balanced")
    } == {
        "permitted": 2 * COPIES,
        "spare": 1,
        "pressed": 2 * COPIES + 1,
        "good": 2 * COPIES,
        "spoiled": 1,
        "balanced": True,
    }
    again = done(desk)["lines"][0]["account"]
    assert (again["permitted"], again["pressed"], again["good"], again["spoiled"]) == (0, 0, 0, 0)


def test_a_missing_seal_needs_its_record_raises_the_alarm_and_is_suspended(desk: Any) -> None:
    taken = ok(begin(desk), 201)
    ok(count(desk, taken, missing=desk.seal_id))
    problem(confirm(desk, taken, "reviewer"), 409, "DISCREPANCY_MISSING")
    ok(count(desk, taken, missing=desk.seal_id, why="格口为空"))
    for kind in ("reviewer", "auditor"):
        ok(confirm(desk, taken, kind))
    assert state_of(desk) == ("suspended", "missing")
    alarms = desk.story.get("administrator", "/alarms")["items"]
    assert [one["kind"] for one in alarms] == ["seal_missing"]
    problem(desk.ask(), 409, "SEAL_NOT_HERE")
    # It lies there again at the next count: who counts writes where it was, and nothing else is alarmed.
    again = ok(begin(desk), 201)
    (line,) = (one for one in again["lines"] if one["seal_id"] == desk.seal_id)
    assert (line["whereabouts"], line["expected"]) == ("missing", False)
    ok(count(desk, again, why="夹在文件盒中找到"))
    for kind in ("reviewer", "auditor"):
        ok(confirm(desk, again, kind))
    assert state_of(desk) == ("suspended", "in_safe")
    assert [one["kind"] for one in desk.story.get("administrator", "/alarms")["items"]] == ["seal_missing"]


def test_a_missing_seal_that_is_taken_up_again_lies_in_its_safe(desk: Any) -> None:
    taken = ok(begin(desk), 201)
    ok(count(desk, taken, missing=desk.seal_id, why="格口为空"))
    for kind in ("reviewer", "auditor"):
        ok(confirm(desk, taken, kind))
    ok(desk.story.post("administrator", f"/seals/{desk.seal_id}/resume", {"reason": "已找到，核对无误"}))
    assert state_of(desk) == ("in_force", "in_safe")
    assert ok(desk.ask(), 201)["status"] == "pending"


def state_of(desk: Any) -> tuple[str, str]:
    """Status and whereabouts of the seal in the register."""
    seal = desk.story.get("administrator", f"/seals/{desk.seal_id}")
    return seal["status"], seal["whereabouts"]


def test_an_open_safe_is_not_counted(desk: Any) -> None:
    desk.open()
    problem(begin(desk), 409, "SAFE_BUSY")


def test_a_stocktake_past_its_time_keeps_no_safe_shut(desk: Any) -> None:
    taken = ok(begin(desk), 201)
    ok(count(desk, taken))
    desk.world.clock.advance(seconds=7200)
    desk.again("custodian", "reviewer", "auditor")
    problem(confirm(desk, taken, "reviewer"), 409, "STOCKTAKE_OVER")
    assert desk.story.get("auditor", f"/stocktakes/{taken['id']}")["over"] is True
    ok(desk.ask(), 201)
    assert ok(desk.story.post("auditor", f"/stocktakes/{taken['id']}/cancel"))["status"] == "cancelled"
    problem(desk.story.post("auditor", f"/stocktakes/{taken['id']}/cancel"), 409, "STOCKTAKE_NOT_PENDING")


SEALS = st.builds(
    Counted,
    st.text(max_size=4),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, " ", "格口为空"]),
)
COUNTS = st.integers(0, 3)
ACCOUNTS = st.builds(Account, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)


@given(st.lists(SEALS, max_size=5))
def test_a_count_is_confirmed_exactly_when_every_difference_has_its_record(seals: list[Counted]) -> None:
    fine = all(
        one.found is not None and (one.found == one.expected or one.discrepancy == "格口为空")
        for one in seals
    )
    assert (object_to_count(seals) is None) == fine


@given(ACCOUNTS, ACCOUNTS)
def test_no_press_falls_between_two_stocktakes(before: Account, now: Account) -> None:
    if now.balanced:
        assert now.good + now.spoiled == now.pressed <= now.permitted + now.spare
    since = now.since(before)
    assert since.pressed + before.pressed == now.pressed
    assert since.good <= since.permitted or now.good > now.permitted
    assert now.since(NOTHING_YET) == now
