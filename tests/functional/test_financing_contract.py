"""A financing contract from the outside, over HTTP: physical by the list, the amount asks the root office, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from running_installation import FINANCING_AMOUNT, Installation

CONTRACT = Path(__file__).parents[2] / "samples" / "financing-contract.pdf"
SMALL_AMOUNT = 99_999_999
"""One fen below the amount from which the legal representative decides."""


def posts(decision: dict[str, Any]) -> list[str]:
    return [step["post_kind"] for step in decision["route"]]


def test_a_financing_contract_takes_the_physical_seal_and_its_amount_the_root_office(
    running: Installation,
) -> None:
    employee = running["employee"]
    lessor = running.cast.counterparties["lessor"]
    facts = {"document_kind": "financing_contract", "currency": "CNY", "counterparty_id": lessor["id"]}

    small = employee.post_json("/requests/decision", {**facts, "amount_minor": SMALL_AMOUNT})
    large = employee.post_json("/requests/decision", {**facts, "amount_minor": FINANCING_AMOUNT})
    unknown = employee.post_json("/requests/decision", facts)
    assert {one["medium"] for one in (small, large, unknown)} == {"physical"}
    assert posts(small) == ["department_head"]
    assert posts(large) == posts(unknown) == ["department_head", "legal_representative"]
    assert any(one["value"] == SMALL_AMOUNT + 1 for one in small["changes"])
    (refused,) = large["refused_media"]
    assert refused["medium"] == "electronic"
    assert refused["exceptable"] is False
    assert "不能申请例外" in refused["exception"]["zh"]
    assert {one["rule"]["zh"] for one in large["reasons"]} >= {
        "融资合同用实体公章",
        "大额合同由法定代表人审批",
    }

    _refused_then_approved(running, facts, large, lessor["name"])


def _refused_then_approved(
    running: Installation, facts: dict[str, Any], large: dict[str, Any], party: str
) -> None:
    """The e-seal is refused with its reason, so is an exception; the physical seal is approved by both."""
    employee = running["employee"]
    (refused,) = large["refused_media"]
    version = running.upload(CONTRACT.name, CONTRACT.read_bytes(), "融资合同")["versions"][0]
    seals = employee.get("/seals", medium="electronic", status="in_force", limit=50)["items"]
    place = {"page": 0, "x_mm": 40.0, "y_mm": 150.0}
    body = {
        **facts,
        "title": "融资合同",
        "reason": "与出租方签订融资合同",
        "amount_minor": FINANCING_AMOUNT,
        "counterparty_name": party,
        "duplicate_reason": "演练中重复使用同一样本",
        "document_version_ids": [version["id"]],
        "medium": "electronic",
        "seals": [{"seal_id": seals[0]["id"], "placements": [place]}],
    }
    draft = employee.post_json("/requests", body)
    submit = f"/requests/{draft['id']}/submit"
    problem = employee.refused("POST", submit, json={})
    assert (problem["status"], problem["code"]) == (409, "MEDIUM_REFUSED")
    assert "实体公章" in problem["details"]["reason"]["zh"]

    exception = {"rule_ids": refused["demanded_by"], "reason": "希望当日用电子印章签署"}
    employee.request("PATCH", f"/requests/{draft['id']}", json={"exception": exception})
    problem = employee.refused("POST", submit, json={})
    assert (problem["status"], problem["code"]) == (409, "EXCEPTION_REFUSED")
    assert employee.get(f"/requests/{draft['id']}")["status"] == "draft"

    line = {"seal_id": large["seals"][0]["id"], "presses_applied": 2, "placements": []}
    change = {"medium": "physical", "exception": None, "duplicate_reason": None, "copies": 2, "seals": [line]}
    employee.request("PATCH", f"/requests/{draft['id']}", json=change)
    again = employee.post_json("/requests/decision", {**facts, "document_version_ids": [version["id"]]})
    if again["duplicates"]:
        assert employee.refused("POST", submit, json={})["code"] == "SEALED_BEFORE"
    employee.request("PATCH", f"/requests/{draft['id']}", json={"duplicate_reason": "演练中重复使用同一样本"})
    request = employee.post_json(submit)
    assert request["high_risk"] is True
    assert [one["id"] for one in request["waiting_for"]] == [running["department_head"].id]
    sealing = running["custodian"].refused("POST", f"/requests/{request['id']}/seal", json={})
    assert sealing["status"] in (403, 404, 409)
    running.approve(request)
    assert employee.get(f"/requests/{request['id']}")["status"] == "approved"
