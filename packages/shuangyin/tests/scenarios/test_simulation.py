"""Simulations: every decision that would change, from → to and why; stopped, taken over, and over uploaded tables."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import Story, begin
from sqlalchemy import select, update

from shuangyin.core.jobs import ClaimedJob, Job
from shuangyin.core.platform import Platform
from shuangyin.core.spreadsheets import write_xlsx
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.scenarios.commands import run_simulation, simulating
from shuangyin.scenarios.models import ScenarioSimulation

pytestmark = pytest.mark.database


def draft_with(story: Story, name: str, **answer: Any) -> dict[str, Any]:
    """A draft as the list in force, with the answer of one rule changed."""
    made = ok(story.post("administrator", "/scenario-lists", {"starter": "current"}), 201)
    rules = [
        {key: value for key, value in one.items() if key not in ("id", "position")} for one in made["rules"]
    ]
    for rule in rules:
        if rule["name_zh"] == name:
            rule["answer"] |= answer
    path = f"/api/v1/scenario-lists/{made['id']}/rules"
    return dict(ok(story.client("administrator").put(path, json={"rules": rules})))


def lines_of(story: Story, simulation: dict[str, Any]) -> list[dict[str, Any]]:
    return list(story.get("administrator", f"/simulations/{simulation['id']}/lines")["items"])


def test_past_requests_are_compared_and_each_change_says_why(world: World) -> None:
    story = begin(world)
    version = story.upload()
    request = story.apply(document_version_ids=[version])
    draft = draft_with(story, "采购、销售、租赁合同用电子合同章", medium="physical")
    path = f"/scenario-lists/{draft['id']}/simulations"
    problem(story.post("employee", path, {"days": 30}), 403, "NOT_PERMITTED")
    asked = ok(story.post("administrator", path, {"days": 30}), 201)
    assert (asked["status"], asked["total"], asked["done"]) == ("waiting", 1, 0)
    problem(story.post("administrator", path, {"days": 30}), 409, "SIMULATION_UNDER_WAY")
    world.settle()
    done = story.get("legal_representative", f"/simulations/{asked['id']}")
    assert (done["status"], done["done"], done["changed"], done["current"]) == ("done", 1, 1, True)
    (line,) = lines_of(story, asked)
    assert (line["reference"], line["request_id"]) == (request["number"], request["id"])
    assert (line["before"]["medium"], line["after"]["medium"]) == ("electronic", "physical")
    assert "medium" in line["parts"]
    assert [one["name"]["zh"] for one in line["rules_after"]] == ["采购、销售、租赁合同用电子合同章"]
    problem(story.client("employee").get(f"/api/v1/simulations/{asked['id']}"), 404, "NOT_FOUND")
    ok(story.post("administrator", path, {"days": 30}), 201)
    problem(story.client("administrator").get(f"/api/v1/simulations/{asked['id']}"), 404, "NOT_FOUND")


def table(rows: int) -> bytes:
    body = "\n".join(f"第{row}份,labour_contract,,{row}.00" for row in range(rows))
    return f"reference,document_kind,counterparty,amount\n{body}\n".encode()


def post_table(story: Story, draft: dict[str, Any], content: bytes, name: str = "uses.csv") -> Any:
    path = f"/api/v1/scenario-lists/{draft['id']}/simulations/table"
    return story.client("administrator").post(path, files={"file": (name, content)})


def test_a_table_is_compared_row_by_row_and_bad_rows_are_named(world: World) -> None:
    story = begin(world)
    draft = draft_with(story, "劳动合同用电子公章", medium="physical")
    rows = [
        ["文件类型 [document_kind]", "往来单位 [counterparty]", "金额 [amount]"],
        ["labour_contract", "", ""],
        ["poem", "", ""],
        ["notice", "maybe", ""],
        ["notice", "", "=1"],
        ["notice", "yes", "12.50"],
    ]
    asked = ok(post_table(story, draft, write_xlsx(rows, title="uses"), "uses.xlsx"), 201)
    world.settle()
    done = story.get("administrator", f"/simulations/{asked['id']}")
    assert (done["done"], done["total"], done["changed"], done["refused"]) == (5, 5, 1, 3)
    found = lines_of(story, asked)
    assert [(one["row"], one["column"]) for one in found if one["problem"]] == [(3, "A"), (4, "B"), (5, "C")]
    assert [one["reference"] for one in found if not one["problem"]] == ["2"]
    problem(post_table(story, draft, b"a,b\n1,2\n"), 422, "TABLE_HEADINGS")
    problem(post_table(story, draft, b"document_kind\n\xff\xfe\n"), 422, "CSV_UNREADABLE")


def test_a_simulation_is_stopped_or_taken_over_and_counts_nothing_twice(
    world: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = begin(world)
    draft = draft_with(story, "劳动合同用电子公章", medium="physical")
    monkeypatch.setattr(simulating, "CHUNK", 10)
    asked = ok(post_table(story, draft, table(35)), 201)
    chunks = simulating._chunks  # a worker that dies in the middle

    def dying(platform: Platform, simulation_id: str) -> Any:
        for number, chunk in enumerate(chunks(platform, simulation_id)):
            if number == 2:
                raise OSError("the machine went down")
            yield chunk

    monkeypatch.setattr(simulating, "_chunks", dying)
    with pytest.raises(OSError, match="went down"):
        run_simulation(platform, claimed(platform, asked["id"]))
    assert story.get("administrator", f"/simulations/{asked['id']}")["done"] == 20
    monkeypatch.setattr(simulating, "_chunks", chunks)
    run_simulation(platform, claimed(platform, asked["id"]))
    done = story.get("administrator", f"/simulations/{asked['id']}")
    assert (done["status"], done["done"], done["changed"]) == ("done", 35, 35)
    assert len({one["reference"] for one in lines_of(story, asked)}) == 35

    again = ok(post_table(story, draft, table(35)), 201)
    platform.transact(lambda work: run_on(work, again["id"]))
    stopped = ok(story.post("administrator", f"/simulations/{again['id']}/cancel"))
    assert stopped["status"] == "cancelled"
    world.settle()
    assert story.get("administrator", f"/simulations/{again['id']}")["done"] == 0


def claimed(platform: Platform, simulation_id: str) -> ClaimedJob:
    with platform.database.read_session() as session:
        job = session.scalars(select(Job).where(Job.kind == "scenarios.simulate")).first()
        assert job is not None
        return ClaimedJob(job.id, job.kind, job.organization_id, {"simulation_id": simulation_id}, 1)


def run_on(work: UnitOfWork, simulation_id: str) -> None:
    work.session.execute(
        update(ScenarioSimulation).where(ScenarioSimulation.id == simulation_id).values(status="running")
    )


def test_nothing_is_compared_before_a_list_is_in_force(world: World) -> None:
    story = Story(world)
    made = ok(story.post("administrator", "/scenario-lists"), 201)
    problem(
        story.post("administrator", f"/scenario-lists/{made['id']}/simulations", {}), 409, "NO_LIST_IN_FORCE"
    )
    assert BytesIO(table(1)).read(9) == b"reference"
