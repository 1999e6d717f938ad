"""An approved application that nobody needs any more is withdrawn, unless somebody has begun to seal."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import ok, problem

from shuangyin.evidence.auditing import audit

OPENING_S = 5 * 60 + 1


@pytest.mark.database_full
def test_what_is_approved_and_not_begun_is_withdrawn_and_keeps_its_seal_no_longer(desk: Any) -> None:
    story = desk.story
    request = desk.request
    path, life = f"/requests/{request['id']}", f"/seals/{story.seals['official']}/life"
    assert "withdraw" in story.read(request["id"], "employee")["actions"]
    assert [one["number"] for one in story.get("administrator", life)["uses"]] == [request["number"]]
    ok(desk.ask(), 201)
    assert "withdraw" not in story.read(request["id"], "employee")["actions"]
    problem(story.post("employee", f"{path}/withdraw"), 409, "REQUEST_BEGUN")
    desk.world.clock.advance(seconds=OPENING_S)
    problem(story.post("department_head", f"{path}/withdraw"), 404, "NOT_FOUND")
    given_up = ok(story.post("employee", f"{path}/withdraw", {"reason": "不签了"}))
    assert (given_up["status"], given_up["binding"]) == ("withdrawn", None)
    assert [one["kind"] for one in story.get("administrator", life)["uses"] if one["kind"] == "request"] == []
    problem(desk.ask(), 409, "REQUEST_NOT_READY")
    changed = story.client("employee").patch(f"/api/v1{path}", json={"copies": 1})
    assert ok(changed)["copies"] == 1
    assert ok(story.submit(request["id"]))["status"] == "in_approval"
    desk.world.settle()
    differences = audit(desk.world.platform).differences
    assert [str(one) for one in differences] == [], "what was approved and given up may be changed"
