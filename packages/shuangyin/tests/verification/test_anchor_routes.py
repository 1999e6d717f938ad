"""Routes of anchors: who may ask, what is not there, and what a request's timeline says of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from platform_world import ok, problem

from evidencelog.anchors import parse_receipt
from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.timestamping import StandInTimestamps
from shuangyin.core.settings import Settings
from shuangyin.evidence.anchoring import anchor_round
from shuangyin.evidence.ports import Anchors


@pytest.fixture
def authority() -> Iterator[StandInTimestamps]:
    with StandInTimestamps() as authority:
        yield authority


@pytest.fixture
def settings(settings: Settings, authority: StandInTimestamps) -> Settings:
    anchor: dict[str, object] = {
        "name": "tsa",
        "kind": "rfc3161",
        "url": authority.address,
        "timeout_seconds": 2,
    }
    return settings.model_copy(update={"log_anchors": [anchor]})


def rounds(story: Any) -> None:
    story.world.clock.advance(seconds=400)
    for anchor in story.world.platform.port(Anchors).members:
        anchor_round(story.world.platform, anchor)


def timeline(story: Any, request_id: str) -> list[dict[str, Any]]:
    return list(ok(story.world.client("employee").get(f"/api/v1/requests/{request_id}/timeline")))


def test_the_timeline_waits_fails_and_is_anchored(story: Any, authority: StandInTimestamps) -> None:
    request = story.sealed()
    story.world.settle()
    assert {one["anchor_state"] for one in timeline(story, request["id"])} == {"waiting"}
    authority.misbehave(Fault.CONTRADICTORY)
    rounds(story)
    assert {one["anchor_state"] for one in timeline(story, request["id"])} == {"failed"}
    authority.misbehave(None)
    rounds(story)
    told = timeline(story, request["id"])
    kinds = {one["kind"] for one in told}
    assert {"approvals.decided", "sealing.sealed"} <= kinds
    assert {one["anchor_state"] for one in told} == {"anchored"}
    for one in told:
        [covering] = one["anchors"]
        assert int(covering["transaction_id"], 16) > 0, "the serial number of the time stamp"
    _routes(story, told[0]["anchors"][0]["receipt_id"])


def _routes(story: Any, receipt_id: str) -> None:
    auditor, employee, stranger = (
        story.world.client("auditor"), story.world.client("employee"), story.world.anonymous(),
    )  # fmt: skip
    base = "/api/v1/evidence"
    [anchor] = ok(auditor.get(f"{base}/anchors"))
    assert (anchor["name"], anchor["state"], anchor["problem"]) == ("tsa", "anchored", None)
    assert receipt_id in {one["id"] for one in ok(auditor.get(f"{base}/anchors/tsa/receipts"))}
    assert ok(auditor.get(f"{base}/anchors/nobody/receipts")) == []
    # A receipt names a head of the log and no entry: anybody who is signed in may have it.
    answer = employee.get(f"{base}/receipts/{receipt_id}")
    assert parse_receipt(answer.content).anchor == "tsa"
    assert "attachment" in answer.headers["content-disposition"]
    problem(employee.get(f"{base}/receipts/{'0' * 32}"), 404, "NOT_FOUND")
    for path in ("anchors", "anchors/tsa/receipts"):
        problem(employee.get(f"{base}/{path}"), 403, "NOT_PERMITTED")
    for path in ("anchors", "anchors/tsa/receipts", f"receipts/{receipt_id}"):
        problem(stranger.get(f"{base}/{path}"), 401, "UNAUTHENTICATED")


def test_uses_of_a_person_are_those_he_applied_for_or_made(story: Any) -> None:
    [use] = story.sealed()["uses"]
    auditor = story.world.client("auditor")
    people = {
        kind: ok(story.world.client(kind).get("/api/v1/me"))["person"]["id"]
        for kind in ("employee", "auditor")
    }

    def uses(kind: str) -> list[str]:
        return [one["id"] for one in ok(auditor.get(f"/api/v1/seal-uses?person_id={people[kind]}"))["items"]]

    assert uses("employee") == [use["id"]]
    assert uses("auditor") == []
