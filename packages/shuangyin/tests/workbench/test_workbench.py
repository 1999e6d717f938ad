"""The home page: what needs me, what I wait for, what is to be known about the seals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from platform_world import World, ok
from request_story import Story, begin

from shuangyin.workbench.finding_alerts import FindingsFact, finding_alerts
from shuangyin.workbench.rules import (
    DAY_MS,
    UNSTAMPED_MS,
    OpeningFact,
    SealFact,
    SetupFact,
    WaitingFact,
    alerts,
    setup_tasks,
)

NOW = 1_793_500_000_000
SEAL = SealFact("s", "公章", "physical", "in_force", "in_safe", None)
OPENING = OpeningFact("o", "开柜-2026-000001", "open", NOW)


@pytest.mark.database_full
def test_everybody_sees_his_own_part(world: World) -> None:
    fresh = ok(world.client("employee").get("/api/v1/workbench"))
    assert [one["link"] for one in fresh["seals"]] == ["/scenarios"]
    story: Story = begin(world)
    request = story.apply()
    story.draft(document_version_ids=[request["documents"][0]["document_version_id"]])

    mine = ok(world.client("employee").get("/api/v1/workbench"))
    assert [one["id"] for one in mine["mine"]] == [request["id"]]
    assert mine["counts"] == {"todo": 0, "mine_running": 1, "to_seal": 0, "to_press": 0, "openings": 0}
    head = ok(world.client("department_head").get("/api/v1/workbench"))
    assert [one["subject_id"] for one in head["todo"]] == [request["id"]]
    assert head["counts"]["todo"] == 1
    story.approve(request["id"])
    assert ok(world.client("custodian").get("/api/v1/workbench"))["counts"]["to_seal"] == 1
    assert ok(world.client("reviewer").get("/api/v1/workbench"))["counts"]["to_seal"] == 0
    ok(story.post("administrator", f"/seals/{story.seals['contract']}/suspend", {"reason": "核查"}))
    for kind in ("custodian", "administrator"):
        found = ok(world.client(kind).get("/api/v1/workbench"))["seals"]
        assert [(one["level"], one["link"].rsplit("/", 1)[0]) for one in found] == [
            ("warning", "/seals"),
            ("info", "/scenarios"),
        ]
    (only,) = ok(world.client("employee").get("/api/v1/workbench"))["seals"]
    assert only["zh"].startswith("请阅读用印场景清单")


@pytest.mark.database_full
def test_the_administrator_is_led_through_the_setup_and_the_auditor_sees_new_evidence(world: World) -> None:
    begun = ok(world.client("administrator").get("/api/v1/workbench"))
    open_tasks = {one["key"]: one["done"] for one in begun["setup"]}
    assert (open_tasks["persons"], open_tasks["seals"], open_tasks["list"]) == (True, False, False)
    assert begun["entries"] == [], "evidence is the auditor's"
    story: Story = begin(world)
    safe = ok(
        story.post(
            "administrator",
            "/safes",
            {
                "name": "一号柜",
                "place": "302",
                "custodian_id": world.client("custodian").get("/api/v1/me").json()["person"]["id"],
            },
        ),
        201,
    )
    left = {
        one["key"]
        for one in ok(world.client("administrator").get("/api/v1/workbench"))["setup"]
        if not one["done"]
    }
    assert left == {"safes"}, "the physical seal has no place yet"
    place = {"seal_id": story.seals["official"], "slot": "A1"}
    ok(story.post("administrator", f"/safes/{safe['id']}/seals", place))
    assert ok(world.client("administrator").get("/api/v1/workbench"))["setup"] == [], "nothing is left to do"
    audited = ok(world.client("auditor").get("/api/v1/workbench"))
    assert audited["setup"] == []
    times = [one["recorded_at"] for one in audited["entries"]]
    assert times
    assert times == sorted(times, reverse=True)
    assert ok(world.client("employee").get("/api/v1/workbench"))["entries"] == []


def test_setup_is_over_when_every_part_is_there() -> None:
    kinds = frozenset(
        {"legal_representative", "department_head", "employee", "custodian", "reviewer", "auditor"}
    )
    whole = SetupFact(
        departments=1,
        kinds_held=kinds,
        staff=11,
        seals_in_force=1,
        safes=1,
        all_outside=False,
        has_list=True,
    )
    assert setup_tasks(whole) == ()
    for lacking in (
        replace(whole, departments=0),
        replace(whole, kinds_held=kinds - {"reviewer"}),
        replace(whole, kinds_held=kinds - {"department_head"}),
        replace(whole, seals_in_force=0),
        replace(whole, safes=0),
        replace(whole, all_outside=True),
        replace(whole, has_list=False),
    ):
        assert sum(not task.done for task in setup_tasks(lacking)) == 1


def test_two_people_who_keep_one_seal_are_through_with_the_setup_without_departments() -> None:
    few = SetupFact(
        departments=0,
        kinds_held=frozenset({"legal_representative", "reviewer", "custodian", "administrator"}),
        staff=2,
        seals_in_force=1,
        safes=1,
        all_outside=False,
        has_list=True,
    )
    assert setup_tasks(few) == ()
    begun = replace(few, kinds_held=frozenset({"administrator"}), staff=1)
    assert [one.key for one in setup_tasks(begun) if not one.done] == ["departments", "persons"]
    assert [one.key for one in setup_tasks(replace(few, staff=11)) if not one.done] == [
        "departments",
        "persons",
    ]


def test_work_that_gave_up_is_the_first_alert() -> None:
    found = alerts(NOW, seals=[], openings=[], waiting=[], has_list=False, failed_jobs=2)
    assert [(one.level, one.link) for one in found] == [("danger", "/admin/jobs"), ("warning", "/scenarios")]


@pytest.mark.parametrize(
    ("seal", "level"),
    [
        (SEAL, None),
        (replace(SEAL, valid_until=NOW + 30 * DAY_MS), None),
        (replace(SEAL, valid_until=NOW + 30 * DAY_MS - 1), "warning"),
        (replace(SEAL, status="suspended"), "warning"),
        (replace(SEAL, status="lost"), "danger"),
        (replace(SEAL, status="destroyed", valid_until=NOW), None),
    ],
)
def test_what_of_a_seal_is_worth_an_alert(seal: SealFact, level: str | None) -> None:
    found = alerts(NOW, seals=[seal], openings=[], waiting=[], has_list=True)
    assert [one.level for one in found] == ([level] if level else [])


def test_the_most_urgent_comes_first() -> None:
    late = WaitingFact("r", "用印-2026-000001", NOW - UNSTAMPED_MS - 1)
    in_time = replace(late, approved_at=NOW - UNSTAMPED_MS)
    found = alerts(
        NOW + 1,
        seals=[replace(SEAL, status="suspended")],
        openings=[OPENING, replace(OPENING, closes_by=NOW + 1), replace(OPENING, status="pending")],
        waiting=[in_time, late],
        has_list=False,
    )
    levels = [one.level for one in found]
    assert levels == sorted(levels, key=["danger", "warning", "info"].index)
    assert len([one for one in found if one.link == "/custody/openings/o"]) == 2
    assert found[0].link == "/custody/openings/o"
    assert alerts(NOW, seals=[], openings=[], waiting=[in_time], has_list=True) == ()


def test_findings_are_told_by_what_is_to_be_done_and_nothing_when_nothing_is() -> None:
    none = FindingsFact("a", "2026-11", 0, 0, 0, over=False)
    assert finding_alerts(none) == ()
    found = finding_alerts(replace(none, to_answer=2, overdue=1, to_settle=3, over=True))
    assert [one.level for one in found] == ["danger", "warning", "warning", "info"]
    assert [one.text.zh[:2] for one in found] == ["1 ", "2 ", "3 ", "20"]
    assert {one.link for one in found} == {"/audits/a"}
