"""Papers under a list whose one rule asks for exactly the controls that a test is about."""

from __future__ import annotations

from typing import Any

from platform_world import ok
from request_story import Story

HEAD = {"post_kind": "department_head"}


def govern(story: Story, medium: str, controls: dict[str, Any], **answer: Any) -> None:
    """Put a list into force whose one rule asks for these controls, as an internal must."""
    draft = ok(story.post("administrator", "/scenario-lists", {"starter": "current"}), 201)
    category = "contract" if medium == "electronic" else "legal_name"
    rule = {
        "name_zh": "受控用印",
        "name_en": "Controlled use",
        "conditions": {},
        "answer": {
            "medium": medium,
            "seal_categories": [category],
            "route": [HEAD],
            "controls": controls,
            **answer,
        },
        "strength": "must",
        "basis": "internal",
        "citation": None,
        "reason_zh": "内部控制要求。",
        "reason_en": "Internal control.",
    }
    path = f"/api/v1/scenario-lists/{draft['id']}/rules"
    headers = {"If-Match": f'"{draft["version"]}"'}
    ok(story.client("administrator").put(path, json={"rules": [rule]}, headers=headers))
    ok(story.enforce(draft["id"]))


def paper(story: Story, **asked: Any) -> dict[str, Any]:
    """What an application for the physical seal says."""
    line = story.line("official", presses_applied=2, seam_presses=2, placements=[], seam=None, qr=None)
    return {"medium": "physical", "copies": 2, "seals": [line], **asked}


def approve(story: Story, request_id: str, *, password: str | None = None) -> None:
    (item,) = [one for one in story.todo("department_head") if one["subject_id"] == request_id]
    subject = f"{item['step_id']}:{item['binding']}"
    proof = story.world.step_up("department_head", "approvals.decide", subject, password)
    ok(story.decide("department_head", item, proof=proof))


def opened(desk: Any, request_id: str, password: str | None = None) -> dict[str, Any]:
    opening = ok(desk.ask(request_ids=[request_id]), 201)
    more = {"password": password} if password else {}
    ok(desk.confirm(opening["id"], "custodian", **more))
    return dict(ok(desk.confirm(opening["id"], "reviewer", **more)))
