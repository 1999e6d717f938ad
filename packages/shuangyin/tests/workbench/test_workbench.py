"""The home page: what needs me, what I wait for, what is to be known about the seals."""

from __future__ import annotations

import pytest
from platform_world import World, ok
from request_story import Story, begin

from shuangyin.workbench.rules import DAY_MS, SealState, alerts_of

NOW = 1_793_500_000_000


@pytest.mark.database
def test_everybody_sees_his_own_part(world: World) -> None:
    fresh = ok(world.client("employee").get("/api/v1/workbench"))
    assert [one["code"] for one in fresh["seals"]] == ["NO_LIST_IN_FORCE"]
    story: Story = begin(world)
    request = story.apply()
    story.draft(document_version_ids=[request["documents"][0]["document_version_id"]])

    mine = ok(world.client("employee").get("/api/v1/workbench"))
    assert [one["id"] for one in mine["mine"]] == [request["id"]]
    assert mine["counts"] == {"todo": 0, "mine_running": 1, "to_seal": 0, "openings": 0}
    head = ok(world.client("department_head").get("/api/v1/workbench"))
    assert [one["subject_id"] for one in head["todo"]] == [request["id"]]
    assert head["counts"]["todo"] == 1
    story.approve(request["id"])
    keeper = ok(world.client("custodian").get("/api/v1/workbench"))
    assert keeper["counts"]["to_seal"] == 1
    assert ok(world.client("reviewer").get("/api/v1/workbench"))["counts"]["to_seal"] == 0
    ok(story.post("administrator", f"/seals/{story.seals['contract']}/suspend", {"reason": "核查"}))
    alerts = ok(world.client("employee").get("/api/v1/workbench"))["seals"]
    assert [(one["code"], one["level"]) for one in alerts] == [("SEAL_SUSPENDED", "warning")]
    assert alerts[0]["link"] == f"/seals/{story.seals['contract']}"


@pytest.mark.parametrize(
    ("status", "whereabouts", "left_ms", "codes"),
    [
        ("in_force", None, None, []),
        ("in_force", None, 31 * DAY_MS, []),
        ("in_force", None, 30 * DAY_MS, ["SEAL_EXPIRES"]),
        ("in_force", None, -1, ["SEAL_EXPIRED"]),
        ("suspended", None, -1, ["SEAL_SUSPENDED"]),
        ("lost", "out_on_loan", None, ["SEAL_LOST", "SEAL_ON_LOAN"]),
        ("destroyed", None, -1, []),
    ],
)
def test_alerts_of_a_seal(
    status: str, whereabouts: str | None, left_ms: int | None, codes: list[str]
) -> None:
    until = None if left_ms is None else NOW + left_ms
    found = alerts_of(SealState("s", "公章", status, whereabouts, until), NOW)
    assert [one.code for one in found] == codes
