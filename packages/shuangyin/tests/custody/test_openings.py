"""Two persons open a safe together, each with a second factor of his own; one never can."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import PASSWORD, ok, problem

from shuangyin.core.clock import beijing_time
from shuangyin.core.live import LiveBus

pytestmark = pytest.mark.database_full


def test_both_must_confirm_before_the_safe_is_open(desk: Any) -> None:
    bus = desk.world.platform.port(LiveBus)
    page = bus.subscribe(desk.world.id("reviewer"), lambda: None, None)
    opening = ok(desk.ask(), 201)
    assert opening["status"] == "pending"
    assert [(one.topic, one.subject_id) for one in page.take()] == [("openings", opening["id"])]
    (waiting,) = desk.story.get("reviewer", "/workbench")["to_confirm"]
    assert (waiting["until"], waiting["link"]) == (
        opening["expires_at"],
        f"/custody/openings/{opening['id']}",
    )
    assert f"{beijing_time(opening['expires_at']):%H:%M} 前" in waiting["zh"]
    half = ok(desk.confirm(opening["id"], "custodian"))
    assert (half["status"], half["opened_at"]) == ("pending", None)
    again = ok(desk.confirm(opening["id"], "custodian"))
    assert again["status"] == "pending", "one person twice is still one person"
    opened = ok(desk.confirm(opening["id"], "reviewer"))
    assert opened["status"] == "open"
    assert page.take(), "what others did shows on the page too"
    assert desk.story.get("reviewer", "/workbench")["to_confirm"] == []
    assert opened["closes_by"] - opened["opened_at"] == 2 * 3600 * 1000
    seal = desk.story.get("custodian", f"/seals/{desk.seal_id}")
    assert seal["whereabouts"] == "in_use"


def test_the_second_person_may_confirm_on_the_same_device(desk: Any) -> None:
    opening = ok(desk.ask(), 201)
    ok(desk.confirm(opening["id"], "custodian"))
    body = {
        "account": "reviewer",
        "password": PASSWORD,
        "method": "totp",
        "code": desk.world.code("reviewer"),
    }
    opened = ok(desk.story.post("custodian", f"/openings/{opening['id']}/confirm", body))
    assert opened["status"] == "open"


def test_neither_a_wrong_code_nor_another_persons_opens(desk: Any) -> None:
    opening = ok(desk.ask(), 201)
    problem(desk.confirm(opening["id"], "custodian", code="000000"), 403, "SECOND_FACTOR_WRONG")
    problem(desk.confirm(opening["id"], "legal_representative"), 403, "NOT_YOUR_OPENING")
    body = {"account": "reviewer", "password": "wrong password 1", "method": "totp", "code": "123456"}
    problem(desk.story.post("custodian", f"/openings/{opening['id']}/confirm", body), 401, "SIGN_IN_REFUSED")
    assert desk.story.get("custodian", f"/openings/{opening['id']}")["status"] == "pending"


@pytest.mark.database
def test_a_code_is_good_for_one_person_once(desk: Any) -> None:
    opening = ok(desk.ask(), 201)
    code = desk.world.code("custodian")
    ok(desk.confirm(opening["id"], "custodian", code=code))
    problem(desk.confirm(opening["id"], "custodian", code=code), 403, "CODE_USED")


def test_confirming_too_late_opens_nothing_and_gives_the_safe_free(desk: Any) -> None:
    opening = ok(desk.ask(), 201)
    ok(desk.confirm(opening["id"], "custodian"))
    desk.world.clock.advance(seconds=6 * 60)
    problem(desk.confirm(opening["id"], "reviewer"), 409, "OPENING_NOT_PENDING")
    assert ok(desk.ask(), 201)["status"] == "pending"
    assert desk.story.get("custodian", f"/openings/{opening['id']}")["status"] == "expired"


@pytest.mark.database
def test_a_safe_has_one_opening_at_a_time(desk: Any) -> None:
    ok(desk.ask(), 201)
    problem(desk.ask(), 409, "SAFE_BUSY")


def test_custodian_and_reviewer_are_two_persons(desk: Any) -> None:
    problem(desk.ask(reviewer_id=desk.world.id("custodian")), 403, "NOT_YOUR_OPENING")
    problem(desk.ask("employee"), 403, "NOT_PERMITTED")
    problem(desk.ask("reviewer"), 403, "NOT_PERMITTED")


def test_only_an_approved_physical_request_opens_a_safe(desk: Any) -> None:
    draft = desk.story.draft()
    problem(desk.ask(request_ids=[draft["id"]]), 409, "REQUEST_NOT_READY")
    problem(desk.ask(request_ids=["f" * 32]), 404, "NOT_FOUND")


def test_a_suspended_seal_stays_in_its_safe(desk: Any) -> None:
    path = f"/seals/{desk.seal_id}/suspend"
    ok(desk.story.post("administrator", path, {"reason": "核查"}))
    problem(desk.ask(), 409, "SEAL_NOT_HERE")


def test_an_opening_is_shown_only_to_those_it_concerns(desk: Any) -> None:
    opening = ok(desk.ask(), 201)
    for kind in ("custodian", "reviewer", "auditor"):
        assert desk.story.get(kind, f"/openings/{opening['id']}")["id"] == opening["id"]
    answer = desk.world.client("employee").get(f"/api/v1/openings/{opening['id']}")
    problem(answer, 404, "NOT_FOUND")
