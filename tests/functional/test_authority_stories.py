"""Two stories of authority from the outside, over HTTP, refusals included: an emergency after hours, and a tender."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from running_installation import Installation

from shuangyin.core.clock import BEIJING
from shuangyin.demo.person import Person

CONTRACT = Path(__file__).parents[2] / "samples" / "contract.pdf"
HOUR = 3_600_000
USES = 6


@pytest.fixture(scope="module")
def version(running: Installation) -> str:
    """One uploaded file, sealed in every part of the stories."""
    return str(running.upload(CONTRACT.name, CONTRACT.read_bytes(), "投标文件")["versions"][0]["id"])


@pytest.fixture
def after_hours(running: Installation) -> Iterator[None]:
    """Yesterday, today and tomorrow are days off in this unit, whenever the test runs; afterwards as published again."""
    admin = running["administrator"]
    today = datetime.now(BEIJING).date()
    days = [{"day": (today + timedelta(days=by)).isoformat(), "note": "演练"} for by in (-1, 0, 1)]
    admin.request(
        "PUT", "/organization/calendar/days", json={"days": [{**one, "kind": "off"} for one in days]}
    )
    yield
    published = [{**one, "kind": "published"} for one in days]
    admin.request("PUT", "/organization/calendar/days", json={"days": published})


def apply(running: Installation, facts: dict[str, Any], version: str, **fields: Any) -> dict[str, Any]:
    """A submitted application for the electronic seal that the list decides on, approved by whom it asks."""
    employee = running["employee"]
    body = draft_of(running, facts, version, **fields)
    draft = employee.post_json("/requests", body)
    request = dict(employee.post_json(f"/requests/{draft['id']}/submit"))
    running.approve(request)
    return request


def draft_of(running: Installation, facts: dict[str, Any], version: str, **fields: Any) -> dict[str, Any]:
    decision = running["employee"].post_json("/requests/decision", facts)
    seal = next(one for one in decision["seals"] if one["medium"] == "electronic")
    place = {"page": 0, "x_mm": 40.0, "y_mm": 150.0}
    return {
        **facts,
        "reason": "按期办理",
        "duplicate_reason": "演练中重复使用同一样本",
        "document_version_ids": [version],
        "medium": "electronic",
        "seals": [{"seal_id": seal["id"], "presses_applied": 1, "placements": [place]}],
        **fields,
    }


def kinds_of(running: Installation, subject_type: str, subject_id: str) -> list[str]:
    found = running["auditor"].get("/evidence/entries", subject_type=subject_type, subject_id=subject_id)
    return [one["kind"] for one in found["items"]]


@pytest.mark.usefixtures("after_hours")
def test_after_hours_an_emergency_is_delegated_and_reviewed_later(
    running: Installation, version: str
) -> None:
    request = apply(running, {"document_kind": "letter"}, version, title="应急复函")
    keeper, reviewer, legal = running["custodian"], running["reviewer"], running["legal_representative"]
    seal = f"/requests/{request['id']}/seal"
    assert reviewer.refused("POST", seal, json={})["status"] == 403

    now = round(time.time() * 1000)
    asked: dict[str, Any] = {
        "delegate_id": reviewer.id,
        "delegator_id": keeper.id,
        "acts": ["press"],
        "seal_ids": [request["seals"][0]["seal_id"]],
        "until_at": now + 6 * HOUR,
        "reason": "保管人夜间联系不上，复函当晚须发出",
        "emergency": True,
    }
    refusals: list[tuple[Person, dict[str, Any], str]] = [
        (running["department_head"], {}, "NOT_PERMITTED"),
        (legal, {"delegate_id": legal.id}, "NOT_YOUR_GRANT"),
        (legal, {"until_at": now + 25 * HOUR}, "EMERGENCY_TOO_LONG"),
        (legal, {"delegator_id": running["employee"].id}, "DELEGATION_WIDER"),
        (legal, {}, "STEP_UP_REQUIRED"),
    ]
    for person, change, code in refusals:
        assert person.refused("POST", "/delegations", json={**asked, **change})["code"] == code
    proof = legal.step_up("authority.delegate", reviewer.id)
    given = legal.post_json("/delegations", {**asked, "proof": proof})
    assert (given["given_by"]["id"], given["delegator"]["id"], given["delegate"]["id"]) == (
        legal.id,
        keeper.id,
        reviewer.id,
    )
    used_up = {**asked, "proof": proof}
    assert legal.refused("POST", "/delegations", json=used_up)["status"] == 403, "a proof is good once"

    reviewer.post_confirmed(seal, {})
    (use,) = running.sealed(request)["uses"]
    assert (use["presser"]["id"], use["on_behalf_of"]["id"]) == (reviewer.id, keeper.id), "both names"
    reviewed_later(running, given["id"])
    legal.post_confirmed(f"/delegations/{given['id']}/end", {"reason": "事毕"})
    answer = running["auditor"].get(
        "/authority/answer", act="press", seal_id=asked["seal_ids"][0], person_id=reviewer.id
    )
    assert not answer["allowed"]


def reviewed_later(running: Installation, delegation_id: str) -> None:
    """A review with a deadline is owed, by nobody who took part; afterwards it is done."""
    auditor = running["auditor"]
    waiting = [one for one in auditor.get("/authority/reviews")["items"] if one["cause_id"] == delegation_id]
    (review,) = waiting
    assert (review["kind"], review["status"]) == ("emergency", "open")
    assert review["due_at"] > time.time() * 1000 + 6 * HOUR
    path = f"/authority/reviews/{review['id']}/decision"
    upheld = {"upheld": True, "comment": "情况属实，授权未超出所需"}
    for kind in ("legal_representative", "reviewer", "employee"):
        assert running[kind].refused("POST", path, json=upheld)["status"] in (403, 409)
    done = auditor.post_json(path, upheld)
    assert (done["status"], done["reviewed_by"]["id"]) == ("upheld", auditor.id)
    assert auditor.refused("POST", path, json=upheld)["code"] == "REVIEW_DONE"
    kinds = kinds_of(running, "delegation", delegation_id)
    assert sorted(kinds) == ["authority.delegated", "authority.review_opened", "authority.reviewed"]


def test_a_tender_is_electronic_only_and_its_grant_of_six_uses_for_two_days_closes_itself(
    running: Installation, version: str
) -> None:
    employee, legal = running["employee"], running["legal_representative"]
    facts = {
        "document_kind": "tender",
        "platform": "gov_procurement",
        "amount_minor": 48_600_000,
        "currency": "CNY",
    }
    decision = employee.post_json("/requests/decision", facts)
    assert decision["medium"] == "electronic"
    (refused,) = decision["refused_media"]
    assert refused["medium"] == "physical"
    assert "交易平台" in str(decision["controls"]["hand_over"])
    paper = {
        "medium": "physical",
        "title": "政府采购投标文件",
        "seals": [{"seal_id": running.cast.seals["legal_name_physical"]["id"], "presses_applied": 2}],
    }
    draft = employee.post_json("/requests", draft_of(running, facts, version, **paper))
    problem = employee.refused("POST", f"/requests/{draft['id']}/submit", json={})
    assert problem["code"] == "MEDIUM_REFUSED"
    discarded = employee.post_json(f"/requests/{draft['id']}/discard")
    assert (discarded["status"], discarded["actions"]) == ("discarded", [])

    seal_id = running.cast.seals["legal_name_electronic"]["id"]
    grant = granted_for_six_uses(running, seal_id)
    requests = [
        apply(running, facts, version, title=f"投标文件第 {number} 册") for number in range(1, USES + 1)
    ]
    extra = apply(running, facts, version, title="投标文件补遗")
    for one in requests:
        assert running.sealed(one)["status"] == "sealed"
    (closed,) = running["auditor"].get(f"/grants/{grant['id']}")["items"]
    assert (closed["count_used"], closed["status"], closed["end_cause"]) == (USES, "ended", "used_up")
    assert kinds_of(running, "grant", grant["id"]) == ["authority.granted", "authority.ended"]
    assert employee.get(f"/requests/{extra['id']}")["status"] == "approved", (
        "the seventh waits for its keeper"
    )
    assert legal.refused("POST", f"/grants/{grant['id']}/end", json={"reason": "再次结束"})["status"] == 409
    handed_over(running, requests[0]["id"])


def granted_for_six_uses(running: Installation, seal_id: str) -> dict[str, Any]:
    """A grant of silent sealing is bound to one seal, a kind of document, a count and days; wider ones are refused."""
    legal = running["legal_representative"]
    bound: dict[str, Any] = {
        "act": "auto_seal",
        "seal_id": seal_id,
        "document_kinds": ["tender"],
        "count_limit": USES,
        "valid_until": round(time.time() * 1000) + 48 * HOUR,
        "reason": "投标期间由平台按批准内容自动加盖",
    }
    lacking = {
        "GRANT_AUTO_TEMPLATE": {"document_kinds": None},
        "GRANT_AUTO_COUNT": {"count_limit": None},
        "GRANT_AUTO_SEAL": {"seal_id": None},
    }
    for code, change in lacking.items():
        assert legal.refused("POST", "/grants", json={**bound, **change})["code"] == code
    assert running["department_head"].refused("POST", "/grants", json=bound)["status"] == 403
    proof = legal.step_up("authority.grant", f"{seal_id}:auto_seal")
    return dict(legal.post_json("/grants", {**bound, "proof": proof}))


def handed_over(running: Installation, request_id: str) -> None:
    """The use owes a hand-over to the platform of the procurement; who did it says how."""
    employee = running["employee"]
    path = f"/requests/{request_id}/duties/hand_over"
    (duty,) = employee.get(f"/requests/{request_id}")["duties"]
    assert (duty["kind"], duty["state"]) == ("hand_over", "open")
    assert employee.refused("POST", path, json={})["code"] == "NOTE_MISSING"
    assert running["auditor"].refused("POST", path, json={"note": "代为登记"})["status"] == 403
    done = employee.post_json(path, {"note": "已在采购平台签章上传，回执 2026-118"})
    assert (done["duties"][0]["state"], done["done"]) == ("fulfilled", True)
    assert employee.refused("POST", path, json={"note": "再次"})["code"] == "DUTY_DONE"
