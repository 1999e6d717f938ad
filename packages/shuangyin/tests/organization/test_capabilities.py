"""Whether a counterparty takes e-seals: stated with proof, expired by a day, kept as history, looked at by decisions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import begin

from shuangyin.core.clock import beijing_time
from shuangyin.organization.rules import capability_at

DAY = 86_400_000
NOW = 1_793_500_000_000


def test_a_statement_counts_to_the_end_of_its_last_day_in_beijing() -> None:
    today = beijing_time(NOW).date()
    assert capability_at("yes", None, today) == "yes"
    assert capability_at("yes", today.isoformat(), today) == "yes"
    assert capability_at("no", (today - timedelta(days=1)).isoformat(), today) == "unknown"


@pytest.mark.database_full
def test_a_statement_needs_proof_has_a_history_and_expires_for_decisions(world: World) -> None:
    story = begin(world)
    path = f"/counterparties/{story.counterparty_id}"
    today = beijing_time(world.clock.now_ms()).date()

    def state(kind: str = "administrator", **body: Any) -> Any:
        return story.post(kind, f"{path}/capability", {"takes_electronic": "no", **body})

    problem(state(), 422, "PROOF_REQUIRED")
    problem(state(proof_note="电话", recheck_on=str(today - timedelta(days=1))), 422, "RECHECK_PAST")
    problem(state("employee", proof_note="电话"), 403, "NOT_PERMITTED")
    stated = ok(state(proof_note="电话询问其法务，暂不接收", recheck_on=str(today + timedelta(days=2))))
    assert (stated["takes_electronic"], stated["capability"], stated["recheck_on"]) == (
        "no",
        "no",
        str(today + timedelta(days=2)),
    )
    kept = story.get("employee", f"{path}/capabilities")["items"]
    assert [one["takes_electronic"] for one in kept] == ["no", "yes"]
    assert kept[0]["entry_id"]
    asked = {
        "document_kind": "supplier_contract",
        "amount_minor": 1,
        "counterparty_id": story.counterparty_id,
    }
    assert ok(story.post("employee", "/scenarios/decide", asked))["medium"] == "physical"

    world.clock.advance(seconds=3 * DAY / 1000)
    again = world.sign_in(world.members["employee"])
    assert ok(again.get(f"/api/v1{path}"))["capability"] == "unknown"
    later = ok(again.post("/api/v1/scenarios/decide", json=asked))
    assert later["medium"] == "electronic"
    assert date.fromisoformat(stated["recheck_on"]) < beijing_time(world.clock.now_ms()).date()
