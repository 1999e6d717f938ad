"""A paper is checked before it is pressed, supervised where the list asks for it, and spoiled sheets are shown."""

from __future__ import annotations

from typing import Any

import pytest
from custody_desk import POINTS
from hypothesis import given
from hypothesis import strategies as st
from platform_world import ok, problem

from shuangyin.custody.checklist_rules import Checked, object_to_press
from shuangyin.custody.rules import LARGE_RUN, Permitted, Presses, beyond_spare, object_to_presses, spare_for

pytestmark = pytest.mark.database_full


def press(desk: Any, opening: Any, **fields: Any) -> Any:
    """Register a press without any check before it."""
    body = {"request_id": desk.request["id"], "seal_id": desk.seal_id, "copies": 1, "normal": 1, **fields}
    return desk.story.post("custodian", f"/openings/{opening['id']}/presses", body)


def test_nothing_is_pressed_before_every_point_holds(desk: Any) -> None:
    opening = desk.open()
    problem(press(desk, opening), 409, "PRESS_UNCHECKED")
    problem(desk.check(opening["id"], "employee"), 404, "NOT_FOUND")
    problem(desk.check(opening["id"], request_id="0" * 32), 404, "NOT_FOUND")
    failed = ok(desk.check(opening["id"], no_blank=False), 201)
    assert failed["passed"] is False
    told = problem(press(desk, opening), 409, "PRESS_CHECK_FAILED")
    assert "空白" in told["detail"]
    assert ok(desk.check(opening["id"]), 201)["passed"] is True
    ok(press(desk, opening), 201)
    shown = desk.story.get("custodian", f"/openings/{opening['id']}")
    assert [one["passed"] for one in shown["checks"]] == [False, True]
    address = f"/evidence/entries?subject_type=request&subject_id={desk.request['id']}"
    kinds = [one["kind"] for one in desk.story.get("auditor", address)["items"]]
    assert kinds.count("custody.paper_checked") == 2


CHECKS = st.one_of(st.none(), st.builds(Checked, st.frozensets(st.sampled_from(POINTS)), st.booleans()))


@given(CHECKS, st.booleans())
def test_a_press_needs_every_point_and_the_supervisor_that_is_asked_for(
    check: Checked | None, asks: bool
) -> None:
    fine = check is not None and check.holds == frozenset(POINTS) and (check.supervised or not asks)
    assert (object_to_press("用印-1", check, asks_supervisor=asks) is None) == fine


@given(st.integers(0, 5000), st.integers(0, 600))
def test_the_spare_is_one_or_a_tenth_of_a_large_run_and_serves_nothing_else(
    approved: int, spoiled: int
) -> None:
    spare = spare_for(approved)
    assert spare == (1 if approved < LARGE_RUN else approved // 10)
    permitted = Permitted(normal=approved, seam=0)
    if spoiled:
        made = Presses(0, 0, 0, spoiled)
        assert object_to_presses(permitted, Presses(0, 0, 0, 0), made) is None, (
            "it was made, and is registered"
        )
        assert beyond_spare(permitted, made) == max(0, spoiled - spare)
    beyond = object_to_presses(permitted, Presses(0, 0, 0, 0), Presses(approved + 1, 0, 0, 0))
    assert beyond is not None
