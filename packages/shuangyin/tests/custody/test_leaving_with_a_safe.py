"""Who has a safe open cannot leave before it is closed; an opening that waits for him is called off."""

from __future__ import annotations

from typing import Any

import pytest
from hiring import hire, leave
from platform_world import ok, problem

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
