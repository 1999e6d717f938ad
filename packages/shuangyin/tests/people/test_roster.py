"""A roster: faults by row as a pure decision, and the import over HTTP, taken whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_world import World, ok, problem

from shuangyin.core.spreadsheets import write_xlsx
from shuangyin.people.roster import House, RosterRow, faults_of, parents_of

HEADER = ["姓名", "账号", "部门", "上级部门", "岗位"]
HOUSE = House(
    departments={"市场部": None, "财务部": None},
    offices={"员工": False, "部门负责人": False, "法定代表人": True},
    heading=frozenset({"部门负责人", "法定代表人"}),
    held=frozenset({"法定代表人"}),
    headed=frozenset({"市场部"}),
    accounts=frozenset({"employee"}),
)


def rows(*lines: tuple[str, str, str, str, str]) -> list[RosterRow]:
    return [RosterRow(number, *line) for number, line in enumerate(lines, start=2)]


def codes(*lines: tuple[str, str, str, str, str]) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.code) for one in faults_of(rows(*lines), HOUSE)]


def test_a_good_roster_has_no_fault() -> None:
    assert not codes(
        ("何远", "he-yuan", "市场部", "", "员工"),
        ("林夏", "lin-xia", "研发部", "市场部", "部门负责人"),
        ("郑安", "zheng-an", "研发部", "市场部", "员工"),
        ("贺宁", "he-ning", "", "", ""),
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (("", "a-b", "", "", ""), ("name", "NAME_LENGTH")),
        (("甲", "甲", "", "", ""), ("account", "ACCOUNT_FORM")),
        (("甲", "Employee", "", "", ""), ("account", "ACCOUNT_TAKEN")),
        (("甲", "a-b", "", "市场部", ""), ("department", "DEPARTMENT_MISSING")),
        (("甲", "a-b", "市场部", "总部", ""), ("parent", "PARENT_MISSING")),
        (("甲", "a-b", "市场部", "财务部", ""), ("parent", "PARENT_CONTRADICTS")),
        (("甲", "a-b", "新部", "", "员工"), ("department", "HEAD_MISSING")),
        (("甲", "a-b", "市场部", "", "主任"), ("post", "POST_UNKNOWN")),
        (("甲", "a-b", "市场部", "", "法定代表人"), ("post", "OFFICE_HELD")),
    ],
)
def test_each_fault_names_its_row_and_cell(line: Any, fault: tuple[str, str]) -> None:
    assert (2, *fault) in codes(line)


def test_duplicates_and_circles_are_found_in_every_row_of_theirs() -> None:
    twice = codes(("甲", "a-b", "", "", ""), ("乙", "A-B", "", "", ""))
    assert twice == [(2, "account", "ACCOUNT_TWICE"), (3, "account", "ACCOUNT_TWICE")]
    circle = codes(
        ("甲", "a-1", "一部", "三部", "部门负责人"),
        ("乙", "a-2", "二部", "一部", "部门负责人"),
        ("丙", "a-3", "三部", "二部", "部门负责人"),
        ("丁", "a-4", "四部", "四部", "部门负责人"),
    )
    assert [one for one in circle if one[2] == "DEPARTMENT_CYCLE"] == [
        (row, "parent", "DEPARTMENT_CYCLE") for row in (2, 3, 4, 5)
    ]


NAMES = st.sampled_from(["", "市场部", "财务部", "一部", "二部", "三部", "总部"])


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8))
def test_what_has_no_fault_can_be_built_parents_first(places: list[tuple[str, str]]) -> None:
    found = rows(*(("甲", f"a-{at}", own, parent, "部门负责人") for at, (own, parent) in enumerate(places)))
    if faults_of(found, HOUSE):
        return
    parents, built = parents_of(found, HOUSE), set(HOUSE.departments)
    for _ in parents:
        built |= {name for name, parent in parents.items() if parent is None or parent in built}
    assert built == set(parents)


def upload(world: World, lines: list[list[str]], *, dry_run: bool, kind: str = "administrator") -> Any:
    files = {"file": ("roster.xlsx", write_xlsx([HEADER, *lines], title="花名册"), "application/zip")}
    return world.client(kind).post(f"/api/v1/rosters?dry_run={str(dry_run).lower()}", files=files)


@pytest.mark.database
def test_a_roster_is_looked_at_and_taken_whole(world: World) -> None:
    good = [["何远", "he-yuan", "研发部", "市场部", "部门负责人"], ["林夏", "lin-xia", "研发部", "", "员工"]]
    seen = ok(upload(world, good, dry_run=True))
    assert (seen["rows"], seen["faults"], seen["new_departments"], seen["added"]) == (2, [], ["研发部"], [])
    before = len(ok(world.client("administrator").get("/api/v1/persons"))["items"])
    bad = ok(upload(world, [*good, ["甲", "employee", "", "", ""]], dry_run=False))
    assert [(one["row"], one["code"]) for one in bad["faults"]] == [(4, "ACCOUNT_TAKEN")]
    assert bad["added"] == []
    assert len(ok(world.client("administrator").get("/api/v1/persons"))["items"]) == before
    taken = ok(upload(world, good, dry_run=False))["added"]
    assert [one["account"] for one in taken] == ["he-yuan", "lin-xia"]
    persons = ok(world.client("administrator").get("/api/v1/persons"))["items"]
    head = next(one for one in persons if one["id"] == taken[0]["id"])
    assert (head["department"]["name"], head["posts"][0]["name"]) == ("研发部", "部门负责人")
    sign_in = {"account": "he-yuan", "password": taken[0]["one_time_password"]}
    assert ok(world.anonymous().post("/api/v1/auth/sign-in", json=sign_in))["enrolment"]
    again = ok(upload(world, good, dry_run=False))
    assert {one["code"] for one in again["faults"]} == {"ACCOUNT_TAKEN"}
    problem(upload(world, good, dry_run=True, kind="employee"), 403, "NOT_PERMITTED")
    files = {"file": ("roster.xlsx", write_xlsx([["谁"], ["甲"]], title="x"), "application/zip")}
    answer = world.client("administrator").post("/api/v1/rosters", files=files)
    problem(answer, 422, "ROSTER_COLUMNS")
    garbage = {"file": ("roster.xlsx", b"PK\x03\x04 nonsense", "application/zip")}
    problem(world.client("administrator").post("/api/v1/rosters", files=garbage), 422, "XLSX_UNREADABLE")
    template = world.client("administrator").get("/api/v1/rosters/template")
    assert template.content.startswith(b"PK")
